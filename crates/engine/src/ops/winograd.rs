//! Winograd's minimal filtering F(2x2, 3x3): which convolutions are computed by it, and how large its rounding errors may be.
//!
//! A tile of 2 x 2 outputs reads 4 x 4 inputs d. With the kernel g of one channel and filter,
//!
//! U = G g Gᵀ, V = Bᵀ d B, M = sum over channels of U ⊙ V, y = Aᵀ M A,
//!
//! which takes 16 multiplications a channel where the plain sum takes 36.
//!
//! *Definition in f32*, where it [applies]: transforms act on columns first (along the height), then on rows; each of their
//! sums is written below with its order. M is a chain of fused multiply-adds over the channels from +0.0, cut into blocks of
//! [`CHAIN`](crate::cpu::CHAIN), which are added in order. Positions outside of the image are +0.0; outputs outside of the
//! result are dropped.
//!
//! - Gᵀ from the right and G from the left: g0, ((g0 + g2) + g1) / 2, ((g0 + g2) - g1) / 2, g2
//! - B: d0 - d2, d1 + d2, d2 - d1, d1 - d3
//! - A: (m0 + m1) + m2, (m1 - m2) - m3
//!
//! *Source*: Lavin and Gray 2016, *Fast algorithms for convolutional neural networks*, section 4.1; Winograd 1980.

use super::{ConvGeometry, Reference, Tensor64, WindowGeometry};

/// Channels and filters from which the transforms pay.
const LEAST_CHANNELS: usize = 16;

/// Whether the convolution is computed this way: it follows from shapes alone.
pub(crate) fn applies(geometry: &ConvGeometry) -> bool {
    let window = &geometry.window;
    let is_of_the_kind =
        window.size == [3, 3] && window.stride == [1, 1] && window.dilation == [1, 1] && geometry.groups == 1;
    // 16 multiplications a tile against 9 a position: an image of few rows or columns leaves too much of its last tiles.
    let [rows, columns] = tiles(window);
    let (by_tiles, by_positions) = (16 * rows * columns, 9 * window.output[0] * window.output[1]);
    is_of_the_kind
        && geometry.channels.min(geometry.filters) >= LEAST_CHANNELS
        && by_tiles.saturating_mul(5) <= by_positions.saturating_mul(4)
}

/// Rows and columns of tiles.
pub(crate) fn tiles(window: &WindowGeometry) -> [usize; 2] {
    window.output.map(|extent| extent.div_ceil(2))
}

/// The convolution that gives the input's gradient of one that [applies] could hold for: over dy, with the kernel turned.
pub(crate) fn turned(geometry: &ConvGeometry) -> ConvGeometry {
    let window = &geometry.window;
    let window = WindowGeometry {
        input: window.output,
        output: window.input,
        before: window.before.map(|before| 2usize.saturating_sub(before)),
        ..*window
    };
    ConvGeometry { window, channels: geometry.filters, filters: geometry.channels, groups: geometry.groups }
}

const G: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
const B: [[f64; 4]; 4] = [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 1.0, 0.0, -1.0]];
const A: [[f64; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, -1.0]];

/// left x rightᵀ of absolute values.
fn both_sides<const N: usize, const M: usize>(matrix: &[[f64; N]; M], x: &[[f64; N]; N]) -> [[f64; M]; M] {
    let mut y = [[0.0; M]; M];
    for (row, y) in y.iter_mut().enumerate() {
        for (column, y) in y.iter_mut().enumerate() {
            for i in 0..N {
                for j in 0..N {
                    *y += matrix[row][i].abs() * x[i][j].abs() * matrix[column][j].abs();
                }
            }
        }
    }
    y
}

/// Replaces the bound of the plain sum by this algorithm's: what the absolute values of all terms add up to, and as many
/// roundings as stand one after the other (two along each axis of each transform, of the input's one).
pub(super) fn bound(y: &mut Reference, geometry: &ConvGeometry, x: &Tensor64, w: &Tensor64, is_turned: bool) {
    let ConvGeometry { window, channels, filters, .. } = *geometry;
    let [rows, columns] = tiles(&window);
    let tap = |i: usize, j: usize| if is_turned { 8 - (i * 3 + j) } else { i * 3 + j };
    let kernels: Vec<[[f64; 4]; 4]> = (0..channels * filters)
        .map(|idx| {
            let g = [0, 1, 2].map(|i| [0, 1, 2].map(|j| w.data[tap(i, j) * channels * filters + idx]));
            both_sides(&G, &g)
        })
        .collect();
    let [height, width] = window.output;
    let samples = x.data.chunks_exact(x.ty.elements()).zip(y.magnitude.chunks_exact_mut(height * width * filters));
    for (x, magnitude) in samples {
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let mut products = vec![[[0.0; 4]; 4]; filters];
            for channel in 0..channels {
                let read = |i: usize, j: usize| {
                    let p = (2 * row + i).checked_sub(window.before[0]).filter(|p| *p < window.input[0]);
                    let q = (2 * column + j).checked_sub(window.before[1]).filter(|q| *q < window.input[1]);
                    p.zip(q).map_or(0.0, |(p, q)| x[(p * window.input[1] + q) * channels + channel])
                };
                let patch = both_sides(&B, &[0, 1, 2, 3].map(|i| [0, 1, 2, 3].map(|j| read(i, j))));
                for (filter, product) in products.iter_mut().enumerate() {
                    let kernel = &kernels[channel * filters + filter];
                    for (product, (patch, kernel)) in product.iter_mut().zip(patch.iter().zip(kernel)) {
                        for (product, (patch, kernel)) in product.iter_mut().zip(patch.iter().zip(kernel)) {
                            *product += patch * kernel;
                        }
                    }
                }
            }
            for (filter, product) in products.iter().enumerate() {
                let sums = both_sides(&A, product);
                for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let (p, q) = (2 * row + i, 2 * column + j);
                    if p < height && q < width {
                        magnitude[(p * width + q) * filters + filter] = sums[i][j];
                    }
                }
            }
        }
    }
    y.terms = channels + 10;
}
