use proofmark_tensor::math;
use proofmark_tensor::random::Stream;

use crate::digest_f32;
use crate::functions::{FUNCTIONS, Function, ulp_error};

const INF: f32 = f32::INFINITY;
const NAN: f32 = f32::NAN;

fn function(name: &str) -> &'static Function {
    FUNCTIONS.iter().find(|function| function.name == name).unwrap_or_else(|| panic!("no function `{name}`"))
}

/// Every 10,007th f32 (a prime), and each power of two with its neighbours.
fn arguments() -> impl Iterator<Item = f32> {
    let strided = (0..=u32::MAX).step_by(10_007);
    let around_powers = (0..512u32).flat_map(|exponent| {
        let bits = exponent << 23;
        [bits.wrapping_sub(1), bits, bits + 1]
    });
    strided.chain(around_powers).map(f32::from_bits)
}

fn same(actual: f32, expected: f32) -> bool {
    actual.to_bits() == expected.to_bits() || (actual.is_nan() && expected.is_nan())
}

#[test]
fn errors_stay_within_the_bounds() {
    for function in FUNCTIONS {
        for x in arguments() {
            let (actual, expected) = ((function.compute)(x), (function.oracle)(f64::from(x)));
            let ulp = ulp_error(actual, expected);
            assert!(ulp <= function.max_ulp, "{}({x:e}) = {actual:e}, not {expected:e}: {ulp} ulp", function.name);
        }
    }
}

#[test]
fn known_values() {
    // From a computation with 300 bits at the f32 nearest to the argument.
    let cases = [
        ("exp", 1.0, std::f64::consts::E),
        ("exp", -87.5, 9.982_350_930_569_248e-39),
        ("exp", -100.0, 3.720_075_976_020_836e-44),
        ("exp_m1", 1e-5, 1.000_004_974_754_289_1e-5),
        ("exp_m1", 0.5, 0.648_721_270_700_128_2),
        ("ln", 2.0, std::f64::consts::LN_2),
        ("ln", 1e-40, -92.103_409_109_664_88),
        ("ln_1p", 1e-6, 9.999_994_974_755_786e-7),
        ("ln_1p", -0.5, -std::f64::consts::LN_2),
        ("tanh", -2.0, -0.964_027_580_075_816_9),
        ("tanh", 0.01, 0.009_999_666_456_504_392),
        ("sigmoid", -2.0, 0.119_202_922_022_117_56),
        ("sigmoid", 30.0, 0.999_999_999_999_906_4),
        ("softplus", 0.0, std::f64::consts::LN_2),
        ("softplus", -90.0, 8.194_012_623_990_515e-40),
        ("erf", 1.0, 0.842_700_792_949_714_9),
        ("erf", -0.1, -0.112_462_917_682_970_51),
        ("sin", 1.0, 0.841_470_984_807_896_5),
        ("sin", 1e5, 0.035_748_797_972_016_51),
        ("sin", 3e38, 0.874_904_887_764_434_4),
        ("cos", 1.0, 0.540_302_305_868_139_8),
        ("cos", 1e5, -0.999_360_807_438_212_4),
        ("cos", 1e30, -0.611_604_785_417_896_6),
    ];
    for (name, x, expected) in cases {
        let function = function(name);
        let actual = (function.compute)(x);
        assert!(ulp_error(actual, expected) <= function.max_ulp, "{name}({x:e}) = {actual:e}, not {expected:e}");
    }
    // The worked examples of the documentation, as printed there.
    assert_eq!(format!("{:.4}", math::sigmoid(-2.0)), "0.1192");
    assert_eq!(format!("{:.4}", math::tanh(-2.0)), "-0.9640");
}

