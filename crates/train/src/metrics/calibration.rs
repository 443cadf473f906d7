use serde::Serialize;

use super::Predictions;

/// How the probability of what the model says compares with how often it is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Bins of equal width over the probability, lowest first; empty ones included.
    pub bins: Vec<CalibrationBin>,
    /// Mean distance of probability and frequency, weighted by the bins' samples (Guo et al. 2017, equation 3).
    pub expected_error: f64,
}

/// Samples whose highest probability falls into one range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Samples.
    pub samples: u64,
    /// Mean of their highest probability; 0 if empty.
    pub confidence: f64,
    /// Share of them that is right; 0 if empty.
    pub accuracy: f64,
}

/// Number of bins.
pub(super) const BINS: usize = 15;

impl Calibration {
    /// Of all predictions.
    pub fn of(predictions: &Predictions) -> Self {
        let mut sums = Sums::default();
        for sample in 0..predictions.len() {
            let predicted = predictions.predicted(sample);
            let confidence = predictions.row(sample).get(predicted).copied().unwrap_or(0.0);
            sums.add(f64::from(confidence), predictions.labels[sample] == predicted as i32);
        }
        let bins = (0..BINS)
            .map(|bin| {
                let samples = sums.samples[bin];
                let mean = |sum: f64| if samples == 0 { 0.0 } else { sum / samples as f64 };
                CalibrationBin { samples, confidence: mean(sums.confidence[bin]), accuracy: mean(sums.right[bin]) }
            })
            .collect();
        Calibration { bins, expected_error: sums.expected_error() }
    }
}

/// Sums by bin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    samples: [u64; BINS],
    confidence: [f64; BINS],
    right: [f64; BINS],
}

impl Sums {
    pub(super) fn add(&mut self, confidence: f64, is_right: bool) {
        // A bin holds its upper edge, as in the paper; a NaN counts as confidence 0.
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        self.samples[bin] += 1;
        self.confidence[bin] += if confidence.is_nan() { 0.0 } else { confidence };
        self.right[bin] += f64::from(u8::from(is_right));
    }

    pub(super) fn expected_error(&self) -> f64 {
        let total: u64 = self.samples.iter().sum();
        if total == 0 {
            return 0.0;
        }
        let gap: f64 = (0..BINS).map(|bin| (self.confidence[bin] - self.right[bin]).abs()).sum();
        gap / total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_gaps() {
        let predictions = Predictions {
            classes: 2,
            probabilities: vec![0.9, 0.1, 0.9, 0.1, 0.4, 0.6, 0.0, 1.0],
            losses: vec![0.0; 4],
            labels: vec![0, 1, 1, 1],
            ..Predictions::default()
        };
        let calibration = Calibration::of(&predictions);
        // 0.9 twice, once right: 0.8 of two samples; 0.6 right: 0.4; 1.0 right: 0.
        assert!((calibration.expected_error - (0.8 + 0.4) / 4.0).abs() < 1e-6, "{calibration:?}");
        assert_eq!(calibration.bins.iter().map(|bin| bin.samples).sum::<u64>(), 4);
        assert_eq!(calibration.bins[14].samples, 1);
    }
}
