//! Rows in memory: what the model reads as it came, labels as class indices, and what is measured of each row once.

use crate::digest::Digest;
use crate::error::DataError;
use crate::series::Series;
use crate::spec::FeatureType;
use proofmark_tensor::Shape;
use std::path::Path;

/// How a missing label is stored.
pub(crate) const MISSING_LABEL: i32 = -1;

/// The steps of [`Dataset::roughness`].
pub(crate) const ROUGHNESS_STEPS: usize = 1024;

/// One part of a source: what the model reads, of one shape, and labels, by column. A row is known by its position, which
/// is the sample's id; rows are never removed, splits and cleaning are lists of rows.
#[derive(Clone, Debug)]
pub struct Dataset {
    shape: Shape,
    column: Column,
    /// As many a row as the labels are wide.
    labels: Vec<i32>,
    label_width: usize,
    /// Empty if the rows have none.
    names: Vec<String>,
    hashes: Vec<u128>,
    /// Of images; empty for other kinds.
    roughness: Vec<u16>,
    windows: Option<Windows>,
}

/// Where rows stand that are windows over something longer.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    /// Where each row begins, rising, in all that was read.
    pub(crate) starts: Vec<u64>,
    /// What each row reads from there on, its labels included.
    pub(crate) span: u64,
}

/// What the model reads, by its kind.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Bytes, `[height, width, channels]`.
    Image(Vec<u8>),
    /// Numbers, `[steps, channels]`, of as many steps as each row has.
    Series(Series),
}

impl Dataset {
    /// Rows of images of `shape` (`[height, width, channels]`), one after the other in `pixels`; a label is an index
    /// into the source's classes, `None` where it is missing. `path` names the source in errors.
    ///
    /// # Errors
    /// [`DataError::EmptySet`] without rows, [`DataError::TooLarge`] with more than 2³² - 1 of them,
    /// [`DataError::PixelCount`] if `pixels` is not a whole image per label.
    pub fn new(
        path: &Path,
        shape: Shape,
        pixels: Vec<u8>,
        labels: impl IntoIterator<Item = Option<u8>>,
    ) -> Result<Dataset, DataError> {
        let labels = class_indices(labels);
        let set = Dataset::checked(path, shape, Column::Image(Vec::new()), labels, pixels.len())?;
        let expected = set.len().saturating_mul(set.shape.elements());
        if pixels.len() != expected {
            return Err(DataError::PixelCount { path: path.to_owned(), expected, received: pixels.len() });
        }
        Ok(Dataset { column: Column::Image(pixels), ..set })
    }

    /// Rows of series, one label each. `path` names the source in errors.
    ///
    /// # Errors
    /// [`DataError::EmptySet`] without rows, [`DataError::TooLarge`] with more than 2³² - 1 of them.
    ///
    /// # Panics
    /// If there are not as many labels as series.
    pub fn of_series(
        path: &Path,
        series: Series,
        labels: impl IntoIterator<Item = Option<u8>>,
    ) -> Result<Dataset, DataError> {
        let labels = class_indices(labels);
        assert_eq!(labels.len(), series.len(), "one label a series");
        let shape = Shape::new(&series.extents());
        let bytes = labels.len() * shape.elements() * size_of::<f32>();
        Dataset::checked(path, shape, Column::Series(series), labels, bytes)
    }

