//! Each layer's operators.

use proofmark_tensor::Shape;

use super::export::{Order, Tensor, Writer, int, ints};
use super::{attention, norm, proto, recurrent};
use crate::error::ModelErrorKind;
use crate::layers::{
    AveragePool1d, AveragePool2d, Conv1d, Conv2d, Conv2dTranspose, Dense, Layer, MaxPool1d, MaxPool2d, Padding,
    SequencePadding,
};
use crate::{Activation, Pair};

/// The kinds of layers that can be exported.
pub const EXPORTED: &[&str] = &[
    "dense",
    "conv2d",
    "conv2d_transpose",
    "conv1d",
    "max_pool2d",
    "max_pool1d",
    "average_pool2d",
    "average_pool1d",
    "global_max_pool2d",
    "global_max_pool1d",
    "global_average_pool2d",
    "global_average_pool1d",
    "flatten",
    "reshape",
    "permute",
    "add",
    "multiply",
    "concatenate",
    "batch_norm",
    "layer_norm",
    "rms_norm",
    "group_norm",
    "unit_norm",
    "dropout",
    "embedding",
    "position_embedding",
    "position_encoding",
    "multi_head_attention",
    "lstm",
    "gru",
    "sequence_length",
    "shared",
    "activation",
    "relu",
    "softmax",
];

/// The kinds that cannot be exported yet, each with the reason.
pub const NOT_EXPORTED: &[(&str, &str)] = &[];

/// Adds a layer; `shape` is what it gives for one sample.
pub(super) fn write(
    writer: &mut Writer<'_>,
    layer: &Layer,
    inputs: &[Tensor],
    shape: &Shape,
) -> Result<Tensor, ModelErrorKind> {
    let x = &inputs[0];
    let result = |name, order| Tensor { name, shape: shape.clone(), order };
    Ok(match layer {
        Layer::Dense(layer) => dense(writer, layer, x, shape),
        Layer::Conv2d(layer) => conv2d(writer, layer, x, shape),
        Layer::Conv2dTranspose(layer) => conv2d_transpose(writer, layer, x, shape),
        Layer::Conv1d(layer) => conv1d(writer, layer, x, shape),
        Layer::MaxPool2d(MaxPool2d { size, stride, padding, .. }) => {
            pool(writer, "MaxPool", Window::pool(*size, *stride), *padding, x, shape)
        }
        Layer::AveragePool2d(AveragePool2d { size, stride, padding, .. }) => {
            pool(writer, "AveragePool", Window::pool(*size, *stride), *padding, x, shape)
        }
        Layer::MaxPool1d(MaxPool1d { size, stride, padding, .. }) => {
            pool(writer, "MaxPool", Window::pool1d(*size, *stride), *padding, x, shape)
        }
        Layer::AveragePool1d(AveragePool1d { size, stride, padding, .. }) => {
            pool(writer, "AveragePool", Window::pool1d(*size, *stride), *padding, x, shape)
        }
        Layer::GlobalMaxPool2d(_) | Layer::GlobalMaxPool1d(_) => global_pool(writer, "GlobalMaxPool", x, shape),
        Layer::GlobalAveragePool2d(_) | Layer::GlobalAveragePool1d(_) => {
            global_pool(writer, "GlobalAveragePool", x, shape)
        }
        Layer::Flatten(_) | Layer::Reshape(_) => {
            let x = writer.ours(x);
            // The first extent is taken from the input.
            let extents: Vec<i64> = std::iter::once(0).chain(shape.iter().map(|extent| *extent as i64)).collect();
            let extents = writer.integers("shape", &extents);
            result(writer.node("Reshape", vec![x.name, extents], Vec::new()), Order::Ours)
        }
        Layer::Permute(layer) => {
            let x = writer.ours(x);
            let axes: Vec<i64> = std::iter::once(0).chain(layer.axes.iter().map(|axis| *axis as i64 + 1)).collect();
            result(writer.node("Transpose", vec![x.name], vec![ints("perm", &axes)]), Order::Ours)
        }
        Layer::Add(_) | Layer::Multiply(_) => {
            let op = if matches!(layer, Layer::Add(_)) { "Add" } else { "Mul" };
            let inputs = in_one_order(writer, inputs);
            let order = inputs[0].order;
            let mut joined = inputs[0].name.clone();
            for input in &inputs[1..] {
                joined = writer.node(op, vec![joined, input.name.clone()], Vec::new());
            }
            result(joined, order)
        }
        Layer::Concatenate(_) => {
            let inputs = in_one_order(writer, inputs);
            let order = inputs[0].order;
            let axis = if order == Order::ChannelsFirst { 1 } else { shape.rank() };
            let names = inputs.into_iter().map(|input| input.name).collect();
            result(writer.node("Concat", names, vec![int("axis", axis)]), order)
        }
        Layer::BatchNorm(layer) => norm::batch_norm(writer, layer, x),
        Layer::LayerNorm(layer) => norm::layer_norm(writer, layer, x),
        Layer::RmsNorm(layer) => norm::rms_norm(writer, layer, x),
        Layer::GroupNorm(layer) => norm::group_norm(writer, layer, x),
        Layer::UnitNorm(layer) => norm::unit_norm(writer, layer, x),
        Layer::Dropout(_) => x.clone(),
        Layer::Embedding(_) => {
            let x = writer.ours(x);
            let kernel = writer.parameter("kernel");
            let tokens = writer.node("Cast", vec![x.name], vec![int("to", proto::INT64 as usize)]);
            result(writer.node("Gather", vec![kernel, tokens], vec![int("axis", 0)]), Order::Ours)
        }
        Layer::PositionEmbedding(_) => attention::position_embedding(writer, x),
        Layer::PositionEncoding(layer) => attention::position_encoding(writer, layer, x),
        Layer::MultiHeadAttention(layer) => attention::multi_head_attention(writer, layer, inputs, shape),
        Layer::Lstm(layer) => recurrent::recurrent(writer, &layer.recurrent(), inputs, shape),
        Layer::Gru(layer) => recurrent::recurrent(writer, &layer.recurrent(), inputs, shape),
        Layer::SequenceLength(layer) => attention::sequence_length(writer, layer, x),
        Layer::ActivationLayer(layer) => activate(writer, x.clone(), layer.function),
        Layer::Relu(_) => activate(writer, x.clone(), Activation::Relu),
        Layer::Softmax(_) => activate(writer, x.clone(), Activation::Softmax),
        // The caller puts the layer itself in its place.
        Layer::Shared(_) => return Err(ModelErrorKind::NotExported { layer_kind: layer.kind() }),
        // So that a new layer can be trained before it can be exported.
        #[allow(unreachable_patterns, reason = "reached as soon as there is a layer without a form in ONNX")]
        layer => return Err(ModelErrorKind::NotExported { layer_kind: layer.kind() }),
    })
}

