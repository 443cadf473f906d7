//! What a cross-validation claims, and the result of a fold as the folder of a run keeps it.

use std::collections::BTreeMap;

use proofmark_data::{FoldKind, PreparedSet};
use proofmark_evidence::Digest;
use proofmark_train::StopReason;
use proofmark_train::cross_validation::FoldTrained;
use proofmark_train::metrics::{Evaluation, Metric, Predictions, across_folds, value};
use serde::{Deserialize, Serialize};

use crate::claims::{EstimateClaims, Number};

/// `eval.cross_validation`: every fold, and each metric over all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CrossValidationClaims {
    pub(crate) kind: FoldKind,
    /// Rows that were held out once.
    pub(crate) rows: u64,
    /// In their order.
    pub(crate) folds: Vec<FoldClaims>,
    /// In the order of [`Metric::ALL`].
    pub(crate) metrics: BTreeMap<Metric, CrossValidatedClaims>,
}

/// A fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoldClaims {
    /// What its training gave.
    pub(crate) trained: FoldResult,
    /// Each metric on its held-out rows.
    pub(crate) metrics: BTreeMap<Metric, Number>,
}

/// A metric over the folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CrossValidatedClaims {
    /// Mean over the folds.
    pub(crate) value: Number,
    /// Ends of its interval, corrected for what folds share ([`AcrossFolds`](proofmark_train::metrics::AcrossFolds)).
    pub(crate) lower95: Number,
    pub(crate) upper95: Number,
    /// Standard deviation over the folds.
    pub(crate) std: Number,
    pub(crate) min: Number,
    pub(crate) max: Number,
    /// Of all held-out rows taken together, each with the prediction of the fold that did not see it.
    pub(crate) out_of_fold: EstimateClaims,
}

/// A metric's mean over the folds, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverFolds {
    /// Which metric.
    pub metric: Metric,
    /// Mean over the folds.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub lower95: f64,
    /// Upper end of it.
    pub upper95: f64,
}

/// What the training of a fold gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldResult {
    /// The fold, from 1.
    pub fold: u32,
    /// Rows that trained.
    pub train_rows: u64,
    /// Rows that its epochs were judged by.
    pub validation_rows: u64,
    /// Rows that it was measured on.
    pub held_out_rows: u64,
    /// Complete epochs.
    pub epochs: u32,
    /// The epoch of the model's parameters, from 1.
    pub best_epoch: u32,
    /// Whether early stopping ended it.
    pub stopped_early: bool,
    /// SHA-256 of the model's parameters.
    pub parameters: String,
    /// SHA-256 of what the model said about the held-out rows: probabilities, then losses, as little-endian f32.
    pub predictions: String,
}

impl FoldResult {
    pub(crate) fn new(fold: u32, train: &PreparedSet, validation: &PreparedSet, trained: &FoldTrained) -> FoldResult {
        FoldResult {
            fold,
            train_rows: train.len() as u64,
            validation_rows: validation.len() as u64,
            held_out_rows: trained.predictions.len() as u64,
            epochs: trained.epochs,
            best_epoch: trained.best_epoch,
            stopped_early: trained.reason == StopReason::EarlyStopping,
            parameters: trained.parameters_digest.clone(),
            predictions: Digest::of(&bytes_of(&trained.predictions)).to_string(),
        }
    }
}

/// The result of a fold with its predictions, as a file keeps it: a line of JSON, then the predictions' bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedFold {
    pub(crate) head: FoldHead,
    pub(crate) predictions: Predictions,
}

/// The first line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoldHead {
    /// The digest of all that decides the fold.
    pub(crate) training: String,
    /// Columns of the probabilities.
    pub(crate) classes: usize,
    pub(crate) result: FoldResult,
    /// How long it took.
    pub(crate) seconds: f64,
}

impl SavedFold {
    /// The file's bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.head).expect("text keys and a finite number of seconds");
        bytes.push(b'\n');
        bytes.extend(bytes_of(&self.predictions));
        bytes
    }

    /// The fold in a file, if it is whole and that of this training; `labels` are those of the held-out rows.
    pub(crate) fn decode(bytes: &[u8], training: &str, labels: &[i32]) -> Option<SavedFold> {
        let (head, body) = FoldHead::split(bytes)?;
        let n_probabilities = head.classes.checked_mul(labels.len())?;
        if head.training != training || body.len() != 4 * n_probabilities.checked_add(labels.len())? {
            return None;
        }
        if Digest::of(body).to_string() != head.result.predictions {
            return None;
        }
        let numbers = body.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let (probabilities, losses): (Vec<_>, Vec<_>) =
            numbers.enumerate().partition(|(idx, _)| *idx < n_probabilities);
        let plain = |numbers: Vec<(usize, f32)>| numbers.into_iter().map(|(_, number)| number).collect();
        let (probabilities, losses) = (plain(probabilities), plain(losses));
        let (classes, labels) = (head.classes, labels.to_vec());
        let predictions = Predictions { classes, probabilities, losses, labels, ..Predictions::default() };
        Some(SavedFold { head, predictions })
    }
}

impl FoldHead {
    /// Head and predictions' bytes of a file.
    pub(crate) fn split(bytes: &[u8]) -> Option<(FoldHead, &[u8])> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        Some((serde_json::from_slice(&bytes[..end]).ok()?, &bytes[end + 1..]))
    }
}

