//! Statements, envelopes, canonical JSON and digests.
