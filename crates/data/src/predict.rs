//! New images and series for a trained model, treated as its training data were.

use crate::error::DataError;
use crate::image::{Picture, decode};
use crate::preprocess::{Encoder, FittedFeature, Geometry};
use crate::source::{read_images, read_series, read_whole_file};
use proofmark_tensor::Shape;
use std::path::Path;
use std::sync::Arc;

/// A PNG or JPEG file as what the model reads: brought to the shape of the training source's images ([`Picture::fit`]:
/// grey by luma where the model has one channel, resized by area or bilinear), then through the fitted steps.
/// Brightness is not inverted: a model of white digits on black expects white digits on black.
///
/// # Errors
/// If the file cannot be read or is no image.
pub fn read_image_for_prediction(path: &Path, feature: &FittedFeature) -> Result<Vec<f32>, DataError> {
    let bytes = read_whole_file(path)?;
    let picture = decode(&bytes).map_err(|error| DataError::NotAnImage { path: path.to_owned(), error })?;
    Ok(image_for_prediction(picture, feature))
}

/// As [`read_image_for_prediction`], from a decoded image.
pub fn image_for_prediction(picture: Picture, feature: &FittedFeature) -> Vec<f32> {
    let [height, width, channels] = feature.geometry().source_shape;
    let mut out = vec![0.0; feature.shape().elements()];
    Converter::new(feature).convert(&picture.fit(height, width, channels), &mut out);
    out
}

/// Images of an IDX file, for prediction.
#[derive(Clone, Debug)]
pub struct IdxImages {
    source: Shape,
    shape: Shape,
    pixels: Vec<u8>,
    converter: Converter,
}

/// The images of an IDX file, plain or gzipped, which must have the shape of the training source's.
///
/// # Errors
/// If the file is no IDX file of images, or their shape is another.
pub fn read_idx_for_prediction(path: &Path, feature: &FittedFeature) -> Result<IdxImages, DataError> {
    let (source, pixels) = read_images(path)?;
    let expected = Shape::new(&feature.source_shape);
    if source != expected {
        let (expected, received) = (expected.to_string(), source.to_string());
        return Err(DataError::FeatureShape { path: path.to_owned(), expected, received });
    }
    Ok(IdxImages { source, shape: feature.shape(), pixels, converter: Converter::new(feature) })
}

impl IdxImages {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.source.elements()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The shape of what the model reads: `[height, width, channels]`.
    pub fn feature_shape(&self) -> &Shape {
        &self.shape
    }

    /// Writes the numbers of the images from `first` on, as many as fit into `out`.
    ///
    /// # Panics
    /// If `out` does not hold whole images, or there are not so many.
    pub fn gather(&self, first: usize, out: &mut [f32]) {
        let (from, to) = (self.source.elements(), self.shape.elements());
        assert_eq!(out.len() % to, 0, "whole images of {to} numbers");
        for (idx, out) in out.chunks_exact_mut(to).enumerate() {
            self.converter.convert(&self.pixels[(first + idx) * from..][..from], out);
        }
    }
}

/// The series of a file as what the model reads, one after the other: all of a `.ts` file, or the one of a CSV or WAV file.
///
/// # Errors
/// If the file cannot be read, or a series has other channels than the model's, more steps, or missing values.
pub fn read_series_for_prediction(path: &Path, feature: &FittedFeature) -> Result<Vec<f32>, DataError> {
    let (channels, rows) = read_series(path, feature.rate_hz)?;
    let [steps, expected] = feature.shape.as_slice().try_into().unwrap_or_default();
    if channels != expected {
        return Err(DataError::ChannelMismatch { path: path.to_owned(), expected, received: channels });
    }
    if let Some(longest) = rows.iter().map(|row| row.len() / channels).max().filter(|longest| *longest > steps) {
        return Err(DataError::SeriesTooLong { path: path.to_owned(), expected: steps, received: longest });
    }
    if let Some(row) = rows.iter().position(|row| row.iter().any(|number| number.is_nan())) {
        return Err(DataError::SeriesWithGaps { path: path.to_owned(), row });
    }
    let scale = feature.scale();
    let mut out = vec![0.0; rows.len() * steps * channels];
    for (row, out) in rows.iter().zip(out.chunks_exact_mut(steps * channels)) {
        scale.encode(row, out);
    }
    Ok(out)
}

/// From the bytes of a source's image to numbers.
#[derive(Clone, Debug)]
struct Converter {
    geometry: Geometry,
    encoder: Arc<Encoder>,
}

impl Converter {
    fn new(feature: &FittedFeature) -> Converter {
        Converter { geometry: feature.geometry(), encoder: feature.encoder() }
    }

    fn convert(&self, image: &[u8], out: &mut [f32]) {
        let mut prepared = Vec::new();
        self.geometry.apply(image, &mut prepared);
        self.encoder.encode_image(&prepared, out);
    }
}
