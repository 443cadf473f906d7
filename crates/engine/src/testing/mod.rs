//! Checks that every operation and every executor must pass. Operations bring [`Case`]s; these
//! functions judge them, and panic with the case's name where one fails.
//!
//! [`check_case`] judges the operation itself: types, known values, the reference, the gradient. [`check_executor`] judges
//! an executor by the case. [`executor_outputs`] gives the bits, so that threads and SIMD levels can be compared.

mod executor;
mod gradient;
mod single;

use std::fmt::Write as _;

use proofmark_tensor::{Bf16, DType};

pub use executor::{check_executor, executor_outputs};

use crate::graph::{Span, Type};
use crate::ops::{Case, Fold, Operation, Reference, ReferenceContext, Rejection, Tensor64};

/// Where all checks stand: no step and no seed is special, and samples are known by scrambled names.
const STEP: u32 = 3;
const SEED: u64 = 42;

/// Judges an operation by one case: the types, the known values, the reference's consistency, and the gradient against
/// central differences.
///
/// # Panics
/// If the operation fails the case.
pub fn check_case(case: &Case) {
    let outputs = check_types(case);
    let context = context(case.n_samples);
    let inputs = tensors(case);
    let references = reference(case, &inputs, &context);
    check_reference(case, &outputs, &references);
    if let Some(expected) = &case.expected {
        assert_eq!(expected.len(), references.len(), "{}: number of known outputs", label(case));
        for (output, (known, reference)) in expected.iter().zip(&references).enumerate() {
            let is_close =
                |a: &f64, b: &f64| (a - b).abs() <= 1e-12 * b.abs().max(1.0) || a == b || a.is_nan() && b.is_nan();
            let fits =
                known.len() == reference.data.len() && known.iter().zip(&reference.data).all(|(a, b)| is_close(a, b));
            assert!(fits, "{}: output {output} is {:?}, known to be {known:?}", label(case), reference.data);
        }
    }
    check_samples(case, &outputs, &references);
    if case.is_differentiable {
        gradient::check(case);
    }
}

/// Checks that type inference refuses the inputs, with the exact text.
///
/// # Panics
/// If it accepts them or says something else.
pub fn check_rejection(rejection: &Rejection) {
    let inputs: Vec<&Type> = rejection.inputs.iter().collect();
    match rejection.op.infer(&inputs) {
        Ok(outputs) => panic!("`{}` accepts {inputs:?} and gives {outputs:?}", rejection.op),
        Err(error) => assert_eq!(error.to_string(), rejection.text, "`{}` of {inputs:?}", rejection.op),
    }
}

/// The inferred types, after checking that the operation's kind fits them.
fn check_types(case: &Case) -> Vec<Type> {
    let types: Vec<&Type> = case.inputs.iter().map(|(ty, _)| ty).collect();
    let outputs = case.op.infer(&types).unwrap_or_else(|error| panic!("{}: {error}", label(case)));
    assert!(!outputs.is_empty(), "{}: no outputs", label(case));
    let sums_over_samples =
        types.iter().any(|ty| ty.span == Span::Sample) && outputs.iter().any(|ty| ty.span == Span::Step);
    // An update runs over outputs alone: no shards leave results that could be folded.
    let needs_fold = sums_over_samples && !matches!(case.op, Operation::DenseUpdate(_));
    assert_eq!(case.op.fold().is_some(), needs_fold, "{}: a fold, exactly where samples are summed", label(case));
    if case.op.is_view() {
        assert_eq!(types[0].bytes(), outputs[0].bytes(), "{}: a view has its input's memory", label(case));
    }
    for (input, (ty, values)) in case.inputs.iter().enumerate() {
        let copies = context(case.n_samples).copies(ty);
        assert_eq!(values.len(), copies * ty.elements(), "{}: values of input {input}", label(case));
    }
    outputs
}

