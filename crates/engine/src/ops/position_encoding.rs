use proofmark_tensor::math;

use super::rotary::{angle, sine};
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Adds waves that tell positions apart: y\[t, 2 i\] = x\[t, 2 i\] + sin θ and y\[t, 2 i + 1\] = x\[t, 2 i + 1\] + cos θ with
/// θ = t base^(-2 i / C).
///
/// *Shapes*: x `[T, C]` per sample; y the same. With an odd C the last sine has no cosine.
///
/// *Definition in f32*: θ and its sine or cosine in f64, rounded to f32, then one addition.
///
/// *Gradient*: dy itself.
///
/// *Source*: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin 2017, section 3.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionEncoding {
    /// What the angles are powers of, at least 1; 10,000 in the source.
    pub base: f32,
}

impl PositionEncoding {
    /// What is added to `steps` positions of `channels`, row by row.
    pub fn waves(&self, steps: usize, channels: usize) -> Vec<f32> {
        (0..steps * channels).map(|at| wave(at / channels, at % channels, channels, self.base) as f32).collect()
    }
}

/// What is added at a position.
fn wave(position: usize, channel: usize, channels: usize, base: f32) -> f64 {
    let angle = angle(position, channel / 2, channels, base);
    if channel.is_multiple_of(2) { sine(angle) } else { math::cos_f64(angle) }
}

impl Op for PositionEncoding {
    const NAME: &'static str = "position_encoding";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        check::rank(Self::NAME, inputs, 0, 2)?;
        check::not_empty(Self::NAME, &inputs[0].shape)?;
        if !(self.base.is_finite() && self.base >= 1.0) {
            let value = f64::from(self.base);
            return Err(TypeError::Attribute { op: Self::NAME, attribute: "base", value, range: "1 or more" });
        }
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let (steps, channels) = (x.ty.shape[0], x.ty.shape[1]);
        let mut y = Reference::zeros(&x.ty, context.samples(), 2);
        for (at, x) in x.data.iter().enumerate() {
            y.add_term(at, *x);
            y.add_term(at, wave(at / channels % steps, at % channels, channels, self.base));
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![site.output_gradients[0].filter(|_| site.wanted[0])])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        format!("base={}", self.base)
    }

    fn cases() -> Vec<Case> {
        let of = |base| PositionEncoding { base };
        let (sin, cos) = (0.841_470_984_807_896_5, 0.540_302_305_868_139_8);
        let known = vec![(Type::sample([2, 3]), vec![10., 20., 30., 10., 20., 30.])];
        vec![
            // A base of 1 advances every wave by one radian a step.
            Case::new("known", of(1.0), known).expect(vec![vec![10., 21., 30., 10. + sin, 20. + cos, 30. + sin]]),
            Case::made_up("several shards", of(10_000.0), &[Type::sample([5, 12])], 21),
            Case::made_up("an odd number of channels", of(100.0), &[Type::sample([300, 5])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: PositionEncoding { base: 0.5 }.into(),
            inputs: vec![Type::sample([2, 4])],
            text: "`position_encoding`: base of 0.5 is outside 1 or more",
        }]
    }
}
