//! Angles in degrees.

use proofmark_tensor::math;

/// `(sin, cos)` of an angle in degrees, `|degrees| <= 360`; exact for multiples of 90.
///
/// The nearest quarter turn is taken off first, which is exact; sine and cosine of the rest, at most 45 degrees, are
/// [`math::sin`] and [`math::cos`] of its radians (one rounding).
pub(crate) fn sin_cos(degrees: f32) -> (f32, f32) {
    let quarters = (degrees / 90.0).round_ties_even();
    let rest = degrees - quarters * 90.0;
    let radians = rest * (std::f32::consts::PI / 180.0);
    let (sin, cos) = (math::sin(radians), math::cos(radians));
    match (quarters as i32).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact_and_the_rest_is_right() {
        for (degrees, expected) in
            [(0.0, (0.0, 1.0)), (90.0, (1.0, 0.0)), (180.0, (0.0, -1.0)), (-90.0, (-1.0, 0.0)), (270.0, (-1.0, 0.0))]
        {
            assert_eq!(sin_cos(degrees), expected, "{degrees}");
        }
        for tenths in -3600..=3600_i32 {
            let degrees = tenths as f32 / 10.0;
            let radians = f64::from(degrees) * (std::f64::consts::PI / 180.0);
            let expected = (math::cos_f64(radians - std::f64::consts::FRAC_PI_2), math::cos_f64(radians));
            let (sin, cos) = sin_cos(degrees);
            // The radians are at most π/4 and wrong by three roundings of 2^-24 of themselves; sine and cosine by one each.
            let tolerance = 4.0 / 16_777_216.0;
            assert!((f64::from(sin) - expected.0).abs() <= tolerance, "sin {degrees}: {sin} {}", expected.0);
            assert!((f64::from(cos) - expected.1).abs() <= tolerance, "cos {degrees}: {cos} {}", expected.1);
        }
    }
}
