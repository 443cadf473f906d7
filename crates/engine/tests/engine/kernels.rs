//! The CPU executor's kernels, by every operation's cases and by random shapes: within the derived tolerance of the
//! reference, and the same bits for all levels, numbers of threads and phases.

use proofmark_engine::cpu::{CpuExecutor, Level, runs_natively};
use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::map::{Function, Map, Program};
use proofmark_engine::ops::{
    AveragePool2d, AveragePool2dGradient, Case, Conv2d, Conv2dInputGradient, Conv2dWeightGradient, Dense,
    DenseWeightGradient, MaxPool2d, MaxPool2dGradient, Operation, Padding, ReferenceContext, Softmax, Tensor64, TopK,
    TopKGradient, Transpose, Zeros,
};
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::testing::{check_executor, executor_outputs};
use proofmark_engine::{Executor, Feed, Graph, StateBlock, StateRole, Step, Type, Value};
use proofmark_tensor::{DType, Shape};
use proptest::prelude::*;

/// An executor whose memory is NaN before use, so that reading what nobody wrote shows.
fn executor(level: Level, threads: usize) -> CpuExecutor {
    CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) }
}

/// Every executor whose bits must be those of plain code on one thread.
fn executors() -> Vec<CpuExecutor> {
    let best = Level::best();
    let mut executors: Vec<CpuExecutor> = Level::available().into_iter().map(|level| executor(level, 1)).collect();
    executors.extend([2, 3, 5, 8, 16].map(|threads| executor(best, threads)));
    // Sums over samples all over shards, and all over outputs.
    for outputs_ratio in [0, usize::MAX] {
        let options = PlanOptions { outputs_ratio, ..PlanOptions::default() };
        executors.extend([1, 3].map(|threads| CpuExecutor { options, ..executor(best, threads) }));
    }
    executors
}

/// The bits of a case's outputs. The payload of a NaN is no promise; which elements are NaN is.
fn bits(case: &Case, executor: &dyn Executor) -> Vec<Vec<u32>> {
    let bits = |value: f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
    executor_outputs(case, executor).into_iter().map(|output| output.into_iter().map(bits).collect()).collect()
}

fn check_bits(case: &Case, executors: &[CpuExecutor]) {
    let expected = bits(case, &executor(Level::Scalar, 1));
    for executor in executors {
        assert_eq!(bits(case, executor), expected, "{} ({}) on {executor:?}", case.op, case.name);
    }
}

#[test]
fn every_case_is_within_its_tolerance_at_every_level_and_size_of_shards() {
    for level in Level::available() {
        for case in Operation::all_cases() {
            for shard_samples in [1, 5, 8, 1024] {
                let options = PlanOptions { shard_samples, ..PlanOptions::default() };
                check_executor(&case, &CpuExecutor { options, ..executor(level, 1) });
            }
        }
    }
}

#[test]
fn levels_threads_and_phases_do_not_change_a_bit() {
    let executors = executors();
    for case in Operation::all_cases() {
        check_bits(&case, &executors);
    }
}

#[test]
fn every_operation_runs_natively() {
    let by_reference: Vec<&str> =
        Operation::all_cases().iter().filter(|case| !runs_natively(&case.op)).map(|case| case.op.name()).collect();
    assert_eq!(by_reference, [""; 0]);
}

/// Matrices of parameters are split into tasks; their sizes are around the sides of blocks and tasks.
#[test]
fn large_transposes_are_split_into_tasks() {
    let executors = [executor(Level::best(), 1), executor(Level::best(), 3)];
    for (shape, axes) in [
        (&[1600, 128][..], &[1, 0][..]),
        (&[17, 2049], &[1, 0]),
        (&[2049, 17], &[1, 0]),
        (&[3, 3, 32, 64], &[0, 1, 3, 2]),
        (&[5, 70, 4, 33], &[2, 0, 3, 1]),
        (&[40, 5, 70], &[1, 0, 2]),
        (&[2, 3, 4, 5, 6, 7], &[5, 3, 1, 0, 2, 4]),
    ] {
        let case = Case::made_up("large", Transpose { axes: axes.to_vec() }, &[Type::step(Shape::new(shape))], 1);
        check_executor(&case, &executors[0]);
        check_bits(&case, &executors);
    }
}

