use super::{PlanOptions, Roots};
use crate::graph::{Graph, Origin, Span, Value};
use crate::ops::{Cast, Operation};

/// Nodes that run together; the next phase starts when all workers have ended this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Parallel over shards: every shard runs all these nodes in order, so that its activations stay in one core's cache.
    Shards(Vec<usize>),
    /// The partial results that shards left for these nodes become one, in the tree; parallel over elements.
    Fold(Vec<usize>),
    /// Parallel over outputs: these nodes do not depend on each other.
    Outputs(Vec<usize>),
}

/// When each node runs.
pub(super) struct Schedule {
    pub(super) phases: Vec<Phase>,
    /// For each node: runs in a shard phase and leaves results to be folded.
    pub(super) leaves_partials: Vec<bool>,
    /// For each node, the index of its phase; `None` if nothing needs it.
    pub(super) phase_of: Vec<Option<usize>>,
}

impl Schedule {
    /// Whether a sample value must outlive the phase in which it is computed.
    pub(super) fn crosses_phases(&self, graph: &Graph, value: Value) -> bool {
        let Origin::Node { node, .. } = graph.origin(value) else { return false };
        graph.outputs().iter().any(|(_, output)| *output == value)
            || graph.nodes().iter().enumerate().any(|(reader, other)| {
                other.inputs.contains(&value)
                    && self.phase_of[reader].is_some()
                    && self.phase_of[reader] != self.phase_of[node]
            })
    }
}

/// Even slots hold what is parallel over outputs, odd ones what is parallel over shards.
pub(super) fn schedule(graph: &Graph, roots: &Roots, options: PlanOptions) -> Schedule {
    let nodes = graph.nodes();
    let needed = needed(graph);
    let over_shards: Vec<bool> = (0..nodes.len()).map(|node| runs_over_shards(graph, node, options)).collect();
    let leaves_partials: Vec<bool> =
        (0..nodes.len()).map(|node| needed[node] && over_shards[node] && nodes[node].op.fold().is_some()).collect();

    let mut slot = vec![0usize; nodes.len()];
    for (idx, node) in nodes.iter().enumerate() {
        let mut earliest = 0;
        for input in &node.inputs {
            if let Origin::Node { node: producer, .. } = graph.origin(*input) {
                let waits = over_shards[producer] && (leaves_partials[producer] || !over_shards[idx]);
                earliest = earliest.max(slot[producer] + usize::from(waits));
            }
        }
        let parity = usize::from(over_shards[idx]);
        slot[idx] = earliest + usize::from(earliest % 2 != parity);
    }

    // What was stored in bf16 is made f32 again for its readers alone: when the first of them runs, not as soon as it is there.
    for idx in (0..nodes.len()).rev() {
        if over_shards[idx] && nodes[idx].op == Operation::Cast(Cast::ToF32) {
            let reads = |reader: &usize| needed[*reader] && nodes[*reader].inputs.contains(&nodes[idx].outputs[0]);
            let readers = (idx + 1..nodes.len()).filter(reads);
            let latest = readers.map(|reader| slot[reader] - usize::from(!over_shards[reader])).min();
            slot[idx] = latest.map_or(slot[idx], |latest| latest.max(slot[idx]));
        }
    }

    // New states are written when nothing reads the old ones any more: in the last slot.
    let last = (0..nodes.len()).filter(|node| needed[*node]).map(|node| slot[node] + slot[node] % 2).max().unwrap_or(0);
    let mut writes: Vec<Vec<Value>> = vec![Vec::new(); nodes.len()];
    for (state, value) in graph.assignments() {
        if let Origin::Node { node, .. } = graph.origin(*value) {
            slot[node] = last;
            writes[node].push(graph.states()[state.0].value);
        }
    }

    let mut level = vec![0usize; nodes.len()];
    for idx in 0..nodes.len() {
        if over_shards[idx] || !needed[idx] {
            continue;
        }
        for input in &nodes[idx].inputs {
            if let Origin::Node { node: producer, .. } = graph.origin(*input)
                && !over_shards[producer]
                && slot[producer] == slot[idx]
            {
                level[idx] = level[idx].max(level[producer] + 1);
            }
        }
        for state in &writes[idx] {
            for reader in 0..nodes.len() {
                // Through a view as well: it is the state's own memory.
                let reads = needed[reader] && nodes[reader].inputs.iter().any(|input| roots.of(*input) == *state);
                if reads && reader != idx && !over_shards[reader] && slot[reader] == slot[idx] {
                    debug_assert!(reader < idx, "a state is read after its new value is computed");
                    level[idx] = level[idx].max(level[reader] + 1);
                }
            }
        }
    }

    let mut phases = Vec::new();
    let mut phase_of = vec![None; nodes.len()];
    for current in 0..=last + 1 {
        let here = |node: &usize| needed[*node] && slot[*node] == current;
        if current % 2 == 1 {
            let members: Vec<usize> = (0..nodes.len()).filter(here).collect();
            emit(&mut phases, &mut phase_of, members, Phase::Shards);
        } else {
            if current > 0 {
                let folded: Vec<usize> =
                    (0..nodes.len()).filter(|node| leaves_partials[*node] && slot[*node] == current - 1).collect();
                if !folded.is_empty() {
                    phases.push(Phase::Fold(folded));
                }
            }
            let deepest = (0..nodes.len()).filter(here).map(|node| level[node]).max();
            for wave in 0..=deepest.unwrap_or(0) {
                let members: Vec<usize> = (0..nodes.len()).filter(here).filter(|node| level[*node] == wave).collect();
                emit(&mut phases, &mut phase_of, members, Phase::Outputs);
            }
        }
    }
    Schedule { phases, leaves_partials, phase_of }
}

