//! What layers are built like, in any shape: convolutions with bias, activation and pooling, dense layers, normalisation,
//! attention, random programs.

use proofmark_engine::map::{Builder, FUNCTIONS, Function, Map, Operand, Program};
use proofmark_engine::ops::{
    Attention, AveragePool2d, BatchMoments, Centre, Conv2d, Dense, MaxPool2d, Normalize, Operation, Padding, Reduce,
    ReduceKind, Rotary,
};
use proofmark_engine::{Span, Type};
use proofmark_tensor::Shape;

use super::generator::{Generator, Known};

/// Adds one pattern. Convolutions are drawn most often: they have the most ways to be run.
pub(super) fn add(generator: &mut Generator) {
    match generator.dice.below(9) {
        0..4 => convolution(generator),
        4 => dense(generator),
        5 => batch_normalisation(generator),
        6 => row_normalisation(generator),
        7 => attention(generator),
        _ => program(generator),
    }
}

/// x + bias, then the activation, in one program or in two.
fn bias_and_activation(generator: &mut Generator, x: Known) -> Known {
    let columns = generator.graph.shape(x.value).last();
    let bias = generator.parameter(&[columns], 0.5);
    let activation = generator.dice.pick(&[Function::Relu, Function::Relu, Function::Relu, Function::Tanh]);
    let value = if generator.dice.one_in(2) {
        let sum = generator.map(Program::of(Function::Add), &[x.value, bias.value]);
        if generator.dice.one_in(6) {
            // Read twice, so that nobody may swallow it.
            generator.know(sum, &[x, bias], false);
        }
        generator.map(Program::of(activation), &[sum])
    } else {
        let mut builder = Builder::new(2);
        let sum = builder.apply(Function::Add, &[builder.input(0), builder.input(1)]);
        let result = builder.apply(activation, &[sum]);
        generator.map(builder.finish(&[result]), &[x.value, bias.value])
    };
    Known { value, is_tame: false, is_free: false, ..x }
}

/// Convolution, bias, ReLU, max pooling: mostly all of them, in this order.
fn convolution(generator: &mut Generator) {
    let pair =
        |generator: &mut Generator, from, to| [generator.dice.between(from, to), generator.dice.between(from, to)];
    let padding = |generator: &mut Generator| generator.dice.pick(&[Padding::Valid, Padding::Same]);
    let groups = generator.dice.pick(&[1, 1, 1, 1, 2, 3]);
    let channels = groups * generator.dice.pick(&[1, 1, 2, 3, 4, 8]);
    let filters = groups * generator.dice.pick(&[1, 2, 3, 5, 8, 16, 17, 32]);
    let dilation = if generator.dice.one_in(6) { pair(generator, 1, 2) } else { [1, 1] };
    let stride = if generator.dice.one_in(3) { pair(generator, 1, 3) } else { [1, 1] };
    let kernel = pair(generator, 1, 4);
    let conv = Conv2d { stride, padding: padding(generator), dilation, groups };
    let reach = |axis: usize| (kernel[axis] - 1) * dilation[axis] + 1;
    let [height, width] = pair(generator, 0, 7);
    let image = Shape::from([reach(0) + height, reach(1) + width, channels]);
    let x = generator.fitting(&image);
    let size = 1.0 / ((kernel[0] * kernel[1] * channels / groups) as f32).sqrt();
    let weight = generator.parameter(&[kernel[0], kernel[1], channels / groups, filters], size);
    let y = generator.apply(conv, &[x.value, weight.value])[0];
    let mut y = Known { value: y, is_tame: false, is_free: false, ..x };
    if !generator.dice.one_in(8) {
        y = bias_and_activation(generator, y);
    }
    if generator.dice.one_in(8) {
        generator.know(y.value, &[y], false);
    }
    let (size, stride) = if generator.dice.one_in(2) {
        let size = pair(generator, 2, 3);
        (size, size)
    } else {
        (pair(generator, 1, 3), pair(generator, 1, 3))
    };
    let padding = padding(generator);
    let max = Operation::from(MaxPool2d { size, stride, padding });
    let pool = if generator.dice.one_in(6) { AveragePool2d { size, stride, padding }.into() } else { max };
    // A window may be larger than what the convolution left.
    if pool.infer(&[generator.graph.ty(y.value)]).is_ok() {
        y.value = generator.apply(pool, &[y.value])[0];
    }
    if generator.dice.one_in(4) {
        y.value = generator.map(Program::of(Function::Relu), &[y.value]);
    }
    generator.know(y.value, &[y], false);
}