/// What `build` adds to a graph of one input, by the reference and at every level; the input is one sample.
fn check_special(x: (&[usize], &[f32]), build: impl Fn(&mut Graph, Value) -> Value, expected: &[f32]) {
    let levels = Level::available().into_iter().map(|level| Box::new(executor(level, 1)) as Box<dyn Executor>);
    for executor in levels.chain([Box::new(ReferenceExecutor) as Box<dyn Executor>]) {
        let mut graph = Graph::new();
        let input = graph.input("x", Type::sample(Shape::new(x.0))).unwrap();
        let y = build(&mut graph, input);
        graph.output("y", y).unwrap();
        let mut state = StateBlock::new(&graph);
        if let Some(ones) = state.get_mut("ones") {
            ones.fill(1.0);
        }
        let mut session = executor.prepare(&graph, &state, 1).unwrap();
        session.run(&mut state, &Step { ids: &[0], index: 0, seed: 0 }, &[Feed::F32(x.1)]).unwrap();
        let y = session.output(0);
        let is_same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        let name = executor.name();
        assert!(y.len() == expected.len() && y.iter().zip(expected).all(is_same), "{name}: {y:?}, not {expected:?}");
    }
}

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

#[test]
fn nan_and_infinity_pass_relu_and_are_not_multiplied_by_zero() {
    let relu = |graph: &mut Graph, x| graph.map(Program::of(Function::Relu), &[x]).unwrap();
    check_special((&[5], &[NAN, -INF, INF, -0.0, -1.0]), relu, &[NAN, 0.0, INF, -0.0, 0.0]);
    // A gate that is shut gives +0.0, whatever stands behind it.
    let gate = |graph: &mut Graph, x| {
        let shut = graph.map(Program::of(Function::Sign), &[x]).unwrap();
        graph.map(Program::of(Function::Gate), &[x, shut]).unwrap()
    };
    check_special((&[4], &[NAN, -INF, INF, 2.0]), gate, &[0.0, 0.0, INF, 2.0]);
}

#[test]
fn nan_wins_a_maximum_and_the_first_maximum_its_gradient() {
    let pool = MaxPool2d { size: [2, 2], stride: [2, 2], padding: Padding::Valid };
    let max = |graph: &mut Graph, x| graph.add(pool, &[x]).unwrap();
    let image = [1.0, NAN, -INF, -INF, -0.0, 0.0, INF, 3.0, -INF, -INF, 0.0, -0.0];
    // Windows (row-major): {1, NaN, -0, 0}, {-inf, -inf, inf, 3}.
    check_special((&[2, 4, 1], &image[..8]), max, &[NAN, INF]);
    check_special((&[2, 2, 1], &[-INF, -INF, -INF, -INF]), max, &[-INF]);
    check_special((&[2, 2, 1], &[-0.0, 0.0, -1.0, 0.0]), max, &[-0.0]);
    // Two NaNs, a tie, and nothing but -inf: the gradient goes to the first of them, +0.0 to the others.
    let gradient = |graph: &mut Graph, x: Value| {
        let outputs = graph.apply(pool, &[x]).unwrap();
        let ones = graph.state("ones", [3].into(), StateRole::Parameter).unwrap();
        let zero = graph.map(Program::of(Function::Greater), &[outputs[0], outputs[0]]).unwrap();
        let dy = graph.map(Program::of(Function::Add), &[zero, ones]).unwrap();
        let input = graph.shape(x).clone();
        graph.add(MaxPool2dGradient { pool, input }, &[outputs[1], dy]).unwrap()
    };
    let channels = [[2.0, 7.0, -INF], [NAN, 7.0, -INF], [NAN, 1.0, -INF], [5.0, 7.0, -INF]];
    let selected = [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0; 3], [0.0; 3]];
    check_special((&[2, 2, 3], channels.as_flattened()), gradient, selected.as_flattened());
}

#[test]
fn what_is_no_number_fills_its_row_of_a_softmax() {
    let softmax = |graph: &mut Graph, x| graph.add(Softmax, &[x]).unwrap();
    let rows = [[NAN, 1.0], [INF, 1.0], [-INF, -INF], [-INF, 3.0], [1.0e38, -1.0e38]];
    let expected = [[NAN; 2], [NAN; 2], [NAN; 2], [0.0, 1.0], [1.0, 0.0]];
    check_special((&[5, 2], rows.as_flattened()), softmax, expected.as_flattened());
}

