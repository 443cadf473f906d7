//! What is measured on predictions: one file a metric family, one visible list ([`Metric`]), each with its interval.

mod across_folds;
mod bootstrap;
mod calibration;
mod confusion;
mod embeddings;
mod interval;
mod paired;
mod sequences;
mod verification;

pub use across_folds::{AcrossFolds, across_folds};
pub use calibration::{Calibration, CalibrationBin};
pub use confusion::Confusion;
pub(crate) use embeddings::nearest_other;
pub use interval::{Estimate, Method, wilson};
pub use paired::{Paired, PairedDifference};
pub use sequences::{Reading, edit_distance};
pub use verification::{Thresholds, verification_threshold};

use std::ops::Range;

use proofmark_tensor::math;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bootstrap::Resamples;

/// A metric of classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of samples whose most probable class is the right one; where a sample has a class for each step, of steps. Of
    /// embeddings, the class of the nearest other sample (of all, or of 2,048 that are drawn) is the most probable one, here and in
    /// what follows. Of sequences of labels: labels less errors, of each sample at least 0, over labels. Interval: Wilson; of steps
    /// and sequences bootstrap, since labels of one sample are not independent.
    Accuracy,
    /// Mean, over the classes that are actual or predicted at least once, of (right among those predicted as the class); 0
    /// for a class that is never predicted. Interval: bootstrap.
    Precision,
    /// Mean, over the same classes, of (found among those of the class). Interval: bootstrap.
    Recall,
    /// Mean, over the same classes, of 2 precision recall / (precision + recall). Interval: bootstrap.
    F1,
    /// Mean of the loss that training lowers, without penalties; over steps where a sample has a class for each. Interval:
    /// bootstrap.
    Loss,
    /// e to the loss: over how many classes, were all as probable, a model would be as uncertain (Jelinek and others 1977). Interval:
    /// bootstrap.
    Perplexity,
    /// Expected calibration error over 15 bins of equal width (Guo et al. 2017, section 2). Interval: bootstrap.
    CalibrationError,
    /// Of embeddings: share of pairs of samples that are rightly said to be of one class or of two, by whether their distance is at most
    /// a threshold, which is the best one for pairs of validation. 5,000 pairs of one class and 5,000 of two are drawn by the seed; always
    /// saying the same gives 0.5. Interval: bootstrap, of samples.
    VerificationAccuracy,
    /// Of embeddings: how many pairs of two classes are taken for one where as many of one class are taken for two (the thresholds'
    /// false acceptance and false rejection rates meet), between two pairs by a straight line. Interval: bootstrap, of samples.
    EqualErrorRate,
    /// Of embeddings: how often a pair of one class is nearer than a pair of two, equal distances counting one half (the area under the
    /// ROC curve). Interval: bootstrap, of samples.
    VerificationAuc,
    /// Of sequences of labels that are read: how many labels must be put in, taken out or replaced, over all samples, to make the right
    /// ones of those read (edit distance), over the number of right ones. Reading nothing gives 1; labels that are not there can make it
    /// more. Interval: bootstrap, of samples.
    LabelErrorRate,
    /// The confusion matrix, which the report shows; it has no single value.
    Confusion,
}

impl Metric {
    /// All metrics.
    pub const ALL: &'static [Metric] = &[
        Metric::Accuracy,
        Metric::Precision,
        Metric::Recall,
        Metric::F1,
        Metric::Loss,
        Metric::Perplexity,
        Metric::CalibrationError,
        Metric::VerificationAccuracy,
        Metric::EqualErrorRate,
        Metric::VerificationAuc,
        Metric::LabelErrorRate,
        Metric::Confusion,
    ];

    /// The name in specs, criteria and reports.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::Precision => "precision",
            Metric::Recall => "recall",
            Metric::F1 => "f1",
            Metric::Loss => "loss",
            Metric::Perplexity => "perplexity",
            Metric::CalibrationError => "calibration_error",
            Metric::VerificationAccuracy => "verification_accuracy",
            Metric::EqualErrorRate => "equal_error_rate",
            Metric::VerificationAuc => "verification_auc",
            Metric::LabelErrorRate => "label_error_rate",
            Metric::Confusion => "confusion",
        }
    }

    /// Whether it is a number from 0 on; the others are proportions.
    pub fn is_unbounded(self) -> bool {
        matches!(self, Metric::Loss | Metric::Perplexity | Metric::LabelErrorRate)
    }

    /// Whether larger values are better.
    pub fn is_higher_better(self) -> bool {
        !matches!(
            self,
            Metric::Loss
                | Metric::Perplexity
                | Metric::CalibrationError
                | Metric::EqualErrorRate
                | Metric::LabelErrorRate
        )
    }

    /// Whether it is of pairs of samples, which only embeddings have.
    pub fn is_of_pairs(self) -> bool {
        matches!(self, Metric::VerificationAccuracy | Metric::EqualErrorRate | Metric::VerificationAuc)
    }

    /// Whether sequences of labels that are read from samples have it.
    pub fn is_of_sequences(self) -> bool {
        matches!(self, Metric::Accuracy | Metric::Loss | Metric::LabelErrorRate)
    }
}

