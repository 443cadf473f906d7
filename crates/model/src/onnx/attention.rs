//! Attention and positions.

use proofmark_engine::ops;
use proofmark_tensor::Shape;

use super::export::{Order, Tensor, Writer, int, ints};
use crate::layers::{MultiHeadAttention, PositionEncoding, SequenceLength};

/// What hides a score: so low that its probability is 0, and finite, so that a row of nothing else is no NaN.
const HIDDEN: f32 = -1e30;

pub(super) fn position_embedding(writer: &mut Writer<'_>, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let kernel = writer.parameter("kernel");
    let name = writer.node("Add", vec![x.name.clone(), kernel], Vec::new());
    Tensor { name, ..x }
}

pub(super) fn position_encoding(writer: &mut Writer<'_>, layer: &PositionEncoding, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let waves = ops::PositionEncoding { base: layer.base as f32 }.waves(x.shape[0], x.shape[1]);
    let waves = writer.numbers("waves", &x.shape, &waves);
    let name = writer.node("Add", vec![x.name.clone(), waves], Vec::new());
    Tensor { name, ..x }
}

pub(super) fn sequence_length(writer: &mut Writer<'_>, layer: &SequenceLength, x: &Tensor) -> Tensor {
    let x = writer.ours(x);
    let padding = writer.numbers("padding", &[], &[layer.padding as f32]);
    let difference = writer.node("Sub", vec![x.name, padding], Vec::new());
    let distance = writer.node("Abs", vec![difference], Vec::new());
    let mut is_step = writer.node("Sign", vec![distance], Vec::new());
    if x.shape.rank() > 1 {
        let axes: Vec<i64> = (2..=x.shape.rank() as i64).collect();
        is_step = writer.node("ReduceMax", vec![is_step], vec![ints("axes", &axes), int("keepdims", 0)]);
    }
    let positions: Vec<f32> = (1..=x.shape[0]).map(|position| position as f32).collect();
    let positions = writer.numbers("positions", &[positions.len()], &positions);
    let positions = writer.node("Mul", vec![is_step, positions], Vec::new());
    let name = writer.node("ReduceMax", vec![positions], vec![ints("axes", &[1]), int("keepdims", 0)]);
    Tensor { name, shape: Shape::scalar(), order: Order::Ours }
}

/// `[N, T, heads D]`, from rows of `x`, with the parameters of this name.
fn project(writer: &mut Writer<'_>, layer: &MultiHeadAttention, x: &str, part: &str) -> String {
    let kernel = writer.parameter(&format!("{part}_kernel"));
    let product = writer.node("MatMul", vec![x.to_owned(), kernel], Vec::new());
    if !layer.use_bias {
        return product;
    }
    let bias = writer.parameter(&format!("{part}_bias"));
    writer.node("Add", vec![product, bias], Vec::new())
}

/// `[N, T, heads D]` as `[N, heads, T, D]`.
fn by_head(writer: &mut Writer<'_>, x: String, part: &str, [steps, heads, width]: [usize; 3]) -> String {
    let extents = writer.integers(&format!("{part}_shape"), &[0, steps as i64, heads as i64, width as i64]);
    let parted = writer.node("Reshape", vec![x, extents], Vec::new());
    writer.node("Transpose", vec![parted], vec![ints("perm", &[0, 2, 1, 3])])
}

/// Turns pairs, `[N, heads, T, D]`: x cos + (x P) sin, where P swaps the two of a pair and changes a sign.
fn turn(writer: &mut Writer<'_>, x: String, part: &str, op: ops::Rotary, [steps, _, width]: [usize; 3]) -> String {
    let turns = op.turns(steps, width);
    let tables = [0, 1].map(|which| turns.iter().flat_map(|turn| [turn[which]; 2]).collect::<Vec<f32>>());
    let mut swap = vec![0.0; width * width];
    for pair in (0..width).step_by(2) {
        swap[(pair + 1) * width + pair] = -1.0;
        swap[pair * width + pair + 1] = 1.0;
    }
    let cos = writer.numbers(&format!("{part}_cos"), &[steps, width], &tables[0]);
    let sin = writer.numbers(&format!("{part}_sin"), &[steps, width], &tables[1]);
    let swap = writer.numbers(&format!("{part}_swap"), &[width, width], &swap);
    let along = writer.node("Mul", vec![x.clone(), cos], Vec::new());
    let swapped = writer.node("MatMul", vec![x, swap], Vec::new());
    let across = writer.node("Mul", vec![swapped, sin], Vec::new());
    writer.node("Add", vec![along, across], Vec::new())
}