#[test]
fn a_padded_tap_takes_part_as_zero() {
    let conv = Conv2d { padding: Padding::Same, ..Conv2d::valid() };
    // An infinite weight meets a padded +0.0 at the border: NaN on every path. Ones: the plain sums.
    let convolve = |graph: &mut Graph, x| {
        let ones = graph.state("ones", [1, 3, 1, 1].into(), StateRole::Parameter).unwrap();
        graph.add(conv, &[x, ones]).unwrap()
    };
    check_special((&[1, 4, 1], &[1.0, 2.0, -INF, 4.0]), convolve, &[3.0, -INF, -INF, -INF]);
    let infinite = |graph: &mut Graph, x| {
        let ones = graph.state("ones", [1, 3, 1, 1].into(), StateRole::Parameter).unwrap();
        let mut builder = proofmark_engine::map::Builder::new(1);
        let w = builder.apply(Function::Mul, &[builder.input(0), builder.constant(INF)]);
        let w = graph.map(builder.finish(&[w]), &[ones]).unwrap();
        graph.add(conv, &[x, w]).unwrap()
    };
    check_special((&[1, 4, 1], &[1.0, 2.0, 3.0, 4.0]), infinite, &[NAN, INF, INF, NAN]);
    // A tap that lies in the padding for every output takes part as well.
    let far = |graph: &mut Graph, x| {
        let ones = graph.state("ones", [1, 3, 1, 1].into(), StateRole::Parameter).unwrap();
        let mut builder = proofmark_engine::map::Builder::new(1);
        let w = builder.apply(Function::Mul, &[builder.input(0), builder.constant(INF)]);
        let w = graph.map(builder.finish(&[w]), &[ones]).unwrap();
        graph.add(Conv2d { dilation: [1, 100], ..conv }, &[x, w]).unwrap()
    };
    check_special((&[1, 4, 1], &[1.0, 2.0, 3.0, 4.0]), far, &[NAN; 4]);
}

/// The same for both gradients: between strides and in the padding stand zeros that are multiplied.
#[test]
fn a_padded_tap_takes_part_as_zero_in_the_gradients_too() {
    let conv = Conv2d { padding: Padding::Same, stride: [1, 2], ..Conv2d::valid() };
    let infinite = |graph: &mut Graph, shape: &[usize]| {
        let ones = graph.state("ones", Shape::new(shape), StateRole::Parameter).unwrap();
        let mut builder = proofmark_engine::map::Builder::new(1);
        let w = builder.apply(Function::Mul, &[builder.input(0), builder.constant(INF)]);
        graph.map(builder.finish(&[w]), &[ones]).unwrap()
    };
    // Outputs 0 and 1 read inputs 0, 1, 2 and 2, 3, 4: every input has a tap without an output.
    let input_gradient = |graph: &mut Graph, dy| {
        let w = infinite(graph, &[1, 3, 1, 1]);
        graph.add(Conv2dInputGradient { conv, input: [1, 4, 1].into(), zeros: Zeros::Multiply }, &[dy, w]).unwrap()
    };
    check_special((&[1, 2, 1], &[1.0, 2.0]), input_gradient, &[NAN; 4]);
    // x and dy are the same values; the first tap of the first output and the last of the last lie in the padding.
    let same = Conv2d { stride: [1, 1], ..conv };
    let weight_gradient = |graph: &mut Graph, x| {
        let dw =
            graph.add(Conv2dWeightGradient { conv: same, kernel: [1, 3], zeros: Zeros::Multiply }, &[x, x]).unwrap();
        // One number a sample, so that the result is the input's.
        graph.map(Program::identity(), &[dw]).unwrap()
    };
    check_special((&[1, 3, 1], &[INF, 1.0, INF]), weight_gradient, &[NAN, INF, NAN]);
}