    fn checked(
        path: &Path,
        shape: Shape,
        column: Column,
        labels: Vec<i32>,
        bytes: usize,
    ) -> Result<Dataset, DataError> {
        if labels.is_empty() || shape.elements() == 0 {
            return Err(DataError::EmptySet { path: path.to_owned() });
        }
        if u32::try_from(labels.len()).is_err() {
            return Err(DataError::TooLarge { path: path.to_owned(), bytes: bytes as u64 });
        }
        let (names, hashes, roughness) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Dataset { shape, column, labels, label_width: 1, names, hashes, roughness, windows: None })
    }

    /// What the rows hold.
    pub fn kind(&self) -> FeatureType {
        match self.column {
            Column::Image(_) => FeatureType::Image,
            Column::Series(ref series) if series.tokens().is_some() => FeatureType::Tokens,
            Column::Series(_) => FeatureType::Series,
        }
    }

    /// The same rows as windows over something longer, in its order: they are split by blocks.
    pub(crate) fn with_windows(self, windows: Windows) -> Dataset {
        assert_eq!(windows.starts.len(), self.len(), "one start a row");
        Dataset { windows: Some(windows), ..self }
    }

    pub(crate) fn windows(&self) -> Option<&Windows> {
        self.windows.as_ref()
    }

    /// The same rows with `width` labels each, row after row: indices into the source's classes, -1 where one is missing. A
    /// sequence has one a step, or the sequence of classes that it is to be read as, with -1 behind its end.
    ///
    /// # Panics
    /// If there are not `width` labels a row, at least one.
    pub fn with_labels(self, width: usize, labels: Vec<i32>) -> Dataset {
        assert!(width > 0 && labels.len() == width * self.len(), "{width} labels a row");
        Dataset { labels, label_width: width, ..self }
    }

    pub(crate) fn column(&self) -> &Column {
        &self.column
    }

    /// The same rows with the names of their files, one a row.
    ///
    /// # Panics
    /// If there are not as many as rows.
    pub fn with_names(self, names: Vec<String>) -> Dataset {
        assert_eq!(names.len(), self.len(), "one name a row");
        Dataset { names, ..self }
    }

    /// The name of a row's file, without its folders; `None` if rows are no files.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn name(&self, row: u32) -> Option<&str> {
        (!self.names.is_empty()).then(|| self.names[row as usize].as_str())
    }

    /// Number of rows; at least one.
    #[allow(clippy::len_without_is_empty, reason = "a data set without rows cannot exist")]
    pub fn len(&self) -> usize {
        self.labels.len() / self.label_width
    }

    /// How many labels a row has: 1 for classes of whole samples.
    pub fn label_width(&self) -> usize {
        self.label_width
    }

    /// The shape of a row: of images `[height, width, channels]`, of series `[steps, channels]`, with the steps of the longest; of
    /// tokens `[steps]`.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The bytes of one image, row-major, channels last; none if the rows are no images.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn image(&self, row: u32) -> &[u8] {
        let Column::Image(pixels) = &self.column else { return &[] };
        let length = self.shape.elements();
        &pixels[row as usize * length..][..length]
    }

    /// The rows, if they are series.
    pub fn series(&self) -> Option<&Series> {
        match &self.column {
            Column::Series(series) => Some(series),
            Column::Image(_) => None,
        }
    }

    /// The class of one row, `None` if its label is missing. Of a row of several labels the first that is not missing, which is
    /// what such rows are split and counted by.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn label(&self, row: u32) -> Option<usize> {
        self.labels_of(row).iter().find_map(|label| usize::try_from(*label).ok())
    }

    /// All labels of one row, -1 where one is missing.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn labels_of(&self, row: u32) -> &[i32] {
        &self.labels[row as usize * self.label_width..][..self.label_width]
    }

    /// All rows.
    pub fn rows(&self) -> Vec<u32> {
        (0..self.len() as u32).collect()
    }

    pub(crate) fn image_mut(&mut self, row: u32) -> &mut [u8] {
        let Column::Image(pixels) = &mut self.column else { return &mut [] };
        let length = self.shape.elements();
        &mut pixels[row as usize * length..][..length]
    }

    pub(crate) fn lose_label(&mut self, row: u32) {
        self.labels[row as usize * self.label_width..][..self.label_width].fill(MISSING_LABEL);
    }

    /// Makes row `to` a copy of row `from`.
    pub(crate) fn copy_row(&mut self, from: u32, to: u32) {
        let length = self.shape.elements();
        let first = from as usize * self.label_width;
        self.labels.copy_within(first..first + self.label_width, to as usize * self.label_width);
        match &mut self.column {
            Column::Image(pixels) => {
                let start = from as usize * length;
                pixels.copy_within(start..start + length, to as usize * length);
            }
            Column::Series(series) => series.copy_row(from, to),
        }
        if !self.names.is_empty() {
            // A copy belongs with what it was copied from.
            self.names[to as usize] = self.names[from as usize].clone();
        }
    }

    /// Measures every row, so that profiles and operators need not look at it again.
    pub(crate) fn measure(&mut self, progress: &mut dyn FnMut(u64, u64)) {
        self.hashes = Vec::with_capacity(self.len());
        self.roughness = Vec::new();
        for row in 0..self.len() as u32 {
            match &self.column {
                Column::Image(_) => {
                    self.hashes.push(Digest::of(self.image(row)).truncated());
                    self.roughness.push(roughness(self.image(row), &self.shape));
                }
                Column::Series(series) => self.hashes.push(series.digest(row).truncated()),
            }
            if row % 4096 == 0 {
                progress(u64::from(row), self.len() as u64);
            }
        }
        progress(self.len() as u64, self.len() as u64);
    }

    /// The first 128 bits of the SHA-256 of a row's content.
    pub(crate) fn hash(&self, row: u32) -> u128 {
        self.hashes[row as usize]
    }

    /// The total variation of a row's image, in steps from 0 (constant, and nothing else) to 1023 (the most there can
    /// be): the mean absolute difference of horizontal and vertical neighbours. Ink on paper has little of it, noise
    /// has much. 0 of what is no image.
    pub(crate) fn roughness(&self, row: u32) -> u16 {
        self.roughness.get(row as usize).copied().unwrap_or(0)
    }

    /// Whether nothing changes in a row: an image of one colour, a series whose channels stay as they begin.
    pub(crate) fn is_constant(&self, row: u32) -> bool {
        match &self.column {
            Column::Image(_) => self.roughness(row) == 0,
            Column::Series(series) => series.is_constant(row),
        }
    }

    /// Whether a value of a row is missing.
    pub(crate) fn has_missing_values(&self, row: u32) -> bool {
        match &self.column {
            Column::Image(_) => false,
            Column::Series(series) => series.row(row).iter().any(|value| value.is_nan()),
        }
    }

    /// This data set with every image replaced by what `transform` writes, as an image of `shape`. Rows, labels and
    /// measurements (which are the source's) stay.
    pub(crate) fn map_images(self, shape: Shape, mut transform: impl FnMut(&[u8], &mut Vec<u8>)) -> Dataset {
        let mut pixels = Vec::with_capacity(self.len() * shape.elements());
        let mut image = Vec::new();
        for row in 0..self.len() as u32 {
            transform(self.image(row), &mut image);
            pixels.extend_from_slice(&image);
        }
        Dataset { shape, column: Column::Image(pixels), ..self }
    }
}

