//! Mixup: the samples of a batch, each mixed with another one of the batch.
//!
//! What is drawn belongs to a step, since it couples samples: at step = the global step (from 0), id 0, the stream
//! `mixup partner` puts the batch in another order ([`Stream::shuffle`]), whose i-th sample is mixed into the i-th; and
//! the stream `mixup share` gives λ, one number for the whole batch as in the paper (Zhang et al. 2018, figure 1). A step
//! is the same after a resume, which knows its number.
//!
//! λ follows Beta(α, α) exactly, up to the 32 bits of a uniform number, by a formula without rejection. With u, v uniform and
//! `r = (u^(-1/α) - 1) cos²(2πv)`, `sqrt(2α r)` times a random sign has Student's t distribution with 2α degrees of freedom
//! (Bailey 1994, *Polar generation of random variates with the t-distribution*), and `1/2 ± 1/2 sqrt(r / (1 + r))` is then
//! Beta(α, α) (Devroye 1996, *Random variate generation in one line of code*). Elements 0, 1 and 2 are u, v and
//! the sign.

use proofmark_model::Mixup;
use proofmark_tensor::math::{cos_f64, pow_f64};
use proofmark_tensor::random::Stream;

/// Mixes batches of one training; its memory is allocated once.
#[derive(Clone, Debug)]
pub(crate) struct Mixer {
    alpha: f64,
    partner: Stream,
    share: Stream,
    order: Vec<u32>,
    mixed: Vec<f32>,
    other_labels: Vec<i32>,
}

impl Mixer {
    /// For batches of at most `samples` samples of `elements` numbers.
    pub(crate) fn new(mixup: Mixup, seed: u64, samples: usize, elements: usize) -> Mixer {
        Mixer {
            alpha: mixup.alpha,
            partner: Stream::new(seed, "mixup partner"),
            share: Stream::new(seed, "mixup share"),
            order: vec![0; samples],
            mixed: vec![0.0; samples * elements],
            other_labels: vec![0; samples],
        }
    }

    /// Draws λ and the partners of a step, and mixes: `λ x + (1 - λ) x'`, each product and the sum rounded. λ.
    pub(crate) fn mix(&mut self, step: u32, x: &[f32], labels: &[i32]) -> f32 {
        let share = symmetric_beta(self.alpha, &self.share, step);
        let rest = 1.0 - share;
        let n = labels.len();
        let order = &mut self.order[..n];
        order.iter_mut().zip(0..).for_each(|(partner, idx)| *partner = idx);
        self.partner.shuffle(step, order);
        let elements = x.len() / n;
        let partners = order.iter().map(|partner| *partner as usize);
        for (other, partner) in self.other_labels.iter_mut().zip(partners.clone()) {
            *other = labels[partner];
        }
        for ((mixed, own), partner) in self.mixed.chunks_exact_mut(elements).zip(x.chunks_exact(elements)).zip(partners)
        {
            let other = &x[partner * elements..(partner + 1) * elements];
            for ((mixed, own), other) in mixed.iter_mut().zip(own).zip(other) {
                *mixed = share * own + rest * other;
            }
        }
        share
    }

    /// The first numbers of the mixed samples.
    pub(crate) fn mixed(&self, elements: usize) -> &[f32] {
        &self.mixed[..elements]
    }

    /// The labels of the partners.
    pub(crate) fn other_labels(&self, n: usize) -> &[i32] {
        &self.other_labels[..n]
    }
}

