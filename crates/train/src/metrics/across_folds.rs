//! A metric over the folds of a cross-validation.

use serde::Serialize;

use super::Metric;

/// A metric over the folds of a cross-validation.
///
/// **The interval** is a 95 % t-interval on the mean with the variance corrected for overlap,
/// `s² (1/k + n_held_out / n_train)` instead of `s² / k` (Nadeau and Bengio 2003, "Inference for the generalization error",
/// section 3; k - 1 degrees of freedom). Results of folds are not independent: any two folds' models share most of their
/// training rows, and there is no unbiased estimate of the variance of their mean (Bengio and Grandvalet 2004). Treated as
/// independent, five folds give intervals that are too narrow by a third and miss their value far more often than once in
/// twenty; the correction takes the correlation between folds to be `n_held_out / (n_held_out + n_train)`. It was derived
/// for repeated random splits and is an approximation for folds; it errs on the wide side more often than not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AcrossFolds {
    /// Mean over the folds, each counting the same.
    pub mean: f64,
    /// Standard deviation over the folds (n - 1).
    pub std: f64,
    /// Lower end of the interval on the mean.
    pub lower95: f64,
    /// Upper end of the interval on the mean.
    pub upper95: f64,
    /// The least of the folds.
    pub min: f64,
    /// The greatest of the folds.
    pub max: f64,
}

/// The 97.5 % quantiles of Student's t distribution for 1 to 19 degrees of freedom: tables, to 6 decimals.
const T: [f64; 19] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157, 2.228_139,
    2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905, 2.109_816, 2.100_922, 2.093_024,
];

/// A metric's values over 2 to 20 folds; `held_out` and `train` are the rows of all folds together. Of a single fold there is no
/// interval, but the whole range of the metric. The ends stay within what the metric can be.
///
/// # Panics
/// Without a value, or with more than 20.
pub fn across_folds(metric: Metric, values: &[f64], held_out: u64, train: u64) -> AcrossFolds {
    assert!((1..=T.len() + 1).contains(&values.len()), "1 to 20 folds, received {}", values.len());
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = if metric == Metric::Perplexity { 1.0 } else { 0.0 };
    let greatest = if metric.is_unbounded() { f64::INFINITY } else { 1.0 };
    if values.len() == 1 {
        return AcrossFolds { mean, std: 0.0, lower95: least, upper95: greatest, min, max };
    }
    let variance = squares / (n - 1.0);
    let ratio = held_out as f64 / train.max(1) as f64;
    let half = T[values.len() - 2] * (variance * (1.0 / n + ratio)).sqrt();
    // Rounding must not push an end past the mean, nor a mean past its folds.
    let mean = mean.clamp(min, max);
    let (lower95, upper95) = ((mean - half).max(least).min(mean), (mean + half).min(greatest).max(mean));
    AcrossFolds { mean, std: variance.sqrt(), lower95, upper95, min, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_nadeau_and_bengio() {
        // s² = 0.00025, k = 5, n_held_out / n_train = 1/4: sqrt(s² 0.45) 2.776445.
        let values = [0.90, 0.92, 0.94, 0.91, 0.93];
        let found = across_folds(Metric::Accuracy, &values, 100, 400);
        let half = 2.776_445 * (0.000_25_f64 * 0.45).sqrt();
        assert!((found.mean - 0.92).abs() < 1e-12 && (found.std - 0.000_25_f64.sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found.lower95 - (0.92 - half)).abs() < 1e-12 && (found.upper95 - (0.92 + half)).abs() < 1e-12);
        assert_eq!((found.min, found.max), (0.90, 0.94));
        // As if independent it would be a third narrower: sqrt(0.2 / 0.45) = 2/3.
        let naive = across_folds(Metric::Accuracy, &values, 0, 400);
        assert!(((naive.upper95 - 0.92) / half - 2.0 / 3.0).abs() < 1e-6, "{naive:?}");
    }

    #[test]
    fn ends_stay_within_what_the_metric_can_be() {
        for metric in [Metric::Accuracy, Metric::Loss, Metric::CalibrationError] {
            for values in [&[1.0, 1.0][..], &[0.0, 0.0, 0.0], &[0.0, 1.0], &[0.7]] {
                let found = across_folds(metric, values, 1, 1);
                assert!(
                    0.0 <= found.lower95 && found.lower95 <= found.mean && found.mean <= found.upper95,
                    "{found:?}"
                );
                assert!(found.upper95 <= 1.0 || metric == Metric::Loss, "{found:?}");
            }
        }
    }

    #[test]
    fn quantiles_fall_towards_the_normal_one() {
        assert!(T.is_sorted_by(|a, b| a > b) && T[18] > 1.96);
    }
}