fn bytes_of(predictions: &Predictions) -> Vec<u8> {
    let numbers = predictions.probabilities.iter().chain(&predictions.losses);
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

/// What is claimed of these folds; `whole` is what was measured on all of their predictions together.
pub(crate) fn claims_of(kind: FoldKind, folds: &[SavedFold], whole: &Evaluation) -> CrossValidationClaims {
    let measured: Vec<Metric> = whole.metrics.iter().map(|measured| measured.metric).collect();
    let of_fold = |fold: &SavedFold| FoldClaims {
        trained: fold.head.result.clone(),
        metrics: measured
            .iter()
            .filter_map(|metric| Some((*metric, value(*metric, &fold.predictions)?.into())))
            .collect(),
    };
    let mut claims = CrossValidationClaims {
        kind,
        rows: whole.samples,
        folds: folds.iter().map(of_fold).collect(),
        metrics: BTreeMap::new(),
    };
    for measured in &whole.metrics {
        let estimate = &measured.estimate;
        let out_of_fold = EstimateClaims {
            value: estimate.value.into(),
            lower95: estimate.lower95.into(),
            upper95: estimate.upper95.into(),
        };
        if let Some(over_folds) = claims.over_folds(measured.metric, out_of_fold) {
            claims.metrics.insert(measured.metric, over_folds);
        }
    }
    claims
}

impl CrossValidationClaims {
    /// A metric over the folds, from what each of them claims; `None` if one of them lacks it.
    fn over_folds(&self, metric: Metric, out_of_fold: EstimateClaims) -> Option<CrossValidatedClaims> {
        let values: Option<Vec<f64>> =
            self.folds.iter().map(|fold| fold.metrics.get(&metric).map(|number| number.0)).collect();
        let values = values.filter(|values| (1..=20).contains(&values.len()))?;
        let rows = |of: fn(&FoldResult) -> u64| self.folds.iter().map(|fold| of(&fold.trained)).sum();
        let over = across_folds(metric, &values, rows(|fold| fold.held_out_rows), rows(|fold| fold.train_rows));
        Some(CrossValidatedClaims {
            value: over.mean.into(),
            lower95: over.lower95.into(),
            upper95: over.upper95.into(),
            std: over.std.into(),
            min: over.min.into(),
            max: over.max.into(),
            out_of_fold,
        })
    }

    /// Each metric over the folds.
    pub(crate) fn results(&self) -> Vec<OverFolds> {
        let of = |(metric, claims): (&Metric, &CrossValidatedClaims)| OverFolds {
            metric: *metric,
            value: claims.value.0,
            lower95: claims.lower95.0,
            upper95: claims.upper95.0,
        };
        self.metrics.iter().map(of).collect()
    }

    /// Whether what is said of all folds follows from what is said of each.
    pub(crate) fn follows(&self) -> bool {
        let rows: u64 = self.folds.iter().map(|fold| fold.trained.held_out_rows).sum();
        let numbered = (1..).zip(&self.folds).all(|(number, fold)| fold.trained.fold == number);
        rows == self.rows
            && numbered
            && self
                .metrics
                .iter()
                .all(|(metric, over)| self.over_folds(*metric, over.out_of_fold.clone()).as_ref() == Some(over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> SavedFold {
        let predictions = Predictions {
            classes: 2,
            probabilities: vec![0.75, 0.25, 0.5, 0.5, 0.1, 0.9],
            losses: vec![0.3, 0.7, f32::MIN_POSITIVE],
            labels: vec![0, 1, 1],
            ..Predictions::default()
        };
        let trained = FoldTrained {
            predictions: predictions.clone(),
            epochs: 3,
            best_epoch: 2,
            reason: StopReason::EarlyStopping,
            parameters_digest: "ab".to_owned(),
        };
        let result = FoldResult {
            fold: 2,
            train_rows: 6,
            validation_rows: 0,
            held_out_rows: 3,
            epochs: trained.epochs,
            best_epoch: trained.best_epoch,
            stopped_early: true,
            parameters: trained.parameters_digest.clone(),
            predictions: Digest::of(&bytes_of(&predictions)).to_string(),
        };
        let head = FoldHead { training: "t".to_owned(), classes: 2, result, seconds: 1.5 };
        SavedFold { head, predictions }
    }

    #[test]
    fn a_fold_is_read_as_it_was_written_or_not_at_all() {
        let (fold, labels) = (saved(), [0, 1, 1]);
        let bytes = fold.encode();
        assert_eq!(SavedFold::decode(&bytes, "t", &labels), Some(fold));
        assert_eq!(SavedFold::decode(&bytes, "another training", &labels), None);
        assert_eq!(SavedFold::decode(&bytes, "t", &labels[..2]), None);
        let start = bytes.iter().position(|byte| *byte == b'\n').expect("a head") + 1;
        for at in start..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert_eq!(SavedFold::decode(&altered, "t", &labels), None, "byte {at}");
        }
        for length in 0..bytes.len() {
            assert_eq!(SavedFold::decode(&bytes[..length], "t", &labels), None, "{length} bytes");
        }
    }
}
