//! Trains a causal transformer on random tokens and prints tokens a second, as one line of JSON: our side of the work `language`
//! of `benches/peers/pytorch.py`. Four layers of width 256 with their norms first, four heads, a feed-forward of 1,024, a
//! vocabulary of 256, sequences of 128, batches of 16, AdamW. A program to be measured, not a test.
//!
//! ```text
//! cargo run --release -p proofmark-engine --example language -- [threads] [steps] [--nodes]
//! ```

mod node_table;

use std::error::Error;
use std::time::Instant;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::gradient::backward;
use proofmark_engine::map::{Builder, Function, Map, Operand, Program};
use proofmark_engine::ops::{
    Attention, Centre, Dense, Embedding, Normalize, Reduce, ReduceKind, Reshape, SoftmaxCrossEntropy,
};
use proofmark_engine::{Feed, Graph, GraphError, Session, StateBlock, StateRole, Step, Type, Value};
use proofmark_tensor::DType;
use proofmark_tensor::math::pow_f64;
use proofmark_tensor::random::Stream;

const VOCABULARY: usize = 256;
const STEPS: usize = 128;
const WIDTH: usize = 256;
const LAYERS: usize = 4;
const HEADS: usize = 4;
const BATCH: usize = 16;

/// Steps that are not counted.
const WARM_UP: usize = 5;

const LEARNING_RATE: f32 = 1e-3;
const WEIGHT_DECAY: f32 = 0.01;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

fn main() -> Result<(), Box<dyn Error>> {
    let (options, arguments): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument == "--nodes");
    let mut arguments = arguments.into_iter();
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (threads, steps) = (number(2)?, number(25)?);
    let graph = language()?;
    let mut state = StateBlock::new(&graph);
    initialize(&graph, &mut state);
    let executor =
        CpuExecutor { clock: (!options.is_empty()).then_some(node_table::clock as _), ..CpuExecutor::new(threads) };
    let mut session = executor.session(&graph, &state, BATCH)?;
    let ids: Vec<u64> = (0..BATCH as u64).collect();
    let (mut seconds, mut losses) = (Vec::new(), Vec::new());
    for index in 0..WARM_UP + steps {
        let drawn = Stream::new(1, "tokens");
        let tokens = |id: u64| {
            let token = move |at: usize| drawn.below(index as u32, id, at as u32, VOCABULARY as u32) as i32;
            (0..BATCH * STEPS).map(token)
        };
        let x: Vec<f32> = tokens(0).map(|token| token as f32).collect();
        let y: Vec<i32> = tokens(1).collect();
        let correction = |beta: f32| 1.0 / (1.0 - pow_f64(f64::from(beta), (index + 1) as f64)) as f32;
        let corrections = [[correction(BETA_1)], [correction(BETA_2)]];
        let share = [1.0 / BATCH as f32];
        let feeds =
            [Feed::F32(&x), Feed::I32(&y), Feed::F32(&share), Feed::F32(&corrections[0]), Feed::F32(&corrections[1])];
        let start = Instant::now();
        session.run(&mut state, &Step { ids: &ids, index: index as u32, seed: 1 }, &feeds)?;
        seconds.push(start.elapsed().as_secs_f64());
        losses.push(session.output(0).iter().sum::<f32>() / BATCH as f32);
    }
    if executor.clock.is_some() {
        node_table::print(&mut session, WARM_UP + steps, BATCH);
    }
    let mut counted = seconds.split_off(WARM_UP);
    counted.sort_by(f64::total_cmp);
    let tokens_per_second = (BATCH * STEPS) as f64 / counted[counted.len() / 2];
    println!(
        "{{\"peer\": \"Proofmark\", \"work\": \"language\", \"threads\": {threads}, \"tokens_per_second\": \
         {tokens_per_second:.0}, \"first_loss\": {:.4}, \"last_loss\": {:.4}}}",
        losses[0],
        losses[losses.len() - 1]
    );
    Ok(())
}

