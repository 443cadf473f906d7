use super::{Case, Cost, GradientSite, Op, Pad, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// A contiguous part along one axis: indices `start` to `start + length - 1`.
///
/// *Shapes*: any, per sample or per step; the output's extent along `axis` is `length`.
///
/// *Gradient*: [`Pad`], zeros where nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Along which axis, the batch axis aside.
    pub axis: usize,
    /// First index that is taken.
    pub start: usize,
    /// How many are taken; at least 1.
    pub length: usize,
}

impl Op for Slice {
    const NAME: &'static str = "slice";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::axis(Self::NAME, self.axis, &inputs[0].shape)?;
        check::not_empty(Self::NAME, &inputs[0].shape)?;
        check::at_least_one(Self::NAME, "length", self.length)?;
        let mut shape = inputs[0].shape.to_vec();
        let end = self.start.saturating_add(self.length);
        if end > shape[self.axis] {
            return Err(TypeError::Attribute {
                op: Self::NAME,
                attribute: "start + length",
                value: end as f64,
                range: "the extent of the axis",
            });
        }
        shape[self.axis] = self.length;
        Ok(vec![Type { shape: shape.into(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let inner: usize = x.ty.shape[self.axis + 1..].iter().product();
        let mut data = Vec::new();
        for block in x.data.chunks_exact(x.ty.shape[self.axis] * inner) {
            data.extend_from_slice(&block[self.start * inner..(self.start + self.length) * inner]);
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let after = site.graph.shape(site.inputs[0])[self.axis] - self.start - self.length;
        Ok(vec![Some(site.graph.add(Pad { axis: self.axis, before: self.start, after }, &[dy])?)])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("axis={} start={} length={}", self.axis, self.start, self.length)
    }

    fn cases() -> Vec<Case> {
        let slice = |axis, start, length| Slice { axis, start, length };
        vec![
            Case::new("columns", slice(1, 1, 2), vec![(Type::sample([2, 3]), (1..7).map(f64::from).collect())])
                .expect(vec![vec![2., 3., 5., 6.]]),
            Case::made_up("rows", slice(0, 2, 1), &[Type::sample([3, 5])], 3),
            Case::made_up("all", slice(0, 0, 4), &[Type::sample([4])], 2),
            Case::made_up("channels", slice(2, 3, 17), &[Type::sample([2, 3, 21])], 2),
            Case::made_up("of a parameter", slice(0, 1, 2), &[Type::step([4, 3])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |axis, start, length, text| Rejection {
            op: Slice { axis, start, length }.into(),
            inputs: vec![Type::sample([2, 3])],
            text,
        };
        vec![
            reject(1, 2, 2, "`slice`: start + length of 4 is outside the extent of the axis"),
            reject(1, 2, 0, "`slice`: length of 0 is outside 1 or more"),
            reject(2, 0, 1, "`slice`: axis of 2 is outside the axes of the input"),
        ]
    }
}
