//! Holds the code to ARCHITECTURE.md: edges between crates, what a crate must not know, where `unsafe` may stand, and that
//! documents point at what exists. The tables in that document are the rules; this only reads them.

mod documents;
mod manifests;
mod map;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
struct File {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files under a folder (`""` is the root), sorted, without what is built, run or kept by git.
fn paths_under(folder: &str) -> Vec<String> {
    let absolute = root().join(folder);
    let mut names: Vec<String> = fs::read_dir(&absolute)
        .unwrap_or_else(|error| panic!("{}: {error}", absolute.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut paths = Vec::new();
    for name in names {
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if !root().join(&path).is_dir() {
            paths.push(path);
        } else if !["target", ".git", ".proofmark", "node_modules"].contains(&name.as_str()) {
            paths.extend(paths_under(&path));
        }
    }
    paths
}

fn read(path: &str) -> File {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    File { path: path.to_owned(), text }
}

/// All Rust files of the crates, but for these, which quote what they look for.
fn rust_files() -> Vec<File> {
    let is_own = |path: &String| path.starts_with("crates/cli/tests/architecture/");
    let paths = paths_under("crates").into_iter().filter(|path| path.ends_with(".rs") && !is_own(path));
    let files: Vec<File> = paths.map(|path| read(&path)).collect();
    assert!(files.len() > 100, "the walk found {} files only", files.len());
    files
}

#[track_caller]
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n  {}", violations.len(), violations.join("\n  "));
}
