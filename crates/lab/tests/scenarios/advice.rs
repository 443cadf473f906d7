//! What `proofmark advise` measures: on real images, against a clock of the test's own.

use std::cell::Cell;

use proofmark_lab::Host;
use proofmark_lab::advise::{Advice, AdviceQuestions, advise};
use proofmark_lab::pipeline::SpecSource;

use crate::root;
use crate::scenarios::source;

/// A machine where every look at the clock takes a twentieth of a second.
#[derive(Default)]
struct Machine {
    looks: Cell<u32>,
    memory_bytes: Option<u64>,
}

impl Host for Machine {
    fn unix_milliseconds(&self) -> u64 {
        0
    }

    fn seconds(&self) -> f64 {
        self.looks.set(self.looks.get() + 1);
        f64::from(self.looks.get()) / 20.0
    }

    fn threads(&self) -> usize {
        1
    }

    fn machine(&self) -> String {
        "a machine".to_owned()
    }

    fn made_by(&self) -> String {
        "a test".to_owned()
    }

    fn memory_bytes(&self) -> Option<u64> {
        self.memory_bytes
    }
}

/// One dense layer on MNIST, quick to train.
fn small(optimizer: &str) -> SpecSource {
    let text = format!(
        "
name: small
seed: 7
data:
  source: {{ idx: {{ folder: datasets/mnist }} }}
  features: [{{ name: image, type: image, preprocess: [scale_pixels] }}]
  target: {{ name: label, type: category }}
model: {{ layers: [flatten, {{ dense: {{ units: 10, activation: softmax }} }}] }}
train: {{ epochs: 1, batch_size: 64, loss: categorical_crossentropy, optimizer: {optimizer} }}
"
    );
    SpecSource { file_name: "small.yaml".to_owned(), text, base: root(), overrides: Vec::new() }
}

fn asked(source: &SpecSource, learning_rate: bool, batch_size: bool, host: &mut Machine) -> Option<Advice> {
    advise(source, AdviceQuestions { learning_rate, batch_size }, host).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_rate_is_set_where_it_stands() {
    let mut sets = Vec::new();
    for optimizer in ["adam", "{ adam: { learning_rate: 0.5 } }", "{ adam: { beta_1: 0.8 } }"] {
        let mut spec = small(optimizer);
        let advice = asked(&spec, true, false, &mut Machine::default()).expect("good data");
        let rate = advice.learning_rate.expect("it was asked for");
        assert_eq!(advice.batch_size, None);
        let set = rate.set.expect("digits can be learnt");
        let advised = rate.curve.advice.expect("digits can be learnt").learning_rate;
        assert!((1e-4..0.1).contains(&advised), "{advised}");
        // What is to be copied is understood.
        spec.overrides.push(set.clone());
        let read = proofmark_lab::pipeline::read_spec(&spec).unwrap_or_else(|error| panic!("{set}: {error}"));
        assert_eq!(read.value.train.optimizer.learning_rate(), advised);
        sets.push(set.split('=').next().expect("a key").to_owned());
    }
    assert_eq!(sets, ["train.optimizer", "train.optimizer.adam.learning_rate", "train.optimizer.adam.learning_rate"]);
}

#[test]
fn the_same_seed_gives_the_same_advice() {
    let spec = small("adam");
    let advice = |host: &mut Machine| asked(&spec, true, false, host);
    let first = advice(&mut Machine::default());
    assert_eq!(first, advice(&mut Machine { looks: Cell::new(1000), memory_bytes: Some(1 << 40) }));
    let reseeded = SpecSource { overrides: vec!["seed=8".to_owned()], ..spec.clone() };
    assert_ne!(first, asked(&reseeded, true, false, &mut Machine::default()));
}

#[test]
fn batch_sizes_are_measured_until_memory_ends() {
    let spec = small("adam");
    let measured = |host: &mut Machine| {
        let advice = asked(&spec, false, true, host).expect("good data");
        assert_eq!(advice.learning_rate, None);
        advice.batch_size.expect("it was asked for")
    };
    let all = measured(&mut Machine::default());
    let sizes: Vec<usize> = all.sizes.iter().map(|size| size.batch_size).collect();
    assert_eq!(sizes, [16, 32, 64, 128, 256, 512, 1024]);
    // Every step takes as long as another, so that the largest is the fastest by far.
    assert!(
        all.sizes.iter().all(|size| (size.samples_per_second / (size.batch_size as f64 * 20.0) - 1.0).abs() < 1e-6)
    );
    assert_eq!((all.advice, all.set.as_str(), all.now), (1024, "train.batch_size=1024", 64));
    assert_eq!((all.sizes[0].steps_per_epoch, all.sizes[6].steps_per_epoch), (3375, 53));
    assert!(all.sizes.windows(2).all(|pair| pair[0].memory_bytes < pair[1].memory_bytes));

    // Memory for one of the sizes in the middle.
    let memory_bytes = Some(all.sizes[3].memory_bytes as u64 * 4 / 3 + 8);
    let few = measured(&mut Machine { memory_bytes, ..Machine::default() });
    assert_eq!((few.sizes.len(), few.advice), (4, 128));
    let beyond = few.beyond_memory.expect("there is no more memory");
    assert_eq!(beyond.batch_size, 256);
    // What it needs at least: where that is too much already, working memory is not counted any more.
    assert!((beyond.limit_bytes + 1..=all.sizes[4].memory_bytes).contains(&beyond.memory_bytes), "{beyond:?}");
}

#[test]
fn refused_data_have_no_advice() {
    assert_eq!(asked(&source("digits-dirty/beyond-repair.yaml"), true, true, &mut Machine::default()), None);
}
