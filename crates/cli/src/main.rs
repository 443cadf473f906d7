//! The binary `proofmark`.
fn main() {}
