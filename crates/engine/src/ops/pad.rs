use proofmark_tensor::Shape;

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Slice, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Puts zeros before and after the elements along one axis.
///
/// *Shapes*: any, per sample or per step; the extent along `axis` grows by `before + after`.
///
/// *Gradient*: the [`Slice`] that takes the elements out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// Along which axis, the batch axis aside.
    pub axis: usize,
    /// Zeros before the first index.
    pub before: usize,
    /// Zeros after the last index.
    pub after: usize,
}

/// The padding comes from people; no extent that fits into memory is larger.
const LARGEST_EXTENT: usize = u32::MAX as usize;

impl Op for Pad {
    const NAME: &'static str = "pad";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::axis(Self::NAME, self.axis, &inputs[0].shape)?;
        check::not_empty(Self::NAME, &inputs[0].shape)?;
        let mut shape = inputs[0].shape.to_vec();
        let extent = shape[self.axis].saturating_add(self.before).saturating_add(self.after);
        if extent > LARGEST_EXTENT {
            let (attribute, value) = ("padded extent", extent as f64);
            return Err(TypeError::Attribute { op: Self::NAME, attribute, value, range: "1 to 4294967295" });
        }
        shape[self.axis] = extent;
        Ok(vec![Type { shape: shape.into(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let inner: usize = x.ty.shape[self.axis + 1..].iter().product();
        let mut data = Vec::new();
        for block in x.data.chunks_exact(x.ty.shape[self.axis] * inner) {
            data.resize(data.len() + self.before * inner, 0.0);
            data.extend_from_slice(block);
            data.resize(data.len() + self.after * inner, 0.0);
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let length = site.graph.shape(site.inputs[0])[self.axis];
        Ok(vec![Some(site.graph.add(Slice { axis: self.axis, start: self.before, length }, &[dy])?)])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("axis={} before={} after={}", self.axis, self.before, self.after)
    }

    fn cases() -> Vec<Case> {
        let pad = |axis, before, after| Pad { axis, before, after };
        vec![
            Case::new("columns", pad(1, 1, 2), vec![(Type::sample([2, 1]), vec![1., 2.])])
                .expect(vec![vec![0., 1., 0., 0., 0., 2., 0., 0.]]),
            Case::made_up("rows", pad(0, 2, 0), &[Type::sample([3, 5])], 3),
            Case::made_up("nothing", pad(0, 0, 0), &[Type::sample([4])], 2),
            Case::made_up("channels", pad(2, 3, 1), &[Type::sample([2, 3, 17])], 2),
            Case::made_up("of a parameter", pad(0, 1, 2), &[Type::step([4, 3])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |axis, before, x: &[usize], text| Rejection {
            op: Pad { axis, before, after: 1 }.into(),
            inputs: vec![Type::sample(Shape::new(x))],
            text,
        };
        vec![
            reject(1, 1, &[2], "`pad`: axis of 1 is outside the axes of the input"),
            reject(0, 1, &[2, 0], "`pad`: shape [2, 0] has no elements"),
            reject(0, 5_000_000_000, &[2], "`pad`: padded extent of 5000000003 is outside 1 to 4294967295"),
        ]
    }
}
