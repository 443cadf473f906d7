//! A folder of series: `.ts` files, or CSV files with one sub-folder per class.

use super::class_folders::{self, Part};
use super::series_file::{CsvSeries, TsFile, parse_csv, parse_ts};
use super::{Ingested, MAX_BYTES, MAX_CLASSES, Source, SourceFile, folder, read_unpacked, samples, unknown_part};
use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::error::DataError;
use crate::series::Series;
use crate::spec::SeriesSpec;
use std::path::{Path, PathBuf};

/// The parts, and how the names of their `.ts` files end.
const PARTS: [(&str, &str); 2] = [("test", "_TEST.ts"), ("train", "_TRAIN.ts")];

/// A folder of series; see [`SeriesSpec`]. Everything is read at once, since the longest series of all parts decides the shape
/// of a sample.
#[derive(Clone, Debug)]
pub struct SeriesFolder {
    parts: Vec<SeriesPart>,
    classes: Vec<String>,
}

#[derive(Clone, Debug)]
struct SeriesPart {
    name: &'static str,
    path: PathBuf,
    series: Series,
    labels: Vec<Option<u8>>,
    names: Option<Vec<String>>,
    file: SourceFile,
}

/// A part whose series are still to be brought to one length.
struct Ragged {
    name: &'static str,
    path: PathBuf,
    channels: usize,
    rows: Vec<Vec<f32>>,
    labels: Vec<Option<u8>>,
    names: Option<Vec<String>>,
    file: SourceFile,
}

impl SeriesFolder {
    /// Reads the files.
    ///
    /// # Errors
    /// If the folder is missing, holds no series, or files that cannot be read; if series differ in their channels.
    pub fn open(spec: &SeriesSpec, base: &Path) -> Result<SeriesFolder, DataError> {
        let root = folder(base, &spec.folder)?;
        let (parts, classes) = match ts_files(&root)? {
            files if files.is_empty() => csv_parts(&root)?,
            files => ts_parts(files, &root)?,
        };
        let channels = parts.iter().map(|part| part.channels).find(|channels| *channels > 0).unwrap_or_default();
        if let Some(other) = parts.iter().find(|part| part.channels > 0 && part.channels != channels) {
            let (path, received) = (other.path.clone(), other.channels);
            return Err(DataError::ChannelMismatch { path, expected: channels, received });
        }
        let steps = parts.iter().flat_map(|part| &part.rows).map(|row| row.len() / channels).max().unwrap_or_default();
        let fill = |part: Ragged| {
            let Ragged { name, path, rows, labels, names, file, .. } = part;
            let bytes = (rows.len() as u64).saturating_mul((steps * channels * size_of::<f32>()) as u64);
            if bytes > MAX_BYTES {
                return Err(DataError::TooLarge { path, bytes });
            }
            let mut series = Series::new(steps, channels);
            rows.iter().for_each(|row| series.push(row));
            Ok(SeriesPart { name, path, series, labels, names, file })
        };
        Ok(SeriesFolder { parts: parts.into_iter().map(fill).collect::<Result<_, _>>()?, classes })
    }
}

impl Source for SeriesFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.name.to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let part =
            self.parts.iter().find(|known| known.name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let dataset = Dataset::of_series(&part.path, part.series.clone(), part.labels.iter().copied())?;
        let dataset = match &part.names {
            Some(names) => dataset.with_names(names.clone()),
            None => dataset,
        };
        let rows = dataset.len() as u64;
        progress(rows, rows);
        Ok(Ingested { dataset, files: vec![part.file.clone()] })
    }
}

/// The series of a file, to predict: all of a `.ts` file, or the one of a CSV file or, where samples have this rate, of a WAV file; by
/// their numbers, with their channels.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn read_series(path: &Path, rate_hz: Option<u32>) -> Result<(usize, Vec<Vec<f32>>), DataError> {
    let bytes = read_unpacked(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let at_path = |error| DataError::Series { path: path.to_owned(), error };
    if name.ends_with(".ts") || name.ends_with(".ts.gz") {
        let TsFile { channels, rows, .. } = parse_ts(&bytes).map_err(at_path)?;
        return Ok((channels, rows.into_iter().map(|row| row.numbers).collect()));
    }
    if rate_hz.is_some() && (name.ends_with(".wav") || name.ends_with(".wav.gz")) {
        return Ok((1, vec![samples(path, &bytes, rate_hz)?]));
    }
    let CsvSeries { channels, numbers } = parse_csv(&bytes).map_err(at_path)?;
    Ok((channels, vec![numbers]))
}

