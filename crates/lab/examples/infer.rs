//! How fast a trained network answers: one image at a time, and the test images in batches of 256; the times that the programs in
//! benches/peers take of other frameworks, and the same line of JSON.
//!
//! ```sh
//! cargo run --release -p proofmark-lab --example infer -- RUN_FOLDER/model.safetensors datasets/mnist [THREADS] [--nodes]
//! ```
//!
//! With `--nodes` it prints instead where the time of one image goes.
//!
//! The answers are checked against the labels before they are timed. `start_to_first_us` is from the start of `main` to the first
//! answer: the model read, the session prepared, one image.

#[path = "../../engine/examples/node_table/mod.rs"]
mod node_table;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use proofmark_data::source::{IdxFolder, Source as _};
use proofmark_data::spec::IdxSpec;
use proofmark_data::{FittedFeature, read_idx_for_prediction};
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Feed, Session as _, StateBlock, Step};
use proofmark_model::{CheckedModel, ModelSpec, Target, model_file};
use proofmark_train::metrics::most_probable;
use proofmark_train::predict::Predictor;

const BATCH: usize = 256;
const WARM_UP_CALLS: usize = 100;
const LATENCY_CALLS: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let (options, arguments): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word.starts_with("--"));
    let mut arguments = arguments.into_iter();
    let path = arguments.next().ok_or("which model? give a file model.safetensors")?;
    let folder = arguments.next().ok_or("which images? give a folder of IDX files")?;
    let threads = arguments.next().map_or(Ok(2), |number| number.parse())?;

    let bytes = std::fs::read(&path)?;
    let file = model_file::parse(&bytes)?;
    let text = |key: &str| file.metadata.get(key).ok_or(format!("the model file has no `{key}`"));
    let spec: ModelSpec = serde_json::from_str(text("model")?)?;
    let classes: Vec<String> = serde_json::from_str(text("classes")?)?;
    let feature: FittedFeature = serde_json::from_str(text("feature")?)?;
    let model = CheckedModel::new(&spec, feature.shape(), Target::Category { classes: classes.len() })?;
    let mut state = StateBlock::new(&model.inference_graph()?.graph);
    file.load(&mut state)?;
    if options.iter().any(|option| option == "--nodes") {
        return nodes(&model, &mut state, threads);
    }
    let mut predictor = Predictor::new(&model, CpuExecutor::new(threads), &state)?;
    let elements = feature.shape().elements();
    predictor.predict(&mut state, &vec![0.0; elements])?;
    let start_to_first = started.elapsed();

    let folder = PathBuf::from(folder);
    let source = IdxFolder::open(&IdxSpec { folder: folder.clone() }, &env::current_dir()?)?;
    let dataset = source.read("test", &mut |_, _| ())?.dataset;
    let images = read_idx_for_prediction(&folder.join("t10k-images-idx3-ubyte.gz"), &feature)?;
    let mut samples = vec![0.0; images.len() * elements];
    images.gather(0, &mut samples);
    let mut right = 0;
    for (rows, batch) in dataset.rows().chunks(BATCH).zip(samples.chunks(BATCH * elements)) {
        let answers = predictor.predict(&mut state, batch)?;
        let is_right = |(row, answer): (&u32, &[f32])| dataset.label(*row) == Some(most_probable(answer));
        right += rows.iter().zip(answers.chunks_exact(classes.len())).filter(|pair| is_right(*pair)).count();
    }
    let one = &samples[..elements];
    for _ in 0..WARM_UP_CALLS {
        predictor.predict(&mut state, one)?;
    }
    let mut microseconds = Vec::with_capacity(LATENCY_CALLS);
    for _ in 0..LATENCY_CALLS {
        let call = Instant::now();
        predictor.predict(&mut state, one)?;
        microseconds.push(call.elapsed().as_secs_f64() * 1e6);
    }
    microseconds.sort_by(f64::total_cmp);
    let all = Instant::now();
    for batch in samples.chunks(BATCH * elements) {
        predictor.predict(&mut state, batch)?;
    }
    let seconds = all.elapsed().as_secs_f64();
    let percentile = |share: f64| (microseconds[(share * (LATENCY_CALLS - 1) as f64) as usize] * 10.0).round() / 10.0;
    println!(
        "{}",
        serde_json::json!({
            "peer": "Proofmark", "work": "infer", "threads": threads,
            "metrics": { "accuracy": { "value": right as f64 / dataset.len() as f64 } },
            "one_image_us": { "p50": percentile(0.5), "p99": percentile(0.99) },
            "images_per_second": (dataset.len() as f64 / seconds).round(),
            "start_to_first_us": start_to_first.as_micros() as u64,
        })
    );
    Ok(())
}

/// Where the time of one image goes.
fn nodes(model: &CheckedModel, state: &mut StateBlock, threads: usize) -> Result<(), Box<dyn Error>> {
    let executor = CpuExecutor { clock: Some(node_table::clock), ..CpuExecutor::new(threads) };
    let mut session = executor.session(&model.inference_graph()?.graph, state, BATCH)?;
    let image: Vec<f32> = (0..model.input_shape().elements()).map(|i| (i % 7) as f32 / 7.0).collect();
    for calls in [WARM_UP_CALLS, LATENCY_CALLS] {
        session.take_times();
        for _ in 0..calls {
            session.run(state, &Step { ids: &[0], index: 0, seed: 0 }, &[Feed::F32(&image)])?;
        }
    }
    node_table::print(&mut session, LATENCY_CALLS, 1);
    Ok(())
}
