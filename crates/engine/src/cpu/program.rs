use super::Clock;
use std::ops::Range;

use super::call::Slot;
use super::kernels::Kernel;
use super::level::Supported;
use super::memory::Buffer;
use super::outline::{self, Outline};
use super::times::NodeTimes;
use crate::executor::{RunError, check_states};
use crate::graph::{Graph, Node, Origin, Value};
use crate::ops::Fold;
use crate::plan::{Place, Plan, runs_in_place};
use crate::state::StateBlock;

/// A graph that a session can run: its plan, its kernels, and where its values stand.
pub(super) struct Program {
    pub(super) graph: Graph,
    pub(super) plan: Plan,
    pub(super) nodes: Vec<Prepared>,
    /// For each of the graph's states, its range in the block of states that the session was prepared with.
    pub(super) state_offsets: Vec<usize>,
    pub(super) times: Option<NodeTimes>,
    /// What kernels derive from states.
    pub(super) derived: Buffer,
    /// The version of the states that it was derived from.
    derived_version: Option<u64>,
    /// The graph's outputs.
    pub(super) outputs: Vec<Value>,
}

/// A node with its kernel and where its values stand.
pub(super) struct Prepared {
    pub(super) kernel: Option<Box<dyn Kernel>>,
    pub(super) inputs: Vec<Slot>,
    pub(super) outputs: Vec<Slot>,
    pub(super) fold: Option<Fold>,
    pub(super) partial_stride: usize,
    pub(super) is_in_place: bool,
    /// Its part of what is derived from states.
    pub(super) derived: Option<Range<usize>>,
}

impl Program {
    /// Nothing of it is planned anew.
    pub(super) fn new(outline: Outline, clock: Option<Clock>, state: &StateBlock) -> Result<Self, RunError> {
        let Outline { graph, plan, kernels, memory, .. } = outline;
        check_states(&graph, state)?;
        let offset = |name: &str| state.entry(name).expect("the states were checked").offset;
        let state_offsets: Vec<usize> = graph.states().iter().map(|declared| offset(&declared.name)).collect();
        let slot = |value: &Value| {
            let slot = outline::slot(&graph, &plan, *value);
            let state_offset = if let Place::State(idx) = slot.place { state_offsets[idx] } else { 0 };
            Slot { state_offset, ..slot }
        };
        let mut elements = 0;
        let nodes: Vec<Prepared> = (graph.nodes().iter().zip(kernels).zip(&plan.partial_stride))
            .map(|((node, kernel), partial_stride)| {
                let derived = derived_elements(&graph, node, kernel.as_deref()).map(|count| {
                    elements += count;
                    elements - count..elements
                });
                Prepared {
                    kernel,
                    inputs: node.inputs.iter().map(slot).collect(),
                    outputs: node.outputs.iter().map(slot).collect(),
                    fold: node.op.fold(),
                    partial_stride: *partial_stride,
                    is_in_place: runs_in_place(&node.op),
                    derived,
                }
            })
            .collect();
        Ok(Program {
            derived: Buffer::zeroed(memory.derived_bytes)?,
            derived_version: None,
            times: clock.map(|clock| NodeTimes::new(clock, nodes.len())),
            plan,
            nodes,
            state_offsets,
            outputs: graph.outputs().iter().map(|(_, value)| *value).collect(),
            graph,
        })
    }

    /// Brings what is derived from states up to date.
    pub(super) fn derive(&mut self, level: Supported, state: &StateBlock) {
        if self.derived_version == Some(state.version()) {
            return;
        }
        for node in &self.nodes {
            if let (Some(kernel), Some(range)) = (&node.kernel, &node.derived)
                && let Some((input, _)) = kernel.derived_from()
            {
                let Slot { ty, state_offset, .. } = &node.inputs[input];
                let elements = &state.all()[*state_offset..state_offset + ty.elements()];
                kernel.derive(level, elements, &mut self.derived.f32_mut()[range.clone()]);
            }
        }
        self.derived_version = Some(state.version());
    }

    /// Whether the block is laid out as the one that the program was prepared with.
    pub(super) fn check_layout(&self, state: &StateBlock) -> Result<(), RunError> {
        for (declared, offset) in self.graph.states().iter().zip(&self.state_offsets) {
            match state.entry(&declared.name) {
                Some(entry) if entry.offset == *offset && entry.shape == declared.shape => {}
                _ => return Err(RunError::State { name: declared.name.clone() }),
            }
        }
        Ok(())
    }
}

/// The elements that the node's kernel keeps from step to step: none where a step may change what they are derived from.
pub(super) fn derived_elements(graph: &Graph, node: &Node, kernel: Option<&dyn Kernel>) -> Option<usize> {
    let (input, elements) = kernel?.derived_from()?;
    let is_kept = matches!(graph.origin(node.inputs[input]), Origin::State(_)) && graph.assignments().is_empty();
    is_kept.then_some(elements)
}
