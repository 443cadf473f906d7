//! From arguments to answers.

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use proofmark_engine::RunError;
use proofmark_engine::cpu::MEMORY_LIMIT_BYTES;
use proofmark_messages::{Lang, Localize, bytes, runtime as say};
use serde_json::{Value, json};

use crate::arguments::{Arguments, Run, parse};
use crate::error::RuntimeError;
use crate::input::{STDIN, Samples, written};
use crate::measure::{latency, peak_memory_bytes};
use crate::model::{Model, Options, most_probable};

/// What the process was given.
pub struct Environment {
    /// The arguments behind the program's name.
    pub arguments: Vec<OsString>,
    /// The person's language.
    pub lang: Lang,
    /// When the process began.
    pub started: Instant,
}

/// A limit was exceeded.
const EXCEEDED: u8 = 1;

/// The whole program; the exit code.
pub fn run(environment: Environment, stdin: &mut dyn BufRead, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let Environment { arguments, mut lang, started } = environment;
    let result = match parse(&arguments, &mut lang) {
        Err(error) => Err(RuntimeError::Usage(error)),
        Ok(Arguments::Help) => written(stdout.write_all(say::usage(lang).as_bytes())).map(|()| 0),
        Ok(Arguments::Version) => {
            written(writeln!(stdout, "proofmark-runtime {}", env!("CARGO_PKG_VERSION"))).map(|()| 0)
        }
        Ok(Arguments::Run(run)) => answer(&run, lang, started, stdin, stdout, stderr),
    };
    result.unwrap_or_else(|error| {
        let code = error.code();
        // Where standard error is closed, the code is all that can be said.
        let _ = writeln!(stderr, "{}", say::error(lang, error.text(lang)));
        if let Some(hint) = error.hint(lang) {
            let _ = writeln!(stderr, "{}", say::hint(lang, hint));
        }
        code
    })
}

fn answer(
    run: &Run,
    lang: Lang,
    started: Instant,
    stdin: &mut dyn BufRead,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<u8, RuntimeError> {
    let path = &run.model;
    let file = std::fs::read(path).map_err(|source| RuntimeError::File { path: path.clone(), source })?;
    let limit = run.max_memory_bytes.map_or(MEMORY_LIMIT_BYTES, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    // One sample at a time is what a measurement is about.
    let batch = if run.bench.is_some() { 1 } else { run.batch };
    let options = Options { threads: run.threads, level: run.level, batch, memory_limit_bytes: limit };
    let mut model = match Model::read(&file, path, options) {
        Err(RuntimeError::Run(cause @ RunError::Memory { .. })) if run.max_memory_bytes.is_some() => {
            let text = say::memory_planned(lang, cause, bytes(limit));
            return exceeded(stderr, lang, text);
        }
        model => model?,
    };
    let file_bytes = file.len();
    drop(file);
    if run.is_info {
        written(writeln!(stdout, "{}", info(&model, file_bytes)))?;
        return Ok(0);
    }
    if let Some(n) = run.bench {
        return bench(run, n, &mut model, lang, started, stdout, stderr);
    }
    if run.inputs.is_empty() {
        let mut samples = Samples::lines(Path::new(STDIN), stdin);
        predict(&mut model, &mut samples, Path::new(STDIN), stdout)?;
    }
    for path in &run.inputs {
        if path.as_os_str() == STDIN {
            predict(&mut model, &mut Samples::lines(path, stdin), path, stdout)?;
        } else {
            let mut samples = Samples::open(path, &model)?;
            predict(&mut model, &mut samples, path, stdout)?;
        }
    }
    Ok(0)
}

/// A line for each sample, as `proofmark predict --json` writes them.
fn predict(
    model: &mut Model,
    samples: &mut Samples<'_>,
    path: &Path,
    stdout: &mut dyn Write,
) -> Result<(), RuntimeError> {
    let (elements, classes) = (model.sample_elements(), model.classes().to_vec());
    let batch = if samples.is_conversation() { 1 } else { model.batch() };
    let mut input = vec![0.0; batch * elements];
    let (mut said, mut row) = (Vec::new(), 0);
    loop {
        let n_samples = samples.next(model, &mut input)?;
        if n_samples == 0 {
            return Ok(());
        }
        model.predict(&input[..n_samples * elements], &mut said)?;
        let mut text = String::new();
        for probabilities in said.chunks_exact(classes.len()) {
            text += &line(path, row, &classes, probabilities).to_string();
            text.push('\n');
            row += 1;
        }
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))?;
    }
}

fn line(path: &Path, row: usize, classes: &[String], probabilities: &[f32]) -> Value {
    let best = most_probable(probabilities);
    let by_class: serde_json::Map<String, Value> =
        classes.iter().cloned().zip(probabilities.iter().map(|probability| (*probability).into())).collect();
    json!({
        "file": path.to_string_lossy(),
        "row": row,
        "class": classes[best],
        "probability": probabilities[best],
        "probabilities": by_class,
    })
}

fn info(model: &Model, file_bytes: usize) -> Value {
    let (memory, feature) = (model.memory(), model.feature());
    json!({
        "input": {
            "name": feature.name, "shape": feature.shape, "source_shape": feature.source_shape, "steps": feature.steps,
        },
        "classes": model.classes(),
        "layers": model.layers(),
        "parameters": model.n_parameters(),
        "file_bytes": file_bytes,
        "memory": {
            "batch": model.batch(),
            "states_bytes": memory.state_bytes,
            "session_bytes": memory.total_bytes(),
        },
    })
}

fn bench(
    run: &Run,
    n: usize,
    model: &mut Model,
    lang: Lang,
    started: Instant,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<u8, RuntimeError> {
    let mut sample = made_up(model.sample_elements());
    if let Some(path) = run.inputs.first() {
        Samples::open(path, model)?.next(model, &mut sample)?;
    }
    let mut said = Vec::new();
    model.predict(&sample, &mut said)?;
    let first = started.elapsed();
    let times = latency(model, &sample, n)?;
    let peak = peak_memory_bytes();
    let line = json!({
        "answers": n,
        "threads": run.threads,
        "simd": run.level.to_string(),
        "start_to_first_us": first.as_micros() as u64,
        "latency_us": { "p50": times.p50, "p99": times.p99, "max": times.max },
        "peak_memory_bytes": peak,
        "session_bytes": model.memory().total_bytes(),
    });
    written(writeln!(stdout, "{line}"))?;
    let mut code = 0;
    if let Some(limit) = run.max_latency_us.filter(|limit| times.p99 > *limit) {
        code = exceeded(stderr, lang, say::latency_exceeded(lang, times.p99, limit))?;
    }
    // Where the system does not say what the process took, what we allocated stands for it.
    let peak = peak.unwrap_or(model.memory().total_bytes() as u64);
    if let Some(limit) = run.max_memory_bytes.filter(|limit| peak > *limit) {
        let said = |n: u64| bytes(usize::try_from(n).unwrap_or(usize::MAX));
        code = exceeded(stderr, lang, say::memory_exceeded(lang, said(peak), said(limit)))?;
    }
    Ok(code)
}

fn exceeded(stderr: &mut dyn Write, lang: Lang, text: String) -> Result<u8, RuntimeError> {
    // The code says it, too.
    let _ = writeln!(stderr, "{}", say::error(lang, text));
    Ok(EXCEEDED)
}

/// A sample where none is given: numbers from 0 to 1, as pixels are.
fn made_up(elements: usize) -> Vec<f32> {
    (0..elements).map(|idx| (idx * 97 % 256) as f32 / 255.0).collect()
}
