//! The program, in this process, on a model that the other crates wrote: what it says is what they say, bit for bit.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use proofmark_data::spec::FeatureType;
use proofmark_data::{FittedFeature, FittedStep, read_idx_for_prediction};
use proofmark_engine::StateBlock;
use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::{Affine, QuantizedWeights};
use proofmark_engine::quantize::QuantizedLayer;
use proofmark_messages::Lang;
use proofmark_model::layers::{conv2d, dense, flatten, max_pool2d};
use proofmark_model::{CheckedModel, ModelSpec, Quantization, Target, model_file};
use proofmark_runtime::{Environment, Model, Options, run};
use proofmark_train::predict::Predictor;
use serde_json::Value;
use tempfile::TempDir;

const SHAPE: [usize; 3] = [6, 5, 1];
const SAMPLES: usize = 19;

/// A model file in a folder, and what the lab's own predictor says of `images.idx` beside it.
struct Place {
    folder: TempDir,
    model: CheckedModel,
    state: StateBlock,
    feature: FittedFeature,
}

fn feature() -> FittedFeature {
    let steps = vec![
        FittedStep::ScalePixels,
        FittedStep::Standardize { mean: vec![f64::from(0.3f32)], std: vec![f64::from(0.7f32)] },
        FittedStep::SelectPixels { kept: (0..30).filter(|pixel| pixel % 7 != 3).collect() },
    ];
    FittedFeature {
        name: "image".to_owned(),
        kind: FeatureType::Image,
        source_shape: SHAPE.to_vec(),
        shape: SHAPE.to_vec(),
        steps,
        tokens: None,
        rate_hz: None,
    }
}

fn ten_classes() -> ModelSpec {
    ModelSpec::new()
        .add(conv2d(4, 3).relu())
        .add(max_pool2d(2))
        .add(flatten())
        .add(dense(17).relu())
        .add(dense(10).softmax())
}

impl Place {
    fn new() -> Place {
        Place::of(&ten_classes(), 10, feature())
    }

    fn of(spec: &ModelSpec, classes: usize, feature: FittedFeature) -> Place {
        let model = CheckedModel::new(spec, feature.shape(), Target::Category { classes }).unwrap();
        let mut state = StateBlock::new(&model.inference_graph().unwrap().graph);
        model.initialize(5, &mut state);
        let names: Vec<String> = (0..classes).map(|class| format!("class {class}")).collect();
        let metadata = [
            ("model".to_owned(), serde_json::to_string(spec).unwrap()),
            ("classes".to_owned(), serde_json::to_string(&names).unwrap()),
            ("feature".to_owned(), serde_json::to_string(&feature).unwrap()),
        ];
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("model"), model_file::write(&state, &metadata.into())).unwrap();
        let mut idx = vec![0, 0, 8, 3];
        [SAMPLES, SHAPE[0], SHAPE[1]].iter().for_each(|extent| idx.extend((*extent as u32).to_be_bytes()));
        idx.extend(bytes());
        fs::write(folder.path().join("images.idx"), idx).unwrap();
        Place { folder, model, state, feature }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// What the model reads of the images, as the crate for data prepares them.
    fn numbers(&self) -> Vec<f32> {
        let images = read_idx_for_prediction(&self.path("images.idx"), &self.feature).unwrap();
        let mut numbers = vec![0.0; SAMPLES * self.feature.shape().elements()];
        images.gather(0, &mut numbers);
        numbers
    }

    /// What the crate for training says of them.
    fn expected(&self) -> Vec<f32> {
        let mut state = self.state.clone();
        let mut predictor = Predictor::new(&self.model, CpuExecutor::new(2), &state).unwrap();
        predictor.predict(&mut state, &self.numbers()).unwrap()
    }

    fn call(&self, arguments: &[&str], stdin: &str) -> Call {
        let arguments: Vec<OsString> = arguments
            .iter()
            .map(|argument| match argument.strip_prefix('@') {
                Some(name) => self.path(name).into_os_string(),
                None => argument.into(),
            })
            .collect();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let environment = Environment { arguments, lang: Lang::En, started: Instant::now() };
        let code = run(environment, &mut stdin.as_bytes(), &mut stdout, &mut stderr);
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&format!("{}/", self.folder.path().display()), "");
        Call { code, stdout: text(stdout), stderr: text(stderr) }
    }
}

