//! Batches of sequences of about the same length, so that steps are not spent on padding.
//!
//! The lengths of the buckets are quantiles of the training samples' lengths: as many samples in each, equal lengths never apart. An
//! epoch goes through its order; each sample waits in its bucket until a step's worth is there, and what is left at the end follows,
//! the shortest first. So batches are drawn by the seed as ever, and an epoch still sees every sample once.

use std::ops::Range;

use proofmark_data::PreparedSet;
use proofmark_model::losses::LossTarget;
use proofmark_model::{CheckedModel, ModelErrors};
use proofmark_tensor::Shape;

use crate::error::TrainError;
use crate::spec::TrainSpec;

/// The lengths to which samples are padded.
#[derive(Debug)]
pub(crate) struct Lengths {
    /// Steps, ascending; of the last, all that the model reads. One of 0 where nothing is told apart.
    lengths: Vec<usize>,
    /// The bucket of each sample; empty where nothing is told apart.
    of_row: Vec<u32>,
    /// Samples of each bucket.
    counts: Vec<usize>,
}

/// The steps of an epoch.
#[derive(Debug, PartialEq)]
pub(super) struct Batches {
    /// The epoch's samples, batch after batch.
    pub(super) rows: Vec<u32>,
    /// For each step, its samples among `rows` and their bucket.
    pub(super) steps: Vec<(Range<usize>, usize)>,
}

impl Lengths {
    /// # Errors
    /// Lengths that are asked for where samples have none, or where each step has a class of its own.
    pub(crate) fn new(spec: &TrainSpec, set: &PreparedSet) -> Result<Lengths, TrainError> {
        if spec.length_buckets <= 1 || set.is_empty() {
            return Ok(Lengths { lengths: vec![0], of_row: Vec::new(), counts: vec![set.len()] });
        }
        let steps: Option<Vec<usize>> = (0..set.len() as u32).map(|row| set.steps(row)).collect();
        let is_sequence = spec.loss.target() == LossTarget::Sequence;
        let (Some(steps), 1, false) = (steps, set.label_width(), is_sequence) else {
            return Err(TrainError::LengthBuckets);
        };
        Ok(Lengths::of(spec.length_buckets, &steps, set.feature_shape()[0]))
    }

    /// Buckets for samples of these steps, the longest possible of which has `most`.
    fn of(buckets: usize, steps: &[usize], most: usize) -> Lengths {
        let mut sorted = steps.to_vec();
        sorted.sort_unstable();
        // A network may need some step to look at.
        let quantile = |k: usize| sorted[(k * sorted.len()).div_ceil(buckets).max(1) - 1].max(1);
        let mut lengths: Vec<usize> = (1..buckets).map(quantile).filter(|length| *length < most).collect();
        lengths.push(most);
        lengths.dedup();
        let of_row: Vec<u32> =
            steps.iter().map(|steps| lengths.partition_point(|length| length < steps) as u32).collect();
        let mut counts = vec![0; lengths.len()];
        of_row.iter().for_each(|bucket| counts[*bucket as usize] += 1);
        Lengths { lengths, of_row, counts }
    }

    /// The model for each bucket, the whole one last: it is not in there.
    ///
    /// # Errors
    /// [`TrainError::LengthBucket`] if the model does not fit a shorter sample, or would have other parameters for it.
    pub(crate) fn shorter(&self, model: &CheckedModel) -> Result<Vec<CheckedModel>, TrainError> {
        let shape = model.input_shape();
        let shorter = |steps: &usize| {
            let axes: Vec<usize> = std::iter::once(*steps).chain(shape.iter().skip(1).copied()).collect();
            let error = |cause: Option<ModelErrors>| TrainError::LengthBucket { steps: *steps, cause };
            let short = CheckedModel::new(model.spec(), Shape::new(&axes), model.target());
            let short = short.map_err(|errors| error(Some(errors)))?;
            if short.parameter_shapes().eq(model.parameter_shapes()) { Ok(short) } else { Err(error(None)) }
        };
        self.lengths[..self.lengths.len() - 1].iter().map(shorter).collect()
    }

