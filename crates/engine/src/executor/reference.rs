//! The executor that defines meaning: every node by its f64 reference, the batch as a whole, no shards, no threads.

use proofmark_tensor::DType;

use super::{Executor, Feed, RunError, Session, Step, check_states, check_step};
use crate::graph::{Graph, Origin};
use crate::ops::{ReferenceContext, Tensor64};
use crate::state::StateBlock;

/// Runs graphs in f64. States are kept in f32 between steps, as everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferenceExecutor;

impl Executor for ReferenceExecutor {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn prepare(&self, graph: &Graph, state: &StateBlock, max_samples: usize) -> Result<Box<dyn Session>, RunError> {
        check_states(graph, state)?;
        let outputs = vec![Vec::new(); graph.outputs().len()];
        Ok(Box::new(ReferenceSession { graph: graph.clone(), max_samples, outputs }))
    }
}

struct ReferenceSession {
    graph: Graph,
    max_samples: usize,
    outputs: Vec<Vec<f32>>,
}

impl Session for ReferenceSession {
    fn run(&mut self, state: &mut StateBlock, step: &Step<'_>, feeds: &[Feed<'_>]) -> Result<(), RunError> {
        check_step(&self.graph, self.max_samples, step, feeds)?;
        let values = evaluate(&self.graph, state, step, feeds);
        for ((_, value), output) in self.graph.outputs().iter().zip(&mut self.outputs) {
            *output = values[value.idx()].data.iter().map(|x| *x as f32).collect();
        }
        for (idx, value) in self.graph.assignments() {
            let name = &self.graph.states()[idx.0].name;
            let target = state.get_mut(name).ok_or_else(|| RunError::State { name: name.clone() })?;
            for (to, from) in target.iter_mut().zip(&values[value.idx()].data) {
                *to = *from as f32;
            }
        }
        Ok(())
    }

    fn output(&self, idx: usize) -> &[f32] {
        &self.outputs[idx]
    }
}

/// The f64 value of every value of the graph. The feeds must fit (see [`Session::run`]).
pub(crate) fn evaluate(graph: &Graph, state: &StateBlock, step: &Step<'_>, feeds: &[Feed<'_>]) -> Vec<Tensor64> {
    let context = ReferenceContext { ids: step.ids.to_vec(), step: step.index, seed: step.seed };
    let mut values: Vec<Tensor64> = Vec::with_capacity(graph.n_values());
    let mut nodes = graph.nodes().iter();
    while values.len() < graph.n_values() {
        let value = graph.values().nth(values.len()).expect("below the number of values");
        let ty = graph.ty(value).clone();
        match graph.origin(value) {
            Origin::Input(idx) => {
                let data = match feeds[idx] {
                    Feed::F32(data) => data.iter().map(|x| f64::from(*x)).collect(),
                    Feed::I32(data) => data.iter().map(|x| f64::from(*x)).collect(),
                };
                values.push(Tensor64 { ty, data });
            }
            Origin::State(idx) => {
                let data = state.get(&graph.states()[idx.0].name).expect("the states were checked");
                values.push(Tensor64 { ty, data: data.iter().map(|x| f64::from(*x)).collect() });
            }
            Origin::Node { .. } => {
                let node = nodes.next().expect("a value of a node that exists");
                let inputs: Vec<&Tensor64> = node.inputs.iter().map(|input| &values[input.idx()]).collect();
                let outputs = node.op.reference(&inputs, &context);
                for (output, reference) in node.outputs.iter().zip(outputs) {
                    let ty = graph.ty(*output).clone();
                    debug_assert!(ty.dtype != DType::U8 || reference.data.iter().all(|x| (0.0..256.0).contains(x)));
                    values.push(Tensor64 { ty, data: reference.data });
                }
            }
        }
    }
    values
}
