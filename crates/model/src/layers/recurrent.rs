//! What `lstm` and `gru` have in common: settings, masks, lengths, directions.

use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::{StateRole, Value, ops};
use proofmark_tensor::Shape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Regularizer;
use crate::build::{Build, Fans, Mode};
use crate::error::ModelErrorKind;
use crate::initializers::{Initializer, Orthogonal};
use crate::ranges::Ranges;

/// From which end a sequence is walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecurrentDirection {
    /// From the first step to the last.
    #[default]
    Forward,
    /// From the last step to the first. Outputs stand where their inputs do.
    Backward,
    /// Both, with weights of their own; the outputs side by side, forward first.
    Both,
}

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Lstm,
    Gru,
}

impl Cell {
    /// Gates, in columns of the kernels.
    fn parts(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }
}

/// The settings of a recurrent layer.
pub(crate) struct Recurrent<'a> {
    pub(crate) cell: Cell,
    pub(crate) units: usize,
    pub(crate) return_sequences: bool,
    pub(crate) direction: RecurrentDirection,
    pub(super) dropout: f64,
    pub(super) recurrent_dropout: f64,
    pub(crate) use_bias: bool,
    pub(super) kernel_initializer: &'a Initializer,
    pub(super) recurrent_initializer: &'a Initializer,
    pub(super) bias_initializer: &'a Initializer,
    pub(super) kernel_regularizer: Option<Regularizer>,
}

pub(super) fn default_recurrent_initializer() -> Initializer {
    Orthogonal::default().into()
}

impl Recurrent<'_> {
    pub(super) fn check(&self, ranges: &mut Ranges) {
        ranges.count("units", self.units, 1..=65_536);
        ranges.number("dropout", self.dropout, 0.0..1.0);
        ranges.number("recurrent_dropout", self.recurrent_dropout, 0.0..1.0);
        self.kernel_initializer.check(ranges, "kernel_initializer.");
        self.recurrent_initializer.check(ranges, "recurrent_initializer.");
        self.bias_initializer.check(ranges, "bias_initializer.");
        if let Some(regularizer) = &self.kernel_regularizer {
            regularizer.check(ranges, "kernel_regularizer.");
        }
    }

    pub(super) fn build(&self, build: &mut Build<'_>, inputs: &[Value]) -> Result<Value, ModelErrorKind> {
        let [steps, channels] = build.sequence(inputs[0])?;
        let length = match inputs.get(1) {
            Some(length) => {
                let received = build.graph.shape(*length).clone();
                if received.elements() != 1 {
                    return Err(ModelErrorKind::NoLength { received });
                }
                build.reshape(*length, Shape::scalar())?
            }
            None => constant(build, &[], steps as f32)?,
        };
        // One mask for all steps: it is drawn for a row, and the row is repeated.
        let x = match mask(build, self.dropout, channels, "dropout")? {
            Some(mask) => build.graph.map(Program::of(Function::Mul), &[inputs[0], mask])?,
            None => inputs[0],
        };
        match self.direction {
            RecurrentDirection::Forward => self.walk(build, x, length, ops::Direction::Forward, ""),
            RecurrentDirection::Backward => self.walk(build, x, length, ops::Direction::Backward, ""),
            RecurrentDirection::Both => {
                let forward = self.walk(build, x, length, ops::Direction::Forward, "")?;
                let backward = self.walk(build, x, length, ops::Direction::Backward, "backward_")?;
                let axis = usize::from(self.return_sequences);
                Ok(build.graph.add(ops::Concat { axis }, &[forward, backward])?)
            }
        }
    }

    /// One direction; `prefix` stands before the names of its states.
    fn walk(
        &self,
        build: &mut Build<'_>,
        x: Value,
        length: Value,
        direction: ops::Direction,
        prefix: &str,
    ) -> Result<Value, ModelErrorKind> {
        let [steps, channels] = build.sequence(x)?;
        let (units, columns) = (self.units, self.cell.parts() * self.units);
        let matrix = |build: &mut Build<'_>, suffix: &str, rows: usize, initializer: &Initializer| {
            let fans = Fans { inputs: rows, outputs: columns };
            build.kernel_named(
                &format!("{prefix}{suffix}"),
                &[rows, columns],
                initializer,
                fans,
                self.kernel_regularizer,
            )
        };
        let kernel = matrix(build, "kernel", channels, self.kernel_initializer)?;
        let recurrent = matrix(build, "recurrent_kernel", units, self.recurrent_initializer)?;
        let bias = |build: &mut Build<'_>, suffix: &str| {
            let fans = Fans { inputs: columns, outputs: columns };
            let initializer = self.bias_initializer.clone();
            build.state(&format!("{prefix}{suffix}"), &[columns], StateRole::Parameter, initializer, fans)
        };
        let mut projected = build.graph.add(ops::Dense, &[x, kernel])?;
        if self.use_bias {
            let bias = bias(build, "bias")?;
            projected = build.graph.map(Program::of(Function::Add), &[projected, bias])?;
        }
        let mask = match mask(build, self.recurrent_dropout, units, &format!("{prefix}recurrent_dropout"))? {
            Some(mask) => mask,
            None => constant(build, &[units], 1.0)?,
        };
        let h = match self.cell {
            Cell::Lstm => {
                let inputs = [projected, recurrent, mask, length];
                build.graph.apply(ops::Lstm { direction }, &inputs)?[0]
            }
            Cell::Gru => {
                let inside = match self.use_bias {
                    true => bias(build, "recurrent_bias")?,
                    false => zeros(build, recurrent)?,
                };
                let inputs = [projected, recurrent, inside, mask, length];
                build.graph.apply(ops::Gru { direction }, &inputs)?[0]
            }
        };
        if self.return_sequences {
            return Ok(h);
        }
        let last = match direction {
            ops::Direction::Forward => steps - 1,
            ops::Direction::Backward => 0,
        };
        let row = build.graph.add(ops::Slice { axis: 0, start: last, length: 1 }, &[h])?;
        build.reshape(row, [units])
    }
}

