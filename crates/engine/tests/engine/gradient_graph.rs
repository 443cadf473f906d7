//! The backward pass as text.

use proofmark_engine::gradient::backward;
use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{Conv2d, Dense, MaxPool2d, Padding, Reshape, Softmax, categorical_cross_entropy};
use proofmark_engine::{Graph, GraphError, StateRole, Type, Value};
use proofmark_tensor::DType;

/// x + bias, then ReLU.
fn bias_and_relu() -> Program {
    let mut builder = Builder::new(2);
    let sum = builder.apply(Function::Add, &[builder.input(0), builder.input(1)]);
    let result = builder.apply(Function::Relu, &[sum]);
    builder.finish(&[result])
}

fn tiny_network() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let image = graph.input("image", Type::sample([6, 6, 1]))?;
    let label = graph.input("label", Type::sample([]).with_dtype(DType::I32))?;
    let share = graph.input("share", Type::step([]))?;
    let mut parameters: Vec<Value> = Vec::new();
    let mut parameter = |graph: &mut Graph, name: &str, shape: &[usize]| {
        let value = graph.state(name, shape.to_vec().into(), StateRole::Parameter)?;
        parameters.push(value);
        Ok::<Value, GraphError>(value)
    };
    graph.set_scope("conv");
    let kernel = parameter(&mut graph, "conv.kernel", &[3, 3, 1, 2])?;
    let bias = parameter(&mut graph, "conv.bias", &[2])?;
    let y = graph.add(Conv2d::valid(), &[image, kernel])?;
    let y = graph.map(bias_and_relu(), &[y, bias])?;
    graph.set_scope("pool");
    let y = graph.add(MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid }, &[y])?;
    graph.set_scope("dense");
    let y = graph.add(Reshape { shape: [8].into() }, &[y])?;
    let weight = parameter(&mut graph, "dense.weight", &[8, 3])?;
    let y = graph.add(Dense, &[y, weight])?;
    let y = graph.add(Softmax, &[y])?;
    graph.set_scope("loss");
    let loss = categorical_cross_entropy(&mut graph, y, label)?;
    graph.output("loss", loss)?;
    let gradients = backward(&mut graph, loss, share, &parameters).expect("differentiable");
    for (name, gradient) in ["conv.kernel", "conv.bias", "dense.weight"].iter().zip(gradients) {
        graph.output(name, gradient.expect("the loss depends on it"))?;
    }
    Ok(graph)
}

#[test]
fn of_a_tiny_network() {
    insta::assert_snapshot!(tiny_network().unwrap(), @r"
    %0 = input image: f32[6, 6, 1] per sample
    %1 = input label: i32[] per sample
    %2 = input share: f32[] per step
    %3 = parameter conv.kernel: f32[3, 3, 1, 2]
    %4 = parameter conv.bias: f32[2]
    %10 = parameter dense.weight: f32[8, 3]
    %5 = conv2d[stride=[1, 1] padding=valid] %0 %3: f32[4, 4, 2] per sample  # conv
    %6 = map{t0 = add x0 x1; t1 = relu t0; t1} %5 %4: f32[4, 4, 2] per sample  # conv
    %7, %8 = max_pool2d[size=[2, 2] stride=[2, 2] padding=valid] %6: f32[2, 2, 2] per sample, u8[2, 2, 2] per sample  # pool
    %9 = reshape[shape=[8]] %7: f32[8] per sample  # dense
    %11 = dense %9 %10: f32[3] per sample  # dense
    %12 = softmax %11: f32[3] per sample  # dense
    %13 = softmax_cross_entropy %11 %1: f32[] per sample  # loss
    %14 = map{x0} %2 %13: f32[] per sample  # loss
    %15 = softmax_cross_entropy_gradient %11 %1 %14: f32[3] per sample  # loss
    %16 = transpose[axes=[1, 0]] %10: f32[3, 8] per step  # dense
    %17 = dense %15 %16: f32[8] per sample  # dense
    %18 = dense_weight_gradient %9 %15: f32[8, 3] per step  # dense
    %19 = reshape[shape=[2, 2, 2]] %17: f32[2, 2, 2] per sample  # dense
    %20 = max_pool2d_gradient[size=[2, 2] stride=[2, 2] padding=valid input=[4, 4, 2]] %8 %19: f32[4, 4, 2] per sample  # pool
    %21 = map{t0 = gate x1 x0; t0} %6 %20: f32[4, 4, 2] per sample  # conv
    %22 = batch_sum[shape=[2]] %21: f32[2] per step  # conv
    %23 = conv2d_weight_gradient[stride=[1, 1] padding=valid kernel=[3, 3] zeros=skip] %0 %21: f32[3, 3, 1, 2] per step  # conv
    output loss = %13
    output conv.kernel = %23
    output conv.bias = %22
    output dense.weight = %18
    ");
}

#[test]
fn of_a_grouped_strided_convolution() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([5, 5, 4])).unwrap();
    let w = graph.state("w", [3, 3, 2, 6].into(), StateRole::Parameter).unwrap();
    let share = graph.input("share", Type::step([])).unwrap();
    let conv = Conv2d { stride: [2, 2], padding: Padding::Same, dilation: [1, 1], groups: 2 };
    let y = graph.add(conv, &[x, w]).unwrap();
    let y = graph.add(proofmark_engine::ops::ReduceMax { axes: vec![0, 1, 2] }, &[y]).unwrap();
    backward(&mut graph, y, share, &[x, w]).unwrap();
    insta::assert_snapshot!(graph, @r"
    %0 = input x: f32[5, 5, 4] per sample
    %2 = input share: f32[] per step
    %1 = parameter w: f32[3, 3, 2, 6]
    %3 = conv2d[stride=[2, 2] padding=same groups=2] %0 %1: f32[3, 3, 6] per sample
    %4 = reduce_max[axes=[0, 1, 2]] %3: f32[] per sample
    %5 = map{x0} %2 %4: f32[] per sample
    %6 = reduce_max_gradient[axes=[0, 1, 2]] %3 %5: f32[3, 3, 6] per sample
    %7 = reshape[shape=[3, 3, 2, 2, 3]] %1: f32[3, 3, 2, 2, 3] per step
    %8 = transpose[axes=[0, 1, 4, 3, 2]] %7: f32[3, 3, 3, 2, 2] per step
    %9 = reshape[shape=[3, 3, 3, 4]] %8: f32[3, 3, 3, 4] per step
    %10 = conv2d_input_gradient[stride=[2, 2] padding=same groups=2 input=[5, 5, 4]] %6 %9: f32[5, 5, 4] per sample
    %11 = conv2d_weight_gradient[stride=[2, 2] padding=same groups=2 kernel=[3, 3]] %0 %6: f32[3, 3, 2, 6] per step
    ");
}

#[test]
fn a_target_has_no_gradient() {
    let mut graph = Graph::new();
    let logits = graph.input("logits", Type::sample([3])).unwrap();
    let target = graph.input("target", Type::sample([3])).unwrap();
    let loss = graph.add(proofmark_engine::ops::SoftmaxCrossEntropy, &[logits, target]).unwrap();
    let error = backward(&mut graph, loss, loss, &[target]).unwrap_err();
    assert_eq!(error.to_string(), "`softmax_cross_entropy` has no gradient with respect to input 1");
}
