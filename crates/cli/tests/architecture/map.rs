//! ARCHITECTURE.md, read as data.

use super::read;

/// One row of the table under `## Crates`.
pub(crate) struct CrateRow {
    pub(crate) name: String,
    pub(crate) may_depend_on: Vec<String>,
    pub(crate) must_not_know: Vec<String>,
    /// Its results are promised bit for bit.
    pub(crate) promises_bits: bool,
}

pub(crate) fn crates() -> Vec<CrateRow> {
    let rows = table("Crates");
    assert!(rows.len() >= 13, "the table of crates has {} rows", rows.len());
    rows.iter()
        .map(|cells| CrateRow {
            name: cells[0].clone(),
            may_depend_on: list(&cells[1]),
            must_not_know: list(&cells[2]),
            promises_bits: match cells[3].as_str() {
                "bits" => true,
                "" => false,
                other => panic!("`{other}` in the last column of `{}`", cells[0]),
            },
        })
        .collect()
}

/// The first column of a table of files, where `*` in a file's name stands for anything.
pub(crate) fn file_patterns(heading: &str) -> Vec<String> {
    let rows = table(heading);
    assert!(!rows.is_empty(), "no files under `{heading}`");
    rows.into_iter().map(|cells| cells[0].clone()).collect()
}

pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, end)) => {
            let middle = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            middle.is_some_and(|middle| !middle.contains('/'))
        }
    }
}

/// The rows of the first table under a heading, without back-quotes.
fn table(heading: &str) -> Vec<Vec<String>> {
    let document = read("ARCHITECTURE.md").text;
    let section = document.lines().skip_while(|line| line.trim_start_matches('#').trim() != heading);
    let lines = section.skip(1).take_while(|line| !line.starts_with('#'));
    let rows = lines.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

/// The items of a cell; `-` is none.
fn list(cell: &str) -> Vec<String> {
    if cell == "-" { Vec::new() } else { cell.split(", ").map(str::to_owned).collect() }
}

#[test]
fn patterns_stay_within_a_folder() {
    assert!(matches("a/*.rs", "a/b.rs") && matches("a/b.rs", "a/b.rs"));
    assert!(!matches("a/*.rs", "a/b/c.rs") && !matches("a/*.rs", "a/b.txt") && !matches("a/b.rs", "a/c.rs"));
}
