//! Integration tests of `proofmark-tune`.

mod errors;
mod goals;
mod importance;
mod journal;
mod normal;
mod pruners;
mod samplers;
mod spaces;
mod specs;