/// What a model said about labelled samples: a row each, or one for each step of a sample whose class is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    /// Number of classes, at least 1.
    pub classes: usize,
    /// Probabilities, `classes` a row.
    pub probabilities: Vec<f32>,
    /// The loss of each row: the one that training lowers, without penalties. Of steps the mean over their sample's.
    pub losses: Vec<f32>,
    /// The right class of each row.
    pub labels: Vec<i32>,
    /// Where each sample's rows end; empty where every sample has one row.
    pub ends: Vec<usize>,
    /// What a model of embeddings gave, as many numbers a row; otherwise empty. Probabilities are then 1 for the class of the nearest
    /// other sample.
    pub embeddings: Vec<f32>,
    /// Of a model that reads a sequence of labels from each sample, one a sample, as `losses` then are; there are no rows. Otherwise empty.
    pub readings: Vec<Reading>,
}

impl Predictions {
    /// Of samples with `width` labels each: rows for those steps whose label is not missing (-1). A sample has one loss.
    pub fn of_steps(classes: usize, width: usize, probabilities: &[f32], losses: &[f32], labels: &[i32]) -> Self {
        let mut all = Predictions { classes, ..Predictions::default() };
        let rows = probabilities.chunks_exact(classes.max(1)).zip(labels).enumerate();
        for (position, (row, label)) in rows {
            if *label >= 0 {
                all.probabilities.extend_from_slice(row);
                all.losses.push(losses[position / width]);
                all.labels.push(*label);
            }
            if position % width == width - 1 {
                all.ends.push(all.labels.len());
            }
        }
        all
    }

    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        match (self.readings.len(), self.ends.len()) {
            (0, 0) => self.len(),
            (0, ends) => ends,
            (readings, _) => readings,
        }
    }

    /// The rows of a sample.
    pub fn rows_of(&self, sample: usize) -> Range<usize> {
        match self.ends.get(sample) {
            Some(end) => sample.checked_sub(1).map_or(0, |before| self.ends[before])..*end,
            None => sample..sample + 1,
        }
    }

    /// The sample that a row is of.
    pub fn sample_of(&self, row: usize) -> usize {
        if self.ends.is_empty() { row } else { self.ends.partition_point(|end| *end <= row) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.readings.is_empty()
    }

    /// The probabilities of a row.
    pub fn row(&self, sample: usize) -> &[f32] {
        &self.probabilities[sample * self.classes..(sample + 1) * self.classes]
    }

    /// The most probable class of a row, the first of equals.
    pub fn predicted(&self, sample: usize) -> usize {
        most_probable(self.row(sample))
    }

    /// The loss of a row.
    pub fn loss(&self, sample: usize) -> f64 {
        f64::from(self.losses[sample])
    }

    /// Mean of the losses of all rows, summed in f64 in their order; of sequences over labels; NaN of none.
    pub fn mean_loss(&self) -> f64 {
        if let (false, Some(loss)) = (self.readings.is_empty(), sequences::value(Metric::Loss, self)) {
            return loss;
        }
        self.losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / self.losses.len() as f64
    }

    /// Share of the rows that is right, of sequences [`Metric::Accuracy`]; NaN of none.
    pub fn accuracy(&self) -> f64 {
        if let (false, Some(accuracy)) = (self.readings.is_empty(), sequences::value(Metric::Accuracy, self)) {
            return accuracy;
        }
        let right = (0..self.len()).filter(|sample| self.predicted(*sample) as i32 == self.labels[*sample]);
        right.count() as f64 / self.len() as f64
    }
}

/// The index of the largest value, the first of equals; NaN never wins against a number.
pub fn most_probable(row: &[f32]) -> usize {
    let mut best = 0;
    for (idx, value) in row.iter().enumerate() {
        if *value > row[best] || row[best].is_nan() && !value.is_nan() {
            best = idx;
        }
    }
    best
}

