//! CEL conditions over typed facts, with their explanations.
