//! Every operation, by its own cases; and what holds for all shapes.

use std::collections::BTreeSet;

use proofmark_engine::executor::reference::ReferenceExecutor;
use proofmark_engine::map::{FUNCTIONS, Function, Map};
use proofmark_engine::ops::{GlobalNorm, Op, Operation, Tensor64};
use proofmark_engine::testing::{check_case, check_executor, check_rejection};
use proofmark_engine::{Executor, Feed, Graph, RunError, Session, StateBlock, Step};

#[test]
fn every_case_holds() {
    Operation::all_cases().iter().for_each(check_case);
}

#[test]
fn every_rejection_holds() {
    Operation::all_rejections().iter().for_each(check_rejection);
}

#[test]
fn the_reference_executor_passes_every_case() {
    for case in Operation::all_cases() {
        check_executor(&case, &ReferenceExecutor);
    }
}

/// An executor that answers the same, whatever it is asked.
struct Constant(f32);

struct ConstantSession(Vec<f32>);

impl Executor for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn prepare(&self, graph: &Graph, _state: &StateBlock, _max_samples: usize) -> Result<Box<dyn Session>, RunError> {
        let (_, output) = &graph.outputs()[0];
        Ok(Box::new(ConstantSession(vec![self.0; graph.ty(*output).elements()])))
    }
}

impl Session for ConstantSession {
    fn run(&mut self, _state: &mut StateBlock, _step: &Step<'_>, _feeds: &[Feed<'_>]) -> Result<(), RunError> {
        Ok(())
    }

    fn output(&self, _idx: usize) -> &[f32] {
        &self.0
    }
}

/// A wrong answer fails, above all where the reference is infinite or no number, from which no tolerance follows.
#[test]
fn an_executor_that_always_answers_the_same_fails() {
    let cases = GlobalNorm::cases();
    let case = |name: &str| cases.iter().find(|case| case.name == name).expect("a case of this name");
    let passes = |name, answer| std::panic::catch_unwind(|| check_executor(case(name), &Constant(answer))).is_ok();
    assert!(passes("known", 13.0) && !passes("known", 3.0));
    assert!(passes("infinite", f32::INFINITY) && !passes("infinite", 3.0));
    assert!(!passes("infinite", f32::NEG_INFINITY) && !passes("infinite", f32::NAN));
    assert!(passes("NaN", f32::NAN) && !passes("NaN", 3.0));
}

#[test]
fn every_operation_has_cases_and_a_name_of_its_own() {
    let with_cases: BTreeSet<&str> = Operation::all_cases().iter().map(|case| case.op.name()).collect();
    let names: BTreeSet<&str> = Operation::NAMES.iter().copied().collect();
    assert_eq!(names.len(), Operation::NAMES.len());
    assert_eq!(with_cases, names);
}

/// What is not differentiable with respect to anything, on purpose. All others have a case that checks the gradient.
const WITHOUT_GRADIENT: &[&str] = &[
    "attention_gradient",
    "average_pool2d_gradient",
    "batch_moments_gradient",
    "batch_sum",
    "cast",
    "categorical_cross_entropy_gradient",
    "conv2d_max_pool",
    "conv2d_weight_gradient",
    "ctc_loss_gradient",
    "dense_update",
    "dense_weight_gradient",
    "embedding_gradient",
    "global_norm",
    "gru_gradient",
    "log_softmax_gradient",
    "lstm_gradient",
    "max_pool2d_gradient",
    "normalize_gradient",
    "quantized_conv2d",
    "quantized_dense",
    "reduce_max_gradient",
    "softmax_cross_entropy_gradient",
    "softmax_gradient",
    "top_k_gradient",
    "triplet_loss_gradient",
    "unpooled",
];

#[test]
fn every_operation_of_the_forward_pass_has_its_gradient_checked() {
    let checked: BTreeSet<&str> =
        Operation::all_cases().iter().filter(|case| case.is_differentiable).map(|case| case.op.name()).collect();
    let others: Vec<&str> = Operation::NAMES.iter().copied().filter(|name| !checked.contains(name)).collect();
    assert_eq!(others.into_iter().collect::<BTreeSet<_>>(), WITHOUT_GRADIENT.iter().copied().collect());
}

