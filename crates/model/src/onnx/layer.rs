//! Each layer's operators.

use proofmark_tensor::Shape;

use super::export::{Order, Tensor, Writer, float, int, ints};
use super::proto;
use crate::error::ModelErrorKind;
use crate::layers::{BatchNorm, Conv2d, Dense, Layer, Padding};
use crate::{Activation, Pair};

/// The kinds of layers that can be exported.
pub const EXPORTED: &[&str] = &[
    "dense",
    "conv2d",
    "max_pool2d",
    "average_pool2d",
    "global_max_pool2d",
    "global_average_pool2d",
    "flatten",
    "reshape",
    "permute",
    "add",
    "concatenate",
    "batch_norm",
    "dropout",
    "activation",
    "relu",
    "softmax",
];

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
        Layer::MaxPool2d(layer) => {
            let window =
                Window { size: layer.size, stride: layer.stride.unwrap_or(layer.size), dilation: Pair::from(1) };
            pool(writer, "MaxPool", window, layer.padding, x, shape)
        }
        Layer::AveragePool2d(layer) => {
            let window =
                Window { size: layer.size, stride: layer.stride.unwrap_or(layer.size), dilation: Pair::from(1) };
            pool(writer, "AveragePool", window, layer.padding, x, shape)
        }
        Layer::GlobalMaxPool2d(_) => global_pool(writer, "GlobalMaxPool", x, shape),
        Layer::GlobalAveragePool2d(_) => global_pool(writer, "GlobalAveragePool", x, shape),
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
        Layer::Add(_) => {
            let inputs = in_one_order(writer, inputs);
            let order = inputs[0].order;
            let mut sum = inputs[0].name.clone();
            for input in &inputs[1..] {
                sum = writer.node("Add", vec![sum, input.name.clone()], Vec::new());
            }
            result(sum, order)
        }
        Layer::Concatenate(_) => {
            let inputs = in_one_order(writer, inputs);
            let order = inputs[0].order;
            let axis = if order == Order::ChannelsFirst { 1 } else { shape.rank() };
            let names = inputs.into_iter().map(|input| input.name).collect();
            result(writer.node("Concat", names, vec![int("axis", axis)]), order)
        }
        Layer::BatchNorm(layer) => batch_norm(writer, layer, x),
        Layer::Dropout(_) => x.clone(),
        Layer::ActivationLayer(layer) => activate(writer, x.clone(), layer.function),
        Layer::Relu(_) => activate(writer, x.clone(), Activation::Relu),
        Layer::Softmax(_) => activate(writer, x.clone(), Activation::Softmax),
        // So that a new layer can be trained before it can be exported.
        #[allow(unreachable_patterns, reason = "reached as soon as there is a layer without a form in ONNX")]
        layer => return Err(ModelErrorKind::NotExported { layer_kind: layer.kind() }),
    })
}

/// A window that slides over an image.
struct Window {
    size: Pair,
    stride: Pair,
    dilation: Pair,
}

