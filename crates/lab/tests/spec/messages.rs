//! Every message as a person reads it, in both languages.

use std::collections::BTreeSet;

use proofmark_lab::spec::{Diagnostics, Style, overrides, read, schema, tree};
use proofmark_messages::{Lang, Localize};

use crate::sample::Sample;

struct Case {
    name: &'static str,
    text: &'static str,
    overrides: &'static [&'static str],
}

const fn case(name: &'static str, text: &'static str) -> Case {
    Case { name, text, overrides: &[] }
}

const GOOD: &str = "name: a\nmodel: { layers: [flatten, { dropout: { name: drop } }] }\n";

const fn set(name: &'static str, overrides: &'static [&'static str]) -> Case {
    Case { name, text: GOOD, overrides }
}

const CASES: &[Case] = &[
    // The schema.
    case("unknown_key", "name: a\nmodel: { layers: [flatten] }\ntrain:\n  epoch: 3\n"),
    case("unknown_key_like_none", "name: a\nmodel: { layers: [flatten], author: me }\n"),
    case(
        "unknown_key_where_there_are_none",
        "name: a\nmodel: { layers: [flatten] }\ntrain: { optimizer: { plain: { rate: 1 } } }\n",
    ),
    case("wrong_type", "name: a\nmodel: { layers: [flatten] }\ntrain:\n  epochs: ten\n"),
    case(
        "wrong_type_with_hints",
        "name: 7\nseed: '7'\nmodel:\n  layers:\n    - dense: { units: 1_000, bias: yes }\n    - conv2d: { filters: 32.0, kernel: 3 }\n    - conv2d:\ntrain:\n  epochs:\n  metrics: { a: 1 }\n",
    ),
    case(
        "several_mistakes",
        "name: digits\nseed: -1\nmodel:\n  layers:\n    - conv2d: { filter: 32, kernel: 3, activation: rely }\n    - flaten\n    - dropout: { rate: 1.5 }\ntrain:\n  epochs: 0\n  optimiser: { adam: {} }\n",
    ),
    case("missing_key", "name: a\nmodel:\n  layers:\n    - conv2d: { kernel: 3 }\n"),
    case("empty", "# nothing yet\n"),
    case("out_of_range", "name: a\nmodel:\n  layers:\n    - dropout: { rate: 1 }\n"),
    case(
        "out_of_range_on_one_side",
        "name: a\nmodel: { layers: [flatten] }\ntrain: { optimizer: { adam: { learning_rate: 0 } } }\n",
    ),
    case("wrong_length", "name: a\nmodel:\n  layers: []\nadjust: { search: { a: [1, 2, 3] } }\n"),
    case("wrong_text_length", "name: ''\nmodel: { layers: [flatten] }\n"),
    case("duplicate_item", "name: a\nmodel: { layers: [flatten] }\ntrain: { metrics: [f1, recall, f1] }\n"),
    case("variant_unknown", "name: a\nmodel:\n  layers:\n    - drop_out: { rate: 0.5 }\n    - lstm: {}\n"),
    case("variant_without_content", "name: a\nmodel:\n  layers:\n    - dropout\n"),
    case("variant_with_content", "name: a\nmodel:\n  layers:\n    - flatten:\n"),
    case("variant_not_indented", "name: a\nmodel:\n  layers:\n    - conv2d:\n      filters: 32\n      kernel: 3\n"),
    case("variants_several", "name: a\nmodel:\n  layers:\n    - { dense: { units: 1 }, dropout: {} }\n"),
    case("variant_of_wrong_type", "name: a\nmodel:\n  layers:\n    - 3\n"),
    case("refused", "name: a\nmodel: { layers: [flatten] }\naccept: metrics.accuracy\n"),
    // YAML.
    case("duplicate_key", "name: a\nmodel: { layers: [flatten] }\nname: b\n"),
    case("tab_indentation", "name: a\nmodel:\n\tlayers: [flatten]\n"),
    case("tab_indentation_of_the_second_line", "name: a\n\tmodel: b\n"),
    case("unclosed_list", "name: a\nmodel: { layers: [flatten }\n"),
    case("unclosed_list_at_the_end", "name: a\nmodel:\n  layers: [flatten,\n    relu\n\n"),
    case("unclosed_map", "name: a\nmodel: { layers: [flatten]\n"),
    case("unclosed_quote", "name: 'a\nseed: 1\n"),
    case("second_colon", "name: a: b\n"),
    case("missing_space", "name:digits\nseed: 7\n"),
    case("indentation", "model:\n  layers:\n    - flatten\n   - relu\n"),
    case("missing_colon", "name: a\nseed\n"),
    case("misplaced_list_item", "metrics: - a\n"),
    case("unmatched_bracket", "metrics: [a]]\n"),
    case("text_after_quote", "name: 'a' b\n"),
    case("unknown_escape", "name: \"C:\\data\"\n"),
    case("reserved_character", "name: @home\n"),
    case("other_yaml", "name: |0\n  a\n"),
    case("control_character", "name: a\u{1b}[31m\n"),
    case("several_documents", "name: a\n---\nname: b\n"),
    case("alias_bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"),
    case("unknown_alias", "accept: *accuracy >= 0.9\n"),
    case("tag", "seed: !!int '7'\nname: !path a\n"),
    case("key_not_text", "1: a\ntrue: b\n: c\n"),
    case("key_not_scalar", "[a, b]: 1\n"),
    case("integer_too_large", "seed: 99999999999999999999\n"),
    case("number_not_finite", "a: .inf\nb: -.INF\nc: .nan\nd: 1e999\n"),
    // Overrides.
    set("set_without_value", &["train.epochs"]),
    set("set_path", &["train..epochs=3", "model.layers[x]=3", "\"a=3\"=", "model.\"layers=3"]),
    set("set_unknown_key", &["trian.epochs=3"]),
    set("set_wrong_value", &["train.epochs=ten", "model.drop.rate=2"]),
    set("set_to_nothing", &["train.epochs="]),
    set("set_empty_list", &["model.layers=[]"]),
    set("set_bad_yaml", &["train.metrics=[a, b"]),
    set("set_no_such_index", &["model.layers[2]=flatten"]),
    set("set_no_such_name", &["model.drip.rate=0.1", "model.layers.flat=1"]),
    set("set_no_such_index_in_nothing", &["train.metrics=[]", "train.metrics[0]=f1"]),
    set("set_no_such_name_without_names", &["train.metrics=[f1]", "train.metrics.f1=recall"]),
    set("set_nothing_below", &["name.first=a", "model[0]=a"]),
    // What is shown of the file.
    case("wide_characters", "name: a\nmodel: { layers: [flatten] }\n训练: 3\nadjust: { search: { 学习率: 很小 } }\n"),
    case(
        "long_line",
        "name: a\nmodel: { layers: [flatten, flatten, flatten, flatten, flatten, flatten, flatten, flatten, flatten, flatn, flatten, flatten, flatten, flatten, flatten, flatten, flatten, flatten] }\n",
    ),
    case("marks_that_reorder_text", "name: a\nmodel: { layers: [flatten] }\n\"\u{202e}x\\e[31m\": 1\n"),
];

fn failed(case: &Case) -> Diagnostics {
    let overrides: Vec<String> = case.overrides.iter().map(|argument| (*argument).to_owned()).collect();
    match read::<Sample>("digits.yaml", case.text, &overrides) {
        Ok(read) => panic!("{} is a mistake, but was read: {:?}", case.name, read.value),
        Err(problems) => problems,
    }
}

#[test]
fn every_message_in_both_languages() {
    for case in CASES {
        let problems = failed(case);
        let both = Lang::ALL.map(|lang| problems.render(lang, Style::Plain)).join("\n");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(case.name, both);
        });
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    for case in CASES {
        let problems = failed(case);
        let coloured = problems.render(Lang::En, Style::Coloured);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        assert_ne!(coloured, plain, "{}", case.name);
        assert_eq!(plain, problems.render(Lang::En, Style::Plain), "{}", case.name);
    }
}

