use std::ops::Range;

use proofmark_tensor::Shape;

use crate::cpu::Buffer;
use crate::graph::{Graph, StateRole};

/// All states of a training in one contiguous block of f32: parameters, statistics, then what the optimizer remembers,
/// in the order of the graph. A checkpoint is this block and its table.
///
/// The graph for inference names a part of the same states; it runs on the same block.
#[derive(Clone, Debug)]
pub struct StateBlock {
    entries: Vec<StateEntry>,
    memory: Buffer,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct StateEntry {
    /// The state's name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// What it is for.
    pub role: StateRole,
    /// Where it starts in the block, in elements; a multiple of 16, so that it is aligned to a cache line.
    pub offset: usize,
}

impl StateEntry {
    /// Its elements' positions in the block.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.shape.elements()
    }
}

impl StateBlock {
    /// A block of zeros for the states of a graph.
    pub fn new(graph: &Graph) -> Self {
        let mut offset = 0;
        let mut entries = Vec::new();
        for state in graph.states() {
            entries.push(StateEntry { name: state.name.clone(), shape: state.shape.clone(), role: state.role, offset });
            offset += state.shape.elements().next_multiple_of(16);
        }
        StateBlock { entries, memory: Buffer::zeroed(offset * 4) }
    }

    /// The table.
    pub fn entries(&self) -> &[StateEntry] {
        &self.entries
    }

    /// The row of this name.
    pub fn entry(&self, name: &str) -> Option<&StateEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The elements of a state.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.entry(name).map(|entry| &self.memory.f32()[entry.range()])
    }

    /// The elements of a state, to be set.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let range = self.entry(name)?.range();
        Some(&mut self.memory.f32_mut()[range])
    }

    /// The whole block; between entries stand zeros.
    pub fn all(&self) -> &[f32] {
        self.memory.f32()
    }

    /// Number of elements in parameters.
    pub fn n_parameters(&self) -> usize {
        let parameters = self.entries.iter().filter(|entry| entry.role == StateRole::Parameter);
        parameters.map(|entry| entry.shape.elements()).sum()
    }

    pub(crate) fn memory_mut(&mut self) -> &mut Buffer {
        &mut self.memory
    }
}