pub(super) fn multi_head_attention(
    writer: &mut Writer<'_>,
    layer: &MultiHeadAttention,
    inputs: &[Tensor],
    shape: &Shape,
) -> Tensor {
    let (sources, lengths) = inputs.split_at(inputs.len() - usize::from(layer.lengths));
    let sources: Vec<Tensor> = sources.iter().map(|source| writer.ours(source)).collect();
    let x = &sources[0];
    let m = sources.get(1).unwrap_or(x);
    let v = sources.get(2).unwrap_or(m);
    let heads = layer.heads;
    let width_of = |writer: &Writer<'_>, part: &str| writer.state(&format!("{part}_kernel")).0[1] / heads;
    let (key_dim, value_dim) = (width_of(writer, "query"), width_of(writer, "value"));
    let (queries, keys) = (x.shape[0], m.shape[0]);
    let mut parts = Vec::new();
    for (source, part, steps, width) in
        [(x, "query", queries, key_dim), (m, "key", keys, key_dim), (v, "value", keys, value_dim)]
    {
        let sizes = [steps, heads, width];
        let projected = project(writer, layer, &source.name, part);
        let mut value = by_head(writer, projected, part, sizes);
        if layer.rotary && part != "value" {
            let op = ops::Rotary { heads, base: layer.rotary_base as f32, backwards: false };
            value = turn(writer, value, part, op, sizes);
        }
        parts.push(value);
    }
    let turned = writer.node("Transpose", vec![parts[1].clone()], vec![ints("perm", &[0, 1, 3, 2])]);
    let products = writer.node("MatMul", vec![parts[0].clone(), turned], Vec::new());
    let scale = writer.numbers("scale", &[], &[(1.0 / (key_dim as f64).sqrt()) as f32]);
    let mut scores = writer.node("Mul", vec![products, scale], Vec::new());
    if layer.causal {
        let hidden: Vec<f32> = (0..queries * keys).map(|at| if at % keys > at / keys { HIDDEN } else { 0.0 }).collect();
        let hidden = writer.numbers("later", &[queries, keys], &hidden);
        scores = writer.node("Add", vec![scores, hidden], Vec::new());
    }
    // Where a sample has padding: which keys are none.
    let seen = lengths.first().map(|lengths| {
        let extents = writer.integers("length_shape", &[-1, 1, 1, 1]);
        let lengths = writer.node("Reshape", vec![lengths.name.clone(), extents], Vec::new());
        let lengths = writer.node("Floor", vec![lengths], Vec::new());
        let positions: Vec<f32> = (0..keys).map(|key| key as f32).collect();
        let positions = writer.numbers("positions", &[keys], &positions);
        writer.node("Less", vec![positions, lengths], Vec::new())
    });
    if let Some(seen) = &seen {
        let hidden = writer.numbers("padding", &[], &[HIDDEN]);
        scores = writer.node("Where", vec![seen.clone(), scores, hidden], Vec::new());
    }
    let mut probabilities = writer.node("Softmax", vec![scores], vec![int("axis", 3)]);
    if let Some(seen) = seen {
        let zero = writer.numbers("zero", &[], &[0.0]);
        probabilities = writer.node("Where", vec![seen, probabilities, zero], Vec::new());
    }
    let attended = writer.node("MatMul", vec![probabilities, parts[2].clone()], Vec::new());
    let rows = writer.node("Transpose", vec![attended], vec![ints("perm", &[0, 2, 1, 3])]);
    let extents = writer.integers("rows_shape", &[0, queries as i64, (heads * value_dim) as i64]);
    let rows = writer.node("Reshape", vec![rows, extents], Vec::new());
    let name = project(writer, layer, &rows, "output");
    Tensor { name, shape: shape.clone(), order: Order::Ours }
}