#[test]
fn special_values() {
    let cases: &[(&str, f32, f32)] = &[
        ("exp", 0.0, 1.0),
        ("exp", -0.0, 1.0),
        ("exp", INF, INF),
        ("exp", -INF, 0.0),
        ("exp", 88.722_84, INF),
        ("exp", f32::MAX, INF),
        ("exp", f32::MIN, 0.0),
        ("exp", -103.972_08, f32::from_bits(1)),
        ("exp", -103.972_09, 0.0),
        ("exp_m1", 0.0, 0.0),
        ("exp_m1", -0.0, -0.0),
        ("exp_m1", f32::from_bits(1), f32::from_bits(1)),
        ("exp_m1", INF, INF),
        ("exp_m1", -INF, -1.0),
        ("exp_m1", f32::MAX, INF),
        ("ln", 1.0, 0.0),
        ("ln", 0.0, -INF),
        ("ln", -0.0, -INF),
        ("ln", INF, INF),
        ("ln", -1.0, NAN),
        ("ln", -INF, NAN),
        ("ln", -f32::from_bits(1), NAN),
        ("ln_1p", 0.0, 0.0),
        ("ln_1p", -0.0, -0.0),
        ("ln_1p", f32::from_bits(1), f32::from_bits(1)),
        ("ln_1p", -1.0, -INF),
        ("ln_1p", -1.000_000_1, NAN),
        ("ln_1p", INF, INF),
        ("ln_1p", -INF, NAN),
        ("tanh", 0.0, 0.0),
        ("tanh", -0.0, -0.0),
        ("tanh", INF, 1.0),
        ("tanh", -INF, -1.0),
        ("tanh", f32::from_bits(1), f32::from_bits(1)),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", -0.0, 0.5),
        ("sigmoid", INF, 1.0),
        ("sigmoid", -INF, 0.0),
        ("sigmoid", f32::MIN, 0.0),
        ("softplus", INF, INF),
        ("softplus", -INF, 0.0),
        ("softplus", f32::MAX, f32::MAX),
        ("erf", 0.0, 0.0),
        ("erf", -0.0, -0.0),
        ("erf", INF, 1.0),
        ("erf", -INF, -1.0),
        ("sin", 0.0, 0.0),
        ("sin", -0.0, -0.0),
        ("sin", f32::from_bits(1), f32::from_bits(1)),
        ("sin", INF, NAN),
        ("sin", -INF, NAN),
        ("cos", 0.0, 1.0),
        ("cos", -0.0, 1.0),
        ("cos", INF, NAN),
        ("sqrt", -0.0, -0.0),
        ("sqrt", -1.0, NAN),
        ("rsqrt", 0.0, INF),
        ("rsqrt", -0.0, -INF),
        ("rsqrt", INF, 0.0),
        ("rsqrt", 4.0, 0.5),
    ];
    for &(name, x, expected) in cases {
        let actual = (function(name).compute)(x);
        assert!(same(actual, expected), "{name}({x:e}) = {actual:e}, not {expected:e}");
    }
    for function in FUNCTIONS {
        for nan in [NAN, -NAN, f32::from_bits(0x7f80_0001), f32::from_bits(0xffff_ffff)] {
            assert!((function.compute)(nan).is_nan(), "{}(NaN) is a number", function.name);
        }
    }
}

#[test]
fn odd_and_even_functions_are_so_bit_for_bit() {
    for x in arguments().filter(|x| !x.is_nan()) {
        for (name, sign) in [("tanh", -1.0), ("erf", -1.0), ("sin", -1.0), ("cos", 1.0)] {
            let compute = function(name).compute;
            assert!(same(compute(-x), sign * compute(x)), "{name} at {x:e}");
        }
    }
}

#[test]
fn monotone_functions_are_so_where_their_pieces_meet() {
    // 2,000 f32 to either side of each place where a function changes its formula.
    let seams = [("tanh", 0.65), ("erf", 1.0), ("erf", 4.0), ("tanh", 10.0), ("exp", 88.722_84), ("sigmoid", 0.0)];
    for (name, seam) in seams {
        let function = function(name);
        let slack = function.max_ulp * f64::from(f32::EPSILON);
        let bits = f32::to_bits(seam);
        for bits in bits.saturating_sub(2_000)..bits + 2_000 {
            let (lower, upper) = (f32::from_bits(bits), f32::from_bits(bits + 1));
            let (lower, upper) = ((function.compute)(lower), (function.compute)(upper));
            assert!(f64::from(lower) <= f64::from(upper) * (1.0 + slack), "{name} falls at {:e}", f32::from_bits(bits));
        }
    }
}

