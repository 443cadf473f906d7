//! Files by class: a folder with one sub-folder per class, or with `train` and `test` above them.
//!
//! With a sub-folder `train` the parts are the sub-folders `train` and `test`, else the folder itself is the part `train`. The
//! classes are the names of the class folders of all parts, sorted by their bytes; the files are sorted by class, then by name.
//! Names that begin with a dot are passed over.

use super::MAX_CLASSES;
use crate::error::DataError;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) folder: PathBuf,
    /// In the order of the classes, then by name.
    pub(super) files: Vec<ClassFile>,
}

#[derive(Clone, Debug)]
pub(super) struct ClassFile {
    pub(super) class: String,
    pub(super) name: String,
    pub(super) path: PathBuf,
}

impl ClassFile {
    /// The file's path from the source's folder, with `/` between the names, as `exclude` lists it. All names are UTF-8.
    pub(super) fn path_from(&self, root: &Path) -> String {
        let way = self.path.strip_prefix(root).unwrap_or(&self.path);
        let names: Vec<_> = way.components().map(|name| name.as_os_str().to_string_lossy()).collect();
        names.join("/")
    }
}

/// The parts of a folder with their files, but for those that are `exclude`d, and the classes of all parts.
///
/// # Errors
/// If it holds no class folders or too many, what does not belong there, or not what is excluded.
pub(super) fn list(root: &Path, exclude: &[String]) -> Result<(Vec<Part>, Vec<String>), DataError> {
    let mut found = Vec::new();
    let mut classes = BTreeSet::new();
    let mut excluded: BTreeSet<&str> = exclude.iter().map(String::as_str).collect();
    for (name, folder) in parts(root) {
        let mut files = Vec::new();
        for (class, path) in entries(&folder)?.into_iter().filter(|(_, path)| path.is_dir()) {
            for (name, path) in entries(&path)? {
                if path.is_dir() {
                    return Err(DataError::UnexpectedFolder { path });
                }
                let file = ClassFile { class: class.clone(), name, path };
                if !excluded.remove(file.path_from(root).as_str()) {
                    files.push(file);
                }
            }
            classes.insert(class);
        }
        found.push(Part { name, folder, files });
    }
    if let Some(missing) = excluded.into_iter().next() {
        return Err(DataError::ExcludedMissing { folder: root.to_owned(), file: missing.to_owned() });
    }
    if classes.is_empty() {
        return Err(DataError::NoClassFolders { path: root.to_owned() });
    }
    if classes.len() > MAX_CLASSES {
        return Err(DataError::TooManyClasses { path: root.to_owned(), received: classes.len() });
    }
    Ok((found, classes.into_iter().collect()))
}

/// The parts of a folder, by name: its sub-folders `test` and `train`, or itself as `train`.
pub(super) fn parts(root: &Path) -> Vec<(&'static str, PathBuf)> {
    if !root.join("train").is_dir() {
        return vec![("train", root.to_owned())];
    }
    ["test", "train"].map(|name| (name, root.join(name))).into_iter().filter(|(_, folder)| folder.is_dir()).collect()
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
pub(super) fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
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
