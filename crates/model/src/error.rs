//! What can be wrong with a model and with how it is trained.

use std::error::Error;
use std::fmt;

use proofmark_engine::{GradientError, GraphError, TypeError};
use proofmark_messages::{Lang, Localize, display_in_english, model as say};
use proofmark_tensor::Shape;

use crate::ranges::Number;
use crate::{Activation, NumberRange, Target};

/// One thing that is wrong, and where it stands in the user's spec.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelError {
    /// The path in the spec: `model.layers[3].conv2d.kernel`. A layer written as its bare name, such as `flatten`, has its
    /// place at `model.layers[3]`.
    pub path: String,
    /// The layer that it concerns.
    pub layer: Option<LayerPlace>,
    /// What is wrong.
    pub kind: ModelErrorKind,
}

/// A layer of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPlace {
    /// Its position, from 0.
    pub idx: usize,
    /// Its name, given or made.
    pub name: String,
}

/// Everything that is wrong with a model; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelErrors(Vec<ModelError>);

/// The ways in which a model is wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the operands say what the sentences in proofmark-messages say about them")]
pub enum ModelErrorKind {
    /// A model without layers.
    NoLayers,
    /// More layers than [`ModelSpec::MAX_LAYERS`](crate::ModelSpec::MAX_LAYERS).
    TooManyLayers { layers: usize, limit: usize },
    /// Samples without elements.
    EmptyInput { shape: Shape },
    /// A name with other signs than letters, digits, `_` and `-`, or too long, or empty.
    InvalidName { name: String, limit: usize },
    /// A name that means something else.
    ReservedName { name: String },
    /// A name that another layer has; `first` is that layer's position.
    DuplicateName { name: String, first: usize },
    /// A name that no layer above has.
    UnknownInput { input: String, nearest: Option<String> },
    /// The name of the layer itself or of one below.
    LaterInput { input: String },
    /// Another number of inputs than the layer takes.
    InputCount { layer_kind: &'static str, minimum: usize, maximum: usize, received: usize },
    /// A layer that keeps statistics and is to be shared.
    SharedStatistics { layer: String },
    /// A shared parameter that would have another shape here.
    SharedShape { parameter: String, expected: Shape, received: Shape },
    /// A layer, not the last, that no other reads.
    NeverRead,
    /// A number outside its range.
    OutOfRange { parameter: String, value: f64, range: NumberRange },
    /// A number that leaves its range when it is rounded to f32, in which graphs compute.
    Rounded { parameter: String, value: f64, rounded: f32, range: NumberRange },
    /// A list that is too short or too long.
    Length { parameter: String, length: usize, minimum: usize, maximum: usize },
    /// A layer for images reads something else.
    NoImage { received: Shape },
    /// A layer for sequences reads something else.
    NoSequence { received: Shape },
    /// A layer that works along the last axis reads single numbers.
    NoAxes { received: Shape },
    /// A second input of a recurrent layer that is no single number.
    NoLength { received: Shape },
    /// An embedding that reads another layer, whose numbers are no tokens.
    NoTokens,
    /// The heads do not divide the channels, and how wide a head is was not said.
    Heads { heads: usize, channels: usize },
    /// Rotary positions turn pairs, and a head has an odd number.
    RotaryOdd { key_dim: usize },
    /// Keys and values, or queries and keys of causal attention, with different numbers of steps.
    StepsDiffer { what: &'static str, expected: usize, received: usize },
    /// A window, with its dilation, that does not fit the (padded) image.
    WindowTooLarge { window: Shape, image: Shape },
    /// A window, with its dilation, that is longer than the sequence.
    WindowTooLong { window: usize, steps: usize },
    /// A pooling window of more positions than can be told apart; `whole` is the layer that pools everything.
    PoolTooLarge { positions: f64, whole: &'static str },
    /// `groups` does not divide the channels or the filters.
    Groups { groups: usize, what: &'static str, value: usize },
    /// Inputs of different shapes where they must be equal.
    ShapesDiffer { input: usize, expected: Shape, received: Shape },
    /// Inputs that differ in more than the last axis.
    LeadingAxesDiffer { input: usize, expected: Shape, received: Shape },
    /// A reshape to another number of elements.
    Elements { from: Shape, to: Shape },
    /// A list of axes that does not name each once.
    Permutation { axes: Vec<usize>, received: Shape },
    /// A parameter or an output of more elements than can be computed with.
    TooLarge { shape: Shape, limit: usize },
    /// An initializer for parameters of more axes.
    Initializer { initializer: &'static str, parameter: String, shape: Shape },
    /// The last layer's output does not fit the classes.
    OutputClasses { classes: usize, received: Shape },
    /// The last layer's output does not fit the numbers to predict.
    OutputNumbers { outputs: usize, received: Shape },
    /// The last layer gives no row of numbers.
    #[allow(missing_docs)]
    OutputEmbedding { received: Shape },
    /// The last layer gives no probability of each class and of the blank at each step.
    #[allow(missing_docs)]
    OutputSequence { classes: usize, received: Shape },
    /// A loss that does not compare with such a target.
    LossTarget { loss: &'static str, target: Target, outputs: usize },
    /// A loss whose last layer must end in another activation.
    LossActivation { loss: &'static str, expected: Activation, received: Activation },
    /// A loss for which mixing two samples' losses is not mixing their targets.
    MixupLoss { loss: &'static str },
    /// Mixup of samples that have a prediction for each step.
    MixupSteps,
    /// Weights of classes where a sequence of them is read from each sample.
    ClassWeightsSequence,
    /// A model without parameters.
    NothingToTrain,
    /// Activations in bf16 where no image and no sequence is kept.
    NothingInBf16,
    /// A layer that has no form in ONNX yet.
    NotExported { layer_kind: &'static str },
    /// The input of the last sigmoid was not recorded; a fault of ours.
    NoLogits,
    /// The engine refuses a node in a way that no layer checks for; a fault of ours.
    Graph(GraphError),
    /// The engine knows no gradient; a fault of ours.
    Gradient(GradientError),
}

impl ModelError {
    /// An error of the layer at `idx`, or of one of its parameters.
    pub(crate) fn of_layer(
        idx: usize,
        layer_kind: &str,
        name: &str,
        parameter: &str,
        kind: ModelErrorKind,
    ) -> ModelError {
        let dot = if parameter.is_empty() { "" } else { "." };
        let path = format!("model.layers[{idx}].{layer_kind}{dot}{parameter}");
        ModelError { path, layer: Some(LayerPlace { idx, name: name.to_owned() }), kind }
    }

    /// An error of the model as a whole.
    pub(crate) fn of_model(parameter: &str, kind: ModelErrorKind) -> ModelError {
        ModelError { path: format!("model.{parameter}"), layer: None, kind }
    }
}

impl ModelErrors {
    /// Panics if there are none, which would be no error.
    pub(crate) fn new(errors: Vec<ModelError>) -> ModelErrors {
        assert!(!errors.is_empty(), "an error without a problem");
        ModelErrors(errors)
    }

    /// The parameters of what stands at `path` that are outside their range.
    pub(crate) fn of_ranges(ranges: crate::ranges::Ranges, path: &str) -> Result<(), ModelErrors> {
        if ranges.problems.is_empty() {
            return Ok(());
        }
        let error = |(parameter, kind)| ModelError { path: format!("{path}.{parameter}"), layer: None, kind };
        Err(ModelErrors(ranges.problems.into_iter().map(error).collect()))
    }

    /// The errors; at least one.
    pub fn errors(&self) -> &[ModelError] {
        &self.0
    }

    /// The errors; at least one.
    pub fn into_vec(self) -> Vec<ModelError> {
        self.0
    }
}

impl From<ModelError> for ModelErrors {
    fn from(error: ModelError) -> Self {
        ModelErrors(vec![error])
    }
}

impl From<ModelErrorKind> for ModelErrors {
    fn from(kind: ModelErrorKind) -> Self {
        ModelError::of_model("layers", kind).into()
    }
}

/// What the engine finds in words of layers. What layers check themselves, before the engine sees it, does not arrive here.
impl From<GraphError> for ModelErrorKind {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Type(TypeError::WindowTooLarge { window, input, .. }) => {
                ModelErrorKind::WindowTooLarge { window, image: input }
            }
            GraphError::Type(TypeError::Elements { from, to }) => ModelErrorKind::Elements { from, to },
            GraphError::Type(TypeError::Attribute { attribute: "positions of the window", value, .. }) => {
                ModelErrorKind::PoolTooLarge { positions: value, whole: "global_max_pool2d" }
            }
            GraphError::Type(TypeError::Shape { input, expected, received, .. })
            | GraphError::Type(TypeError::Broadcast { input, expected, received, .. }) => {
                ModelErrorKind::ShapesDiffer { input, expected, received }
            }
            GraphError::Type(TypeError::Rank { expected: 3, received, .. }) => ModelErrorKind::NoImage { received },
            GraphError::Type(TypeError::Rank { expected: 1, received, .. }) => ModelErrorKind::NoAxes { received },
            GraphError::Type(TypeError::Empty { shape, .. }) => ModelErrorKind::EmptyInput { shape },
            GraphError::DuplicateName { name } => ModelErrorKind::ReservedName { name },
            // The rest (and what the engine may add) no spec can bring about: counts, types and spans are the layers'.
            other => ModelErrorKind::Graph(other),
        }
    }
}

impl From<GradientError> for ModelErrorKind {
    fn from(error: GradientError) -> Self {
        ModelErrorKind::Gradient(error)
    }
}

impl Localize for ModelErrors {
    fn text(&self, lang: Lang) -> String {
        let first = self.0.first().map(|error| error.text(lang)).unwrap_or_default();
        match self.0.len() {
            0 | 1 => first,
            2 => say::and_one_more(lang, first),
            count => say::and_more(lang, first, count - 1),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.0.first()?.hint(lang)
    }
}

impl Localize for ModelError {
    fn text(&self, lang: Lang) -> String {
        let problem = self.kind.text(lang);
        match &self.layer {
            Some(layer) => say::in_layer(lang, &layer.name, problem),
            None => problem,
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.kind.hint(lang)
    }
}

impl Localize for ModelErrorKind {
    fn text(&self, lang: Lang) -> String {
        match self {
            ModelErrorKind::NoLayers => say::no_layers(lang),
            ModelErrorKind::TooManyLayers { layers, limit } => say::too_many_layers(lang, layers, limit),
            ModelErrorKind::EmptyInput { shape } => say::empty_input(lang, shape),
            ModelErrorKind::InvalidName { name, .. } => say::invalid_name(lang, name),
            ModelErrorKind::ReservedName { name } => say::reserved_name(lang, name),
            ModelErrorKind::DuplicateName { name, .. } => say::duplicate_name(lang, name),
            ModelErrorKind::UnknownInput { input, .. } => say::unknown_input(lang, input),
            ModelErrorKind::LaterInput { input } => say::later_input(lang, input),
            ModelErrorKind::InputCount { minimum: 1, maximum: 1, received, .. } => say::input_count_one(lang, received),
            ModelErrorKind::InputCount { minimum, maximum, received, .. } => {
                say::input_count(lang, minimum, maximum, received)
            }
            ModelErrorKind::SharedStatistics { layer } => say::shared_statistics(lang, layer),
            ModelErrorKind::SharedShape { parameter, expected, received } => {
                say::shared_shape(lang, parameter, expected, received)
            }
            ModelErrorKind::NeverRead => say::never_read(lang),
            ModelErrorKind::OutOfRange { parameter, value, range } => {
                say::out_of_range(lang, parameter, Number(*value), range.text(lang))
            }
            ModelErrorKind::Rounded { parameter, value, rounded, range } => {
                let rounded = Number(f64::from(*rounded));
                say::rounded(lang, parameter, Number(*value), rounded, range.text(lang))
            }
            ModelErrorKind::Length { parameter, length, minimum, maximum } if minimum == maximum => {
                say::exact_length(lang, parameter, length, minimum)
            }
            ModelErrorKind::Length { parameter, length, minimum, maximum } => {
                say::length(lang, parameter, length, minimum, maximum)
            }
            ModelErrorKind::NoImage { received } => say::no_image(lang, received),
            ModelErrorKind::NoSequence { received } => say::no_sequence(lang, received),
            ModelErrorKind::NoAxes { received } => say::no_axes(lang, received),
            ModelErrorKind::NoLength { received } => say::no_length(lang, received),
            ModelErrorKind::NoTokens => say::no_tokens(lang),
            ModelErrorKind::Heads { heads, channels } => say::heads(lang, heads, channels),
            ModelErrorKind::RotaryOdd { key_dim } => say::rotary_odd(lang, key_dim),
            ModelErrorKind::StepsDiffer { what: "keys", expected, received } => {
                say::steps_of_values(lang, received, expected)
            }
            ModelErrorKind::StepsDiffer { expected, received, .. } => say::steps_of_keys(lang, received, expected),
            ModelErrorKind::WindowTooLarge { window, image } => say::window_too_large(lang, window, image),
            ModelErrorKind::WindowTooLong { window, steps } => say::window_too_long(lang, window, steps),
            ModelErrorKind::PoolTooLarge { positions, .. } => say::pool_too_large(lang, Number(*positions)),
            ModelErrorKind::Groups { groups, what: "filters", value } => say::groups_filters(lang, groups, value),
            ModelErrorKind::Groups { groups, value, .. } => say::groups_channels(lang, groups, value),
            ModelErrorKind::ShapesDiffer { input, expected, received } => {
                say::shapes_differ(lang, expected, input + 1, received)
            }
            ModelErrorKind::LeadingAxesDiffer { input, expected, received } => {
                say::leading_axes_differ(lang, expected, input + 1, received)
            }
            ModelErrorKind::Elements { from, to } => say::elements(lang, to, to.elements(), from, from.elements()),
            ModelErrorKind::Permutation { axes, received } => say::permutation(lang, format!("{axes:?}"), received),
            ModelErrorKind::TooLarge { shape, limit } => say::too_large(lang, shape, limit),
            ModelErrorKind::Initializer { initializer, parameter, shape } => {
                say::initializer(lang, initializer, parameter, shape)
            }
            ModelErrorKind::OutputClasses { classes, received } => say::output_classes(lang, received, classes),
            ModelErrorKind::OutputNumbers { outputs, received } => say::output_numbers(lang, received, outputs),
            ModelErrorKind::OutputEmbedding { received } => say::output_embedding(lang, received),
            ModelErrorKind::LossTarget { loss, target: Target::Embedding { .. }, .. } => {
                say::loss_for_embedding(lang, loss)
            }
            ModelErrorKind::OutputSequence { classes, received } => {
                say::output_sequence(lang, received, classes, classes + 1)
            }
            ModelErrorKind::LossTarget { loss, target: Target::Sequence { .. }, .. } => {
                say::loss_for_sequence(lang, loss)
            }
            ModelErrorKind::LossTarget { loss, target: Target::Category { classes }, outputs } => {
                say::loss_for_category(lang, loss, classes, outputs)
            }
            ModelErrorKind::LossTarget { loss, target: Target::Number { .. }, .. } => say::loss_for_number(lang, loss),
            ModelErrorKind::LossActivation { loss, expected, received } => {
                say::loss_activation(lang, loss, expected.name(), received.name())
            }
            ModelErrorKind::MixupLoss { loss } => say::mixup_loss(lang, loss),
            ModelErrorKind::MixupSteps => say::mixup_steps(lang),
            ModelErrorKind::ClassWeightsSequence => say::class_weights_sequence(lang),
            ModelErrorKind::NothingToTrain => say::nothing_to_train(lang),
            ModelErrorKind::NothingInBf16 => say::nothing_in_bf16(lang),
            ModelErrorKind::NotExported { layer_kind } => say::not_exported(lang, layer_kind),
            ModelErrorKind::NoLogits => say::no_logits(lang),
            ModelErrorKind::Graph(error) => say::graph_refused(lang, error),
            ModelErrorKind::Gradient(error) => say::gradient_refused(lang, error),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ModelErrorKind::NoLayers => Some(say::no_layers_hint(lang, "dense: { units: 10, activation: softmax }")),
            ModelErrorKind::InvalidName { limit, .. } => Some(say::invalid_name_hint(lang, limit)),
            ModelErrorKind::ReservedName { .. } => Some(say::reserved_name_hint(lang)),
            ModelErrorKind::DuplicateName { first, .. } => {
                Some(say::duplicate_name_hint(lang, format!("layers[{first}]")))
            }
            ModelErrorKind::UnknownInput { nearest: Some(nearest), .. } => Some(say::nearest_hint(lang, nearest)),
            ModelErrorKind::UnknownInput { nearest: None, .. } => Some(say::unknown_input_hint(lang)),
            ModelErrorKind::LaterInput { .. } => Some(say::later_input_hint(lang)),
            ModelErrorKind::InputCount { minimum: 1, .. } => Some(say::input_count_one_hint(lang)),
            ModelErrorKind::InputCount { layer_kind, .. } => {
                Some(say::input_count_hint(lang, format!("{layer_kind}: {{ inputs: [first, second] }}")))
            }
            ModelErrorKind::SharedStatistics { .. } => Some(say::shared_statistics_hint(lang)),
            ModelErrorKind::SharedShape { .. } => Some(say::shared_shape_hint(lang)),
            ModelErrorKind::NeverRead => Some(say::never_read_hint(lang)),
            ModelErrorKind::NoImage { received } => Some(match received[..] {
                [height, width] => say::grey_image_hint(lang, format!("reshape: {{ shape: [{height}, {width}, 1] }}")),
                _ => say::no_image_hint(lang),
            }),
            ModelErrorKind::NoLength { .. } => Some(say::no_length_hint(lang, "sequence_length")),
            ModelErrorKind::NoTokens => Some(say::no_tokens_hint(lang, "inputs: [input]")),
            ModelErrorKind::Heads { heads, channels } => {
                Some(say::heads_hint(lang, format!("key_dim: {}", channels.div_ceil(*heads))))
            }
            ModelErrorKind::RotaryOdd { key_dim } => {
                Some(say::rotary_odd_hint(lang, format!("key_dim: {}", key_dim + 1)))
            }
            ModelErrorKind::StepsDiffer { what: "keys", .. } => None,
            ModelErrorKind::StepsDiffer { .. } => Some(say::steps_of_keys_hint(lang, "causal")),
            ModelErrorKind::WindowTooLarge { .. } => Some(say::window_too_large_hint(lang, "padding: same")),
            ModelErrorKind::NoSequence { received } => match received[..] {
                [steps] => Some(say::one_channel_hint(lang, format!("reshape: {{ shape: [{steps}, 1] }}"))),
                [height, width, channels] => {
                    let shape = format!("[{height}, {}]", width.saturating_mul(channels));
                    Some(say::image_as_sequence_hint(lang, format!("reshape: {{ shape: {shape} }}")))
                }
                _ => None,
            },
            ModelErrorKind::WindowTooLong { .. } => Some(say::window_too_long_hint(lang, "padding: same")),
            ModelErrorKind::PoolTooLarge { whole: "global_max_pool1d", .. } => {
                Some(say::pool_too_long_hint(lang, "global_max_pool1d"))
            }
            ModelErrorKind::PoolTooLarge { whole, .. } => Some(say::pool_too_large_hint(lang, whole)),
            ModelErrorKind::ShapesDiffer { .. } => Some(say::shapes_differ_hint(lang)),
            ModelErrorKind::LeadingAxesDiffer { .. } => Some(say::leading_axes_differ_hint(lang)),
            ModelErrorKind::Elements { .. } => Some(say::elements_hint(lang)),
            ModelErrorKind::Permutation { received, .. } => {
                let axes: Vec<usize> = (0..received.rank()).rev().collect();
                Some(say::permutation_hint(lang, format!("axes: {axes:?}")))
            }
            ModelErrorKind::TooLarge { .. } => Some(say::too_large_hint(lang)),
            ModelErrorKind::Initializer { .. } => Some(say::initializer_hint(lang, "zeros")),
            ModelErrorKind::OutputClasses { classes, received } => {
                let last = format!("dense: {{ units: {classes}, activation: softmax }}");
                Some(if received.rank() > 1 {
                    say::output_flatten_hint(lang, last)
                } else {
                    say::output_hint(lang, last)
                })
            }
            ModelErrorKind::OutputNumbers { outputs, received } => {
                let last = format!("dense: {{ units: {outputs} }}");
                Some(if received.rank() > 1 {
                    say::output_flatten_hint(lang, last)
                } else {
                    say::output_hint(lang, last)
                })
            }
            ModelErrorKind::LossTarget { target: Target::Category { .. }, outputs: 1, .. } => {
                Some(say::loss_hint(lang, "binary_crossentropy"))
            }
            ModelErrorKind::LossTarget { target: Target::Category { .. }, .. } => {
                Some(say::loss_hint(lang, "categorical_crossentropy"))
            }
            ModelErrorKind::LossTarget { target: Target::Number { .. }, .. } => Some(say::loss_hint(lang, "mse")),
            ModelErrorKind::LossTarget { target: Target::Embedding { .. }, .. } => {
                Some(say::loss_hint(lang, "triplet"))
            }
            ModelErrorKind::LossTarget { target: Target::Sequence { .. }, .. } => Some(say::loss_hint(lang, "ctc")),
            ModelErrorKind::OutputSequence { classes, .. } => Some(say::output_sequence_hint(
                lang,
                format!("dense: {{ units: {}, activation: softmax }}", classes + 1),
            )),
            ModelErrorKind::OutputEmbedding { .. } => Some(say::output_flatten_hint(lang, "unit_norm")),
            ModelErrorKind::LossActivation { expected, .. } => {
                Some(say::loss_activation_hint(lang, format!("activation: {}", expected.name())))
            }
            ModelErrorKind::MixupLoss { .. } => Some(say::mixup_loss_hint(lang)),
            ModelErrorKind::MixupSteps => Some(say::mixup_steps_hint(lang)),
            ModelErrorKind::ClassWeightsSequence => Some(say::class_weights_sequence_hint(lang)),
            ModelErrorKind::NothingToTrain => Some(say::nothing_to_train_hint(lang)),
            ModelErrorKind::NothingInBf16 => Some(say::nothing_in_bf16_hint(lang)),
            ModelErrorKind::NotExported { .. } => {
                Some(say::not_exported_hint(lang, "proofmark export RUN --format safetensors"))
            }
            ModelErrorKind::NoLogits | ModelErrorKind::Graph(_) | ModelErrorKind::Gradient(_) => {
                Some(say::our_fault_hint(lang))
            }
            ModelErrorKind::TooManyLayers { .. }
            | ModelErrorKind::EmptyInput { .. }
            | ModelErrorKind::OutOfRange { .. }
            | ModelErrorKind::Rounded { .. }
            | ModelErrorKind::Length { .. }
            | ModelErrorKind::NoAxes { .. }
            | ModelErrorKind::Groups { .. } => None,
        }
    }
}

display_in_english!(ModelErrorKind);
display_in_english!(ModelError);
display_in_english!(ModelErrors);

impl Error for ModelErrorKind {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ModelErrorKind::Graph(error) => Some(error),
            ModelErrorKind::Gradient(error) => Some(error),
            _ => None,
        }
    }
}

// The kind's words are part of an error's own, so that the cause is the kind's.
impl Error for ModelError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

impl Error for ModelErrors {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.first()?.source()
    }
}

impl fmt::Display for LayerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layers[{}] `{}`", self.idx, self.name)
    }
}
