use std::ops::RangeInclusive;

use proofmark_engine::Value;
use proofmark_engine::map::{Builder, Function};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// The sum of its inputs, element by element, from the first to the last: what joins the branches of a residual
    /// network.
    ///
    /// *Shapes*: 2 to 64 inputs of one shape; y has that shape too.
    ///
    /// *Source*: He, Zhang, Ren, Sun 2015 (*Deep residual learning*), equation 1; Keras' `Add`.
    #[derive(Default)]
    pub struct Add {}
}

/// The sum of these layers.
pub fn add<N: Into<String>>(inputs: impl IntoIterator<Item = N>) -> Add {
    Add::default().inputs(inputs)
}

impl LayerDefinition for Add {
    fn n_inputs(&self) -> RangeInclusive<usize> {
        2..=64
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        one_shape(build, inputs)?;
        let mut builder = Builder::new(inputs.len());
        let mut sum = builder.input(0);
        for idx in 1..inputs.len() {
            sum = builder.apply(Function::Add, &[sum, builder.input(idx)]);
        }
        Ok(build.graph.map(builder.finish(&[sum]), inputs)?)
    }
}

/// Refuses inputs of several shapes.
pub(super) fn one_shape(build: &Build<'_>, inputs: &[Value]) -> Result<(), ModelErrorKind> {
    for (idx, input) in inputs.iter().enumerate() {
        let (expected, received) = (build.graph.shape(inputs[0]), build.graph.shape(*input));
        if expected != received {
            let (expected, received) = (expected.clone(), received.clone());
            return Err(ModelErrorKind::ShapesDiffer { input: idx, expected, received });
        }
    }
    Ok(())
}
