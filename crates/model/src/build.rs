use proofmark_engine::map::{Builder, Function, Map};
use proofmark_engine::{Graph, StateRole, Value, ops};
use proofmark_tensor::Shape;

use crate::error::ModelErrorKind;
use crate::initializers::{Constant, Initializer};
use crate::{Activation, Regularizer};

/// The largest number of elements of one parameter, or of one layer's output for one sample: 4 GiB of f32.
pub(crate) const MAX_ELEMENTS: usize = 1 << 30;

/// What the graph is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Dropout drops, batch normalisation uses the batch's statistics.
    Training,
    /// Both do not.
    Inference,
}

/// Connections of a parameter, as initializers count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fans {
    /// Inputs that one output sums.
    pub(crate) inputs: usize,
    /// Outputs that one input reaches.
    pub(crate) outputs: usize,
}

/// A state that a layer added.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) shape: Shape,
    pub(crate) role: StateRole,
    pub(crate) initializer: Initializer,
    pub(crate) fans: Fans,
    /// Whether a step moves it.
    pub(crate) is_trainable: bool,
    /// Whether penalties and decay apply.
    pub(crate) is_kernel: bool,
    /// The layer's own penalty, in place of the training's.
    pub(crate) regularizer: Option<Regularizer>,
}

impl Parameter {
    /// Whether a step moves it.
    pub(crate) fn is_trained(&self) -> bool {
        self.role == StateRole::Parameter && self.is_trainable
    }
}

/// What the layers of a graph leave behind besides nodes.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// In the order of the graph's states.
    pub(crate) parameters: Vec<Parameter>,
    /// Statistics and their new values.
    pub(crate) updates: Vec<(Value, Value)>,
    /// What the last layer's sigmoid was applied to.
    pub(crate) logits: Option<Value>,
}

/// Where one layer adds its states and nodes.
pub(crate) struct Build<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) mode: Mode,
    /// The layer's name; where it is shared, that of the layer that has the parameters.
    pub(crate) layer: &'a str,
    /// Whether a layer above made the parameters.
    pub(crate) is_shared: bool,
    /// Whether a step moves them.
    pub(crate) is_trainable: bool,
    /// Whether the input of a sigmoid at the end is to be recorded, for a loss that is computed from it.
    pub(crate) keeps_logits: bool,
    pub(crate) record: &'a mut Record,
}

