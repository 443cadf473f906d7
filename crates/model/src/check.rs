use proofmark_engine::{Graph, StateBlock, Type, Value};
use proofmark_tensor::Shape;
use proofmark_tensor::random::Stream;

use crate::build::{Build, Mode, Parameter, Record, elements};
use crate::error::{ModelError, ModelErrorKind, ModelErrors};
use crate::initializers::FillSite;
use crate::layers::Layer;
use crate::nearest::nearest;
use crate::ranges::Ranges;
use crate::spec::ModelSpec;

/// The name under which layers read the sample.
pub(crate) const SAMPLE: &str = "input";

/// Names that mean something else in specs and paths.
const RESERVED: [&str; 2] = [SAMPLE, "layers"];

/// The longest name of a layer, in bytes.
const MAX_NAME: usize = 64;

/// What the model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One of several classes. The last layer has an output for each; for two classes it may have a single one, the
    /// probability of the second. With the shape `[steps, classes]` it is one of them for each step.
    Category {
        /// How many.
        classes: usize,
    },
    /// A row of numbers, whose distances to those of other samples tell whether both are of one class.
    Embedding {
        /// How many classes the samples have.
        classes: usize,
    },
    /// A sequence of classes, of any length that the steps have room for. The last layer gives `[steps, classes + 1]`, the last output of
    /// each step being the blank.
    Sequence {
        /// How many, without the blank.
        classes: usize,
    },
    /// Numbers.
    Number {
        /// How many for each sample.
        outputs: usize,
    },
}

/// A model whose layers fit together, the input and the target: every graph of it can be built.
#[derive(Clone, Debug)]
pub struct CheckedModel {
    pub(crate) spec: ModelSpec,
    pub(crate) layers: Vec<CheckedLayer>,
    pub(crate) input: Shape,
    pub(crate) target: Target,
    pub(crate) parameters: Vec<Parameter>,
}

/// What is known of a layer once its model is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedLayer {
    /// Its name, given or made.
    pub name: String,
    /// The layers that it reads, by position; `None` is the sample.
    pub inputs: Vec<Option<usize>>,
    /// The shape of its output, for one sample.
    pub shape: Shape,
}

/// The model as nodes of a graph.
pub(crate) struct Assembled {
    /// What the last layer gives.
    pub(crate) predictions: Value,
    pub(crate) record: Record,
}

impl ModelSpec {
    /// Checks the model for samples of a shape (`[height, width, channels]` for images) and a target.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the layers, as far as it does not follow from what is wrong above.
    pub fn check(&self, input: impl Into<Shape>, target: Target) -> Result<CheckedModel, ModelErrors> {
        CheckedModel::new(self, input.into(), target)
    }
}

