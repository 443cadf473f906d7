//! Eigenvectors of a symmetric matrix.

/// Sweeps after which rounding alone keeps the off-diagonal from zero; Jacobi's method converges quadratically.
const MAX_SWEEPS: usize = 50;

/// Eigenvalues and eigenvectors of a symmetric matrix (rows of `n`): `matrix[i][j] = Σₖ vectors[i][k] values[k] vectors[j][k]`.
///
/// Jacobi's method in cyclic order (Golub, Van Loan, *Matrix computations*, 8.5.3): rotations in a fixed order with nothing but
/// square roots, so that the bits are the same everywhere.
pub(super) fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    let mut vectors = vec![vec![0.0; n]; n];
    for (idx, row) in vectors.iter_mut().enumerate() {
        row[idx] = 1.0;
    }
    for _ in 0..MAX_SWEEPS {
        let squares = |range: fn(usize, usize) -> bool| -> f64 {
            let rows = a.iter().enumerate();
            let values = rows.flat_map(|(i, row)| row.iter().enumerate().filter(move |(j, _)| range(i, *j)));
            values.map(|(_, value)| value * value).sum()
        };
        let (off, diagonal) = (squares(|i, j| i < j), squares(|i, j| i == j));
        if off <= 1e-30 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    rotate(&mut a, &mut vectors, p, q);
                }
            }
        }
    }
    ((0..n).map(|idx| a[idx][idx]).collect(), vectors)
}

/// Makes element (p, q) zero.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = 1.0 / (theta.abs() + theta.mul_add(theta, 1.0).sqrt());
    let t = if theta < 0.0 { -t } else { t };
    let cosine = 1.0 / t.mul_add(t, 1.0).sqrt();
    let sine = t * cosine;
    for row in a.iter_mut().chain(vectors.iter_mut()) {
        let (left, right) = (row[p], row[q]);
        row[p] = cosine * left - sine * right;
        row[q] = sine * left + cosine * right;
    }
    let (above, below) = a.split_at_mut(q);
    for (upper, lower) in above[p].iter_mut().zip(&mut below[0]) {
        (*upper, *lower) = (cosine * *upper - sine * *lower, sine * *upper + cosine * *lower);
    }
}

#[cfg(test)]
mod tests {
    use super::eigen;

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let n = 6;
        let matrix: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| 1.0 / (i + j + 1) as f64 + if i == j { 0.1 * i as f64 } else { 0.0 }).collect())
            .collect();
        let (values, vectors) = eigen(&matrix);
        for i in 0..n {
            for j in 0..n {
                let rebuilt: f64 = (0..n).map(|k| vectors[i][k] * values[k] * vectors[j][k]).sum();
                let product: f64 = (0..n).map(|k| vectors[k][i] * vectors[k][j]).sum();
                let unit = if i == j { 1.0 } else { 0.0 };
                assert!((rebuilt - matrix[i][j]).abs() < 1e-14, "({i}, {j}): {rebuilt} for {}", matrix[i][j]);
                assert!((product - unit).abs() < 1e-14, "vectors {i} and {j}: {product}");
            }
        }
    }
}
