//! Convolutions as [`product`]s: implicit im2col from the shard's cache-resident activations.
//!
//! *Forward*: rows are output positions, columns output channels, the chain runs over (kernel row, kernel column, input
//! channel). *Input gradient*: the same over the output's gradient, spread by the stride and surrounded by zeros, with the
//! weights' channels exchanged and the kernel turned. *Weight gradient*: rows are (kernel row, kernel column, input
//! channel), the chain runs over the output positions of one sample; samples are added in order.
//!
//! Padding copies the sample into working memory first, so that every tap is there and takes part as +0.0. A tap that lies in
//! the padding for all positions reads zeros that it shares with others like it: the frame is never much larger than the image.
#![allow(unsafe_code)]

use super::Kernel;
use super::product::{Product, Run, cut, product};
use super::{PART_MUL_ADDS, Part};
use crate::cpu::CHAIN;
use crate::cpu::call::{Call, Slot};
use crate::ops::{Conv2d, Conv2dInputGradient, Conv2dWeightGradient, ConvGeometry};

/// A sample laid into a larger frame of zeros, its pixels `spread` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    height: usize,
    width: usize,
    channels: usize,
    top: usize,
    left: usize,
    spread: [usize; 2],
    framed_height: usize,
    framed_width: usize,
}

impl Frame {
    fn is_needed(&self) -> bool {
        (self.framed_height, self.framed_width) != (self.height, self.width)
    }

    fn elements(&self) -> usize {
        self.framed_height * self.framed_width * self.channels
    }

    pub(super) fn scratch_elements(&self) -> usize {
        if self.is_needed() { self.elements() } else { 0 }
    }

    /// The framed sample: `sample` itself where nothing surrounds it.
    pub(super) fn lay<'a>(&self, sample: &'a [f32], scratch: &'a mut [f32]) -> &'a [f32] {
        if !self.is_needed() {
            return sample;
        }
        let framed = &mut scratch[..self.elements()];
        framed.fill(0.0);
        for row in 0..self.height {
            let from = &sample[row * self.width * self.channels..][..self.width * self.channels];
            let start = (self.top + row * self.spread[0]) * self.framed_width + self.left;
            if self.spread[1] == 1 {
                framed[start * self.channels..][..from.len()].copy_from_slice(from);
            } else {
                for (column, pixel) in from.chunks_exact(self.channels).enumerate() {
                    let at = (start + column * self.spread[1]) * self.channels;
                    framed[at..at + self.channels].copy_from_slice(pixel);
                }
            }
        }
        framed
    }
}

/// One axis of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FrameAxis {
    /// Where the framed sample starts.
    start: usize,
    /// Length of the frame.
    extent: usize,
    /// Where each tap reads for the first position.
    taps: Vec<usize>,
}

impl FrameAxis {
    /// For a window of `size` taps, `dilation` apart, that takes positions on a `span`, over something `content` long that
    /// starts `before` after the first tap of the first position. At most three spans longer than the content.
    fn new(content: usize, before: usize, span: usize, size: usize, dilation: usize) -> Self {
        let meets = |tap: &usize| tap * dilation < before + content && before < tap * dilation + span;
        let meeting: Vec<usize> = (0..size).filter(meets).map(|tap| tap * dilation).collect();
        if meeting.len() == size {
            let extent = (span + (size - 1) * dilation).max(before + content);
            return FrameAxis { start: before, extent, taps: meeting };
        }
        // In front a band of zeros, for the taps that meet nothing else; behind it what the others cover.
        let first = meeting.first().map_or(before, |tap| before.min(*tap));
        let last = meeting.last().map_or(before, |tap| *tap);
        let placed = |at: usize| at - first + span;
        let taps = (0..size).map(|tap| if meets(&tap) { placed(tap * dilation) } else { 0 }).collect();
        FrameAxis { start: placed(before), extent: placed((before + content).max(last + span)), taps }
    }
}