fn class_indices(labels: impl IntoIterator<Item = Option<u8>>) -> Vec<i32> {
    labels.into_iter().map(|label| label.map_or(MISSING_LABEL, i32::from)).collect()
}

/// Integers throughout, so that the value is the same everywhere.
fn roughness(image: &[u8], shape: &Shape) -> u16 {
    let (height, width, channels) = (shape[0], shape[1], shape[2]);
    let line = width * channels;
    let difference = |a: &[u8], b: &[u8]| -> u64 { a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum() };
    let mut sum = 0;
    for row in image.chunks_exact(line) {
        sum += difference(&row[..line - channels], &row[channels..]);
    }
    sum += difference(&image[..image.len() - line], &image[line..]);
    let pairs = height * (width - 1) + (height - 1) * width;
    let most = 255 * (pairs * channels) as u64;
    if sum == 0 {
        return 0;
    }
    // At most 1 + 1022, which fits.
    (1 + sum * (ROUGHNESS_STEPS as u64 - 2) / most) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roughness_is_0_for_constant_images_and_1023_for_a_chessboard() {
        let cases: &[(&[u8], [usize; 3], u16)] = &[
            (&[7; 9], [3, 3, 1], 0),
            (&[9], [1, 1, 1], 0),
            (&[1, 2, 3, 1, 2, 3], [1, 2, 3], 0),
            (&[0, 255, 255, 0], [2, 2, 1], 1023),
            (&[0, 0, 255, 255], [2, 2, 1], 512),
            (&[0, 0, 0, 1], [2, 2, 1], 3),
        ];
        for (image, shape, expected) in cases {
            assert_eq!(roughness(image, &Shape::from(*shape)), *expected, "{image:?}");
        }
    }

    #[test]
    fn a_data_set_holds_whole_images_and_at_least_one() {
        let path = Path::new("set");
        let shape = || Shape::from([1, 2, 1]);
        assert!(matches!(Dataset::new(path, shape(), vec![], []), Err(DataError::EmptySet { .. })));
        let result = Dataset::new(path, shape(), vec![1, 2, 3], [Some(0), None]);
        assert!(matches!(result, Err(DataError::PixelCount { expected: 4, received: 3, .. })));
        let set = Dataset::new(path, shape(), vec![1, 2, 3, 4], [Some(3), None]).unwrap();
        assert_eq!((set.image(1), set.label(0), set.label(1)), (&[3, 4][..], Some(3), None));
    }

    #[test]
    fn a_row_may_have_several_labels() {
        let set = Dataset::new(Path::new("set"), Shape::from([1, 1, 1]), vec![1, 2, 3], [None; 3]).unwrap();
        let mut set = set.with_labels(2, vec![4, 5, -1, 6, -1, -1]);
        assert_eq!((set.len(), set.label_width(), set.labels_of(1)), (3, 2, &[-1, 6][..]));
        assert_eq!([0, 1, 2].map(|row| set.label(row)), [Some(4), Some(6), None]);
        set.copy_row(0, 2);
        set.lose_label(0);
        assert_eq!([0, 1, 2].map(|row| set.labels_of(row).to_vec()), [vec![-1, -1], vec![-1, 6], vec![4, 5]]);
    }
}