#[test]
fn power_errors_stay_within_the_bound() {
    let stream = Stream::new(1, "pow");
    for block in 0..100_000 {
        let [a, b, c, d] = stream.u32s(0, 0, block);
        let any = (f32::from_bits(a), f32::from_bits(b));
        // A result that is neither 0 nor infinite for most.
        let base = f32::from_bits(c).abs();
        let finite = (base, 140.0 * (f32::from_bits(d) % 1.0) / base.log2());
        for (x, y) in [any, finite] {
            let (actual, expected) = (math::pow(x, y), f64::from(x).powf(f64::from(y)));
            let ulp = ulp_error(actual, expected);
            assert!(ulp <= 0.51, "{x:e} ^ {y:e} = {actual:e}, not {expected:e}: {ulp} ulp");
        }
    }
}

#[test]
fn special_powers() {
    let cases = [
        (NAN, 0.0, 1.0),
        (NAN, -0.0, 1.0),
        (1.0, NAN, 1.0),
        (-1.0, NAN, NAN),
        (NAN, 1.0, NAN),
        (2.0, NAN, NAN),
        (1.0, INF, 1.0),
        (-1.0, INF, 1.0),
        (-1.0, -INF, 1.0),
        (0.5, INF, 0.0),
        (0.5, -INF, INF),
        (-2.0, INF, INF),
        (-2.0, -INF, 0.0),
        (0.0, 3.0, 0.0),
        (-0.0, 3.0, -0.0),
        (-0.0, 2.0, 0.0),
        (-0.0, 0.5, 0.0),
        (0.0, -1.0, INF),
        (-0.0, -1.0, -INF),
        (-0.0, -2.0, INF),
        (-0.0, -0.5, INF),
        (-0.0, INF, 0.0),
        (-0.0, -INF, INF),
        (INF, 2.0, INF),
        (INF, -2.0, 0.0),
        (-INF, 3.0, -INF),
        (-INF, 2.0, INF),
        (-INF, 0.5, INF),
        (-INF, -3.0, -0.0),
        (-INF, -2.0, 0.0),
        (-8.0, 1.0 / 3.0, NAN),
        (-2.0, 3.0, -8.0),
        (-2.0, 2.0, 4.0),
        (-2.0, -1.0, -0.5),
        (-1.0, 16_777_215.0, -1.0),
        (-1.0, 16_777_216.0, 1.0),
        (-1.0, 8_388_607.5, NAN),
        (10.0, 38.0, 1e38),
        (10.0, 39.0, INF),
        (2.0, -149.0, f32::from_bits(1)),
        (2.0, -151.0, 0.0),
        (f32::from_bits(1), 1.0, f32::from_bits(1)),
        (f32::MAX, 1.0, f32::MAX),
        (4.0, 0.5, 2.0),
    ];
    for (x, y, expected) in cases {
        let actual = math::pow(x, y);
        assert!(same(actual, expected), "{x:e} ^ {y:e} = {actual:e}, not {expected:e}");
    }
}

#[test]
fn golden_bits() {
    let scattered = || (0..20_000u32).map(|idx| f32::from_bits(idx.wrapping_mul(0x9e37_79b1)));
    // Where the functions are neither constant nor infinite.
    let central = || (-40_000..40_000).map(|idx| idx as f32 / 1_024.0);
    let actual: Vec<(&str, u64)> = FUNCTIONS
        .iter()
        .map(|function| (function.name, digest_f32(scattered().chain(central()).map(function.compute))))
        .collect();
    let expected: Vec<(&str, u64)> = FUNCTIONS.iter().map(|function| (function.name, function.golden)).collect();
    assert_eq!(format!("{actual:#x?}"), format!("{expected:#x?}"));

    let bases = central().step_by(397);
    let powers = bases.flat_map(|x| central().step_by(401).map(move |y| math::pow(x, y)));
    let scattered_powers = scattered().zip(scattered().skip(1)).map(|(x, y)| math::pow(x, y));
    assert_eq!(format!("{:#x}", digest_f32(powers.chain(scattered_powers))), "0x495c211bf30096b8");
}