/// The reference's outputs have the inferred types' sizes, and magnitudes that can bound an error.
fn check_reference(case: &Case, outputs: &[Type], references: &[Reference]) {
    assert_eq!(references.len(), outputs.len(), "{}: number of outputs", label(case));
    for (output, (reference, ty)) in references.iter().zip(outputs).enumerate() {
        let count = context(case.n_samples).copies(ty) * ty.elements();
        assert_eq!(reference.data.len(), count, "{}: elements of output {output}", label(case));
        assert_eq!(reference.magnitude.len(), count, "{}: magnitudes of output {output}", label(case));
        for (idx, (value, magnitude)) in reference.data.iter().zip(&reference.magnitude).enumerate() {
            let is_bound = *magnitude >= 0.0 || !value.is_finite();
            assert!(is_bound, "{}: magnitude {magnitude} of output {output}[{idx}]", label(case));
            // What is computed rounds at least once. Programs count their roundings in the magnitude instead.
            let is_computed = reference.terms > 0 && *magnitude > 0.0 && !matches!(case.op, Operation::Map(_));
            let covers = !is_computed || !value.is_finite() || *magnitude >= value.abs() * (1.0 - 1e-9);
            assert!(covers, "{}: magnitude {magnitude} of {value} at output {output}[{idx}]", label(case));
        }
        if matches!(ty.dtype, DType::I32 | DType::U8) {
            let is_integer = |value: &f64| value.fract() == 0.0 && (0.0..256.0).contains(value);
            assert!(reference.data.iter().all(is_integer), "{}: integers of output {output}", label(case));
        }
    }
}

/// What is per sample depends on no other sample, and a sum over samples is the sum of theirs.
fn check_samples(case: &Case, outputs: &[Type], references: &[Reference]) {
    // Means of a part do not add up to the whole's, and what depends on the batch is not to be had of a part.
    if case.op.fold() == Some(Fold::Moments) || case.op.couples_samples() {
        return;
    }
    let whole = context(case.n_samples);
    let mut sums: Vec<Vec<f64>> = references.iter().map(|reference| vec![0.0; reference.data.len()]).collect();
    for sample in 0..case.n_samples {
        let inputs: Vec<Tensor64> = tensors(case)
            .into_iter()
            .map(|tensor| match tensor.ty.span {
                Span::Sample => {
                    let elements = tensor.ty.elements();
                    Tensor64 { data: tensor.data[sample * elements..(sample + 1) * elements].to_vec(), ..tensor }
                }
                Span::Step => tensor,
            })
            .collect();
        let alone = reference(case, &inputs, &ReferenceContext { ids: vec![whole.ids[sample]], ..whole });
        for (output, (alone, ty)) in alone.iter().zip(outputs).enumerate() {
            if ty.span == Span::Sample {
                let own = &references[output].data[sample * ty.elements()..(sample + 1) * ty.elements()];
                let is_same = own.iter().zip(&alone.data).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(is_same, "{}: sample {sample} of output {output} depends on others", label(case));
            } else {
                sums[output].iter_mut().zip(&alone.data).for_each(|(sum, value)| *sum += value);
            }
        }
    }
    for (output, ty) in outputs.iter().enumerate() {
        if case.op.fold().is_some() && ty.span == Span::Step {
            let reference = &references[output];
            for ((sum, value), magnitude) in sums[output].iter().zip(&reference.data).zip(&reference.magnitude) {
                assert!((sum - value).abs() <= 1e-12 * magnitude, "{}: {value} is no sum of samples", label(case));
            }
        }
    }
}

/// The inputs in f64, after rounding to what an executor can be fed.
fn tensors(case: &Case) -> Vec<Tensor64> {
    let rounded = |ty: &Type, value: f64| match ty.dtype {
        DType::F32 => f64::from(value as f32),
        DType::Bf16 => f64::from(Bf16::from_f32(value as f32).to_f32()),
        DType::I32 | DType::U8 => value,
    };
    case.inputs
        .iter()
        .map(|(ty, values)| Tensor64 { ty: ty.clone(), data: values.iter().map(|value| rounded(ty, *value)).collect() })
        .collect()
}

fn reference(case: &Case, inputs: &[Tensor64], context: &ReferenceContext) -> Vec<Reference> {
    let inputs: Vec<&Tensor64> = inputs.iter().collect();
    case.op.reference(&inputs, context)
}

fn context(n_samples: usize) -> ReferenceContext {
    // Identities beyond 32 bits, in no order.
    let ids = (0..n_samples as u64).map(|sample| (sample * 7_919 + 5) << 30).collect();
    ReferenceContext { ids, step: STEP, seed: SEED }
}

fn label(case: &Case) -> String {
    let mut label = format!("`{}` of", case.op);
    for (ty, _) in &case.inputs {
        let _ = write!(label, " {ty},");
    }
    let _ = write!(label, " {} samples ({})", case.n_samples, case.name);
    label
}