impl CheckedModel {
    /// See [`ModelSpec::check`].
    ///
    /// # Errors
    /// As there.
    pub fn new(spec: &ModelSpec, input: Shape, target: Target) -> Result<CheckedModel, ModelErrors> {
        let mut errors = Vec::new();
        if spec.layers.is_empty() {
            return Err(ModelError::of_model("layers", ModelErrorKind::NoLayers).into());
        }
        if spec.layers.len() > ModelSpec::MAX_LAYERS {
            let kind = ModelErrorKind::TooManyLayers { layers: spec.layers.len(), limit: ModelSpec::MAX_LAYERS };
            return Err(ModelError::of_model("layers", kind).into());
        }
        if elements(&input)? == 0 {
            return Err(ModelError::of_model("layers", ModelErrorKind::EmptyInput { shape: input }).into());
        }
        let names = spec.names();
        let mut graph = Graph::new();
        let mut record = Record::default();
        let x = graph.input("x", Type::sample(input.clone())).map_err(ModelErrorKind::from)?;
        let mut values: Vec<Option<Value>> = Vec::with_capacity(names.len());
        let mut layers = Vec::with_capacity(names.len());
        for (idx, layer) in spec.layers.iter().enumerate() {
            let before = errors.len();
            let mut report = |parameter: &str, kind| {
                errors.push(ModelError::of_layer(idx, layer.kind(), &names[idx], parameter, kind));
            };
            check_name(&names, idx, &mut report);
            let (definition, owner) = resolve(&spec.layers, &names, idx, &mut report);
            let inputs = wire(layer, definition, &names, idx, &mut report);
            let mut ranges = Ranges::default();
            layer.definition().check(&mut ranges);
            for (parameter, kind) in ranges.problems {
                report(&parameter, kind);
            }
            let mut value = None;
            // What a layer shares must have been built.
            let is_owned = owner == idx && !matches!(definition, Layer::Shared(_));
            if errors.len() == before && (is_owned || values.get(owner).is_some_and(Option::is_some)) {
                let sources: Option<Vec<Value>> =
                    inputs.iter().map(|input| input.map_or(Some(x), |input| values[input])).collect();
                if let Some(sources) = sources {
                    let build = Build {
                        graph: &mut graph,
                        mode: Mode::Inference,
                        layer: &names[owner],
                        is_shared: owner != idx,
                        is_trainable: definition.definition().is_trainable(),
                        keeps_logits: false,
                        record: &mut record,
                    };
                    match build_layer(build, &names[idx], definition, &sources) {
                        Ok(output) => value = Some(output),
                        Err(kind) => errors.push(ModelError::of_layer(idx, layer.kind(), &names[idx], "", kind)),
                    }
                }
            }
            let shape = value.map_or_else(Shape::scalar, |value| graph.shape(value).clone());
            layers.push(CheckedLayer { name: names[idx].clone(), inputs, shape });
            values.push(value);
        }
        check_all_are_read(spec, &layers, &mut errors);
        if let Some(Some(output)) = values.last() {
            let idx = names.len() - 1;
            if let Err(kind) = check_output(graph.shape(*output), target) {
                errors.push(ModelError::of_layer(idx, spec.layers[idx].kind(), &names[idx], "", kind));
            }
        }
        if errors.is_empty() {
            let spec = spec.clone();
            Ok(CheckedModel { spec, layers, input, target, parameters: record.parameters })
        } else {
            Err(ModelErrors::new(errors))
        }
    }

    /// What was checked.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The layers, in the spec's order.
    pub fn layers(&self) -> &[CheckedLayer] {
        &self.layers
    }

    /// The shape of a sample.
    pub fn input_shape(&self) -> &Shape {
        &self.input
    }

    /// The shape of a prediction.
    pub fn output_shape(&self) -> &Shape {
        &self.layers[self.layers.len() - 1].shape
    }

    /// Names and shapes of the parameters, in the order of the layers.
    pub fn parameter_shapes(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.parameters.iter().map(|parameter| (parameter.name.as_str(), &parameter.shape))
    }

    /// The number of tokens that every embedding knows, where there is one: the numbers of a sample are integers below it.
    pub fn vocabulary(&self) -> Option<usize> {
        let vocabulary = |layer: &Layer| match layer {
            Layer::Embedding(embedding) => Some(embedding.vocabulary),
            _ => None,
        };
        self.spec.layers.iter().filter_map(vocabulary).min()
    }

    /// Whether a sample has a prediction for each of its steps: `[steps, classes]`.
    pub fn predicts_steps(&self) -> bool {
        self.output_shape().rank() > 1
    }

    /// What is predicted.
    pub fn target(&self) -> Target {
        self.target
    }

    /// Gives the model's states in the block their starting values, which follow from the seed and each state's name; the
    /// optimizer's memory becomes zero.
    ///
    /// # Panics
    /// If the block was not made for a graph of this model.
    pub fn initialize(&self, seed: u64, state: &mut StateBlock) {
        let names: Vec<String> = state.entries().iter().map(|entry| entry.name.clone()).collect();
        for name in names {
            state.get_mut(&name).expect("an entry of the block").fill(0.0);
        }
        for parameter in &self.parameters {
            let values = state.get_mut(&parameter.name).expect("a block of this model's graphs");
            assert_eq!(values.len(), parameter.shape.elements(), "a block of this model's graphs");
            let stream = Stream::new(seed, &parameter.name);
            let site = FillSite { shape: &parameter.shape, fans: parameter.fans, stream };
            parameter.initializer.definition().fill(&site, values);
        }
    }

