use super::{Case, Cost, DenseWeightGradient, Op, Reference, ReferenceContext, Rejection, Tensor64};
use crate::error::TypeError;
use crate::graph::{Span, Type};
use crate::map::{Function, Map, Program};

/// A large dense layer's [`DenseWeightGradient`] and the [`Map`] that alone reads it, an optimizer's update, in one: the gradient is
/// used as soon as it is computed and never stored.
///
/// *Shapes*: x `[.., K]` and dy `[.., N]` per sample, as the gradient's; then the map's other inputs, each `[K, N]` or of one
/// element, per step; the map's outputs, `[K, N]` per step.
///
/// *Definition in f32*: that of the parts, one after the other; the bits are theirs. A [rewrite](crate::rewrites) puts it in
/// their place; it has no gradient of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseUpdate {
    /// What is computed for each weight.
    pub program: Program,
    /// Which of the program's inputs is the gradient.
    pub gradient: usize,
}

impl DenseUpdate {
    /// The map's inputs, with `gradient` where it belongs.
    fn map_inputs<T: Clone>(&self, inputs: &[T], gradient: T) -> Vec<T> {
        let mut of_map = inputs[2..].to_vec();
        of_map.insert(self.gradient.min(of_map.len()), gradient);
        of_map
    }

    fn map(&self) -> Map {
        Map { program: self.program.clone() }
    }
}

impl Op for DenseUpdate {
    const NAME: &'static str = "dense_update";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let n_inputs = self.program.n_inputs();
        if inputs.len() < 2 || inputs.len() != n_inputs + 1 || self.gradient >= n_inputs {
            return Err(TypeError::Arity { op: Self::NAME, expected: n_inputs + 1, received: inputs.len() });
        }
        let gradient = DenseWeightGradient.infer(&inputs[..2])?.remove(0);
        for (input, ty) in inputs.iter().enumerate().skip(2) {
            if ty.span != Span::Step {
                return Err(TypeError::Span { op: Self::NAME, input, expected: Span::Step, received: ty.span });
            }
            if ty.shape != gradient.shape && ty.elements() != 1 {
                let (expected, received) = (gradient.shape.clone(), ty.shape.clone());
                return Err(TypeError::Shape { op: Self::NAME, input, expected, received });
            }
        }
        self.map().infer(&self.map_inputs(inputs, &gradient))
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let gradient = DenseWeightGradient.reference(&inputs[..2], context).remove(0);
        let ty = DenseWeightGradient.infer(&[&inputs[0].ty, &inputs[1].ty]).expect("the graph is typed").remove(0);
        let exact = Tensor64 { data: gradient.data.clone(), ty: ty.clone() };
        let mut outputs = self.map().reference(&self.map_inputs(inputs, &exact), context);
        // What the gradient's own rounding does to the outputs, by the program's values at both ends of it.
        let error = |idx: usize| gradient.tolerance(idx);
        for sign in [-1.0, 1.0] {
            let data = gradient.data.iter().enumerate().map(|(idx, value)| value + sign * error(idx)).collect();
            let moved = Tensor64 { data, ty: ty.clone() };
            let ends = self.map().reference(&self.map_inputs(inputs, &moved), context);
            for (output, end) in outputs.iter_mut().zip(ends) {
                let terms = output.terms as f64 + 2.0;
                for ((magnitude, value), end) in output.magnitude.iter_mut().zip(&output.data).zip(end.data) {
                    *magnitude += (end - value).abs() * f64::from(1 << 24) / terms;
                }
            }
        }
        outputs
    }

    /// The gradient's, which is summed over samples.
    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        DenseWeightGradient.cost(&inputs[..2], outputs)
    }

    /// The update's, which is made once.
    fn step_cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        self.map().cost(&inputs[2..], outputs)
    }

    fn runs_over_outputs(&self) -> bool {
        true
    }

    fn attributes(&self) -> String {
        format!("gradient=x{} {}", self.gradient, self.program)
    }

    fn cases() -> Vec<Case> {
        let update = |name, x: &[usize], dy: &[usize], samples| {
            let (k, n) = (x[x.len() - 1], dy[dy.len() - 1]);
            let types = [Type::sample(x.to_vec()), Type::sample(dy.to_vec()), Type::step([k, n]), Type::step([])];
            // w + g rate, by a program of (w, g, rate).
            Case::made_up(name, DenseUpdate { program: descent(), gradient: 1 }, &types, samples).differentiable(false)
        };
        vec![
            Case::new(
                "known: w + g rate",
                DenseUpdate { program: descent(), gradient: 1 },
                vec![
                    (Type::sample([2]), vec![1.0, 2.0]),
                    (Type::sample([1]), vec![10.0]),
                    (Type::step([2, 1]), vec![0.5, 0.25]),
                    (Type::step([]), vec![0.125]),
                ],
            )
            .expect(vec![vec![1.75, 2.75]])
            .differentiable(false),
            update("odd extents", &[7], &[19], 3),
            update("more rows than a task has", &[51], &[33], 19),
            update("rows within a sample", &[3, 5], &[3, 18], 9),
            update("mostly zeros", &[70], &[37], 21).with_zeros(0, true),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |inputs: Vec<Type>, text| Rejection {
            op: DenseUpdate { program: descent(), gradient: 1 }.into(),
            inputs,
            text,
        };
        vec![
            reject(
                vec![Type::sample([2]), Type::sample([3]), Type::step([2, 4]), Type::step([])],
                "`dense_update` needs input 2 of shape [2, 3], received [2, 4]",
            ),
            reject(
                vec![Type::sample([2]), Type::sample([3]), Type::sample([2, 3]), Type::step([])],
                "`dense_update` needs input 2 to be per step, received per sample",
            ),
        ]
    }
}

/// w + g rate, of (w, g, rate).
fn descent() -> Program {
    let mut builder = crate::map::Builder::new(3);
    let [w, g, rate] = [0, 1, 2].map(|input| builder.input(input));
    let new = builder.apply(Function::MulAdd, &[g, rate, w]);
    builder.finish(&[new])
}
