//! What a batch is compared with, in the form in which its loss wants it.

use std::ops::Range;

use proofmark_engine::Feed;
use proofmark_model::losses::{Loss, LossTarget};

/// Labels of classes as the loss reads them: as they are, as 0 or 1 for the single output of two classes, or as a row with a 1 at
/// the class (one-hot). Its memory is allocated once.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    target: LossTarget,
    outputs: usize,
    labels: Vec<i32>,
    numbers: Vec<f32>,
}

impl Targets {
    /// For batches of at most `samples` samples, compared with `outputs` numbers each.
    pub(crate) fn new(loss: &Loss, outputs: usize, samples: usize) -> Targets {
        let target = loss.target();
        let numbers = if target == LossTarget::Class { 0 } else { samples * outputs };
        Targets { target, outputs, labels: vec![0; samples], numbers: vec![0.0; numbers] }
    }

    /// Takes the labels of a batch.
    pub(crate) fn fill(&mut self, labels: impl ExactSizeIterator<Item = i32>) {
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
        &self.labels[..n]
    }

    /// What is fed for a part of the samples.
    pub(crate) fn feed(&self, part: Range<usize>) -> Feed<'_> {
        match self.target {
            LossTarget::Class => Feed::I32(&self.labels[part]),
            LossTarget::Binary | LossTarget::Number => {
                Feed::F32(&self.numbers[part.start * self.outputs..part.end * self.outputs])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(loss: &str, outputs: usize) -> Targets {
        Targets::new(&serde_json::from_value(loss.into()).unwrap(), outputs, 3)
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
}
