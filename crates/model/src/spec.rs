use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layers::Layer;

/// A model: its layers, in the order in which they are computed.
///
/// A layer reads the one before it, the first one the sample. With `inputs` a layer reads others, by name; only layers
/// above it can be named, so that there are no cycles. The last layer gives the predictions.
///
/// ```
/// use proofmark_model::layers::{add, conv2d, dense, global_average_pool2d, relu};
/// use proofmark_model::{ModelSpec, Target};
///
/// # fn main() -> Result<(), proofmark_model::ModelErrors> {
/// // A residual block: the sum of a layer and what it came from.
/// let spec = ModelSpec::new()
///     .add(conv2d(8, 3).same().relu().named("stem"))
///     .add(conv2d(8, 3).same().relu())
///     .add(conv2d(8, 3).same().named("branch"))
///     .add(add(["stem", "branch"]))
///     .add(relu())
///     .add(global_average_pool2d())
///     .add(dense(10).softmax());
/// let model = spec.check([28, 28, 1], Target::Category { classes: 10 })?;
/// assert_eq!(model.layers()[3].name, "add_1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The layers, 1 to 2,000.
    #[schemars(length(min = 1, max = 2_000))]
    pub layers: Vec<Layer>,
}

impl ModelSpec {
    /// The largest number of layers.
    pub const MAX_LAYERS: usize = 2_000;

    /// A model without layers yet.
    pub fn new() -> ModelSpec {
        ModelSpec::default()
    }

    /// The model with one more layer at its end.
    // Keras' word; nobody adds a model and a layer as numbers.
    #[allow(clippy::should_implement_trait)]
    #[must_use]
    pub fn add(mut self, layer: impl Into<Layer>) -> ModelSpec {
        self.layers.push(layer.into());
        self
    }

    /// The names of the layers: those that the user gave; otherwise the kind and the layer's number among those of its
    /// kind, from 1, so that naming one layer does not rename the others.
    pub fn names(&self) -> Vec<String> {
        let mut counts = vec![0usize; Layer::KINDS.len()];
        self.layers
            .iter()
            .map(|layer| {
                let kind = layer.kind();
                let count = Layer::KINDS.iter().position(|other| *other == kind).map_or(0, |position| {
                    counts[position] += 1;
                    counts[position]
                });
                layer.own_name().map_or_else(|| format!("{kind}_{count}"), str::to_owned)
            })
            .collect()
    }

    /// Where a layer stands in the spec of the model, by its name: `layers[6].dropout` for `drop`. What a search means by
    /// `model.drop.rate` is `model.layers[6].dropout.rate`.
    pub fn path_of(&self, name: &str) -> Option<String> {
        let idx = self.names().iter().position(|other| other == name)?;
        Some(format!("layers[{idx}].{}", self.layers[idx].kind()))
    }
}
