//! Random numbers of one trial, drawn one after the other.
//!
//! The numbers are those of [`proofmark_tensor::random`]: a function of (seed, name of the stream, trial, attempt, position).
//! A sampler that asks for the same numbers in the same order gets the same ones, on any machine, as often as it likes;
//! that is what makes a study replayable without storing a generator's state.

use proofmark_tensor::random::Stream;

use crate::normal::inverse_normal_cdf;

/// Draws for one trial from a named stream.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    stream: Stream,
    attempt: u32,
    trial: u64,
    position: u32,
}

impl Draws {
    /// The numbers of `trial` in the stream `name` of a study's `seed`; each `attempt` has its own.
    pub(crate) fn new(seed: u64, name: &str, trial: u64, attempt: u32) -> Draws {
        Draws { stream: Stream::new(seed, name), attempt, trial, position: 0 }
    }

    /// 53 random bits as a number in (0, 1): the ends are left out, so that its normal quantile is finite.
    pub(crate) fn uniform(&mut self) -> f64 {
        let high = self.stream.u32_at(self.attempt, self.trial, self.position);
        let low = self.stream.u32_at(self.attempt, self.trial, self.position + 1);
        self.position += 2;
        let bits = (u64::from(high) << 20) | (u64::from(low) >> 12);
        (bits as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// A standard normal number, by the inverse of the distribution function.
    pub(crate) fn normal(&mut self) -> f64 {
        inverse_normal_cdf(self.uniform())
    }

    /// An index, each with a probability proportional to its weight. The weights are not negative and not all zero; the last
    /// index takes what rounding leaves over.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut rest = self.uniform() * total;
        for (idx, weight) in weights.iter().enumerate() {
            if rest < *weight {
                return idx;
            }
            rest -= weight;
        }
        weights.iter().rposition(|weight| *weight > 0.0).unwrap_or_default()
    }
}
