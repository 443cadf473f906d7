use proofmark_engine::{GraphError, RunError};
use proofmark_messages::{Lang, Localize, display_in_english, model as say};
use proofmark_tensor::Shape;

use super::operators::OPERATORS;

/// Why an ONNX file is not imported.
#[derive(Debug)]
#[non_exhaustive]
pub enum OnnxError {
    /// Not the format.
    Malformed(prost::DecodeError),
    /// The format, without a graph in it.
    NoGraph,
    /// More than is read.
    TooMany {
        /// Nodes or tensors.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// Not one input, as a model of one sample has it.
    Inputs {
        /// What there is.
        names: Vec<String>,
    },
    /// No output that could be the predictions, or several.
    Outputs {
        /// What there is.
        names: Vec<String>,
    },
    /// An input that the samples do not fit.
    InputShape {
        /// Extents without the batch's, as the file writes them.
        declared: String,
        /// The shape of a sample.
        sample: Shape,
    },
    /// A tensor whose numbers are in a type that is not read.
    TensorType {
        /// Its name.
        tensor: String,
        /// The number of the type in the format.
        data_type: i32,
    },
    /// A tensor with another number of elements than its extents say, or with extents that no memory holds.
    TensorLength {
        /// Its name.
        tensor: String,
    },
    /// A tensor whose numbers stand in another file.
    External {
        /// Its name.
        tensor: String,
    },
    /// An operator that there is no form for here.
    Operator {
        /// Its name, with its set if that is another one than ONNX's own.
        operator: String,
        /// The node's name.
        node: String,
    },
    /// An operator with an attribute, or a value of one, that there is no form for here.
    Attribute {
        /// The operator.
        operator: String,
        /// The node's name.
        node: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// A node that reads something that no node before it gives.
    UnknownValue {
        /// The node's name.
        node: String,
        /// What it reads.
        value: String,
    },
    /// An operand that is not what the operator takes: missing, of another shape, or computed where it must be a constant.
    Operand {
        /// The operator.
        operator: String,
        /// The node's name.
        node: String,
        /// Which operand, from 0.
        position: usize,
    },
    /// A node that mixes samples: it moves, sums over or cuts the first axis.
    BatchAxis {
        /// The operator.
        operator: String,
        /// The node's name.
        node: String,
    },
    /// What the engine says of a node.
    Refused {
        /// The operator.
        operator: String,
        /// The node's name.
        node: String,
        /// Why.
        source: Box<GraphError>,
    },
    /// No memory for the constants.
    Memory(RunError),
}

impl Localize for OnnxError {
    fn text(&self, lang: Lang) -> String {
        match self {
            OnnxError::Malformed(source) => say::onnx_malformed(lang, source),
            OnnxError::NoGraph => say::onnx_no_graph(lang),
            OnnxError::TooMany { what, count, limit } => say::onnx_too_many(lang, what, count, limit),
            OnnxError::Inputs { names } => say::onnx_inputs(lang, list(names)),
            OnnxError::Outputs { names } => say::onnx_outputs(lang, list(names)),
            OnnxError::InputShape { declared, sample } => say::onnx_input_shape(lang, declared, sample),
            OnnxError::TensorType { tensor, data_type } => say::onnx_tensor_type(lang, tensor, data_type),
            OnnxError::TensorLength { tensor } => say::onnx_tensor_length(lang, tensor),
            OnnxError::External { tensor } => say::onnx_external(lang, tensor),
            OnnxError::Operator { operator, node } => say::onnx_operator(lang, operator, node),
            OnnxError::Attribute { operator, node, attribute } => say::onnx_attribute(lang, operator, node, attribute),
            OnnxError::UnknownValue { node, value } => say::onnx_unknown_value(lang, node, value),
            OnnxError::Operand { operator, node, position } => say::onnx_operand(lang, operator, node, position),
            OnnxError::BatchAxis { operator, node } => say::onnx_batch_axis(lang, operator, node),
            OnnxError::Refused { operator, node, source } => say::onnx_refused(lang, operator, node, source),
            OnnxError::Memory(source) => say::onnx_memory(lang, source),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            OnnxError::Malformed(_) | OnnxError::NoGraph | OnnxError::TensorLength { .. } => {
                Some(say::onnx_malformed_hint(lang))
            }
            OnnxError::UnknownValue { .. } | OnnxError::Inputs { .. } | OnnxError::Outputs { .. } => {
                Some(say::onnx_one_hint(lang))
            }
            OnnxError::InputShape { .. } => Some(say::onnx_input_shape_hint(lang)),
            OnnxError::TensorType { .. } => Some(say::onnx_tensor_type_hint(lang)),
            OnnxError::External { .. } => Some(say::onnx_external_hint(lang)),
            OnnxError::Operator { operator, .. } => {
                Some(match crate::nearest::nearest(operator, OPERATORS.iter().copied()) {
                    Some(nearest) => say::onnx_operator_nearest_hint(lang, nearest),
                    None => say::onnx_operator_hint(lang),
                })
            }
            OnnxError::Attribute { .. } | OnnxError::Operand { .. } | OnnxError::BatchAxis { .. } => {
                Some(say::onnx_operator_hint(lang))
            }
            OnnxError::TooMany { .. } | OnnxError::Refused { .. } | OnnxError::Memory(_) => None,
        }
    }
}

fn list(names: &[String]) -> String {
    /// So that a file with thousands does not fill the screen.
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        shown.push("...".to_owned());
    }
    shown.join(", ")
}

display_in_english!(OnnxError);

impl std::error::Error for OnnxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OnnxError::Malformed(source) => Some(source),
            OnnxError::Refused { source, .. } => Some(source.as_ref()),
            OnnxError::Memory(source) => Some(source),
            _ => None,
        }
    }
}
