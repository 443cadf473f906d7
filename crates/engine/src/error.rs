use proofmark_tensor::{DType, Shape};

use crate::graph::Span;

/// Why an operation cannot be applied to values of the given types.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// The operation takes another number of inputs.
    #[error("`{op}` takes {expected} inputs, received {received}")]
    Arity {
        /// The operation.
        op: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        received: usize,
    },
    /// An input has another element type.
    #[error("`{op}` needs input {input} of type {expected}, received {received}")]
    DType {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
        /// What is needed.
        expected: DType,
        /// What was given.
        received: DType,
    },
    /// An input belongs to the sample where the step is needed, or the other way round.
    #[error("`{op}` needs input {input} to be per {expected}, received per {received}")]
    Span {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
        /// What is needed.
        expected: Span,
        /// What was given.
        received: Span,
    },
    /// An input has another number of axes.
    #[error("`{op}` needs input {input} with {expected} axes, received shape {received}")]
    Rank {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
        /// Axes needed.
        expected: usize,
        /// The shape given.
        received: Shape,
    },
    /// An extent does not fit: the two shapes disagree.
    #[error("`{op}` needs input {input} of shape {expected}, received {received}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
        /// The shape needed.
        expected: Shape,
        /// The shape given.
        received: Shape,
    },
    /// An input does not broadcast to the output: its shape is not a suffix of the widest one.
    #[error("`{op}`: shape {received} of input {input} does not broadcast to {expected}")]
    Broadcast {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
        /// The widest shape.
        expected: Shape,
        /// The shape given.
        received: Shape,
    },
    /// The window is larger than the (padded) input.
    #[error("`{op}`: a window of {window} (dilated) does not fit the input of {input}")]
    WindowTooLarge {
        /// The operation.
        op: &'static str,
        /// Dilated height and width of the window.
        window: Shape,
        /// Padded height and width of the input.
        input: Shape,
    },
    /// A count that must divide another does not.
    #[error("`{op}`: {attribute} of {divisor} does not divide {value}")]
    Indivisible {
        /// The operation.
        op: &'static str,
        /// What must divide.
        attribute: &'static str,
        /// Its value.
        divisor: usize,
        /// What it must divide.
        value: usize,
    },
    /// An attribute is out of its range.
    #[error("`{op}`: {attribute} of {value} is outside {range}")]
    Attribute {
        /// The operation.
        op: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        value: f64,
        /// The range, as text.
        range: &'static str,
    },
    /// A reshape changes the number of elements.
    #[error("`reshape` of {from} to {to} changes the number of elements from {} to {}", from.elements(), to.elements())]
    Elements {
        /// The shape given.
        from: Shape,
        /// The shape asked for.
        to: Shape,
    },
    /// A shape has no elements.
    #[error("`{op}`: shape {shape} has no elements")]
    Empty {
        /// The operation.
        op: &'static str,
        /// The shape.
        shape: Shape,
    },
}

/// Why a graph cannot be extended as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The operation rejects its inputs.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// Two inputs, states or outputs of the graph have the same name.
    #[error("the name `{name}` stands twice in the graph")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A state is assigned a value of another type than its own.
    #[error("state `{state}` of shape {expected} is assigned a value of type {received}")]
    Assign {
        /// The state's name.
        state: String,
        /// The state's shape.
        expected: Shape,
        /// The value's type, printed.
        received: crate::Type,
    },
    /// What is to be assigned is no state.
    #[error("`{value}` is assigned a value, and is no state")]
    NotAState {
        /// What is to be assigned.
        value: crate::Value,
    },
    /// A state is read, or assigned again, after it was assigned.
    #[error("state `{state}` is used after it was assigned")]
    UsedAfterAssign {
        /// The state's name.
        state: String,
    },
}

/// Why a gradient cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GradientError {
    /// The loss is not one f32 number a sample.
    #[error("a loss is one f32 number per sample, received {received}")]
    Loss {
        /// The type of what was given.
        received: crate::Type,
    },
    /// An operation on the way has no gradient.
    #[error("`{op}` has no gradient with respect to input {input}")]
    NotDifferentiable {
        /// The operation.
        op: &'static str,
        /// Index of the input.
        input: usize,
    },
    /// A gradient node could not be added; a mistake in a gradient rule.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
