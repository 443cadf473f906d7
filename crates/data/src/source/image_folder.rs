//! A folder of PNG and JPEG files with one sub-folder per class.

use super::class_folders::{self, Part};
use super::{Ingested, MAX_BYTES, Source, SourceFile, folder, read_whole_file, unknown_part};
use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::error::DataError;
use crate::image;
use crate::spec::ImagesSpec;
use proofmark_tensor::Shape;
use std::path::Path;

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

impl ImageFolder {
    /// Lists the files.
    ///
    /// # Errors
    /// If the folder is missing, holds no class folders or too many, or holds what does not belong there.
    pub fn open(spec: &ImagesSpec, base: &Path) -> Result<ImageFolder, DataError> {
        let root = folder(base, &spec.folder)?;
        let (parts, classes) = class_folders::list(&root, &spec.exclude)?;
        let shape = [spec.height, spec.width, if spec.grayscale { 1 } else { 3 }];
        Ok(ImageFolder { parts, classes, shape })
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
            let encoded = read_whole_file(&file.path)?;
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
        Ok(Ingested {
            dataset,
            files: vec![SourceFile { name: (*name).to_owned(), sha256, bytes, rows: files.len() as u64 }],
        })
    }
}
