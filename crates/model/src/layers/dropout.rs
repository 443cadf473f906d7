use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::{Build, Mode};
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// In training, sets each number to 0 with probability `rate` and divides the others by `1 - rate`; otherwise does
    /// nothing. Which numbers are dropped follows from the run's seed, the layer's name, the step and the sample.
    ///
    /// *Shapes*: y has the shape of x.
    ///
    /// *Source*: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, whose p is `1 - rate`; Keras' `Dropout`.
    pub struct Dropout {
        /// Probability that a number is dropped, 0 to below 1.
        #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
        pub rate: f64,
    }
}

/// Drops numbers at random in training.
pub fn dropout(rate: f64) -> Dropout {
    Dropout { rate, name: None, inputs: Vec::new() }
}

impl LayerDefinition for Dropout {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("rate", self.rate, 0.0..1.0);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        match build.mode {
            Mode::Training => {
                let op = ops::Dropout { rate: self.rate as f32, stream: build.layer.to_owned() };
                Ok(build.graph.add(op, inputs)?)
            }
            Mode::Inference => Ok(inputs[0]),
        }
    }
}
