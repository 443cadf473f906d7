//! Builds a well-typed graph from a seed: moves of two kinds, drawn one after the other. A *case* puts an operation of the list
//! into the graph by one of its own cases, whose inputs are made from values that are there; so an operation that is new takes
//! part as soon as it has cases. A *pattern* (`patterns.rs`) is what layers are built like, in any shape.

use proofmark_engine::gradient::backward;
use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{
    Broadcast, Case, Cast, Dense, GlobalNorm, Operation, Pad, Reduce, ReduceKind, ReferenceContext, Reshape, Slice,
    Tensor64, Transpose,
};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::{Feed, Graph, Span, StateBlock, StateRole, Type, Value};
use proofmark_tensor::random::Stream;
use proofmark_tensor::{DType, Shape};

/// A graph with everything that a step of it needs.
pub(crate) struct RandomGraph {
    pub(crate) seed: u64,
    pub(crate) graph: Graph,
    pub(crate) n_samples: usize,
    pub(crate) options: PlanOptions,
    /// The loss, and for each parameter that it depends on the parameter and its gradient.
    pub(crate) loss: Value,
    pub(crate) gradients: Vec<(Value, Value)>,
    /// By index of the graph's inputs.
    fed: Vec<Fed>,
    /// By index of the graph's states.
    initial: Vec<Vec<f32>>,
}

enum Fed {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

/// A value that moves may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) value: Value,
    /// Whether its size is that of what was fed; otherwise it is squashed before a case reads it, so that nothing overflows.
    pub(super) is_tame: bool,
    /// Whether no parameter decides it.
    pub(super) is_free: bool,
    /// Whether the loss may depend on it: everything between it and the parameters has a gradient.
    pub(super) has_slope: bool,
}

/// Where a graph grows.
pub(super) struct Generator {
    pub(super) dice: Dice,
    pub(super) graph: Graph,
    known: Vec<Known>,
    seed: u64,
    n_samples: usize,
    fed: Vec<Fed>,
    initial: Vec<Vec<f32>>,
}

/// Throws of one seed.
pub(super) struct Dice {
    stream: Stream,
    throws: u32,
}

impl Dice {
    /// 0 to n - 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.throws += 1;
        self.stream.below(0, 0, self.throws, n as u32) as usize
    }

    /// `from` to `to`.
    pub(super) fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// True once in n.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Between -1 and 1.
    fn values(&mut self, count: usize) -> Vec<f32> {
        self.throws += 1;
        (0..count).map(|i| self.stream.uniform_at(1, u64::from(self.throws), i as u32) * 2.0 - 1.0).collect()
    }
}

/// Larger cases are left to the tests of operations: here many graphs are to run.
const LARGEST_CASE: usize = 700;
/// Steps of gradient descent are small, so that the second step's values are as tame as the first's.
const RATE: f32 = 0.015625;

impl RandomGraph {
    /// The graph of this seed, from these cases (see [`small_cases`]).
    pub(crate) fn new(seed: u64, cases: &[Case]) -> Self {
        let mut generator = Generator::new(seed);
        let options = PlanOptions {
            shard_samples: generator.dice.pick(&[1, 2, 3, 8, 8, 1024]),
            outputs_ratio: generator.dice.pick(&[1, 4, 4, 64]),
        };
        for _ in 0..generator.dice.between(1, 3) {
            let shape = generator.shape();
            generator.feed(&Type::sample(shape));
        }
        for _ in 0..generator.dice.between(2, 6) {
            if generator.dice.one_in(2) {
                super::patterns::add(&mut generator);
            } else {
                // By operation first, so that one of many cases is not drawn more often.
                let op = generator.dice.pick(Operation::NAMES);
                let own: Vec<&Case> = cases.iter().filter(|case| case.op.name() == op).collect();
                if !own.is_empty() {
                    let case = generator.dice.pick(&own);
                    generator.place(case);
                }
            }
        }
        let loss = generator.loss();
        let gradients = generator.train(loss);
        let Generator { graph, n_samples, fed, initial, .. } = generator;
        RandomGraph { seed, graph, n_samples, options, loss, gradients, fed, initial }
    }

