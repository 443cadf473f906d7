use proofmark_engine::map::{Builder, Function, Map, Operand};
use proofmark_engine::{Value, ops};

use super::{LayerDefinition, trained_layer};
use crate::build::{Build, Mode};
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

trained_layer! {
    /// Normalises each channel (the last axis): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
    ///
    /// In training, mean and (biased) variance are the batch's, over all samples and all other axes, and the moving ones
    /// follow them once a step: `moving = momentum moving + (1 - momentum) batch`, with the unbiased variance. Otherwise
    /// the moving ones are used. They are statistics: no optimizer, penalty or decay touches them.
    ///
    /// *Shapes*: x `[.., C]`; gamma, beta, mean and variance `[C]`; y has the shape of x.
    ///
    /// *States*: `<name>.gamma`, `<name>.beta`, `<name>.moving_mean`, `<name>.moving_variance`.
    ///
    /// *Source*: Ioffe, Szegedy 2015, algorithms 1 and 2; Keras' `BatchNormalization` (whose moving variance is biased).
    pub struct BatchNorm {
        /// Share of the moving statistics that a step keeps, 0 to below 1. Default 0.99. (PyTorch's `momentum` is one
        /// minus this.)
        #[serde(default = "crate::layers::batch_norm::default_momentum")]
        #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
        pub momentum: f64,
        /// Added to the variance, above 0 and at most 1. Default 0.001.
        #[serde(default = "crate::layers::batch_norm::default_epsilon")]
        #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
        pub epsilon: f64,
    }
}

/// Normalises each channel.
pub fn batch_norm() -> BatchNorm {
    BatchNorm {
        momentum: default_momentum(),
        epsilon: default_epsilon(),
        trainable: true,
        name: None,
        inputs: Vec::new(),
    }
}

impl BatchNorm {
    /// The same layer with another momentum.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
}

pub(super) fn default_momentum() -> f64 {
    0.99
}

pub(super) fn default_epsilon() -> f64 {
    1e-3
}

impl LayerDefinition for BatchNorm {
    fn check(&self, ranges: &mut Ranges) {
        use std::ops::Bound::{Excluded, Included};
        ranges.number("momentum", self.momentum, 0.0..1.0);
        ranges.number("epsilon", self.epsilon, (Excluded(0.0), Included(1.0)));
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let x = inputs[0];
        let shape = build.graph.shape(x).clone();
        if shape.rank() == 0 {
            return Err(ModelErrorKind::NoAxes { received: shape });
        }
        let channels = shape.last();
        let gamma = build.scale("gamma", channels, 1.0)?;
        let beta = build.scale("beta", channels, 0.0)?;
        let moving_mean = build.statistic("moving_mean", channels, 0.0)?;
        let moving_variance = build.statistic("moving_variance", channels, 1.0)?;
        let (mean, variance) = match build.mode {
            Mode::Training if !build.is_trainable => (moving_mean, moving_variance),
            Mode::Inference => (moving_mean, moving_variance),
            Mode::Training => {
                let moments = build.graph.apply(ops::BatchMoments, &[x])?;
                let (mean, variance, count) = (moments[0], moments[1], moments[2]);
                self.update(build, [moving_mean, mean, moving_variance, variance, count])?;
                (mean, variance)
            }
        };
        // One square root and division a channel, one subtraction and multiply-add a number.
        let mut builder = Builder::new(2);
        let epsilon = builder.constant(self.epsilon as f32);
        let sum = builder.apply(Function::Add, &[builder.input(1), epsilon]);
        let deviation = builder.apply(Function::Sqrt, &[sum]);
        let scale = builder.apply(Function::Div, &[builder.input(0), deviation]);
        let scale = build.graph.map(builder.finish(&[scale]), &[gamma, variance])?;
        let mut builder = Builder::new(4);
        let centred = builder.apply(Function::Sub, &[builder.input(0), builder.input(1)]);
        let y = builder.apply(Function::MulAdd, &[centred, builder.input(2), builder.input(3)]);
        Ok(build.graph.map(builder.finish(&[y]), &[x, mean, scale, beta])?)
    }
}

impl BatchNorm {
    /// The moving statistics after the step, from `[moving mean, mean, moving variance, variance, count]`.
    fn update(&self, build: &mut Build<'_>, inputs: [Value; 5]) -> Result<(), ModelErrorKind> {
        let mut builder = Builder::new(5);
        let keep = builder.constant(self.momentum as f32);
        let take = builder.constant((1.0 - self.momentum) as f32);
        let one = builder.constant(1.0);
        let count = builder.input(4);
        let rest = builder.apply(Function::Sub, &[count, one]);
        // One number has no variance: 0 stays 0.
        let rest = builder.apply(Function::Max, &[rest, one]);
        let correction = builder.apply(Function::Div, &[count, rest]);
        let unbiased = builder.apply(Function::Mul, &[builder.input(3), correction]);
        let mut moved = |moving, batch| {
            let taken = builder.apply(Function::Mul, &[take, batch]);
            builder.apply(Function::MulAdd, &[keep, moving, taken])
        };
        let mean = moved(Operand::Input(0), Operand::Input(1));
        let variance = moved(Operand::Input(2), unbiased);
        let map = Map { program: builder.finish(&[mean, variance]) };
        let new = build.graph.apply(map, &inputs)?;
        build.update_statistic(inputs[0], new[0]);
        build.update_statistic(inputs[2], new[1]);
        Ok(())
    }
}
