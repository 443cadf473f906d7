//! Convolutions of 3 x 3 in tiles of 2 x 2 outputs: 16 multiplications where the plain sum takes 36.
//!
//! *Defined by* `ops/winograd.rs`.
//!
//! *Idea*: the tiles of all samples of a shard, some dozens at a time, so that transformed patches and products stay in the
//! second-level cache; lanes over channels, then over filters; 16 register-blocked [`product`]s between the transforms. Patches
//! are read from the image itself, zeros in place of what lies outside. What leaves the registers last is the output, or where a
//! 2 x 2 max pooling follows, its maximum with bias and ReLU: a tile is a window.
#![allow(unsafe_code)]

use std::ops::Range;

use super::product::{Product, Run, blocks, product};
use super::{Kernel, PART_MUL_ADDS, Part};
use crate::cpu::CHAIN;
use crate::cpu::call::Call;
use crate::cpu::level::Supported;
use crate::cpu::simd::{Simd, multiversioned};
use crate::ops::{ConvGeometry, winograd};

/// Tiles at a time, at most, and the bytes that they may take between the transforms.
const MOST_TILES: usize = 48;
const MOST_BYTES: usize = 1 << 19;

/// Elements of a transformed patch or kernel.
const POINTS: usize = 16;

/// The algorithm for some shapes.
pub(super) struct Winograd {
    geometry: ConvGeometry,
    is_turned: bool,
    /// Rows and columns of tiles of a sample.
    tiles: [usize; 2],
    /// Tiles at a time.
    block: usize,
    rows: Vec<usize>,
    runs: Vec<Run>,
}

/// What becomes of a tile's outputs.
pub(super) enum Target<'a> {
    /// They are the result, from this row of pixels on, counted over the samples.
    Outputs(&'a mut [f32], usize),
    /// The largest of them with the bias added and, maybe, the ReLU applied; and its place. From the first tile that is computed on.
    Pooled { bias: &'a [f32], has_relu: bool, y: &'a mut [f32], arg_max: Option<&'a mut [u8]> },
}

/// Some tiles of a shard, and the memory between their transforms.
struct Block<'a> {
    geometry: &'a ConvGeometry,
    /// Rows and columns of tiles of a sample.
    tiles: [usize; 2],
    /// The first tile, counted over the samples, and of the first block.
    first: usize,
    origin: usize,
    count: usize,
    /// From one point to the next, in tiles.
    stride: usize,
}

impl Block<'_> {
    /// Sample, row and column of the block's tiles.
    #[inline(always)]
    fn places(&self) -> impl Iterator<Item = [usize; 3]> + use<> {
        let [rows, columns] = self.tiles;
        (self.first..self.first + self.count)
            .map(move |tile| [tile / (rows * columns), tile / columns % rows, tile % columns])
    }
}

impl Winograd {
    /// For the outputs of whole tiles only where `is_pooled`.
    pub(super) fn new(geometry: ConvGeometry, is_turned: bool, is_pooled: bool) -> Self {
        let tiles =
            if is_pooled { geometry.window.output.map(|extent| extent / 2) } else { winograd::tiles(&geometry.window) };
        let bytes_a_tile = 4 * POINTS * (geometry.channels + geometry.filters);
        let block = (MOST_BYTES / bytes_a_tile).clamp(12, MOST_TILES);
        Winograd {
            is_turned,
            tiles,
            block,
            rows: (0..block).map(|tile| tile * geometry.channels).collect(),
            runs: blocks(geometry.channels, 1, geometry.filters, CHAIN),
            geometry,
        }
    }

    pub(super) fn scratch_elements(&self) -> usize {
        let (channels, filters) = (self.geometry.channels, self.geometry.filters);
        let a_tile = channels.saturating_add(filters).saturating_mul(self.block);
        channels.saturating_mul(filters).saturating_add(a_tile).saturating_mul(POINTS)
    }

    /// Into how many parts the tiles of so many samples can be cut.
    pub(super) fn parts(&self, samples: usize) -> usize {
        let tiles = samples * self.tiles[0] * self.tiles[1];
        let mul_adds = tiles.saturating_mul(POINTS * self.geometry.channels * self.geometry.filters);
        tiles.min(mul_adds / PART_MUL_ADDS).max(1)
    }

    /// Elements of the transformed kernels.
    pub(super) fn derived_elements(&self) -> usize {
        self.geometry.channels.saturating_mul(self.geometry.filters).saturating_mul(POINTS)
    }

    pub(super) fn derive(&self, level: Supported, w: &[f32], derived: &mut [f32]) {
        transform_kernels(level, w, self.is_turned, derived);
    }

