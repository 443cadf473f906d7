//! Specs: YAML with `--set` overrides to a run, and its layers to a model.

use proofmark_lab::RunSpec;
use proofmark_lab::spec::{Read, Style, canonical, read, tree};
use proofmark_messages::Lang;
use proofmark_model::Target;

use super::{Seed, say, texts};
use crate::heap::bounded;

/// What stands in an input before each override.
const OVERRIDE: &str = "\n--set ";
/// A list of nothing takes a byte and a comma in the file, and a node in the tree.
const BYTES_PER_BYTE: usize = 2048;
/// The schema of a run, and room for problems.
const FIXED_BYTES: usize = 16 << 20;

/// What parses is written as YAML that parses as the same; problems stand within the text and can be shown; a spec survives
/// JSON and its own YAML; checking its layers ends, whatever their sizes.
pub fn check(bytes: &[u8]) {
    let Ok(input) = str::from_utf8(bytes) else { return };
    let mut parts = input.split(OVERRIDE);
    let text = parts.next().unwrap_or_default();
    let overrides: Vec<String> = parts.map(str::to_owned).collect();
    let limit_bytes = FIXED_BYTES + input.len() * BYTES_PER_BYTE;
    match bounded(limit_bytes, || tree::parse(text)) {
        Ok(tree) => {
            assert!(tree.depth() <= tree::MAX_DEPTH);
            let yaml = canonical::to_yaml(&tree);
            assert_eq!(tree::parse(&yaml).as_ref().ok(), Some(&tree), "{yaml}");
        }
        Err(problems) => {
            assert!((1..=tree::MAX_PROBLEMS).contains(&problems.len()));
            for problem in problems {
                let position = problem.position;
                assert!(
                    text.is_char_boundary(position.offset) && text.is_char_boundary(position.offset + position.length)
                );
            }
        }
    }
    match bounded(limit_bytes, || read::<RunSpec>("spec.yaml", text, &overrides)) {
        Ok(run) => check_run(&run),
        Err(problems) => {
            assert!(!problems.entries.is_empty());
            for lang in Lang::ALL {
                assert!(!problems.render(lang, Style::Coloured).is_empty());
                assert!(problems.to_json(lang).is_array() || problems.to_json(lang).is_object());
            }
        }
    }
}

fn check_run(run: &Read<RunSpec>) {
    let json = serde_json::to_value(&run.value).expect("a spec is JSON");
    assert_eq!(serde_json::from_value::<RunSpec>(json).expect("written by us"), run.value);
    let yaml = canonical::to_yaml(&run.tree);
    assert_eq!(read::<RunSpec>("spec.yaml", &yaml, &[]).expect("written by us").value, run.value);
    for input in [[28, 28, 1], [1, 1, 1], [4096, 4096, 3]] {
        match run.value.model.check(input, Target::Category { classes: 10 }) {
            Ok(model) => {
                assert_eq!(model.output_shape().elements(), 10);
                assert!(!model.summary().to_string().is_empty());
            }
            Err(error) => say(&error),
        }
    }
}

/// The scenario's spec, smaller ones with each kind of model, and mistakes.
pub fn seeds() -> Vec<Seed> {
    let tiny = |layers: &str| {
        format!(
            "name: tiny\ndata:\n  source: {{ idx: {{ folder: digits }} }}\n  split: {{ train: train, test: test }}\n  \
             features: [{{ name: image, type: image }}]\n  target: {{ name: label, type: category }}\nmodel:\n  layers: \
             {layers}\ntrain:\n  epochs: 1\n  batch_size: 8\n  loss: categorical_crossentropy\n  optimizer: adam\n"
        )
    };
    let plain = tiny("[flatten, { dense: { units: 10, activation: softmax } }]");
    let branches = tiny(
        "[{ conv2d: { name: a, filters: 4, kernel: [3, 1], padding: same } }, { batch_norm: {} }, { relu: { name: r } }, \
         { add: { name: sum, inputs: [a, r] } }, global_average_pool2d, { dense: { units: 10, activation: softmax } }]",
    );
    let huge = tiny(
        "[{ conv2d: { filters: 65536, kernel: 65536, padding: same, dilation: 65536 } }, flatten, { dense: { units: 10 } }]",
    );
    texts(&[
        ("digits", DIGITS),
        ("plain", &plain),
        ("branches", &branches),
        ("huge", &huge),
        ("overrides", &format!("{plain}{OVERRIDE}seed=3{OVERRIDE}train.optimizer={{adam: {{learning_rate: 0.1}}}}")),
        ("override-unclosed", &format!("{plain}{OVERRIDE}seed=[{OVERRIDE}modle.layers=1")),
        ("collections", "- [a, {b: 1.5e3, 'c': \"\\u00e9\\n\"}]\n- ? |\n    block\n  : >-\n    folded\n- ~\n- 0x1F\n"),
        (
            "mistakes",
            "name: ''\nseed: -1\nmodle: {}\ndata: []\ntrain: { epochs: many, loss: categorical_crossentropi }\n",
        ),
        ("refused", "a: &x 1\nb: *x\nc: !!int 2\nd: 1\nd: 2\n"),
        ("tabs", "a:\n\tb: 1\n"),
        ("documents", "---\na: 1\n...\n---\nb: 2\n"),
        ("unclosed", "a: [1, {b: 'c\n"),
    ])
}

/// Something from every section of a spec.
const DIGITS: &str = "\
# Digits.
name: digits
seed: 7
data:
  source:
    idx: { folder: ../../datasets/mnist }
  split: { train: train, test: test, validation: 0.1 }
  features:
    - { name: image, type: image, preprocess: [scale_pixels] }
  target: { name: label, type: category }
quality:
  require:
    - source.rows >= 10000
    - source.label.missing == 0
  clean: { operators: [drop_missing, drop_duplicates, drop_constant_images], max_rounds: 3, max_dropped: 0.02 }
model:
  layers:
    - conv2d: { filters: 32, kernel: 3, activation: relu }
    - max_pool2d: { size: 2 }
    - flatten
    - dense: { units: 128, activation: relu }
    - dropout: { name: drop, rate: 0.5 }
    - dense: { units: 10, activation: softmax }
train:
  epochs: 10
  batch_size: 64
  loss: categorical_crossentropy
  optimizer: { adam: { learning_rate: 0.001 } }
evaluate: { metrics: [accuracy, recall, precision, f1, confusion], slices: [label] }
accept: metrics.accuracy.lower95 >= 0.9772
";

#[cfg(test)]
mod tests {
    use proofmark_messages::Localize;

    use super::*;

    /// A seed that the schema refuses, because a spec is written otherwise by now, would reach nothing behind it.
    #[test]
    fn the_good_seeds_are_specs_of_models() {
        for (name, bytes) in seeds().iter().filter(|(name, _)| ["digits", "plain", "branches"].contains(name)) {
            let text = str::from_utf8(bytes).expect("text");
            match read::<RunSpec>("spec.yaml", text, &[]) {
                Ok(run) => {
                    if let Err(error) = run.value.model.check([28, 28, 1], Target::Category { classes: 10 }) {
                        panic!("{name}: {}", error.text(Lang::En));
                    }
                }
                Err(problems) => panic!("{name}: {}", problems.render(Lang::En, Style::Plain)),
            }
        }
    }
}
