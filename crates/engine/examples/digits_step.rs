//! Time of the digits network's training step on made-up data, by threads; and which nodes take it.
use std::time::Instant;

use proofmark_engine::cpu::{CpuExecutor, Level, runs_natively};
use proofmark_engine::executor::{Feed, Session, Step};
use proofmark_engine::map::{Builder, Function, Program};
use proofmark_engine::ops::{Conv2d, Dense, Dropout, MaxPool2d, Padding, Reshape, SoftmaxCrossEntropy};
use proofmark_engine::{Graph, StateBlock, StateRole, Type, Value};
use proofmark_tensor::{DType, Shape};

fn bias_relu(graph: &mut Graph, x: Value, name: &str, columns: usize) -> Value {
    let bias = graph.state(&format!("{name}.bias"), [columns].into(), StateRole::Parameter).unwrap();
    let mut builder = Builder::new(2);
    let sum = builder.apply(Function::Add, &[builder.input(0), builder.input(1)]);
    let result = builder.apply(Function::Relu, &[sum]);
    graph.map(builder.finish(&[result]), &[x, bias]).unwrap()
}

fn main() {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([28, 28, 1])).unwrap();
    let target = graph.input("target", Type::sample([]).with_dtype(DType::I32)).unwrap();
    let weight = graph.input("weight", Type::sample([])).unwrap();
    let conv = Conv2d { stride: [1, 1], padding: Padding::Valid, dilation: [1, 1], groups: 1 };
    let pool = MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid };
    let param = |graph: &mut Graph, name: &str, shape: &[usize]| {
        graph.state(name, Shape::new(shape), StateRole::Parameter).unwrap()
    };
    let w1 = param(&mut graph, "w1", &[3, 3, 1, 32]);
    let h = graph.add(conv, &[x, w1]).unwrap();
    let h = bias_relu(&mut graph, h, "c1", 32);
    let h = graph.apply(pool, &[h]).unwrap()[0];
    let w2 = param(&mut graph, "w2", &[3, 3, 32, 64]);
    let h = graph.add(conv, &[h, w2]).unwrap();
    let h = bias_relu(&mut graph, h, "c2", 64);
    let h = graph.apply(pool, &[h]).unwrap()[0];
    let h = graph.add(Reshape { shape: [1600].into() }, &[h]).unwrap();
    let w3 = param(&mut graph, "w3", &[1600, 128]);
    let h = graph.add(Dense, &[h, w3]).unwrap();
    let h = bias_relu(&mut graph, h, "d1", 128);
    let h = graph.add(Dropout { rate: 0.5, stream: "drop".to_owned() }, &[h]).unwrap();
    let w4 = param(&mut graph, "w4", &[128, 10]);
    let h = graph.add(Dense, &[h, w4]).unwrap();
    let b4 = param(&mut graph, "d2.bias", &[10]);
    let logits = graph.map(Program::of(Function::Add), &[h, b4]).unwrap();
    let loss = graph.add(SoftmaxCrossEntropy, &[logits, target]).unwrap();
    graph.output("loss", loss).unwrap();
    let parameters: Vec<Value> = graph.states().iter().map(|state| state.value).collect();
    let gradients = proofmark_engine::gradient::backward(&mut graph, loss, weight, &parameters).unwrap();
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        // Adam without bias correction: three states read, three written.
        let shape = graph.shape(*parameter).clone();
        let m = graph.state(&format!("m{parameter}"), shape.clone(), StateRole::Optimizer).unwrap();
        let v = graph.state(&format!("v{parameter}"), shape, StateRole::Optimizer).unwrap();
        let mut b = Builder::new(4);
        let (p, g, m0, v0) = (b.input(0), b.input(1), b.input(2), b.input(3));
        let m1 = b.apply(Function::Mul, &[m0, b.constant(0.9)]);
        let m1 = b.apply(Function::MulAdd, &[g, b.constant(0.1), m1]);
        let v1 = b.apply(Function::Mul, &[v0, b.constant(0.999)]);
        let g2 = b.apply(Function::Square, &[g]);
        let v1 = b.apply(Function::MulAdd, &[g2, b.constant(0.001), v1]);
        let root = b.apply(Function::Sqrt, &[v1]);
        let root = b.apply(Function::Add, &[root, b.constant(1e-7)]);
        let update = b.apply(Function::Div, &[m1, root]);
        let p1 = b.apply(Function::MulAdd, &[update, b.constant(-0.001), p]);
        let program = b.finish(&[p1, m1, v1]);
        let new = graph.apply(proofmark_engine::map::Map { program }, &[*parameter, gradient.unwrap(), m, v]).unwrap();
        graph.assign(*parameter, new[0]).unwrap();
        graph.assign(m, new[1]).unwrap();
        graph.assign(v, new[2]).unwrap();
    }
    for node in graph.nodes() {
        if !runs_natively(&node.op) {
            println!("by reference: {}", node.op);
        }
    }
    let mut state = StateBlock::new(&graph);
    for name in state.entries().iter().filter(|e| e.role == StateRole::Parameter).map(|e| e.name.clone()).collect::<Vec<_>>() {
        for (i, value) in state.get_mut(&name).unwrap().iter_mut().enumerate() {
            *value = ((i * 7919 % 2003) as f32 - 1001.0) / 20000.0;
        }
    }
    let images: Vec<f32> = (0..64 * 784).map(|i| (i * 31 % 256) as f32 / 255.0).collect();
    let labels: Vec<i32> = (0..64).map(|i| i % 10).collect();
    let weights = vec![1.0 / 64.0; 64];
    let ids: Vec<u64> = (0..64).collect();
    for threads in [1, 2] {
        let mut executor = CpuExecutor::new(threads);
        executor.level = Level::best();
        let mut session = executor.session(&graph, &state, 64).unwrap();
        if threads == 1 {
            println!("{}", session.plan().print(&graph));
        }
        let feeds = [Feed::F32(&images), Feed::I32(&labels), Feed::F32(&weights)];
        let mut times = Vec::new();
        for index in 0..60 {
            let start = Instant::now();
            session.run(&mut state, &Step { ids: &ids, index, seed: 1 }, &feeds).unwrap();
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let mean = session.output(0).iter().map(|x| f64::from(*x)).sum::<f64>() / 64.0;
        println!(
            "{threads} threads, {}: step {:.2} ms (min {:.2}), epoch of 60,000: {:.1} s; loss {mean}; memory {} KiB",
            executor.level,
            times[30] * 1e3,
            times[0] * 1e3,
            times[30] * 937.5,
            session.memory_bytes() / 1024
        );
    }
}
