//! The floating-point environment on which the bits rest.

use std::hint::black_box;

/// Panics unless this thread rounds to nearest, ties to even, and computes with denormal numbers: no flushing of results
/// to zero, no reading of operands as zero. Libraries loaded into the same process may have changed that.
pub(super) fn assert_standard() {
    let smallest_normal = black_box(f32::MIN_POSITIVE);
    let half = smallest_normal * black_box(0.5);
    assert_eq!(half.to_bits(), 0x0040_0000, "this thread flushes denormal results to zero");
    let doubled = black_box(f32::from_bits(0x0040_0000)) * black_box(2.0);
    assert_eq!(doubled.to_bits(), smallest_normal.to_bits(), "this thread reads denormal operands as zero");
    // A tie goes to the even neighbour, one time down and one time up; and the same below zero.
    let unit_round_off = black_box(1.0 / 16_777_216.0f32);
    for sign in [1.0f32, -1.0] {
        let one = black_box(sign);
        let down = one + one * unit_round_off;
        assert_eq!(down.to_bits(), sign.to_bits(), "this thread does not round to nearest");
        let up = one + one * black_box(3.0) * unit_round_off;
        assert_eq!(up.to_bits(), sign.to_bits() + 2, "this thread does not round to nearest");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_new_thread_is_standard() {
        std::thread::spawn(super::assert_standard).join().unwrap();
    }
}
