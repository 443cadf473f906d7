use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Slice, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Joins 2 to 8 values along one axis.
///
/// *Shapes*: inputs that agree in all axes but `axis`, all per sample or all per step; the output's extent there is the
/// sum of theirs.
///
/// *Gradient*: the [`Slice`]s of dy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// Along which axis, the batch axis aside.
    pub axis: usize,
}

impl Op for Concat {
    const NAME: &'static str = "concat";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        if !(2..=8).contains(&inputs.len()) {
            let value = inputs.len() as f64;
            return Err(TypeError::Attribute { op: Self::NAME, attribute: "number of inputs", value, range: "2 to 8" });
        }
        check::all_f32(Self::NAME, inputs)?;
        check::axis(Self::NAME, self.axis, &inputs[0].shape)?;
        let mut shape = inputs[0].shape.to_vec();
        for input in 1..inputs.len() {
            check::span(Self::NAME, inputs, input, inputs[0].span)?;
            check::rank(Self::NAME, inputs, input, shape.len())?;
            let extent = inputs[input].shape[self.axis];
            let mut expected = inputs[0].shape.to_vec();
            expected[self.axis] = extent;
            check::shape(Self::NAME, inputs, input, &expected)?;
            shape[self.axis] += extent;
        }
        Ok(vec![Type { shape: shape.into(), ..inputs[0].clone() }])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let extents: Vec<usize> = inputs.iter().map(|x| x.ty.shape[self.axis..].iter().product()).collect();
        let outer: usize = inputs[0].ty.shape[..self.axis].iter().product::<usize>() * context.copies(&inputs[0].ty);
        let mut data = Vec::new();
        for block in 0..outer {
            for (x, extent) in inputs.iter().zip(&extents) {
                data.extend_from_slice(&x.data[block * extent..(block + 1) * extent]);
            }
        }
        vec![Reference::exact(data)]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let mut gradients = vec![None; site.inputs.len()];
        let Some(dy) = site.output_gradients[0] else { return Ok(gradients) };
        let mut start = 0;
        for (input, gradient) in gradients.iter_mut().enumerate() {
            let length = site.graph.shape(site.inputs[input])[self.axis];
            if site.wanted[input] {
                *gradient = Some(site.graph.add(Slice { axis: self.axis, start, length }, &[dy])?);
            }
            start += length;
        }
        Ok(gradients)
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("axis={}", self.axis)
    }

    fn cases() -> Vec<Case> {
        vec![
            Case::new(
                "rows",
                Concat { axis: 1 },
                vec![
                    (Type::sample([2, 1]), vec![1., 2., 3., 4.]),
                    (Type::sample([2, 2]), (5..13).map(f64::from).collect()),
                ],
            )
            .samples(2)
            .expect(vec![vec![1., 5., 6., 2., 7., 8., 3., 9., 10., 4., 11., 12.]]),
            Case::made_up("first axis", Concat { axis: 0 }, &[Type::sample([2, 3]), Type::sample([1, 3])], 2),
            Case::made_up(
                "channels of three images",
                Concat { axis: 2 },
                &[Type::sample([3, 2, 5]), Type::sample([3, 2, 19]), Type::sample([3, 2, 1])],
                3,
            ),
            Case::made_up("eight", Concat { axis: 0 }, &vec![Type::sample([3]); 8], 2),
            Case::made_up("parameters", Concat { axis: 1 }, &[Type::step([2, 3]), Type::step([2, 17])], 1)
                .differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |axis, inputs, text| Rejection { op: Concat { axis }.into(), inputs, text };
        vec![
            reject(0, vec![Type::sample([2])], "`concat`: number of inputs of 1 is outside 2 to 8"),
            reject(0, vec![Type::sample([2]); 9], "`concat`: number of inputs of 9 is outside 2 to 8"),
            reject(1, vec![Type::sample([2]); 2], "`concat`: axis of 1 is outside the axes of the input"),
            reject(
                0,
                vec![Type::sample([2, 3]), Type::sample([2, 4])],
                "`concat` needs input 1 of shape [2, 3], received [2, 4]",
            ),
            reject(
                0,
                vec![Type::sample([2]), Type::step([2])],
                "`concat` needs input 1 to be per sample, received per step",
            ),
        ]
    }
}
