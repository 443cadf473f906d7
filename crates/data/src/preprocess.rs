//! What happens to a row before a model sees it.
//!
//! To images, steps of two kinds: from bytes to bytes (`resize`, `grayscale`), and from bytes to numbers (`scale_pixels`,
//! `standardize`). The second kind looks at one byte at a time, hence all of it together is a table of 256 numbers a
//! channel, the [`Encoding`]; images stay bytes in memory until a batch is gathered. `select_pixels` then sets numbers to 0.
//! To series, `standardize`, by channel, on the steps that they have; padding is 0 after it.

mod series;

use crate::augment::Augmentation;
use crate::dataset::{Column, Dataset};
use crate::error::{DataError, SpecProblem};
use crate::image::{luma, resize};
use crate::profile::Encoding;
use crate::profile::{FeaturesProfile, Moments, count, merge_histograms};
use crate::select_pixels::Telling;
use crate::spec::{FeatureSpec, FeatureType, PreprocessSpec, ResizeSpec, SelectPixelsSpec};
use crate::tokens::Tokens;
use proofmark_tensor::Shape;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The preprocessing of a feature with everything that was fitted on train: enough to treat a new image alike, in a
/// later process. It is kept beside the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedFeature {
    /// The column's name.
    pub name: String,
    /// The column's type.
    #[serde(default, rename = "type", skip_serializing_if = "FeatureType::is_image")]
    pub kind: FeatureType,
    /// The extents of the source's rows: of images height, width, channels; of series steps, channels; of tokens
    /// steps.
    pub source_shape: Vec<usize>,
    /// The extents of what the model reads, in the same order.
    pub shape: Vec<usize>,
    /// The steps, in order.
    pub steps: Vec<FittedStep>,
    /// What the numbers stand for, if they are tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Steps of a second, if they are samples of sounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_hz: Option<u32>,
}

/// One step with what was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FittedStep {
    /// See [`PreprocessSpec::Resize`].
    Resize {
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
    },
    /// See [`PreprocessSpec::Grayscale`].
    Grayscale,
    /// See [`PreprocessSpec::ScalePixels`]: `x / 255` in f32.
    ScalePixels,
    /// See [`PreprocessSpec::Standardize`]: `(x - mean) / std` in f32, by channel.
    Standardize {
        /// The means of train, by channel, as f32 numbers.
        mean: Vec<f64>,
        /// The standard deviations of train (of the population), by channel, as f32 numbers; 1 where train does not
        /// vary.
        std: Vec<f64>,
    },
    /// See [`PreprocessSpec::SelectPixels`].
    SelectPixels {
        /// The pixels that stay, by position (row by row), sorted.
        kept: Vec<u32>,
    },
}

/// The steps from bytes to bytes, checked against the source's images.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    pub(crate) source_shape: [usize; 3],
    pub(crate) shape: [usize; 3],
    steps: Vec<FittedStep>,
}

impl Geometry {
    /// # Errors
    /// If `grayscale` meets images that have no colour.
    pub(crate) fn new(spec: &FeatureSpec, feature_idx: usize, source_shape: [usize; 3]) -> Result<Geometry, DataError> {
        let mut shape = source_shape;
        let mut steps = Vec::new();
        for (step_idx, step) in spec.preprocess.iter().enumerate() {
            match step {
                PreprocessSpec::Resize(ResizeSpec { height, width }) => {
                    shape = [*height, *width, shape[2]];
                    steps.push(FittedStep::Resize { height: *height, width: *width });
                }
                PreprocessSpec::Grayscale => {
                    if shape[2] != 3 {
                        return Err(DataError::Spec(SpecProblem::PreprocessChannels {
                            key: format!("data.features.{feature_idx}.preprocess.{step_idx}"),
                            step: step.name(),
                            expected: 3,
                            received: shape[2],
                        }));
                    }
                    shape[2] = 1;
                    steps.push(FittedStep::Grayscale);
                }
                PreprocessSpec::ScalePixels | PreprocessSpec::Standardize | PreprocessSpec::SelectPixels(_) => {}
            }
        }
        Ok(Geometry { source_shape, shape, steps })
    }

    /// Whether images stay as they are.
    pub(crate) fn is_identity(&self) -> bool {
        self.steps.is_empty()
    }