struct Call {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Call {
    /// The probabilities of all lines.
    fn probabilities(&self) -> Vec<f32> {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stderr);
        let lines = self.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .flat_map(|line| {
                let by_class = line["probabilities"].as_object().unwrap().clone();
                by_class.values().map(|number| number.as_f64().unwrap() as f32).collect::<Vec<_>>()
            })
            .collect()
    }
}

fn bytes() -> Vec<u8> {
    (0..SAMPLES * SHAPE.iter().product::<usize>()).map(|idx| (idx * 151 % 256) as u8).collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

#[test]
fn every_format_says_what_the_lab_says() {
    let place = Place::new();
    let (numbers, expected) = (place.numbers(), place.expected());
    let little: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    place.write("bytes.npy", npy("|u1", "19, 6, 5", &bytes()));
    place.write("numbers.npy", npy("<f4", "19, 6, 5, 1", &little));
    place.write("flat.npy", npy("<f4", "19, 30", &little));
    place.write("numbers.f32", &little);
    let lines: String = numbers.chunks(30).map(|sample| format!("{}\n\n", serde_json::json!(sample))).collect();
    place.write("numbers.jsonl", &lines);
    for file in ["@images.idx", "@bytes.npy", "@numbers.npy", "@flat.npy", "@numbers.f32", "@numbers.jsonl"] {
        let call = place.call(&["@model", file], "");
        assert_eq!(bits(&call.probabilities()), bits(&expected), "{file}");
    }
    assert_eq!(bits(&place.call(&["@model"], &lines).probabilities()), bits(&expected));
    // One sample, as its array alone.
    place.write("one.npy", npy("|u1", "6, 5, 1", &bytes()[..30]));
    assert_eq!(bits(&place.call(&["@model", "@one.npy"], "").probabilities()), bits(&expected[..10]));
}

#[test]
fn threads_levels_and_batches_change_no_line() {
    let place = Place::new();
    let first = place.call(&["@model", "@images.idx"], "");
    assert_eq!(first.stdout.lines().count(), SAMPLES);
    let line = first.stdout.lines().next().unwrap();
    assert!(line.starts_with(r#"{"file":"images.idx","row":0,"class":"class "#), "{line}");
    for level in Level::available() {
        for (threads, batch) in [("1", "1"), ("3", "19"), ("2", "1024")] {
            let simd = level.to_string();
            let options = ["--simd", &simd, "--threads", threads, "--batch", batch, "@model", "@images.idx"];
            assert_eq!(place.call(&options, "").stdout, first.stdout, "{options:?}");
        }
    }
}

#[test]
fn one_output_is_two_probabilities() {
    let spec = ModelSpec::new().add(flatten()).add(dense(1).sigmoid());
    let place = Place::of(&spec, 2, feature());
    let said = place.call(&["@model", "@images.idx"], "").probabilities();
    assert_eq!(bits(&said), bits(&place.expected()));
}

#[test]
fn bytes_become_the_numbers_that_training_read() {
    let steps = vec![
        FittedStep::Grayscale,
        FittedStep::Standardize { mean: vec![120.5, 3.25, 0.0], std: vec![1.0, f64::from(0.1f32), 60.0] },
        FittedStep::ScalePixels,
    ];
    let feature = FittedFeature {
        name: "x".to_owned(),
        kind: FeatureType::Image,
        source_shape: vec![9, 9, 3],
        shape: vec![4, 4, 3],
        steps,
        tokens: None,
        rate_hz: None,
    };
    let spec = ModelSpec::new().add(flatten()).add(dense(2).softmax());
    let place = Place::of(&spec, 2, feature.clone());
    let file = fs::read(place.path("model")).unwrap();
    let model = Model::read(&file, Path::new("model"), Options::default()).unwrap();
    let image: Vec<u8> = (0..48).map(|idx| (idx * 5) as u8).collect();
    let mut numbers = vec![0.0; 48];
    model.encode(&image, &mut numbers);
    let encoding = feature.encoding();
    let expected: Vec<f32> =
        image.iter().enumerate().map(|(idx, byte)| encoding.by_channel[idx % 3][usize::from(*byte)]).collect();
    assert_eq!(bits(&numbers), bits(&expected));
}

#[test]
fn limits_decide_the_exit_code() {
    let place = Place::new();
    let bench = ["--bench", "50", "@model", "@images.idx"];
    let call = place.call(&bench, "");
    let said: Value = serde_json::from_str(&call.stdout).unwrap();
    assert_eq!((call.code, &said["answers"]), (0, &Value::from(50)));
    assert!(said["latency_us"]["p50"].as_f64().unwrap() <= said["latency_us"]["p99"].as_f64().unwrap());
    let cases: [(&[&str], u8, &str); 4] = [
        (&["--max-latency-us", "1e9", "--max-memory-mb", "1e6"], 0, ""),
        (&["--max-latency-us", "0.001"], 1, "the limit is 0.001 µs"),
        // Refused before anything is allocated.
        (&["--max-memory-mb=0.002"], 1, "error: the model does not fit into 2.0 kB: a session of 1 threads needs"),
        // The model fits, the process does not.
        (&["--max-memory-mb", "0.5"], 1, "of memory; the limit is 500.0 kB"),
    ];
    for (limits, code, text) in cases {
        let call = place.call(&[limits, &bench].concat(), "");
        assert_eq!(call.code, code, "{limits:?}: {}", call.stderr);
        assert!(call.stderr.contains(text), "{limits:?}: {}", call.stderr);
    }
}

#[test]
fn a_quantised_model_says_what_the_lab_says() {
    let place = Place::new();
    let sites = place.model.calibration_graph().unwrap().sites;
    let layers = sites.into_iter().map(|(name, _)| {
        let weights = QuantizedWeights::of(&place.state.entry(&name).unwrap().shape, place.state.get(&name).unwrap());
        (name, QuantizedLayer { input: Affine::of_range(-1.0, 2.0), weights })
    });
    let quantization = Quantization { layers: layers.collect() };
    assert_eq!(quantization.layers.len(), 3);
    let graph = place.model.quantized_inference_graph(&quantization).unwrap().graph;
    let mut rest = quantization.remaining(&graph, &place.state);
    let plain = fs::read(place.path("model")).unwrap();
    let metadata = model_file::parse(&plain).unwrap().metadata;
    place.write("small", model_file::write_quantized(&rest, &quantization, &metadata));
    let mut predictor = Predictor::quantized(&place.model, &quantization, CpuExecutor::new(2), &rest).unwrap();
    let expected = predictor.predict(&mut rest, &place.numbers()).unwrap();
    assert_ne!(bits(&expected), bits(&place.expected()));
    for more in [&[][..], &["--threads", "3", "--simd", "scalar"], &["--batch", "1"]] {
        let said = place.call(&[&["@small", "@images.idx"], more].concat(), "").probabilities();
        assert_eq!(bits(&said), bits(&expected), "{more:?}");
    }
    let info: Value = serde_json::from_str(&place.call(&["--info", "@small"], "").stdout).unwrap();
    assert_eq!(info["parameters"], place.state.n_parameters());
}

#[test]
fn a_model_says_what_it_is() {
    let place = Place::new();
    let said: Value = serde_json::from_str(&place.call(&["--info", "@model"], "").stdout).unwrap();
    assert_eq!(said["input"]["shape"], serde_json::json!(SHAPE));
    assert_eq!((&said["classes"][9], &said["layers"]), (&Value::from("class 9"), &Value::from(5)));
    assert_eq!(said["parameters"], place.state.n_parameters());
    assert_eq!(said["file_bytes"], fs::metadata(place.path("model")).unwrap().len());
    assert!(said["memory"]["session_bytes"].as_u64() >= said["memory"]["states_bytes"].as_u64());
}

/// Each mistake with its exit code and its words.
#[test]
fn mistakes_are_explained() {
    let place = Place::new();
    place.write("nothing.f32", [0; 121]);
    place.write("unknown", "what");
    place.write("double.npy", npy("<f8", "1, 6, 5", &[0; 240]));
    place.write("wide.npy", npy("|u1", "2, 6, 6", &[0; 72]));
    place.write("short.npy", npy("|u1", "2, 6, 5", &[0; 59]));
    place.write("header.npy", b"\x93NUMPY\x01\x00\xff\xff{");
    let cases: [(&[&str], &str, &str); 14] = [
        (&[], "", "error: no model file is given\nhint: `proofmark-runtime --help` lists the options\n"),
        (
            &["--fast", "m"],
            "",
            "error: there is no option `--fast`\nhint: `proofmark-runtime --help` lists the options\n",
        ),
        (&["--bench"], "", "error: `--bench` needs a value\nhint: `proofmark-runtime --help` lists the options\n"),
        (
            &["--batch", "0", "m"],
            "",
            "error: `--batch` does not take `0`\nhint: `proofmark-runtime --help` lists the options\n",
        ),
        (
            &["--max-latency-us", "9", "m"],
            "",
            "error: `--max-memory-mb` and `--max-latency-us` need `--bench N`\nhint: `proofmark-runtime --help` lists the options\n",
        ),
        (&["@none"], "", "error: cannot read or write `none`: No such file or directory (os error 2)\n"),
        (&["@model", "@nothing.f32"], "", "error: `nothing.f32` ends within a sample, which has 120 bytes\n"),
        (
            &["@model", "@unknown"],
            "",
            "error: `unknown` is no file of samples that is read here\nhint: give .npy, .f32, .jsonl or an IDX file that is \
             not compressed; `proofmark predict` reads PNG, JPEG and .gz\n",
        ),
        (
            &["@model", "@double.npy"],
            "",
            "error: `double.npy` holds `<f8`; `<f4` and `|u1` in C order are read\nhint: in NumPy: `numpy.save(path, \
             numpy.ascontiguousarray(x, dtype='float32'))`\n",
        ),
        (&["@model", "@wide.npy"], "", "error: `wide.npy` holds samples of shape [6, 6]; the model reads [6, 5, 1]\n"),
        (&["@model", "@short.npy"], "", "error: `short.npy` ends within a sample, which has 30 bytes\n"),
        (&["@model", "@header.npy"], "", "error: the header of `header.npy` is damaged\n"),
        (
            &["@model"],
            "\n[1, 2]\n",
            "error: `-`, line 2: 2 numbers; a sample has 30\nhint: each line is one array of what the model reads, nested or \
             flat, as `[0.0, 0.5, 1.0]`\n",
        ),
        (
            &["@model"],
            "{}\n",
            "error: `-`, line 1: invalid type: map, expected f32\nhint: each line is one array of what the model reads, \
             nested or flat, as `[0.0, 0.5, 1.0]`\n",
        ),
    ];
    for (arguments, stdin, expected) in cases {
        let call = place.call(arguments, stdin);
        assert_eq!((call.code, call.stderr.as_str()), (2, expected), "{arguments:?}");
        let chinese = place.call(&[&["--lang", "zh-CN"], arguments].concat(), stdin);
        assert!(chinese.code == 2 && chinese.stderr.starts_with("错误："), "{}", chinese.stderr);
    }
    // A damaged model, and one of another program.
    let file = fs::read(place.path("model")).unwrap();
    place.write("cut", &file[..file.len() - 4]);
    assert!(place.call(&["@cut"], "").stderr.contains("hint: "));
    place.write("foreign", model_file::write(&place.state, &Default::default()));
    assert!(place.call(&["@foreign"], "").stderr.starts_with("error: `foreign` does not say its `model`\n"));
}

#[test]
fn help_is_in_both_languages() {
    let place = Place::new();
    assert!(place.call(&["--help"], "").stdout.contains("Usage: proofmark-runtime [OPTIONS] MODEL"));
    assert!(place.call(&["--lang", "zh-CN", "--help"], "").stdout.contains("用法："));
}
