//! One step: a batch is gathered and weighed, computed in one part or several, and its losses are added up.

use proofmark_engine::{Feed, Session, Step};
use proofmark_model::Target;

use super::feeds::Feeds;
use super::lengths::cut;
use super::{Buffers, Run};
use crate::error::TrainError;
use crate::metrics::{Reading, most_probable, nearest_other};
use crate::targets::counted;

impl Run<'_> {
    /// Trains on these rows, which are in one bucket.
    pub(super) fn run_step(&mut self, rows: &[u32], bucket: usize, learning_rate: f64) -> Result<(), TrainError> {
        let set = self.input.train;
        let n = rows.len();
        let steps_per_epoch = self.steps_per_epoch();
        self.session.select(bucket);
        let whole = self.input.model.input_shape().elements();
        let inputs = self.lengths.elements(bucket, self.input.model.input_shape());
        let elements = n * inputs;
        let Buffers { x, targets, other_targets, class_weights, weights, step_weights, ids, scalars, augment, mixer } =
            &mut self.buffers;
        set.gather_augmented(rows, self.epochs_done, augment, &mut x[..n * whole]);
        cut(&mut x[..n * whole], whole, inputs);
        targets.fill_from(set, rows);
        ids.iter_mut().zip(rows).for_each(|(id, row)| *id = set.ids()[*row as usize]);
        for (to, (_, value)) in scalars.iter_mut().zip(self.input.spec.optimizer.scalars(self.step + 1, learning_rate))
        {
            *to = [value];
        }
        if let (Some(average), Some(last)) = (&self.input.spec.average, scalars.last_mut()) {
            *last = [average.taken(self.step, steps_per_epoch)];
        }
        let mut share = [1.0];
        if let Some(mixer) = mixer {
            share = [mixer.mix(self.step as u32, &x[..elements], targets.labels(n))];
            other_targets.fill(mixer.other_labels(n).iter().copied());
        }
        let mixer = mixer.as_ref();
        if !class_weights.is_empty() && step_weights.is_empty() {
            let weight = |label: &i32| class_weights[*label as usize];
            let others = mixer.map_or(targets.labels(n), |mixer| mixer.other_labels(n));
            for (to, (label, other)) in weights.iter_mut().zip(targets.labels(n).iter().zip(others)) {
                *to = share[0] * weight(label) + (1.0 - share[0]) * weight(other);
            }
        }
        let width = targets.width();
        if !step_weights.is_empty() {
            let weight = |label: &i32| usize::try_from(*label).map_or(0.0, |class| class_weights[class]);
            let rows = step_weights.chunks_exact_mut(width).zip(targets.labels(n).chunks_exact(width));
            for (to, (row, labels)) in weights.iter_mut().zip(rows) {
                row.iter_mut().zip(labels).for_each(|(to, label)| *to = weight(label));
                *to = row.iter().sum();
            }
        } else if width > 1 {
            // So that the batch's loss is the mean over all steps that count.
            for (to, labels) in weights.iter_mut().zip(targets.labels(n).chunks_exact(width)) {
                *to = counted(labels) as f32;
            }
        }
        // Of samples that count the same, one over their number.
        let weight_sum: f64 = weights[..n].iter().map(|weight| f64::from(*weight)).sum();
        let loss_scale = [if weight_sum > 0.0 { (1.0 / weight_sum) as f32 } else { 0.0 }];
        let outputs = self.input.model.output_shape().last();
        let epoch = self.epochs_done + 1;
        let part_samples = if self.accumulator.is_some() { self.input.spec.batch_size } else { n };
        for first in (0..n).step_by(part_samples.max(1)) {
            let part = first..n.min(first + part_samples);
            let numbers = part.start * inputs..part.end * inputs;
            let mut feeds = Feeds::default();
            feeds.push(Feed::F32(&mixer.map_or(&x[..elements], |mixer| mixer.mixed(elements))[numbers]));
            feeds.push(targets.feed(part.clone()));
            if mixer.is_some() {
                feeds.push(other_targets.feed(part.clone()));
                feeds.push(Feed::F32(&share));
            }
            if !step_weights.is_empty() {
                feeds.push(Feed::F32(&step_weights[part.start * width..part.end * width]));
            }
            feeds.push(Feed::F32(&weights[part.clone()]));
            feeds.push(Feed::F32(&loss_scale));
            if self.accumulator.is_none() {
                scalars.iter().for_each(|scalar| feeds.push(Feed::F32(scalar)));
            }
            let step = Step { ids: &ids[part.clone()], index: self.step as u32, seed: self.input.seed };
            self.session.run(&mut self.state, &step, feeds.as_slice())?;
            if let Some(accumulator) = &mut self.accumulator {
                accumulator.add(&self.session);
            }
            let labels = targets.labels_of(part.clone()).chunks_exact(width);
            for (loss, labels) in self.session.output(self.graph.loss).iter().zip(labels) {
                if !loss.is_finite() {
                    return Err(TrainError::LossNotFinite {
                        loss: *loss,
                        epoch,
                        step: self.step + 1,
                        learning_rate,
                        saved_step: self.saved_step,
                    });
                }
                let counted = counted(labels);
                self.running.loss += f64::from(*loss) * counted as f64;
                self.running.counted += counted as u64;
            }
            let predictions = self.session.output(self.graph.predictions).chunks_exact(outputs);
            let labels = match mixer {
                Some(mixer) if share[0] < 0.5 => mixer.other_labels(n),
                _ => targets.labels(n),
            };
            let labels = &labels[part.start * width..part.end * width];
            self.running.right += if matches!(self.input.model.target(), Target::Sequence { .. }) {
                let said = self.session.output(self.graph.predictions).chunks_exact(width * outputs);
                said.zip(labels.chunks_exact(width)).map(|(said, own)| Reading::of(said, outputs, own).right()).sum()
            } else if matches!(self.input.model.target(), Target::Embedding { .. }) {
                let n = labels.len();
                let all = self.session.output(self.graph.predictions);
                let is_right = |sample: &usize| {
                    let nearest = nearest_other(all, outputs, *sample, 0..n);
                    nearest.is_some_and(|nearest| labels[nearest] == labels[*sample])
                };
                (0..n).filter(is_right).count() as u64
            } else {
                predictions.zip(labels).filter(|(row, label)| predicted(row) == **label).count() as u64
            };
        }
        if let Some(accumulator) = &mut self.accumulator {
            let step = Step { ids: &[], index: self.step as u32, seed: self.input.seed };
            accumulator.update(&mut self.state, &step, scalars)?;
        }
        self.step += 1;
        self.step_in_epoch += 1;
        let norm = match &self.accumulator {
            Some(accumulator) => accumulator.gradient_norm(),
            None => self.graph.gradient_norm.map(|norm| self.session.output(norm)),
        };
        if norm.is_some_and(|norm| !norm.iter().all(|norm| norm.is_finite())) {
            let saved_step = self.saved_step;
            return Err(TrainError::GradientNotFinite { epoch, step: self.step, learning_rate, saved_step });
        }
        Ok(())
    }
}

/// The class that a row of outputs names.
fn predicted(row: &[f32]) -> i32 {
    match row {
        // The probability of the second of two classes.
        [second] => i32::from(*second > 1.0 - *second),
        row => most_probable(row) as i32,
    }
}
