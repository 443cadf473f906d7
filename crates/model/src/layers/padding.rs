use proofmark_engine::ops;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a window meets at the border of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Windows lie within the image: `(extent - window) / stride + 1` of them along an axis, rounded down.
    #[default]
    Valid,
    /// The image is padded evenly (the odd row or column at the end) so that `extent / stride` windows fit along an axis,
    /// rounded up.
    Same,
}

impl From<Padding> for ops::Padding {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Valid => ops::Padding::Valid,
            Padding::Same => ops::Padding::Same,
        }
    }
}
