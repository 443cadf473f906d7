//! Plans: every value is written before it is read and keeps its memory until then, in random graphs too; and the plan of
//! a small network as text.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::map::{Function, Program};
use proofmark_engine::ops::{
    AveragePool2d, Concat, Conv2d, Dropout, MaxPool2d, Operation, Padding, Reshape, Slice, Transpose,
};
use proofmark_engine::plan::{Phase, Place, Plan, PlanOptions, plan};
use proofmark_engine::{Graph, GraphError, Origin, Span, StateRole, Type, Value};
use proptest::prelude::*;

use crate::networks::{CLASSES, apply, bias_and_relu, convolutional, dense, finish, normalise, normalised, parameter};
use crate::trace::{pair, train};

/// When a node runs: its phase, and where in the phase.
type Time = (usize, usize);

/// A plan beside what its graph asks of it.
struct Verification<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    /// By node.
    time: Vec<Option<Time>>,
    /// For nodes whose shards' results are folded, in which phase that happens.
    fold: Vec<Option<usize>>,
}

/// Checks a plan: reads come after writes, and no two values share bytes at the same time, unless an element-wise node
/// writes over an input that it is the last to read.
pub(crate) fn verify(graph: &Graph, plan: &Plan) -> Result<(), String> {
    let mut verification =
        Verification { graph, plan, time: vec![None; graph.nodes().len()], fold: vec![None; graph.nodes().len()] };
    for (idx, phase) in plan.phases.iter().enumerate() {
        match phase {
            Phase::Shards(nodes) | Phase::Outputs(nodes) => {
                for (position, node) in nodes.iter().enumerate() {
                    if verification.time[*node].replace((idx, position)).is_some() {
                        return Err(format!("node {node} runs twice"));
                    }
                }
            }
            Phase::Fold(nodes) => nodes.iter().for_each(|node| verification.fold[*node] = Some(idx)),
        }
    }
    verification.reads_after_writes()?;
    verification.states()?;
    verification.batch_memory()?;
    verification.arenas()
}

