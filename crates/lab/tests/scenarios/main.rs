//! What a newcomer runs and reads: the scenarios, and the pages in `docs/`, held against the code.
//!
//! `UPDATE=1 cargo test -p proofmark-lab --test scenarios` rewrites the generated parts of the pages.

mod advice;
mod builder;
mod docs;
mod drafts;
mod memory;
mod pages;
mod scenarios;
mod spec_reference;
mod tables;

use std::path::PathBuf;

/// The repository's root.
fn root() -> PathBuf {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crates.ancestors().nth(2).expect("the crate stands two folders below the root").to_owned()
}
