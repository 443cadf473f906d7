//! A linear axis with ticks at 1, 2 or 5 times a power of ten.

/// Values beyond this are drawn at the edge: differences of larger ones are no numbers any more.
const HUGE: f64 = 1e300;
/// A range below this has no ticks that f64 could tell apart.
const TINY: f64 = 1e-290;

/// A linear axis over `low..=high`, both of them multiples of `step`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl Scale {
    /// The smallest such axis that covers the finite ones (up to 1e300) among `values` with about `n_ticks` steps; 0 to 1 if there are
    /// none.
    pub(crate) fn covering(values: impl IntoIterator<Item = f64>, n_ticks: usize) -> Self {
        let (mut low, mut high) = values
            .into_iter()
            .filter(|value| value.abs() <= HUGE)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if (high - low) <= (low.abs().max(high.abs()) * 1e-9).max(TINY) {
            let margin = if low.abs() <= TINY { 0.5 } else { low.abs() * 0.1 };
            (low, high) = (low - margin, high + margin);
        }
        let step = nice_step((high - low) / n_ticks.max(1) as f64);
        Self { low: (low / step + 1e-9).floor() * step, high: (high / step - 1e-9).ceil() * step, step }
    }

    /// The same, but not beyond 0 and 1.
    pub(crate) fn of_proportions(values: impl IntoIterator<Item = f64>, n_ticks: usize) -> Self {
        let scale = Self::covering(values, n_ticks);
        Self { low: scale.low.max(0.0), high: scale.high.min(1.0).max(scale.low.max(0.0) + scale.step), ..scale }
    }

    /// One of the two.
    pub(crate) fn of(proportions: bool, values: impl IntoIterator<Item = f64>, n_ticks: usize) -> Self {
        if proportions { Self::of_proportions(values, n_ticks) } else { Self::covering(values, n_ticks) }
    }

    /// The ticks, ends included.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let n = ((self.high - self.low) / self.step).round().clamp(1.0, 100.0) as usize;
        (0..=n).map(|idx| self.low + idx as f64 * self.step).collect()
    }

    /// Where a value lies, 0 at `low` and 1 at `high`; held inside.
    pub(crate) fn position(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Decimals that tell the ticks apart.
    pub(crate) fn decimals(&self) -> usize {
        (-(self.step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `at_least`.
fn nice_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    let mantissa = at_least / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| mantissa <= nice * (1.0 + 1e-9)).unwrap_or(10.0);
    nice * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_nice_and_cover() {
        let cases: [(&[f64], f64, f64, f64); 8] = [
            (&[0.03, 0.31], 0.0, 0.4, 0.1),
            (&[0.981, 0.9934], 0.98, 0.995, 0.005),
            (&[1.0, 10.0], 0.0, 10.0, 2.0),
            (&[-3.0, 4.0], -4.0, 4.0, 2.0),
            (&[5.0], 4.4, 5.6, 0.2),
            (&[0.0], -0.6, 0.6, 0.2),
            (&[], 0.0, 1.0, 0.2),
            (&[f64::NAN, 1e6, f64::INFINITY, 2e6], 1e6, 2e6, 2e5),
        ];
        for (values, low, high, step) in cases {
            let scale = Scale::covering(values.iter().copied(), 5);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
            let expected = near(scale.low, low) && near(scale.high, high) && near(scale.step, step);
            assert!(expected, "{values:?} gives {scale:?}");
            let ticks = scale.ticks();
            assert!(near(ticks[0], low) && near(ticks[ticks.len() - 1], high), "{ticks:?}");
            for value in values.iter().filter(|value| value.is_finite()) {
                assert!(scale.low <= *value && *value <= scale.high);
                assert!((0.0..=1.0).contains(&scale.position(*value)));
            }
        }
    }

    #[test]
    fn proportions_stay_between_0_and_1() {
        let scale = Scale::of_proportions([0.93, 0.999], 4);
        assert!((scale.low - 0.92).abs() < 1e-9 && scale.high == 1.0, "{scale:?}");
        assert_eq!(Scale::of_proportions([1.0], 4).high, 1.0);
    }
}
