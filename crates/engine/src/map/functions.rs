//! The table of scalar functions: one row each, with its f64 meaning, its f32 definition and its gradient.

use proofmark_tensor::math;

use super::{Builder, Operand, Program};
use crate::graph::Type;
use crate::ops::Case;

/// One row of the table, for documentation and tests.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The function.
    pub function: Function,
    /// Its name in graphs.
    pub name: &'static str,
    /// What it computes.
    pub doc: &'static str,
}

/// What the gradient rule of a row may use.
struct Site<'a> {
    builder: &'a mut Builder,
    x: [Operand; 3],
    /// The function's result.
    y: Operand,
    /// The gradient of the result.
    d: Operand,
}

impl Site<'_> {
    fn apply(&mut self, function: Function, operands: &[Operand]) -> Option<Operand> {
        Some(self.builder.apply(function, operands))
    }

    fn mul(&mut self, a: Operand, b: Operand) -> Operand {
        self.builder.apply(Function::Mul, &[a, b])
    }

    fn neg(&mut self, a: Operand) -> Operand {
        self.builder.apply(Function::Neg, &[a])
    }

    fn constant(&self, value: f32) -> Operand {
        Operand::Constant(value)
    }
}

macro_rules! table {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $name:literal ($($x:ident),+)
        roundings $roundings:literal;
        f64 $f64:expr;
        f32 $f32:expr;
        gradient |$site:ident| $gradient:expr;
        samples $samples:expr;
    )*) => {
        /// A scalar function of one to three arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Function {
            $($(#[doc = $doc])+ $variant,)*
        }

        /// The whole table, in one visible list.
        pub const FUNCTIONS: &[Row] = &[
            $(Row { function: Function::$variant, name: $name, doc: concat!($($doc),+) },)*
        ];

        impl Function {
            /// Its name in graphs.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)* }
            }

            /// Number of arguments.
            pub fn arity(self) -> usize {
                match self { $(Function::$variant => [$(stringify!($x)),+].len(),)* }
            }

            /// Its meaning.
            pub fn evaluate_f64(self, arguments: [f64; 3]) -> f64 {
                match self { $(Function::$variant => {
                    let [$($x,)+ ..] = arguments;
                    $f64
                })* }
            }

            /// Its f32 definition, for one element.
            pub fn evaluate_f32(self, arguments: [f32; 3]) -> f32 {
                match self { $(Function::$variant => {
                    let [$($x,)+ ..] = arguments;
                    $f32
                })* }
            }

            /// Bound of the f32 definition's error, in units of 2^-24 of the result.
            pub fn roundings(self) -> f64 {
                match self { $(Function::$variant => $roundings,)* }
            }

            /// Applies it to a block: `output[i]` of `arguments[..][i]`. Inlined into functions compiled for a SIMD level,
            /// where the loop becomes vector code; the bits are those of [`Function::evaluate_f32`].
            #[inline(always)]
            pub(crate) fn evaluate_block<const N: usize>(self, arguments: [&[f32; N]; 3], output: &mut [f32; N]) {
                match self { $(Function::$variant => {
                    let [$($x,)+ ..] = arguments;
                    for i in 0..N {
                        $(let $x = $x[i];)+
                        output[i] = $f32;
                    }
                })* }
            }

            /// The gradients of the arguments, given the result and its gradient; `None` where it is zero everywhere.
            pub(super) fn gradient(
                self, builder: &mut Builder, arguments: &[Operand], result: Operand, gradient: Operand,
            ) -> [Option<Operand>; 3] {
                let mut x = [Operand::Constant(0.0); 3];
                x[..arguments.len()].copy_from_slice(arguments);
                #[allow(unused_mut, unused_variables)]
                let mut site = Site { builder, x, y: result, d: gradient };
                match self { $(Function::$variant => { let $site = &mut site; $gradient })* }
            }

            /// Arguments for tests: away from kinks, within the range that trainings meet.
            fn samples(self) -> Vec<[f64; 3]> {
                match self { $(Function::$variant => $samples.to_vec(),)* }
            }
        }
    };
}

