//! Two small networks with their training steps, and made-up data for any graph.

use proofmark_engine::gradient::backward;
use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{
    AveragePool2d, BatchMoments, Conv2d, Dense, Dropout, GlobalNorm, MaxPool2d, Padding, Reduce, ReduceKind, Reshape,
    SoftmaxCrossEntropy,
};
use proofmark_engine::{Feed, Graph, GraphError, Span, StateBlock, StateRole, Type, Value};
use proofmark_tensor::{DType, Shape};

/// Classes of every network here.
pub(crate) const CLASSES: usize = 5;

/// A function of some values, added to a graph.
pub(crate) fn apply(graph: &mut Graph, function: Function, inputs: &[Value]) -> Result<Value, GraphError> {
    graph.map(Program::of(function), inputs)
}

/// A parameter.
pub(crate) fn parameter(graph: &mut Graph, name: &str, shape: &[usize]) -> Result<Value, GraphError> {
    graph.state(name, Shape::new(shape), StateRole::Parameter)
}

/// x + bias, then ReLU, in one program.
pub(crate) fn bias_and_relu(graph: &mut Graph, x: Value, name: &str) -> Result<Value, GraphError> {
    let columns = graph.shape(x).last();
    let bias = parameter(graph, &format!("{name}.bias"), &[columns])?;
    let mut builder = Builder::new(2);
    let sum = builder.apply(Function::Add, &[builder.input(0), builder.input(1)]);
    let result = builder.apply(Function::Relu, &[sum]);
    graph.map(builder.finish(&[result]), &[x, bias])
}

/// A dense layer without bias on everything that a sample has.
pub(crate) fn dense(graph: &mut Graph, x: Value, name: &str, units: usize) -> Result<Value, GraphError> {
    let elements = graph.shape(x).elements();
    let x = graph.add(Reshape { shape: [elements].into() }, &[x])?;
    let weight = parameter(graph, &format!("{name}.weight"), &[elements, units])?;
    graph.add(Dense, &[x, weight])
}

/// The loss of the logits, and one step of gradient descent on all parameters; outputs `loss` and `norm`.
pub(crate) fn finish(graph: &mut Graph, logits: Value) -> Result<(), GraphError> {
    descend(graph, logits, true)
}

/// As [`finish`], without the norm if so wanted: gradients are then read by their updates alone.
pub(crate) fn descend(graph: &mut Graph, logits: Value, has_norm: bool) -> Result<(), GraphError> {
    let label = graph.input("label", Type::sample([]).with_dtype(DType::I32))?;
    let share = graph.input("share", Type::step([]))?;
    let rate = graph.input("rate", Type::step([]))?;
    graph.set_scope("loss");
    let loss = graph.add(SoftmaxCrossEntropy, &[logits, label])?;
    graph.output("loss", loss)?;
    let parameters: Vec<Value> =
        graph.states().iter().filter(|state| state.role == StateRole::Parameter).map(|state| state.value).collect();
    let gradients = backward(graph, loss, share, &parameters).expect("differentiable");
    let (parameters, gradients): (Vec<Value>, Vec<Value>) =
        parameters.into_iter().zip(gradients).filter_map(|(parameter, gradient)| Some((parameter, gradient?))).unzip();
    graph.set_scope("update");
    if has_norm {
        let norm = graph.add(GlobalNorm, &gradients)?;
        graph.output("norm", norm)?;
    }
    for (parameter, gradient) in parameters.into_iter().zip(gradients) {
        let mut builder = Builder::new(3);
        let descent = builder.apply(Function::Neg, &[builder.input(2)]);
        let new = builder.apply(Function::MulAdd, &[descent, builder.input(1), builder.input(0)]);
        let new = graph.map(builder.finish(&[new]), &[parameter, gradient, rate])?;
        graph.assign(parameter, new)?;
    }
    Ok(())
}

/// Convolution, max pooling, a dense layer with dropout, a dense layer.
pub(crate) fn convolutional() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let image = graph.input("image", Type::sample([12, 12, 1]))?;
    graph.set_scope("conv");
    let kernel = parameter(&mut graph, "conv.kernel", &[3, 3, 1, 4])?;
    let x = graph.add(Conv2d::valid(), &[image, kernel])?;
    let x = bias_and_relu(&mut graph, x, "conv")?;
    graph.set_scope("pool");
    let x = graph.add(MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[x])?;
    graph.set_scope("hidden");
    let x = dense(&mut graph, x, "hidden", 24)?;
    let x = bias_and_relu(&mut graph, x, "hidden")?;
    let x = graph.add(Dropout { rate: 0.25, stream: "drop".to_owned() }, &[x])?;
    graph.set_scope("logits");
    let logits = dense(&mut graph, x, "logits", CLASSES)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

/// Dense layers of more parameters than one task folds.
pub(crate) fn wide() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let image = graph.input("image", Type::sample([12, 12, 1]))?;
    let x = dense(&mut graph, image, "hidden", 60)?;
    let x = bias_and_relu(&mut graph, x, "hidden")?;
    let logits = dense(&mut graph, x, "logits", CLASSES)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

