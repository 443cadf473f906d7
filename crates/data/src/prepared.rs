//! What training reads.

use crate::augment::{Augmentation, Scratch};
use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::preprocess::{Encoder, FittedFeature};
use proofmark_tensor::Shape;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Prepared data: three sets over shared rows. Cloning copies no images.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the model learns from.
    pub train: PreparedSet,
    /// What epochs and settings are chosen by; may be empty.
    pub validation: PreparedSet,
    /// What the final candidate is judged by, once.
    pub test: PreparedSet,
    /// The names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// The preprocessing, fitted on train.
    pub feature: FittedFeature,
    /// The target's name.
    pub target: String,
}

/// Labelled samples. They are kept as they came and become what the model reads when a batch is gathered.
#[derive(Clone, Debug)]
pub struct PreparedSet {
    dataset: Arc<Dataset>,
    shape: Shape,
    encoder: Arc<Encoder>,
    rows: Vec<u32>,
    ids: Vec<u64>,
    labels: Vec<i32>,
    label_width: usize,
    augmentation: Option<Arc<Augmentation>>,
}

impl PreparedSet {
    /// The labelled ones of `rows`, in this order.
    pub(crate) fn new(dataset: Arc<Dataset>, encoder: Arc<Encoder>, rows: &[u32]) -> PreparedSet {
        let labelled = |row: &&u32| dataset.label(**row).is_some();
        let rows: Vec<u32> = rows.iter().filter(labelled).copied().collect();
        let ids = rows.iter().map(|row| u64::from(*row)).collect();
        let labels = rows.iter().flat_map(|row| dataset.labels_of(*row)).copied().collect();
        let (shape, label_width) = (dataset.shape().clone(), dataset.label_width());
        PreparedSet { shape, dataset, encoder, rows, ids, labels, label_width, augmentation: None }
    }

    /// The same samples with `width` labels each: see [`PreparedSet::labels`]. Sets that are made from this one, such as folds, have
    /// the source's labels.
    ///
    /// # Panics
    /// If there are not `width` labels a sample, at least one.
    pub fn with_labels(self, width: usize, labels: Vec<i32>) -> PreparedSet {
        assert!(width > 0 && labels.len() == width * self.len(), "{width} labels a sample");
        PreparedSet { labels, label_width: width, ..self }
    }

    /// The same samples, varied when [`PreparedSet::gather_augmented`] reads them.
    pub(crate) fn with_augmentation(self, augmentation: Option<Augmentation>) -> PreparedSet {
        PreparedSet { augmentation: augmentation.map(Arc::new), ..self }
    }

    /// Other rows of the same data set, in this order, with other numbers for their bytes.
    pub(crate) fn with_rows(&self, rows: &[u32], encoder: Arc<Encoder>) -> PreparedSet {
        PreparedSet::new(self.dataset.clone(), encoder, rows)
    }