/// The mask of a row, 1 / (1 - rate) where numbers stay; `None` where nothing is dropped. Its stream is named after the layer.
fn mask(build: &mut Build<'_>, rate: f64, width: usize, suffix: &str) -> Result<Option<Value>, ModelErrorKind> {
    if build.mode == Mode::Inference || rate == 0.0 {
        return Ok(None);
    }
    let ones = constant(build, &[width], 1.0)?;
    let op = ops::Dropout { rate: rate as f32, stream: format!("{}.{suffix}", build.layer) };
    Ok(Some(build.graph.add(op, &[ones])?))
}

/// The same number throughout a value of this shape, of at most one axis, for each sample. It is made from the sample, which
/// depends on no parameter, so that no gradient is computed for it.
fn constant(build: &mut Build<'_>, shape: &[usize], value: f32) -> Result<Value, ModelErrorKind> {
    let sample = build.graph.inputs()[0].value;
    let row = build.reshape(sample, [build.graph.shape(sample).elements()])?;
    let one = build.graph.add(ops::Slice { axis: 0, start: 0, length: 1 }, &[row])?;
    let scalar = build.reshape(one, Shape::scalar())?;
    let builder = Builder::new(1);
    let constant = builder.constant(value);
    let scalar = build.graph.map(builder.finish(&[constant]), &[scalar])?;
    if shape.is_empty() {
        return Ok(scalar);
    }
    Ok(build.graph.add(ops::Broadcast { shape: Shape::new(shape), axes: vec![0] }, &[scalar])?)
}

/// Zeros for each column of a matrix, per step.
fn zeros(build: &mut Build<'_>, matrix: Value) -> Result<Value, ModelErrorKind> {
    let columns = build.graph.shape(matrix).last();
    let row = build.graph.add(ops::Slice { axis: 0, start: 0, length: 1 }, &[matrix])?;
    let row = build.reshape(row, [columns])?;
    let builder = Builder::new(1);
    let zero = builder.constant(0.0);
    Ok(build.graph.map(builder.finish(&[zero]), &[row])?)
}