    /// The prepared image in place of what `out` held.
    pub(crate) fn apply(&self, image: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(image);
        let mut shape = self.source_shape;
        for step in &self.steps {
            match step {
                FittedStep::Resize { height, width } => {
                    *out = resize(out, shape, [*height, *width]);
                    shape = [*height, *width, shape[2]];
                }
                FittedStep::Grayscale => {
                    *out = luma(out);
                    shape[2] = 1;
                }
                FittedStep::ScalePixels | FittedStep::Standardize { .. } | FittedStep::SelectPixels { .. } => {}
            }
        }
    }

    /// How often each byte occurs in the prepared images of `rows`, by channel.
    pub(crate) fn pixels(&self, dataset: &Dataset, rows: &[u32]) -> Vec<[u64; 256]> {
        let mut counts = vec![[0; 256]; self.shape[2]];
        let mut image = Vec::new();
        for &row in rows {
            self.apply(dataset.image(row), &mut image);
            count(&mut counts, &image);
        }
        counts
    }
}

impl FittedFeature {
    /// Fits the steps to the bytes of train's prepared images.
    pub(crate) fn fit(spec: &FeatureSpec, geometry: &Geometry, train: &[[u64; 256]]) -> FittedFeature {
        let mut fitted = FittedFeature {
            name: spec.name.clone(),
            kind: FeatureType::Image,
            source_shape: geometry.source_shape.to_vec(),
            shape: geometry.shape.to_vec(),
            steps: geometry.steps.clone(),
            tokens: None,
            rate_hz: None,
        };
        for step in &spec.preprocess {
            let step = match step {
                // Bytes were changed before; pixels are selected at last, see [`FittedFeature::select`].
                PreprocessSpec::Resize(_) | PreprocessSpec::Grayscale | PreprocessSpec::SelectPixels(_) => continue,
                PreprocessSpec::ScalePixels => FittedStep::ScalePixels,
                PreprocessSpec::Standardize => {
                    let encoding = fitted.encoding();
                    let moments = train.iter().zip(&encoding.by_channel).map(|(counts, table)| {
                        Moments::of(std::slice::from_ref(counts), &Encoding { by_channel: vec![*table] })
                    });
                    // Rounded to f32 here, so that what is stored is what is computed with.
                    let round = |number: f64| f64::from(number as f32);
                    let positive = |std: f64| if round(std) > 0.0 { round(std) } else { 1.0 };
                    let (mean, std) = moments.map(|m| (round(m.mean), positive(m.std))).unzip();
                    FittedStep::Standardize { mean, std }
                }
            };
            fitted.steps.push(step);
        }
        fitted
    }

    /// Selects pixels, if the spec asks for it, by these rows and their classes.
    pub(crate) fn select(&mut self, spec: &FeatureSpec, geometry: &Geometry, dataset: &Dataset, train: &[u32]) {
        for step in &spec.preprocess {
            if let PreprocessSpec::SelectPixels(SelectPixelsSpec { count }) = step {
                let mut telling = Telling::new(geometry.shape);
                let mut image = Vec::new();
                for &row in train {
                    geometry.apply(dataset.image(row), &mut image);
                    dataset.label(row).into_iter().for_each(|class| telling.update(class, &image));
                }
                self.steps.push(FittedStep::SelectPixels { kept: telling.most(*count) });
            }
        }
    }

    /// The same steps, fitted to other rows. Their images went through the steps from bytes to bytes already.
    pub(crate) fn refit(&self, spec: &FeatureSpec, dataset: &Dataset, train: &[u32]) -> FittedFeature {
        if let Column::Series(series) = dataset.column() {
            return FittedFeature::fit_series(spec, series, train);
        }
        let shape = self.image_shape();
        let done = Geometry { source_shape: shape, shape, steps: Vec::new() };
        let mut fitted = FittedFeature::fit(spec, &self.geometry(), &done.pixels(dataset, train));
        fitted.select(spec, &done, dataset, train);
        fitted
    }

    /// The shape of what the model reads: of images `[height, width, channels]`, of series `[steps, channels]`, of tokens `[steps]`.
    pub fn shape(&self) -> Shape {
        Shape::new(&self.shape)
    }

    /// Height, width and channels; zeros for what is no image.
    fn image_shape(&self) -> [usize; 3] {
        self.shape.as_slice().try_into().unwrap_or_default()
    }

