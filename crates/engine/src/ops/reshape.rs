use proofmark_tensor::Shape;

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// The same elements in row-major order under another shape; flattening is reshaping to one axis. Moves nothing: the
/// output is the input's memory.
///
/// *Gradient*: reshaped back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reshape {
    /// The new shape, with as many elements.
    pub shape: Shape,
}

impl Op for Reshape {
    const NAME: &'static str = "reshape";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        if inputs[0].elements() != self.shape.elements() {
            return Err(TypeError::Elements { from: inputs[0].shape.clone(), to: self.shape.clone() });
        }
        Ok(vec![Type { shape: self.shape.clone(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        vec![Reference::exact(inputs[0].data.clone())]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let shape = site.graph.shape(site.inputs[0]).clone();
        Ok(vec![match site.output_gradients[0] {
            Some(dy) if site.wanted[0] => Some(site.graph.add(Reshape { shape }, &[dy])?),
            _ => None,
        }])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn attributes(&self) -> String {
        format!("shape={}", self.shape)
    }

    fn cases() -> Vec<Case> {
        let reshape = |shape: &[usize]| Reshape { shape: Shape::new(shape) };
        vec![
            Case::made_up("flatten", reshape(&[12]), &[Type::sample([2, 3, 2])], 3),
            Case::made_up("split", reshape(&[2, 6]), &[Type::sample([12])], 1),
            Case::made_up("parameter", reshape(&[3, 2]), &[Type::step([6])], 2).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        vec![Rejection {
            op: Reshape { shape: Shape::new(&[5]) }.into(),
            inputs: vec![Type::sample([2, 3])],
            text: "`reshape` of [2, 3] to [5] changes the number of elements from 6 to 5",
        }]
    }
}
