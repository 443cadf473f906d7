//! A folder of recordings with transcripts: series or sounds, each beside a text file with what it says.

use super::series_file::parse_csv;
use super::{Ingested, MAX_BYTES, Source, SourceFile, class_folders, folder, read_unpacked, unknown_part, wav};
use crate::dataset::{Dataset, MISSING_LABEL};
use crate::digest::{Digest, Hasher};
use crate::error::DataError;
use crate::series::Series;
use crate::spec::TranscriptsSpec;
use crate::tokens::Tokens;
use std::path::{Path, PathBuf};

/// A folder of recordings with transcripts; see [`TranscriptsSpec`]. Everything is read at once, since the longest recording and the
/// longest transcript of all parts decide the shapes.
#[derive(Clone, Debug)]
pub struct TranscriptsFolder {
    parts: Vec<TranscriptsPart>,
    classes: Vec<String>,
    steps: usize,
    channels: usize,
    /// Labels of the longest transcript.
    width: usize,
    rate_hz: Option<u32>,
}

#[derive(Clone, Debug)]
struct TranscriptsPart {
    name: &'static str,
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Vec<f32>>,
    labels: Vec<Vec<i32>>,
    file: SourceFile,
}

/// What a recording holds.
#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Wav,
}

impl TranscriptsFolder {
    /// Reads the files.
    ///
    /// # Errors
    /// If the folder is missing, holds no recordings, or files that cannot be read; if recordings differ in their channels or rates.
    pub fn open(spec: &TranscriptsSpec, base: &Path) -> Result<TranscriptsFolder, DataError> {
        let root = folder(base, &spec.folder)?;
        let tokens = spec.tokens();
        let mut channels = None;
        let mut parts = Vec::new();
        for (name, path) in class_folders::parts(&root) {
            parts.push(read_part(name, path, spec, &tokens, &mut channels)?);
        }
        let channels = channels.unwrap_or(1);
        let rows = || parts.iter().flat_map(|part: &TranscriptsPart| &part.rows);
        let steps = rows().map(|row| row.len() / channels).max().unwrap_or_default();
        let width = parts.iter().flat_map(|part| &part.labels).map(Vec::len).max().unwrap_or_default().max(1);
        for part in &parts {
            let bytes = (part.rows.len() as u64).saturating_mul((steps * channels * size_of::<f32>()) as u64);
            if bytes > MAX_BYTES {
                return Err(DataError::TooLarge { path: part.path.clone(), bytes });
            }
        }
        Ok(TranscriptsFolder { parts, classes: tokens.names(), steps, channels, width, rate_hz: spec.rate_hz })
    }
}

impl Source for TranscriptsFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.name.to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let part =
            self.parts.iter().find(|known| known.name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let mut series = Series::new(self.steps, self.channels).at_rate(self.rate_hz);
        part.rows.iter().for_each(|row| series.push(row));
        let padded = |labels: &Vec<i32>| {
            let mut row = labels.clone();
            row.resize(self.width, MISSING_LABEL);
            row
        };
        let labels = part.labels.iter().flat_map(padded).collect();
        let dataset = Dataset::of_series(&part.path, series, vec![None; part.rows.len()])?;
        let dataset = dataset.with_labels(self.width, labels).with_names(part.names.clone());
        let rows = dataset.len() as u64;
        progress(rows, rows);
        Ok(Ingested { dataset, files: vec![part.file.clone()] })
    }
}

/// The recordings of a folder, in the order of their names.
fn read_part(
    name: &'static str,
    folder: PathBuf,
    spec: &TranscriptsSpec,
    tokens: &Tokens,
    channels: &mut Option<usize>,
) -> Result<TranscriptsPart, DataError> {
    let mut part = TranscriptsPart {
        name,
        path: folder,
        names: Vec::new(),
        rows: Vec::new(),
        labels: Vec::new(),
        file: SourceFile { name: name.to_owned(), sha256: Digest::of(&[]), bytes: 0, rows: 0 },
    };
    let entries = class_folders::entries(&part.path)?;
    let mut manifest = Hasher::default();
    let mut note = |name: &str, bytes: &[u8]| {
        manifest.update(format!("{}  {name}\n", Digest::of(bytes)).as_bytes());
        part.file.bytes += bytes.len() as u64;
    };
    for (file, path) in entries.iter().filter(|(_, path)| path.is_file()) {
        let Some((stem, kind)) = recording(file) else { continue };
        let bytes = read_unpacked(path)?;
        note(file, &bytes);
        let (received, numbers) = match kind {
            Kind::Csv => {
                let series = parse_csv(&bytes);
                let series = series.map_err(|error| DataError::Series { path: path.clone(), error })?;
                (series.channels, series.numbers)
            }
            Kind::Wav => (1, samples(path, &bytes, spec.rate_hz)?),
        };
        let expected = *channels.get_or_insert(received);
        if received != expected {
            return Err(DataError::ChannelMismatch { path: path.clone(), expected, received });
        }
        part.rows.push(numbers);
        part.file.rows += 1;
        part.names.push(file.clone());
        let transcript = format!("{stem}.txt");
        let labels = match entries.iter().find(|(name, path)| *name == transcript && path.is_file()) {
            // A label that is missing, as any other.
            None => Vec::new(),
            Some((_, path)) => {
                let bytes = read_unpacked(path)?;
                note(&transcript, &bytes);
                let encoded = tokens.encode(bytes.trim_ascii());
                let encoded = encoded.map_err(|error| DataError::Text { path: path.clone(), error })?;
                encoded.into_iter().map(i32::from).collect()
            }
        };
        part.labels.push(labels);
    }
    if part.rows.is_empty() {
        return Err(DataError::NoRecordings { path: part.path });
    }
    (part.file.sha256, _) = manifest.finish();
    Ok(part)
}

/// The name without its ending, of a file that is a recording.
fn recording(file: &str) -> Option<(&str, Kind)> {
    let name = file.strip_suffix(".gz").unwrap_or(file);
    let csv = name.strip_suffix(".csv").map(|stem| (stem, Kind::Csv));
    csv.or_else(|| name.strip_suffix(".wav").map(|stem| (stem, Kind::Wav)))
}

/// The samples of a WAV file, from -1 to 1.
///
/// # Errors
/// If it is none, or of another rate than the one that is expected.
pub(crate) fn samples(path: &Path, bytes: &[u8], rate_hz: Option<u32>) -> Result<Vec<f32>, DataError> {
    let path = path.to_owned();
    match wav::parse(bytes) {
        Ok(sound) if rate_hz == Some(sound.rate_hz) => Ok(sound.samples),
        Ok(sound) => match rate_hz {
            Some(expected) => Err(DataError::SampleRate { path, expected, received: sound.rate_hz }),
            None => Err(DataError::RateUnknown { path, received: sound.rate_hz }),
        },
        Err(error) => Err(DataError::Wav { path, error }),
    }
}