    /// How the rows that train are varied.
    pub(crate) fn augmentation(&self, spec: &FeatureSpec, seed: u64) -> Option<Augmentation> {
        match self.kind {
            FeatureType::Image => Augmentation::new(&spec.augment, self.image_shape(), &self.encoding(), seed),
            FeatureType::Series | FeatureType::Tokens => None,
        }
    }

    /// From a prepared row to what the model reads.
    pub(crate) fn encoder(&self) -> Arc<Encoder> {
        if self.kind != FeatureType::Image {
            return Arc::new(Encoder::Series(self.scale()));
        }
        let [height, width, channels] = self.image_shape();
        let mut zeroed = Vec::new();
        for step in &self.steps {
            if let FittedStep::SelectPixels { kept } = step {
                let pixels = (0..(height * width) as u32).filter(|pixel| kept.binary_search(pixel).is_err());
                zeroed.extend(pixels.flat_map(|pixel| (0..channels).map(move |c| pixel as usize * channels + c)));
            }
        }
        Arc::new(Encoder::Image { encoding: self.encoding(), zeroed })
    }

    /// What number each byte becomes, by channel; pixels that are not selected become 0 after that.
    pub fn encoding(&self) -> Encoding {
        let mut encoding = Encoding::bytes(self.image_shape()[2]);
        for step in &self.steps {
            for (channel, table) in encoding.by_channel.iter_mut().enumerate() {
                let map: &dyn Fn(f32) -> f32 = match step {
                    FittedStep::Resize { .. } | FittedStep::Grayscale | FittedStep::SelectPixels { .. } => continue,
                    FittedStep::ScalePixels => &|x| x / 255.0,
                    FittedStep::Standardize { mean, std } => {
                        let (mean, std) = (mean[channel] as f32, std[channel] as f32);
                        &move |x| (x - mean) / std
                    }
                };
                table.iter_mut().for_each(|number| *number = map(*number));
            }
        }
        encoding
    }

    pub(crate) fn geometry(&self) -> Geometry {
        let bytes_only = |step: &&FittedStep| matches!(step, FittedStep::Resize { .. } | FittedStep::Grayscale);
        let steps = self.steps.iter().filter(bytes_only).cloned().collect();
        let source_shape = self.source_shape.as_slice().try_into().unwrap_or_default();
        Geometry { source_shape, shape: self.image_shape(), steps }
    }

    /// The statistics of the numbers that prepared images with these bytes become.
    pub(crate) fn profile(&self, rows: u64, blocks: &[&[[u64; 256]]]) -> FeaturesProfile {
        let mut counts = vec![[0; 256]; self.image_shape()[2]];
        blocks.iter().for_each(|block| merge_histograms(&mut counts, block));
        let Moments { min, max, mean, std } = Moments::of(&counts, &self.encoding());
        FeaturesProfile { rows, shape: self.shape.clone(), min, max, mean, std }
    }
}

/// From a prepared row to the numbers that the model reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoder {
    /// Of images.
    Image {
        /// What number each byte becomes.
        encoding: Encoding,
        /// Where 0 stands, whatever the byte.
        zeroed: Vec<usize>,
    },
    /// Of series.
    Series(series::Scale),
}

impl Encoder {
    /// Turns one row of a data set into numbers.
    ///
    /// # Panics
    /// If `out` is not as long as the row, or the encoder is for another kind of rows.
    pub(crate) fn encode(&self, dataset: &Dataset, row: u32, out: &mut [f32]) {
        match (self, dataset.column()) {
            (Encoder::Image { .. }, Column::Image(_)) => self.encode_image(dataset.image(row), out),
            (Encoder::Series(scale), Column::Series(series)) => scale.encode(series.row(row), out),
            (Encoder::Image { .. }, Column::Series(_)) | (Encoder::Series(_), Column::Image(_)) => {
                unreachable!("it was fitted to this data set")
            }
        }
    }

    /// Turns the bytes of one image into numbers.
    ///
    /// # Panics
    /// If `out` is not as long as `image`, or the encoder is not for images.
    pub(crate) fn encode_image(&self, image: &[u8], out: &mut [f32]) {
        let Encoder::Image { encoding, zeroed } = self else { unreachable!("it was fitted to images") };
        encode(encoding, image, out);
        zeroed.iter().for_each(|idx| out[*idx] = 0.0);
    }
}