impl Verification<'_> {
    fn root(&self, mut value: Value) -> Value {
        while let Some(node) = self.producer(value)
            && self.graph.nodes()[node].op.is_view()
        {
            value = self.graph.nodes()[node].inputs[0];
        }
        value
    }

    fn producer(&self, value: Value) -> Option<usize> {
        match self.graph.origin(value) {
            Origin::Node { node, .. } => Some(node),
            Origin::Input(_) | Origin::State(_) => None,
        }
    }

    fn is_output(&self, value: Value) -> bool {
        self.graph.outputs().iter().any(|(_, output)| self.root(*output) == value)
    }

    /// When a value's memory is read.
    fn reads(&self, value: Value) -> impl Iterator<Item = Time> {
        let readers = self.graph.nodes().iter().zip(&self.time);
        readers
            .filter(move |(node, _)| !node.op.is_view() && node.inputs.iter().any(|input| self.root(*input) == value))
            .filter_map(|(_, time)| *time)
    }

    fn reads_after_writes(&self) -> Result<(), String> {
        for (idx, node) in self.graph.nodes().iter().enumerate() {
            let Some((phase, position)) = self.time[idx] else { continue };
            for input in &node.inputs {
                let root = self.root(*input);
                let Some(producer) = self.producer(root) else { continue };
                let Some((written, at)) = self.time[producer] else {
                    return Err(format!("node {idx} reads {input}, which nothing computes"));
                };
                let is_same_shard = matches!(self.plan.phases[phase], Phase::Shards(_))
                    && self.graph.ty(root).span == Span::Sample
                    && (written, at) < (phase, position);
                let is_ready = match self.fold[producer] {
                    Some(fold) => written < fold && fold < phase,
                    None => written < phase || written == phase && is_same_shard,
                };
                if !is_ready {
                    return Err(format!("node {idx} in phase {phase} reads {input} of phase {written}"));
                }
                if matches!(self.plan.place(root), Place::Arena(_)) && written != phase {
                    return Err(format!("{root} is read in phase {phase}, after its arena of phase {written}"));
                }
                if self.plan.place(root) != self.plan.place(*input) {
                    return Err(format!("{input} does not stand where {root} does"));
                }
            }
        }
        for (name, value) in self.graph.outputs() {
            let place = self.plan.place(*value);
            if !matches!(place, Place::Batch(_) | Place::Step(_) | Place::Partial(_)) {
                return Err(format!("output `{name}` stands at {place}"));
            }
        }
        Ok(())
    }

    /// A state's memory is written once, when nothing else reads it any more.
    fn states(&self) -> Result<(), String> {
        for (state, value) in self.graph.assignments() {
            let old = self.graph.states()[state.0].value;
            let writer = self.producer(*value).ok_or("a state is given no node's value")?;
            let Some(written) = self.time[writer] else { return Err(format!("state {old} is never written")) };
            if self.plan.place(*value) != Place::State(state.0) {
                return Err(format!("the new value of {old} stands at {}", self.plan.place(*value)));
            }
            if self.reads(old).any(|read| read.0 > written.0 || read.0 == written.0 && read != written) {
                return Err(format!("state {old} is read when it has its new value"));
            }
            if self.reads(*value).next().is_some() || self.is_output(*value) {
                return Err(format!("the new value of {old} is read in the step that computes it"));
            }
        }
        Ok(())
    }

    fn batch_memory(&self) -> Result<(), String> {
        let aligned = |bytes: usize| bytes.next_multiple_of(64);
        let n_shards = self.plan.n_shards(self.plan.max_samples);
        let mut taken: Vec<(usize, usize, Value)> = Vec::new();
        for value in self.graph.values().filter(|value| self.root(*value) == *value) {
            let bytes = aligned(self.graph.ty(value).bytes());
            match self.plan.place(value) {
                Place::Batch(start) => {
                    let bytes = aligned(self.graph.ty(value).bytes() * self.plan.max_samples);
                    taken.push((start, start + bytes, value));
                }
                Place::Step(start) => taken.push((start, start + bytes, value)),
                Place::Partial(start) => {
                    let stride = self.plan.partial_stride[self.producer(value).ok_or("a partial input")?];
                    taken.extend((0..n_shards).map(|s| (start + s * stride, start + s * stride + bytes, value)));
                }
                Place::Input(_) | Place::State(_) | Place::Arena(_) | Place::Unused => {}
            }
        }
        taken.sort_unstable();
        for (start, end, value) in &taken {
            if start % 64 != 0 || *end > self.plan.batch_bytes {
                return Err(format!("{value} at {start}..{end} of {} bytes", self.plan.batch_bytes));
            }
        }
        match taken.windows(2).find(|pair| pair[1].0 < pair[0].1) {
            Some(pair) => Err(format!("{} and {} share batch memory", pair[0].2, pair[1].2)),
            None => Ok(()),
        }
    }

    /// Replays the lifetimes of every shard phase.
    fn arenas(&self) -> Result<(), String> {
        let mut lives: Vec<(Value, Time, Time, usize, usize)> = Vec::new();
        for value in self.graph.values().filter(|value| self.root(*value) == *value) {
            let Place::Arena(start) = self.plan.place(value) else { continue };
            let Some(written) = self.producer(value).and_then(|node| self.time[node]) else { continue };
            let last = self.reads(value).max().unwrap_or(written);
            let end = start + self.graph.ty(value).bytes() * self.plan.options.shard_samples;
            if start % 64 != 0 || end > self.plan.arena_bytes {
                return Err(format!("{value} at {start}..{end} of {} bytes", self.plan.arena_bytes));
            }
            lives.push((value, written, last, start, end));
        }
        for (idx, a) in lives.iter().enumerate() {
            for b in &lives[idx + 1..] {
                let (a, b) = if a.1 <= b.1 { (a, b) } else { (b, a) };
                let is_apart = a.4 <= b.3 || b.4 <= a.3;
                if a.1.0 == b.1.0 && !is_apart && a.2 >= b.1 && !self.is_in_place(a.0, a.2, b.0, b.1) {
                    return Err(format!("{} and {} are alive at the same bytes", a.0, b.0));
                }
            }
        }
        Ok(())
    }

    /// Whether `new`, written at `written`, may stand where `old` does, which was read last at `last`.
    fn is_in_place(&self, old: Value, last: Time, new: Value, written: Time) -> bool {
        let Origin::Node { node, output } = self.graph.origin(new) else { return false };
        let node = &self.graph.nodes()[node];
        matches!(node.op, Operation::Map(_) | Operation::Dropout(_))
            && output == 0
            && last == written
            && self.plan.place(old) == self.plan.place(new)
            && node.inputs.iter().any(|input| self.root(*input) == old && self.graph.ty(*input) == self.graph.ty(new))
    }
}

