//! Executors against the reference.

use super::single::Single;
use super::{context, label, reference, tensors};
use crate::executor::Executor;
use crate::ops::Case;

/// Runs a case's operation alone and compares every f32 output with the reference, within the reference's tolerance; NaN
/// must be NaN, infinities equal: no tolerance follows from them. A second run on the same session must give the same bits.
///
/// # Panics
/// If the executor fails the case.
pub fn check_executor(case: &Case, executor: &dyn Executor) {
    let mut single = Single::new(case);
    let named = single.name_outputs();
    let [first, second] = &single.run(executor, 2)[..] else { unreachable!("two runs were asked for") };
    let references = reference(case, &tensors(case), &context(case.n_samples));
    for (position, output) in named.into_iter().enumerate() {
        let reference = &references[output];
        let place = || format!("{} on {}: output {output}", label(case), executor.name());
        assert_eq!(first[position].len(), reference.data.len(), "{}: elements", place());
        for (idx, (value, expected)) in first[position].iter().zip(&reference.data).enumerate() {
            let tolerance = reference.tolerance(idx);
            let difference = (f64::from(*value) - expected).abs();
            let is_equal = f64::from(*value) == *expected || value.is_nan() && expected.is_nan();
            let is_close = expected.is_finite() && tolerance.is_finite() && difference <= tolerance;
            assert!(is_equal || is_close, "{}[{idx}] is {value}, not {expected} +- {tolerance}", place());
        }
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&first[position]), bits(&second[position]), "{}: another run, other bits", place());
    }
}

/// The f32 outputs of a case's operation, run alone: for comparing bits between levels and numbers of threads.
///
/// # Panics
/// If the executor refuses the graph.
pub fn executor_outputs(case: &Case, executor: &dyn Executor) -> Vec<Vec<f32>> {
    let mut single = Single::new(case);
    single.name_outputs();
    single.run(executor, 1).swap_remove(0)
}
