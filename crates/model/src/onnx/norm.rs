//! Normalisations.

use super::export::{Tensor, Writer, float, int, ints};
use crate::layers::{BatchNorm, GroupNorm, LayerNorm, RmsNorm, UnitNorm};

pub(super) fn batch_norm(writer: &mut Writer<'_>, layer: &BatchNorm, x: &Tensor) -> Tensor {
    let beta = writer.parameter("beta");
    let mean = writer.parameter("moving_mean");
    if x.shape.rank() <= 3 {
        let x = writer.channels_first(x);
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

pub(super) fn layer_norm(writer: &mut Writer<'_>, layer: &LayerNorm, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let (gamma, beta) = (writer.parameter("gamma"), writer.parameter("beta"));
    let attributes = vec![int("axis", x.shape.rank()), float("epsilon", layer.epsilon as f32)];
    let name = writer.node("LayerNormalization", vec![x.name.clone(), gamma, beta], attributes);
    Tensor { name, ..x }
}

/// An operator of its own came with version 23 only.
pub(super) fn rms_norm(writer: &mut Writer<'_>, layer: &RmsNorm, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let gamma = writer.parameter("gamma");
    let normal = by_root_mean_square(writer, &x, layer.epsilon as f32);
    let name = writer.node("Mul", vec![normal, gamma], Vec::new());
    Tensor { name, ..x }
}

/// `LpNormalization` has no epsilon.
pub(super) fn unit_norm(writer: &mut Writer<'_>, layer: &UnitNorm, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let channels = x.shape.last() as f64;
    let normal = by_root_mean_square(writer, &x, (layer.epsilon / channels) as f32);
    let factor = writer.numbers("factor", &[], &[(1.0 / channels.sqrt()) as f32]);
    let name = writer.node("Mul", vec![normal, factor], Vec::new());
    Tensor { name, ..x }
}

/// Each row over the root of its mean square and `epsilon`.
fn by_root_mean_square(writer: &mut Writer<'_>, x: &Tensor, epsilon: f32) -> String {
    let epsilon = writer.numbers("epsilon", &[], &[epsilon]);
    let squares = writer.node("Mul", vec![x.name.clone(), x.name.clone()], Vec::new());
    let mean =
        writer.node("ReduceMean", vec![squares], vec![ints("axes", &[x.shape.rank() as i64]), int("keepdims", 1)]);
    let above_zero = writer.node("Add", vec![mean, epsilon], Vec::new());
    let root = writer.node("Sqrt", vec![above_zero], Vec::new());
    writer.node("Div", vec![x.name.clone(), root], Vec::new())
}

/// Each group as one channel of an instance normalisation, as PyTorch writes it; the operator came with version 18 only, and
/// wrong.
pub(super) fn group_norm(writer: &mut Writer<'_>, layer: &GroupNorm, x: &Tensor) -> Tensor {
    let x = writer.channels_first(x);
    let channels = x.shape.last();
    let groups = layer.groups;
    let by_group = writer.integers("group_shape", &[0, groups as i64, -1]);
    let rows = writer.node("Reshape", vec![x.name.clone(), by_group], Vec::new());
    let ones = writer.numbers("ones", &[groups], &vec![1.0; groups]);
    let zeros = writer.numbers("zeros", &[groups], &vec![0.0; groups]);
    let normal =
        writer.node("InstanceNormalization", vec![rows, ones, zeros], vec![float("epsilon", layer.epsilon as f32)]);
    let positions = &x.shape[..x.shape.rank() - 1];
    let extents: Vec<i64> =
        [0, channels as i64].into_iter().chain(positions.iter().map(|extent| *extent as i64)).collect();
    let extents = writer.integers("shape", &extents);
    let normal = writer.node("Reshape", vec![normal, extents], Vec::new());
    // Along the second axis, whatever follows it.
    let column: Vec<usize> = std::iter::once(channels).chain(positions.iter().map(|_| 1)).collect();
    let [gamma, beta] = ["gamma", "beta"].map(|suffix| {
        let values = writer.state(suffix).1.to_vec();
        writer.numbers(suffix, &column, &values)
    });
    let scaled = writer.node("Mul", vec![normal, gamma], Vec::new());
    let name = writer.node("Add", vec![scaled, beta], Vec::new());
    Tensor { name, ..x }
}