/// Turns bytes of whole pixels into numbers.
///
/// # Panics
/// If `out` is not as long as `image`.
pub(crate) fn encode(encoding: &Encoding, image: &[u8], out: &mut [f32]) {
    assert_eq!(image.len(), out.len(), "one number a byte");
    match encoding.by_channel.as_slice() {
        [table] => out.iter_mut().zip(image).for_each(|(number, byte)| *number = table[usize::from(*byte)]),
        tables => {
            for (numbers, bytes) in out.chunks_exact_mut(tables.len()).zip(image.chunks_exact(tables.len())) {
                for ((number, byte), table) in numbers.iter_mut().zip(bytes).zip(tables) {
                    *number = table[usize::from(*byte)];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::FeatureType;

    fn feature(preprocess: Vec<PreprocessSpec>) -> FeatureSpec {
        FeatureSpec { name: "image".to_owned(), kind: FeatureType::Image, preprocess, augment: vec![] }
    }

    fn fit(preprocess: Vec<PreprocessSpec>, train: &[u8], channels: usize) -> FittedFeature {
        let spec = feature(preprocess);
        let geometry = Geometry::new(&spec, 0, [1, train.len() / channels, channels]).unwrap();
        let mut counts = vec![[0; 256]; geometry.shape[2]];
        let mut image = Vec::new();
        geometry.apply(train, &mut image);
        count(&mut counts, &image);
        FittedFeature::fit(&spec, &geometry, &counts)
    }

    #[test]
    fn pixels_enter_as_bytes_or_as_bytes_through_255() {
        assert_eq!(fit(vec![], &[0, 1], 1).encoding(), Encoding::bytes(1));
        let scaled = fit(vec![PreprocessSpec::ScalePixels], &[0, 1], 1).encoding();
        for byte in 0..=255_u8 {
            assert_eq!(scaled.by_channel[0][usize::from(byte)].to_bits(), (f32::from(byte) / 255.0).to_bits());
        }
    }

    #[test]
    fn standardizing_gives_mean_0_and_deviation_1_by_channel_on_train() {
        let train = [0, 5, 10, 5, 20, 5, 30, 5];
        for preprocess in
            [vec![PreprocessSpec::Standardize], vec![PreprocessSpec::ScalePixels, PreprocessSpec::Standardize]]
        {
            let encoding = fit(preprocess, &train, 2).encoding();
            let mut out = [0.0; 8];
            encode(&encoding, &train, &mut out);
            let first: Vec<f64> = out.iter().step_by(2).map(|x| f64::from(*x)).collect();
            assert!(first.iter().sum::<f64>().abs() < 1e-6);
            assert!((first.iter().map(|x| x * x).sum::<f64>() / 4.0 - 1.0).abs() < 1e-6);
            // A channel that does not vary is only centred.
            assert!(out.iter().skip(1).step_by(2).all(|x| *x == 0.0));
        }
    }

    #[test]
    fn bytes_change_before_numbers_are_made() {
        let size = ResizeSpec { height: 1, width: 1 };
        let steps = vec![PreprocessSpec::Grayscale, PreprocessSpec::Resize(size), PreprocessSpec::ScalePixels];
        let fitted = fit(steps, &[255, 0, 0, 0, 0, 0], 3);
        assert_eq!((&fitted.source_shape[..], &fitted.shape[..]), (&[1, 2, 3][..], &[1, 1, 1][..]));
        let mut out = Vec::new();
        fitted.geometry().apply(&[255, 0, 0, 0, 0, 0], &mut out);
        assert_eq!(out, [38]);
    }

    #[test]
    fn what_was_fitted_survives_json_to_the_bit() {
        let fitted = fit(vec![PreprocessSpec::ScalePixels, PreprocessSpec::Standardize], &[1, 7, 200, 33, 90], 1);
        let json = serde_json::to_string(&fitted).unwrap();
        assert_eq!(serde_json::from_str::<FittedFeature>(&json).unwrap(), fitted);
    }

    #[test]
    fn grey_images_cannot_lose_their_colour() {
        let error = Geometry::new(&feature(vec![PreprocessSpec::Grayscale]), 0, [2, 2, 1]).unwrap_err();
        assert_eq!(error.key().as_deref(), Some("data.features.0.preprocess.0"));
    }
}
