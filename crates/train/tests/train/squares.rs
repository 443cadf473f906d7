//! A data set that is learnt in a moment, and a recorder in memory.

use std::path::Path;

use proofmark_data::{DataSpec, Prepared, QualitySpec, prepare};
use proofmark_train::{Checkpoint, EpochEnd, Event, RecordError, Recorder, checkpoint};
use serde_json::{Value, json};

pub(crate) const SEED: u64 = 7;
pub(crate) const SAMPLES: usize = 100;
pub(crate) const SIDE: usize = 8;

/// Bright squares on the left or on the right, half of them hard to see.
pub(crate) fn prepared(augment: &Value) -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let labels: Vec<u8> = (0..SAMPLES).map(|i| (i % 2) as u8).collect();
    let pixel = |i: usize, row: usize, column: usize| {
        let is_square = (2..6).contains(&row) && column / 4 == i % 2;
        (if is_square { 100 + i } else { (i * 31 + row * 7 + column * 13) % 90 }) as u8
    };
    let image = |i| (0..SIDE * SIDE).map(move |at| pixel(i, at / SIDE, at % SIDE));
    let pixels: Vec<u8> = (0..SAMPLES).flat_map(image).collect();
    for part in ["train", "t10k"] {
        write_idx(folder.path(), part, "images-idx3", &[SAMPLES, SIDE, SIDE], &pixels);
        write_idx(folder.path(), part, "labels-idx1", &[SAMPLES], &labels);
    }
    let spec: DataSpec = serde_json::from_value(json!({
        "source": { "idx": { "folder": "." } },
        "features": [{ "name": "image", "type": "image", "preprocess": ["scale_pixels"], "augment": augment }],
        "target": { "name": "label", "type": "category" },
    }))
    .expect("a spec");
    let preparation = prepare(&spec, &QualitySpec::default(), folder.path(), SEED, &mut |_| ()).expect("data");
    preparation.prepared.expect("no rule, no refusal")
}

pub(crate) fn write_idx(folder: &Path, part: &str, name: &str, extents: &[usize], data: &[u8]) {
    let mut bytes = vec![0, 0, 8, extents.len() as u8];
    extents.iter().for_each(|extent| bytes.extend((*extent as u32).to_be_bytes()));
    bytes.extend(data);
    std::fs::write(folder.join(format!("{part}-{name}-ubyte")), bytes).expect("a file");
}

/// Keeps everything, and interrupts after this many steps of its own.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) events: Vec<Event>,
    pub(crate) last: Option<Checkpoint>,
    pub(crate) steps: u64,
    pub(crate) interrupt_after: Option<u64>,
    pub(crate) prune_after: Option<usize>,
}

impl Memory {
    /// The epochs that ended, without their times.
    pub(crate) fn epochs(&self) -> Vec<EpochEnd> {
        let epoch = |event: &Event| match event {
            Event::EpochEnded(end) => Some(end.clone()),
            _ => None,
        };
        self.events.iter().filter_map(epoch).collect()
    }
}

impl Recorder for Memory {
    fn event(&mut self, event: &Event) -> Result<(), RecordError> {
        self.events.push(event.clone());
        Ok(())
    }

    fn checkpoint(&mut self, _: u32, _: u64, _: bool, bytes: &[u8]) -> Result<(), RecordError> {
        self.last = Some(checkpoint::decode(bytes)?);
        Ok(())
    }

    fn progress(&mut self, _: &proofmark_train::Progress) {
        self.steps += 1;
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt_after.is_some_and(|steps| self.steps >= steps)
    }

    fn is_pruned(&self) -> bool {
        self.prune_after.is_some_and(|epochs| self.epochs().len() >= epochs)
    }
}