/// What forward and input gradient have in common: a correlation of a framed sample with a matrix of taps.
pub(super) struct Correlation {
    pub(super) frame: Frame,
    /// Start of each output position in the framed sample, for the first group.
    pub(super) rows: Vec<usize>,
    /// The chain of one group.
    pub(super) runs: Vec<Run>,
    pub(super) groups: usize,
    /// Channels of a group in the framed sample.
    pub(super) group_channels: usize,
    /// Columns of a group.
    pub(super) group_columns: usize,
    /// All columns.
    pub(super) columns: usize,
    /// Elements of the sample that is framed.
    pub(super) sample_elements: usize,
}

impl Correlation {
    /// `stride` acts on the framed sample, where `taps` are; `output` positions; `is_turned` reads the taps' matrix from its
    /// last tap to its first.
    fn new(
        frame: Frame,
        taps: [&[usize]; 2],
        stride: [usize; 2],
        output: [usize; 2],
        groups: usize,
        columns: usize,
        is_turned: bool,
    ) -> Self {
        let group_channels = frame.channels / groups;
        let pixel = |row: usize, column: usize| (row * frame.framed_width + column) * frame.channels;
        let rows = (0..output[0])
            .flat_map(|row| (0..output[1]).map(move |column| (row, column)))
            .map(|(row, column)| pixel(row * stride[0], column * stride[1]))
            .collect();
        let mut runs = Vec::new();
        let n_taps = taps[0].len() * taps[1].len();
        for tap in 0..n_taps {
            // In the chain's order: taps ascending in the kernel, which is descending in space when it is turned.
            let place = if is_turned { n_taps - 1 - tap } else { tap };
            let at = pixel(taps[0][place / taps[1].len()], taps[1][place % taps[1].len()]);
            let done = tap * group_channels;
            cut(&mut runs, done, group_channels, at, done * columns, (1, columns), CHAIN);
        }
        let runs = joined(runs, 1, columns);
        Correlation {
            frame,
            rows,
            runs,
            groups,
            group_channels,
            group_columns: columns / groups,
            columns,
            sample_elements: frame.height * frame.width * frame.channels,
        }
    }

    /// The positions of all samples can be cut anywhere.
    fn parts(&self, samples: usize) -> usize {
        let positions = self.rows.len().saturating_mul(samples);
        positions.min(self.mul_adds(positions) / PART_MUL_ADDS).max(1)
    }

    /// Of so many positions.
    pub(super) fn mul_adds(&self, positions: usize) -> usize {
        let terms: usize = self.runs.iter().map(|run| run.terms).sum();
        positions.saturating_mul(terms).saturating_mul(self.columns)
    }

    fn run(&self, call: &Call<'_>, part: Part) {
        let (x, w) = (call.input(0), call.input(1));
        let scratch = call.scratch();
        let positions = self.rows.len();
        let mut at = part.of(positions * (x.len() / self.sample_elements));
        // SAFETY: the parts are apart, and this one is asked for once.
        let mut y = unsafe { call.output_part(0, at.start * self.columns..at.end * self.columns) };
        while !at.is_empty() {
            let (sample, first) = (at.start / positions, at.start % positions);
            let count = (positions - first).min(at.len());
            let framed = self.frame.lay(&x[sample * self.sample_elements..][..self.sample_elements], scratch);
            let (output, rest) = y.split_at_mut(count * self.columns);
            (y, at.start) = (rest, at.start + count);
            for group in 0..self.groups {
                let first_column = group * self.group_columns;
                let operands = Product {
                    a: &framed[group * self.group_channels..],
                    rows: &self.rows[first..first + count],
                    a_step: 1,
                    b: &w[first_column..],
                    b_step: self.columns,
                    runs: &self.runs,
                    columns: self.group_columns,
                    c_step: self.columns,
                    accumulate: false,
                };
                product(call.level, &operands, &mut output[first_column..]);
            }
        }
    }
}

