use proofmark_tensor::math;

use super::Predictions;
use super::interval::Z;

/// What two models said about the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Rows.
    pub rows: u64,
    /// Rows about which they say different classes.
    pub changed: u64,
    /// Rows that the first has right and the second wrong.
    pub only_first: u64,
    /// Rows that the second has right and the first wrong.
    pub only_second: u64,
    /// How the accuracies compare; `None` where rows are steps of samples, which are not independent.
    pub difference: Option<PairedDifference>,
}

/// The second accuracy minus the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// The value.
    pub value: f64,
    /// Lower end of the 95 % interval: Agresti and Min 2005, half a row added to each of the four counts.
    pub lower95: f64,
    /// Upper end of the interval.
    pub upper95: f64,
    /// How probable counts at least as uneven are if both models were as good: McNemar 1947 in its exact form, two-sided.
    pub p_value: f64,
}

impl Paired {
    /// Compares predictions about the same rows.
    pub fn of(first: &Predictions, second: &Predictions) -> Paired {
        let mut paired = Paired { rows: 0, changed: 0, only_first: 0, only_second: 0, difference: None };
        for row in 0..first.len().min(second.len()) {
            let said = [first.predicted(row), second.predicted(row)];
            let [is_first, is_second] = said.map(|class| i32::try_from(class) == Ok(first.labels[row]));
            paired.rows += 1;
            paired.changed += u64::from(said[0] != said[1]);
            paired.only_first += u64::from(is_first && !is_second);
            paired.only_second += u64::from(is_second && !is_first);
        }
        if paired.rows > 0 && first.ends.is_empty() {
            paired.difference = Some(difference(paired.rows, paired.only_first, paired.only_second));
        }
        paired
    }
}

fn difference(rows: u64, only_first: u64, only_second: u64) -> PairedDifference {
    let [rows, first, second] = [rows, only_first, only_second].map(|count| count as f64);
    let value = (second - first) / rows;
    let (n, gain, changed) = (rows + 2.0, second - first, second + first + 1.0);
    let (centre, half) = (gain / n, Z * (changed - gain * gain / n).sqrt() / n);
    PairedDifference {
        value,
        lower95: (centre - half).min(value).max(-1.0),
        upper95: (centre + half).max(value).min(1.0),
        p_value: mcnemar(only_first, only_second),
    }
}

/// Twice the probability of at most the smaller count, of as many throws of a coin; at most 1.
fn mcnemar(a: u64, b: u64) -> f64 {
    let (n, fewer) = (a + b, a.min(b));
    // Logarithms of binomial coefficients: the coefficients themselves overflow.
    let mut coefficient = 0.0;
    let mut sum = 0.0;
    for k in 0..=fewer {
        sum += math::exp_f64(coefficient - n as f64 * std::f64::consts::LN_2);
        if k < n {
            coefficient += math::ln_f64((n - k) as f64 / (k + 1) as f64);
        }
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_is_a_coin() {
        // By hand: 2 (1 + 10 + 45) / 1024; SciPy's `binomtest(k, n).pvalue` for the others.
        for (a, b, expected) in
            [(2, 8, 0.109_375), (8, 2, 0.109_375), (0, 0, 1.0), (3, 3, 1.0), (0, 5, 0.0625), (0, 1, 1.0)]
        {
            assert!((mcnemar(a, b) - expected).abs() < 1e-12, "{a}, {b}: {}", mcnemar(a, b));
        }
        let large = mcnemar(1000, 1100);
        assert!((0.02..0.04).contains(&large), "{large}");
        assert!(mcnemar(0, 3000) < 1e-300);
    }

    #[test]
    fn the_interval_holds_the_difference() {
        for (rows, a, b) in [(10_000, 3, 1), (10_000, 0, 0), (5, 5, 0), (1, 0, 1)] {
            let difference = difference(rows, a, b);
            assert!(difference.lower95 <= difference.value && difference.value <= difference.upper95, "{difference:?}");
            assert!(difference.lower95 < difference.upper95, "{difference:?}");
        }
    }

    #[test]
    fn rows_are_compared_one_by_one() {
        let said = |classes: &[usize]| Predictions {
            classes: 3,
            probabilities: classes
                .iter()
                .flat_map(|class| (0..3).map(|idx| f32::from(u8::from(idx == *class))))
                .collect(),
            losses: vec![0.0; classes.len()],
            labels: vec![0, 1, 2, 0],
            ..Predictions::default()
        };
        let paired = Paired::of(&said(&[0, 1, 0, 1]), &said(&[0, 2, 2, 2]));
        assert_eq!((paired.rows, paired.changed, paired.only_first, paired.only_second), (4, 3, 1, 1));
        let steps = Predictions { ends: vec![2, 4], ..said(&[0, 1, 0, 1]) };
        assert_eq!(Paired::of(&steps, &steps).difference, None);
    }
}
