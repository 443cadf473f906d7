use std::ops::RangeInclusive;

use proofmark_engine::Value;

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;

layer! {
    /// A layer above once more, with the same parameters, on other inputs: what the branches of a siamese network have in common.
    ///
    /// *Shapes*: as of that layer; what its parameters' shapes depend on must be the same. Parameters are that layer's, and their
    /// gradient is the sum over all places where they are used. Random numbers (of a dropout) are that layer's too.
    ///
    /// *Source*: Bromley and others 1993 (*Signature verification using a siamese time delay neural network*); Keras, where a
    /// layer is called twice.
    pub struct Shared {
        /// The name of the layer, which stands above. One that keeps statistics, as `batch_norm`, cannot be shared.
        #[schemars(length(min = 1, max = 64))]
        pub layer: String,
    }
}

/// The layer of this name once more.
pub fn shared(layer: impl Into<String>) -> Shared {
    Shared { layer: layer.into(), name: None, inputs: Vec::new() }
}

/// What stands for a layer that is not resolved: the checks of a model put the layer itself in its place.
impl LayerDefinition for Shared {
    fn n_inputs(&self) -> RangeInclusive<usize> {
        1..=usize::MAX
    }

    fn build(&self, _: &mut Build<'_>, _: &[Value]) -> Result<Value, ModelErrorKind> {
        Err(ModelErrorKind::UnknownInput { input: self.layer.clone(), nearest: None })
    }
}
