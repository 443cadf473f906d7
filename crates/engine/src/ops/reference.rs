use crate::graph::{Span, Type};

/// A value in f64: what references compute with. Per-sample values hold the samples one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor64 {
    /// Type of one sample (or of the step's value).
    pub ty: Type,
    /// The elements; integers are exact.
    pub data: Vec<f64>,
}

/// What a reference computes: values, and what bounds the rounding error of f32 code for the same.
///
/// The tolerance of an element is `(terms + 2) 2^-24 magnitude`: `terms` roundings along a chain, each of at most half a
/// unit in the last place of partial sums that `magnitude`, the sum of the absolute terms, bounds (Higham 2002, section
/// 3.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The values.
    pub data: Vec<f64>,
    /// For each element, the sum of the absolute terms.
    pub magnitude: Vec<f64>,
    /// Length of the longest chain of roundings.
    pub terms: usize,
}

/// What a step gives to a reference besides the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceContext {
    /// Identity of each sample of the batch: what random numbers depend on.
    pub ids: Vec<u64>,
    /// Index of the training step.
    pub step: u32,
    /// Seed of the run.
    pub seed: u64,
}

impl ReferenceContext {
    /// Number of samples in the batch.
    pub fn samples(&self) -> usize {
        self.ids.len()
    }

    /// How often a value of this type exists: once a sample or once.
    pub fn copies(&self, ty: &Type) -> usize {
        if ty.span == Span::Sample { self.samples() } else { 1 }
    }
}

impl Reference {
    /// Zeros for a value of this type.
    pub fn zeros(ty: &Type, samples: usize, terms: usize) -> Self {
        let count = ty.elements() * if ty.span == Span::Sample { samples } else { 1 };
        Reference { data: vec![0.0; count], magnitude: vec![0.0; count], terms }
    }

    /// Values that are moved, not computed: no rounding at all.
    pub fn exact(data: Vec<f64>) -> Self {
        let magnitude = vec![0.0; data.len()];
        Reference { data, magnitude, terms: 0 }
    }

    /// Adds a term to the element at `idx`.
    pub(super) fn add_term(&mut self, idx: usize, term: f64) {
        self.data[idx] += term;
        self.magnitude[idx] += term.abs();
    }

    /// The tolerance of the element at `idx`.
    pub fn tolerance(&self, idx: usize) -> f64 {
        // Results below the normal range round to multiples of the smallest denormal.
        (self.terms + 2) as f64 * (self.magnitude[idx] / 16_777_216.0 + f64::from(f32::from_bits(1)))
    }
}