/// The training step.
fn language() -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let tokens = graph.input("tokens", Type::sample([STEPS]))?;
    let next = graph.input("next", Type::sample([STEPS]).with_dtype(DType::I32))?;
    let share = graph.input("share", Type::step([]))?;
    let corrections = [graph.input("correction_1", Type::step([]))?, graph.input("correction_2", Type::step([]))?];
    let table = parameter(&mut graph, "token", &[VOCABULARY, WIDTH])?;
    let position = parameter(&mut graph, "position", &[STEPS, WIDTH])?;
    let vectors = graph.add(Embedding, &[tokens, table])?;
    let mut x = add(&mut graph, vectors, position)?;
    for layer in 0..LAYERS {
        let name = |part: &str| format!("layer{layer}.{part}");
        graph.set_scope(&name("attention"));
        let normed = layer_norm(&mut graph, x, &name("norm1"))?;
        let q = dense(&mut graph, normed, &name("query"), WIDTH, biased)?;
        let k = dense(&mut graph, normed, &name("key"), WIDTH, biased)?;
        let v = dense(&mut graph, normed, &name("value"), WIDTH, biased)?;
        let attention = Attention { heads: HEADS, is_causal: true, has_lengths: false };
        let attended = graph.add(attention, &[q, k, v])?;
        let projected = dense(&mut graph, attended, &name("projection"), WIDTH, biased)?;
        x = add(&mut graph, x, projected)?;
        graph.set_scope(&name("feed_forward"));
        let normed = layer_norm(&mut graph, x, &name("norm2"))?;
        let up = dense(&mut graph, normed, &name("up"), 4 * WIDTH, gelu)?;
        let down = dense(&mut graph, up, &name("down"), WIDTH, biased)?;
        x = add(&mut graph, x, down)?;
    }
    graph.set_scope("head");
    let normed = layer_norm(&mut graph, x, "norm")?;
    let head = parameter(&mut graph, "head.kernel", &[WIDTH, VOCABULARY])?;
    let logits = graph.add(Dense, &[normed, head])?;
    graph.set_scope("loss");
    let losses = graph.add(SoftmaxCrossEntropy, &[logits, next])?;
    let losses = graph.add(Reduce { kind: ReduceKind::Mean, axes: vec![0] }, &[losses])?;
    let loss = graph.add(Reshape { shape: [].into() }, &[losses])?;
    graph.output("loss", loss)?;
    let parameters: Vec<Value> = graph.states().iter().map(|state| state.value).collect();
    let gradients = backward(&mut graph, loss, share, &parameters).expect("every operation has a gradient");
    graph.set_scope("update");
    for (idx, (parameter, gradient)) in parameters.into_iter().zip(gradients).enumerate() {
        adamw(&mut graph, idx, parameter, gradient.expect("every parameter is used"), corrections)?;
    }
    Ok(graph)
}

fn parameter(graph: &mut Graph, name: &str, shape: &[usize]) -> Result<Value, GraphError> {
    graph.state(name, shape.to_vec().into(), StateRole::Parameter)
}

fn add(graph: &mut Graph, a: Value, b: Value) -> Result<Value, GraphError> {
    graph.map(Program::of(Function::Add), &[a, b])
}

fn layer_norm(graph: &mut Graph, x: Value, name: &str) -> Result<Value, GraphError> {
    let y = graph.apply(Normalize { centre: Centre::Mean, epsilon: 1e-5 }, &[x])?[0];
    let gamma = parameter(graph, &format!("{name}.gamma"), &[WIDTH])?;
    let beta = parameter(graph, &format!("{name}.beta"), &[WIDTH])?;
    graph.map(Program::of(Function::MulAdd), &[y, gamma, beta])
}

/// x W, then what `after` makes of it and a bias.
fn dense(
    graph: &mut Graph,
    x: Value,
    name: &str,
    units: usize,
    after: fn(&mut Builder, Operand, Operand) -> Operand,
) -> Result<Value, GraphError> {
    let columns = graph.shape(x).last();
    let kernel = parameter(graph, &format!("{name}.kernel"), &[columns, units])?;
    let bias = parameter(graph, &format!("{name}.bias"), &[units])?;
    let product = graph.add(Dense, &[x, kernel])?;
    let mut builder = Builder::new(2);
    let (x, bias_input) = (builder.input(0), builder.input(1));
    let y = after(&mut builder, x, bias_input);
    graph.map(builder.finish(&[y]), &[product, bias])
}

