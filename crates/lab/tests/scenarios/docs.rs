//! The generated parts of the pages are what the code says.

use std::fs;

use crate::{drafts, pages, root, tables};

/// A generated part: its page, its name in the page's markers, and what makes it.
type Part = (&'static str, &'static str, fn() -> String);

/// Every generated part.
const PARTS: &[Part] = &[
    ("docs/spec.md", "spec", tables::spec),
    ("docs/data.md", "facts", tables::facts),
    ("docs/data.md", "series-facts", tables::series_facts),
    ("docs/data.md", "operators", tables::operators),
    ("docs/evaluation.md", "metrics", tables::metrics),
    ("docs/evaluation.md", "acceptance", tables::acceptance),
    ("docs/evidence.md", "kinds", tables::kinds_of_evidence),
    ("docs/evidence.md", "grades", tables::grades),
    ("docs/models.md", "layers", tables::layers),
    ("docs/models.md", "activations", tables::activations),
    ("docs/models.md", "losses", tables::losses),
    ("docs/models.md", "optimizers", tables::optimizers),
    ("docs/models.md", "schedules", tables::schedules),
    ("docs/models.md", "initializers", tables::initializers),
    ("docs/models.md", "builder", tables::builder),
    ("docs/your-own-images.md", "draft", drafts::of_the_page),
];

const END: &str = "<!-- end -->";

fn begin(name: &str) -> String {
    format!("<!-- generated: {name} -->")
}

/// The page with this part made anew.
fn replaced(page: &str, name: &str, content: &str) -> Option<String> {
    let (before, rest) = page.split_once(&begin(name))?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{}\n{}\n{END}{after}", begin(name), content.trim_end()))
}

#[test]
fn generated_parts_are_what_the_code_says() {
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut drifted = Vec::new();
    for (page, name, make) in PARTS {
        let path = root().join(page);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
        let content = make();
        assert!(content.lines().count() > 3, "`{name}` of {page} is empty: {content}");
        let now = replaced(&text, name, &content).unwrap_or_else(|| panic!("{page} has no part `{}`", begin(name)));
        if now != text {
            drifted.push(format!("{page}: {name}"));
            if update {
                fs::write(&path, now).unwrap_or_else(|error| panic!("{page}: {error}"));
            }
        }
    }
    assert!(update || drifted.is_empty(), "run the test with UPDATE=1; these parts are out of date: {drifted:#?}");
}

#[test]
fn every_marker_belongs_to_a_part() {
    for (page, text) in pages::all() {
        for line in text.lines().filter_map(|line| line.strip_prefix("<!-- generated: ")) {
            let name = line.strip_suffix(" -->").unwrap_or(line);
            assert!(PARTS.iter().any(|part| (part.0, part.1) == (page.as_str(), name)), "{page}: {name}");
        }
    }
}

#[test]
fn a_part_is_replaced_between_its_markers_only() {
    let page = "a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n<!-- generated: y -->\nkept\n<!-- end -->\n";
    let expected = page.replace("old", "new");
    assert_eq!(replaced(page, "x", "new\n"), Some(expected));
    assert_eq!(replaced(page, "z", "new"), None);
}
