//! YAML facts: what each scalar means, where it stands.

use proofmark_lab::spec::tree::{MAX_BYTES, MAX_DEPTH, MAX_PROBLEMS, parse};
use proofmark_lab::spec::{Node, NodeValue, Position, ProblemKind};

fn value(text: &str) -> NodeValue {
    parse(text).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}")).value
}

fn text(text: &str) -> NodeValue {
    NodeValue::Text(text.to_owned())
}

#[test]
fn scalars_of_the_core_schema() {
    use NodeValue::{Bool, Float, Integer, Null};
    let cases = [
        ("", Null),
        ("# nothing", Null),
        ("~", Null),
        ("null", Null),
        ("NULL", Null),
        ("nuLL", text("nuLL")),
        ("true", Bool(true)),
        ("False", Bool(false)),
        ("yes", text("yes")),
        ("off", text("off")),
        ("NO", text("NO")),
        ("7", Integer(7)),
        ("-7", Integer(-7)),
        ("+7", Integer(7)),
        ("007", Integer(7)),
        ("0x1F", Integer(31)),
        ("0o17", Integer(15)),
        ("0b1", text("0b1")),
        ("0x", text("0x")),
        ("9223372036854775807", Integer(i64::MAX)),
        ("-9223372036854775808", Integer(i64::MIN)),
        ("1.5", Float(1.5)),
        ("1.", Float(1.0)),
        (".5", Float(0.5)),
        ("-.5", Float(-0.5)),
        ("1e3", Float(1000.0)),
        ("1e-4", Float(0.0001)),
        ("1.e+2", Float(100.0)),
        ("1e", text("1e")),
        (".", text(".")),
        ("e5", text("e5")),
        ("1_000", text("1_000")),
        ("12:30", text("12:30")),
        ("1.2.3", text("1.2.3")),
        ("inf", text("inf")),
        ("nan", text("nan")),
        ("'7'", text("7")),
        ("\"true\"", text("true")),
        ("''", text("")),
        ("\"\\u4e2d\\n\"", text("中\n")),
        ("|\n  a\n  b\n", text("a\nb\n")),
        (">-\n  a\n  b\n", text("a b")),
        ("---\n1\n...\n", Integer(1)),
        ("\u{feff}1", Integer(1)),
    ];
    for (yaml, expected) in cases {
        assert_eq!(value(yaml), expected, "{yaml:?}");
    }
}

#[test]
fn equal_trees_may_stand_in_different_places() {
    assert_eq!(value("{a: [1, x], b: null}"), value("# comment\na:\n  - 1\n  - 'x'\nb:\n"));
    assert_ne!(value("{a: 1}"), value("{a: 1.0}"));
    assert_ne!(value("{a: 1, b: 2}"), value("{b: 2, a: 1}"));
}

fn at<'t>(tree: &'t Node, path: &str) -> &'t Node {
    tree.at(path).unwrap_or_else(|| panic!("nothing at {path}"))
}

#[test]
fn positions_count_characters_and_bytes() {
    let yaml = "名: [é, \"引\"]\r\nb:\r  - x\n";
    let tree = parse(yaml).expect("good");
    for (path, line, column, shown) in
        [("名", 1, 4, "["), ("名[0]", 1, 5, "é"), ("名[1]", 1, 8, "\"引\""), ("b[0]", 3, 5, "x")]
    {
        let Position { line: found_line, column: found_column, offset, length, .. } = at(&tree, path).position;
        assert_eq!((found_line, found_column), (line, column), "{path}");
        assert_eq!(&yaml[offset..offset + length], shown, "{path}");
    }
    // A value that is left out is where its key is; the byte order mark takes no column.
    let tree = parse("\u{feff}a: 1\nb:\n").expect("good");
    assert_eq!((at(&tree, "a").position.line, at(&tree, "a").position.column), (1, 4));
    assert_eq!((at(&tree, "b").position.line, at(&tree, "b").position.column), (2, 1));
}

#[test]
fn limits_hold_on_both_sides() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(parse(&nested(MAX_DEPTH)).expect("deep enough").depth(), MAX_DEPTH);
    let problems = parse(&nested(MAX_DEPTH + 1)).expect_err("too deep");
    assert!(matches!(problems[0].kind, ProblemKind::TooDeep { limit: MAX_DEPTH }), "{problems:?}");
    let blocks: String = (0..=MAX_DEPTH).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let problems = parse(&blocks).expect_err("too deep");
    assert!(matches!(problems[0].kind, ProblemKind::TooDeep { .. }), "{problems:?}");

    let long = |bytes: usize| format!("'{}'", "a".repeat(bytes - 2));
    assert!(parse(&long(MAX_BYTES)).is_ok());
    let problems = parse(&long(MAX_BYTES + 1)).expect_err("too long");
    assert!(matches!(problems[0].kind, ProblemKind::TooLarge { .. }), "{problems:?}");

    let many = "a: 1\n".repeat(MAX_PROBLEMS + 50);
    assert_eq!(parse(&many).expect_err("the same key all over").len(), MAX_PROBLEMS);
}

#[test]
fn a_duplicates_value_is_read_and_dropped() {
    let problems = parse("a: 1\na: { b: 1, b: 2 }\nc: 3\nc: 4\n").expect_err("three duplicates");
    let keys: Vec<_> = problems
        .iter()
        .map(|problem| match &problem.kind {
            ProblemKind::DuplicateKey { key, first_line } => (key.as_str(), *first_line, problem.position.line),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(keys, [("a", 1, 2), ("b", 2, 2), ("c", 3, 4)]);
}