    /// The position of the layer that the one at `idx` stands for: its own, unless it shares another's parameters.
    pub(crate) fn owner(&self, names: &[String], idx: usize) -> usize {
        resolve(&self.spec.layers, names, idx, &mut |_, _| {}).1
    }

    /// The last layer, or the one whose parameters it shares.
    pub(crate) fn last_layer(&self) -> &Layer {
        let names: Vec<String> = self.layers.iter().map(|layer| layer.name.clone()).collect();
        &self.spec.layers[self.owner(&names, names.len() - 1)]
    }

    /// Adds the sample and all layers to a graph; `keeps_logits` where a loss follows.
    pub(crate) fn assemble(&self, graph: &mut Graph, mode: Mode, keeps_logits: bool) -> Result<Assembled, ModelErrors> {
        let x = graph.input("x", Type::sample(self.input.clone())).map_err(ModelErrorKind::from)?;
        let names: Vec<String> = self.layers.iter().map(|layer| layer.name.clone()).collect();
        let mut record = Record::default();
        let mut values: Vec<Value> = Vec::with_capacity(self.layers.len());
        for (idx, (layer, checked)) in self.spec.layers.iter().zip(&self.layers).enumerate() {
            let sources: Vec<Value> =
                checked.inputs.iter().map(|input| input.map_or(x, |input| values[input])).collect();
            let keeps_logits = keeps_logits && idx + 1 == self.layers.len();
            let owner = self.owner(&names, idx);
            let definition = &self.spec.layers[owner];
            let build = Build {
                graph,
                mode,
                layer: &self.layers[owner].name,
                is_shared: owner != idx,
                is_trainable: definition.definition().is_trainable(),
                keeps_logits,
                record: &mut record,
            };
            let value = build_layer(build, &checked.name, definition, &sources)
                .map_err(|kind| ModelError::of_layer(idx, layer.kind(), &checked.name, "", kind))?;
            values.push(value);
        }
        graph.set_scope("");
        let predictions = values.last().copied().unwrap_or(x);
        Ok(Assembled { predictions, record })
    }
}

/// The layer that a position stands for, and that layer's position: its own, or that of the layer that it shares. A name that
/// cannot be found is reported.
fn resolve<'a>(
    layers: &'a [Layer],
    names: &[String],
    idx: usize,
    report: &mut impl FnMut(&str, ModelErrorKind),
) -> (&'a Layer, usize) {
    let mut owner = idx;
    while let Layer::Shared(shared) = &layers[owner] {
        let wanted = &shared.layer;
        match names[..owner].iter().position(|name| name == wanted) {
            Some(above) => owner = above,
            None if owner != idx => return (&layers[idx], idx),
            None if names[owner..].contains(wanted) => {
                report("layer", ModelErrorKind::LaterInput { input: wanted.clone() });
                return (&layers[idx], idx);
            }
            None => {
                let nearest = nearest(wanted, names[..owner].iter().map(String::as_str)).map(str::to_owned);
                report("layer", ModelErrorKind::UnknownInput { input: wanted.clone(), nearest });
                return (&layers[idx], idx);
            }
        }
    }
    (&layers[owner], owner)
}

fn build_layer(mut build: Build<'_>, name: &str, layer: &Layer, sources: &[Value]) -> Result<Value, ModelErrorKind> {
    build.graph.set_scope(name);
    let output = layer.definition().build(&mut build, sources)?;
    elements(build.graph.shape(output))?;
    Ok(output)
}

