use serde::Serialize;

/// A value with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end of the interval.
    pub lower95: f64,
    /// Upper end of the interval.
    pub upper95: f64,
    /// How the interval was made.
    pub method: Method,
}

/// How an interval is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Wilson's score interval for a proportion (Wilson 1927).
    Wilson,
    /// Percentiles 2.5 and 97.5 of 2,000 bootstrap resamples (Efron 1979).
    Bootstrap,
}

/// The 97.5 % quantile of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval at 95 % for `successes` of `trials`; of no trials, the interval is 0 to 1 around 0.
pub fn wilson(successes: u64, trials: u64) -> Estimate {
    if trials == 0 {
        return Estimate { value: 0.0, lower95: 0.0, upper95: 1.0, method: Method::Wilson };
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let denominator = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / denominator;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / denominator;
    // Rounding must not push an end past the value where the value is 0 or 1.
    let lower95 = (centre - half).max(0.0).min(p);
    let upper95 = (centre + half).min(1.0).max(p);
    Estimate { value: p, lower95, upper95, method: Method::Wilson }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known values: Newcombe 1998, table I (81 of 263, 15 of 148, 0 of 20, 1 of 29).
    #[test]
    fn wilson_has_the_published_values() {
        let cases =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (successes, trials, lower, upper) in cases {
            let estimate = wilson(successes, trials);
            assert!((estimate.lower95 - lower).abs() < 5e-5, "{successes} of {trials}: {estimate:?}");
            assert!((estimate.upper95 - upper).abs() < 5e-5, "{successes} of {trials}: {estimate:?}");
        }
    }

    #[test]
    fn the_interval_holds_the_value() {
        for trials in [1, 2, 10, 10_000] {
            for successes in 0..=trials.min(20) {
                let e = wilson(successes, trials);
                assert!(e.lower95 <= e.value && e.value <= e.upper95, "{e:?}");
            }
            let all = wilson(trials, trials);
            assert!(all.upper95 == 1.0 && all.lower95 < 1.0, "{all:?}");
        }
        assert_eq!(wilson(0, 0).upper95, 1.0);
    }
}