/// Integers are no outputs that a case could compare: values put back where the indices say are the row without its others.
#[test]
fn the_indices_of_the_largest_are_theirs() {
    const SAMPLES: usize = 11;
    let mut graph = Graph::new();
    let x = graph.input("x", Type::sample([2, 37])).unwrap();
    let outputs = graph.apply(TopK { k: 5 }, &[x]).unwrap();
    let back = graph.add(TopKGradient { extent: 37 }, &[outputs[1], outputs[0]]).unwrap();
    graph.output("back", back).unwrap();
    let values = Case::made_up("rows", Softmax, &[Type::sample([2, 37])], SAMPLES).inputs.swap_remove(0).1;
    let mut values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    // Ties at the border of what is taken, infinities, and a NaN.
    values[..37].fill(1.0);
    (values[40], values[41], values[80]) = (f32::INFINITY, f32::NEG_INFINITY, f32::NAN);
    let mut expected = vec![0.0f32; values.len()];
    for (row, expected) in values.chunks(37).zip(expected.chunks_mut(37)) {
        let mut order: Vec<usize> = (0..37).collect();
        // Stable, so that of equal ones the first comes first.
        order.sort_by(|a, b| match (row[*a].is_nan(), row[*b].is_nan()) {
            (false, false) => row[*b].partial_cmp(&row[*a]).expect("numbers"),
            (a, b) => b.cmp(&a),
        });
        order[..5].iter().for_each(|at| expected[*at] = row[*at]);
    }
    let ids: Vec<u64> = (0..SAMPLES as u64).collect();
    let cpus = executors().into_iter().map(|executor| Box::new(executor) as Box<dyn Executor>);
    for executor in cpus.chain([Box::new(ReferenceExecutor) as Box<dyn Executor>]) {
        let mut state = StateBlock::new(&graph);
        let mut session = executor.prepare(&graph, &state, SAMPLES).unwrap();
        let step = Step { ids: &ids, index: 0, seed: 0 };
        session.run(&mut state, &step, &[Feed::F32(&values)]).unwrap();
        let is_same = |(a, b): (&f32, &f32)| a == b || a.is_nan() && b.is_nan();
        assert!(session.output(0).iter().zip(&expected).all(is_same), "{}", executor.name());
    }
}

/// More shards than 2^16: as many sums may wait as the batch needs.
#[test]
fn a_batch_of_many_shards_is_summed_over_outputs() {
    let case =
        Case::made_up("many shards", DenseWeightGradient, &[Type::sample([1]), Type::sample([1])], (1 << 16) + 3);
    let options = |outputs_ratio| PlanOptions { shard_samples: 1, outputs_ratio };
    let executor = |outputs_ratio| CpuExecutor { options: options(outputs_ratio), ..executor(Level::best(), 2) };
    assert_eq!(bits(&case, &executor(0)), bits(&case, &executor(usize::MAX)));
}

/// A sum of as many inputs as the layer `add` takes runs as programs of fewer do: by its own kernel, the same chain.
#[test]
fn a_program_of_many_inputs_and_outputs_runs_natively() {
    let mut builder = proofmark_engine::map::Builder::new(64);
    let mut sums = vec![builder.input(0)];
    for idx in 1..64 {
        sums.push(builder.apply(Function::Add, &[sums[idx - 1], builder.input(idx)]));
    }
    let program = builder.finish(&sums);
    let mut case = Case::made_up("many operands", Map { program }, &vec![Type::sample([300]); 64], 9);
    // Values whose sums are rounded.
    let values = case.inputs.iter_mut().flat_map(|(_, values)| values);
    values.for_each(|value| *value = f64::from((*value / 3.0) as f32));
    for executor in executors() {
        check_executor(&case, &executor);
        let outputs = executor_outputs(&case, &executor);
        let mut sums = vec![0.0f32; outputs[0].len()];
        for (idx, (output, (_, values))) in outputs.iter().zip(&case.inputs).enumerate() {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value as f32);
            let is_same = sums.iter().zip(output).all(|(sum, value)| sum.to_bits() == value.to_bits());
            assert!(is_same, "output {idx} on {executor:?}");
        }
    }
}

/// Judges an operation on made-up values of these shapes.
fn check_shapes(op: impl Into<Operation>, types: &[Type], n_samples: usize) {
    check_case(&Case::made_up("random", op, types, n_samples));
}

