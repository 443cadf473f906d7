//! Thresholds with two digits: what a person would write, always on the safe side of what was measured.

/// The greatest number of two significant digits that is not above this one, as a spec writes it. 0 for what is not positive.
pub(super) fn down(value: f64) -> String {
    two_digits(value, f64::floor)
}

/// The least number of two significant digits that is not below this one.
pub(super) fn up(value: f64) -> String {
    two_digits(value, f64::ceil)
}

/// A share in percent, with one digit after the point at most.
pub(super) fn percent(share: f64) -> String {
    let tenths = (share * 1000.0).round();
    if tenths % 10.0 == 0.0 { format!("{}", tenths / 10.0) } else { format!("{:.1}", tenths / 10.0) }
}

fn two_digits(value: f64, round: impl Fn(f64) -> f64) -> String {
    if !value.is_finite() || value <= 0.0 {
        return "0".to_owned();
    }
    // `value = leading * 10^exponent` with `leading` in 10..100.
    let (mut leading, mut exponent) = (value, 0_i32);
    while leading >= 100.0 {
        (leading, exponent) = (leading / 10.0, exponent + 1);
    }
    while leading < 10.0 {
        (leading, exponent) = (leading * 10.0, exponent - 1);
    }
    // What only multiplication made uneven: 0.01 is 10 thousandths.
    let nearest = leading.round();
    let digits = if (leading - nearest).abs() < 1e-9 { nearest } else { round(leading) } as u64;
    match usize::try_from(exponent) {
        Ok(zeros) => format!("{digits}{}", "0".repeat(zeros)),
        Err(_) => {
            let places = exponent.unsigned_abs() as usize;
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_on_the_safe_side() {
        for (value, lower, upper) in [
            (1110.6, "1100", "1200"),
            (54_000.0, "54000", "54000"),
            (99.5, "99", "100"),
            (18.0, "18", "18"),
            (7.0, "7", "7"),
            (0.4512, "0.45", "0.46"),
            (0.01, "0.01", "0.01"),
            (0.015, "0.015", "0.015"),
            (0.000_123_4, "0.00012", "0.00013"),
            (0.3, "0.3", "0.3"),
            (0.0, "0", "0"),
            (f64::NAN, "0", "0"),
        ] {
            assert_eq!((down(value).as_str(), up(value).as_str()), (lower, upper), "{value}");
        }
    }

    #[test]
    fn percents() {
        assert_eq!([0.0, 0.5, 0.1135, 1.0].map(percent), ["0", "50", "11.4", "100"]);
    }
}
