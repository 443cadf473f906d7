use proofmark_engine::{Value, ops};

use super::layer_norm::{channels, check_epsilon, default_epsilon, gain_and_bias};
use super::{LayerDefinition, trained_layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

trained_layer! {
    /// Divides the channels (the last axis) into groups and normalises each group of a sample, over all its channels and all
    /// other axes: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`. What batch normalisation does, without the batch.
    ///
    /// Mean and (biased) variance are those of the sample, in training and otherwise. One group a channel is instance
    /// normalisation.
    ///
    /// *Shapes*: x `[.., C]`; gamma and beta `[C]`; y has the shape of x.
    ///
    /// *States*: `<name>.gamma`, `<name>.beta`.
    ///
    /// *Source*: Wu, He 2018, equations 3 to 7; PyTorch's `GroupNorm`, whose default epsilon this is (Keras' is 0.001).
    pub struct GroupNorm {
        /// Into how many groups the channels are divided: 1 to 65,536, a divisor of their number. Default 32.
        #[serde(default = "crate::layers::group_norm::default_groups")]
        #[schemars(range(min = 1, max = 65_536))]
        pub groups: usize,
        /// Added to the variance, above 0 and at most 1. Default 0.00001.
        #[serde(default = "crate::layers::layer_norm::default_epsilon")]
        #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))]
        pub epsilon: f64,
    }
}

/// Normalises each of this many groups of channels, sample by sample.
pub fn group_norm(groups: usize) -> GroupNorm {
    GroupNorm { groups, epsilon: default_epsilon(), trainable: true, name: None, inputs: Vec::new() }
}

pub(super) fn default_groups() -> usize {
    32
}

impl LayerDefinition for GroupNorm {
    fn check(&self, ranges: &mut Ranges) {
        ranges.count("groups", self.groups, 1..=65_536);
        check_epsilon(ranges, self.epsilon);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let channels = channels(build, inputs[0])?;
        if !channels.is_multiple_of(self.groups) {
            return Err(ModelErrorKind::Groups { groups: self.groups, what: "channels", value: channels });
        }
        let shape = build.graph.shape(inputs[0]).clone();
        let (group, positions) = (channels / self.groups, shape.elements() / channels);
        // A group's numbers become one row: apart from a single group or position they do not stand together.
        let must_move = self.groups > 1 && positions > 1;
        let exchanged = ops::Transpose { axes: vec![1, 0, 2] };
        let mut x = inputs[0];
        if must_move {
            let split = build.reshape(x, [positions, self.groups, group])?;
            x = build.graph.add(exchanged.clone(), &[split])?;
        }
        let rows = build.reshape(x, [self.groups, positions * group])?;
        let op = ops::Normalize { centre: ops::Centre::Mean, epsilon: self.epsilon as f32 };
        let mut y = build.graph.apply(op, &[rows])?[0];
        if must_move {
            let split = build.reshape(y, [self.groups, positions, group])?;
            y = build.graph.add(exchanged, &[split])?;
        }
        let y = build.reshape(y, shape)?;
        gain_and_bias(build, y, channels)
    }
}
