//! What follows a sequence of tokens, by a model that says so for each step.

use proofmark_engine::cpu::{CpuExecutor, CpuSession};
use proofmark_engine::{Feed, Session, StateBlock, Step};
use proofmark_model::CheckedModel;
use proofmark_tensor::math;
use proofmark_tensor::random::Stream;

use crate::predict::{PredictError, refuse_not_finite};

/// A model prepared to go on with sequences.
pub struct Generator {
    session: CpuSession,
    predictions: usize,
    steps: usize,
    classes: usize,
    /// What the model reads: the tokens so far, the latest ones where they are more than it has steps.
    window: Vec<f32>,
}

impl Generator {
    /// Prepares a model whose states stand in `state`.
    ///
    /// # Errors
    /// A model that does not predict for each of its steps what follows: one of whole samples, or one that looks ahead, as it is found
    /// out by showing it another future. A state that the block lacks; a plan that needs more than the machine has.
    pub fn new(model: &CheckedModel, executor: CpuExecutor, state: &mut StateBlock) -> Result<Self, PredictError> {
        let (steps, classes) = (model.input_shape().elements(), model.output_shape().last());
        if !model.predicts_steps() || model.output_shape().elements() != steps * classes {
            return Err(PredictError::NotEachStep);
        }
        let inference = model.inference_graph()?;
        let session = executor.session(&inference.graph, state, 2)?;
        let (predictions, window) = (inference.predictions, vec![0.0; steps]);
        let mut generator = Generator { session, predictions, steps, classes, window };
        if generator.looks_ahead(state)? {
            return Err(PredictError::LooksAhead);
        }
        Ok(generator)
    }

    /// Whether what the model says about the first half of a sequence changes with the second half.
    fn looks_ahead(&mut self, state: &mut StateBlock) -> Result<bool, PredictError> {
        let half = self.steps / 2;
        let token = |step: usize| (step * 7 % self.classes) as f32;
        let other = |step: usize| if step < half { token(step) } else { (step * 5 % self.classes) as f32 };
        let both: Vec<f32> = (0..self.steps).map(token).chain((0..self.steps).map(other)).collect();
        self.session.run(state, &Step { ids: &[0, 1], index: 0, seed: 0 }, &[Feed::F32(&both)])?;
        let (one, another) = self.session.output(self.predictions).split_at(self.steps * self.classes);
        let known = half * self.classes;
        Ok(one[..known].iter().zip(&another[..known]).any(|(one, another)| one.to_bits() != another.to_bits()))
    }

    /// The probability of each token to follow these. Of more tokens than the model has steps, it reads the latest.
    ///
    /// # Errors
    /// A step that cannot run; a prediction that is NaN or infinite.
    ///
    /// # Panics
    /// Without tokens.
    pub fn next(&mut self, state: &mut StateBlock, tokens: &[u16]) -> Result<&[f32], PredictError> {
        assert!(!tokens.is_empty(), "something to go on with");
        let read = &tokens[tokens.len().saturating_sub(self.steps)..];
        // What stands behind them changes nothing.
        self.window.fill(0.0);
        self.window.iter_mut().zip(read).for_each(|(number, token)| *number = f32::from(*token));
        self.session.run(state, &Step { ids: &[0], index: 0, seed: 0 }, &[Feed::F32(&self.window)])?;
        let said = &self.session.output(self.predictions)[(read.len() - 1) * self.classes..][..self.classes];
        refuse_not_finite(said, self.classes)?;
        Ok(said)
    }
}

/// Which tokens are drawn: by `p^(1 / temperature)`, made to add up to 1.
#[derive(Clone, Debug)]
pub struct Sampling {
    stream: Stream,
    temperature: f64,
}

impl Sampling {
    /// Draws that follow from the seed alone. A temperature of 1 takes the model at its word, a lower one prefers what is probable, 0
    /// takes the most probable token, the first of equals.
    ///
    /// # Panics
    /// If the temperature is negative or not finite.
    pub fn new(seed: u64, temperature: f64) -> Sampling {
        assert!(temperature >= 0.0 && temperature.is_finite(), "a temperature of {temperature}");
        Sampling { stream: Stream::new(seed, "generate"), temperature }
    }

    /// The token at this place, from 0, of what is generated.
    ///
    /// # Panics
    /// Without probabilities.
    pub fn draw(&self, place: u32, probabilities: &[f32]) -> u16 {
        assert!(!probabilities.is_empty(), "a token to draw");
        let most = probabilities.iter().copied().fold(0.0, f32::max);
        // Relative to the greatest, which is then 1 at every temperature: nothing is lost to 0 that counts.
        let weight = |probability: &f32| match f64::from(probability / most) {
            ratio if ratio >= 1.0 => 1.0,
            ratio if ratio > 0.0 && self.temperature > 0.0 => math::exp_f64(math::ln_f64(ratio) / self.temperature),
            _ => 0.0,
        };
        let weights: Vec<f64> = probabilities.iter().map(weight).collect();
        let first = weights.iter().position(|weight| *weight >= 1.0).unwrap_or(0);
        if self.temperature == 0.0 {
            return first as u16;
        }
        let total: f64 = weights.iter().sum();
        // In the middle of one of 2^32 parts: neither 0 nor 1.
        let drawn = (f64::from(self.stream.u32_at(place, 0, 0)) + 0.5) / 4_294_967_296.0 * total;
        let mut sum = 0.0;
        for (token, weight) in weights.iter().enumerate() {
            sum += weight;
            if drawn < sum {
                return token as u16;
            }
        }
        first as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_probable() {
        let probabilities = [0.5, 0.0, 0.3, 0.2];
        let count = |temperature: f64| {
            let sampling = Sampling::new(7, temperature);
            let mut counts = [0_u32; 4];
            (0..10_000).for_each(|place| counts[usize::from(sampling.draw(place, &probabilities))] += 1);
            counts
        };
        // Five standard deviations of a binomial distribution are at most 250.
        let near = |counts: [u32; 4], expected: [u32; 4]| counts.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 250);
        assert!(near(count(1.0), [5000, 0, 3000, 2000]), "{:?}", count(1.0));
        // Squared: 0.25, 0.09, 0.04 of 0.38.
        assert!(near(count(0.5), [6579, 0, 2368, 1053]), "{:?}", count(0.5));
        assert_eq!(count(0.0), [10_000, 0, 0, 0]);
        assert_eq!(count(1e-300), [10_000, 0, 0, 0]);
        assert_eq!(Sampling::new(1, 0.0).draw(3, &[0.25, 0.375, 0.375]), 1);
    }

    #[test]
    fn draws_follow_from_the_seed() {
        let drawn = |seed| {
            let sampling = Sampling::new(seed, 1.0);
            (0..12).map(|place| sampling.draw(place, &[0.125; 8])).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }
}