    /// Tiles of the samples whose elements these are.
    pub(super) fn tiles_of(&self, x: &[f32]) -> usize {
        let ConvGeometry { window, channels, .. } = self.geometry;
        x.len() / (window.input[0] * window.input[1] * channels) * self.tiles[0] * self.tiles[1]
    }

    /// Some tiles. `x`: samples one after the other. `w`: `[3, 3, channels, filters]`, and maybe what was derived from it.
    pub(super) fn run(
        &self,
        level: Supported,
        (x, w, derived): (&[f32], &[f32], Option<&[f32]>),
        tiles: Range<usize>,
        scratch: &mut [f32],
        mut target: Target<'_>,
    ) {
        let ConvGeometry { channels, filters, .. } = self.geometry;
        assert!(tiles.end <= self.tiles_of(x), "tiles of the samples");
        let (kernels, rest) = scratch.split_at_mut(POINTS * channels * filters);
        let (patches, rest) = rest.split_at_mut(POINTS * channels * self.block);
        let products = &mut rest[..POINTS * filters * self.block];
        let kernels = match derived {
            Some(derived) => derived,
            None => {
                transform_kernels(level, w, self.is_turned, kernels);
                kernels
            }
        };
        let mut first = tiles.start;
        while first < tiles.end {
            let count = self.block.min(tiles.end - first);
            let block = Block {
                geometry: &self.geometry,
                tiles: self.tiles,
                first,
                origin: tiles.start,
                count,
                stride: self.block,
            };
            transform_patches(level, &block, x, patches);
            for point in 0..POINTS {
                let operands = Product {
                    a: &patches[point * self.block * channels..],
                    rows: &self.rows[..count],
                    a_step: 1,
                    b: &kernels[point * channels * filters..],
                    b_step: filters,
                    runs: &self.runs,
                    columns: filters,
                    c_step: filters,
                    accumulate: false,
                };
                product(level, &operands, &mut products[point * self.block * filters..]);
            }
            transform_products(level, &block, products, &mut target);
            first += count;
        }
    }
}

// Functions, not closures: a closure is not compiled for the level of the function it stands in.

/// One side of G.
#[inline(always)]
unsafe fn kernel_side<S: Simd>(g: [S::Vector; 3]) -> [S::Vector; 4] {
    // SAFETY: the callers run at the level of `S`.
    unsafe {
        let (half, outer) = (S::splat(0.5), S::add(g[0], g[2]));
        [g[0], S::mul(half, S::add(outer, g[1])), S::mul(half, S::sub(outer, g[1])), g[2]]
    }
}

/// One side of B.
#[inline(always)]
unsafe fn patch_side<S: Simd>(d: [S::Vector; 4]) -> [S::Vector; 4] {
    // SAFETY: as above.
    unsafe { [S::sub(d[0], d[2]), S::add(d[1], d[2]), S::sub(d[2], d[1]), S::sub(d[1], d[3])] }
}

/// One side of A.
#[inline(always)]
unsafe fn product_side<S: Simd>(m: [S::Vector; 4]) -> [S::Vector; 2] {
    // SAFETY: as above.
    unsafe { [S::add(S::add(m[0], m[1]), m[2]), S::sub(S::sub(m[1], m[2]), m[3])] }
}

/// With the bias added and, maybe, the ReLU applied.
#[inline(always)]
pub(super) unsafe fn biased<S: Simd>(value: S::Vector, bias: S::Vector, has_relu: bool) -> S::Vector {
    // SAFETY: as above.
    unsafe {
        let sum = S::add(value, bias);
        if has_relu { S::relu(sum) } else { sum }
    }
}

/// The maximum of a window of 2 x 2 after bias and ReLU, and its place. Two by two: which is first wins over equals all the same,
/// and the chain of comparisons is shorter than along the window.
///
/// # Safety
/// The level is S's.
#[inline(always)]
pub(super) unsafe fn largest_of_four<S: Simd>(
    values: [S::Vector; 4],
    bias: S::Vector,
    has_relu: bool,
) -> (S::Vector, S::Vector) {
    // SAFETY: as above.
    unsafe {
        let mut at = [(S::splat(0.0), S::splat(0.0)); 4];
        for (place, (at, value)) in at.iter_mut().zip(values).enumerate() {
            *at = (biased::<S>(value, bias, has_relu), S::splat(place as f32));
        }
        let upper = S::take_larger(at[0], at[1].0, at[1].1);
        let lower = S::take_larger(at[2], at[3].0, at[3].1);
        S::take_larger(upper, lower.0, lower.1)
    }
}

multiversioned! {
    /// U of all kernels, `[point, channel, filter]`.
    fn transform_kernels(w: &[f32], is_turned: bool, kernels: &mut [f32]) = simd transform_kernels_body
}

