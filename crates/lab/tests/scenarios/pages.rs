//! The pages themselves: links lead somewhere, and specs can be read.

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_data::QualitySpec;
use proofmark_lab::RunSpec;
use proofmark_lab::spec::read::read;
use proofmark_model::ModelSpec;
use proofmark_train::TrainSpec;
use proofmark_train::metrics::wilson;

use crate::root;

/// The pages of `docs/` and of the scenarios: path from the root, and text.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["docs", "docs/zh-CN", "scenarios", "datasets/mnist"] {
        let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
            let name = path.file_name().expect("a file's name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((format!("{folder}/{name}"), text));
        }
    }
    assert!(found.len() > 8, "{found:?}");
    found
}

/// The text without its fenced code, in which brackets are no links.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of `[..](target)`.
fn links(text: &str) -> Vec<String> {
    let after = prose(text);
    let targets = after.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
    targets.collect()
}

/// The anchors of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let title = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut broken = Vec::new();
    for (page, text) in all() {
        let own = root().join(&page);
        for link in links(&text).into_iter().filter(|link| !link.starts_with("http")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { own.clone() } else { own.parent().unwrap_or(Path::new("")).join(file) };
            let there = match fs::read_to_string(&target) {
                Ok(text) if !anchor.is_empty() => anchors(&text).iter().any(|other| other == anchor),
                _ => target.exists(),
            };
            if !there {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// The blocks of YAML in a text.
fn yaml_blocks(text: &str) -> Vec<String> {
    let after = text.split("```yaml\n").skip(1);
    after.filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn every_spec_on_a_page_can_be_read() {
    let mut n_blocks = 0;
    for (page, text) in all() {
        for block in yaml_blocks(&text) {
            n_blocks += 1;
            let first = block.lines().find_map(|line| Some(line.split_once(':')?.0)).unwrap_or_default();
            let result = match first {
                "name" => read::<RunSpec>(&page, &block, &[]).map(drop),
                "layers" => read::<ModelSpec>(&page, &block, &[]).map(drop),
                "require" => read::<QualitySpec>(&page, &block, &[]).map(drop),
                "epochs" => read::<TrainSpec>(&page, &block, &[]).map(drop),
                other => panic!("{page}: a block of YAML begins with `{other}`; say here what it is"),
            };
            result.unwrap_or_else(|problems| panic!("{page}:\n{block}\n{problems}"));
        }
    }
    assert!(n_blocks > 3, "{n_blocks}");
}

#[test]
fn the_figures_of_the_page_about_evaluation_are_right() {
    let page = fs::read_to_string(root().join("docs/evaluation.md")).expect("the page");
    for (right, total, accuracy, lower) in [(9_900, 10_000, "0.9900", "0.9879"), (490, 500, "0.9800", "0.9636")] {
        let estimate = wilson(right, total);
        assert_eq!(
            (format!("{:.4}", estimate.value), format!("{:.4}", estimate.lower95)),
            (accuracy.into(), lower.into())
        );
        assert!(page.contains(accuracy) && page.contains(lower), "{accuracy} {lower}");
    }
}

#[test]
fn every_worked_example_names_a_test_that_is_there() {
    let page = fs::read_to_string(root().join("docs/worked-examples.md")).expect("the page");
    let sources: String = links(&page)
        .iter()
        .filter(|link| link.ends_with(".rs"))
        .map(|link| {
            fs::read_to_string(root().join("docs").join(link)).unwrap_or_else(|error| panic!("{link}: {error}"))
        })
        .collect();
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), 6, "one for each row of the table of known answers");
    for section in sections {
        let named = section.split_once("\nTest").map(|(_, rest)| rest).unwrap_or_default();
        let tests: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test is named: {section}");
        for test in tests {
            assert!(sources.contains(&format!("#[test]\nfn {test}()")), "`{test}` is not there");
        }
    }
}
