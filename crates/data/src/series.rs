//! Series: rows of numbers by step and channel, of different lengths.

use crate::digest::{Digest, Hasher};
use crate::tokens::Tokens;

/// Series of some channels, each of its own number of steps. Missing values are NaN, of one bit pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    channels: usize,
    /// The steps of the longest series, at which all are padded to be read.
    steps: usize,
    /// Step after step, channels last, series after series.
    numbers: Vec<f32>,
    /// Where each series ends in `numbers`.
    ends: Vec<usize>,
    /// What the numbers stand for, if they are tokens.
    tokens: Option<Tokens>,
    /// Steps of a second, if they are samples of sounds.
    rate_hz: Option<u32>,
}

impl Series {
    /// No series yet. They will be read as `steps` steps of `channels` numbers.
    pub fn new(steps: usize, channels: usize) -> Series {
        Series { channels, steps, numbers: Vec::new(), ends: Vec::new(), tokens: None, rate_hz: None }
    }

    /// No series yet. They will be read as `steps` tokens.
    pub fn of_tokens(steps: usize, tokens: Tokens) -> Series {
        Series { tokens: Some(tokens), ..Series::new(steps, 1) }
    }

    /// The same as samples of sounds.
    pub fn at_rate(self, rate_hz: Option<u32>) -> Series {
        Series { rate_hz, ..self }
    }

    /// Steps of a second, if they are samples of sounds.
    pub fn rate_hz(&self) -> Option<u32> {
        self.rate_hz
    }

    /// What the numbers stand for, if they are tokens.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }

    /// The extents of a row: steps and channels; of tokens, which have one number a step, the steps alone.
    pub(crate) fn extents(&self) -> Vec<usize> {
        match self.tokens {
            Some(_) => vec![self.steps],
            None => vec![self.steps, self.channels],
        }
    }

    /// One more series: its numbers step after step, channels last.
    ///
    /// # Panics
    /// If these are no whole steps, or more than there may be.
    pub fn push(&mut self, numbers: &[f32]) {
        assert!(numbers.len().is_multiple_of(self.channels), "whole steps of {} numbers", self.channels);
        assert!(numbers.len() <= self.steps * self.channels, "at most {} steps", self.steps);
        self.numbers.extend(numbers.iter().map(|number| if number.is_nan() { f32::NAN } else { *number }));
        self.ends.push(self.numbers.len());
    }

    /// Number of series.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no series.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Numbers of a step.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The steps at which all series are padded to be read.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The numbers of a series, without padding.
    ///
    /// # Panics
    /// If there is no such series.
    pub fn row(&self, row: u32) -> &[f32] {
        let row = row as usize;
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.numbers[start..self.ends[row]]
    }

    /// The steps of a series, without padding.
    ///
    /// # Panics
    /// If there is no such series.
    pub fn row_steps(&self, row: u32) -> usize {
        self.row(row).len() / self.channels
    }

    /// SHA-256 of a series' numbers as little-endian f32.
    pub(crate) fn digest(&self, row: u32) -> Digest {
        let mut hasher = Hasher::default();
        self.row(row).iter().for_each(|number| hasher.update(&number.to_le_bytes()));
        hasher.finish().0
    }

    /// Whether every channel stays as it begins.
    pub(crate) fn is_constant(&self, row: u32) -> bool {
        let numbers = self.row(row);
        numbers
            .iter()
            .zip(numbers.iter().skip(self.channels))
            .all(|(before, after)| before.to_bits() == after.to_bits())
    }

    /// Makes series `to` a copy of series `from`.
    pub(crate) fn copy_row(&mut self, from: u32, to: u32) {
        let copy = self.row(from).to_vec();
        let end = self.ends[to as usize];
        let start = end - self.row(to).len();
        let old = end - start;
        let length = copy.len();
        self.numbers.splice(start..end, copy);
        self.ends[to as usize..].iter_mut().for_each(|end| *end = *end + length - old);
    }
}

/// Count, extremes and moments of numbers, taken one after the other; NaN is passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
    /// The sum of squared differences from the mean.
    squares: f64,
}

impl Spread {
    /// Of no numbers.
    pub(crate) const EMPTY: Spread =
        Spread { count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, squares: 0.0 };

    /// Of these numbers: the mean first, then the differences from it.
    pub(crate) fn of(numbers: impl Iterator<Item = f64> + Clone) -> Spread {
        let numbers = numbers.filter(|number| !number.is_nan());
        let mut spread = Spread::EMPTY;
        let mut sum = 0.0;
        for number in numbers.clone() {
            spread.count += 1;
            (spread.min, spread.max) = (spread.min.min(number), spread.max.max(number));
            sum += number;
        }
        if spread.count > 0 {
            spread.mean = sum / spread.count as f64;
            spread.squares = numbers.map(|number| (number - spread.mean) * (number - spread.mean)).sum();
        }
        spread
    }

    /// Both together (Chan, Golub, LeVeque 1979).
    pub(crate) fn and(self, after: Spread) -> Spread {
        let count = self.count + after.count;
        if self.count == 0 || after.count == 0 {
            return if self.count == 0 { after } else { self };
        }
        let difference = after.mean - self.mean;
        let share = after.count as f64 / count as f64;
        Spread {
            count,
            min: self.min.min(after.min),
            max: self.max.max(after.max),
            mean: self.mean + difference * share,
            squares: self.squares + after.squares + difference * difference * share * self.count as f64,
        }
    }

    /// Extremes as they are reported: 0 without numbers.
    pub(crate) fn min_or_zero(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.min }
    }

    /// See [`Spread::min_or_zero`].
    pub(crate) fn max_or_zero(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.max }
    }

    /// The standard deviation (of the population: divided by n).
    pub(crate) fn std(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.squares / self.count as f64).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_lengths_when_one_becomes_a_copy_of_another() {
        let mut series = Series::new(3, 2);
        for row in [&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..], &[7.0, 8.0], &[9.0, 9.0, 9.0, 9.0]] {
            series.push(row);
        }
        assert_eq!((series.row_steps(0), series.row_steps(1), series.is_constant(2)), (3, 1, true));
        series.copy_row(0, 1);
        assert_eq!((series.row(1), series.row(2)), (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..], &[9.0; 4][..]));
        assert_eq!(series.digest(0), series.digest(1));
        series.copy_row(2, 0);
        assert_eq!((series.row(0), series.row(1).len(), series.row_steps(2)), (&[9.0; 4][..], 6, 2));
    }

    #[test]
    fn moments_of_blocks_are_those_of_all_and_missing_values_take_no_part() {
        let numbers = [1.0, f64::NAN, 4.0, -2.0, 8.5, 0.25];
        let all = Spread::of(numbers.into_iter());
        assert_eq!((all.count, all.min, all.max, all.mean), (5, -2.0, 8.5, 2.35));
        let parts = Spread::of(numbers[..2].iter().copied()).and(Spread::of(numbers[2..].iter().copied()));
        assert!((parts.mean - all.mean).abs() < 1e-12 && (parts.std() - all.std()).abs() < 1e-12);
        assert_eq!(Spread::EMPTY.and(all), all);
        assert_eq!((Spread::EMPTY.min_or_zero(), Spread::EMPTY.std()), (0.0, 0.0));
    }
}