    pub(crate) fn feeds(&self) -> Vec<Feed<'_>> {
        fn feed(fed: &Fed) -> Feed<'_> {
            match fed {
                Fed::F32(values) => Feed::F32(values),
                Fed::I32(values) => Feed::I32(values),
            }
        }
        self.fed.iter().map(feed).collect()
    }

    pub(crate) fn states(&self) -> StateBlock {
        let mut block = StateBlock::new(&self.graph);
        for (state, values) in self.graph.states().iter().zip(&self.initial) {
            block.get_mut(&state.name).expect("a state of the graph").copy_from_slice(values);
        }
        block
    }

    /// The values that the state of this index starts with.
    pub(crate) fn initial(&self, state: usize) -> &[f32] {
        &self.initial[state]
    }

    /// Identities of the samples: beyond 32 bits, in no order.
    pub(crate) fn ids(&self) -> Vec<u64> {
        (0..self.n_samples as u64).map(|sample| (sample * 7_919 + 5) << 30).collect()
    }
}

/// The cases that graphs are made of.
pub(crate) fn small_cases() -> Vec<Case> {
    let is_small = |ty: &Type| (1..=LARGEST_CASE).contains(&ty.elements());
    let is_map = |case: &Case| matches!(case.op, Operation::Map(_));
    let mut cases = Operation::all_cases();
    // Programs have a pattern of their own: a function's domain is not its cases' business.
    cases.retain(|case| !is_map(case) && case.inputs.iter().all(|(ty, _)| is_small(ty)) && is_finite(case));
    cases
}

/// Whether a case is about numbers: a class that there is not makes everything behind it NaN, which then hides other faults.
fn is_finite(case: &Case) -> bool {
    let inputs = case.inputs.iter().map(|(ty, values)| Tensor64 { ty: ty.clone(), data: values.clone() });
    let inputs: Vec<Tensor64> = inputs.collect();
    let context = ReferenceContext { ids: vec![0; case.n_samples], step: 0, seed: 0 };
    let outputs = case.op.reference(&inputs.iter().collect::<Vec<_>>(), &context);
    outputs.iter().flat_map(|output| &output.data).all(|value| value.is_finite())
}

impl Generator {
    fn new(seed: u64) -> Self {
        let mut dice = Dice { stream: Stream::new(seed, "random graphs"), throws: 0 };
        // One sample, fewer than a shard, and some that no shard divides.
        let n_samples = dice.pick(&[1, 2, 5, 8, 9, 13, 17]);
        let graph = Graph::new();
        Generator { dice, graph, known: Vec::new(), seed, n_samples, fed: Vec::new(), initial: Vec::new() }
    }

    /// Applies an operation; the generator asks for nothing that does not fit.
    pub(super) fn apply(&mut self, op: impl Into<Operation>, inputs: &[Value]) -> Vec<Value> {
        let op = op.into();
        let label = op.to_string();
        let outputs = self.graph.apply(op, inputs);
        outputs.unwrap_or_else(|error| panic!("seed {}: {label} of {inputs:?}: {error}\n{}", self.seed, self.graph))
    }

    pub(super) fn map(&mut self, program: Program, inputs: &[Value]) -> Value {
        self.apply(proofmark_engine::map::Map { program }, inputs)[0]
    }

    /// One that moves may read from now on.
    pub(super) fn know(&mut self, value: Value, from: &[Known], is_tame: bool) -> Known {
        let is_free = from.iter().all(|known| known.is_free);
        let has_slope = from.iter().all(|known| known.has_slope);
        let known = Known { value, is_tame, is_free, has_slope };
        if self.graph.ty(value).dtype == DType::F32 {
            self.known.push(known);
        }
        known
    }

    /// A new f32 input.
    pub(super) fn feed(&mut self, ty: &Type) -> Known {
        let copies = if ty.span == Span::Sample { self.n_samples } else { 1 };
        let values = self.dice.values(copies * ty.elements());
        let value = self.input(ty, Fed::F32(values));
        self.know(value, &[], true)
    }

    fn input(&mut self, ty: &Type, fed: Fed) -> Value {
        self.fed.push(fed);
        self.graph.input(&format!("input {}", self.fed.len()), ty.clone()).expect("a new name")
    }

    /// A new input with a case's own values, over and over.
    pub(super) fn feed_own(&mut self, ty: &Type, values: &[f64]) -> Known {
        let copies = if ty.span == Span::Sample { self.n_samples } else { 1 };
        let own = values.iter().cycle().take(copies * ty.elements());
        let fed = match ty.dtype {
            DType::F32 => Fed::F32(own.map(|value| *value as f32).collect()),
            _ => Fed::I32(own.map(|value| *value as i32).collect()),
        };
        Known { value: self.input(ty, fed), is_tame: true, is_free: true, has_slope: true }
    }