#[test]
fn one_coloured_message() {
    let problems = failed(&CASES[0]).render(Lang::En, Style::Coloured);
    insta::assert_snapshot!(problems.replace('\u{1b}', "ESC"), @r"
    ESC[1mESC[31merror: ESC[0mESC[1munknown key `epoch` in `train`ESC[0m
    ESC[1mESC[34m -->ESC[0m digits.yaml:4:3
    ESC[1mESC[34m  |ESC[0m
    ESC[1mESC[34m4 |ESC[0m   epoch: 3
    ESC[1mESC[34m  |ESC[0m   ESC[1mESC[31m^^^^^ESC[0m
    ESC[1mESC[36mhint: ESC[0mdid you mean `epochs`?
    ");
}

/// What no short text can bring about.
#[test]
fn messages_about_limits() {
    let too_large = tree::parse(&" ".repeat(tree::MAX_BYTES + 1)).expect_err("too large");
    let too_deep = tree::parse(&"[".repeat(tree::MAX_DEPTH + 1)).expect_err("too deep");
    let three = tree::parse("3").expect("a number");
    let not_allowed = schema::check(&three, &serde_json::json!({ "enum": [1, 2, "x"] }));
    let mut said = String::new();
    for problem in too_large.iter().chain(&too_deep).chain(&not_allowed) {
        for lang in Lang::ALL {
            said += &format!("{}\n{}\n", problem.text(lang), problem.hint(lang).unwrap_or_default());
        }
    }
    insta::assert_snapshot!(said, @r#"
    a spec has at most 1048576 bytes, received 1048577
    name data files in the spec instead of writing data into it
    规格文件最大 1048576 字节，实际为 1048577 字节
    请在规格中引用数据文件，不要把数据写进规格
    lists and maps are nested deeper than 64 levels

    列表和映射的嵌套超过 64 层

    the spec must be `1`, `2` or `"x"`, received `3`

    规格文件应为 `1`、`2` 或 `"x"`，实际为 `3`
    "#);
}

#[test]
fn messages_keep_to_the_house_style() {
    for case in CASES {
        for entry in &failed(case).entries {
            let text = entry.message.text(Lang::En);
            assert!(!text.ends_with('.') && !text.contains('\n'), "{}: {text}", case.name);
            assert!(!text.starts_with(char::is_uppercase), "{}: {text}", case.name);
            assert!(entry.place.is_some(), "{}: {text}", case.name);
            for lang in Lang::ALL {
                assert!(!entry.render(lang, Style::Plain).contains(['\u{1b}', '\u{202e}']), "{}", case.name);
            }
        }
    }
}

/// The kinds of problems, as `Debug` names them. A new kind is added here, and then needs a case.
const KINDS: &[&str] = &[
    "Alias",
    "Anchor",
    "ControlCharacter",
    "DuplicateItem",
    "DuplicateKey",
    "IntegerTooLarge",
    "KeyNotScalar",
    "KeyNotText",
    "MissingKey",
    "NoSuchIndex",
    "NoSuchName",
    "NothingBelow",
    "NumberNotFinite",
    "OutOfRange",
    "OverridePath",
    "OverrideWithoutValue",
    "SeveralDocuments",
    "SeveralVariants",
    "Syntax",
    "Tag",
    "UnknownKey",
    "UnknownVariant",
    "VariantNotIndented",
    "VariantWithContent",
    "VariantWithoutContent",
    "WrongLength",
    "WrongTextLength",
    "WrongType",
];

#[test]
fn every_kind_has_a_case() {
    let schema = schemars::schema_for!(Sample);
    let mut kinds = BTreeSet::new();
    for case in CASES {
        let overrides: Vec<String> = case.overrides.iter().map(|argument| (*argument).to_owned()).collect();
        let problems = match tree::parse(case.text) {
            Ok(mut tree) => {
                let mut problems = overrides::apply(&mut tree, &overrides);
                problems.extend(schema::check(&tree, schema.as_value()));
                problems
            }
            Err(problems) => problems,
        };
        for problem in problems {
            let debug = format!("{:?}", problem.kind);
            kinds.insert(debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(kinds, KINDS.iter().map(|kind| (*kind).to_owned()).collect());
}