/// Plans under all ways to sum over samples.
pub(crate) fn plans(graph: &Graph) -> Vec<Plan> {
    let options = |shard_samples, outputs_ratio| PlanOptions { shard_samples, outputs_ratio };
    [(8, 4), (8, 0), (8, usize::MAX), (1, 4), (5, 0)]
        .map(|(shard_samples, ratio)| plan(graph, options(shard_samples, ratio), 21))
        .into()
}

#[test]
fn plans_of_the_networks_hold() {
    for graph in [convolutional().unwrap(), normalised().unwrap()] {
        for plan in plans(&graph) {
            verify(&graph, &plan).unwrap_or_else(|error| panic!("{error}\n{graph}\n{}", plan.print(&graph)));
        }
    }
}

#[test]
fn a_broken_plan_does_not_pass() {
    let graph = convolutional().unwrap();
    let sound = plan(&graph, PlanOptions::default(), 21);
    let arenas = || graph.values().filter(|value| matches!(sound.place(*value), Place::Arena(_)));
    let refused = |break_it: &dyn Fn(&mut Plan)| {
        let mut broken = sound.clone();
        break_it(&mut broken);
        verify(&graph, &broken).unwrap_err()
    };
    // Everything at the same place, in the arena and in batch memory.
    let all_at_zero = refused(&|plan| arenas().for_each(|value| plan.places[value.idx()] = Place::Arena(0)));
    assert!(all_at_zero.contains("alive at the same bytes"), "{all_at_zero}");
    let shared = refused(&|plan| {
        for place in &mut plan.places {
            if matches!(place, Place::Step(_)) {
                *place = Place::Step(0);
            }
        }
    });
    assert!(shared.contains("share batch memory"), "{shared}");
    // One phase too early, one too late, and none.
    let early = refused(&|plan| plan.phases.swap(1, 2));
    assert!(early.contains("reads"), "{early}");
    let late = refused(&|plan| plan.phases.reverse());
    assert!(late.contains("reads"), "{late}");
    let missing = refused(&|plan| drop(plan.phases.remove(0)));
    assert!(missing.contains("nothing computes"), "{missing}");
}

#[test]
fn the_plan_of_the_convolutional_network() {
    let graph = convolutional().unwrap();
    let plan = plan(&graph, PlanOptions::default(), 64);
    insta::assert_snapshot!(plan.print(&graph));
}

/// The plan says by which ratio sums over samples run over outputs, and which of them do.
#[test]
fn a_plan_tells_which_sums_the_ratio_moved() {
    let graph = convolutional().unwrap();
    for (outputs_ratio, moved) in [(usize::MAX, 0), (0, 2)] {
        let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
        let text = plan(&graph, options, 64).print(&graph).to_string();
        assert!(text.contains(&format!("outputs ratio {outputs_ratio},")), "{text}");
        assert_eq!(text.matches("(sum over samples)").count(), moved, "{text}");
    }
}

/// One layer of a random network, on one of the images so far.
#[derive(Clone, Copy, Debug)]
struct Layer {
    kind: u8,
    from: usize,
    other: usize,
    is_output: bool,
}

fn layer() -> impl Strategy<Value = Layer> {
    (0..15u8, 0..99usize, 0..99usize, prop::bool::weighted(0.1)).prop_map(|(kind, from, other, is_output)| Layer {
        kind,
        from,
        other,
        is_output,
    })
}

/// x and a statistic's share, by a program of which one output, or both, become statistics; read before that or after.
fn counted(graph: &mut Graph, x: Value, layer: &Layer, name: &str) -> Result<Value, GraphError> {
    let channels = graph.shape(x).last();
    let mut state = |part: &str| graph.state(&format!("{name}.{part}"), [channels].into(), StateRole::Statistic);
    let (first, second) = (state("first")?, state("second")?);
    let outputs = pair(graph, first)?;
    let add = |graph: &mut Graph, x: Value| apply(graph, Function::Add, &[x, outputs[layer.other / 4 % 2]]);
    let x = if layer.other.is_multiple_of(4) { add(graph, x)? } else { x };
    graph.assign(first, outputs[layer.other / 2 % 2])?;
    let x = if layer.other % 4 == 1 { add(graph, x)? } else { x };
    if layer.from.is_multiple_of(2) {
        graph.assign(second, outputs[layer.from / 2 % 2])?;
    }
    Ok(if layer.other % 4 == 2 { add(graph, x)? } else { x })
}