    /// A new parameter, with values of this size.
    pub(super) fn parameter(&mut self, shape: &[usize], size: f32) -> Known {
        let shape = Shape::new(shape);
        let values = self.dice.values(shape.elements());
        self.initial.push(values.into_iter().map(|value| value * size).collect());
        let name = format!("parameter {}", self.initial.len());
        let value = self.graph.state(&name, shape, StateRole::Parameter).expect("a new name");
        Known { value, is_tame: true, is_free: false, has_slope: true }
    }

    /// Some extents, few and small.
    pub(super) fn shape(&mut self) -> Vec<usize> {
        let rank = self.dice.below(4);
        (0..rank).map(|_| self.dice.pick(&[1, 2, 3, 4, 5, 7, 8, 9, 16, 17])).collect()
    }

    /// A value that is there, most likely one of the last.
    pub(super) fn any(&mut self, span: Span) -> Option<Known> {
        let of_span = |known: &&Known| self.graph.ty(known.value).span == span;
        let candidates: Vec<Known> = self.known.iter().filter(of_span).copied().collect();
        let recent = candidates.len().saturating_sub(3);
        match candidates.len() {
            0 => None,
            _ if self.dice.one_in(3) => Some(self.dice.pick(&candidates)),
            _ => Some(self.dice.pick(&candidates[recent..])),
        }
    }

    /// A per-sample value of this shape, made from one that is there.
    pub(super) fn fitting(&mut self, shape: &Shape) -> Known {
        match self.any(Span::Sample) {
            Some(known) => self.fit(known, shape),
            None => self.feed(&Type::sample(shape.clone())),
        }
    }

    /// The value under another shape: cut, padded, repeated or multiplied by a matrix.
    fn fit(&mut self, known: Known, shape: &Shape) -> Known {
        let mut known = if known.is_tame { known } else { self.squash(known) };
        let (from, to) = (self.graph.shape(known.value).elements(), shape.elements());
        if self.graph.shape(known.value) == shape {
            return known;
        }
        let rank = self.graph.shape(known.value).rank();
        if rank > 1 && self.dice.one_in(4) {
            known.value = self.apply(Transpose { axes: (0..rank).rev().collect() }, &[known.value])[0];
        }
        let mut value = self.apply(Reshape { shape: [from].into() }, &[known.value])[0];
        let is_sample = self.graph.ty(value).span == Span::Sample;
        if is_sample && from * to <= 4096 && self.dice.one_in(3) {
            let weight = self.parameter(&[from, to], 1.0 / (from as f32).sqrt());
            value = self.apply(Dense, &[value, weight.value])[0];
            known.is_free = false;
        } else if from > to {
            let start = self.dice.between(0, from - to);
            value = self.apply(Slice { axis: 0, start, length: to }, &[value])[0];
        } else if from < to && self.dice.one_in(2) {
            let before = self.dice.between(0, to - from);
            value = self.apply(Pad { axis: 0, before, after: to - from - before }, &[value])[0];
        } else if from < to {
            let copies = to.div_ceil(from);
            value = self.apply(Broadcast { shape: [copies, from].into(), axes: vec![0] }, &[value])[0];
            value = self.apply(Reshape { shape: [copies * from].into() }, &[value])[0];
            value = self.apply(Slice { axis: 0, start: 0, length: to }, &[value])[0];
        }
        known.value = self.apply(Reshape { shape: shape.clone() }, &[value])[0];
        known
    }

    /// The value between -1 and 1; sometimes with many zeros.
    pub(super) fn squash(&mut self, known: Known) -> Known {
        let mut builder = Builder::new(1);
        let x = builder.input(0);
        let mut y = if self.dice.one_in(2) {
            builder.apply(Function::Tanh, &[x])
        } else {
            let size = builder.apply(Function::Abs, &[x]);
            let size = builder.apply(Function::Add, &[size, builder.constant(1.0)]);
            builder.apply(Function::Div, &[x, size])
        };
        if self.dice.one_in(3) {
            y = builder.apply(Function::Relu, &[y]);
        }
        let value = self.map(builder.finish(&[y]), &[known.value]);
        self.know(value, &[known], true)
    }

