//! What a batch is compared with, in the form in which its loss wants it.

use std::ops::Range;

use proofmark_data::PreparedSet;
use proofmark_engine::Feed;
use proofmark_model::losses::{Loss, LossTarget, steps_needed};
use proofmark_model::{CheckedModel, Target};
use proofmark_tensor::Shape;

use crate::predict::PredictError;

/// Labels of classes as the loss reads them: as they are (one a sample, or one for each of its steps), as 0 or 1 for the single
/// output of two classes, or as a row with a 1 at the class (one-hot). Sequences that are to be read get as many as the model has steps,
/// with -1 behind their end. Its memory is allocated once.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    target: LossTarget,
    outputs: usize,
    width: usize,
    labels: Vec<i32>,
    numbers: Vec<f32>,
}

impl Targets {
    /// For batches of at most `samples` samples, compared with predictions of this shape.
    pub(crate) fn new(loss: &Loss, predictions: &Shape, samples: usize) -> Targets {
        let (target, outputs) = (loss.target(), predictions.elements());
        let (width, numbers) = match target {
            LossTarget::Class | LossTarget::Sequence => (outputs / predictions.last(), 0),
            LossTarget::Embedding => (1, 0),
            LossTarget::Binary | LossTarget::Number => (1, samples * outputs),
        };
        Targets { target, outputs, width, labels: vec![0; samples * width], numbers: vec![0.0; numbers] }
    }

    /// How many labels a sample has.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Takes the labels of these samples.
    pub(crate) fn fill_from(&mut self, set: &PreparedSet, rows: &[u32]) {
        let (width, missing) = (self.width, self.width.saturating_sub(set.label_width()));
        // More than `width` are none of a sequence that was checked: they are missing ones.
        let labels = |row: &u32| {
            let labels = set.labels_of(*row);
            labels[..labels.len().min(width)].iter().copied().chain(std::iter::repeat_n(-1, missing))
        };
        self.fill(rows.iter().flat_map(labels));
    }

    /// Takes the labels of a batch.
    pub(crate) fn fill(&mut self, labels: impl Iterator<Item = i32>) {
        for (to, label) in self.labels.iter_mut().zip(labels) {
            *to = label;
        }
        if self.numbers.is_empty() {
            return;
        }
        for (row, label) in self.numbers.chunks_exact_mut(self.outputs).zip(&self.labels) {
            match row {
                [only] => *only = *label as f32,
                row => row.iter_mut().zip(0..).for_each(|(to, class)| *to = f32::from(class == *label)),
            }
        }
    }

    /// The labels of the first samples.
    pub(crate) fn labels(&self, n: usize) -> &[i32] {
        &self.labels[..n * self.width]
    }

    /// The labels of a part of the samples.
    pub(crate) fn labels_of(&self, part: Range<usize>) -> &[i32] {
        &self.labels[part.start * self.width..part.end * self.width]
    }

    /// What is fed for a part of the samples.
    pub(crate) fn feed(&self, part: Range<usize>) -> Feed<'_> {
        match self.target {
            LossTarget::Class | LossTarget::Embedding | LossTarget::Sequence => Feed::I32(self.labels_of(part)),
            LossTarget::Binary | LossTarget::Number => {
                Feed::F32(&self.numbers[part.start * self.outputs..part.end * self.outputs])
            }
        }
    }
}

/// How many labels of a sample count: all but those that are missing.
pub(crate) fn counted(labels: &[i32]) -> usize {
    labels.iter().filter(|label| **label >= 0).count()
}

/// Refuses samples with another number of labels than the model has predictions for; sequences that its steps have no room for.
///
/// # Errors
/// [`PredictError::Steps`], [`PredictError::SequenceTooLong`]
pub fn check_steps(model: &CheckedModel, set: &PreparedSet) -> Result<(), PredictError> {
    let predictions = model.output_shape();
    let (steps, width) = (predictions.elements() / predictions.last(), set.label_width());
    if matches!(model.target(), Target::Sequence { .. }) {
        return check_sequences(steps, set);
    }
    if steps == width || set.is_empty() { Ok(()) } else { Err(PredictError::Steps { steps, width }) }
}

/// Refuses sequences that a model of so many steps cannot say.
pub(crate) fn check_sequences(steps: usize, set: &PreparedSet) -> Result<(), PredictError> {
    for (sample, labels) in set.labels().chunks_exact(set.label_width()).enumerate() {
        let labels = &labels[..labels.iter().position(|label| *label < 0).unwrap_or(labels.len())];
        let needed = steps_needed(labels);
        if needed > steps {
            let repeats = needed - labels.len();
            return Err(PredictError::SequenceTooLong { sample, labels: labels.len(), repeats, needed, steps });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(loss: &str, outputs: usize) -> Targets {
        Targets::new(&serde_json::from_value(loss.into()).unwrap(), &Shape::from([outputs]), 3)
    }

    #[test]
    fn each_loss_gets_its_form() {
        let mut classes = targets("categorical_crossentropy", 3);
        classes.fill([2, 0].into_iter());
        assert!(matches!(classes.feed(0..2), Feed::I32([2, 0])));
        let mut one_hot = targets("mse", 3);
        one_hot.fill([2, 0].into_iter());
        assert!(matches!(one_hot.feed(0..2), Feed::F32([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])));
        let mut binary = targets("binary_crossentropy", 1);
        binary.fill([1, 0, 1].into_iter());
        assert!(matches!(binary.feed(0..3), Feed::F32([1.0, 0.0, 1.0])));
        assert_eq!(binary.labels(2), [1, 0]);
    }

    #[test]
    fn a_class_for_each_step() {
        let loss = serde_json::from_value("categorical_crossentropy".into()).unwrap();
        let mut steps = Targets::new(&loss, &Shape::from([3, 5]), 2);
        steps.fill([0, 4, -1, 2, 2, 3].into_iter());
        assert!(matches!(steps.feed(1..2), Feed::I32([2, 2, 3])));
        assert_eq!((steps.width(), steps.labels_of(0..1), counted(steps.labels(1))), (3, &[0, 4, -1][..], 2));
    }
}
