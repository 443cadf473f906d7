//! A digits network in an ONNX file on tract, CPU, f32, one thread: one image and batches of 256, as the other programs here measure
//! them, and the same line of JSON.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/tract/Cargo.toml -- digits.onnx datasets/mnist [CALLS]
//! ```
//!
//! The file is one of `proofmark export --format onnx`: images go in as [N, 28, 28, 1]. The answers are checked against the labels
//! before they are timed. With CALLS, the latency is of so many calls and only as many batches are timed, to try the program out.

use std::error::Error;
use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use tract_onnx::prelude::*;

const BATCH: usize = 256;
const WARM_UP_CALLS: usize = 100;
const LATENCY_CALLS: usize = 2_000;
const PIXELS: usize = 28 * 28;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which model? give an ONNX file")?;
    let folder = arguments.next().ok_or("which images? give a folder of IDX files")?;
    let calls = arguments.next().map(|calls| calls.parse::<usize>()).transpose()?;
    let images: Vec<f32> = idx(Path::new(&folder), "t10k-images-idx3-ubyte.gz", 16)?
        .into_iter()
        .map(|pixel| f32::from(pixel) / 255.0)
        .collect();
    let labels = idx(Path::new(&folder), "t10k-labels-idx1-ubyte.gz", 8)?;
    let batches = labels.len().div_ceil(BATCH).min(calls.unwrap_or(usize::MAX));

    // A plan for each number of images: tract prepares for the one that it is told.
    let answers = |count: usize| -> TractResult<_> {
        let model =
            tract_onnx::onnx().model_for_path(&path)?.with_input_fact(0, f32::fact([count, 28, 28, 1]).into())?;
        let plan = model.into_optimized()?.into_runnable()?;
        Ok(move |images: &[f32]| -> TractResult<Vec<f32>> {
            let input = Tensor::from_shape(&[count, 28, 28, 1], images)?;
            let outputs = plan.run(tvec!(input.into()))?;
            Ok(outputs[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
        })
    };
    let (one, many) = (answers(1)?, answers(BATCH)?);
    // The last batch is filled up, and counted as it is.
    let batch = |idx: usize| {
        let mut batch = images[idx * BATCH * PIXELS..].iter().copied().take(BATCH * PIXELS).collect::<Vec<f32>>();
        batch.resize(BATCH * PIXELS, 0.0);
        batch
    };
    let (mut right, mut seen) = (0, 0);
    for idx in 0..batches {
        let scores = many(&batch(idx))?;
        for (scores, label) in scores.chunks_exact(10).zip(&labels[idx * BATCH..]) {
            let best = (0..10).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0);
            (right, seen) = (right + usize::from(best == usize::from(*label)), seen + 1);
        }
    }
    let first = &images[..PIXELS];
    for _ in 0..calls.unwrap_or(WARM_UP_CALLS) {
        one(first)?;
    }
    let mut microseconds = Vec::new();
    for _ in 0..calls.unwrap_or(LATENCY_CALLS) {
        let start = Instant::now();
        one(first)?;
        microseconds.push(start.elapsed().as_secs_f64() * 1e6);
    }
    microseconds.sort_by(f64::total_cmp);
    let start = Instant::now();
    for idx in 0..batches {
        many(&batch(idx))?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let rank = |share: f64| (microseconds[(share * (microseconds.len() - 1) as f64) as usize] * 10.0).round() / 10.0;
    println!(
        "{}",
        serde_json::json!({
            "peer": concat!("tract ", env!("TRACT_VERSION")), "work": "infer", "threads": 1,
            "metrics": { "accuracy": { "value": (right as f64 / seen as f64 * 1e4).round() / 1e4 } },
            "one_image_us": { "p50": rank(0.5), "p99": rank(0.99) },
            "images_per_second": (seen as f64 / seconds).round(),
        })
    );
    Ok(())
}

/// The bytes of a gzipped IDX file after its header.
fn idx(folder: &Path, name: &str, header: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let path = folder.join(name);
    let file = std::fs::File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    bytes.drain(..header.min(bytes.len()));
    Ok(bytes)
}