    /// Puts a case's operation into the graph.
    fn place(&mut self, case: &Case) {
        let mut inputs = Vec::new();
        for (idx, (ty, values)) in case.inputs.iter().enumerate() {
            // Whole numbers are classes, tokens or lengths, of which not everything will do.
            let is_index = values.iter().all(|value| value.fract() == 0.0);
            inputs.push(match (ty.dtype, ty.span) {
                (DType::U8, _) => self.arg_max(&case.op),
                (DType::Bf16, _) => {
                    let wide = self.fitting(&ty.shape);
                    // Rounding is a step, whose slope is not its gradient.
                    let has_slope = wide.has_slope && wide.is_free;
                    Known { value: self.apply(Cast::ToBf16, &[wide.value])[0], has_slope, ..wide }
                }
                (DType::I32, _) => self.feed_own(ty, values),
                (DType::F32, _) if is_index || case.constants.contains(&idx) => self.feed_own(ty, values),
                (DType::F32, Span::Sample) => self.fitting(&ty.shape),
                (DType::F32, Span::Step) => match self.any(Span::Step) {
                    Some(known) if self.dice.one_in(3) => self.fit(known, &ty.shape),
                    _ => self.parameter(&ty.shape, 0.5),
                },
            });
        }
        let values: Vec<Value> = inputs.iter().map(|known| known.value).collect();
        let mut from = inputs;
        if !case.is_differentiable && !from.iter().all(|known| known.is_free) {
            from[0].has_slope = false;
        }
        for output in self.apply(case.op.clone(), &values) {
            self.know(output, &from, false);
        }
    }

    /// Bytes for an operation that reads them: where the maxima of an image stand.
    fn arg_max(&mut self, op: &Operation) -> Known {
        let gradient = op.max_pooling().unwrap_or_else(|| panic!("{op}: bytes of unknown origin"));
        let image = self.fitting(&gradient.input);
        let value = self.apply(gradient.pool, &[image.value])[1];
        Known { value, ..image }
    }

    /// A number a sample that depends on the last values, and on some before.
    fn loss(&mut self) -> Value {
        let last: Vec<Known> = self.known.iter().rev().filter(|known| known.has_slope).take(3).copied().collect();
        let mut terms = last;
        terms.extend(self.any(Span::Sample).filter(|known| known.has_slope));
        let mut loss = None;
        for term in terms {
            let known = if term.is_tame { term } else { self.squash(term) };
            let axes = (0..self.graph.shape(known.value).rank()).collect();
            let kind = self.dice.pick(&[ReduceKind::Mean, ReduceKind::Sum]);
            let mean = self.apply(Reduce { kind, axes }, &[known.value])[0];
            let weight = self.feed(&Type::sample([]));
            let product = self.map(Program::of(Function::Mul), &[mean, weight.value]);
            loss = Some(match loss {
                Some(sum) => self.map(Program::of(Function::Add), &[sum, product]),
                None => product,
            });
        }
        let loss = loss.expect("what is fed has a slope");
        self.graph.output("loss", loss).expect("a new name");
        loss
    }

    /// The backward pass; some parameters are updated, the gradients of others are read.
    fn train(&mut self, loss: Value) -> Vec<(Value, Value)> {
        let share = Type::step([]);
        let share = self.input(&share, Fed::F32(vec![1.0 / self.n_samples as f32]));
        let parameters: Vec<Value> = self.graph.states().iter().map(|state| state.value).collect();
        let gradients = backward(&mut self.graph, loss, share, &parameters)
            .unwrap_or_else(|error| panic!("seed {}: {error}\n{}", self.seed, self.graph));
        let pairs: Vec<(Value, Value)> = parameters
            .into_iter()
            .zip(gradients)
            .filter_map(|(parameter, gradient)| Some((parameter, gradient?)))
            .collect();
        if !pairs.is_empty() && self.dice.one_in(2) {
            let all: Vec<Value> = pairs.iter().map(|(_, gradient)| *gradient).collect();
            let norm = self.apply(GlobalNorm, &all)[0];
            self.graph.output("norm", norm).expect("a new name");
        }
        for (idx, (parameter, gradient)) in pairs.iter().enumerate() {
            if self.dice.one_in(3) {
                self.graph.output(&format!("gradient {idx}"), *gradient).expect("a new name");
            } else {
                let mut builder = Builder::new(2);
                let rate = builder.constant(-RATE);
                let new = builder.apply(Function::MulAdd, &[rate, builder.input(1), builder.input(0)]);
                let new = self.map(builder.finish(&[new]), &[*parameter, *gradient]);
                self.graph.assign(*parameter, new).expect("a parameter of this graph");
            }
        }
        pairs
    }
}
