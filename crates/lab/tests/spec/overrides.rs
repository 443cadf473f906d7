//! `--set`: what each argument makes of a tree.

use proofmark_lab::spec::{Node, Source, canonical, overrides, tree};

const BASE: &str = "\
model:
  layers:
    - flatten
    - dropout: { name: drop, rate: 0.5 }
features:
  - { name: image, type: image }
search:
  model.drop.rate: [0.2, 0.6]
empty:
";

fn applied(arguments: &[&str]) -> (Node, usize) {
    let mut tree = tree::parse(BASE).expect("the base is good");
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let problems = overrides::apply(&mut tree, &arguments);
    (tree, problems.len())
}

#[test]
fn each_way_to_name_a_value() {
    let cases = [
        // A key, an index, a name in a variant, a name in a plain map, a name below its list.
        ("model.layers[0]=relu", "model.layers[0]", "relu"),
        ("model.layers[1].dropout.rate=0.1", "model.layers[1].dropout.rate", "0.1"),
        ("model.drop.rate=0.1", "model.layers[1].dropout.rate", "0.1"),
        ("model.layers.drop.rate=0.1", "model.layers[1].dropout.rate", "0.1"),
        ("features.image.type=text", "features[0].type", "text"),
        ("image.type=text", "features[0].type", "text"),
        // A key with points in it, and one such that is not there yet.
        ("search.model.drop.rate[1]=0.7", "search.\"model.drop.rate\"[1]", "0.7"),
        ("search.\"train.rate\"=[1, 2]", "search.\"train.rate\"", "[1, 2]"),
        // Keys that are not there, below null too.
        ("train.epochs=3", "train.epochs", "3"),
        ("empty.a.b=3", "empty.a.b", "3"),
        ("model.layers[1].dropout.seed=1", "model.layers[1].dropout.seed", "1"),
        // Settings of a kind that stands there by its name alone.
        ("model.layers[0].flatten.a=1", "model.layers[0].flatten.a", "1"),
        // Values are YAML.
        ("a={b: [1, x], c: 'y'}", "a", "b: [1, x]\nc: y"),
        ("a=", "a", "null"),
        ("a='3'", "a", "\"3\""),
        ("a=x == 3 && y >= 0.5", "a", "x == 3 && y >= 0.5"),
        ("名=中文", "名", "中文"),
    ];
    for (argument, path, expected) in cases {
        let (tree, n_problems) = applied(&[argument]);
        assert_eq!(n_problems, 0, "{argument}");
        let node = tree.at(path).unwrap_or_else(|| panic!("{argument}: nothing at {path}"));
        assert_eq!(canonical::to_yaml(node).trim_end(), expected, "{argument}");
        assert_eq!(node.position.source, Source::Override(0), "{argument}");
    }
}

#[test]
fn later_ones_win_and_bad_ones_change_nothing() {
    let (tree, n_problems) = applied(&["a=1", "a.b=2", "features[3]=x", "a=3"]);
    assert_eq!(n_problems, 2, "`a` is a number when `a.b` comes, and there is one feature");
    let a = tree.at("a").expect("a is there");
    assert_eq!((canonical::to_yaml(a).as_str(), a.position.source), ("3\n", Source::Override(3)));
    let (untouched, _) = applied(&[]);
    for argument in [
        "model.layers[0].flatten=1",
        "model.layers[0].dropout.rate=1",
        "",
        "a",
        "=1",
        "a..b=1",
        ".a=1",
        "a.=1",
        "a[=1",
        "a[x]=1",
        "a\"=1",
        "features[0]x=1",
        "a=[1",
    ] {
        let (tree, n_problems) = applied(&[argument]);
        assert_eq!((n_problems, &tree), (1, &untouched), "{argument:?}");
    }
}

#[test]
fn depth_stays_bounded() {
    let path = vec!["a"; 1000].join(".");
    assert_eq!(applied(&[&format!("{path}=1")]).1, 1);
    let deepest = format!("{}=1", vec!["a"; tree::MAX_DEPTH].join("."));
    let (tree, n_problems) = applied(&[&deepest]);
    assert_eq!((n_problems, tree.depth()), (0, tree::MAX_DEPTH));
    let one_more = format!("{}=[1]", vec!["a"; tree::MAX_DEPTH].join("."));
    assert_eq!(applied(&[&one_more]).1, 1);
}
