use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::{Value, ops};

use super::{LayerDefinition, layer};
use crate::build::Build;
use crate::error::ModelErrorKind;
use crate::ranges::Ranges;

layer! {
    /// How many steps a sequence has that was padded at its end: the position, from 1, of the last step that holds any number but
    /// `padding`; 0 if there is none. What `lstm` and `gru` take as second input, and
    /// `multi_head_attention` with `lengths` as its last.
    ///
    /// *Shapes*: x `[T]` or `[T, ..]`; y one number, `[]`.
    pub struct SequenceLength {
        /// The number that padded steps hold, -1e30 to 1e30. Default 0.
        #[serde(default)]
        #[schemars(range(min = -1e30, max = 1e30))]
        pub padding: f64,
    }
}

/// The number of steps before the padding, which is 0.
pub fn sequence_length() -> SequenceLength {
    SequenceLength { padding: 0.0, name: None, inputs: Vec::new() }
}

impl LayerDefinition for SequenceLength {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("padding", self.padding, -1e30..=1e30);
    }

    fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let shape = build.graph.shape(inputs[0]).clone();
        if shape.rank() == 0 {
            return Err(ModelErrorKind::NoAxes { received: shape });
        }
        let mut builder = Builder::new(1);
        let padding = builder.constant(self.padding as f32);
        let difference = builder.apply(Function::Sub, &[builder.input(0), padding]);
        let size = builder.apply(Function::Abs, &[difference]);
        let is_step = builder.apply(Function::Greater, &[size, Builder::default().constant(0.0)]);
        let mut is_step = build.graph.map(builder.finish(&[is_step]), inputs)?;
        if shape.rank() > 1 {
            is_step = build.graph.add(ops::ReduceMax { axes: (1..shape.rank()).collect() }, &[is_step])?;
        }
        let builder = Builder::new(1);
        let one = builder.constant(1.0);
        let ones = build.graph.map(builder.finish(&[one]), &[is_step])?;
        let positions = build.graph.add(ops::CumulativeSum { axis: 0, direction: ops::Direction::Forward }, &[ones])?;
        let positions = build.graph.map(Program::of(Function::Mul), &[is_step, positions])?;
        Ok(build.graph.add(ops::ReduceMax { axes: vec![0] }, &[positions])?)
    }
}