/// Joins neighbouring runs that move on evenly, such as the taps of one kernel row; the chain stays the same.
fn joined(runs: Vec<Run>, a_step: usize, b_step: usize) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last)
                if !last.ends_block
                    && last.a + last.terms * a_step == run.a
                    && last.b + last.terms * b_step == run.b =>
            {
                last.terms += run.terms;
                last.ends_block = run.ends_block;
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// Forward.
pub(super) struct Conv2dKernel(Correlation);

impl Conv2dKernel {
    pub(super) fn new(op: &Conv2d, inputs: &[Slot]) -> Option<Self> {
        let geometry = op.geometry(&inputs[0].ty.shape, &inputs[1].ty.shape).ok()?;
        let window = &geometry.window;
        let (frame, taps) = padded(&geometry);
        Some(Conv2dKernel(Correlation::new(
            frame,
            [&taps[0], &taps[1]],
            window.stride,
            window.output,
            geometry.groups,
            geometry.filters,
            false,
        )))
    }

    pub(super) fn into_correlation(self) -> Correlation {
        self.0
    }
}

/// The input with the padding that the output positions reach, and where the taps read along its axes.
fn padded(geometry: &ConvGeometry) -> (Frame, [Vec<usize>; 2]) {
    let window = &geometry.window;
    let [rows, columns] = [0, 1].map(|axis| {
        let span = (window.output[axis] - 1) * window.stride[axis] + 1;
        FrameAxis::new(window.input[axis], window.before[axis], span, window.size[axis], window.dilation[axis])
    });
    let frame = Frame {
        height: window.input[0],
        width: window.input[1],
        channels: geometry.channels,
        top: rows.start,
        left: columns.start,
        spread: [1, 1],
        framed_height: rows.extent,
        framed_width: columns.extent,
    };
    (frame, [rows.taps, columns.taps])
}

impl Kernel for Conv2dKernel {
    fn scratch_bytes(&self) -> usize {
        self.0.frame.scratch_elements() * 4
    }

    fn shard(&self, call: &Call<'_>) {
        self.0.run(call, Part::WHOLE);
    }

    fn parts(&self, samples: usize) -> usize {
        self.0.parts(samples)
    }

    fn part(&self, call: &Call<'_>, part: Part) {
        self.0.run(call, part);
    }
}

/// Gradient of the input.
pub(super) struct InputGradientKernel(Correlation);

impl InputGradientKernel {
    pub(super) fn new(op: &Conv2dInputGradient, inputs: &[Slot]) -> Option<Self> {
        let transposed = &inputs[1].ty.shape;
        let groups = op.conv.groups;
        let weight = [transposed[0], transposed[1], transposed[3] / groups, transposed[2] * groups];
        let geometry = op.conv.geometry(&op.input, &weight.into()).ok()?;
        let window = &geometry.window;
        // Input position p receives from output position q by tap k where p + before = q stride + k dilation. In a frame
        // that starts `ahead` of output position 0, tap k is read at p + (size - 1 - k) dilation.
        let [rows, columns] = [0, 1].map(|axis| {
            let ahead = (window.size[axis] - 1) * window.dilation[axis] - window.before[axis];
            let spread = (window.output[axis] - 1) * window.stride[axis] + 1;
            FrameAxis::new(spread, ahead, window.input[axis], window.size[axis], window.dilation[axis])
        });
        let frame = Frame {
            height: window.output[0],
            width: window.output[1],
            channels: geometry.filters,
            top: rows.start,
            left: columns.start,
            spread: window.stride,
            framed_height: rows.extent,
            framed_width: columns.extent,
        };
        Some(InputGradientKernel(Correlation::new(
            frame,
            [&rows.taps, &columns.taps],
            [1, 1],
            window.input,
            groups,
            geometry.channels,
            true,
        )))
    }
}

impl Kernel for InputGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.0.frame.scratch_elements() * 4
    }

    fn shard(&self, call: &Call<'_>) {
        self.0.run(call, Part::WHOLE);
    }

    fn parts(&self, samples: usize) -> usize {
        self.0.parts(samples)
    }

    fn part(&self, call: &Call<'_>, part: Part) {
        self.0.run(call, part);
    }
}

