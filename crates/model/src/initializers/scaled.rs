//! Random numbers whose variance is given: what the Glorot, He and LeCun families have in common.

use proofmark_tensor::random::Stream;

/// Standard deviation of a standard normal number that is known to lie within two standard deviations:
/// sqrt(1 - 4 φ(2) / (2 Φ(2) - 1)).
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Uniform numbers of this variance: between `-sqrt(3 variance)` and that.
pub(super) fn uniform(stream: Stream, variance: f64, values: &mut [f32]) {
    let limit = (3.0 * variance).sqrt();
    stream.fill_uniform(0, 0, values);
    for value in values {
        *value = (f64::from(*value).mul_add(2.0, -1.0) * limit) as f32;
    }
}

/// Normal numbers of this variance, none further than two standard deviations (of the untruncated distribution) from 0,
/// as Keras draws them. A number outside is drawn again with the next step of the generator.
pub(super) fn truncated_normal(stream: Stream, variance: f64, values: &mut [f32]) {
    let deviation = variance.sqrt() / TRUNCATED_DEVIATION;
    stream.fill_normal(0, 0, values);
    for (element, value) in values.iter_mut().enumerate() {
        let mut attempt = 0;
        while value.abs() > 2.0 {
            attempt += 1;
            *value = stream.normal_at(attempt, 0, element as u32);
        }
        *value = (f64::from(*value) * deviation) as f32;
    }
}
