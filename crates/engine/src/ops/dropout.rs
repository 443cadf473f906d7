use proofmark_tensor::random::Stream;

use super::{Case, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Sets a random share of the elements to zero and divides the others by the share that stays: y = x / (1 - rate) where
/// kept, +0.0 elsewhere.
///
/// The mask is not stored. Element i of a sample is kept if
/// [`u32_at`](Stream::u32_at)(step, the sample's id, i) of the stream of this name under the run's seed is at least
/// [`Dropout::threshold`].
///
/// *Shapes*: any, per sample, at most 2³² elements a sample.
///
/// *Definition in f32*: one division by [`Dropout::kept_share`]; dropped elements are selected, not multiplied by zero.
///
/// *Gradient*: the same operation on dy, with the same stream and so the same mask.
///
/// *Source*: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// The share that is dropped, in \[0, 1).
    pub rate: f32,
    /// Name of the random stream: the layer's name.
    pub stream: String,
}

impl Dropout {
    /// Random words below this drop their element: floor(rate 2³²).
    pub fn threshold(&self) -> u32 {
        (f64::from(self.rate) * 4_294_967_296.0) as u32
    }

    /// What kept elements are divided by: 1 - rate, rounded to f32.
    pub fn kept_share(&self) -> f32 {
        1.0 - self.rate
    }
}

impl Op for Dropout {
    const NAME: &'static str = "dropout";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::span(Self::NAME, inputs, 0, Span::Sample)?;
        if !(0.0..1.0).contains(&self.rate) {
            let value = f64::from(self.rate);
            return Err(TypeError::Attribute { op: Self::NAME, attribute: "rate", value, range: "[0, 1)" });
        }
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let stream = Stream::new(context.seed, &self.stream);
        let kept_share = 1.0 - f64::from(self.rate);
        let mut y = Reference::zeros(&x.ty, context.samples(), 2);
        for (sample, id) in context.ids.iter().enumerate() {
            for element in 0..x.ty.elements() {
                if stream.u32_at(context.step, *id, element as u32) >= self.threshold() {
                    let idx = sample * x.ty.elements() + element;
                    y.add_term(idx, x.data[idx] / kept_share);
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => Some(site.graph.add(self.clone(), &[dy])?),
            _ => None,
        }])
    }

    fn attributes(&self) -> String {
        format!("rate={} stream={}", self.rate, self.stream)
    }

    fn cases() -> Vec<Case> {
        let dropout = |rate| Dropout { rate, stream: "drop".to_owned() };
        vec![
            Case::new("nothing is dropped", dropout(0.0), vec![(Type::sample([3]), vec![1., 2., 3.])])
                .expect(vec![vec![1., 2., 3.]]),
            Case::made_up("half", dropout(0.5), &[Type::sample([128])], 3),
            Case::made_up("a fifth of an image", dropout(0.2), &[Type::sample([5, 3, 19])], 2),
            Case::made_up("most", dropout(0.9), &[Type::sample([7])], 11),
            Case::made_up("one element", dropout(0.5), &[Type::sample([])], 21),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |rate, ty, text| Rejection {
            op: Dropout { rate, stream: "drop".to_owned() }.into(),
            inputs: vec![ty],
            text,
        };
        vec![
            reject(1.0, Type::sample([3]), "`dropout`: rate of 1 is outside [0, 1)"),
            reject(-0.5, Type::sample([3]), "`dropout`: rate of -0.5 is outside [0, 1)"),
            reject(f32::NAN, Type::sample([3]), "`dropout`: rate of NaN is outside [0, 1)"),
            reject(0.5, Type::step([3]), "`dropout` needs input 0 to be per sample, received per step"),
        ]
    }
}