/// A window that slides over an image or a sequence, axis by axis.
struct Window {
    size: Vec<usize>,
    stride: Vec<usize>,
    dilation: Vec<usize>,
}

/// What is added before and after each axis, in ONNX's order.
type Pads = Vec<i64>;

impl Window {
    fn pool(size: Pair, stride: Option<Pair>) -> Window {
        let stride = stride.unwrap_or(size).extents().to_vec();
        Window { size: size.extents().to_vec(), stride, dilation: vec![1; 2] }
    }

    fn pool1d(size: usize, stride: Option<usize>) -> Window {
        Window { size: vec![size], stride: vec![stride.unwrap_or(size)], dilation: vec![1] }
    }

    /// Ours pads the odd row at the end, as ONNX's `SAME_UPPER` does, which is written out because not every reader knows it
    /// together with a dilation. `input` is what the window slides over, `output` counts its places.
    fn pads(&self, is_same: bool, input: &[usize], output: &[usize]) -> Pads {
        let n_axes = self.size.len();
        let mut pads = vec![0; 2 * n_axes];
        if is_same {
            for axis in 0..n_axes {
                let covered = (output[axis] - 1) * self.stride[axis] + self.reach(axis) + 1;
                let missing = covered.saturating_sub(input[axis]);
                pads[axis] = (missing / 2) as i64;
                pads[axis + n_axes] = (missing - missing / 2) as i64;
            }
        }
        pads
    }

    /// From the first to the last position that the window reads.
    fn reach(&self, axis: usize) -> usize {
        (self.size[axis] - 1) * self.dilation[axis]
    }

