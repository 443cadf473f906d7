use std::ops::RangeInclusive;

use proofmark_engine::Value;
use proofmark_engine::map::{Builder, Function};

use super::add::one_shape;
use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The product of its inputs, element by element, from the first to the last: a gate, where one branch ends in `sigmoid` and says how
    /// much of the other passes. With `tanh` on that one it is WaveNet's gated unit.
    ///
    /// *Shapes*: 2 to 64 inputs of one shape; y has that shape too.
    ///
    /// *Source*: van den Oord and others 2016 (*WaveNet*), equation 2; Keras' `Multiply`.
    #[derive(Default)]
    pub struct Multiply {}
}

/// The product of these layers.
pub fn multiply<N: Into<String>>(inputs: impl IntoIterator<Item = N>) -> Multiply {
    Multiply::default().inputs(inputs)
}

impl LayerDefinition for Multiply {
    fn n_inputs(&self) -> RangeInclusive<usize> {
        2..=64
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        one_shape(build, inputs)?;
        let mut builder = Builder::new(inputs.len());
        let mut product = builder.input(0);
        for idx in 1..inputs.len() {
            product = builder.apply(Function::Mul, &[product, builder.input(idx)]);
        }
        Ok(build.graph.map(builder.finish(&[product]), inputs)?)
    }
}