fn dense(generator: &mut Generator) {
    let terms = generator.dice.pick(&[1, 3, 16, 17, 40, 130]);
    let columns = generator.dice.pick(&[1, 2, 5, 14, 16, 33, 48, 64]);
    let rows = generator.dice.between(1, 4);
    let shape = if generator.dice.one_in(2) { Shape::from([terms]) } else { Shape::from([rows, terms]) };
    let x = generator.fitting(&shape);
    let weight = generator.parameter(&[terms, columns], 1.0 / (terms as f32).sqrt());
    let y = generator.apply(Dense, &[x.value, weight.value])[0];
    let y = Known { value: y, is_tame: false, is_free: false, ..x };
    let y = bias_and_activation(generator, y);
    generator.know(y.value, &[y], false);
}

/// (x - mean) / sqrt(variance + 1e-3) of the batch, scaled and shifted.
fn batch_normalisation(generator: &mut Generator) {
    let shape = generator.shape();
    let shape = if shape.is_empty() { Shape::from([3]) } else { shape.into() };
    let x = generator.fitting(&shape);
    let moments = generator.apply(BatchMoments, &[x.value]);
    let [scale, shift] = [0, 1].map(|_| generator.parameter(&[shape.last()], 1.0));
    let mut builder = Builder::new(5);
    let [x_in, mean, variance, scale_in, shift_in] = [0, 1, 2, 3, 4].map(|input| builder.input(input));
    let centred = builder.apply(Function::Sub, &[x_in, mean]);
    let sum = builder.apply(Function::Add, &[variance, builder.constant(1e-3)]);
    let deviation = builder.apply(Function::Sqrt, &[sum]);
    let normal = builder.apply(Function::Div, &[centred, deviation]);
    let y = builder.apply(Function::MulAdd, &[normal, scale_in, shift_in]);
    let y = generator.map(builder.finish(&[y]), &[x.value, moments[0], moments[1], scale.value, shift.value]);
    for moment in moments {
        generator.know(moment, &[x], false);
    }
    generator.know(y, &[x, scale, shift], false);
}

fn row_normalisation(generator: &mut Generator) {
    let columns = generator.dice.pick(&[1, 2, 7, 16, 17, 33]);
    let rows = generator.dice.between(1, 3);
    let x = generator.fitting(&[rows, columns].into());
    let centre = generator.dice.pick(&[Centre::Mean, Centre::Zero]);
    let y = generator.apply(Normalize { centre, epsilon: 1e-3 }, &[x.value])[0];
    let gain = generator.parameter(&[columns], 1.0);
    let y = generator.map(Program::of(Function::Mul), &[y, gain.value]);
    let y = generator.know(y, &[x, gain], false);
    let kind = generator.dice.pick(&[ReduceKind::Mean, ReduceKind::Sum]);
    let axes = generator.dice.pick(&[&[0][..], &[1], &[0, 1]]).to_vec();
    let sum = generator.apply(Reduce { kind, axes }, &[y.value])[0];
    generator.know(sum, &[y], false);
}

