//! Series before a model sees them: values by channel, padding at the end.

use super::{FittedFeature, FittedStep};
use crate::profile::FeaturesProfile;
use crate::series::{Series, Spread};
use crate::spec::{FeatureSpec, FeatureType, PreprocessSpec};

/// From a series to the numbers that the model reads: `(x - mean) / std` in f32, by channel, where it is standardised; 0 in
/// the steps that it does not have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    channels: usize,
    /// Mean and standard deviation of each channel; empty where values stay as they are.
    moments: Vec<(f32, f32)>,
}

impl Scale {
    /// # Panics
    /// If the series is longer than `out`.
    pub(crate) fn encode(&self, series: &[f32], out: &mut [f32]) {
        let (steps, padding) = out.split_at_mut(series.len());
        padding.fill(0.0);
        steps.copy_from_slice(series);
        if !self.moments.is_empty() {
            for step in steps.chunks_exact_mut(self.channels) {
                for (number, (mean, std)) in step.iter_mut().zip(&self.moments) {
                    *number = (*number - mean) / std;
                }
            }
        }
    }
}

impl FittedFeature {
    /// Fits the steps to these rows.
    pub(crate) fn fit_series(spec: &FeatureSpec, series: &Series, train: &[u32]) -> FittedFeature {
        let shape = series.extents();
        let mut steps = Vec::new();
        if spec.preprocess.contains(&PreprocessSpec::Standardize) {
            let moments = (0..series.channels()).map(|channel| {
                let spread = Spread::of(channel_of(series, train, channel));
                // Rounded to f32 here, so that what is stored is what is computed with.
                let round = |number: f64| f64::from(number as f32);
                let std = round(spread.std());
                (round(spread.mean), if std > 0.0 { std } else { 1.0 })
            });
            let (mean, std) = moments.unzip();
            steps.push(FittedStep::Standardize { mean, std });
        }
        let tokens = series.tokens().cloned();
        let kind = if tokens.is_some() { FeatureType::Tokens } else { FeatureType::Series };
        let (name, rate_hz) = (spec.name.clone(), series.rate_hz());
        FittedFeature { name, kind, source_shape: shape.clone(), shape, steps, tokens, rate_hz }
    }

    /// What becomes of the values of each channel.
    pub(crate) fn scale(&self) -> Scale {
        let channels = self.shape.get(1).copied().unwrap_or(1);
        let mut moments = Vec::new();
        for step in &self.steps {
            if let FittedStep::Standardize { mean, std } = step {
                moments = mean.iter().zip(std).map(|(mean, std)| (*mean as f32, *std as f32)).collect();
            }
        }
        Scale { channels, moments }
    }

    /// The statistics of the numbers that these rows become, padding apart.
    pub(crate) fn profile_series(&self, blocks: &[(&Series, &[u32])]) -> FeaturesProfile {
        let scale = self.scale();
        let mut spread = Spread::EMPTY;
        let mut out = Vec::new();
        for (series, rows) in blocks {
            for row in *rows {
                let numbers = series.row(*row);
                out.resize(numbers.len(), 0.0);
                scale.encode(numbers, &mut out);
                spread = spread.and(Spread::of(out.iter().map(|number| f64::from(*number))));
            }
        }
        FeaturesProfile {
            rows: blocks.iter().map(|(_, rows)| rows.len() as u64).sum(),
            shape: self.shape.clone(),
            min: spread.min_or_zero(),
            max: spread.max_or_zero(),
            mean: spread.mean,
            std: spread.std(),
        }
    }
}

/// The values of one channel of these rows, in their order.
fn channel_of<'a>(series: &'a Series, rows: &'a [u32], channel: usize) -> impl Iterator<Item = f64> + Clone + 'a {
    let channels = series.channels();
    rows.iter().flat_map(move |row| series.row(*row).iter().skip(channel).step_by(channels)).map(|x| f64::from(*x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use std::path::Path;

    fn series() -> Series {
        let mut series = Series::new(3, 2);
        for row in [&[1.0, 7.0, 3.0, 7.0][..], &[5.0, 7.0, 7.0, 7.0, 4.0, 7.0], &[100.0, 0.0]] {
            series.push(row);
        }
        series
    }

    fn spec(preprocess: Vec<PreprocessSpec>) -> FeatureSpec {
        FeatureSpec { name: "series".to_owned(), kind: FeatureType::Series, preprocess, augment: vec![] }
    }

    #[test]
    fn standardizing_is_by_channel_on_the_steps_there_are_and_padding_is_zero() {
        let fitted = FittedFeature::fit_series(&spec(vec![PreprocessSpec::Standardize]), &series(), &[0, 1]);
        // The values of the first channel are 1, 3, 5, 7, 4; the second does not vary.
        let expected = FittedStep::Standardize { mean: vec![4.0, 7.0], std: vec![2.0, 1.0] };
        assert_eq!(fitted.steps, [expected]);
        let set = Dataset::of_series(Path::new("set"), series(), [Some(0); 3]).unwrap();
        let mut out = [9.0; 6];
        fitted.encoder().encode(&set, 0, &mut out);
        assert_eq!(out, [-1.5, 0.0, -0.5, 0.0, 0.0, 0.0]);
        let profile = fitted.profile_series(&[(&series(), &[0, 1])]);
        assert_eq!((profile.rows, profile.min, profile.max), (2, -1.5, 1.5));
        assert!(profile.mean.abs() < 1e-15, "{}", profile.mean);
    }

    #[test]
    fn what_was_fitted_to_series_survives_json_and_plain_series_stay_as_they_are() {
        let fitted = FittedFeature::fit_series(&spec(vec![]), &series(), &[0]);
        let json = serde_json::to_string(&fitted).unwrap();
        assert_eq!(serde_json::from_str::<FittedFeature>(&json).unwrap(), fitted);
        assert!(json.contains(r#""type":"series""#), "{json}");
        let mut out = [9.0; 6];
        fitted.scale().encode(&[1.0, 2.0], &mut out);
        assert_eq!(out, [1.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
