//! The normal distribution against constants of 20 digits, computed with 40 by mpmath.

use proofmark_tune::normal::{erf, erfc, inverse_normal_cdf, normal_cdf, normal_mass};

/// Largest relative errors that are allowed: for erf nine units in the last place; just below 1 erfc is one minus an erf that is
/// 5.4 times as large, and has 5.4 times its error.
const ERF_ERROR: f64 = 1e-15;
const ERFC_ERROR: f64 = 5.4 * ERF_ERROR;
/// The quantile's relative slope multiplies the error of the distribution function near the centre, where the quantile is small.
const QUANTILE_ERROR: f64 = 1e-14;

struct Known {
    x: f64,
    value: &'static str,
}

/// erf x
const ERF: &[Known] = &[
    Known { x: 1e-300, value: "1.1283791670955126022e-300" },
    Known { x: 1e-08, value: "1.1283791670955125599e-8" },
    Known { x: 0.1, value: "1.124629160182848984e-1" },
    Known { x: 0.5, value: "5.2049987781304653768e-1" },
    Known { x: 0.9, value: "7.9690821242283213966e-1" },
    Known { x: 1.0, value: "8.4270079294971486934e-1" },
    Known { x: 1.5, value: "9.6610514647531072707e-1" },
    Known { x: 2.0, value: "9.9532226501895273416e-1" },
    Known { x: 2.5, value: "9.9959304798255504106e-1" },
    Known { x: 2.9999, value: "9.9997789557351783909e-1" },
    Known { x: 3.0, value: "9.9997790950300141456e-1" },
    Known { x: 4.0, value: "9.9999998458274209972e-1" },
    Known { x: 5.5, value: "9.9999999999999264215e-1" },
];

/// erfc x
const ERFC: &[Known] = &[
    Known { x: -6.0, value: "1.9999999999999999785" },
    Known { x: -1.0, value: "1.8427007929497148693" },
    Known { x: 0.25, value: "7.2367360983176306701e-1" },
    Known { x: 0.75, value: "2.888443663464848684e-1" },
    Known { x: 0.9999, value: "1.5734072195124052201e-1" },
    Known { x: 1.0, value: "1.5729920705028513066e-1" },
    Known { x: 1.25, value: "7.7099871743541769863e-2" },
    Known { x: 2.0, value: "4.6777349810472658379e-3" },
    Known { x: 3.0, value: "2.2090496998585441373e-5" },
    Known { x: 5.0, value: "1.5374597944280348502e-12" },
    Known { x: 10.0, value: "2.088487583762544757e-45" },
    Known { x: 20.0, value: "5.3958656116079009289e-176" },
    Known { x: 26.0, value: "5.6631924088561428465e-296" },
];

/// The quantile at x
const QUANTILES: &[Known] = &[
    Known { x: 1e-300, value: "-3.7047096299361199237e+1" },
    Known { x: 1e-20, value: "-9.2623400897984075796" },
    Known { x: 1e-06, value: "-4.7534243088228989573" },
    Known { x: 0.001, value: "-3.0902323061678135354" },
    Known { x: 0.02425, value: "-1.9729610513118848376" },
    Known { x: 0.3, value: "-5.2440051270804081597e-1" },
    Known { x: 0.49, value: "-2.5068908258711058033e-2" },
    Known { x: 0.75, value: "6.744897501960817432e-1" },
    Known { x: 0.975, value: "1.9599639845400538556" },
    Known { x: 0.999999, value: "4.7534243088170877657" },
];

fn check(name: &str, table: &[Known], function: fn(f64) -> f64, limit: f64) {
    for Known { x, value } in table {
        let expected: f64 = value.parse().expect("a number");
        let received = function(*x);
        let error = ((received - expected) / expected).abs();
        assert!(error <= limit, "{name}({x}) = {received:e} for {expected:e}: off by {error:e}");
    }
}

#[test]
fn known_values() {
    check("erf", ERF, erf, ERF_ERROR);
    check("erfc", ERFC, erfc, ERFC_ERROR);
    check("inverse_normal_cdf", QUANTILES, inverse_normal_cdf, QUANTILE_ERROR);
}

#[test]
fn quantiles_and_probabilities_are_inverse() {
    for step in 1..400 {
        let p = f64::from(step) / 400.0;
        let back = normal_cdf(inverse_normal_cdf(p));
        assert!((back - p).abs() <= 4e-16, "{p} came back as {back}");
    }
}

#[test]
fn masses_do_not_cancel() {
    // Far from the centre both probabilities are 1 to the last bit, and their difference is not 0.
    let far = normal_mass(9.0, 10.0);
    assert!((far / normal_mass(-10.0, -9.0) - 1.0).abs() < 1e-15 && far > 1e-19, "{far}");
    assert!((normal_mass(-1.0, 2.0) - (normal_cdf(2.0) - normal_cdf(-1.0))).abs() < 1e-15);
    assert_eq!(normal_mass(f64::NEG_INFINITY, f64::INFINITY), 1.0);
}

#[test]
fn the_ends() {
    assert_eq!((inverse_normal_cdf(0.0), inverse_normal_cdf(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    assert!([-0.1, 1.1, f64::NAN].iter().all(|p| inverse_normal_cdf(*p).is_nan()));
    assert_eq!((erf(f64::INFINITY), erf(f64::NEG_INFINITY), erfc(100.0), erfc(-100.0)), (1.0, -1.0, 0.0, 2.0));
    assert!(erf(f64::NAN).is_nan() && erfc(f64::NAN).is_nan());
    assert_eq!((erf(0.0).to_bits(), erf(-0.0).to_bits()), (0.0f64.to_bits(), (-0.0f64).to_bits()));
}
