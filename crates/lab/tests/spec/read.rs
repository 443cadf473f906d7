//! The whole way: text to value, and back to the place in the text.

use proofmark_lab::spec::{Diagnostics, Read, Style, canonical, read, tree};
use proofmark_messages::{Lang, Localize};

use crate::sample::{GOOD, Layer, Optimizer, Sample, Size};

fn good(overrides: &[&str]) -> Result<Read<Sample>, Diagnostics> {
    let overrides: Vec<String> = overrides.iter().map(|argument| (*argument).to_owned()).collect();
    read("digits.yaml", GOOD, &overrides)
}

#[test]
fn a_good_spec_becomes_a_value() {
    let sample = good(&[]).expect("the sample is good").value;
    assert_eq!((sample.name.as_str(), sample.seed, sample.train.epochs), ("digits", 7, 10));
    assert_eq!(sample.model.layers.len(), 5);
    assert_eq!(sample.model.layers[2], Layer::Flatten);
    let Layer::Conv2d(second) = &sample.model.layers[1] else { panic!("{:?}", sample.model.layers[1]) };
    assert_eq!((second.filters, &second.kernel, second.activation), (64, &Size::Sides([3, 5]), None));
    assert!(sample.train.shuffle, "a default");
}

#[test]
fn overrides_are_in_the_value_and_in_what_is_written_down() {
    let read = good(&["train.epochs=3", "model.drop.rate=0.25", "train.optimizer.adam.learning_rate=0.01"]);
    let read = read.expect("the overrides are good");
    assert_eq!(read.value.train.epochs, 3);
    assert!(matches!(&read.value.train.optimizer, Optimizer::Adam(adam) if adam.learning_rate == 0.01));
    insta::assert_snapshot!(canonical::to_yaml(&read.tree), @r"
    name: digits
    seed: 7
    model:
      layers:
        - conv2d:
            filters: 32
            kernel: 3
            activation: relu
        - conv2d:
            filters: 64
            kernel: [3, 5]
        - flatten
        - dropout:
            name: drop
            rate: 0.25
        - dense:
            units: 10
            bias: true
    train:
      epochs: 3
      optimizer:
        adam:
          learning_rate: 0.01
      metrics: [accuracy, recall]
    accept: metrics.accuracy.lower95 >= 0.9772
    adjust:
      search:
        train.optimizer.adam.learning_rate:
          log: [0.0001, 0.01]
        model.drop.rate: [0.2, 0.6]
    ");
    assert_eq!(tree::parse(&canonical::to_yaml(&read.tree)).expect("canonical YAML parses"), read.tree);
}

#[test]
fn positions_of_values() {
    let read = good(&["train.epochs=3"]).expect("good");
    let cases = [
        ("name", Some(("digits.yaml", 1, 7))),
        ("model", Some(("digits.yaml", 3, 1))),
        ("model.layers[0]", Some(("digits.yaml", 5, 7))),
        ("model.layers[0].conv2d.kernel", Some(("digits.yaml", 5, 38))),
        ("model.layers[1].conv2d.kernel[1]", Some(("digits.yaml", 8, 21))),
        ("model.layers[1].conv2d", Some(("digits.yaml", 6, 7))),
        ("model.layers[2]", Some(("digits.yaml", 9, 7))),
        ("train.epochs", Some(("--set", 1, 14))),
        ("adjust.search.model.drop.rate[0]", Some(("digits.yaml", 20, 23))),
        ("adjust.search.\"model.drop.rate\"[0]", Some(("digits.yaml", 20, 23))),
        ("", Some(("digits.yaml", 1, 1))),
        // A default, and three that are nothing.
        ("train.shuffle", None),
        ("model.layers[9]", None),
        ("model..layers", None),
        ("model.layers[x]", None),
    ];
    for (path, expected) in cases {
        let found = read.position_of(path).map(|at| (at.origin.to_owned(), at.line, at.column));
        assert_eq!(found, expected.map(|(origin, line, column)| (origin.to_owned(), line, column)), "{path}");
    }
}

/// An error of another crate, about a value that the schema cannot judge.
#[derive(Debug)]
struct KernelTooLarge {
    kernel: u32,
    image: u32,
}

impl Localize for KernelTooLarge {
    fn text(&self, _: Lang) -> String {
        format!("the kernel `{}` is larger than the image `{}`", self.kernel, self.image)
    }
}

proofmark_messages::display_in_english!(KernelTooLarge);

impl std::error::Error for KernelTooLarge {}

#[test]
fn errors_of_other_crates_are_shown_in_the_users_file() {
    let read = good(&[]).expect("good");
    let diagnostic = read.diagnostic("model.layers[1].conv2d.kernel", KernelTooLarge { kernel: 5, image: 4 });
    insta::assert_snapshot!(diagnostic.render(Lang::En, Style::Plain), @r"
    error: the kernel `5` is larger than the image `4`
     --> digits.yaml:8:9
      |
    8 |         kernel: [3, 5]
      |         ^^^^^^
    ");
    // A default is shown at what it belongs to.
    let diagnostic = read.diagnostic("train.shuffle", KernelTooLarge { kernel: 5, image: 4 });
    insta::assert_snapshot!(diagnostic.render(Lang::En, Style::Plain), @r"
    error: the kernel `5` is larger than the image `4`
      --> digits.yaml:12:1
       |
    12 | train:
       | ^^^^^
    ");
    let all = read.diagnostics([("seed".to_owned(), KernelTooLarge { kernel: 1, image: 0 })]);
    insta::assert_snapshot!(all.to_json(Lang::En), @r#"[{"text":"the kernel `1` is larger than the image `0`","file":"digits.yaml","line":2,"column":7,"hint":null}]"#);
}

#[test]
fn problems_stand_in_the_order_of_the_file_then_of_the_overrides() {
    let text = "name: a\nmodel: { layers: [flatten] }\ntrain:\n  epochs: ten\n  shuffel: true\nseed: -1\n";
    let overrides = ["model.layers[7]=flatten".to_owned(), "train.metrics=3".to_owned()];
    let problems = read::<Sample>("a.yaml", text, &overrides).expect_err("five mistakes");
    let places: Vec<_> = problems
        .entries
        .iter()
        .filter_map(|entry| entry.place.as_ref())
        .map(|at| (at.file.as_str(), at.line))
        .collect();
    assert_eq!(places, [("a.yaml", 4), ("a.yaml", 5), ("a.yaml", 6), ("--set", 1), ("--set", 1)]);
}