fn emit(
    phases: &mut Vec<Phase>,
    phase_of: &mut [Option<usize>],
    members: Vec<usize>,
    make: impl FnOnce(Vec<usize>) -> Phase,
) {
    if members.is_empty() {
        return;
    }
    for member in &members {
        phase_of[*member] = Some(phases.len());
    }
    phases.push(make(members));
}

/// For each node, whether an output or a state depends on it.
pub(crate) fn needed(graph: &Graph) -> Vec<bool> {
    let nodes = graph.nodes();
    let mut needed = vec![false; nodes.len()];
    let roots = graph.outputs().iter().map(|(_, value)| value).chain(graph.assignments().iter().map(|(_, v)| v));
    let mut stack: Vec<Value> = roots.copied().collect();
    while let Some(value) = stack.pop() {
        if let Origin::Node { node, .. } = graph.origin(value)
            && !needed[node]
        {
            needed[node] = true;
            stack.extend(&nodes[node].inputs);
        }
    }
    needed
}

/// What each sample has its own of runs over shards, unless it depends on other samples; so do sums over samples. Where what the samples
/// share, or their sum, is large against what a shard reads and writes, one product over the batch is better.
pub(crate) fn runs_over_shards(graph: &Graph, node: usize, options: PlanOptions) -> bool {
    let node = &graph.nodes()[node];
    if node.op.couples_samples() {
        return false;
    }
    let elements =
        |values: &[Value]| values.iter().map(|value| graph.ty(*value).elements()).fold(0, usize::saturating_add);
    let is_per_sample = node.outputs.iter().any(|output| graph.ty(*output).span == Span::Sample);
    let (once, of_a_sample) = if is_per_sample {
        // What the samples share, such as a matrix of weights, each shard would read from memory again.
        let (own, shared): (Vec<Value>, Vec<Value>) =
            node.inputs.iter().partition(|input| graph.ty(**input).span == Span::Sample);
        (elements(&shared), elements(&own).saturating_add(elements(&node.outputs)))
    } else if node.op.fold().is_some() {
        (elements(&node.outputs), elements(&node.inputs))
    } else {
        return false;
    };
    let of_a_shard = of_a_sample.saturating_mul(options.shard_samples);
    !(node.op.runs_over_outputs() && once > options.outputs_ratio.saturating_mul(of_a_shard))
}