    fn attributes(&self, pads: &[i64]) -> Vec<proto::Attribute> {
        vec![ints("kernel_shape", &signed(&self.size)), ints("pads", pads), ints("strides", &signed(&self.stride))]
    }
}

fn signed(extents: &[usize]) -> Vec<i64> {
    extents.iter().map(|extent| *extent as i64).collect()
}

fn dense(writer: &mut Writer<'_>, layer: &Dense, x: &Tensor, shape: &Shape) -> Tensor {
    let x = writer.ours(x);
    let kernel = writer.parameter("kernel");
    let bias = layer.use_bias.then(|| writer.parameter("bias"));
    let name = if shape.rank() == 1 {
        writer.node("Gemm", [x.name, kernel].into_iter().chain(bias).collect(), Vec::new())
    } else {
        let product = writer.node("MatMul", vec![x.name, kernel], Vec::new());
        match bias {
            Some(bias) => writer.node("Add", vec![product, bias], Vec::new()),
            None => product,
        }
    };
    activate(writer, Tensor { name, shape: shape.clone(), order: Order::Ours }, layer.activation)
}

fn conv2d(writer: &mut Writer<'_>, layer: &Conv2d, x: &Tensor, shape: &Shape) -> Tensor {
    let window = Window {
        size: layer.kernel.extents().to_vec(),
        stride: layer.stride.extents().to_vec(),
        dilation: layer.dilation.extents().to_vec(),
    };
    let pads = window.pads(layer.padding == Padding::Same, &x.shape, shape);
    let sum = convolution(writer, &window, &pads, layer.groups, layer.use_bias, x, shape);
    activate(writer, sum, layer.activation)
}

fn conv1d(writer: &mut Writer<'_>, layer: &Conv1d, x: &Tensor, shape: &Shape) -> Tensor {
    let window = Window { size: vec![layer.kernel], stride: vec![layer.stride], dilation: vec![layer.dilation] };
    let pads = match layer.padding {
        SequencePadding::Causal => vec![window.reach(0) as i64, 0],
        SequencePadding::Same => window.pads(true, &x.shape, shape),
        SequencePadding::Valid => vec![0, 0],
    };
    let sum = convolution(writer, &window, &pads, layer.groups, layer.use_bias, x, shape);
    activate(writer, sum, layer.activation)
}

/// The sums of a convolution with the layer's kernel and bias.
fn convolution(
    writer: &mut Writer<'_>,
    window: &Window,
    pads: &[i64],
    groups: usize,
    use_bias: bool,
    x: &Tensor,
    shape: &Shape,
) -> Tensor {
    let x = writer.channels_first(x);
    let (kernel, values) = writer.state("kernel");
    let [channels, filters] = [kernel[kernel.rank() - 2], kernel.last()];
    let positions: usize = window.size.iter().product();
    let mut turned = Vec::with_capacity(values.len());
    for filter in 0..filters {
        for channel in 0..channels {
            turned.extend((0..positions).map(|position| values[(position * channels + channel) * filters + filter]));
        }
    }
    let extents: Vec<usize> = [filters, channels].into_iter().chain(window.size.iter().copied()).collect();
    let kernel = writer.numbers("kernel", &extents, &turned);
    let bias = use_bias.then(|| writer.parameter("bias"));
    let mut attributes = vec![ints("dilations", &signed(&window.dilation)), int("group", groups)];
    attributes.extend(window.attributes(pads));
    let inputs = [x.name, kernel].into_iter().chain(bias).collect();
    let name = writer.node("Conv", inputs, attributes);
    Tensor { name, shape: shape.clone(), order: Order::ChannelsFirst }
}

