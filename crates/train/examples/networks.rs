//! Trains networks of benches/networks.json on made-up images and prints images a second, as one line of JSON: our side of
//! benches/peers/networks_pytorch.py. Adam, batches as the file says, the median step after three that are not counted.
//!
//! ```sh
//! cargo run --release -p proofmark-train --example networks -- benches/networks.json product [THREADS [PRECISION]] [--nodes]
//! ```
//!
//! With `--nodes` it prints where the time goes, too. With `--images=FOLDER` it trains on the IDX images of a folder, in order, and with
//! `--steps=N` as many steps: how many activations are zero, which decides what some kernels have to do, is learnt.

#[path = "../../engine/examples/node_table/mod.rs"]
mod node_table;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::time::Instant;

use proofmark_data::source::{IdxFolder, Source as _};
use proofmark_data::spec::IdxSpec;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Feed, Session as _, StateBlock, Step};
use proofmark_model::{Loss, ModelSpec, Optimizer, Precision, Regularizer, Target, TrainingParts};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Network {
    input: [usize; 3],
    batch: usize,
    steps: usize,
    layers: serde_json::Value,
}

const CLASSES: usize = 10;
const WARM_UP: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let (options, arguments): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let option = |name: &str| options.iter().find_map(|option| option.strip_prefix(name));
    let mut arguments = arguments.into_iter();
    let path = arguments.next().ok_or("which file? give benches/networks.json")?;
    let name = arguments.next().ok_or("which network?")?;
    let threads = arguments.next().map_or(Ok(2), |number| number.parse())?;
    let precision: Precision = serde_json::from_value(json!(arguments.next().unwrap_or_else(|| "f32".to_owned())))?;
    let mut networks: BTreeMap<String, Network> = serde_json::from_slice(&std::fs::read(path)?)?;
    let names: Vec<String> = networks.keys().cloned().collect();
    let mut network =
        networks.remove(&name).ok_or_else(|| format!("no network `{name}`; there are {}", names.join(", ")))?;
    if let Some(steps) = option("--steps=") {
        network.steps = steps.parse()?;
    }

    let spec: ModelSpec = serde_json::from_value(json!({ "layers": network.layers }))?;
    let model = spec.check(network.input, Target::Category { classes: CLASSES })?;
    let loss: Loss = serde_json::from_value(json!("categorical_crossentropy"))?;
    let optimizer: Optimizer = serde_json::from_value(json!({ "adam": { "learning_rate": 0.001 } }))?;
    let regularizer = Regularizer { l1: 0.0, l2: 0.0 };
    let training = model.training_graph_of(&TrainingParts {
        loss: &loss,
        optimizer: &optimizer,
        regularizer: &regularizer,
        clip: None,
        mixup: None,
        average: None,
        precision,
        weighs_steps: false,
    })?;
    let mut state = StateBlock::new(&training.graph);
    model.initialize(7, &mut state);
    let executor = CpuExecutor {
        clock: option("--nodes").is_some().then_some(node_table::clock as _),
        ..CpuExecutor::new(threads)
    };
    let mut session = executor.session(&training.graph, &state, network.batch)?;

    let elements = network.batch * network.input.iter().product::<usize>();
    let mut x: Vec<f32> = (0..elements).map(|i| (i * 7919 % 2003) as f32 / 2003.0).collect();
    let mut labels: Vec<i32> = (0..network.batch).map(|i| (i % CLASSES) as i32).collect();
    let images = match option("--images=") {
        Some(folder) => {
            let source = IdxFolder::open(&IdxSpec { folder: folder.into() }, &env::current_dir()?)?;
            let images = source.read("train", &mut |_, _| ())?.dataset;
            if images.shape().elements() * network.batch != elements {
                return Err(format!("images of {} for a network of {:?}", images.shape(), network.input).into());
            }
            Some(images)
        }
        None => None,
    };
    let weights = vec![1.0; network.batch];
    let ids: Vec<u64> = (0..network.batch as u64).collect();
    let scale = [1.0 / network.batch as f32];
    let mut seconds = Vec::new();
    for index in 0..WARM_UP + network.steps {
        if let Some(images) = &images {
            let places = x.chunks_exact_mut(elements / network.batch).zip(&mut labels);
            for (row, (pixels, label)) in (index * network.batch..).zip(places) {
                let row = (row % images.len()) as u32;
                *label = images.label(row).ok_or("an image without a label")? as i32;
                for (pixel, byte) in pixels.iter_mut().zip(images.image(row)) {
                    *pixel = f32::from(*byte) / 255.0;
                }
            }
        }
        let scalars = optimizer.scalars(index as u64 + 1, optimizer.learning_rate());
        let mut feeds = vec![Feed::F32(&x), Feed::I32(&labels), Feed::F32(&weights), Feed::F32(&scale)];
        feeds.extend(scalars.iter().map(|(_, value)| Feed::F32(std::slice::from_ref(value))));
        let started = Instant::now();
        session.run(&mut state, &Step { ids: &ids, index: index as u32, seed: 7 }, &feeds)?;
        if index >= WARM_UP {
            seconds.push(started.elapsed().as_secs_f64());
        }
    }
    if executor.clock.is_some() {
        node_table::print(&mut session, WARM_UP + network.steps, network.batch);
    }
    seconds.sort_by(f64::total_cmp);
    let losses = session.output(training.loss);
    let loss = losses.iter().sum::<f32>() / losses.len() as f32;
    if !loss.is_finite() {
        return Err("the loss is no number".into());
    }
    let memory = session.memory();
    let per_second = network.batch as f64 / seconds[seconds.len() / 2];
    println!(
        "{}",
        json!({
            "peer": "Proofmark", "work": "networks", "network": name, "threads": threads, "loss": loss,
            "precision": precision, "arena_mb": megabytes(memory.arena_bytes), "batch_mb": megabytes(memory.batch_bytes),
            "session_mb": megabytes(memory.total_bytes()),
            "trained_images_per_second": (per_second * 100.0).round() / 100.0,
        })
    );
    Ok(())
}

fn megabytes(bytes: usize) -> f64 {
    (bytes as f64 / 1e4).round() / 100.0
}