impl Window {
    /// The attributes that say so; ours pads the odd row at the end, as ONNX's `SAME_UPPER` does, which is written out
    /// because not every reader knows it together with a dilation.
    fn attributes(&self, padding: Padding, input: &Shape, output: &Shape) -> Vec<proto::Attribute> {
        let pair = |pair: Pair| pair.extents().map(|extent| extent as i64);
        let mut pads = [0; 4];
        if padding == Padding::Same {
            for axis in 0..2 {
                let dilated = (self.size.extents()[axis] - 1) * self.dilation.extents()[axis] + 1;
                let covered = (output[axis] - 1) * self.stride.extents()[axis] + dilated;
                let missing = covered.saturating_sub(input[axis]);
                pads[axis] = (missing / 2) as i64;
                pads[axis + 2] = (missing - missing / 2) as i64;
            }
        }
        vec![ints("kernel_shape", &pair(self.size)), ints("pads", &pads), ints("strides", &pair(self.stride))]
    }
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
    let x = writer.channels_first(x);
    let (kernel, values) = writer.state("kernel");
    let [height, width, channels, filters] = [kernel[0], kernel[1], kernel[2], kernel[3]];
    let mut turned = Vec::with_capacity(values.len());
    for filter in 0..filters {
        for channel in 0..channels {
            for position in 0..height * width {
                turned.push(values[(position * channels + channel) * filters + filter]);
            }
        }
    }
    let kernel = writer.numbers("kernel", &[filters, channels, height, width], &turned);
    let bias = layer.use_bias.then(|| writer.parameter("bias"));
    let window = Window { size: layer.kernel, stride: layer.stride, dilation: layer.dilation };
    let mut attributes =
        vec![ints("dilations", &layer.dilation.extents().map(|extent| extent as i64)), int("group", layer.groups)];
    attributes.extend(window.attributes(layer.padding, &x.shape, shape));
    let inputs = [x.name, kernel].into_iter().chain(bias).collect();
    let name = writer.node("Conv", inputs, attributes);
    activate(writer, Tensor { name, shape: shape.clone(), order: Order::ChannelsFirst }, layer.activation)
}

fn pool(writer: &mut Writer<'_>, op: &str, window: Window, padding: Padding, x: &Tensor, shape: &Shape) -> Tensor {
    let x = writer.channels_first(x);
    let name = writer.node(op, vec![x.name], window.attributes(padding, &x.shape, shape));
    Tensor { name, shape: shape.clone(), order: Order::ChannelsFirst }
}

fn global_pool(writer: &mut Writer<'_>, op: &str, x: &Tensor, shape: &Shape) -> Tensor {
    let x = writer.channels_first(x);
    let name = writer.node(op, vec![x.name], Vec::new());
    let name = writer.node("Flatten", vec![name], vec![int("axis", 1)]);
    Tensor { name, shape: shape.clone(), order: Order::Ours }
}

fn batch_norm(writer: &mut Writer<'_>, layer: &BatchNorm, x: &Tensor) -> Tensor {
    let beta = writer.parameter("beta");
    let mean = writer.parameter("moving_mean");
    if matches!(x.shape.rank(), 1 | 3) {
        let x = if x.shape.rank() == 3 { writer.channels_first(x) } else { x.clone() };
        let gamma = writer.parameter("gamma");
        let variance = writer.parameter("moving_variance");
        let inputs = vec![x.name.clone(), gamma, beta, mean, variance];
        let name = writer.node("BatchNormalization", inputs, vec![float("epsilon", layer.epsilon as f32)]);
        return Tensor { name, ..x };
    }
    // ONNX's operator has the channels on its second axis; here they are on the last one of another number of axes.
    let (shape, gamma) = writer.state("gamma");
    let variance = writer.state("moving_variance").1;
    let scale: Vec<f32> =
        gamma.iter().zip(variance).map(|(gamma, variance)| gamma / (variance + layer.epsilon as f32).sqrt()).collect();
    let scale = writer.numbers("scale", &shape, &scale);
    let centred = writer.node("Sub", vec![x.name.clone(), mean], Vec::new());
    let scaled = writer.node("Mul", vec![centred, scale], Vec::new());
    let name = writer.node("Add", vec![scaled, beta], Vec::new());
    Tensor { name, ..x.clone() }
}

fn activate(writer: &mut Writer<'_>, x: Tensor, activation: Activation) -> Tensor {
    let op = match activation {
        Activation::Linear => return x,
        Activation::Relu => "Relu",
        Activation::Sigmoid => "Sigmoid",
        Activation::Tanh => "Tanh",
        Activation::Softplus => "Softplus",
        Activation::Softmax => {
            let axis = if x.order == Order::ChannelsFirst { 1 } else { x.shape.rank() };
            let name = writer.node("Softmax", vec![x.name.clone()], vec![int("axis", axis)]);
            return Tensor { name, ..x };
        }
    };
    let name = writer.node(op, vec![x.name.clone()], Vec::new());
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
