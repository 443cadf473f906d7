//! A tiny data set, a spec that learns it in a moment, and the binary to call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Epochs of the spec: enough for events to happen, few enough to take a second.
pub(crate) const EPOCHS: usize = 6;

/// How long anything may take that is waited for; far beyond what it does take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with data and spec, and a data directory for the runs.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = TempDir::new().unwrap();
        write_data(&folder.path().join("data"), 200, 60);
        fs::write(folder.path().join("tiny.yaml"), spec()).unwrap();
        Place { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, in this folder, deaf to the tester's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("USER", "tester");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        Call::of(self.command(arguments).output().unwrap(), arguments)
    }

    /// Trains the spec in a data directory of its own, to its end; the run's folder.
    pub(crate) fn train(&self, data_dir: &str, more: &[&str]) -> PathBuf {
        let arguments = [&["run", "tiny.yaml", "--json", "--data-dir", data_dir], more].concat();
        self.call(&arguments).expect(0);
        self.only_run(data_dir)
    }

    /// The one run of a data directory.
    pub(crate) fn only_run(&self, data_dir: &str) -> PathBuf {
        let runs: Vec<PathBuf> =
            fs::read_dir(self.path(data_dir).join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_iter().next().unwrap()
    }
}

/// How a call ended.
pub(crate) struct Call {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    called: String,
}

impl Call {
    pub(crate) fn of(output: Output, arguments: &[&str]) -> Call {
        Call {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            called: arguments.join(" "),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Call {
        let Call { called, stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "proofmark {called}\n{stdout}\n{stderr}");
        self
    }

    /// The last line of standard output, as a program reads it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Standard error says all of this.
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.stderr.contains(text), "standard error lacks `{text}`:\n{}", self.stderr);
        }
    }
}

/// Looks again and again until something is there.
#[track_caller]
pub(crate) fn wait_until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited for {PATIENCE:?} in vain");
        std::thread::yield_now();
    }
}

/// The number of whole events of the only run of a data directory; 0 before there is one.
pub(crate) fn n_events(data_dir: &Path) -> usize {
    let Ok(mut runs) = fs::read_dir(data_dir.join("runs")) else { return 0 };
    let Some(Ok(run)) = runs.next() else { return 0 };
    fs::read(run.path().join("events.jsonl")).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
}

/// The names of a run's statements, which are the digests of what they say.
pub(crate) fn statements(run: &Path) -> Vec<String> {
    let entries = fs::read_dir(run.join("evidence")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".statement.json"));
    names.sort();
    assert!(!names.is_empty());
    names
}

pub(crate) fn model(run: &Path) -> Vec<u8> {
    fs::read(run.join("model.safetensors")).unwrap()
}

fn spec() -> String {
    format!(
        "name: tiny
seed: 7
data:
  source:
    idx: {{ folder: data }}
  split: {{ validation: 0.1 }}
  features:
    - {{ name: image, type: image, preprocess: [scale_pixels] }}
  target: {{ name: label, type: category }}
quality:
  require: [source.label.missing == 0]
model:
  layers:
    - conv2d: {{ filters: 4, kernel: 3, activation: relu }}
    - max_pool2d: {{ size: 2 }}
    - flatten
    - dropout: {{ rate: 0.2 }}
    - dense: {{ units: 3, activation: softmax }}
train:
  epochs: {EPOCHS}
  batch_size: 16
  loss: categorical_crossentropy
  optimizer: {{ adam: {{ learning_rate: 0.01 }} }}
evaluate: {{ metrics: [accuracy, loss, confusion], slices: [label] }}
accept: metrics.accuracy.value >= 0.5
"
    )
}

/// Writes IDX files of 8x8 images in three classes: a bar that lies, one that stands, and a diagonal, on noise.
pub(crate) fn write_data(folder: &Path, train: u32, test: u32) {
    fs::create_dir_all(folder).unwrap();
    for (part, rows, seed) in [("train", train, 1), ("t10k", test, 2)] {
        let (images, labels) = images(rows, seed);
        let header = |magic: u32, extents: &[u32]| -> Vec<u8> {
            [&[magic][..], extents].concat().iter().flat_map(|number| number.to_be_bytes()).collect()
        };
        let write = |name: &str, header: Vec<u8>, data: Vec<u8>| {
            fs::write(folder.join(format!("{part}-{name}")), [header, data].concat()).unwrap();
        };
        write("images-idx3-ubyte", header(0x803, &[rows, 8, 8]), images);
        write("labels-idx1-ubyte", header(0x801, &[rows]), labels);
    }
}

fn images(rows: u32, seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut random = Random(seed);
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let label = row % 3;
        let place = 1 + random.below(6);
        for pixel in 0..64 {
            let (y, x) = (pixel / 8, pixel % 8);
            let is_drawn = match label {
                0 => y == place,
                1 => x == place,
                _ => x == y,
            };
            let noise = random.below(60) as u8;
            images.push(if is_drawn { 255 - noise } else { noise });
        }
        labels.push(label as u8);
    }
    (images, labels)
}

/// Numbers that look random and are the same everywhere (Knuth's MMIX constants).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