/// Pairs for functions of two arguments.
const PAIRS: [[f64; 3]; 6] = [
    [0.5, 2.0, 0.0],
    [-1.25, 3.5, 0.0],
    [2.75, -0.375, 0.0],
    [-0.0625, -8.0, 0.0],
    [100.0, 0.75, 0.0],
    [1.5, 1.0, 0.0],
];
/// Arguments on both sides of zero.
const REALS: [[f64; 3]; 8] = [
    [-20.0, 0.0, 0.0],
    [-3.0, 0.0, 0.0],
    [-0.5, 0.0, 0.0],
    [-0.015625, 0.0, 0.0],
    [0.25, 0.0, 0.0],
    [1.0, 0.0, 0.0],
    [4.5, 0.0, 0.0],
    [15.0, 0.0, 0.0],
];
/// Arguments above zero.
const POSITIVES: [[f64; 3]; 5] =
    [[0.015625, 0.0, 0.0], [0.5, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [1000.0, 0.0, 0.0]];

table! {
    /// a + b.
    Add "add" (a, b)
        roundings 1.0;
        f64 a + b;
        f32 a + b;
        gradient |s| [Some(s.d), Some(s.d), None];
        samples PAIRS;
    /// a - b.
    Sub "sub" (a, b)
        roundings 1.0;
        f64 a - b;
        f32 a - b;
        gradient |s| { let d = s.d; [Some(d), Some(s.neg(d)), None] };
        samples PAIRS;
    /// a b.
    Mul "mul" (a, b)
        roundings 1.0;
        f64 a * b;
        f32 a * b;
        gradient |s| { let (d, [a, b, _]) = (s.d, s.x); [Some(s.mul(d, b)), Some(s.mul(d, a)), None] };
        samples PAIRS;
    /// a / b.
    Div "div" (a, b)
        roundings 1.0;
        f64 a / b;
        f32 a / b;
        gradient |s| {
            let (d, y, [_, b, _]) = (s.d, s.y, s.x);
            let da = s.builder.apply(Function::Div, &[d, b]);
            let db = s.mul(da, y);
            [Some(da), Some(s.neg(db)), None]
        };
        samples PAIRS;
    /// a b + c with one rounding.
    MulAdd "mul_add" (a, b, c)
        roundings 1.0;
        f64 a * b + c;
        f32 f32::mul_add(a, b, c);
        gradient |s| { let (d, [a, b, _]) = (s.d, s.x); [Some(s.mul(d, b)), Some(s.mul(d, a)), Some(d)] };
        samples [[0.5, 2.0, 3.0], [-1.5, 3.25, 0.125], [4.0, -0.75, 100.0], [1e-3, 7.0, -2.0]];
    /// -a.
    Neg "neg" (a)
        roundings 0.0;
        f64 -a;
        f32 -a;
        gradient |s| { let d = s.d; [Some(s.neg(d)), None, None] };
        samples REALS;
    /// |a|; gradient sign(a), zero at zero.
    Abs "abs" (a)
        roundings 0.0;
        f64 a.abs();
        f32 a.abs();
        gradient |s| {
            let (d, a) = (s.d, s.x[0]);
            let sign = s.builder.apply(Function::Sign, &[a]);
            [Some(s.mul(d, sign)), None, None]
        };
        samples REALS;
    /// 1 above zero, -1 below, 0 at zero and for NaN.
    Sign "sign" (a)
        roundings 0.0;
        f64 if a > 0.0 { 1.0 } else if a < 0.0 { -1.0 } else { 0.0 };
        f32 if a > 0.0 { 1.0 } else if a < 0.0 { -1.0 } else { 0.0 };
        gradient |_s| [None, None, None];
        samples REALS;
    /// a^2.
    Square "square" (a)
        roundings 1.0;
        f64 a * a;
        f32 a * a;
        gradient |s| {
            let (d, a, two) = (s.d, s.x[0], s.constant(2.0));
            let slope = s.mul(two, a);
            [Some(s.mul(d, slope)), None, None]
        };
        samples REALS;
    /// Square root.
    Sqrt "sqrt" (a)
        roundings 1.0;
        f64 a.sqrt();
        f32 a.sqrt();
        gradient |s| {
            let (d, y, half) = (s.d, s.y, s.constant(0.5));
            let half_d = s.mul(d, half);
            [s.apply(Function::Div, &[half_d, y]), None, None]
        };
        samples POSITIVES;
    /// The larger of a and b; a if either is NaN or both are equal. The gradient goes to the one returned.
    Max "max" (a, b)
        roundings 0.0;
        f64 if b > a { b } else { a };
        f32 if b > a { b } else { a };
        gradient |s| {
            let (d, [a, b, _], one) = (s.d, s.x, s.constant(1.0));
            let takes_b = s.builder.apply(Function::Greater, &[b, a]);
            let takes_a = s.builder.apply(Function::Sub, &[one, takes_b]);
            [s.apply(Function::Gate, &[d, takes_a]), s.apply(Function::Gate, &[d, takes_b]), None]
        };
        samples PAIRS;
    /// The smaller of a and b; a if either is NaN or both are equal. The gradient goes to the one returned.
    Min "min" (a, b)
        roundings 0.0;
        f64 if b < a { b } else { a };
        f32 if b < a { b } else { a };
        gradient |s| {
            let (d, [a, b, _], one) = (s.d, s.x, s.constant(1.0));
            let takes_b = s.builder.apply(Function::Greater, &[a, b]);
            let takes_a = s.builder.apply(Function::Sub, &[one, takes_b]);
            [s.apply(Function::Gate, &[d, takes_a]), s.apply(Function::Gate, &[d, takes_b]), None]
        };
        samples PAIRS;
    /// 1 if a > b, otherwise 0.
    Greater "greater" (a, b)
        roundings 0.0;
        f64 if a > b { 1.0 } else { 0.0 };
        f32 if a > b { 1.0 } else { 0.0 };
        gradient |_s| [None, None, None];
        samples PAIRS;
    /// a if g > 0, otherwise +0: how gradients are selected, so that 0 x inf does not appear.
    Gate "gate" (a, g)
        roundings 0.0;
        f64 if g > 0.0 { a } else { 0.0 };
        f32 if g > 0.0 { a } else { 0.0 };
        gradient |s| { let (d, g) = (s.d, s.x[1]); [s.apply(Function::Gate, &[d, g]), None, None] };
        samples PAIRS;
    /// max(a, 0), where NaN passes: `if 0 > a { 0 } else { a }`. Gradient: selected where the result is above zero.
    Relu "relu" (a)
        roundings 0.0;
        f64 if 0.0 > a { 0.0 } else { a };
        f32 if 0.0 > a { 0.0 } else { a };
        gradient |s| { let (d, y) = (s.d, s.y); [s.apply(Function::Gate, &[d, y]), None, None] };
        samples REALS;
    /// e^a.
    Exp "exp" (a)
        roundings 3.0;
        f64 math::exp_f64(a);
        f32 math::exp(a);
        gradient |s| { let (d, y) = (s.d, s.y); [Some(s.mul(d, y)), None, None] };
        samples REALS;
    /// Natural logarithm.
    Ln "ln" (a)
        roundings 3.0;
        f64 math::ln_f64(a);
        f32 math::ln(a);
        gradient |s| { let (d, a) = (s.d, s.x[0]); [s.apply(Function::Div, &[d, a]), None, None] };
        samples POSITIVES;
    /// 1 / (1 + e^-a).
    Sigmoid "sigmoid" (a)
        roundings 4.0;
        f64 1.0 / (1.0 + math::exp_f64(-a));
        f32 math::sigmoid(a);
        gradient |s| {
            let (d, y, one) = (s.d, s.y, s.constant(1.0));
            let rest = s.builder.apply(Function::Sub, &[one, y]);
            let slope = s.mul(y, rest);
            [Some(s.mul(d, slope)), None, None]
        };
        samples REALS;
    /// Hyperbolic tangent.
    Tanh "tanh" (a)
        roundings 4.0;
        f64 tanh_f64(a);
        f32 math::tanh(a);
        gradient |s| {
            let (d, y, one) = (s.d, s.y, s.constant(1.0));
            let minus_y = s.neg(y);
            let slope = s.builder.apply(Function::MulAdd, &[minus_y, y, one]);
            [Some(s.mul(d, slope)), None, None]
        };
        samples REALS;
    /// The error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to a.
    Erf "erf" (a)
        roundings 3.0;
        f64 erf_f64(a);
        f32 math::erf(a);
        gradient |s| {
            let (d, a, slope_at_zero) = (s.d, s.x[0], s.constant(std::f32::consts::FRAC_2_SQRT_PI));
            let square = s.mul(a, a);
            let exponent = s.neg(square);
            let bell = s.builder.apply(Function::Exp, &[exponent]);
            let slope = s.mul(slope_at_zero, bell);
            [Some(s.mul(d, slope)), None, None]
        };
        samples REALS;
    /// ln(1 + e^a), without overflow.
    Softplus "softplus" (a)
        roundings 4.0;
        f64 a.max(0.0) + ln_1p_f64(math::exp_f64(-a.abs()));
        f32 math::softplus(a);
        gradient |s| {
            let (d, a) = (s.d, s.x[0]);
            let slope = s.builder.apply(Function::Sigmoid, &[a]);
            [Some(s.mul(d, slope)), None, None]
        };
        samples REALS;
}

/// ln(1 + e), also where e is lost in the sum (Kahan's correction).
fn ln_1p_f64(e: f64) -> f64 {
    let sum = 1.0 + e;
    if sum == 1.0 { e } else { math::ln_f64(sum) * e / (sum - 1.0) }
}

/// The error function by 2 / sqrt(pi) e^-a^2 times the sum of 2^n a^(2n + 1) / (1 3 5 .. (2n + 1)), whose terms have one sign
/// (Abramowitz and Stegun 7.1.6).
fn erf_f64(a: f64) -> f64 {
    // Beyond 6 the result is 1 to the last bit.
    let size = if a.abs() > 6.0 { 6.0 } else { a };
    let (mut term, mut sum, mut odd) = (size, size, 1.0);
    while term.abs() > sum.abs() * 1e-18 {
        odd += 2.0;
        term *= 2.0 * size * size / odd;
        sum += term;
    }
    if a.abs() > 6.0 { 1f64.copysign(a) } else { std::f64::consts::FRAC_2_SQRT_PI * math::exp_f64(-size * size) * sum }
}

/// Hyperbolic tangent by e^2a - 1, with the same correction near zero.
fn tanh_f64(a: f64) -> f64 {
    // Beyond 20 the result is 1 to the last bit, and e^2a would overflow in the end.
    let double = 2.0 * a.clamp(-20.0, 20.0);
    let power = math::exp_f64(double);
    let less_one = if power == 1.0 { double } else { (power - 1.0) * double / math::ln_f64(power) };
    less_one / (less_one + 2.0)
}

/// One case a row: the program of the function alone, on its samples.
pub(super) fn cases() -> Vec<Case> {
    FUNCTIONS
        .iter()
        .map(|row| {
            let samples = row.function.samples();
            let inputs: Vec<(Type, Vec<f64>)> = (0..row.function.arity())
                .map(|i| (Type::sample([samples.len()]), samples.iter().map(|sample| sample[i]).collect()))
                .collect();
            let program = Program::of(row.function);
            // Steps have no slope to compare with; everything else is differentiated.
            let smooth = !matches!(row.function, Function::Sign | Function::Greater);
            Case::new(row.name, super::Map { program }, inputs).samples(1).differentiable(smooth)
        })
        .collect()
}