/// A number that follows Beta(α, α), rounded to f32.
fn symmetric_beta(alpha: f64, stream: &Stream, step: u32) -> f32 {
    // Inside of (0, 1): neither an infinite power nor a cosine of 0.
    let uniform = |element| (f64::from(stream.u32_at(step, 0, element)) + 0.5) / 4_294_967_296.0;
    let cos = cos_f64(std::f64::consts::TAU * uniform(1));
    // Infinite for a small α; the division below makes a half of that.
    let r = (pow_f64(uniform(0), -1.0 / alpha) - 1.0) * cos * cos;
    let half = 0.5 / (1.0 + 1.0 / r).sqrt();
    let is_upper = stream.u32_at(step, 0, 2) >> 31 == 1;
    (if is_upper { 0.5 + half } else { 0.5 - half }) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(alpha: f64, n: u32) -> Vec<f64> {
        let stream = Stream::new(7, "mixup share");
        (0..n).map(|step| f64::from(symmetric_beta(alpha, &stream, step))).collect()
    }

    #[test]
    fn shares_follow_the_beta_distribution() {
        let n = 20_000;
        for alpha in [0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 7.5, 100.0] {
            let shares = draws(alpha, n);
            assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{alpha}");
            // Central moments of Beta(a, a), by its symmetry: the second is 1/(4 (2a + 1)), each further even one is that
            // before times (2k + 1) / (4 (2a + 2k + 1)).
            let (mut expected, mut order) = (vec![1.0], 0.0);
            while expected.len() < 5 {
                let last = expected[expected.len() - 1];
                expected.push(last * (2.0 * order + 1.0) / (4.0 * (2.0 * alpha + 2.0 * order + 1.0)));
                order += 1.0;
            }
            let moment = |power: usize| {
                let powers = shares.iter().map(|share| (0..power).fold(1.0, |product, _| product * (share - 0.5)));
                powers.sum::<f64>() / f64::from(n)
            };
            // Five standard errors; of the k-th power the variance is what the 2k-th moment leaves, at most itself.
            let error = |of_square: f64| 5.0 * (of_square / f64::from(n)).sqrt();
            assert!(moment(1).abs() < error(expected[1]), "{alpha}");
            assert!((moment(2) - expected[1]).abs() < error(expected[2]), "{alpha}: {} {}", moment(2), expected[1]);
            assert!((moment(4) - expected[2]).abs() < error(expected[4]), "{alpha}: {} {}", moment(4), expected[2]);
        }
    }

    #[test]
    fn shares_of_alpha_1_are_uniform_and_of_alpha_2_have_their_quantiles() {
        let n = 10_000;
        // Kolmogorov and Smirnov: 1.95 / sqrt(n) is passed by one sample in a thousand.
        let limit = 1.95 / f64::from(n).sqrt();
        let distribution = |alpha: f64, x: f64| if alpha == 1.0 { x } else { x * x * (3.0 - 2.0 * x) };
        for alpha in [1.0, 2.0] {
            let mut shares = draws(alpha, n);
            shares.sort_by(f64::total_cmp);
            let distances = shares.iter().zip(0..).map(|(share, rank)| {
                let value = distribution(alpha, *share);
                (value - f64::from(rank) / f64::from(n)).abs().max((value - f64::from(rank + 1) / f64::from(n)).abs())
            });
            let distance = distances.fold(0.0, f64::max);
            assert!(distance < limit, "{alpha}: {distance}");
        }
    }

    #[test]
    fn a_batch_is_mixed_with_itself_in_another_order() {
        let mut mixer = Mixer::new(Mixup { alpha: 1.0 }, 7, 5, 2);
        let x: Vec<f32> = (0..8).map(|i| i as f32 / 8.0).collect();
        let labels = [10, 11, 12, 13];
        let mut orders = std::collections::BTreeSet::new();
        for step in 0..50 {
            let share = mixer.mix(step, &x, &labels);
            let mut others = mixer.other_labels(4).to_vec();
            for (i, other) in others.iter().enumerate() {
                let partner = (other - 10) as usize;
                for element in 0..2 {
                    let expected = share * x[2 * i + element] + (1.0 - share) * x[2 * partner + element];
                    assert_eq!(mixer.mixed(8)[2 * i + element].to_bits(), expected.to_bits());
                }
            }
            orders.insert(others.clone());
            others.sort_unstable();
            assert_eq!(others, labels);
        }
        // 50 draws of 24 orders meet at least 15 different ones, but for one time in 10^6.
        assert!(orders.len() >= 15, "{}", orders.len());
        assert_eq!(mixer.mix(3, &x, &labels).to_bits(), mixer.clone().mix(3, &x, &labels).to_bits());
        // One sample has no other.
        mixer.mix(0, &x[..2], &labels[..1]);
        assert_eq!(mixer.other_labels(1), [10]);
    }

    #[test]
    fn the_shares_are_those_that_runs_were_recorded_with() {
        let bits = |alpha| {
            let stream = Stream::new(7, "mixup share");
            (0..4).map(|step| symmetric_beta(alpha, &stream, step).to_bits()).collect::<Vec<_>>()
        };
        insta::assert_compact_debug_snapshot!((bits(0.2), bits(1.0)), @"([1035668090, 974494924, 1002911907, 1044252763], [1049970940, 1035699051, 1041462155, 1054031598])");
    }
}
