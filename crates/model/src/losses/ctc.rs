use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{Cast, CtcLoss, LogSoftmax, Reduce, ReduceKind};
use proofmark_engine::{Graph, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::categorical_crossentropy::logits_of;
use super::{LossDefinition, LossSite, LossTarget};
use crate::Activation;
use crate::error::ModelErrorKind;

/// For sequences that are to be read as sequences of labels, without saying at which step each label stands: connectionist temporal
/// classification. `-ln p(labels) / S` for S labels, p being the probability, over all ways to place them, that the steps read as the
/// labels where repetitions count once and blanks not at all.
///
/// The model ends in `[steps, classes + 1]` with `softmax`; the last output is the blank, the ones before it are the classes. The target
/// is up to one label for each step, with -1 behind its end. All steps of the model take part, those of padding too: there it is to say
/// blank. S labels need S steps, and one more for each that is the one before it again, since a blank must stand between the two.
///
/// In a batch a sample weighs as many as it has labels: the loss of the batch is in nats a label, PyTorch's
/// `CTCLoss(blank=classes, reduction="sum")` over the number of its labels.
///
/// *Source*: Graves, Fernandez, Gomez, Schmidhuber 2006.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ctc {}

impl LossDefinition for Ctc {
    fn target(&self) -> LossTarget {
        LossTarget::Sequence
    }

    fn activation(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let shape = graph.shape(site.predictions).clone();
        let (steps, blank) = (shape[0] as f32, shape[1] - 1);
        let logits = logits_of(graph, site.predictions)?;
        let logarithms = graph.add(LogSoftmax, &[logits])?;
        let labels = graph.add(Cast::FromI32, &[site.target])?;
        let mut builder = Builder::new(1);
        let is_label = builder.apply(Function::Greater, &[builder.input(0), builder.constant(-0.5)]);
        let counted = graph.map(builder.finish(&[is_label]), &[labels])?;
        let n_labels = graph.add(Reduce { kind: ReduceKind::Sum, axes: vec![0] }, &[counted])?;
        let mut builder = Builder::new(1);
        let all = builder.constant(steps);
        // A constant for each sample.
        let n_steps = builder.apply(Function::Max, &[builder.input(0), all]);
        let n_steps = graph.map(builder.finish(&[n_steps]), &[n_labels])?;
        let loss = graph.add(CtcLoss { blank }, &[logarithms, labels, n_labels, n_steps])?;
        let mut builder = Builder::new(1);
        let at_least_one = builder.apply(Function::Max, &[builder.input(0), builder.constant(1.0)]);
        let divisor = graph.map(builder.finish(&[at_least_one]), &[n_labels])?;
        Ok(graph.map(Program::of(Function::Div), &[loss, divisor])?)
    }
}

/// The labels that rows of probabilities read as, the last of each row being the blank's: the most probable output of each step (the
/// first of equals), repetitions taken as one and blanks left out. (Best path decoding, section 3.2 of the paper.)
///
/// # Panics
/// If these are no rows of `outputs` numbers.
pub fn best_path(probabilities: &[f32], outputs: usize) -> Vec<i32> {
    assert!(outputs > 0 && probabilities.len().is_multiple_of(outputs), "rows of {outputs} numbers");
    let blank = outputs - 1;
    let mut labels = Vec::new();
    let mut before = blank;
    for row in probabilities.chunks_exact(outputs) {
        let mut best = 0;
        for (idx, value) in row.iter().enumerate() {
            if *value > row[best] {
                best = idx;
            }
        }
        if best != before && best != blank {
            labels.push(best as i32);
        }
        before = best;
    }
    labels
}

/// How many steps a model must have to say these labels: one each, and a blank between two that are equal.
pub fn steps_needed(labels: &[i32]) -> usize {
    labels.len() + labels.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_one_and_blanks_none() {
        let path = |path: &[usize]| -> Vec<i32> {
            let rows: Vec<f32> =
                path.iter().flat_map(|best| (0..3).map(|idx| f32::from(u8::from(idx == *best)))).collect();
            best_path(&rows, 3)
        };
        assert_eq!(path(&[0, 0, 2, 0, 1, 1, 2, 2]), [0, 0, 1]);
        assert!(path(&[2, 2]).is_empty());
        assert_eq!(path(&[1]), [1]);
        assert!(best_path(&[], 3).is_empty());
        // The first of equals.
        assert_eq!(best_path(&[0.25, 0.25, 0.25], 3), [0]);
    }

    #[test]
    fn equal_labels_need_a_step_between_them() {
        assert_eq!([&[][..], &[4], &[4, 4], &[1, 2, 1], &[3, 3, 3]].map(steps_needed), [0, 1, 3, 3, 5]);
    }
}
