//! Every way in which a criterion is refused, with its place and its sentences in both languages.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;

use proofmark_criteria::{MAX_BYTES, MAX_NESTING, MAX_TOKENS, Outcome, Problem, ProblemKind, compile};
use proofmark_messages::{Lang, Localize};

use crate::{facts, schema};

/// The criteria, by what is wrong with them.
const REFUSED: &[&str] = &[
    // Not CEL.
    "",
    "metrics.f1.value >",
    "metrics.f1.value > )",
    "(metrics.f1.value > 0.5",
    "metrics.f1.value 0.5",
    "metrics.f1.value > 0.5 and source.sorted",
    "metrics.f1.value > 0.5 or source.sorted",
    "not source.sorted",
    "metrics.f1.value = 0.5",
    "source.sorted & source.sorted",
    "metrics.f1.value ≥ 0.5 && source.rows ＞ 1",
    "metrics.f1.value > 0.5 # why",
    "source.format == \"idx",
    "source.format == 'idx\n'",
    "source.format == '\\q'",
    "package.name == 'x'",
    "source.rows > 99999999999999999999",
    "source.rows > 1e999",
    "source.数据.missing > 1",
    "source.rows > “1”",
    // CEL, and not offered.
    "has(metrics.f1.value)",
    "has(1)",
    "has(metrics.f1.value).lower95 > 1",
    "[1, 2].all(x, x > 1)",
    "metrics.map(m, m > 1)",
    "source.format.matches('i.*')",
    "size(source.format) > 2",
    "option(metrics.f1.value, 1) > 0",
    "source.sorted ? source.rows > 1 : source.rows > 2",
    "source.rows % 2 == 0",
    "{'a': 1}.a == source.rows",
    "source.rows == null",
    "source.format == b'idx'",
    "source.format == r'idx'",
    "source.format == '''idx'''",
    "source.rows > 1 // && source.rows < 5",
    // Paths.
    "metrics.f1.valeu > 0.5",
    "metric.f1.value > 0.5",
    "metrics.f1 > 0.5",
    "metrics.f1.upper99 > 0.5",
    "weather.tomorrow == 'fine'",
    "slice('region') > 1",
    ".metrics.f1.value > 1",
    "(source.rows + 1).value > 1",
    "source[1].missing > 1",
    "source.slice('region').f1.min > 1",
    // Functions.
    "optional(metrics.f1.value) > 0.5",
    "reported(metrics.f1.value, 1) > 0.5",
    "optional(1, 2) > 0.5",
    "reported(optional(metrics.f1.value, 1)) > 0.5",
    "optional(metrics.f1.value, source.rows) > 0.5",
    "optional(metrics.f1.value, 'none') > 0.5",
    "slice(region).f1.min > 0.5",
    "slice().f1.min > 0.5",
    // Kinds.
    "source.rows",
    "source.format",
    "source.rows + 1",
    "[source.sorted]",
    "!source.rows",
    "source.sorted && source.rows",
    "source.format > 'a'",
    "source.format + 'a' == 'b'",
    "-source.sorted == 1",
    "source.format == 1",
    "0.5 < metrics.f1.value < 0.9",
    "(source.rows > 1) == true",
    "source.rows + (source.rows > 1) > 1",
    // Lists.
    "source.rows in source.format",
    "source.rows in []",
    "source.rows in [1, source.rows]",
    "source.rows in [1, 'a']",
    "source.rows == [1]",
    "source.rows in [1 + 1]",
    // Numbers, and nothing to read.
    "source.rows < 9007199254740993",
    "source.rows < -9223372036854775808",
    "1 < 2",
    "true",
    // Several at once.
    "metrics.f1.valeu > 0.5 && has(source.rows) && source.format > 1\n  && surce.rows % 2 == 0 || 'x'",
];

/// Criteria beyond the bounds, with a word for each.
fn beyond_the_bounds() -> Vec<(&'static str, String)> {
    let nested = |n: usize| format!("{}source.sorted{}", "(".repeat(n), ")".repeat(n));
    vec![
        ("100,000 brackets", nested(100_000)),
        ("100,000 brackets without end", "(".repeat(100_000)),
        ("one bracket too deep", nested(MAX_NESTING + 1)),
        ("one list too deep", "[".repeat(MAX_NESTING + 1)),
        ("a chain", format!("source.rows > 1{}", " + 1".repeat(MAX_TOKENS / 2))),
        ("a long text", format!("source.format == '{}'", "字".repeat(MAX_BYTES / 3))),
        ("100,000 signs", "-".repeat(100_000)),
    ]
}