/// x normalised over the batch, scaled and shifted; the running mean is a statistic.
pub(crate) fn normalise(graph: &mut Graph, x: Value, name: &str) -> Result<Value, GraphError> {
    let channels = graph.shape(x).last();
    let moments = graph.apply(BatchMoments, &[x])?;
    let scale = parameter(graph, &format!("{name}.scale"), &[channels])?;
    let shift = parameter(graph, &format!("{name}.shift"), &[channels])?;
    let mut builder = Builder::new(5);
    let [x_in, mean, variance, scale_in, shift_in] = [0, 1, 2, 3, 4].map(|input| builder.input(input));
    let centred = builder.apply(Function::Sub, &[x_in, mean]);
    let sum = builder.apply(Function::Add, &[variance, builder.constant(1e-3)]);
    let deviation = builder.apply(Function::Sqrt, &[sum]);
    let normal = builder.apply(Function::Div, &[centred, deviation]);
    let y = builder.apply(Function::MulAdd, &[normal, scale_in, shift_in]);
    let y = graph.map(builder.finish(&[y]), &[x, moments[0], moments[1], scale, shift])?;
    let running = graph.state(&format!("{name}.mean"), [channels].into(), StateRole::Statistic)?;
    let mut builder = Builder::new(3);
    let change = builder.apply(Function::Sub, &[builder.input(1), builder.input(0)]);
    let share = builder.apply(Function::Div, &[builder.constant(1.0), builder.input(2)]);
    let new = builder.apply(Function::MulAdd, &[share, change, builder.input(0)]);
    let new = graph.map(builder.finish(&[new]), &[running, moments[0], moments[2]])?;
    graph.assign(running, new)?;
    Ok(y)
}

/// Grouped and strided convolutions with batch normalisation, average and global pooling.
pub(crate) fn normalised() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let image = graph.input("image", Type::sample([7, 6, 2]))?;
    let kernel = parameter(&mut graph, "first.kernel", &[3, 3, 1, 6])?;
    let conv = Conv2d { stride: [1, 1], padding: Padding::Same, dilation: [1, 1], groups: 2 };
    let x = graph.add(conv, &[image, kernel])?;
    let x = normalise(&mut graph, x, "first")?;
    let x = apply(&mut graph, Function::Relu, &[x])?;
    let x = graph.add(AveragePool2d { size: [2, 2], stride: [2, 2], padding: Padding::Same }, &[x])?;
    let kernel = parameter(&mut graph, "second.kernel", &[3, 2, 6, 9])?;
    let conv = Conv2d { stride: [2, 1], padding: Padding::Same, dilation: [1, 1], groups: 1 };
    let x = graph.add(conv, &[x, kernel])?;
    let x = normalise(&mut graph, x, "second")?;
    let x = apply(&mut graph, Function::Tanh, &[x])?;
    let x = graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![0, 1] }, &[x])?;
    let logits = dense(&mut graph, x, "logits", CLASSES)?;
    finish(&mut graph, logits)?;
    Ok(graph)
}

/// What a training needs besides its graph.
pub(crate) struct Data {
    inputs: Vec<(Vec<f32>, Vec<i32>)>,
    /// Identities of the samples.
    pub(crate) ids: Vec<u64>,
}

impl Data {
    /// Made-up data for a batch of the graph's inputs: labels for i32, shares and rates for scalars per step.
    pub(crate) fn new(graph: &Graph, n_samples: usize) -> Self {
        let inputs = graph.inputs().iter().map(|input| {
            let ty = graph.ty(input.value);
            let copies = if ty.span == Span::Sample { n_samples } else { 1 };
            let count = copies * ty.elements();
            match (ty.dtype, input.name.as_str()) {
                (DType::I32, _) => (Vec::new(), (0..count).map(|i| (i * 3 % CLASSES) as i32).collect()),
                (_, "share") => (vec![1.0 / n_samples as f32], Vec::new()),
                (_, "rate") => (vec![0.0625], Vec::new()),
                // Images of one channel whose patches are mostly blank.
                (_, "blank") => ((0..count).map(|i| blank_or_made_up(i, ty.shape[1])).collect(), Vec::new()),
                _ => ((0..count).map(|i| made_up(i, 3)).collect(), Vec::new()),
            }
        });
        Data { inputs: inputs.collect(), ids: (0..n_samples as u64).map(|id| id * 77 + 5).collect() }
    }

    /// The feeds in the order of the graph's inputs.
    pub(crate) fn feeds(&self) -> Vec<Feed<'_>> {
        self.inputs
            .iter()
            .map(|(floats, integers)| if floats.is_empty() { Feed::I32(integers) } else { Feed::F32(floats) })
            .collect()
    }
}

/// Zeros of either sign but in some rows and columns.
fn blank_or_made_up(i: usize, columns: usize) -> f32 {
    match (i / columns % 9 < 3 && i % columns % 11 < 5, i % 5) {
        (true, _) => made_up(i, 3),
        (false, 0) => -0.0,
        (false, _) => 0.0,
    }
}

/// Numbers between -1 and 1 in scrambled order.
fn made_up(i: usize, salt: usize) -> f32 {
    ((i * 1009 + salt * 389 + 7) % 4093) as f32 / 2046.5 - 1.0
}

/// Made-up parameters; zeros for everything else.
pub(crate) fn initial(graph: &Graph) -> StateBlock {
    let mut block = StateBlock::new(graph);
    for (salt, state) in graph.states().iter().enumerate() {
        if state.role == StateRole::Parameter {
            let elements = block.get_mut(&state.name).expect("a state of the graph");
            elements.iter_mut().enumerate().for_each(|(i, element)| *element = made_up(i, salt) * 0.375);
        }
    }
    block
}
