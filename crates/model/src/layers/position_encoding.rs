use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// Adds sines and cosines that tell positions apart: `y[t, 2 i] = x[t, 2 i] + sin θ`,
    /// `y[t, 2 i + 1] = x[t, 2 i + 1] + cos θ` with `θ = t base^(-2 i / C)`. Nothing of it is trained.
    ///
    /// *Shapes*: x `[T, C]`; y `[T, C]`.
    ///
    /// *Source*: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin 2017, section 3.5; KerasHub's
    /// `SinePositionEncoding`.
    pub struct PositionEncoding {
        /// What the angles are powers of, 1 to 1e9. Default 10000.
        #[serde(default = "crate::layers::multi_head_attention::default_base")]
        #[schemars(range(min = 1.0, max = 1e9))]
        pub base: f64,
    }
}

/// Adds sines and cosines that tell positions apart.
pub fn position_encoding() -> PositionEncoding {
    PositionEncoding { base: super::multi_head_attention::default_base(), name: None, inputs: Vec::new() }
}

impl LayerDefinition for PositionEncoding {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("base", self.base, 1.0..=1e9);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        build.sequence(inputs[0])?;
        Ok(build.graph.add(ops::PositionEncoding { base: self.base as f32 }, inputs)?)
    }
}