/// A network of these layers, with its training step.
fn random_graph(layers: &[Layer]) -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let mut images = vec![graph.input("image", Type::sample([5, 4, 2]))?];
    for (idx, layer) in layers.iter().enumerate() {
        let name = format!("layer {idx}");
        graph.set_scope(&name);
        // Mostly the newest, so that chains are long.
        let pick = |which: usize| images[images.len() - 1 - (which * which / 99) % images.len()];
        let x = pick(layer.from);
        let shape = graph.shape(x).clone();
        let [height, width, channels] = [shape[0], shape[1], shape[2]];
        let twins: Vec<Value> = images.iter().copied().filter(|image| *graph.shape(*image) == shape).collect();
        let twin = twins[layer.other % twins.len()];
        let window = [1 + layer.other % height.min(3), 1 + layer.from % width.min(3)];
        let added = match layer.kind {
            0 => vec![apply(&mut graph, Function::Relu, &[x])?],
            1 => vec![bias_and_relu(&mut graph, x, &name)?],
            2 => vec![apply(&mut graph, Function::Add, &[x, twin])?],
            3 => {
                let kernel = [window[0], window[1], channels, 1 + layer.other % 5];
                let kernel = parameter(&mut graph, &format!("{name}.kernel"), &kernel)?;
                let conv = Conv2d { padding: Padding::Same, stride: [1 + layer.from % 2, 1], ..Conv2d::valid() };
                vec![graph.add(conv, &[x, kernel])?]
            }
            4 => vec![graph.add(MaxPool2d { size: window, stride: window, padding: Padding::Valid }, &[x])?],
            5 => vec![graph.add(AveragePool2d { size: window, stride: [1, 2], padding: Padding::Same }, &[x])?],
            6 => vec![graph.add(Dropout { rate: 0.25, stream: name.clone() }, &[x])?],
            7 => vec![graph.add(Reshape { shape: [width, height, channels].into() }, &[x])?],
            8 => vec![graph.add(Transpose { axes: vec![1, 2, 0] }, &[x])?],
            9 => vec![graph.add(Slice { axis: 2, start: layer.other % channels, length: 1 }, &[x])?],
            10 => vec![graph.add(Concat { axis: 2 }, &[x, twin])?],
            11 => vec![normalise(&mut graph, x, &name)?],
            12 => vec![counted(&mut graph, x, layer, &name)?],
            _ => pair(&mut graph, x)?,
        };
        if layer.is_output {
            graph.output(&name, added[0])?;
        }
        images.extend(added);
    }
    let last = images[images.len() - 1];
    let logits = dense(&mut graph, last, "logits", CLASSES)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn plans_of_random_graphs_hold(layers in prop::collection::vec(layer(), 0..12)) {
        let graph = random_graph(&layers).unwrap();
        for plan in plans(&graph) {
            if let Err(error) = verify(&graph, &plan) {
                prop_assert!(false, "{error}\n{graph}\n{}", plan.print(&graph));
            }
        }
        let plain = CpuExecutor { level: Level::Scalar, ..CpuExecutor::new(1) };
        let expected = train(&graph, &plain, 11, 2).bits();
        for (threads, outputs_ratio) in [(1, 4), (3, 0), (2, usize::MAX)] {
            let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
            let executor = CpuExecutor { options, poison: true, ..CpuExecutor::new(threads) };
            prop_assert!(train(&graph, &executor, 11, 2).bits() == expected, "{executor:?}: other bits\n{graph}");
        }
    }
}

/// The identity is a program too: a graph that only passes a value on has a plan.
#[test]
fn an_input_can_be_an_output() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([3])).unwrap();
    let same = graph.map(Program::identity(), &[x]).unwrap();
    graph.output("same", same).unwrap();
    graph.output("x", x).unwrap();
    for plan in plans(&graph) {
        verify(&graph, &plan).unwrap();
    }
    let trace = train(&graph, &CpuExecutor::new(2), 9, 1);
    assert_eq!(trace.outputs[0][0], trace.outputs[0][1]);
}