/// A metric's value, with what a model that always says the most frequent class would reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Which metric.
    pub metric: Metric,
    /// Value and 95 % interval.
    pub estimate: Estimate,
    /// The baseline's value, where the metric is defined for it.
    pub baseline: Option<f64>,
    /// Value minus baseline, with its paired bootstrap interval.
    pub gain: Option<Estimate>,
}

/// Accuracy within one slice of the samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SliceResult {
    /// What the samples are sliced by: the target's name.
    pub by: String,
    /// The slice's value: the class's name.
    pub value: String,
    /// Samples in it.
    pub samples: u64,
    /// Share of them that is right, with its Wilson interval.
    pub accuracy: Estimate,
}

/// A sample that the model got wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mistake {
    /// The sample's row in the evaluated set.
    pub row: usize,
    /// The right class.
    pub actual: usize,
    /// The class that the model said.
    pub predicted: usize,
    /// The probability that the model gave to what it said.
    pub probability: f32,
}

/// Everything that is measured on one reading of a set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Samples.
    pub samples: u64,
    /// The metrics that were asked for, in the order of [`Metric::ALL`].
    pub metrics: Vec<Measured>,
    /// What pairs were judged by, where any were asked for.
    pub thresholds: Option<Thresholds>,
    /// Counts of (actual, predicted).
    pub confusion: Confusion,
    /// Accuracy by class of the target.
    pub slices: Vec<SliceResult>,
    /// How probabilities compare with frequencies.
    pub calibration: Calibration,
    /// The worst mistakes: those with the highest probability first, then by row.
    pub mistakes: Vec<Mistake>,
}

/// How an evaluation is made.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationOptions<'a> {
    /// Which metrics.
    pub metrics: &'a [Metric],
    /// The target's name, for slices; `None` for no slices.
    pub slice_by: Option<&'a str>,
    /// Names of the classes.
    pub classes: &'a [String],
    /// The class that the baseline always says: the most frequent of the training set.
    pub majority_class: usize,
    /// Seed of the bootstrap, and of the pairs that verification draws.
    pub seed: u64,
    /// The distance up to which two samples are taken for one class ([`verification_threshold`] of validation); `None` where it is to be
    /// chosen on what is measured.
    pub threshold: Option<f64>,
    /// How many mistakes to keep.
    pub max_mistakes: usize,
}

/// A metric's value alone, without an interval; `None` of [`Metric::Confusion`], which has none, of pairs, and of no samples.
pub fn value(metric: Metric, predictions: &Predictions) -> Option<f64> {
    let confusion = || Confusion::count(predictions, |sample| predictions.predicted(sample));
    if predictions.is_empty() {
        return None;
    }
    if !predictions.readings.is_empty() {
        return sequences::value(metric, predictions);
    }
    Some(match metric {
        Metric::Accuracy => confusion().accuracy(),
        Metric::Precision => confusion().macro_precision(),
        Metric::Recall => confusion().macro_recall(),
        Metric::F1 => confusion().macro_f1(),
        Metric::Loss => predictions.mean_loss(),
        Metric::Perplexity => math::exp_f64(predictions.mean_loss()),
        Metric::CalibrationError => Calibration::of(predictions).expected_error,
        Metric::VerificationAccuracy
        | Metric::EqualErrorRate
        | Metric::VerificationAuc
        | Metric::LabelErrorRate
        | Metric::Confusion => return None,
    })
}

/// Measures predictions. All sums are in f64, in the order of the samples; the bootstrap draws from the counter-based
/// generator: the same predictions give the same bits.
pub fn evaluate(predictions: &Predictions, options: &EvaluationOptions<'_>) -> Evaluation {
    if !predictions.readings.is_empty() {
        return of_sequences(predictions, options);
    }
    let confusion = Confusion::count(predictions, |sample| predictions.predicted(sample));
    let baseline = Confusion::count(predictions, |_| options.majority_class);
    let resamples = Resamples::draw(predictions, options.majority_class, options.seed);
    let mut metrics = Vec::new();
    let (of_pairs, thresholds) = verification::measure(predictions, options).unzip();
    for &metric in Metric::ALL {
        if metric.is_of_pairs() {
            let Some([accuracy, equal_error, auc]) = of_pairs.filter(|_| options.metrics.contains(&metric)) else {
                continue;
            };
            let estimate = match metric {
                Metric::VerificationAccuracy => accuracy,
                Metric::EqualErrorRate => equal_error,
                _ => auc,
            };
            metrics.push(Measured { metric, estimate, baseline: None, gain: None });
        } else if !matches!(metric, Metric::Confusion | Metric::LabelErrorRate)
            && options.metrics.contains(&metric)
            && !predictions.is_empty()
        {
            metrics.push(measure(metric, predictions, &confusion, &baseline, &resamples));
        }
    }
    Evaluation {
        samples: predictions.n_samples() as u64,
        metrics,
        slices: options.slice_by.map_or_else(Vec::new, |by| slices(predictions, &confusion, &resamples, by, options)),
        thresholds,
        calibration: Calibration::of(predictions),
        mistakes: mistakes(predictions, options.max_mistakes),
        confusion,
    }
}

