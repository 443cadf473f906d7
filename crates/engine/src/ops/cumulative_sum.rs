use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Running sums along one axis: y\[t\] = x\[0\] + .. + x\[t\], or from the other end.
///
/// *Shapes*: any, per sample or per step; y the same.
///
/// *Definition in f32*: a chain of additions along the axis from +0.0, from the end that the direction names; each sum is the
/// one before plus one element. A NaN is in every sum from there on.
///
/// *Gradient*: the running sums of dy in the other direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CumulativeSum {
    /// Along which axis, the batch axis aside.
    pub axis: usize,
    /// Where the sums start.
    pub direction: Direction,
}

/// Along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first index to the last.
    Forward,
    /// From the last index to the first.
    Backward,
}

impl Direction {
    /// Index `step` of `extent`, counted from where the direction starts.
    #[inline(always)]
    pub(crate) fn index(self, step: usize, extent: usize) -> usize {
        match self {
            Direction::Forward => step,
            Direction::Backward => extent - 1 - step,
        }
    }

    /// As it stands in printed graphs.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Direction::Forward => "forward",
            Direction::Backward => "backward",
        }
    }

    fn opposite(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

impl Op for CumulativeSum {
    const NAME: &'static str = "cumulative_sum";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 1)?;
        check::all_f32(Self::NAME, inputs)?;
        check::axis(Self::NAME, self.axis, &inputs[0].shape)?;
        check::not_empty(Self::NAME, &inputs[0].shape)?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = inputs[0];
        let extent = x.ty.shape[self.axis];
        let inner: usize = x.ty.shape[self.axis + 1..].iter().product();
        let zeros = vec![0.0; x.data.len()];
        let mut y = Reference { data: zeros.clone(), magnitude: zeros, terms: extent };
        for first in (0..x.data.len()).step_by(extent * inner) {
            for column in 0..inner {
                let (mut sum, mut magnitude) = (0.0, 0.0);
                for step in 0..extent {
                    let at = first + self.direction.index(step, extent) * inner + column;
                    sum += x.data[at];
                    magnitude += x.data[at].abs();
                    (y.data[at], y.magnitude[at]) = (sum, magnitude);
                }
            }
        }
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dy), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None]) };
        let back = CumulativeSum { direction: self.direction.opposite(), ..*self };
        Ok(vec![Some(site.graph.add(back, &[dy])?)])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: inputs[0].elements() as u64 }
    }

    fn attributes(&self) -> String {
        let direction = match self.direction {
            Direction::Forward => "",
            Direction::Backward => " backward",
        };
        format!("axis={}{direction}", self.axis)
    }

    fn cases() -> Vec<Case> {
        use Direction::{Backward, Forward};
        let of = |axis, direction| CumulativeSum { axis, direction };
        let rows = || vec![(Type::sample([2, 3]), vec![1., 2., 3., 10., 20., 30.])];
        let nan = vec![(Type::sample([3]), vec![1., f64::NAN, 3.])];
        vec![
            Case::new("rows", of(1, Forward), rows()).expect(vec![vec![1., 3., 6., 10., 30., 60.]]),
            Case::new("columns", of(0, Forward), rows()).expect(vec![vec![1., 2., 3., 11., 22., 33.]]),
            Case::new("rows from the end", of(1, Backward), rows()).expect(vec![vec![6., 5., 3., 60., 50., 30.]]),
            Case::new("NaN stays", of(0, Forward), nan)
                .expect(vec![vec![1., f64::NAN, f64::NAN]])
                .differentiable(false),
            Case::made_up("one number", of(0, Forward), &[Type::sample([1])], 2),
            Case::made_up("several shards", of(0, Backward), &[Type::sample([5])], 21),
            Case::made_up("wide", of(0, Forward), &[Type::sample([4, 37])], 3),
            Case::made_up("middle", of(1, Backward), &[Type::sample([2, 3, 19])], 2),
            Case::made_up("last of three", of(2, Forward), &[Type::sample([2, 3, 5])], 2),
            Case::made_up("of a parameter", of(0, Forward), &[Type::step([4, 3])], 1),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |x: [usize; 2], axis, text| Rejection {
            op: CumulativeSum { axis, direction: Direction::Forward }.into(),
            inputs: vec![Type::sample(x)],
            text,
        };
        vec![
            reject([2, 3], 2, "`cumulative_sum`: axis of 2 is outside the axes of the input"),
            reject([2, 0], 0, "`cumulative_sum`: shape [2, 0] has no elements"),
        ]
    }
}
