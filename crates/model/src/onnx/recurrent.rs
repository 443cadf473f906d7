//! Recurrent layers: ONNX's `LSTM` and `GRU`, which walk sequences with the step's axis first.

use proofmark_tensor::Shape;

use super::export::{Order, Tensor, Writer, int, ints, text};
use super::proto;
use crate::layers::RecurrentDirection;
use crate::layers::recurrent::{Cell, Recurrent};

/// Where each of a layer's gates stands in the file: i, o, f, c of ours i, f, g, o; z, r, h of the same ones.
pub(super) fn gates(cell: Cell) -> &'static [usize] {
    match cell {
        Cell::Lstm => &[0, 3, 1, 2],
        Cell::Gru => &[0, 1, 2],
    }
}

/// How many steps of each sample count, for the steps that there are.
struct Lengths {
    /// `[N]`, numbers.
    floats: String,
    /// `[N]`, integers.
    integers: String,
}

pub(super) fn recurrent(writer: &mut Writer<'_>, layer: &Recurrent<'_>, inputs: &[Tensor], shape: &Shape) -> Tensor {
    let x = writer.ours(&inputs[0]);
    let (steps, units) = (x.shape[0], layer.units);
    let lengths = inputs.get(1).map(|lengths| count(writer, lengths, steps));
    let (direction, prefixes): (&str, &[&str]) = match layer.direction {
        RecurrentDirection::Forward => ("forward", &[""]),
        RecurrentDirection::Backward => ("reverse", &[""]),
        RecurrentDirection::Both => ("bidirectional", &["", "backward_"]),
    };
    let x = writer.node("Transpose", vec![x.name], vec![ints("perm", &[1, 0, 2])]);
    let [w, r] = ["kernel", "recurrent_kernel"].map(|suffix| kernels(writer, layer, prefixes, suffix));
    let mut operands = vec![x, w, r];
    let bias = if layer.use_bias { biases(writer, layer, prefixes) } else { String::new() };
    operands.push(bias);
    operands.push(lengths.as_ref().map(|lengths| lengths.integers.clone()).unwrap_or_default());
    while operands.last().is_some_and(String::is_empty) {
        operands.pop();
    }
    let mut attributes = vec![text("direction", direction), int("hidden_size", units)];
    let op = match layer.cell {
        Cell::Lstm => "LSTM",
        Cell::Gru => {
            attributes.push(int("linear_before_reset", 1));
            "GRU"
        }
    };
    let [all, last] = writer.node_of_two(op, operands, attributes);
    let name = if layer.return_sequences {
        let all = match lengths {
            Some(lengths) if layer.direction != RecurrentDirection::Backward => {
                held(writer, &lengths, all, last, [prefixes.len(), steps])
            }
            _ => all,
        };
        writer.node("Transpose", vec![all], vec![ints("perm", &[2, 0, 1, 3])])
    } else {
        writer.node("Transpose", vec![last], vec![ints("perm", &[1, 0, 2])])
    };
    let extents: Vec<i64> = std::iter::once(0).chain(shape.iter().map(|extent| *extent as i64)).collect();
    let extents = writer.integers("shape", &extents);
    let name = writer.node("Reshape", vec![name, extents], Vec::new());
    Tensor { name, shape: shape.clone(), order: Order::Ours }
}

/// A sequence is at least empty, and at most as long as there is room.
fn count(writer: &mut Writer<'_>, lengths: &Tensor, steps: usize) -> Lengths {
    let extents = writer.integers("length_shape", &[-1]);
    let floats = writer.node("Reshape", vec![lengths.name.clone(), extents], Vec::new());
    let limits = [("none", 0.0), ("steps", steps as f32)].map(|(name, limit)| writer.numbers(name, &[], &[limit]));
    let floats = writer.node("Clip", std::iter::once(floats).chain(limits).collect(), Vec::new());
    let integers = writer.node("Cast", vec![floats.clone()], vec![int("to", proto::INT32 as usize)]);
    Lengths { floats, integers }
}

/// Beyond a sequence's end ONNX's operators give zeros and our layers, going forward, the state that it ended with.
fn held(writer: &mut Writer<'_>, lengths: &Lengths, all: String, last: String, sizes: [usize; 2]) -> String {
    let [directions, steps] = sizes;
    let extents = writer.integers("end_shape", &[-1, 1]);
    let ends = writer.node("Reshape", vec![lengths.floats.clone(), extents], Vec::new());
    let ends = writer.node("Floor", vec![ends], Vec::new());
    let positions: Vec<f32> = (0..steps).map(|step| step as f32).collect();
    let positions = writer.numbers("positions", &[steps, 1, 1, 1], &positions);
    let is_step = writer.node("Less", vec![positions, ends], Vec::new());
    let last = if directions == 2 {
        let forward = writer.numbers("forward", &[2, 1, 1], &[1.0, 0.0]);
        writer.node("Mul", vec![last, forward], Vec::new())
    } else {
        last
    };
    writer.node("Where", vec![is_step, all, last], Vec::new())
}

/// Matrices `[inputs, gates units]` as one tensor `[directions, gates units, inputs]`, its gates in ONNX's order.
fn kernels(writer: &mut Writer<'_>, layer: &Recurrent<'_>, prefixes: &[&str], suffix: &str) -> String {
    let (units, gates) = (layer.units, gates(layer.cell));
    let mut values = Vec::new();
    let mut rows = 0;
    for prefix in prefixes {
        let (shape, matrix) = writer.state(&format!("{prefix}{suffix}"));
        rows = shape[0];
        for gate in gates {
            for unit in 0..units {
                values.extend((0..rows).map(|row| matrix[row * shape[1] + gate * units + unit]));
            }
        }
    }
    writer.numbers(suffix, &[prefixes.len(), gates.len() * units, rows], &values)
}

/// That of the input, and then that of the state, which an LSTM of ours has not.
fn biases(writer: &mut Writer<'_>, layer: &Recurrent<'_>, prefixes: &[&str]) -> String {
    let (units, gates) = (layer.units, gates(layer.cell));
    let mut values = Vec::new();
    for prefix in prefixes {
        for suffix in ["bias", "recurrent_bias"] {
            if layer.cell == Cell::Lstm && suffix == "recurrent_bias" {
                values.resize(values.len() + gates.len() * units, 0.0);
                continue;
            }
            let (_, bias) = writer.state(&format!("{prefix}{suffix}"));
            for gate in gates {
                values.extend_from_slice(&bias[gate * units..][..units]);
            }
        }
    }
    writer.numbers("bias", &[prefixes.len(), 2 * gates.len() * units], &values)
}
