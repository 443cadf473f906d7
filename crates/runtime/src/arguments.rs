//! The command line, read by hand: a parser of arguments would be a third of the binary.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use proofmark_engine::cpu::Level;
use proofmark_messages::Lang;

use crate::error::UsageError;

/// Samples of one step, at most, unless `--batch` says otherwise: a shard of the engine's, so that one thread reads its weights
/// once for all of them.
const BATCH: usize = 8;

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Arguments {
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// Everything else.
    Run(Run),
}

/// What to do with a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The model file.
    pub model: PathBuf,
    /// Files of samples; none stands for JSON lines from standard input.
    pub inputs: Vec<PathBuf>,
    /// Say what the model is, and run nothing.
    pub is_info: bool,
    /// Measure this many answers.
    pub bench: Option<usize>,
    /// Threads, at least 1.
    pub threads: usize,
    /// Samples of one step, at most.
    pub batch: usize,
    /// The SIMD level.
    pub level: Level,
    /// Bytes that the process may take.
    pub max_memory_bytes: Option<u64>,
    /// Microseconds that 99 of 100 answers may take, at most.
    pub max_latency_us: Option<f64>,
}

/// Reads the arguments behind the program's name. The language stands beside the answer, since errors are said in it, too.
pub(crate) fn parse(arguments: &[OsString], lang: &mut Lang) -> Result<Arguments, UsageError> {
    let mut paths = Vec::new();
    let mut run = Run {
        model: PathBuf::new(),
        inputs: Vec::new(),
        is_info: false,
        bench: None,
        threads: 1,
        batch: BATCH,
        level: Level::best(),
        max_memory_bytes: None,
        max_latency_us: None,
    };
    let mut is_paths_only = false;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        if is_paths_only || !text.starts_with('-') || text == "-" {
            paths.push(PathBuf::from(argument));
            continue;
        }
        let (option, mut given) = match text.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(OsString::from(value))),
            None => (text, None),
        };
        let mut value = |option: &str| {
            let value = given.take().or_else(|| arguments.next().cloned());
            value.ok_or_else(|| UsageError::MissingValue { option: option.to_owned() })
        };
        match option.as_str() {
            "--help" | "-h" => return Ok(Arguments::Help),
            "--version" | "-V" => return Ok(Arguments::Version),
            "--" => is_paths_only = true,
            "--info" => run.is_info = true,
            "--bench" => run.bench = Some(count(&option, &value(&option)?)?),
            "--threads" => run.threads = count(&option, &value(&option)?)?,
            "--batch" => run.batch = count(&option, &value(&option)?)?,
            "--max-memory-mb" => run.max_memory_bytes = Some((positive(&option, &value(&option)?)? * 1e6) as u64),
            "--max-latency-us" => run.max_latency_us = Some(positive(&option, &value(&option)?)?),
            "--simd" => {
                let asked = value(&option)?.to_string_lossy().into_owned();
                let available = Level::available();
                let found = available.iter().copied().find(|level| level.to_string() == asked);
                run.level = found.ok_or(UsageError::Level { asked, available })?;
            }
            "--lang" => {
                let asked = value(&option)?.to_string_lossy().into_owned();
                *lang = Lang::from_tag(&asked).ok_or(UsageError::Value { option: option.clone(), value: asked })?;
            }
            _ => return Err(UsageError::Unknown { option }),
        }
        if let Some(value) = given {
            return Err(UsageError::Value { option, value: value.to_string_lossy().into_owned() });
        }
    }
    if run.bench.is_none() && (run.max_memory_bytes.is_some() || run.max_latency_us.is_some()) {
        return Err(UsageError::LimitWithoutBench);
    }
    let mut paths = paths.into_iter();
    run.model = paths.next().ok_or(UsageError::NoModel)?;
    run.inputs = paths.collect();
    Ok(Arguments::Run(run))
}

/// A whole number, 1 or more, and no larger than anybody means.
fn count(option: &str, value: &OsStr) -> Result<usize, UsageError> {
    const MAX: usize = 1 << 24;
    let number = value.to_str().and_then(|text| text.parse().ok()).filter(|number| (1..=MAX).contains(number));
    number.ok_or_else(|| refused(option, value))
}

fn positive(option: &str, value: &OsStr) -> Result<f64, UsageError> {
    let number = value.to_str().and_then(|text| text.parse::<f64>().ok());
    number.filter(|number| number.is_finite() && *number > 0.0).ok_or_else(|| refused(option, value))
}

fn refused(option: &str, value: &OsStr) -> UsageError {
    UsageError::Value { option: option.to_owned(), value: value.to_string_lossy().into_owned() }
}
