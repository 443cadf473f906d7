use proofmark_tensor::math::{cos_f64, exp_f64, ln_f64, pow_f64};
use proofmark_tensor::random::Stream;

use crate::digest_f64;

/// Ours and the oracle's (std's) may each be off by one.
const MAX_ULP: u64 = 2;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn check(name: &str, arguments: &[f64], actual: f64, expected: f64) {
    let is_same = actual.to_bits() == expected.to_bits() || (actual.is_nan() && expected.is_nan());
    let is_near = actual.is_sign_positive() == expected.is_sign_positive()
        && actual.is_finite()
        && actual.to_bits().abs_diff(expected.to_bits()) <= MAX_ULP;
    assert!(is_same || is_near, "{name}{arguments:?} = {actual:e}, not {expected:e}");
}

/// Numbers in `[0, 1)` with 53 random bits.
fn uniforms(name: &str, n: u32) -> impl Iterator<Item = f64> {
    let stream = Stream::new(5, name);
    (0..n).map(move |block| {
        let [low, high, ..] = stream.u32s(0, 0, block);
        ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 / 9_007_199_254_740_992.0
    })
}

#[test]
fn errors_stay_within_the_bound() {
    for u in uniforms("exp", 200_000) {
        for x in [1_500.0 * u - 750.0, 2.0 * u - 1.0, 1e-8 * u] {
            check("exp", &[x], exp_f64(x), x.exp());
        }
    }
    for u in uniforms("ln", 200_000) {
        for x in [u, 1.0 + u, 0.9 + 0.2 * u, 1e300 * u, 1e-300 * u, 1e-310 * u] {
            check("ln", &[x], ln_f64(x), x.ln());
        }
    }
    for u in uniforms("cos", 200_000) {
        for x in [4.0 * u, -1e3 * u, 1e6 * u] {
            check("cos", &[x], cos_f64(x), x.cos());
        }
        let far = 1e15 * u;
        assert!((cos_f64(far) - far.cos()).abs() < 1e-15, "cos({far})");
    }
    for (u, v) in uniforms("base", 200_000).zip(uniforms("exponent", 200_000)) {
        for (x, y) in
            [(u, 100.0 * v), (0.99 + 0.01 * u, 1e5 * v), (1e9 * u, 60.0 * v - 30.0), (-10.0 * u, (30.0 * v).floor())]
        {
            check("pow", &[x, y], pow_f64(x, y), x.powf(y));
        }
    }
}

#[test]
fn special_values() {
    for (x, expected) in [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (710.0, INF), (-746.0, 0.0), (NAN, NAN)] {
        check("exp", &[x], exp_f64(x), expected);
    }
    for (x, expected) in [
        (1.0, 0.0),
        (0.0, -INF),
        (-0.0, -INF),
        (INF, INF),
        (-1.0, NAN),
        (-INF, NAN),
        (NAN, NAN),
        (5e-324, -744.440_071_921_381_2),
    ] {
        check("ln", &[x], ln_f64(x), expected);
    }
    for (x, expected) in [(0.0, 1.0), (-0.0, 1.0), (std::f64::consts::PI, -1.0), (INF, NAN), (NAN, NAN), (1.1e15, NAN)]
    {
        check("cos", &[x], cos_f64(x), expected);
    }
    let values = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 2.5, -2.5, 1e300, -1e300, INF, -INF, NAN];
    for x in values {
        for y in values {
            // IEEE 754 leaves no freedom for these arguments: the results are exact, or 0, infinite or NaN.
            check("pow", &[x, y], pow_f64(x, y), x.powf(y));
        }
    }
    check("pow", &[-1.0, 9_007_199_254_740_991.0], pow_f64(-1.0, 9_007_199_254_740_991.0), -1.0);
    check("pow", &[-1.0, 9_007_199_254_740_992.0], pow_f64(-1.0, 9_007_199_254_740_992.0), 1.0);
}

#[test]
fn golden_bits() {
    let u = || uniforms("golden", 10_000);
    let actual = [
        digest_f64(u().map(|u| exp_f64(1_500.0 * u - 750.0))),
        digest_f64(u().map(|u| ln_f64(10.0 * u))),
        digest_f64(u().map(|u| cos_f64(1e4 * u))),
        digest_f64(u().map(|u| pow_f64(2.0 * u, 50.0 * u - 25.0))),
    ];
    let expected: [u64; 4] =
        [0x715f_77d0_0b2c_8d25, 0xa5be_d667_59b1_7920, 0xeb77_0c53_bd38_9e18, 0x4802_d6df_08cc_64fc];
    assert_eq!(format!("{actual:#x?}"), format!("{expected:#x?}"));
}