    /// The samples at these positions, in this order, as they are here: with what was fitted, and not augmented.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn at(&self, positions: &[u32]) -> PreparedSet {
        self.with_rows(&self.source_rows(positions), self.encoder.clone())
    }

    pub(crate) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The rows of the data set at these positions.
    pub(crate) fn source_rows(&self, positions: &[u32]) -> Vec<u32> {
        positions.iter().map(|position| self.rows[*position as usize]).collect()
    }

    /// Each sample's group by what stands in its file's name before `text`: numbered in the order of their first samples.
    /// `None` if the samples are no files.
    pub(crate) fn groups_by_prefix(&self, text: &str) -> Option<Vec<u32>> {
        let mut groups: BTreeMap<&str, u32> = BTreeMap::new();
        let group = |row: &u32| {
            let name = self.dataset.name(*row)?;
            let prefix = name.split_once(text).map_or(name, |(prefix, _)| prefix);
            let next = groups.len() as u32;
            Some(*groups.entry(prefix).or_insert(next))
        };
        self.rows.iter().map(group).collect()
    }

    /// Whether samples are varied each time that training reads them.
    pub fn is_augmented(&self) -> bool {
        self.augmentation.is_some()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The shape of one sample: of images `[height, width, channels]`, of series `[steps, channels]`, of tokens `[steps]`.
    pub fn feature_shape(&self) -> &Shape {
        &self.shape
    }

    /// The samples' ids: their positions in the source's part.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The samples' labels, [`PreparedSet::label_width`] of each, as indices into [`Prepared::classes`]: the class of a sample; for a
    /// sequence the class of each step, or the classes that it is to be read as, from its beginning. -1 where one is missing, which
    /// losses and metrics leave out; a sample has at least one that is not.
    pub fn labels(&self) -> &[i32] {
        &self.labels
    }

    /// How many labels a sample has.
    pub fn label_width(&self) -> usize {
        self.label_width
    }

    /// The labels of the sample at this position.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn labels_of(&self, position: u32) -> &[i32] {
        &self.labels[position as usize * self.label_width..][..self.label_width]
    }

    /// Writes the numbers of the samples at these positions, one sample after the other; allocates nothing.
    ///
    /// # Panics
    /// If there is no such position, or `out` is not `rows.len() × feature_shape().elements()` long.
    pub fn gather(&self, rows: &[u32], out: &mut [f32]) {
        let length = self.shape.elements();
        assert_eq!(out.len(), rows.len() * length, "{} samples of {length} numbers", rows.len());
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(length)) {
            self.encoder.encode(&self.dataset, self.rows[*row as usize], out);
        }
    }

    /// How the samples are varied in training; `None` if they are not. Only the train split's ever are.
    pub fn augmentation(&self) -> Option<&Augmentation> {
        self.augmentation.as_deref()
    }

    /// Memory for [`PreparedSet::gather_augmented`], for one thread.
    pub fn augment_scratch(&self) -> Scratch {
        self.augmentation().map(Augmentation::scratch).unwrap_or_default()
    }

    /// [`PreparedSet::gather`] with the samples varied as this epoch (from 0) does: what training reads. Allocates nothing.
    ///
    /// # Panics
    /// As [`PreparedSet::gather`]; if the scratch is another set's.
    pub fn gather_augmented(&self, rows: &[u32], epoch: u32, scratch: &mut Scratch, out: &mut [f32]) {
        self.gather(rows, out);
        let Some(augmentation) = &self.augmentation else { return };
        for (row, numbers) in rows.iter().zip(out.chunks_exact_mut(self.shape.elements())) {
            augmentation.apply(epoch, self.ids[*row as usize], numbers, scratch);
        }
    }

    /// The prepared image at this position before its bytes become numbers, for people to look at; nothing if the samples are
    /// no images.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn image_u8(&self, row: u32) -> &[u8] {
        self.dataset.image(self.rows[row as usize])
    }

    /// The series at this position as it came, step after step, for people to look at, and its channels; `None` if the samples
    /// are no series, or tokens.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn series(&self, row: u32) -> Option<(&[f32], usize)> {
        let series = self.dataset.series().filter(|series| series.tokens().is_none())?;
        Some((series.row(self.rows[row as usize]), series.channels()))
    }

    /// The steps of the series at this position, without its padding; `None` if the samples are no series.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn steps(&self, row: u32) -> Option<usize> {
        Some(self.dataset.series()?.row_steps(self.rows[row as usize]))
    }

    /// SHA-256 of all numbers (not augmented) as little-endian f32, then all labels as little-endian i32, then all ids as little-endian
    /// u64: equal digests are equal sets, and name what a run was trained on.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        let mut numbers = vec![0.0; self.shape.elements()];
        let mut bytes = vec![0; numbers.len() * 4];
        for row in 0..self.len() as u32 {
            self.encoder.encode(&self.dataset, self.rows[row as usize], &mut numbers);
            for (bytes, number) in bytes.chunks_exact_mut(4).zip(&numbers) {
                bytes.copy_from_slice(&number.to_le_bytes());
            }
            hasher.update(&bytes);
        }
        self.labels.iter().for_each(|label| hasher.update(&label.to_le_bytes()));
        self.ids.iter().for_each(|id| hasher.update(&id.to_le_bytes()));
        hasher.finish().0
    }
}
