//! Digests, canonical JSON, statements and envelopes, as data.

mod canonical;
mod digest;
mod messages;
mod records;
mod time;