/// Queries from one value, keys and values from it or from another one, positions turned or not, keys hidden or not.
fn attention(generator: &mut Generator) {
    let heads = generator.dice.pick(&[1, 1, 2, 3]);
    let (key_width, value_width) = (generator.dice.pick(&[2, 4, 16, 18]), generator.dice.pick(&[1, 3, 16, 17]));
    let channels = generator.dice.pick(&[1, 4, 9]);
    // Around the number of queries that are computed together, among others.
    let queries = generator.dice.pick(&[1, 2, 7, 23, 24, 25]);
    let is_causal = generator.dice.one_in(2);
    let x = generator.fitting(&[queries, channels].into());
    let (memory, keys) = if is_causal || generator.dice.one_in(2) {
        (x, queries)
    } else {
        let keys = generator.dice.pick(&[1, 3, 24, 26]);
        (generator.fitting(&[keys, channels].into()), keys)
    };
    let mut operands = Vec::new();
    for (source, width) in [(x, key_width), (memory, key_width), (memory, value_width)] {
        let weight = generator.parameter(&[channels, heads * width], 1.0 / (channels as f32).sqrt());
        operands.push(generator.apply(Dense, &[source.value, weight.value])[0]);
    }
    if generator.dice.one_in(2) {
        for operand in &mut operands[..2] {
            *operand = generator.apply(Rotary { heads, base: 100.0, backwards: false }, &[*operand])[0];
        }
    }
    let has_lengths = generator.dice.one_in(3);
    if has_lengths {
        let lengths: Vec<f64> = (0..=keys + 1).map(|length| length as f64).collect();
        operands.push(generator.feed_own(&Type::sample([]), &lengths).value);
    }
    let y = generator.apply(Attention { heads, is_causal, has_lengths }, &operands)[0];
    let y = Known { value: y, is_tame: false, is_free: false, has_slope: x.has_slope && memory.has_slope };
    generator.know(y.value, &[y], false);
}

/// A program of up to six functions of the table over inputs of suffix shapes.
fn program(generator: &mut Generator) {
    let shape = Shape::from(generator.shape());
    let mut inputs = vec![generator.fitting(&shape)];
    for _ in 0..generator.dice.below(4) {
        let suffix = Shape::new(&shape[generator.dice.between(0, shape.rank())..]);
        let input = match generator.any(Span::Step) {
            Some(known) if *generator.graph.shape(known.value) == suffix => generator.squash(known),
            _ if generator.dice.one_in(2) => generator.parameter(&suffix, 1.0),
            _ => generator.fitting(&suffix),
        };
        inputs.push(input);
    }
    let mut builder = Builder::new(inputs.len());
    let mut operands: Vec<Operand> = (0..inputs.len()).map(|idx| builder.input(idx)).collect();
    for _ in 0..generator.dice.between(1, 6) {
        let function = generator.dice.pick(FUNCTIONS).function;
        let mut arguments: Vec<Operand> = (0..function.arity()).map(|_| generator.dice.pick(&operands)).collect();
        stay_in_domain(&mut builder, function, &mut arguments);
        operands.push(builder.apply(function, &arguments));
    }
    let n_outputs = generator.dice.between(1, 2);
    let outputs: Vec<Operand> = operands.iter().rev().take(n_outputs).copied().collect();
    let program = builder.finish(&outputs);
    let values: Vec<_> = inputs.iter().map(|known| known.value).collect();
    for output in generator.apply(Map { program }, &values) {
        generator.know(output, &inputs, false);
    }
}

/// Moves the arguments to where the function and its gradient are finite and not steep.
fn stay_in_domain(builder: &mut Builder, function: Function, arguments: &mut [Operand]) {
    let positive = |builder: &mut Builder, x: Operand| {
        let size = builder.apply(Function::Abs, &[x]);
        builder.apply(Function::Add, &[size, builder.constant(0.25)])
    };
    match function {
        Function::Ln | Function::Sqrt => arguments[0] = positive(builder, arguments[0]),
        Function::Div => arguments[1] = positive(builder, arguments[1]),
        Function::Exp | Function::Square => arguments[0] = builder.apply(Function::Tanh, &[arguments[0]]),
        _ => {}
    }
}
