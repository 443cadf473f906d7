use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use proofmark_tensor::Shape;

use crate::cpu::Buffer;
use crate::executor::RunError;
use crate::graph::{Graph, StateRole};
use crate::plan::ALIGNMENT;

/// All states of a training in one contiguous block of f32: parameters, statistics, then what the optimizer remembers,
/// in the order of the graph. A checkpoint is this block and its table.
///
/// The graph for inference names a part of the same states; it runs on the same block.
#[derive(Clone, Debug)]
pub struct StateBlock {
    entries: Vec<StateEntry>,
    memory: Buffer,
    /// Another number after each change: blocks of the same version hold the same.
    version: u64,
}

/// A number that no block had before.
fn new_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
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
    /// Where it starts in the block, in elements; a multiple of 16, so that it starts on a cache line.
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
    ///
    /// # Panics
    /// If the system has no such block of memory. Where a person chose the sizes, [`StateBlock::try_new`].
    pub fn new(graph: &Graph) -> Self {
        Self::try_new(graph).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A block of zeros for the states of a graph.
    ///
    /// # Errors
    /// [`RunError::Allocation`] if the system has no such block of memory. Systems may promise more than they have:
    /// [`CpuExecutor::outline`](crate::cpu::CpuExecutor::outline) says before whether it is too much.
    pub fn try_new(graph: &Graph) -> Result<Self, RunError> {
        let mut offset: usize = 0;
        let mut entries = Vec::new();
        for state in graph.states() {
            entries.push(StateEntry { name: state.name.clone(), shape: state.shape.clone(), role: state.role, offset });
            offset = offset.saturating_add(aligned(state.shape.elements()));
        }
        let memory = Buffer::zeroed(offset.saturating_mul(size_of::<f32>()))?;
        Ok(StateBlock { entries, memory, version: new_version() })
    }

    /// Bytes of the block for the states of a graph, which is not allocated.
    pub fn bytes_of(graph: &Graph) -> usize {
        let elements = graph.states().iter().map(|state| aligned(state.shape.elements()));
        elements.fold(0, usize::saturating_add).saturating_mul(size_of::<f32>())
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
        self.version = new_version();
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

    /// Blocks of the same version hold the same elements.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Where the block starts, for steps that only read it.
    pub(crate) fn start(&self) -> *mut u8 {
        self.memory.start()
    }

    pub(crate) fn memory_mut(&mut self) -> &mut Buffer {
        self.version = new_version();
        &mut self.memory
    }
}

/// Elements up to where the next state may start.
fn aligned(elements: usize) -> usize {
    const LINE: usize = ALIGNMENT / size_of::<f32>();
    elements.checked_next_multiple_of(LINE).unwrap_or(usize::MAX)
}