/// Gradient of the weights.
pub(super) struct WeightGradientKernel {
    frame: Frame,
    geometry: ConvGeometry,
    /// Start of each (kernel row, kernel column, channel) in the framed sample, for the first group.
    rows: Vec<usize>,
    runs: Vec<Run>,
    a_step: usize,
}

impl WeightGradientKernel {
    pub(super) fn new(op: &Conv2dWeightGradient, inputs: &[Slot], outputs: &[Slot]) -> Option<Self> {
        let geometry = op.conv.geometry(&inputs[0].ty.shape, &outputs[0].ty.shape).ok()?;
        let window = &geometry.window;
        let (frame, taps) = padded(&geometry);
        let pixel = |row: usize, column: usize| (row * frame.framed_width + column) * frame.channels;
        let mut rows = Vec::new();
        for (row, column) in taps[0].iter().flat_map(|row| taps[1].iter().map(move |column| (*row, *column))) {
            let start = pixel(row, column);
            rows.extend((0..geometry.group_channels()).map(|channel| start + channel));
        }
        let a_step = window.stride[1] * frame.channels;
        let mut runs = Vec::new();
        for row in 0..window.output[0] {
            let done = row * window.output[1];
            let (a, b) = (pixel(row * window.stride[0], 0), done * geometry.filters);
            cut(&mut runs, done, window.output[1], a, b, (a_step, geometry.filters), CHAIN);
        }
        Some(WeightGradientKernel { frame, rows, runs, a_step, geometry })
    }
}

impl Kernel for WeightGradientKernel {
    fn scratch_bytes(&self) -> usize {
        self.frame.scratch_elements() * 4
    }

    fn shard(&self, call: &Call<'_>) {
        let geometry = &self.geometry;
        let (x, dy, dw) = (call.input(0), call.input(1), call.output(0));
        let scratch = call.scratch();
        let columns = geometry.filters;
        let [height, width] = geometry.window.input;
        let [output_height, output_width] = geometry.window.output;
        let samples = x
            .chunks_exact(height * width * geometry.channels)
            .zip(dy.chunks_exact(output_height * output_width * columns));
        for (idx, (sample, gradient)) in samples.enumerate() {
            let framed = self.frame.lay(sample, scratch);
            for group in 0..geometry.groups {
                let first_column = group * geometry.group_filters();
                let operands = Product {
                    a: &framed[group * geometry.group_channels()..],
                    rows: &self.rows,
                    a_step: self.a_step,
                    b: &gradient[first_column..],
                    b_step: columns,
                    runs: &self.runs,
                    columns: geometry.group_filters(),
                    c_step: columns,
                    accumulate: idx > 0,
                };
                product(call.level, &operands, &mut dw[first_column..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every tap reads at every position what it reads on an endless plane of zeros around the content.
    #[test]
    fn a_frame_holds_what_taps_read_and_little_more() {
        for (content, before, span) in
            [(6, 0, 4), (6, 2, 6), (1, 0, 1), (5, 7, 3), (9, 40, 9), (3, 65_000, 3), (4, 3, 12)]
        {
            for (size, dilation) in [(1, 1), (3, 1), (2, 5), (5, 3), (3, 20), (2, 65_535), (30_000, 2)] {
                let axis = FrameAxis::new(content, before, span, size, dilation);
                assert!(axis.extent <= content + 3 * span + (size - 1) * dilation + before);
                if axis.taps.contains(&0) && axis.taps.last() != Some(&((size - 1) * dilation)) {
                    assert!(axis.extent <= content + 3 * span, "{axis:?}");
                }
                for (tap, place) in axis.taps.iter().enumerate() {
                    for position in 0..span {
                        let on_plane = (tap * dilation + position).checked_sub(before).filter(|at| *at < content);
                        let at = place + position;
                        assert!(at < axis.extent, "{axis:?}");
                        let in_frame = at.checked_sub(axis.start).filter(|at| *at < content);
                        assert_eq!(on_plane, in_frame, "tap {tap} at {position} of {axis:?}");
                    }
                }
            }
        }
    }
}
