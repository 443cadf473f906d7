//! Phases and memory: what runs when, and where every value stands.
//!
//! A [`Plan`] follows from the graph and [`PlanOptions`] alone, never from the machine: it is part of what a run locks.

mod arena;
mod phases;
mod print;

pub use phases::Phase;
pub(crate) use phases::{needed, runs_over_shards};

use proofmark_tensor::DType;

use crate::graph::{Graph, Span, Type, Value};
use crate::ops::Operation;

/// What a plan depends on besides the graph. All of it belongs to the run's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// Samples in a shard; 1 to 1,024. It decides bits.
    pub shard_samples: usize,
    /// A sum over samples runs over outputs (one product over the batch) instead of one buffer a shard when its result
    /// has more elements than this many times what one shard reads for it; a dense product when its matrix has more than this
    /// many times what one shard reads and writes. It decides no bits.
    pub outputs_ratio: usize,
}

impl Default for PlanOptions {
    /// Shards of 8 samples: shards of 4 to 32 differ within noise in speed, and 8 gives a batch of 64 eight threads.
    fn default() -> Self {
        PlanOptions { shard_samples: 8, outputs_ratio: 4 }
    }
}

impl PlanOptions {
    /// Whether every option is within its range.
    pub fn is_in_range(&self) -> bool {
        (1..=1024).contains(&self.shard_samples)
    }
}

/// Where a value stands in memory. Offsets are in bytes and multiples of 64, except in [`Place::State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In what the caller fed for the input of this index.
    Input(usize),
    /// In the block of states: the graph's state of this index.
    State(usize),
    /// In the arena of the worker that runs the shard; samples of the shard one after the other.
    Arena(usize),
    /// In batch memory; samples of the batch one after the other.
    Batch(usize),
    /// In batch memory, once.
    Step(usize),
    /// In batch memory, once for each shard while shards run; after the fold the value is the first shard's.
    Partial(usize),
    /// Nowhere: nothing reads it.
    Unused,
}

/// Phases and places of a graph, for batches of up to `max_samples`.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it was made with.
    pub options: PlanOptions,
    /// The largest batch.
    pub max_samples: usize,
    /// What runs, in order; a barrier stands between phases.
    pub phases: Vec<Phase>,
    /// Where each value stands, by [`Value::idx`].
    pub places: Vec<Place>,
    /// Bytes of each worker's arena.
    pub arena_bytes: usize,
    /// Bytes of batch memory.
    pub batch_bytes: usize,
    /// For each node, the bytes from one shard's partial results to the next; zero if it leaves none.
    pub partial_stride: Vec<usize>,
}

/// Bytes on which every value and every buffer starts: a cache line, and one AVX-512 vector.
pub const ALIGNMENT: usize = 64;

/// Plans a graph for batches of up to `max_samples` samples. Nothing is allocated: sizes beyond all memory saturate.
///
/// # Panics
/// If `options` are outside their ranges: [`PlanOptions::is_in_range`] is to be asked first.
pub fn plan(graph: &Graph, options: PlanOptions, max_samples: usize) -> Plan {
    assert!(options.is_in_range(), "shards of {} samples", options.shard_samples);
    let roots = Roots::new(graph);
    let schedule = phases::schedule(graph, &roots, options);
    let mut batch = BatchMemory { bytes: 0 };
    let mut places = vec![Place::Unused; graph.n_values()];
    let mut partial_stride = vec![0; graph.nodes().len()];
    let n_shards = max_samples.div_ceil(options.shard_samples);

    for (input, declared) in graph.inputs().iter().enumerate() {
        places[declared.value.idx()] = Place::Input(input);
    }
    for (state, declared) in graph.states().iter().enumerate() {
        places[declared.value.idx()] = Place::State(state);
    }
    for (state, value) in graph.assignments() {
        places[value.idx()] = Place::State(state.0);
    }
    for (idx, node) in graph.nodes().iter().enumerate() {
        if schedule.leaves_partials[idx] {
            let sizes = node.outputs.iter().map(|output| aligned(graph.ty(*output).bytes()));
            let row = sizes.fold(0, usize::saturating_add);
            let mut offset = batch.take(row.saturating_mul(n_shards));
            for output in &node.outputs {
                places[output.idx()] = Place::Partial(offset);
                offset = offset.saturating_add(aligned(graph.ty(*output).bytes()));
            }
            partial_stride[idx] = row;
            continue;
        }
        for output in &node.outputs {
            let ty = graph.ty(*output);
            let is_root = roots.of(*output) == *output;
            if !is_root || places[output.idx()] != Place::Unused {
                continue;
            }
            if ty.span == Span::Step {
                places[output.idx()] = Place::Step(batch.take(ty.bytes()));
            } else if roots.group(*output).any(|alias| schedule.crosses_phases(graph, alias)) {
                places[output.idx()] = Place::Batch(batch.take(ty.bytes().saturating_mul(max_samples)));
            }
        }
    }
    let arena_bytes = arena::place(graph, &schedule, &roots, options.shard_samples, &mut places);
    for value in graph.values() {
        let root = roots.of(value);
        if root != value {
            places[value.idx()] = places[root.idx()];
        }
    }
    Plan {
        options,
        max_samples,
        phases: schedule.phases,
        places,
        arena_bytes,
        batch_bytes: batch.bytes,
        partial_stride,
    }
}

impl Plan {
    /// Where a value stands.
    pub fn place(&self, value: Value) -> Place {
        self.places[value.idx()]
    }

    /// Number of shards of a batch.
    pub fn n_shards(&self, samples: usize) -> usize {
        samples.div_ceil(self.options.shard_samples)
    }

    /// Bytes of one worker's copy of a sample value in the arena.
    pub(crate) fn arena_size(ty: &Type, shard_samples: usize) -> usize {
        aligned(ty.bytes().saturating_mul(shard_samples))
    }
}

/// The value whose memory each value is: itself, except behind views.
pub(crate) struct Roots {
    roots: Vec<Value>,
    groups: Vec<Vec<Value>>,
}

impl Roots {
    fn new(graph: &Graph) -> Self {
        let roots: Vec<Value> = graph.values().map(|value| graph.root(value)).collect();
        let mut groups: Vec<Vec<Value>> = vec![Vec::new(); graph.n_values()];
        for value in graph.values() {
            groups[roots[value.idx()].idx()].push(value);
        }
        Roots { roots, groups }
    }

    pub(crate) fn of(&self, value: Value) -> Value {
        self.roots[value.idx()]
    }

    pub(crate) fn group(&self, root: Value) -> impl Iterator<Item = Value> + '_ {
        self.groups[root.idx()].iter().copied()
    }
}

struct BatchMemory {
    bytes: usize,
}

impl BatchMemory {
    fn take(&mut self, bytes: usize) -> usize {
        let offset = self.bytes;
        self.bytes = self.bytes.saturating_add(aligned(bytes));
        offset
    }
}

fn aligned(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX - (ALIGNMENT - 1))
}

/// Whether the operation goes element by element, so that its output may stand where an input of its does.
pub(crate) fn runs_in_place(op: &Operation) -> bool {
    matches!(op, Operation::Map(_) | Operation::Dropout(_) | Operation::DenseUpdate(_))
}

/// Whether a node may write its first output over this input: element by element, same type.
fn may_overwrite(graph: &Graph, node: usize, input: Value) -> bool {
    let node = &graph.nodes()[node];
    runs_in_place(&node.op) && graph.ty(input) == graph.ty(node.outputs[0]) && graph.ty(input).dtype == DType::F32
}