/// Sequences have no classes of rows: no confusion of them, no slices, no probability to be calibrated.
fn of_sequences(predictions: &Predictions, options: &EvaluationOptions<'_>) -> Evaluation {
    Evaluation {
        samples: predictions.n_samples() as u64,
        metrics: sequences::measure(predictions, options.metrics, options.seed),
        thresholds: None,
        confusion: Confusion::empty(0),
        slices: Vec::new(),
        calibration: Calibration::of(&Predictions::default()),
        mistakes: Vec::new(),
    }
}

fn measure(
    metric: Metric,
    predictions: &Predictions,
    confusion: &Confusion,
    baseline: &Confusion,
    resamples: &Resamples,
) -> Measured {
    let of_counts = |counts: &Confusion| match metric {
        Metric::Accuracy => counts.accuracy(),
        Metric::Precision => counts.macro_precision(),
        Metric::Recall => counts.macro_recall(),
        Metric::F1 => counts.macro_f1(),
        _ => 0.0,
    };
    match metric {
        Metric::Accuracy | Metric::Precision | Metric::Recall | Metric::F1 => {
            let value = of_counts(confusion);
            let estimate = if metric == Metric::Accuracy && predictions.ends.is_empty() {
                wilson(confusion.right(), confusion.total())
            } else {
                resamples.interval(value, |resample| of_counts(&resample.confusion))
            };
            let gain = value - of_counts(baseline);
            let gain =
                resamples.interval(gain, |resample| of_counts(&resample.confusion) - of_counts(&resample.baseline));
            Measured { metric, estimate, baseline: Some(of_counts(baseline)), gain: Some(gain) }
        }
        Metric::Loss => {
            let estimate = resamples.interval(predictions.mean_loss(), |resample| resample.loss);
            Measured { metric, estimate, baseline: None, gain: None }
        }
        Metric::Perplexity => {
            let value = math::exp_f64(predictions.mean_loss());
            let estimate = resamples.interval(value, |resample| math::exp_f64(resample.loss));
            Measured { metric, estimate, baseline: None, gain: None }
        }
        // Those of pairs and of sequences are measured by their own files.
        Metric::CalibrationError
        | Metric::VerificationAccuracy
        | Metric::EqualErrorRate
        | Metric::VerificationAuc
        | Metric::LabelErrorRate
        | Metric::Confusion => {
            let value = Calibration::of(predictions).expected_error;
            let estimate = resamples.interval(value, |resample| resample.calibration_error);
            Measured { metric, estimate, baseline: None, gain: None }
        }
    }
}

fn slices(
    predictions: &Predictions,
    confusion: &Confusion,
    resamples: &Resamples,
    by: &str,
    options: &EvaluationOptions<'_>,
) -> Vec<SliceResult> {
    let share = |counts: &Confusion, class: usize| counts.get(class, class) as f64 / counts.actual(class).max(1) as f64;
    options
        .classes
        .iter()
        .enumerate()
        .map(|(class, name)| {
            let samples = confusion.actual(class);
            SliceResult {
                by: by.to_owned(),
                value: name.clone(),
                samples,
                accuracy: if predictions.ends.is_empty() {
                    wilson(confusion.get(class, class), samples)
                } else {
                    resamples.interval(share(confusion, class), |resample| share(&resample.confusion, class))
                },
            }
        })
        .filter(|slice| slice.samples > 0)
        .collect()
}

fn mistakes(predictions: &Predictions, most: usize) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = (0..predictions.len())
        .filter_map(|row| {
            let (actual, predicted) = (predictions.labels[row] as usize, predictions.predicted(row));
            let probability = predictions.row(row)[predicted];
            let row = predictions.sample_of(row);
            (actual != predicted).then_some(Mistake { row, actual, predicted, probability })
        })
        .collect();
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.row.cmp(&b.row)));
    mistakes.truncate(most);
    mistakes
}