/// The `.ts` files of the parts, by name.
fn ts_files(root: &Path) -> Result<Vec<(&'static str, PathBuf)>, DataError> {
    let mut found = Vec::new();
    for (part, end) in PARTS {
        let is_part = |name: &str| name.strip_suffix(".gz").unwrap_or(name).ends_with(end);
        let mut files =
            class_folders::entries(root)?.into_iter().filter(|(name, path)| is_part(name) && path.is_file());
        match (files.next(), files.next()) {
            (Some((_, path)), None) => found.push((part, path)),
            (Some(_), Some((_, path))) => return Err(DataError::TwoFiles { path, part }),
            (None, _) => {}
        }
    }
    if !found.is_empty() && !found.iter().any(|(part, _)| *part == "train") {
        return Err(DataError::NoTrainSeries { path: root.to_owned() });
    }
    Ok(found)
}

/// Parts of `.ts` files, and the classes of all of them: those of train in its header's order, then what the test part adds.
fn ts_parts(files: Vec<(&'static str, PathBuf)>, root: &Path) -> Result<(Vec<Ragged>, Vec<String>), DataError> {
    let mut read = Vec::new();
    for (name, path) in files {
        let bytes = read_unpacked(&path)?;
        let file = parse_ts(&bytes).map_err(|error| DataError::Series { path: path.clone(), error })?;
        let shown = path.file_name().unwrap_or_default().to_string_lossy();
        let shown = shown.strip_suffix(".gz").unwrap_or(&shown).to_owned();
        read.push((
            name,
            path,
            SourceFile {
                name: shown,
                sha256: Digest::of(&bytes),
                bytes: bytes.len() as u64,
                rows: file.rows.len() as u64,
            },
            file,
        ));
    }
    let mut classes: Vec<String> = Vec::new();
    for (_, _, _, file) in read.iter().rev() {
        let new: Vec<String> = file.classes.iter().filter(|class| !classes.contains(class)).cloned().collect();
        classes.extend(new);
    }
    if classes.len() > MAX_CLASSES {
        return Err(DataError::TooManyClasses { path: root.to_owned(), received: classes.len() });
    }
    let part = |(name, path, source, file): (&'static str, PathBuf, SourceFile, TsFile)| {
        // At most 255 classes, so that the position fits; every file's classes are among them.
        let places: Vec<Option<u8>> = file
            .classes
            .iter()
            .map(|class| classes.iter().position(|known| known == class).map(|at| at as u8))
            .collect();
        let labels = file.rows.iter().map(|row| row.class.and_then(|class| places[class])).collect();
        let rows = file.rows.into_iter().map(|row| row.numbers).collect();
        Ragged { name, path, channels: file.channels, rows, labels, names: None, file: source }
    };
    Ok((read.into_iter().map(part).collect(), classes))
}

/// Parts of CSV files by class.
fn csv_parts(root: &Path) -> Result<(Vec<Ragged>, Vec<String>), DataError> {
    let (parts, classes) = class_folders::list(root, &[]).map_err(|error| match error {
        DataError::NoClassFolders { path } => DataError::NoSeries { path },
        error => error,
    })?;
    let mut read = Vec::new();
    for Part { name, folder, files } in parts {
        let mut ragged = Ragged {
            name,
            path: folder,
            channels: 0,
            rows: Vec::with_capacity(files.len()),
            labels: Vec::with_capacity(files.len()),
            names: Some(files.iter().map(|file| file.name.clone()).collect()),
            file: SourceFile { name: name.to_owned(), sha256: Digest::of(&[]), bytes: 0, rows: files.len() as u64 },
        };
        let mut manifest = Hasher::default();
        for file in &files {
            let bytes = read_unpacked(&file.path)?;
            manifest.update(format!("{}  {}/{}\n", Digest::of(&bytes), file.class, file.name).as_bytes());
            ragged.file.bytes += bytes.len() as u64;
            let CsvSeries { channels, numbers } =
                parse_csv(&bytes).map_err(|error| DataError::Series { path: file.path.clone(), error })?;
            if ragged.channels == 0 {
                ragged.channels = channels;
            }
            if channels != ragged.channels {
                let (path, expected) = (file.path.clone(), ragged.channels);
                return Err(DataError::ChannelMismatch { path, expected, received: channels });
            }
            ragged.rows.push(numbers);
            // At most 255 classes, so that the position fits; every file's class is one of them.
            ragged.labels.push(classes.binary_search(&file.class).ok().map(|class| class as u8));
        }
        (ragged.file.sha256, _) = manifest.finish();
        read.push(ragged);
    }
    Ok((read, classes))
}
