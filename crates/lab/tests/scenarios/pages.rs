//! The pages themselves: links lead to headings, specs can be read, figures are right.

use std::fs;
use std::path::PathBuf;

use proofmark_data::spec::{FeatureType, SplitSpec};
use proofmark_data::{ColumnNames, QualitySpec, gate};
use proofmark_lab::pipeline::{SpecSource, read_spec};
use proofmark_lab::spec::Style;
use proofmark_lab::spec::read::read;
use proofmark_messages::Lang;
use proofmark_model::{ModelSpec, Target};
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

/// That a link's file is there is held by the test of all documents.
#[test]
fn every_link_to_a_heading_leads_to_one() {
    let mut n_links = 0;
    let mut broken = Vec::new();
    for (page, text) in all() {
        let own = root().join(&page);
        for link in links(&text) {
            let Some((file, anchor)) = link.split_once('#').filter(|_| !link.contains(':')) else { continue };
            let target = if file.is_empty() { own.clone() } else { own.parent().unwrap_or(&own).join(file) };
            n_links += 1;
            if !fs::read_to_string(&target).is_ok_and(|text| anchors(&text).iter().any(|other| other == anchor)) {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(n_links > 50, "{n_links}");
}

/// The blocks of YAML in a text.
fn yaml_blocks(text: &str) -> Vec<String> {
    let after = text.split("```yaml\n").skip(1);
    after.filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

/// A whole spec, with its rules and criteria.
fn run_spec(page: &str, block: &str) -> Result<(), String> {
    let source = SpecSource { file_name: page.to_owned(), text: block.to_owned(), base: root(), overrides: Vec::new() };
    read_spec(&source).map(drop).map_err(|error| format!("{error}\n{:?}", error.diagnostics()))
}

/// A model for images of digits, or for sequences of 32 tokens and ten classes.
fn model(page: &str, block: &str) -> Result<(), String> {
    let read = read::<ModelSpec>(page, block, &[]).map_err(|problems| problems.to_string())?;
    let target = match block.contains("- unit_norm") {
        true => Target::Embedding { classes: 10 },
        false => Target::Category { classes: 10 },
    };
    let is_of_tokens = block.contains("embedding:");
    let checked = if is_of_tokens { read.value.check([32], target) } else { read.value.check([28, 28, 1], target) };
    checked.map(drop).map_err(|errors| format!("{errors:?}"))
}

/// A study of the network that the scenario of studies has.
fn adjusted(page: &str, block: &str) -> Result<(), String> {
    let path = root().join("scenarios/digits-study/digits-study.yaml");
    let text = fs::read_to_string(path).expect("the scenario");
    let plain = text.split_once("\nadjust:").expect("a study").0;
    run_spec(page, &format!("{plain}\n{block}"))
}

/// What stands under `data.split`.
fn split(page: &str, block: &str) -> Result<(), String> {
    read::<SplitSpec>(page, block, &[]).map(drop).map_err(|problems| problems.to_string())
}

/// What stands under `quality`, for columns that are called `image` and `label`.
fn rules(page: &str, block: &str) -> Result<(), String> {
    let read = read::<QualitySpec>(page, block, &[]).map_err(|problems| problems.to_string())?;
    let columns = ColumnNames { feature: "image".to_owned(), target: "label".to_owned(), kind: FeatureType::Image };
    gate::rules(&read.value, &columns).map(drop).map_err(|errors| format!("{errors:?}"))
}

#[test]
fn every_spec_on_a_page_can_be_read() {
    let mut n_blocks = 0;
    for (page, text) in all() {
        for block in yaml_blocks(&text) {
            n_blocks += 1;
            let mut lines = block.lines().filter(|line| !line.starts_with('#'));
            let first = lines.find_map(|line| Some(line.split_once(':')?.0)).unwrap_or_default();
            let result = match first {
                "name" => run_spec(&page, &block),
                "layers" => model(&page, &block),
                "require" => rules(&page, &block),
                "adjust" => adjusted(&page, &block),
                "held_out_classes" => split(&page, &block),
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

/// What is shown as the program's answer to a slip is its answer.
#[test]
fn the_mistake_on_the_page_is_what_the_program_says() {
    let path = root().join("scenarios/digits/digits.yaml");
    let source = SpecSource {
        file_name: "scenarios/digits/digits.yaml".to_owned(),
        text: fs::read_to_string(&path).expect("the spec"),
        base: root(),
        overrides: vec!["train.epoch=1".to_owned()],
    };
    let error = read_spec(&source).expect_err("a mistake");
    let diagnostics = error.diagnostics().expect("a mistake in the spec");
    for (page, lang) in [("docs/getting-started.md", Lang::En), ("docs/zh-CN/getting-started.md", Lang::ZhCn)] {
        let text = fs::read_to_string(root().join(page)).expect("the page");
        let shown = text.split_once("<!-- output: mistake -->\n```text\n").and_then(|(_, rest)| rest.split_once("```"));
        assert_eq!(shown.expect("the block").0, diagnostics.render(lang, Style::Plain), "{page}");
        // No other block looks as if a test held it.
        assert_eq!(text.matches("<!-- output: ").count(), 1, "{page}");
    }
}

/// The exercise's spec and its table are those of the runs that were made.
#[test]
fn the_table_about_overfitting_is_what_was_measured() {
    let folder = root().join("docs/overfitting");
    let text = fs::read_to_string(folder.join("overfitting.yaml")).expect("the spec");
    let file_name = "overfitting.yaml".to_owned();
    let source = SpecSource { file_name, text, base: folder.clone(), overrides: Vec::new() };
    let spec = read_spec(&source).unwrap_or_else(|error| panic!("{error}")).value;
    let page = fs::read_to_string(root().join("docs/overfitting.md")).expect("the page");
    let results = fs::read_to_string(folder.join("results.json")).expect("the raw numbers");
    let results: Vec<serde_json::Value> = serde_json::from_str(&results).expect("JSON");
    assert_eq!(results.len(), 21);
    for result in results {
        let name = result["variant"].as_str().expect("a name");
        let row = page.lines().find(|line| line.starts_with(&format!("| **{name}**"))).expect("a row");
        let percent = |key: &str| {
            let share = result["metrics"]["accuracy"][key].as_f64().expect("a share");
            format!("{:.2} %", share * 100.0)
        };
        let shown = format!("{} ({} to {})", percent("value"), percent("lower95"), percent("upper95"));
        assert!(row.contains(&shown), "{name}: {shown}");
        let epochs = result["epochs"].as_array().expect("epochs").len();
        assert!(row.contains(&format!("{epochs}")) && epochs <= spec.train.epochs as usize, "{name}: {epochs}");
    }
}