/// A recurrent layer: the struct, the function that makes one, and its methods.
macro_rules! recurrent_layer {
    (
        $(#[$meta:meta])* pub struct $layer:ident;
        $(#[$function_meta:meta])* pub fn $function:ident;
        cell $cell:ident; bias $bias_doc:literal, $bias_path:literal, $bias:expr;
    ) => {
        $crate::layers::trained_layer! {
            $(#[$meta])*
            pub struct $layer {
                /// Numbers in the state, 1 to 65,536.
                #[schemars(range(min = 1, max = 65_536))]
                pub units: usize,
                /// Whether the state of every step is given, `[T, units]`, rather than the one that the sequence ends with, `[units]`.
                /// Default `false`.
                #[serde(default)]
                pub return_sequences: bool,
                /// From which end the sequence is walked. Default `forward`.
                #[serde(default)]
                pub direction: $crate::layers::RecurrentDirection,
                /// Probability that a channel of the input is dropped in training, 0 to below 1; one mask for all steps of a sequence,
                /// and for both directions. Default 0.
                #[serde(default)]
                #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
                pub dropout: f64,
                /// Probability that a number of the state is dropped in training where it enters the next step's product, 0 to below 1;
                /// one mask for all steps of a sequence. Default 0.
                #[serde(default)]
                #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1))]
                pub recurrent_dropout: f64,
                /// Whether biases are added. Default `true`.
                #[serde(default = "crate::layers::dense::default_use_bias")]
                pub use_bias: bool,
                /// How the kernel of the input starts. Default `glorot_uniform`.
                #[serde(default = "crate::layers::dense::default_kernel_initializer")]
                pub kernel_initializer: $crate::Initializer,
                /// How the kernel of the state starts. Default `orthogonal`.
                #[serde(default = "crate::layers::recurrent::default_recurrent_initializer")]
                pub recurrent_initializer: $crate::Initializer,
                #[doc = $bias_doc]
                #[serde(default = $bias_path)]
                pub bias_initializer: $crate::Initializer,
                /// The penalty on both kernels. Default: the training's.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub kernel_regularizer: Option<$crate::Regularizer>,
            }
        }

        $(#[$function_meta])*
        pub fn $function(units: usize) -> $layer {
            $layer {
                units,
                return_sequences: false,
                direction: $crate::layers::RecurrentDirection::Forward,
                dropout: 0.0,
                recurrent_dropout: 0.0,
                use_bias: true,
                kernel_initializer: $crate::layers::dense::default_kernel_initializer(),
                recurrent_initializer: $crate::layers::recurrent::default_recurrent_initializer(),
                bias_initializer: $bias,
                kernel_regularizer: None,
                trainable: true,
                name: None,
                inputs: Vec::new(),
            }
        }

        impl $layer {
            /// The same layer, giving the state of every step.
            #[must_use]
            pub fn return_sequences(mut self) -> Self {
                self.return_sequences = true;
                self
            }

            /// The same layer, walking from the last step to the first.
            #[must_use]
            pub fn backward(mut self) -> Self {
                self.direction = $crate::layers::RecurrentDirection::Backward;
                self
            }

            /// The same layer, walking from both ends.
            #[must_use]
            pub fn both(mut self) -> Self {
                self.direction = $crate::layers::RecurrentDirection::Both;
                self
            }

            /// The same layer with dropout of its input and of its state.
            #[must_use]
            pub fn dropout(mut self, input: f64, recurrent: f64) -> Self {
                self.dropout = input;
                self.recurrent_dropout = recurrent;
                self
            }

            pub(crate) fn recurrent(&self) -> $crate::layers::recurrent::Recurrent<'_> {
                $crate::layers::recurrent::Recurrent {
                    cell: $crate::layers::recurrent::Cell::$cell,
                    units: self.units,
                    return_sequences: self.return_sequences,
                    direction: self.direction,
                    dropout: self.dropout,
                    recurrent_dropout: self.recurrent_dropout,
                    use_bias: self.use_bias,
                    kernel_initializer: &self.kernel_initializer,
                    recurrent_initializer: &self.recurrent_initializer,
                    bias_initializer: &self.bias_initializer,
                    kernel_regularizer: self.kernel_regularizer,
                }
            }
        }

        impl $crate::layers::LayerDefinition for $layer {
            fn check(&self, ranges: &mut $crate::ranges::Ranges) {
                self.recurrent().check(ranges);
            }

            fn n_inputs(&self) -> std::ops::RangeInclusive<usize> {
                1..=2
            }

            fn build(
                &self,
                build: &mut $crate::build::Build<'_>,
                inputs: &[proofmark_engine::Value],
            ) -> Result<proofmark_engine::Value, $crate::error::ModelErrorKind> {
                self.recurrent().build(build, inputs)
            }
        }
    };
}
pub(super) use recurrent_layer;
