//! Sources, profiles, rules, cleaning, features, splits and batches.