fn biased(builder: &mut Builder, x: Operand, bias: Operand) -> Operand {
    builder.apply(Function::Add, &[x, bias])
}

/// Exactly, by the error function.
fn gelu(builder: &mut Builder, x: Operand, bias: Operand) -> Operand {
    let x = biased(builder, x, bias);
    let (half, scale) = (builder.constant(0.5), builder.constant(std::f32::consts::FRAC_1_SQRT_2));
    let scaled = builder.apply(Function::Mul, &[x, scale]);
    let erf = builder.apply(Function::Erf, &[scaled]);
    let share = builder.apply(Function::MulAdd, &[erf, half, half]);
    builder.apply(Function::Mul, &[x, share])
}

/// As PyTorch's, where everything decays.
fn adamw(
    graph: &mut Graph,
    idx: usize,
    parameter: Value,
    gradient: Value,
    corrections: [Value; 2],
) -> Result<(), GraphError> {
    let shape = graph.shape(parameter).clone();
    let m = graph.state(&format!("m{idx}"), shape.clone(), StateRole::Optimizer)?;
    let v = graph.state(&format!("v{idx}"), shape, StateRole::Optimizer)?;
    let mut builder = Builder::new(6);
    let [w_in, m_in, v_in, g, first, second] = [0, 1, 2, 3, 4, 5].map(|input| builder.input(input));
    let moved = |builder: &mut Builder, old: Operand, new: Operand, beta: f32| {
        let (keep, take) = (builder.constant(beta), builder.constant(1.0 - beta));
        let taken = builder.apply(Function::Mul, &[take, new]);
        builder.apply(Function::MulAdd, &[keep, old, taken])
    };
    let new_m = moved(&mut builder, m_in, g, BETA_1);
    let square = builder.apply(Function::Square, &[g]);
    let new_v = moved(&mut builder, v_in, square, BETA_2);
    let corrected = builder.apply(Function::Mul, &[new_v, second]);
    let root = builder.apply(Function::Sqrt, &[corrected]);
    let divisor = builder.apply(Function::Add, &[root, builder.constant(EPSILON)]);
    let rate = builder.apply(Function::Mul, &[first, builder.constant(-LEARNING_RATE)]);
    let numerator = builder.apply(Function::Mul, &[rate, new_m]);
    let step = builder.apply(Function::Div, &[numerator, divisor]);
    let kept = builder.constant(1.0 - LEARNING_RATE * WEIGHT_DECAY);
    let new_w = builder.apply(Function::MulAdd, &[kept, w_in, step]);
    let map = Map { program: builder.finish(&[new_w, new_m, new_v]) };
    let new = graph.apply(map, &[parameter, m, v, gradient, corrections[0], corrections[1]])?;
    for (state, value) in [parameter, m, v].into_iter().zip(new) {
        graph.assign(state, value)?;
    }
    Ok(())
}

/// Uniform numbers of about the spread that PyTorch starts with; gains are 1, biases 0.
fn initialize(graph: &Graph, state: &mut StateBlock) {
    for entry in graph.states().iter().filter(|state| state.role == StateRole::Parameter) {
        let stream = Stream::new(1, &entry.name);
        let bound = match &entry.shape[..] {
            _ if entry.name == "token" || entry.name == "position" => 3f32.sqrt(),
            [inputs, _] => 1.0 / (*inputs as f32).sqrt(),
            _ => 0.0,
        };
        let centre = if entry.name.ends_with("gamma") { 1.0 } else { 0.0 };
        for (at, value) in state.get_mut(&entry.name).expect("a state of the graph").iter_mut().enumerate() {
            let uniform = stream.uniform_at(0, 0, at as u32);
            *value = centre + bound * (2.0 * uniform - 1.0);
        }
    }
}
