//! Trainings of made-up data, for tests that compare bits.

use proofmark_engine::map::{Builder, Function, Map};
use proofmark_engine::{Executor, Graph, GraphError, Session, Step, Value};

use crate::networks::{Data, initial};

/// The sigmoid and the half of a value, by one program of two outputs.
pub(crate) fn pair(graph: &mut Graph, x: Value) -> Result<Vec<Value>, GraphError> {
    let mut builder = Builder::new(1);
    let sigmoid = builder.apply(Function::Sigmoid, &[builder.input(0)]);
    let half = builder.apply(Function::Mul, &[builder.input(0), builder.constant(0.5)]);
    graph.apply(Map { program: builder.finish(&[sigmoid, half]) }, &[x])
}

/// What a training leaves: for each step the outputs, then the states.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    /// By step, by output.
    pub(crate) outputs: Vec<Vec<Vec<f32>>>,
    /// The block of states after the last step.
    pub(crate) states: Vec<f32>,
}

impl Trace {
    /// Everything as bits; the payload of a NaN is no promise.
    pub(crate) fn bits(&self) -> Vec<u32> {
        let all = self.outputs.iter().flatten().flatten().chain(&self.states);
        all.map(|value| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }).collect()
    }
}

/// Trains the graph for some steps on the same batch.
pub(crate) fn train(graph: &Graph, executor: &dyn Executor, n_samples: usize, steps: u32) -> Trace {
    let data = Data::new(graph, n_samples);
    let mut states = initial(graph);
    let mut session = executor.prepare(graph, &states, n_samples).expect("all states are there");
    let outputs = (0..steps)
        .map(|index| {
            session.run(&mut states, &Step { ids: &data.ids, index, seed: 11 }, &data.feeds()).expect("the data fit");
            (0..graph.outputs().len()).map(|output| Session::output(&*session, output).to_vec()).collect()
        })
        .collect();
    Trace { outputs, states: states.all().to_vec() }
}