fn conv2d_transpose(writer: &mut Writer<'_>, layer: &Conv2dTranspose, x: &Tensor, shape: &Shape) -> Tensor {
    let window =
        Window { size: layer.kernel.extents().to_vec(), stride: layer.stride.extents().to_vec(), dilation: vec![1; 2] };
    // The convolution that this one turns around slides over the output.
    let pads = window.pads(layer.padding == Padding::Same, shape, &x.shape);
    // Rows and columns that no window reaches, where the stride is larger than the kernel.
    let beyond: Vec<i64> =
        window.size.iter().zip(&window.stride).map(|(size, stride)| stride.saturating_sub(*size) as i64).collect();
    let x = writer.channels_first(x);
    let (kernel, values) = writer.state("kernel");
    let [height, width, channels, filters] = [kernel[0], kernel[1], kernel[2], kernel[3]];
    let mut turned = Vec::with_capacity(values.len());
    for channel in 0..channels {
        for filter in 0..filters {
            turned
                .extend((0..height * width).map(|position| values[(position * channels + channel) * filters + filter]));
        }
    }
    let kernel = writer.numbers("kernel", &[channels, filters, height, width], &turned);
    let bias = layer.use_bias.then(|| writer.parameter("bias"));
    let mut attributes = window.attributes(&pads);
    attributes.push(ints("output_padding", &beyond));
    let name = writer.node("ConvTranspose", [x.name, kernel].into_iter().chain(bias).collect(), attributes);
    activate(writer, Tensor { name, shape: shape.clone(), order: Order::ChannelsFirst }, layer.activation)
}

fn pool(writer: &mut Writer<'_>, op: &str, window: Window, padding: Padding, x: &Tensor, shape: &Shape) -> Tensor {
    let pads = window.pads(padding == Padding::Same, &x.shape, shape);
    let x = writer.channels_first(x);
    let name = writer.node(op, vec![x.name], window.attributes(&pads));
    Tensor { name, shape: shape.clone(), order: Order::ChannelsFirst }
}

fn global_pool(writer: &mut Writer<'_>, op: &str, x: &Tensor, shape: &Shape) -> Tensor {
    let x = writer.channels_first(x);
    let name = writer.node(op, vec![x.name], Vec::new());
    let name = writer.node("Flatten", vec![name], vec![int("axis", 1)]);
    Tensor { name, shape: shape.clone(), order: Order::Ours }
}

fn activate(writer: &mut Writer<'_>, x: Tensor, activation: Activation) -> Tensor {
    let op = match activation {
        Activation::Linear => return x,
        Activation::Relu => "Relu",
        Activation::Sigmoid => "Sigmoid",
        Activation::Tanh => "Tanh",
        Activation::Softplus => "Softplus",
        Activation::Softmax => return by_rows(writer, "Softmax", x),
        Activation::LogSoftmax => return by_rows(writer, "LogSoftmax", x),
        // An operator of its own came with version 20 only.
        Activation::Gelu => {
            let scale = writer.numbers("gelu_scale", &[], &[std::f32::consts::FRAC_1_SQRT_2]);
            let half = writer.numbers("gelu_half", &[], &[0.5]);
            let scaled = writer.node("Mul", vec![x.name.clone(), scale], Vec::new());
            let erf = writer.node("Erf", vec![scaled], Vec::new());
            let halved = writer.node("Mul", vec![erf, half.clone()], Vec::new());
            let share = writer.node("Add", vec![halved, half], Vec::new());
            let name = writer.node("Mul", vec![x.name.clone(), share], Vec::new());
            return Tensor { name, ..x };
        }
        Activation::Silu => {
            let share = writer.node("Sigmoid", vec![x.name.clone()], Vec::new());
            let name = writer.node("Mul", vec![x.name.clone(), share], Vec::new());
            return Tensor { name, ..x };
        }
    };
    let name = writer.node(op, vec![x.name.clone()], Vec::new());
    Tensor { name, ..x }
}

/// What works along the channels.
fn by_rows(writer: &mut Writer<'_>, op: &str, x: Tensor) -> Tensor {
    let axis = if x.order == Order::ChannelsFirst { 1 } else { x.shape.rank() };
    let name = writer.node(op, vec![x.name.clone()], vec![int("axis", axis)]);
    Tensor { name, ..x }
}

/// Inputs of one shape class in the order of the first that already has its channels first, if one has.
fn in_one_order(writer: &mut Writer<'_>, inputs: &[Tensor]) -> Vec<Tensor> {
    if inputs.iter().any(|input| input.order == Order::ChannelsFirst) {
        inputs.iter().map(|input| writer.channels_first(input)).collect()
    } else {
        inputs.to_vec()
    }
}