/// One exact value for every row of the table of functions.
const KNOWN: &[(Function, [f64; 3], f64)] = &[
    (Function::Add, [1.5, 2.25, 0.0], 3.75),
    (Function::Sub, [1.5, 2.25, 0.0], -0.75),
    (Function::Mul, [1.5, -2.0, 0.0], -3.0),
    (Function::Div, [1.0, 4.0, 0.0], 0.25),
    (Function::MulAdd, [2.0, 3.0, 0.5], 6.5),
    (Function::Neg, [2.5, 0.0, 0.0], -2.5),
    (Function::Abs, [-2.5, 0.0, 0.0], 2.5),
    (Function::Sign, [-2.5, 0.0, 0.0], -1.0),
    (Function::Square, [-1.5, 0.0, 0.0], 2.25),
    (Function::Sqrt, [2.25, 0.0, 0.0], 1.5),
    (Function::Max, [-1.0, 2.0, 0.0], 2.0),
    (Function::Min, [-1.0, 2.0, 0.0], -1.0),
    (Function::Greater, [2.0, -1.0, 0.0], 1.0),
    (Function::Gate, [7.0, -1.0, 0.0], 0.0),
    (Function::Relu, [-2.0, 0.0, 0.0], 0.0),
    (Function::Exp, [0.0, 0.0, 0.0], 1.0),
    (Function::Ln, [1.0, 0.0, 0.0], 0.0),
    (Function::Sigmoid, [0.0, 0.0, 0.0], 0.5),
    (Function::Tanh, [0.0, 0.0, 0.0], 0.0),
    (Function::Erf, [0.0, 0.0, 0.0], 0.0),
    (Function::Softplus, [0.0, 0.0, 0.0], std::f64::consts::LN_2),
];

#[test]
fn every_function_has_its_known_value_in_both_precisions() {
    for row in FUNCTIONS {
        let (_, arguments, value) =
            KNOWN.iter().find(|(function, ..)| *function == row.function).expect("a known value for every row");
        assert_eq!(row.function.evaluate_f64(*arguments), *value, "{} in f64", row.name);
        assert_eq!(row.function.evaluate_f32(arguments.map(|x| x as f32)), *value as f32, "{} in f32", row.name);
    }
    assert_eq!(KNOWN.len(), FUNCTIONS.len());
}

/// Values of the error function as Abramowitz and Stegun print them (table 7.1).
#[test]
fn the_error_function_has_the_values_of_the_tables() {
    for (x, value) in [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (1.5, 0.966_105_146_5), (2.0, 0.995_322_265_0)] {
        for sign in [-1.0, 1.0] {
            let erf = Function::Erf.evaluate_f64([sign * x, 0.0, 0.0]);
            assert!((erf - sign * value).abs() < 5e-11, "{x}: {erf}");
        }
    }
    assert_eq!(Function::Erf.evaluate_f64([f64::NEG_INFINITY, 0.0, 0.0]), -1.0);
    assert!(Function::Erf.evaluate_f64([f64::NAN, 0.0, 0.0]).is_nan());
}

#[test]
fn every_function_in_f32_stays_within_its_bound() {
    let cases = Map::cases();
    for row in FUNCTIONS {
        let case = cases.iter().find(|case| case.name == row.name).expect("a case for every row");
        for sample in 0..case.inputs[0].1.len() {
            let mut arguments = [0f32; 3];
            for (argument, (_, values)) in arguments.iter_mut().zip(&case.inputs) {
                *argument = values[sample] as f32;
            }
            let exact = row.function.evaluate_f64(arguments.map(f64::from));
            let value = f64::from(row.function.evaluate_f32(arguments));
            let bound = row.function.roundings() * exact.abs() / 16_777_216.0;
            assert!((value - exact).abs() <= bound, "{} of {arguments:?}: {value}, not {exact} +- {bound}", row.name);
        }
    }
}

#[test]
fn nan_passes_where_the_table_says_so() {
    let nan = f32::NAN;
    assert!(Function::Relu.evaluate_f32([nan, 0.0, 0.0]).is_nan());
    assert!(Function::Max.evaluate_f32([nan, 1.0, 0.0]).is_nan());
    assert!(Function::Min.evaluate_f32([nan, 1.0, 0.0]).is_nan());
    assert_eq!(Function::Sign.evaluate_f32([nan, 0.0, 0.0]), 0.0);
    // What is not selected takes no part, whatever it is.
    assert_eq!(Function::Gate.evaluate_f32([nan, 0.0, 0.0]).to_bits(), 0);
    assert_eq!(Function::Gate.evaluate_f32([f32::INFINITY, -1.0, 0.0]).to_bits(), 0);
}

#[test]
fn dropout_keeps_its_share_and_another_step_keeps_others() {
    use proofmark_engine::Type;
    use proofmark_engine::ops::{Dropout, ReferenceContext};
    let dropout = Dropout { rate: 0.25, stream: "drop".to_owned() };
    let x = Tensor64 { ty: Type::sample([10_000]), data: vec![1.0; 20_000] };
    let at = |step| dropout.reference(&[&x], &ReferenceContext { ids: vec![3, 4], step, seed: 7 }).remove(0).data;
    let (first, again, later) = (at(1), at(1), at(2));
    assert_eq!(first, again);
    assert_ne!(first, later);
    assert_ne!(first[..10_000], first[10_000..]);
    let kept = first.iter().filter(|value| **value != 0.0).count();
    // 15,000 expected, with a standard deviation of 61.
    assert!((14_700..15_300).contains(&kept), "{kept} kept");
    assert!(first.iter().all(|value| *value == 0.0 || (value - 4.0 / 3.0).abs() < 1e-12));
}
