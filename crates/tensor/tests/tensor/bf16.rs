//! Rounding to bfloat16 against f64 arithmetic.

use proofmark_tensor::Bf16;

/// The nearer of the two neighbours by their distances in f64, where all of them are exact; between equal ones the even one.
fn expected(x: f32) -> u16 {
    let below = (x.to_bits() >> 16) as u16;
    // Beyond the largest number stands 2^128, which is called infinity.
    let number = |bits: u16| match f64::from(f32::from_bits(u32::from(bits) << 16)) {
        infinite if infinite.is_infinite() => 2f64.powi(128).copysign(infinite),
        number => number,
    };
    if x.is_infinite() {
        return below;
    }
    let distance = |bits: u16| (f64::from(x) - number(bits)).abs();
    let above = below + 1;
    if distance(below) < distance(above) || distance(below) == distance(above) && below.is_multiple_of(2) {
        below
    } else {
        above
    }
}

/// For each number in bfloat16, and so for each pair of neighbours: itself, what follows it, what stands around the middle, and what
/// precedes the next. Between these a rounding cannot change, for it moves in one direction only.
#[test]
fn every_boundary_rounds_to_the_nearest_even() {
    for upper in 0..=u16::MAX {
        for lower in [0u32, 1, 0x7fff, 0x8000, 0x8001, 0xffff] {
            let x = f32::from_bits(u32::from(upper) << 16 | lower);
            let rounded = Bf16::from_f32(x);
            if x.is_nan() {
                assert!(rounded.to_f32().is_nan(), "{:#x} is no NaN any more", x.to_bits());
                assert_eq!(rounded.to_bits(), upper | 0x40, "sign and payload of {:#x}, quiet", x.to_bits());
            } else {
                assert_eq!(rounded.to_bits(), expected(x), "{x:e}, {:#x}", x.to_bits());
            }
        }
    }
}

#[test]
fn rounding_never_falls_where_numbers_rise() {
    let mut last = f32::NEG_INFINITY;
    let negative = (0x8000_0000u32..=0xff80_0000).rev().step_by(977);
    for bits in negative.chain((0..=0x7f80_0000).step_by(977)) {
        let rounded = Bf16::from_f32(f32::from_bits(bits)).to_f32();
        assert!(rounded >= last, "{bits:#x}");
        last = rounded;
    }
}

#[test]
fn widening_is_exact_and_rounding_gives_it_back() {
    for bits in 0..=u16::MAX {
        let wide = Bf16::from_bits(bits).to_f32();
        assert_eq!(wide.to_bits(), u32::from(bits) << 16);
        let expected = if wide.is_nan() { bits | 0x40 } else { bits };
        assert_eq!(Bf16::from_f32(wide).to_bits(), expected);
    }
}

#[test]
fn known_values() {
    let round = |x: f32| Bf16::from_f32(x).to_f32();
    assert_eq!(round(1.0 + 1.0 / 256.0), 1.0, "a tie goes down to an even number");
    assert_eq!(round(1.0 + 3.0 / 256.0), 1.0 + 4.0 / 256.0, "and up to one");
    assert_eq!(round(f32::MAX), f32::INFINITY);
    assert_eq!(round(f32::from_bits(0x7f7f_7fff)), f32::from_bits(0x7f7f_0000), "the last that stays finite");
    assert_eq!(round(-0.0).to_bits(), (-0.0f32).to_bits());
    assert_eq!(round(f32::from_bits(0x8000)), 0.0, "half the smallest denormal number: a tie to the even zero");
    assert_eq!(round(f32::from_bits(0x8001)), f32::from_bits(0x1_0000));
}
