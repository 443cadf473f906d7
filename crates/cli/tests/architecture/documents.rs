//! Documents point at what exists, and say the commands that are run.

use super::{assert_none, paths_under, read, root};

/// The targets of the links of a Markdown text, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
            let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    links
}

/// The paths in back-quotes that start with the name of a folder here; what follows a `*` or `<` is open.
fn quoted_paths(text: &str) -> Vec<String> {
    let folders = ["crates/", "docs/", "datasets/", "scenarios/", "benches/", ".ci/", "tests-long/"];
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = quoted.filter(|code| folders.iter().any(|folder| code.starts_with(folder)) && !code.contains(' '));
    paths.map(|path| path.split(['*', '<']).next().unwrap_or_default().to_owned()).collect()
}

fn markdown() -> Vec<String> {
    let paths: Vec<String> = paths_under("").into_iter().filter(|path| path.ends_with(".md")).collect();
    assert!(paths.iter().any(|path| path == "ARCHITECTURE.md"));
    paths
}

#[test]
fn links_lead_to_files() {
    let mut violations = Vec::new();
    for path in markdown() {
        let folder = root().join(path.rsplit_once('/').map_or("", |(folder, _)| folder));
        for link in links(&read(&path).text) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.contains(':') && !target.is_empty() && !folder.join(target).exists() {
                violations.push(format!("{path}: `{link}`"));
            }
        }
    }
    assert_none(&violations);
}

#[test]
fn the_map_names_what_exists() {
    let paths = quoted_paths(&read("ARCHITECTURE.md").text);
    assert!(paths.len() > 20, "{paths:?}");
    let missing = paths.into_iter().filter(|path| {
        let (folder, start) = path.rsplit_once('/').unwrap_or(("", path));
        let is_start = |name: &str| name.starts_with(start);
        !root().join(folder).read_dir().is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_start)))
        })
    });
    assert_none(&missing.collect::<Vec<_>>());
}

/// A newcomer runs what the README says; the gate runs the same.
#[test]
fn the_readme_and_the_gate_run_the_same_tests() {
    for path in ["README.md", "README.zh-CN.md", ".ci/run"] {
        let says = read(path).text.lines().any(|line| line.ends_with("cargo test --workspace"));
        assert!(says, "{path} has no line that ends with `cargo test --workspace`");
    }
}

/// A paragraph that starts with "Test" names tests in back-quotes and links to the files that hold them.
#[test]
fn documents_name_tests_that_exist() {
    let mut n_tests = 0;
    let mut violations = Vec::new();
    for path in markdown().iter().filter(|path| path.starts_with("docs/")) {
        let text = read(path).text;
        for paragraph in text.split("\n\n").filter(|paragraph| paragraph.starts_with("Test")) {
            let files: Vec<String> = links(paragraph).iter().map(|link| read(&format!("docs/{link}")).text).collect();
            for test in paragraph.split('`').skip(1).step_by(2) {
                n_tests += 1;
                if !files.iter().any(|file| file.contains(&format!("#[test]\nfn {test}()"))) {
                    violations.push(format!("{path}: no test `{test}` in the files beside it"));
                }
            }
        }
    }
    assert!(n_tests >= 8, "{n_tests} tests are named");
    assert_none(&violations);
}

/// Whoever adds an operation follows `docs/add-an-op.md` to the line: its files exist, and hold the words beside them.
#[test]
fn the_page_on_operations_names_what_exists() {
    let page = read("docs/add-an-op.md").text;
    let mut violations = Vec::new();
    for path in quoted_paths(&page).into_iter().filter(|path| !path.ends_with('/')) {
        if !root().join(&path).exists() {
            violations.push(format!("no file `{path}`"));
        }
    }
    let mut n_words = 0;
    for row in page.lines().filter(|line| line.starts_with("| `crates/")) {
        let mut quoted = row.split('`').skip(1).step_by(2);
        let path = quoted.next().unwrap_or_default();
        let text = read(path).text;
        for word in quoted {
            n_words += 1;
            if !text.contains(word) {
                violations.push(format!("no `{word}` in `{path}`"));
            }
        }
    }
    assert!(n_words >= 20, "{n_words} words");
    assert_none(&violations);
}

#[test]
fn links_and_paths_are_found() {
    let text =
        "see [a](b.md) and [c](../d#e)\n`[no](x)`\n```\n[no](y)\n```\n`crates/engine/src/ops/<op>.rs`, `cargo x`";
    assert_eq!(links(text), ["b.md", "../d#e"]);
    assert_eq!(quoted_paths(text), ["crates/engine/src/ops/"]);
}
