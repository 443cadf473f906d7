//! A look through a folder of images before there is a spec for it: what a draft of one is made from.
//!
//! Every file is decoded once and none is kept. What cannot be read is listed rather than refused, while it is little.

use crate::error::DataError;
use crate::image::{self, DecodeError, Picture};
use crate::prepare::{Progress, Stage};
use crate::profile::ClassRows;
use crate::source::{self, IdxFolder, ImageFolder, Source, has_idx_files, read_whole_file};
use crate::spec::{IdxSpec, ImagesSpec, SourceSpec};
use proofmark_messages::{Lang, Localize, display_in_english, draft as say};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Fewer images than this are refused: nothing could be measured on the few that are left to test.
pub const MIN_IMAGES: u64 = 20;

/// More unreadable files than this are refused rather than listed.
pub const MAX_UNREADABLE: usize = 100;

/// As [`MAX_UNREADABLE`], as a share of all files.
pub const MAX_UNREADABLE_SHARE: f64 = 0.05;

/// What a folder holds.
#[derive(Debug)]
pub struct Survey {
    /// How its files are read.
    pub kind: SurveyKind,
    /// The names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// Its parts with their rows; `train`, and `test` if there is one.
    pub parts: Vec<SurveyedPart>,
    /// Every size, `[height, width]`, with the images that have it: the most frequent first, of equals the larger.
    pub sizes: Vec<([usize; 2], u64)>,
    /// Images that show no colour: one channel, or three equal ones in every pixel.
    pub grey: u64,
    /// Whether there are images of three channels.
    pub has_colour_channels: bool,
    /// Files that are no images or damaged.
    pub unreadable: Vec<Unreadable>,
    /// Folders beside `train` and `test`, which are not read.
    pub passed_over: Vec<String>,
}

/// How the files of a folder are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyKind {
    /// IDX files.
    Idx,
    /// PNG and JPEG files by class.
    Images,
}

/// A part of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedPart {
    /// `train` or `test`.
    pub name: &'static str,
    /// The rows of every class, in the order of the classes.
    pub by_class: Vec<ClassRows>,
    /// Rows without a label.
    pub unlabelled: u64,
}

/// A file that is no image.
#[derive(Debug)]
pub struct Unreadable {
    /// Its path from the folder, with `/` between the names.
    pub file: String,
    /// Why it is none.
    pub error: DecodeError,
}