fn shown(name: &str, problems: &[Problem], text: Option<&str>) -> String {
    let mut out = format!("{name}\n");
    for problem in problems {
        if let Some(text) = text {
            let before = text[..problem.offset].chars().count();
            let marked = text[problem.offset..problem.offset + problem.length].chars().count().max(1);
            writeln!(out, "{}{}", " ".repeat(before), "^".repeat(marked)).unwrap();
        }
        for lang in Lang::ALL {
            writeln!(out, "    {}", problem.text(lang)).unwrap();
            if let Some(hint) = problem.hint(lang) {
                writeln!(out, "    hint: {hint}").unwrap();
            }
        }
    }
    out
}

fn variant(problem: &Problem) -> String {
    format!("{:?}", problem.kind).chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn every_refusal_has_its_place_and_its_sentences() {
    let mut out = String::new();
    let mut variants = BTreeSet::new();
    let mut note = |name: &str, problems: &[Problem], text: Option<&str>| {
        variants.extend(problems.iter().map(variant));
        out.push_str(&shown(name, problems, text));
        out.push('\n');
    };
    for text in REFUSED {
        let error = compile(text, &schema()).expect_err(text);
        assert_eq!(error.criterion, *text);
        assert!(error.problems.is_sorted_by_key(|problem| problem.offset), "{text}");
        // Line breaks would tear the marks off the text.
        note(&text.replace('\n', "␤"), &error.problems, Some(text));
    }
    for (name, text) in beyond_the_bounds() {
        note(name, &compile(&text, &schema()).expect_err(name).problems, None);
    }
    // Two that no text provokes.
    let cause = Arc::new(std::io::Error::from(std::io::ErrorKind::WouldBlock));
    for kind in [ProblemKind::NoThread { cause }, ProblemKind::ParserPanicked] {
        note("-", &[Problem { offset: 0, length: 0, kind }], None);
    }
    insta::assert_snapshot!("refusals", out);

    // A variant that is missing here is a sentence that no test prints.
    let declared = include_str!("../../src/error.rs");
    let declared = declared.split("pub enum ProblemKind {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
    let declared: BTreeSet<String> = declared
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.chars().take_while(|c| c.is_alphanumeric()).collect())
        .collect();
    assert_eq!(variants, declared);
}

#[test]
fn errors_keep_their_causes_and_count_their_problems() {
    let error = compile("metrics.f1.value > )", &schema()).unwrap_err();
    let cause = error.source().expect("the parser's own words").to_string();
    assert!(cause.contains("mismatched input ')'"), "{cause}");

    let error = compile("metrics.f1.valeu > 1 && surce.rows > 1", &schema()).unwrap_err();
    assert_eq!(error.to_string(), "`metrics.f1.valeu` is not known here (and 1 more)");
    assert_eq!(error.text(Lang::ZhCn), "此处没有 `metrics.f1.valeu`（另有 1 处问题）");
    assert_eq!(error.hint(Lang::En).as_deref(), Some("did you mean `metrics.f1.value`?"));
    assert!(error.source().is_none());
}

#[test]
fn the_largest_criteria_compile() {
    let nested = format!("{}source.sorted{}", "(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING));
    let negated = format!("{}source.sorted{}", "!(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING));
    let chain = format!("source.rows > 1{}", " + 1".repeat((MAX_TOKENS - 5) / 2));
    let any = format!("source.sorted{}", " || source.sorted".repeat((MAX_TOKENS - 3) / 4));
    let list = format!("source.rows in [1{}]", ", 1".repeat((MAX_TOKENS - 7) / 2));
    let level = format!("{}source.rows > 1{}", "(source.rows > 1 && ".repeat(MAX_NESTING), ")".repeat(MAX_NESTING));
    let selections = format!("source{}", ".rows".repeat((MAX_TOKENS - 1) / 2));
    for text in [nested, negated, chain, any, list, level] {
        assert!(text.len() <= MAX_BYTES);
        compile(&text, &schema()).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    assert!(compile(&selections, &schema()).unwrap_err().to_string().ends_with("is not known here"));
}

/// A caller's small stack is not the parser's, and what runs on it is content with little.
#[test]
fn the_deepest_criteria_work_on_a_small_stack() {
    let nested = format!("{}source.sorted{}", "!(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING));
    let chain = format!("source.rows > source.rows{}", " + 1".repeat((MAX_TOKENS - 7) / 2));
    for text in [nested, chain] {
        let works = move || compile(&text, &schema()).map(|criterion| criterion.evaluate(&facts()).outcome);
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(works).unwrap();
        assert_ne!(thread.join().unwrap().unwrap(), Outcome::NoEvidence);
    }
}