fn check_case(case: &Case) {
    for level in Level::available() {
        check_executor(case, &executor(level, 1));
    }
    let mut executors = executors();
    executors.retain(|executor| [1, 3].contains(&executor.threads));
    check_bits(case, &executors);
}

fn pair(range: std::ops::Range<usize>) -> impl Strategy<Value = [usize; 2]> {
    [range.clone(), range]
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::Valid), Just(Padding::Same)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn convolutions_of_any_shape(
        input in pair(1..9), channels in 1..5usize, filters in prop_oneof![1..6usize, 30..36usize], kernel in pair(1..4),
        stride in pair(1..4), dilation in prop_oneof![pair(1..3), pair(1..12)], groups in 1..4usize, padding in padding(), n_samples in 1..20usize,
    ) {
        let conv = Conv2d { stride, padding, dilation, groups };
        let (channels, filters) = (channels * groups, filters * groups);
        let x = Type::sample([input[0], input[1], channels]);
        let w = Type::step([kernel[0], kernel[1], channels / groups, filters]);
        let Ok(outputs) = Operation::from(conv).infer(&[&x, &w]) else { return Ok(()) };
        let dy = outputs[0].clone();
        check_shapes(conv, &[x.clone(), w], n_samples);
        let transposed = Type::step([kernel[0], kernel[1], filters / groups, channels]);
        check_shapes(Conv2dInputGradient { conv, input: x.shape.clone(), zeros: Zeros::Multiply }, &[dy.clone(), transposed.clone()], n_samples);
        check_shapes(Conv2dWeightGradient { conv, kernel, zeros: Zeros::Multiply }, &[x.clone(), dy.clone()], n_samples);
        if conv.groups == 1 && conv.dilation == [1, 1] {
            let zeros = Zeros::Skip;
            check_shapes(Conv2dInputGradient { conv, input: x.shape.clone(), zeros }, &[dy.clone(), transposed], n_samples);
            check_shapes(Conv2dWeightGradient { conv, kernel, zeros }, &[x, dy], n_samples);
        }
    }

    #[test]
    fn poolings_of_any_shape(
        input in pair(1..9), channels in prop_oneof![1..4usize, 30..36usize], size in pair(1..4), stride in pair(1..4),
        padding in padding(), n_samples in 1..20usize,
    ) {
        let x = Type::sample([input[0], input[1], channels]);
        let max = MaxPool2d { size, stride, padding };
        let average = AveragePool2d { size, stride, padding };
        let Ok(outputs) = Operation::from(max).infer(&[&x]) else { return Ok(()) };
        let dy = outputs[0].clone();
        check_shapes(max, std::slice::from_ref(&x), n_samples);
        // The arg-max is that of the made-up images: bytes cannot be fed.
        let images = Case::made_up("images", max, std::slice::from_ref(&x), n_samples).inputs.swap_remove(0);
        let context = ReferenceContext { ids: vec![0; n_samples], step: 0, seed: 0 };
        let images = Tensor64 { ty: images.0, data: images.1 };
        let arg_max = Operation::from(max).reference(&[&images], &context).swap_remove(1).data;
        let gradient = MaxPool2dGradient { pool: max, input: x.shape.clone() };
        let types = [dy.clone().with_dtype(DType::U8), dy.clone()];
        check_case(&Case::made_up("random", gradient, &types, n_samples).with_input(0, arg_max));
        check_shapes(average, std::slice::from_ref(&x), n_samples);
        check_shapes(AveragePool2dGradient { pool: average, input: x.shape.clone() }, &[dy], n_samples);
    }

    #[test]
    fn dense_layers_of_any_shape(
        leading in prop::collection::vec(1..3usize, 0..2), terms in prop_oneof![1..40usize, 4090..4100usize],
        columns in prop_oneof![1..6usize, 14..50usize], n_samples in 1..40usize,
    ) {
        let x = Type::sample(leading.iter().copied().chain([terms]).collect::<Vec<_>>());
        let dy = Type::sample(leading.iter().copied().chain([columns]).collect::<Vec<_>>());
        check_shapes(Dense, &[x.clone(), Type::step([terms, columns])], n_samples);
        check_shapes(DenseWeightGradient, &[x, dy], n_samples);
    }
}