fn check_name(names: &[String], idx: usize, report: &mut impl FnMut(&str, ModelErrorKind)) {
    let name = &names[idx];
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if name.is_empty() || name.len() > MAX_NAME || !is_word(name) {
        report("name", ModelErrorKind::InvalidName { name: name.clone(), limit: MAX_NAME });
    } else if RESERVED.contains(&name.as_str()) {
        report("name", ModelErrorKind::ReservedName { name: name.clone() });
    } else if let Some(first) = names[..idx].iter().position(|other| other == name) {
        report("name", ModelErrorKind::DuplicateName { name: name.clone(), first });
    }
}

/// The layers that a layer reads, as many as its definition takes; those that cannot be found are reported and left out.
fn wire(
    layer: &Layer,
    definition: &Layer,
    names: &[String],
    idx: usize,
    report: &mut impl FnMut(&str, ModelErrorKind),
) -> Vec<Option<usize>> {
    let mut inputs = Vec::new();
    for (position, wanted) in layer.own_inputs().iter().enumerate() {
        let parameter = format!("inputs[{position}]");
        if wanted == SAMPLE {
            inputs.push(None);
        } else if let Some(found) = names[..idx].iter().position(|name| name == wanted) {
            inputs.push(Some(found));
        } else if names[idx..].contains(wanted) {
            report(&parameter, ModelErrorKind::LaterInput { input: wanted.clone() });
        } else {
            let above = names[..idx].iter().map(String::as_str).chain([SAMPLE]);
            let nearest = nearest(wanted, above).map(str::to_owned);
            report(&parameter, ModelErrorKind::UnknownInput { input: wanted.clone(), nearest });
        }
    }
    if layer.own_inputs().is_empty() {
        inputs.push(idx.checked_sub(1));
    }
    let taken = definition.definition().n_inputs();
    let received = layer.own_inputs().len().max(1);
    if !taken.contains(&received) {
        let (minimum, maximum) = (*taken.start(), *taken.end());
        let kind = ModelErrorKind::InputCount { layer_kind: layer.kind(), minimum, maximum, received };
        report(if layer.own_inputs().is_empty() { "" } else { "inputs" }, kind);
    }
    inputs
}

/// A layer that nothing reads is a slip: a wrong name elsewhere, or a branch that was forgotten.
fn check_all_are_read(spec: &ModelSpec, layers: &[CheckedLayer], errors: &mut Vec<ModelError>) {
    // Where an input is missing, what should have read a layer is not known.
    let is_wired = errors
        .iter()
        .all(|error| !matches!(error.kind, ModelErrorKind::UnknownInput { .. } | ModelErrorKind::LaterInput { .. }));
    if !is_wired {
        return;
    }
    let mut is_read = vec![false; layers.len()];
    layers.iter().flat_map(|layer| &layer.inputs).flatten().for_each(|input| is_read[*input] = true);
    for (idx, layer) in layers.iter().enumerate().take(layers.len() - 1) {
        if !is_read[idx] {
            let kind = ModelErrorKind::NeverRead;
            errors.push(ModelError::of_layer(idx, spec.layers[idx].kind(), &layer.name, "", kind));
        }
    }
}

fn check_output(shape: &Shape, target: Target) -> Result<(), ModelErrorKind> {
    let received = shape.clone();
    match target {
        Target::Category { classes } if shape[..] == [classes] || (classes == 2 && shape[..] == [1]) => Ok(()),
        Target::Category { classes } if shape.rank() == 2 && shape.last() == classes => Ok(()),
        Target::Category { classes } => Err(ModelErrorKind::OutputClasses { classes, received }),
        Target::Embedding { .. } if shape.rank() == 1 => Ok(()),
        Target::Embedding { .. } => Err(ModelErrorKind::OutputEmbedding { received }),
        Target::Sequence { classes } if shape.rank() == 2 && shape.last() == classes + 1 => Ok(()),
        Target::Sequence { classes } => Err(ModelErrorKind::OutputSequence { classes, received }),
        Target::Number { outputs } if shape[..] == [outputs] => Ok(()),
        Target::Number { outputs } => Err(ModelErrorKind::OutputNumbers { outputs, received }),
    }
}