    /// Numbers of a sample in this bucket, of those that the model reads.
    pub(crate) fn elements(&self, bucket: usize, whole: &Shape) -> usize {
        match self.lengths[bucket] {
            0 => whole.elements(),
            steps => whole.elements() / whole[0] * steps,
        }
    }

    /// The samples of each bucket.
    pub(crate) fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The steps of an epoch, each of `samples` samples at most.
    pub(crate) fn steps_per_epoch(&self, samples: usize) -> usize {
        self.counts.iter().map(|count| count.div_ceil(samples)).sum()
    }

    /// The steps of an epoch that visits its samples in this order.
    pub(super) fn batches(&self, order: &[u32], samples: usize) -> Batches {
        let mut waiting: Vec<Vec<u32>> = self.counts.iter().map(|_| Vec::with_capacity(samples)).collect();
        let mut rows = Vec::with_capacity(order.len());
        let mut steps = Vec::with_capacity(self.steps_per_epoch(samples));
        let mut take = |waiting: &mut Vec<u32>, bucket: usize| {
            let start = rows.len();
            rows.append(waiting);
            steps.push((start..rows.len(), bucket));
        };
        for row in order {
            let bucket = self.of_row.get(*row as usize).map_or(0, |bucket| *bucket as usize);
            waiting[bucket].push(*row);
            if waiting[bucket].len() == samples {
                take(&mut waiting[bucket], bucket);
            }
        }
        for (bucket, waiting) in waiting.iter_mut().enumerate().filter(|(_, waiting)| !waiting.is_empty()) {
            take(waiting, bucket);
        }
        Batches { rows, steps }
    }
}

/// Cuts samples that stand one after the other to their first `short` numbers.
pub(super) fn cut(x: &mut [f32], whole: usize, short: usize) {
    if short < whole {
        (1..x.len() / whole).for_each(|sample| x.copy_within(sample * whole..sample * whole + short, sample * short));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_as_many_samples_each_and_no_length_is_in_two() {
        let lengths = Lengths::of(3, &[4, 9, 1, 2, 7, 7, 3, 9, 12], 16);
        assert_eq!((&lengths.lengths[..], &lengths.of_row[..]), (&[3, 7, 16][..], &[1, 2, 0, 0, 1, 1, 0, 2, 2][..]));
        assert_eq!((lengths.counts(), lengths.steps_per_epoch(2)), (&[3, 3, 3][..], 6));
        // All of a length, more buckets than lengths, nothing but padding.
        assert_eq!(Lengths::of(4, &[5; 7], 9).lengths, [5, 9]);
        assert_eq!(Lengths::of(4, &[5; 7], 5).lengths, [5]);
        assert_eq!(Lengths::of(64, &[3, 1, 2], 3).lengths, [1, 2, 3]);
        assert_eq!(Lengths::of(2, &[0, 0, 0], 3).lengths, [1, 3]);
    }

    #[test]
    fn an_epoch_sees_every_sample_once_and_batches_hold_one_bucket() {
        let lengths = Lengths::of(2, &[1, 9, 2, 8, 1, 9, 2], 9);
        let batches = lengths.batches(&[6, 5, 4, 3, 2, 1, 0], 2);
        assert_eq!(batches.rows, [6, 4, 5, 3, 2, 0, 1]);
        assert_eq!(batches.steps, [(0..2, 0), (2..4, 1), (4..6, 0), (6..7, 1)]);
        assert_eq!(batches.steps.len(), lengths.steps_per_epoch(2));
    }

    #[test]
    fn without_buckets_batches_are_cut_from_the_order() {
        let none = Lengths { lengths: vec![0], of_row: Vec::new(), counts: vec![5] };
        let batches = none.batches(&[3, 1, 4, 0, 2], 2);
        assert_eq!(batches, Batches { rows: vec![3, 1, 4, 0, 2], steps: vec![(0..2, 0), (2..4, 0), (4..5, 0)] });
        assert_eq!(none.steps_per_epoch(2), 3);
    }

    #[test]
    fn samples_are_cut_to_their_first_numbers() {
        let mut x = [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 5.0, 6.0, 0.0];
        cut(&mut x, 3, 2);
        assert_eq!(x[..6], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        cut(&mut x[..6], 2, 2);
        assert_eq!(x[..6], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}