#[inline(always)]
fn transform_kernels_body<S: Simd>(w: &[f32], is_turned: bool, kernels: &mut [f32]) {
    let stride = w.len() / 9;
    assert!(kernels.len() == POINTS * stride, "a place for every kernel");
    let mut at = 0;
    while at < stride {
        let lanes = S::LANES.min(stride - at);
        // SAFETY (whole block): `lanes` elements from `at` of each tap and point, within their strides; the level is S's.
        unsafe {
            let mut columns = [[S::splat(0.0); 4]; 3];
            for (j, column) in columns.iter_mut().enumerate() {
                let mut g = [S::splat(0.0); 3];
                for (i, g) in g.iter_mut().enumerate() {
                    let tap = if is_turned { 8 - (3 * i + j) } else { 3 * i + j };
                    *g = S::load_first(w.as_ptr().add(tap * stride + at), lanes);
                }
                *column = kernel_side::<S>(g);
            }
            for i in 0..4 {
                for (j, value) in
                    kernel_side::<S>([columns[0][i], columns[1][i], columns[2][i]]).into_iter().enumerate()
                {
                    S::store_first(kernels.as_mut_ptr().add((4 * i + j) * stride + at), value, lanes);
                }
            }
        }
        at += lanes;
    }
}

multiversioned! {
    /// V of the block's patches, `[point, tile, channel]`.
    fn transform_patches(block: &Block<'_>, x: &[f32], patches: &mut [f32]) = simd transform_patches_body
}

#[inline(always)]
fn transform_patches_body<S: Simd>(block: &Block<'_>, x: &[f32], patches: &mut [f32]) {
    let ConvGeometry { window, channels, .. } = *block.geometry;
    let [height, width] = window.input;
    let point_stride = block.stride * channels;
    assert!(patches.len() == POINTS * point_stride && block.count <= block.stride, "a place for every patch");
    for (idx, [sample, row, column]) in block.places().enumerate() {
        let image = &x[sample * height * width * channels..(sample + 1) * height * width * channels];
        // Where each row and column of the patch lies; none outside of the image.
        let rows: [Option<usize>; 4] =
            std::array::from_fn(|i| (2 * row + i).checked_sub(window.before[0]).filter(|p| *p < height));
        let columns: [Option<usize>; 4] =
            std::array::from_fn(|j| (2 * column + j).checked_sub(window.before[1]).filter(|q| *q < width));
        let mut at = 0;
        while at < channels {
            let lanes = S::LANES.min(channels - at);
            // SAFETY (whole block): `lanes` channels from `at` of pixels of the image, and of the tile's place at each point,
            // which the assertion holds; the level is S's.
            unsafe {
                let mut turned = [[S::splat(0.0); 4]; 4];
                for (j, turned) in turned.iter_mut().enumerate() {
                    let mut d = [S::splat(0.0); 4];
                    for (i, d) in d.iter_mut().enumerate() {
                        if let (Some(p), Some(q)) = (rows[i], columns[j]) {
                            *d = S::load_first(image.as_ptr().add((p * width + q) * channels + at), lanes);
                        }
                    }
                    *turned = patch_side::<S>(d);
                }
                for i in 0..4 {
                    let values = patch_side::<S>([turned[0][i], turned[1][i], turned[2][i], turned[3][i]]);
                    for (j, value) in values.into_iter().enumerate() {
                        let to = (4 * i + j) * point_stride + idx * channels + at;
                        S::store_first(patches.as_mut_ptr().add(to), value, lanes);
                    }
                }
            }
            at += lanes;
        }
    }
}

multiversioned! {
    /// The block's outputs from `[point, tile, filter]`.
    fn transform_products(block: &Block<'_>, products: &[f32], target: &mut Target<'_>) = simd transform_products_body
}

#[inline(always)]
fn transform_products_body<S: Simd>(block: &Block<'_>, products: &[f32], target: &mut Target<'_>) {
    let ConvGeometry { window, filters, .. } = *block.geometry;
    let [height, width] = window.output;
    let point_stride = block.stride * filters;
    assert!(products.len() == POINTS * point_stride && block.count <= block.stride, "every product is there");
    let [tile_rows, tile_columns] = block.tiles;
    let last_sample = (block.first + block.count - 1) / (tile_rows * tile_columns);
    match target {
        Target::Outputs(y, first_row) => {
            let [row, last_row] = [block.first, block.first + block.count - 1].map(|tile| tile / tile_columns);
            let first = row / tile_rows * height + 2 * (row % tile_rows);
            let end = (last_sample * height + height.min(2 * (last_row % tile_rows) + 2)).checked_sub(*first_row);
            let has_room = end.is_some_and(|rows| rows * width * filters <= y.len());
            assert!(*first_row <= first && has_room, "a place for every output")
        }
        Target::Pooled { bias, y, arg_max, .. } => {
            let end = (block.first - block.origin + block.count) * filters;
            let has_room = arg_max.as_ref().is_none_or(|arg_max| end <= arg_max.len());
            assert!(bias.len() == filters && end <= y.len() && has_room, "a place for every maximum");
        }
    }
    for (idx, [sample, row, column]) in block.places().enumerate() {
        let mut at = 0;
        while at < filters {
            let lanes = S::LANES.min(filters - at);
            // SAFETY (whole block): `lanes` filters from `at` of the tile at each point and of its places in the target, which the
            // assertions hold; the level is S's.
            unsafe {
                let mut turned = [[S::splat(0.0); 2]; 4];
                for (j, turned) in turned.iter_mut().enumerate() {
                    let mut m = [S::splat(0.0); 4];
                    for (i, m) in m.iter_mut().enumerate() {
                        let from = (4 * i + j) * point_stride + idx * filters + at;
                        *m = S::load_first(products.as_ptr().add(from), lanes);
                    }
                    *turned = product_side::<S>(m);
                }
                let outputs = [
                    product_side::<S>([turned[0][0], turned[1][0], turned[2][0], turned[3][0]]),
                    product_side::<S>([turned[0][1], turned[1][1], turned[2][1], turned[3][1]]),
                ];
                match target {
                    Target::Outputs(y, first_row) => {
                        for (i, outputs) in outputs.into_iter().enumerate() {
                            for (j, output) in outputs.into_iter().enumerate() {
                                let (p, q) = (2 * row + i, 2 * column + j);
                                if p < height && q < width {
                                    let to = ((sample * height + p - *first_row) * width + q) * filters + at;
                                    S::store_first(y.as_mut_ptr().add(to), output, lanes);
                                }
                            }
                        }
                    }
                    Target::Pooled { bias, has_relu, y, arg_max } => {
                        let bias = S::load_first(bias.as_ptr().add(at), lanes);
                        let [[a, b], [c, d]] = outputs;
                        let best = largest_of_four::<S>([a, b, c, d], bias, *has_relu);
                        let to = (block.first - block.origin + idx) * filters + at;
                        S::store_first(y.as_mut_ptr().add(to), best.0, lanes);
                        if let Some(arg_max) = arg_max {
                            S::store_bytes(arg_max.as_mut_ptr().add(to), best.1, lanes);
                        }
                    }
                }
            }
            at += lanes;
        }
    }
}

/// Forward, or the gradient of the input.
pub(super) struct WinogradKernel(Winograd);

impl WinogradKernel {
    /// `geometry` is that of what is computed: for the gradient of the input, [turned](winograd::turned). `None` where the
    /// convolution is not computed this way.
    pub(super) fn new(geometry: ConvGeometry, is_turned: bool) -> Option<Self> {
        winograd::applies(&geometry).then(|| WinogradKernel(Winograd::new(geometry, is_turned, false)))
    }
}

impl Kernel for WinogradKernel {
    fn scratch_bytes(&self) -> usize {
        self.0.scratch_elements().saturating_mul(4)
    }

    fn shard(&self, call: &Call<'_>) {
        self.part(call, Part::WHOLE);
    }

    /// Rows of tiles, which are whole rows of pixels.
    fn parts(&self, samples: usize) -> usize {
        (samples * self.0.tiles[0]).min(self.0.parts(samples))
    }

    fn part(&self, call: &Call<'_>, part: Part) {
        let Winograd { geometry, tiles: [rows, columns], .. } = &self.0;
        let [height, width] = geometry.window.output;
        let x = call.input(0);
        let of_part = part.of(self.0.tiles_of(x) / columns);
        let pixel_row = |row: usize| row / rows * height + height.min(2 * (row % rows));
        let (first, end) = (pixel_row(of_part.start), pixel_row(of_part.end));
        let row_elements = width * geometry.filters;
        // SAFETY: the parts are apart, and this one is asked for once.
        let y = unsafe { call.output_part(0, first * row_elements..end * row_elements) };
        let tiles = of_part.start * columns..of_part.end * columns;
        self.0.run(call.level, (x, call.input(1), call.derived), tiles, call.scratch(), Target::Outputs(y, first));
    }

    fn derived_from(&self) -> Option<(usize, usize)> {
        Some((1, self.0.derived_elements()))
    }

    fn derive(&self, level: Supported, input: &[f32], derived: &mut [f32]) {
        self.0.derive(level, input, derived);
    }
}