/// Why no spec can be drafted from a folder.
#[derive(Debug)]
#[non_exhaustive]
pub enum SurveyError {
    /// Nothing is there.
    NotThere {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file where a folder is needed.
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// Nothing is in it.
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// No sub-folders: nothing says what the images show.
    NoClassFolders {
        /// The folder.
        path: PathBuf,
    },
    /// Not one image.
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// One class: nothing to tell apart.
    OneClass {
        /// The folder.
        path: PathBuf,
        /// The class.
        class: String,
    },
    /// A class without an image to learn from.
    EmptyClass {
        /// The folder.
        path: PathBuf,
        /// The class.
        class: String,
    },
    /// Too few images to learn from and to test on.
    TooFew {
        /// The folder.
        path: PathBuf,
        /// Images there are.
        received: u64,
    },
    /// Too many files that are no images; something is wrong with the folder as a whole.
    TooManyUnreadable {
        /// The folder.
        path: PathBuf,
        /// Which, and why.
        unreadable: Vec<Unreadable>,
        /// All files.
        files: u64,
    },
    /// The folder cannot be read.
    Data(DataError),
}

/// Looks through a folder: IDX files, or PNG and JPEG files by class. `progress` is told how many files are done.
///
/// # Errors
/// [`SurveyError`]: a folder that a classifier cannot be trained from.
pub fn survey(folder: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Survey, SurveyError> {
    let path = folder.to_owned();
    if folder.is_file() {
        return Err(SurveyError::NotAFolder { path });
    }
    if !folder.is_dir() {
        return Err(SurveyError::NotThere { path });
    }
    let folders = source::folders_of(folder)?;
    let survey = match has_idx_files(folder) {
        true => idx(folder, progress)?,
        false if folders.is_empty() && source::is_empty(folder)? => return Err(SurveyError::Empty { path }),
        false if folders.is_empty() => return Err(SurveyError::NoClassFolders { path }),
        false => images(folder, folders, progress)?,
    };
    check(folder, &survey)?;
    Ok(survey)
}

fn idx(folder: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Survey, SurveyError> {
    let source = IdxFolder::open(&IdxSpec { folder: PathBuf::new() }, folder)?;
    let classes = source.classes().to_vec();
    let mut looked = Looked::new(&classes);
    for part in source.parts() {
        let name = if part == "test" { "test" } else { "train" };
        let read = source
            .read(&part, &mut |done, total| progress(Progress { stage: Stage::Read, part: name, done, total }))?;
        let [height, width, channels] = [0, 1, 2].map(|axis| read.dataset.shape()[axis]);
        for row in read.dataset.rows() {
            looked.image([height, width], channels, read.dataset.image(row));
            looked.row(name, read.dataset.label(row));
        }
    }
    Ok(looked.finish(SurveyKind::Idx, classes, Vec::new(), Vec::new()))
}

fn images(folder: &Path, folders: Vec<String>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Survey, SurveyError> {
    // Files are only listed by it; the size is that of no image.
    let spec = ImagesSpec { folder: PathBuf::new(), height: 1, width: 1, grayscale: false, exclude: Vec::new() };
    let source = ImageFolder::open(&spec, folder)?;
    let classes = source.classes().to_vec();
    let mut looked = Looked::new(&classes);
    let mut unreadable = Vec::new();
    let total = source.files(folder).count() as u64;
    for (done, (part, class, file, path)) in source.files(folder).enumerate() {
        progress(Progress { stage: Stage::Read, part, done: done as u64, total });
        let Picture { height, width, channels, pixels } = match image::decode(&read_whole_file(path)?) {
            Ok(picture) => picture,
            Err(error) => {
                unreadable.push(Unreadable { file, error });
                continue;
            }
        };
        looked.image([height, width], channels, &pixels);
        looked.row(part, classes.binary_search_by(|known| known.as_str().cmp(class)).ok());
    }
    if unreadable.len() as u64 == total {
        return Err(SurveyError::NoImages { path: folder.to_owned() });
    }
    let is_many = unreadable.len() > MAX_UNREADABLE || unreadable.len() as f64 > MAX_UNREADABLE_SHARE * total as f64;
    if is_many {
        return Err(SurveyError::TooManyUnreadable { path: folder.to_owned(), unreadable, files: total });
    }
    let has_parts = source.parts() != ["train"] || folders.iter().any(|name| name == "train");
    let is_read = |name: &String| !has_parts || matches!(name.as_str(), "train" | "test");
    let passed_over = folders.into_iter().filter(|name| !is_read(name)).collect();
    Ok(looked.finish(SurveyKind::Images, classes, unreadable, passed_over))
}

/// What is counted on the way.
struct Looked {
    sizes: BTreeMap<[usize; 2], u64>,
    grey: u64,
    has_colour_channels: bool,
    n_classes: usize,
    /// Of each part, the rows of every class, and those without a label.
    parts: BTreeMap<&'static str, (Vec<u64>, u64)>,
}

impl Looked {
    fn new(classes: &[String]) -> Looked {
        let (sizes, parts) = (BTreeMap::new(), BTreeMap::new());
        Looked { sizes, grey: 0, has_colour_channels: false, n_classes: classes.len(), parts }
    }

    fn image(&mut self, size: [usize; 2], channels: usize, pixels: &[u8]) {
        *self.sizes.entry(size).or_default() += 1;
        self.has_colour_channels |= channels == 3;
        let shows_colour = channels == 3 && pixels.chunks_exact(3).any(|rgb| rgb[0] != rgb[1] || rgb[1] != rgb[2]);
        self.grey += u64::from(!shows_colour);
    }

    fn row(&mut self, part: &'static str, class: Option<usize>) {
        let (by_class, unlabelled) = self.parts.entry(part).or_insert_with(|| (vec![0; self.n_classes], 0));
        match class.and_then(|class| by_class.get_mut(class)) {
            Some(rows) => *rows += 1,
            None => *unlabelled += 1,
        }
    }

    fn finish(
        self,
        kind: SurveyKind,
        classes: Vec<String>,
        unreadable: Vec<Unreadable>,
        passed_over: Vec<String>,
    ) -> Survey {
        let mut sizes: Vec<([usize; 2], u64)> = self.sizes.into_iter().collect();
        sizes.sort_by_key(|(size, images)| (std::cmp::Reverse(*images), std::cmp::Reverse(*size)));
        let part = |(name, (rows, unlabelled)): (&'static str, (Vec<u64>, u64))| {
            let by_class = classes.iter().zip(rows).map(|(class, rows)| ClassRows { class: class.clone(), rows });
            SurveyedPart { name, by_class: by_class.collect(), unlabelled }
        };
        // `train` comes first for people.
        let parts = self.parts.into_iter().rev().map(part).collect();
        let (grey, has_colour_channels) = (self.grey, self.has_colour_channels);
        Survey { kind, classes, parts, sizes, grey, has_colour_channels, unreadable, passed_over }
    }
}

/// Whether a classifier can be trained from it at all.
fn check(folder: &Path, survey: &Survey) -> Result<(), SurveyError> {
    let path = || folder.to_owned();
    if survey.images() == 0 {
        return Err(SurveyError::NoImages { path: path() });
    }
    if let [class] = survey.classes.as_slice() {
        return Err(SurveyError::OneClass { path: path(), class: class.clone() });
    }
    let train = survey.part("train").map(|part| part.by_class.as_slice()).unwrap_or_default();
    if train.iter().filter(|class| class.rows > 0).count() == 1
        && let Some(class) = train.iter().find(|class| class.rows > 0)
    {
        return Err(SurveyError::OneClass { path: path(), class: class.class.clone() });
    }
    if survey.kind == SurveyKind::Images
        && let Some(class) = train.iter().find(|class| class.rows == 0)
    {
        return Err(SurveyError::EmptyClass { path: path(), class: class.class.clone() });
    }
    if survey.images() < MIN_IMAGES {
        return Err(SurveyError::TooFew { path: path(), received: survey.images() });
    }
    Ok(())
}

impl Survey {
    /// All images.
    pub fn images(&self) -> u64 {
        self.sizes.iter().map(|(_, images)| images).sum()
    }

    /// Whether no image shows colour.
    pub fn is_grey(&self) -> bool {
        self.grey == self.images()
    }

    /// The part of a name.
    pub fn part(&self, name: &str) -> Option<&SurveyedPart> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// How a spec names the folder: IDX files keep their size, other images are brought to `[height, width]`.
    pub fn source(&self, folder: PathBuf, [height, width]: [usize; 2]) -> SourceSpec {
        match self.kind {
            SurveyKind::Idx => SourceSpec::Idx(IdxSpec { folder }),
            SurveyKind::Images => SourceSpec::Images(ImagesSpec {
                folder,
                height,
                width,
                grayscale: self.is_grey(),
                exclude: self.unreadable.iter().map(|file| file.file.clone()).collect(),
            }),
        }
    }
}

/// The unreadable files that a message lists.
const LISTED: usize = 3;

impl Localize for SurveyError {
    fn text(&self, lang: Lang) -> String {
        match self {
            SurveyError::NotThere { path } => say::not_there(lang, path.display()),
            SurveyError::NotAFolder { path } => say::not_a_folder(lang, path.display()),
            SurveyError::Empty { path } => say::empty_folder(lang, path.display()),
            SurveyError::NoClassFolders { path } => say::no_class_folders(lang, path.display()),
            SurveyError::NoImages { path } => say::no_images(lang, path.display()),
            SurveyError::OneClass { path, class } => say::one_class(lang, path.display(), class),
            SurveyError::EmptyClass { path, class } => say::empty_class(lang, path.display(), class),
            SurveyError::TooFew { path, received } => say::too_few(lang, path.display(), received, MIN_IMAGES),
            SurveyError::TooManyUnreadable { path, unreadable, files } => {
                let listed: Vec<String> = unreadable.iter().take(LISTED).map(|file| file.text(lang)).collect();
                let more = unreadable.len() - listed.len();
                let listed = listed.join(&say::then(lang));
                let listed = if more > 0 { say::and_more(lang, listed, more) } else { listed };
                say::too_many_unreadable(lang, unreadable.len(), files, path.display(), listed)
            }
            SurveyError::Data(error) => error.text(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            SurveyError::NotThere { .. } => Some(say::hint_not_there(lang)),
            SurveyError::NotAFolder { .. } | SurveyError::NoClassFolders { .. } | SurveyError::Empty { .. } => {
                Some(say::hint_layout(lang))
            }
            SurveyError::NoImages { .. } => Some(say::hint_no_images(lang)),
            SurveyError::OneClass { .. } => Some(say::hint_one_class(lang)),
            SurveyError::EmptyClass { .. } => Some(say::hint_empty_class(lang)),
            SurveyError::TooFew { .. } => Some(say::hint_too_few(lang)),
            SurveyError::TooManyUnreadable { .. } => Some(say::hint_too_many_unreadable(lang)),
            SurveyError::Data(error) => error.hint(lang),
        }
    }
}

impl Localize for Unreadable {
    fn text(&self, lang: Lang) -> String {
        say::unreadable(lang, &self.file, self.error.text(lang))
    }
}

display_in_english!(SurveyError);
display_in_english!(Unreadable);

impl Error for SurveyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SurveyError::Data(error) => Some(error),
            SurveyError::TooManyUnreadable { unreadable, .. } => {
                unreadable.first().map(|file| &file.error as &(dyn Error + 'static))
            }
            _ => None,
        }
    }
}

impl From<DataError> for SurveyError {
    fn from(error: DataError) -> Self {
        SurveyError::Data(error)
    }
}