impl Build<'_> {
    /// The extents of an image.
    pub(crate) fn image(&self, x: Value) -> Result<[usize; 3], ModelErrorKind> {
        let shape = self.graph.shape(x);
        match shape[..] {
            [height, width, channels] => Ok([height, width, channels]),
            _ => Err(ModelErrorKind::NoImage { received: shape.clone() }),
        }
    }

    /// The extents of a sequence: steps and channels.
    pub(crate) fn sequence(&self, x: Value) -> Result<[usize; 2], ModelErrorKind> {
        let shape = self.graph.shape(x);
        match shape[..] {
            [steps, channels] => Ok([steps, channels]),
            _ => Err(ModelErrorKind::NoSequence { received: shape.clone() }),
        }
    }

    /// Adds a view under another shape with as many elements.
    pub(crate) fn reshape(&mut self, x: Value, shape: impl Into<Shape>) -> Result<Value, ModelErrorKind> {
        Ok(self.graph.add(ops::Reshape { shape: shape.into() }, &[x])?)
    }

    /// Adds a view of a sequence `[T, C]` as an image of one row, or of its kernel `[k, C, O]` as one of height 1.
    pub(crate) fn with_height(&mut self, x: Value) -> Result<Value, ModelErrorKind> {
        let shape: Vec<usize> = std::iter::once(1).chain(self.graph.shape(x).iter().copied()).collect();
        self.reshape(x, shape)
    }

    /// Adds the view back, of an image of one row as a sequence.
    pub(crate) fn without_height(&mut self, x: Value) -> Result<Value, ModelErrorKind> {
        let shape = self.graph.shape(x)[1..].to_vec();
        self.reshape(x, shape)
    }

    /// A parameter that penalties and decay apply to.
    pub(crate) fn kernel(
        &mut self,
        shape: &[usize],
        initializer: &Initializer,
        fans: Fans,
        regularizer: Option<Regularizer>,
    ) -> Result<Value, ModelErrorKind> {
        self.kernel_named("kernel", shape, initializer, fans, regularizer)
    }

    /// The same under another name, for layers with several.
    pub(crate) fn kernel_named(
        &mut self,
        suffix: &str,
        shape: &[usize],
        initializer: &Initializer,
        fans: Fans,
        regularizer: Option<Regularizer>,
    ) -> Result<Value, ModelErrorKind> {
        let value = self.state(suffix, shape, StateRole::Parameter, initializer.clone(), fans)?;
        if let Some(parameter) = self.record.parameters.iter_mut().rev().find(|parameter| parameter.value == value) {
            parameter.is_kernel = true;
            parameter.regularizer = regularizer;
        }
        Ok(value)
    }

    /// A parameter that is added at the end.
    pub(crate) fn bias(&mut self, extent: usize, initializer: &Initializer) -> Result<Value, ModelErrorKind> {
        self.bias_named("bias", extent, initializer)
    }

    /// The same under another name, for layers with several.
    pub(crate) fn bias_named(
        &mut self,
        suffix: &str,
        extent: usize,
        initializer: &Initializer,
    ) -> Result<Value, ModelErrorKind> {
        let fans = Fans { inputs: extent, outputs: extent };
        self.state(suffix, &[extent], StateRole::Parameter, initializer.clone(), fans)
    }

    /// A parameter that starts with one value throughout.
    pub(crate) fn scale(&mut self, suffix: &str, extent: usize, start: f64) -> Result<Value, ModelErrorKind> {
        let fans = Fans { inputs: extent, outputs: extent };
        self.state(suffix, &[extent], StateRole::Parameter, Constant { value: start }.into(), fans)
    }

    /// A state that is observed, not trained.
    pub(crate) fn statistic(&mut self, suffix: &str, extent: usize, start: f64) -> Result<Value, ModelErrorKind> {
        let fans = Fans { inputs: extent, outputs: extent };
        self.state(suffix, &[extent], StateRole::Statistic, Constant { value: start }.into(), fans)
    }

    /// Gives a statistic its value after the step.
    pub(crate) fn update_statistic(&mut self, statistic: Value, new: Value) {
        self.record.updates.push((statistic, new));
    }

    /// Adds the bias, if there is one, and applies the activation: one element-wise node after a product.
    pub(crate) fn activate(
        &mut self,
        x: Value,
        bias: Option<Value>,
        activation: Activation,
    ) -> Result<Value, ModelErrorKind> {
        let inputs: Vec<Value> = std::iter::once(x).chain(bias).collect();
        let mut builder = Builder::new(inputs.len());
        let mut sum = builder.input(0);
        if bias.is_some() {
            sum = builder.apply(Function::Add, &[sum, builder.input(1)]);
        }
        let result = activation.apply(&mut builder, sum);
        let keeps_sum = self.keeps_logits && activation == Activation::Sigmoid;
        let y = if keeps_sum && bias.is_some() {
            let map = Map { program: builder.finish(&[result, sum]) };
            let outputs = self.graph.apply(map, &inputs)?;
            self.record.logits = Some(outputs[1]);
            outputs[0]
        } else {
            if keeps_sum {
                self.record.logits = Some(x);
            }
            let program = builder.finish(&[result]);
            if program.is_empty() { x } else { self.graph.map(program, &inputs)? }
        };
        let by_rows = match activation {
            Activation::Softmax => ops::Operation::from(ops::Softmax),
            Activation::LogSoftmax => ops::LogSoftmax.into(),
            _ => return Ok(y),
        };
        if self.graph.shape(y).rank() == 0 {
            return Err(ModelErrorKind::NoAxes { received: self.graph.shape(y).clone() });
        }
        Ok(self.graph.add(by_rows, &[y])?)
    }

    /// Any state.
    pub(crate) fn state(
        &mut self,
        suffix: &str,
        shape: &[usize],
        role: StateRole,
        initializer: Initializer,
        fans: Fans,
    ) -> Result<Value, ModelErrorKind> {
        elements(shape)?;
        if shape.len() < initializer.definition().min_rank() {
            let (initializer, parameter) = (initializer.kind(), suffix.to_owned());
            return Err(ModelErrorKind::Initializer { initializer, parameter, shape: Shape::new(shape) });
        }
        let name = format!("{}.{suffix}", self.layer);
        let shape = Shape::new(shape);
        if self.is_shared {
            let is_same = |parameter: &&Parameter| parameter.name == name;
            return match self.record.parameters.iter().find(is_same) {
                Some(_) if role == StateRole::Statistic => {
                    Err(ModelErrorKind::SharedStatistics { layer: self.layer.to_owned() })
                }
                Some(parameter) if parameter.shape == shape => Ok(parameter.value),
                first => {
                    let expected = first.map_or_else(Shape::scalar, |parameter| parameter.shape.clone());
                    Err(ModelErrorKind::SharedShape { parameter: name, expected, received: shape })
                }
            };
        }
        let value = self.graph.state(&name, shape.clone(), role)?;
        let parameter = Parameter {
            name,
            value,
            shape,
            role,
            initializer,
            fans,
            is_trainable: self.is_trainable,
            is_kernel: false,
            regularizer: None,
        };
        self.record.parameters.push(parameter);
        Ok(value)
    }
}

/// The number of elements of a shape, if it can be computed with.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, ModelErrorKind> {
    let product = shape.iter().try_fold(1usize, |product, extent| product.checked_mul(*extent));
    match product {
        Some(elements) if elements <= MAX_ELEMENTS => Ok(elements),
        _ => Err(ModelErrorKind::TooLarge { shape: Shape::new(shape), limit: MAX_ELEMENTS }),
    }
}
