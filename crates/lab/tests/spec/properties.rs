//! What holds for every text and every tree.

use proofmark_lab::spec::{Key, Node, NodeValue, Position, Style, canonical, overrides, read, schema, tree};
use proofmark_messages::Lang;
use proptest::prelude::*;

use crate::sample::{GOOD, Sample};

/// Everything that can be done with a text is done without a panic.
fn survives(text: &str, override_argument: &str) {
    match tree::parse(text) {
        Ok(tree) => {
            assert!(tree.depth() <= tree::MAX_DEPTH);
            assert_eq!(tree::parse(&canonical::to_yaml(&tree)).as_ref().ok(), Some(&tree), "{text:?}");
        }
        Err(problems) => {
            assert!((1..=tree::MAX_PROBLEMS).contains(&problems.len()));
            for problem in problems {
                assert!(text.is_char_boundary(problem.position.offset), "{text:?}");
                assert!(text.is_char_boundary(problem.position.offset + problem.position.length), "{text:?}");
            }
        }
    }
    if let Err(problems) = read::<Sample>("a.yaml", text, &[override_argument.to_owned()]) {
        assert!(!problems.entries.is_empty());
        for lang in Lang::ALL {
            assert!(!problems.render(lang, Style::Coloured).is_empty());
        }
    }
}

/// Pieces of YAML in any order: nearer to what breaks readers than characters at random.
fn yaml_soup() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        "\"",
        "#",
        " #",
        "|\n",
        ">-\n",
        "&x ",
        "*x",
        "!t ",
        "!!int ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\r\n",
        "\r",
        "1",
        "1.5e3",
        "~",
        "true",
        "\\",
        "\\u00e9",
        "中",
        "é",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{0}",
        "name: ",
        "model:",
        "layers: ",
        "<<: ",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

/// The good spec with a piece cut out and another put in.
fn damaged_spec() -> impl Strategy<Value = String> {
    let characters: Vec<char> = GOOD.chars().collect();
    (0..characters.len(), 0..12_usize, yaml_soup()).prop_map(move |(start, length, soup)| {
        let (before, after) = characters.split_at(start);
        before.iter().collect::<String>() + &soup[..] + &after.iter().skip(length).collect::<String>()
    })
}

fn override_argument() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        "(model|train|layers|drop|\\[0\\]|\\[1\\]|\"a\\.b\"|\\.|x){0,6}=(1|x|\\[1|\\{a: 1\\}|'|&a|\t)?",
        Just("train.epochs=3".to_owned()),
    ]
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,12}",
        "\\PC{0,12}",
        "[ a:#\\-\\[\\]{},&*!|>'\"%@`?~=<\\n\\r\\t\\\\0-9.e+]{0,12}",
        Just("true".to_owned()),
        Just("0x1F".to_owned()),
        Just("\u{feff}\u{85}\u{2028}\u{0}\u{7f}\u{1f600}".to_owned()),
        Just("k".repeat(1100)),
        Just("\"".repeat(600)),
    ]
}

fn node(value: NodeValue) -> Node {
    Node::new(value, Position::START)
}

fn any_tree() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        Just(NodeValue::Null),
        any::<bool>().prop_map(NodeValue::Bool),
        any::<i64>().prop_map(NodeValue::Integer),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(NodeValue::Float),
        text_value().prop_map(NodeValue::Text),
    ];
    scalar.prop_map(node).prop_recursive(5, 48, 5, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(NodeValue::List);
        let map = prop::collection::vec((text_value(), inner), 0..5).prop_map(|entries| {
            let mut unique: Vec<(Key, Node)> = Vec::new();
            for (name, value) in entries {
                if unique.iter().all(|(key, _)| key.name != name) {
                    unique.push((Key { name, position: Position::START }, value));
                }
            }
            NodeValue::Map(unique)
        });
        prop_oneof![list, map].prop_map(node)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in any::<String>(), argument in override_argument()) {
        survives(&text, &argument);
    }

    #[test]
    fn any_soup_of_yaml_is_survived(text in yaml_soup(), argument in override_argument()) {
        survives(&text, &argument);
    }

    #[test]
    fn any_damaged_spec_is_survived(text in damaged_spec(), argument in override_argument()) {
        survives(&text, &argument);
    }

    #[test]
    fn what_is_written_reads_back_the_same(tree in any_tree()) {
        let yaml = canonical::to_yaml(&tree);
        let read = tree::parse(&yaml).map_err(|problems| TestCaseError::fail(format!("{yaml}\n{problems:?}")))?;
        prop_assert_eq!(&read, &tree, "{}", yaml);
        prop_assert_eq!(canonical::to_yaml(&read), yaml);
    }

    #[test]
    fn any_tree_is_checked_and_any_value_can_be_set(mut tree in any_tree(), value in any_tree(), path in "\\PC{0,10}") {
        schema::check(&tree, schemars::schema_for!(Sample).as_value());
        if overrides::set(&mut tree, &path, value.clone(), Position::START).is_ok() {
            prop_assert!(tree.depth() <= tree::MAX_DEPTH);
        }
    }

    #[test]
    fn positions_are_where_the_words_stand(words in prop::collection::vec("[a-zé中]{1,6}", 1..8), indent in 0..4_usize) {
        let space = " ".repeat(indent);
        let yaml: String = words.iter().map(|word| format!("{space}- '{word}'\r\n")).collect();
        let tree = tree::parse(&yaml).expect("a list of quoted words");
        for (idx, word) in words.iter().enumerate() {
            let position = tree.at(&format!("[{idx}]")).expect("as many as were written").position;
            prop_assert_eq!(&yaml[position.offset..position.offset + position.length], format!("'{word}'"));
            prop_assert_eq!((position.line, position.column), (idx + 1, indent + 3));
        }
    }
}

/// Texts whose cost would explode with an algorithm that looks back: each of them has to be read in a blink.
#[test]
fn large_texts_take_linear_time() {
    let fill = |piece: &str| piece.repeat(tree::MAX_BYTES / piece.len());
    let texts = [
        fill("["),
        fill("- "),
        fill("? "),
        fill("a: 1\n"),
        fill("{a"),
        format!("[{}]", fill("1,").split_at(tree::MAX_BYTES - 4).0),
        format!("[{}]", fill("é, ").chars().take(tree::MAX_BYTES / 4 - 2).collect::<String>()),
        fill("k: {v: x}\n"),
        fill("&a [*a,"),
        fill("\"\\x41"),
        fill("  \n"),
        fill("'"),
        fill("a b "),
        (0..60_000).map(|idx| format!("k{idx}: {idx}\n")).collect(),
        format!("a: {}", fill("x")[..tree::MAX_BYTES - 4].to_owned()),
    ];
    for text in &texts {
        let start = std::time::Instant::now();
        if let Err(problems) = read::<Sample>("a.yaml", text, &[]) {
            assert!(!problems.render(Lang::En, Style::Plain).is_empty());
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{seconds:.3} s for {:?}...", text.chars().take(20).collect::<String>());
        // Ten times what the slowest takes; a cost in the square of the length would be a thousand times more.
        assert!(seconds < 20.0, "{seconds} s for {:?}...", text.chars().take(20).collect::<String>());
    }
}
