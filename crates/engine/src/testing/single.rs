//! A graph of one operation, with the values of its case.

use proofmark_tensor::DType;

use super::{SEED, STEP, context, label, tensors};
use crate::executor::{Executor, Feed, Step};
use crate::graph::{Graph, Span, StateRole, Type, Value};
use crate::ops::case::made_up_values;
use crate::ops::{Case, Cast, MaxPool2d, Operation};
use crate::state::StateBlock;

/// The graph of a case's operation alone: what is per sample is fed, what is per step is a parameter.
pub(super) struct Single {
    pub(super) graph: Graph,
    pub(super) inputs: Vec<Value>,
    pub(super) outputs: Vec<Value>,
    n_samples: usize,
    label: String,
    /// By index of the graph's inputs.
    fed: Vec<Fed>,
    /// By index of the graph's states.
    parameters: Vec<Vec<f32>>,
}

enum Fed {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

impl Single {
    pub(super) fn new(case: &Case) -> Self {
        let mut single = Single {
            graph: Graph::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            n_samples: case.n_samples,
            label: label(case),
            fed: Vec::new(),
            parameters: Vec::new(),
        };
        for (idx, tensor) in tensors(case).into_iter().enumerate() {
            let name = format!("input {idx}");
            let f32s = || tensor.data.iter().map(|value| *value as f32).collect();
            let value = match (tensor.ty.dtype, tensor.ty.span) {
                (DType::F32, Span::Sample) => single.feed(&name, &tensor.ty, Fed::F32(f32s())),
                (DType::F32, Span::Step) => single.parameter(&name, &tensor.ty, f32s()),
                // What is stored in bf16 is fed and stored: rounding gives a bf16 number back.
                (DType::Bf16, span) => {
                    let wide = tensor.ty.clone().with_dtype(DType::F32);
                    let wide = match span {
                        Span::Sample => single.feed(&name, &wide, Fed::F32(f32s())),
                        Span::Step => single.parameter(&name, &wide, f32s()),
                    };
                    single.graph.add(Cast::ToBf16, &[wide]).expect("f32")
                }
                (DType::I32, _) => {
                    let integers = tensor.data.iter().map(|value| *value as i32).collect();
                    single.feed(&name, &tensor.ty, Fed::I32(integers))
                }
                (DType::U8, _) => single.arg_max(&name, &case.op),
            };
            single.inputs.push(value);
        }
        single.outputs = single
            .graph
            .apply(case.op.clone(), &single.inputs)
            .unwrap_or_else(|error| panic!("{}: {error}", single.label));
        // An executor shows f32.
        for output in &mut single.outputs {
            if single.graph.ty(*output).dtype == DType::Bf16 {
                *output = single.graph.add(Cast::ToF32, &[*output]).expect("bf16");
            }
        }
        single
    }

    /// Adds an input with its values.
    pub(super) fn feed_f32(&mut self, name: &str, ty: &Type, values: Vec<f32>) -> Value {
        self.feed(name, ty, Fed::F32(values))
    }

    /// Names the f32 outputs of the operation, for an executor; their positions among the outputs.
    pub(super) fn name_outputs(&mut self) -> Vec<usize> {
        let mut named = Vec::new();
        for (idx, value) in self.outputs.clone().into_iter().enumerate() {
            if self.graph.ty(value).dtype == DType::F32 {
                self.graph.output(&format!("output {idx}"), value).expect("a new name");
                named.push(idx);
            }
        }
        named
    }

    /// Runs the graph `runs` times on one session; the named outputs after each.
    pub(super) fn run(&self, executor: &dyn Executor, runs: usize) -> Vec<Vec<Vec<f32>>> {
        let mut state = self.state();
        // More room than samples: the end of the batch is not the end of the memory.
        let mut session = executor
            .prepare(&self.graph, &state, self.n_samples + 3)
            .unwrap_or_else(|error| panic!("{} on {}: {error}", self.label, executor.name()));
        let ids = context(self.n_samples).ids;
        let step = Step { ids: &ids, index: STEP, seed: SEED };
        let run = |_| {
            session
                .run(&mut state, &step, &self.feeds())
                .unwrap_or_else(|error| panic!("{} on {}: {error}", self.label, executor.name()));
            (0..self.graph.outputs().len()).map(|output| session.output(output).to_vec()).collect()
        };
        (0..runs).map(run).collect()
    }

    pub(super) fn feeds(&self) -> Vec<Feed<'_>> {
        fn feed(fed: &Fed) -> Feed<'_> {
            match fed {
                Fed::F32(values) => Feed::F32(values),
                Fed::I32(values) => Feed::I32(values),
            }
        }
        self.fed.iter().map(feed).collect()
    }

    pub(super) fn state(&self) -> StateBlock {
        let mut block = StateBlock::new(&self.graph);
        for (state, values) in self.graph.states().iter().zip(&self.parameters) {
            block.get_mut(&state.name).expect("a state of the graph").copy_from_slice(values);
        }
        block
    }

    fn feed(&mut self, name: &str, ty: &Type, fed: Fed) -> Value {
        self.fed.push(fed);
        self.graph.input(name, ty.clone()).expect("a new name")
    }

    fn parameter(&mut self, name: &str, ty: &Type, values: Vec<f32>) -> Value {
        self.parameters.push(values);
        self.graph.state(name, ty.shape.clone(), StateRole::Parameter).expect("a new name")
    }

    /// Bytes cannot be fed: an arg-max is that of the made-up images from which the case has its own.
    fn arg_max(&mut self, name: &str, op: &Operation) -> Value {
        let gradient = op.max_pooling().unwrap_or_else(|| panic!("{}: bytes of unknown origin", self.label));
        let pool: MaxPool2d = gradient.pool;
        let ty = Type::sample(gradient.input.clone());
        let images = made_up_values(ty.elements() * self.n_samples, 0);
        let x = self.feed(name, &ty, Fed::F32(images.into_iter().map(|value| value as f32).collect()));
        self.graph.apply(pool, &[x]).expect("the case's own pooling")[1]
    }
}
