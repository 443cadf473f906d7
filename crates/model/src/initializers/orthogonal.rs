use std::ops::Bound::{Excluded, Included};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FillSite, InitializerDefinition};
use crate::ranges::Ranges;

/// A random orthogonal matrix: with all axes but the last taken as one, the kernel's columns (or its rows, if these are
/// fewer) have length `gain` and are perpendicular. Takes time in the order of rows times columns times the smaller of
/// both.
///
/// The Q of the QR decomposition of normal numbers, by Householder reflections in f64, its columns' signs chosen so that
/// R's diagonal is positive (which makes it uniform over all such matrices).
///
/// *Source*: Saxe, McClelland, Ganguli 2013; Mezzadri 2007, section 5; Keras' `Orthogonal`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Orthogonal {
    /// Length of the columns, above 0 and at most 1e30. Default 1.
    #[schemars(range(max = 1e30), extend("exclusiveMinimum" = 0))]
    pub gain: f64,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Orthogonal { gain: 1.0 }
    }
}

impl InitializerDefinition for Orthogonal {
    fn check(&self, ranges: &mut Ranges, prefix: &str) {
        ranges.number(&format!("{prefix}gain"), self.gain, (Excluded(0.0), Included(1e30)));
    }

    fn min_rank(&self) -> usize {
        2
    }

    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]) {
        let columns = site.shape.last().copied().unwrap_or(1).max(1);
        let rows = values.len() / columns;
        let (long, short) = (rows.max(columns), rows.min(columns));
        site.stream.fill_normal(0, 0, values);
        // The vectors lie one after the other, `long` numbers each.
        let mut vectors: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        orthonormalize(&mut vectors, long, short);
        for (element, value) in values.iter_mut().enumerate() {
            let (row, column) = (element / columns, element % columns);
            let (vector, position) = if rows >= columns { (column, row) } else { (row, column) };
            *value = (vectors[vector * long + position] * self.gain) as f32;
        }
    }
}

/// Replaces the `short` vectors of `long` numbers by the Q of their QR decomposition.
fn orthonormalize(vectors: &mut [f64], long: usize, short: usize) {
    // Below each vector's diagonal stands the Householder vector; the diagonal of R stands apart.
    let mut diagonal = vec![0.0; short];
    for k in 0..short {
        let (head, tail) = vectors.split_at_mut((k + 1) * long);
        let reflector = &mut head[k * long + k..];
        let length = dot(reflector, reflector).sqrt();
        diagonal[k] = if reflector[0] > 0.0 { -length } else { length };
        reflector[0] -= diagonal[k];
        let square = dot(reflector, reflector);
        for vector in tail.chunks_exact_mut(long) {
            reflect(reflector, square, &mut vector[k..]);
        }
    }
    let reflectors = vectors.to_vec();
    vectors.fill(0.0);
    for k in (0..short).rev() {
        vectors[k * long + k] = 1.0;
        let reflector = &reflectors[k * long + k..(k + 1) * long];
        let square = dot(reflector, reflector);
        for column in k..short {
            reflect(reflector, square, &mut vectors[column * long + k..(column + 1) * long]);
        }
    }
    for (k, vector) in vectors.chunks_exact_mut(long).enumerate() {
        if diagonal[k] < 0.0 {
            vector.iter_mut().for_each(|value| *value = -*value);
        }
    }
}

/// `x - 2 v (v·x) / (v·v)`; a reflector of zeros changes nothing.
fn reflect(v: &[f64], square: f64, x: &mut [f64]) {
    if square > 0.0 {
        let share = 2.0 * dot(v, x) / square;
        for (x, v) in x.iter_mut().zip(v) {
            *x -= share * v;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| a.mul_add(*b, sum))
}
