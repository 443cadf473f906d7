//! A folder of PNG and JPEG files with one sub-folder per class.

use super::{Ingested, MAX_BYTES, MAX_CLASSES, Source, SourceFile, folder, unknown_part};
use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::error::DataError;
use crate::image;
use crate::spec::ImagesSpec;
use proofmark_tensor::Shape;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder of PNG and JPEG files with one sub-folder per class.
///
/// With a sub-folder `train` its parts are the sub-folders `train` and `test`, else the folder itself is the part
/// `train`. The classes are the names of the class folders of all parts, sorted by their bytes; the rows are sorted by
/// class, then by file name. Names that begin with a dot are passed over; any other file of a class folder must be an
/// image.
#[derive(Clone, Debug)]
pub struct ImageFolder {
    parts: Vec<Part>,
    classes: Vec<String>,
    shape: [usize; 3],
}

#[derive(Clone, Debug)]
struct Part {
    name: &'static str,
    folder: PathBuf,
    /// In the order of the classes, then by name.
    files: Vec<ImageFile>,
}

#[derive(Clone, Debug)]
struct ImageFile {
    class: String,
    name: String,
    path: PathBuf,
}

impl ImageFile {
    /// The file's path from the source's folder, with `/` between the names, as `exclude` lists it. All names are UTF-8.
    fn path_from(&self, root: &Path) -> String {
        let way = self.path.strip_prefix(root).unwrap_or(&self.path);
        let names: Vec<_> = way.components().map(|name| name.as_os_str().to_string_lossy()).collect();
        names.join("/")
    }
}

impl ImageFolder {
    /// Lists the files.
    ///
    /// # Errors
    /// If the folder is missing, holds no class folders or too many, or holds what does not belong there.
    pub fn open(spec: &ImagesSpec, base: &Path) -> Result<ImageFolder, DataError> {
        let root = folder(base, &spec.folder)?;
        let folders = match root.join("train").is_dir() {
            true => ["test", "train"].map(|name| (name, root.join(name))).into(),
            false => vec![("train", root.clone())],
        };
        let mut parts = Vec::new();
        let mut classes = BTreeSet::new();
        let mut excluded: BTreeSet<&str> = spec.exclude.iter().map(String::as_str).collect();
        for (name, folder) in folders.into_iter().filter(|(_, folder)| folder.is_dir()) {
            let mut files = Vec::new();
            for (class, path) in entries(&folder)?.into_iter().filter(|(_, path)| path.is_dir()) {
                for (name, path) in entries(&path)? {
                    if path.is_dir() {
                        return Err(DataError::UnexpectedFolder { path });
                    }
                    let file = ImageFile { class: class.clone(), name, path };
                    if !excluded.remove(file.path_from(&root).as_str()) {
                        files.push(file);
                    }
                }
                classes.insert(class);
            }
            parts.push(Part { name, folder, files });
        }
        if let Some(missing) = excluded.into_iter().next() {
            return Err(DataError::ExcludedMissing { folder: root, file: missing.to_owned() });
        }
        if classes.is_empty() {
            return Err(DataError::NoClassFolders { path: root });
        }
        if classes.len() > MAX_CLASSES {
            return Err(DataError::TooManyClasses { path: root, received: classes.len() });
        }
        let shape = [spec.height, spec.width, if spec.grayscale { 1 } else { 3 }];
        Ok(ImageFolder { parts, classes: classes.into_iter().collect(), shape })
    }
}

impl ImageFolder {
    /// Every file that would be read as an image, in the order of the rows: its part, its class, its path from the folder
    /// `root`, and its path.
    pub(crate) fn files(&self, root: &Path) -> impl Iterator<Item = (&'static str, &str, String, &Path)> {
        let files = self.parts.iter().flat_map(|part| part.files.iter().map(|file| (part.name, file)));
        files.map(|(part, file)| (part, file.class.as_str(), file.path_from(root), file.path.as_path()))
    }
}

impl Source for ImageFolder {
    fn parts(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.name.to_owned()).collect()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, part: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<Ingested, DataError> {
        let Part { name, folder, files } =
            self.parts.iter().find(|known| known.name == part).ok_or_else(|| unknown_part(part, self.parts()))?;
        let shape = Shape::from(self.shape);
        let total = (files.len() as u64).saturating_mul(shape.elements() as u64);
        if total > MAX_BYTES {
            return Err(DataError::TooLarge { path: folder.clone(), bytes: total });
        }
        let mut pixels = Vec::with_capacity(total as usize);
        let mut labels = Vec::with_capacity(files.len());
        let mut manifest = Hasher::default();
        let mut bytes = 0;
        for (idx, file) in files.iter().enumerate() {
            progress(idx as u64, files.len() as u64);
            let encoded = read_file(&file.path)?;
            manifest.update(format!("{}  {}/{}\n", Digest::of(&encoded), file.class, file.name).as_bytes());
            bytes += encoded.len() as u64;
            let [height, width, channels] = self.shape;
            let picture =
                image::decode(&encoded).map_err(|error| DataError::NotAnImage { path: file.path.clone(), error })?;
            pixels.extend(picture.fit(height, width, channels));
            // At most 255 classes, so that the position fits; every file's class is one of them.
            labels.push(self.classes.binary_search(&file.class).ok().map(|class| class as u8));
        }
        progress(files.len() as u64, files.len() as u64);
        let names = files.iter().map(|file| file.name.clone()).collect();
        let dataset = Dataset::new(folder, shape, pixels, labels)?.with_names(names);
        let (sha256, _) = manifest.finish();
        Ok(Ingested { dataset, files: vec![SourceFile { name: (*name).to_owned(), sha256, bytes }] })
    }
}

/// A whole file, never a pipe or a device.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let io = |error| DataError::Io { path: path.to_owned(), error };
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(DataError::NotAFile { path: path.to_owned() });
    }
    std::fs::read(path).map_err(io)
}

/// The names of the folders in a folder, sorted, without hidden ones.
pub(crate) fn folders_of(folder: &Path) -> Result<Vec<String>, DataError> {
    Ok(entries(folder)?.into_iter().filter(|(_, path)| path.is_dir()).map(|(name, _)| name).collect())
}

/// Whether a folder holds nothing but hidden entries.
pub(crate) fn is_empty(folder: &Path) -> Result<bool, DataError> {
    Ok(entries(folder)?.is_empty())
}

/// What a folder holds, sorted by name, without hidden entries.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let io = |error| DataError::Io { path: folder.to_owned(), error };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) if name.starts_with('.') => {}
            Some(name) => entries.push((name.to_owned(), path.clone())),
            None => return Err(DataError::NameNotUtf8 { path }),
        }
    }
    entries.sort();
    Ok(entries)
}
