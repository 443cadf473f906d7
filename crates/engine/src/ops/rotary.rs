use proofmark_tensor::math;

use super::{Case, Cost, GradientSite, Op, Operation, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Rotary position embedding: turns each pair of a head's elements by an angle that grows with the position. For position t,
/// head h and pair i of D / 2, with θ = t base^(-2 i / D),
///
/// y\[t, h, 2 i\] = x\[t, h, 2 i\] cos θ - x\[t, h, 2 i + 1\] sin θ,
/// y\[t, h, 2 i + 1\] = x\[t, h, 2 i + 1\] cos θ + x\[t, h, 2 i\] sin θ.
///
/// The dot product of a query and a key that are turned so depends on how far they stand apart, not on where.
///
/// *Shapes*: x `[T, heads D]` per sample, D even; y the same.
///
/// *Definition in f32*: θ, cos θ and sin θ in f64, both rounded to f32; each element is one product, rounded, and one fused
/// multiply-add of the cosine on to it (for 2 i on to its negative).
///
/// *Gradient*: dy turned by the opposite angles.
///
/// *Source*: Su, Lu, Pan, Murtadha, Wen, Liu 2021, equation 34.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    /// Into how many equal parts the last axis is cut; at least 1.
    pub heads: usize,
    /// What the angles are powers of, at least 1; 10,000 in the source.
    pub base: f32,
    /// Whether the angles are negative.
    pub backwards: bool,
}

impl Rotary {
    /// For each of `steps` positions and each pair of a head with `width` elements, the cosine and sine of its angle.
    pub fn turns(&self, steps: usize, width: usize) -> Vec<[f32; 2]> {
        let pairs = width / 2;
        let turn = |at: usize| {
            let angle = angle(at / pairs, at % pairs, width, self.base);
            let angle = if self.backwards { -angle } else { angle };
            [math::cos_f64(angle) as f32, sine(angle) as f32]
        };
        (0..steps * pairs).map(turn).collect()
    }
}

/// Angle of a pair at a position: t base^(-2 i / D).
pub(crate) fn angle(position: usize, pair: usize, width: usize, base: f32) -> f64 {
    position as f64 * math::pow_f64(f64::from(base), -2.0 * pair as f64 / width as f64)
}

/// Sine of an angle of no more than a few millions.
pub(crate) fn sine(radians: f64) -> f64 {
    math::cos_f64(radians - std::f64::consts::FRAC_PI_2)
}

impl Op for Rotary {
    const NAME: &'static str = "rotary";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::rank(Self::NAME, inputs, 0, 2)?;
        check::not_empty(Self::NAME, &inputs[0].shape)?;
        check::at_least_one(Self::NAME, "heads", self.heads)?;
        let refuse = |attribute, value, range| Err(TypeError::Attribute { op: Self::NAME, attribute, value, range });
        if !inputs[0].shape[1].is_multiple_of(2 * self.heads) {
            return refuse("heads", self.heads as f64, "those that cut the last axis into even parts");
        }
        if !(self.base.is_finite() && self.base >= 1.0) {
            return refuse("base", f64::from(self.base), "1 or more");
        }
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let (steps, width) = (x.ty.shape[0], x.ty.shape[1] / self.heads);
        let mut y = Reference::zeros(&x.ty, context.samples(), 4);
        for at in (0..x.data.len()).step_by(2) {
            let (row, column) = (at / x.ty.shape[1], at % x.ty.shape[1]);
            let angle = angle(row % steps, column % width / 2, width, self.base);
            let angle = if self.backwards { -angle } else { angle };
            y.add_term(at, x.data[at] * math::cos_f64(angle));
            y.add_term(at, -x.data[at + 1] * sine(angle));
            y.add_term(at + 1, x.data[at + 1] * math::cos_f64(angle));
            y.add_term(at + 1, x.data[at] * sine(angle));
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        Ok(vec![Some(site.graph.add(Rotary { backwards: !self.backwards, ..*self }, &[dy])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: 3 * inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        let backwards = if self.backwards { " backwards" } else { "" };
        format!("heads={} base={}{backwards}", self.heads, self.base)
    }

    fn cases() -> Vec<Case> {
        let of = |heads, base, backwards| Rotary { heads, base, backwards };
        // A base of 1 turns every pair by one radian a step.
        let (sin, cos) = (0.841_470_984_807_896_5, 0.540_302_305_868_139_8);
        let x = || vec![(Type::sample([2, 2]), vec![3., 4., 1., 2.])];
        let forward = vec![3., 4., cos - 2. * sin, 2. * cos + sin];
        let backward = vec![3., 4., cos + 2. * sin, 2. * cos - sin];
        vec![
            Case::new("known", of(1, 1.0, false), x()).expect(vec![forward]),
            Case::new("known, backwards", of(1, 1.0, true), x()).expect(vec![backward]),
            Case::made_up("two heads", of(2, 10_000.0, false), &[Type::sample([5, 12])], 2),
            Case::made_up("several shards", of(1, 100.0, true), &[Type::sample([3, 38])], 21),
            Case::made_up("long", of(3, 10_000.0, false), &[Type::sample([300, 6])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |op, text| Rejection { op: Operation::from(op), inputs: vec![Type::sample([2, 6])], text };
        vec![
            reject(
                Rotary { heads: 2, base: 10_000.0, backwards: false },
                "`rotary`: heads of 2 is outside those that cut the last axis into even parts",
            ),
            reject(Rotary { heads: 1, base: 0.5, backwards: false }, "`rotary`: base of 0.5 is outside 1 or more"),
        ]
    }
}
