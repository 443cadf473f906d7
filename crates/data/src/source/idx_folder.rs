//! A folder of IDX files named as MNIST's are.

use super::idx::{self, Idx, IdxError};
use super::{Ingested, MAX_BYTES, Source, SourceFile, folder, unknown_part};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::spec::IdxSpec;
use proofmark_tensor::Shape;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The label byte that means that the label is missing; real labels are 0 to 254.
pub const MISSING_LABEL_BYTE: u8 = 255;

/// The parts and how their files' names begin.
const PARTS: [(&str, &str); 2] = [("test", "t10k"), ("train", "train")];

/// A folder of IDX files named as MNIST's are; see [`IdxSpec`] for the names. The classes are the numbers from 0 to the
/// greatest label of all parts.
#[derive(Clone, Debug)]
pub struct IdxFolder {
    parts: Vec<Part>,
    classes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Part {
    name: &'static str,
    images: PathBuf,
    labels_path: PathBuf,
    labels: Vec<u8>,
    labels_file: SourceFile,
}

impl IdxFolder {
    /// Finds the files and reads the labels, which are small, to know the classes.
    ///
    /// # Errors
    /// If the folder or the train part is missing, half of a part is, or labels cannot be read.
    pub fn open(spec: &IdxSpec, base: &Path) -> Result<IdxFolder, DataError> {
        let folder = folder(base, &spec.folder)?;
        let mut parts = Vec::new();
        for (name, prefix) in PARTS {
            let images = find(&folder, prefix, "images", 3);
            let labels = find(&folder, prefix, "labels", 1);
            // The test part may be missing, but not half of it.
            let (images, labels_path) = match (images, labels) {
                (Err(_), Err(_)) if name == "test" => continue,
                (images, labels) => (images?, labels?),
            };
            let (Idx { extents, data: labels }, labels_file) = read_file(&labels_path, &mut |_, _| ())?;
            if extents.len() != 1 {
                let error = IdxError::Axes { expected: &[1], received: extents.len() as u8 };
                return Err(DataError::Idx { path: labels_path, error });
            }
            parts.push(Part { name, images, labels_path, labels, labels_file });
        }
        let labels = parts.iter().flat_map(|part| &part.labels).filter(|label| **label != MISSING_LABEL_BYTE);
        let classes = labels.max().map_or(0, |greatest| usize::from(*greatest) + 1);
        Ok(IdxFolder { parts, classes: (0..classes).map(|class| class.to_string()).collect() })
    }
}

impl Source for IdxFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.name.to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let part =
            self.parts.iter().find(|known| known.name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let (Idx { extents, data }, images_file) = read_file(&part.images, progress)?;
        let shape = image_shape(&extents).map_err(|error| DataError::Idx { path: part.images.clone(), error })?;
        if extents[0] != part.labels.len() {
            return Err(DataError::CountMismatch {
                images_path: part.images.clone(),
                images: extents[0],
                labels_path: part.labels_path.clone(),
                labels: part.labels.len(),
            });
        }
        let labels = part.labels.iter().map(|label| (*label != MISSING_LABEL_BYTE).then_some(*label));
        let dataset = Dataset::new(&part.images, shape, data, labels)?;
        Ok(Ingested { dataset, files: vec![images_file, part.labels_file.clone()] })
    }
}

/// Whether a folder holds files of the train part under one of their names.
pub(crate) fn has_idx_files(path: &Path) -> bool {
    ["images", "labels"].iter().zip([3, 1]).any(|(content, axes)| find(path, "train", content, axes).is_ok())
}

/// Reads a file of images alone, to predict: their shape and their bytes.
///
/// # Errors
/// If it is no IDX file of images.
pub(crate) fn read_images(path: &Path) -> Result<(Shape, Vec<u8>), DataError> {
    let (Idx { extents, data }, _) = read_file(path, &mut |_, _| ())?;
    let shape = image_shape(&extents).map_err(|error| DataError::Idx { path: path.to_owned(), error })?;
    Ok((shape, data))
}

/// `[n, height, width]` or `[n, height, width, channels]`.
fn image_shape(extents: &[usize]) -> Result<Shape, IdxError> {
    match *extents {
        [_, height, width] if height > 0 && width > 0 => Ok(Shape::from([height, width, 1])),
        [_, height, width, channels @ (1 | 3)] if height > 0 && width > 0 => Ok(Shape::from([height, width, channels])),
        [_, _, _] | [_, _, _, _] => Err(IdxError::Extents { extents: extents.to_vec() }),
        _ => Err(IdxError::Axes { expected: &[3, 4], received: extents.len() as u8 }),
    }
}

/// The first of the names that a file may have.
fn find(folder: &Path, prefix: &str, content: &str, axes: u8) -> Result<PathBuf, DataError> {
    let names: Vec<String> = ["-", "."]
        .iter()
        .flat_map(|dot| ["", ".gz"].map(|gz| format!("{prefix}-{content}{dot}idx{axes}-ubyte{gz}")))
        .collect();
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| DataError::MissingFile { folder: folder.to_owned(), expected: names })
}

fn read_file(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(Idx, SourceFile), DataError> {
    let io = |error| DataError::Io { path: path.to_owned(), error };
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(DataError::NotAFile { path: path.to_owned() });
    }
    let file = std::fs::File::open(path).map_err(io)?;
    let file_bytes = file.metadata().map_err(io)?.len();
    let (idx, (sha256, bytes)) = idx::read(BufReader::new(file), file_bytes, MAX_BYTES, progress)
        .map_err(|error| DataError::Idx { path: path.to_owned(), error })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
    let rows = idx.extents.first().copied().unwrap_or(0) as u64;
    Ok((idx, SourceFile { name, sha256, bytes, rows }))
}
