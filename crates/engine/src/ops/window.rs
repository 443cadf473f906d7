use std::fmt;
use std::ops::Range;

use proofmark_tensor::{DType, Shape};

use super::{Cost, check};
use crate::error::TypeError;
use crate::graph::{Span, Type};

/// What stands around an image when a window slides over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Nothing: the window stays inside, out = floor((in - window) / stride) + 1.
    Valid,
    /// Enough that out = ceil(in / stride); of an odd number of rows or columns the extra one stands at the end, as in
    /// Keras and TensorFlow.
    Same,
}

/// Where a window of `size` positions meets an image, for each of its steps. Every pair is (along the height, along the
/// width).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowGeometry {
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Rows and columns of the window.
    pub size: [usize; 2],
    /// Steps from one window to the next.
    pub stride: [usize; 2],
    /// Steps from one position of the window to the next; 1 for a dense window.
    pub dilation: [usize; 2],
    /// Rows of padding at the top, columns at the left.
    pub before: [usize; 2],
    /// Height and width of the output: how many windows there are.
    pub output: [usize; 2],
}

/// Where a convolution's taps fall, and how its channels are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    /// The kernel's windows.
    pub window: WindowGeometry,
    /// Channels of the input, C.
    pub channels: usize,
    /// Channels of the output, O.
    pub filters: usize,
    /// Into how many parts both are cut; a filter reads its own part only.
    pub groups: usize,
}

/// A padded window may be larger than its image, but not without bounds: attributes come from people.
const LARGEST_WINDOW: usize = 65_536;

impl WindowGeometry {
    /// The geometry of a window over an image, for the errors of operation `op`.
    ///
    /// # Errors
    /// [`TypeError::Attribute`] if an extent or step is 0 or beyond all bounds, [`TypeError::WindowTooLarge`] if nothing is padded and the
    /// window does not fit, [`TypeError::Empty`] for an image without rows or columns.
    pub(crate) fn new(
        op: &'static str,
        input: [usize; 2],
        size: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> Result<Self, TypeError> {
        for (attribute, pair) in [("size", size), ("stride", stride), ("dilation", dilation)] {
            check::at_least_one(op, attribute, pair[0].min(pair[1]))?;
        }
        if input.contains(&0) {
            return Err(TypeError::Empty { op, shape: input.into() });
        }
        // Saturating, since all of these come from a spec: a window beyond any image is too large, not an overflow.
        let dilated = [0, 1].map(|axis: usize| (size[axis] - 1).saturating_mul(dilation[axis]).saturating_add(1));
        let mut geometry = WindowGeometry { input, size, stride, dilation, before: [0, 0], output: [0, 0] };
        for axis in 0..2 {
            if dilated[axis] > LARGEST_WINDOW && padding == Padding::Same {
                let value = dilated[axis] as f64;
                return Err(TypeError::Attribute { op, attribute: "dilated size", value, range: "1 to 65536" });
            }
            match padding {
                Padding::Valid if dilated[axis] > input[axis] => {
                    return Err(TypeError::WindowTooLarge { op, window: dilated.into(), input: input.into() });
                }
                Padding::Valid => geometry.output[axis] = (input[axis] - dilated[axis]) / stride[axis] + 1,
                Padding::Same => {
                    let output = input[axis].div_ceil(stride[axis]);
                    let covered = ((output - 1) * stride[axis]).saturating_add(dilated[axis]);
                    geometry.output[axis] = output;
                    geometry.before[axis] = covered.saturating_sub(input[axis]) / 2;
                }
            }
        }
        Ok(geometry)
    }

    /// The input index along `axis` (0: height, 1: width) under position `tap` of the window that makes index `output`;
    /// `None` in the padding.
    #[inline]
    pub fn source(&self, axis: usize, output: usize, tap: usize) -> Option<usize> {
        let padded = output * self.stride[axis] + tap * self.dilation[axis];
        padded.checked_sub(self.before[axis]).filter(|index| *index < self.input[axis])
    }

    /// The output index along `axis` whose window has the input index `input` under its position `tap`; `None` where
    /// that falls between two steps or outside.
    #[inline]
    pub fn target(&self, axis: usize, input: usize, tap: usize) -> Option<usize> {
        let first = (input + self.before[axis]).checked_sub(tap * self.dilation[axis])?;
        let output = first / self.stride[axis];
        (first.is_multiple_of(self.stride[axis]) && output < self.output[axis]).then_some(output)
    }

    /// The positions of a dense window along `axis` that fall into the image for index `output`.
    #[inline(always)]
    pub(crate) fn taps(&self, axis: usize, output: usize) -> Range<usize> {
        let start = output * self.stride[axis];
        let first = self.before[axis].saturating_sub(start);
        let end = (self.input[axis] + self.before[axis] - start).min(self.size[axis]);
        first..end
    }

    /// The window at output (`row`, `column`): its positions inside the image, in row-major order, each with the index of
    /// its pixel, also row-major.
    pub(super) fn pixels(&self, row: usize, column: usize) -> impl Iterator<Item = (usize, usize)> {
        let [rows, columns] = self.size;
        (0..rows * columns).filter_map(move |position| {
            let p = self.source(0, row, position / columns)?;
            let q = self.source(1, column, position % columns)?;
            Some((position, p * self.input[1] + q))
        })
    }

    /// How many windows may hold one pixel.
    pub(super) fn most_windows_of_a_pixel(&self) -> usize {
        [0, 1].map(|axis: usize| self.size[axis].div_ceil(self.stride[axis])).iter().product()
    }
}

impl ConvGeometry {
    /// Channels that a filter reads: C / groups.
    pub fn group_channels(&self) -> usize {
        self.channels / self.groups
    }

    /// Filters of a group: O / groups.
    pub fn group_filters(&self) -> usize {
        self.filters / self.groups
    }

    /// Length of the chain of multiply-adds that makes one output.
    pub fn reduction(&self) -> usize {
        self.window.size[0] * self.window.size[1] * self.group_channels()
    }

    /// Multiplications and additions of the plain sum for one sample, forward or for either gradient: whoever computes it with
    /// fewer, by tiles or without zeros, still does this work.
    pub(super) fn cost(&self) -> Cost {
        let [height, width] = self.window.output;
        Cost { flops: 2 * (height * width * self.filters * self.reduction()) as u64 }
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Padding::Valid => "valid",
            Padding::Same => "same",
        })
    }
}

/// What poolings and their gradients have in common, for the errors of operation `op`.
pub(super) struct Pooling {
    pub(super) op: &'static str,
    pub(super) size: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) padding: Padding,
    /// Whether a byte must be able to name each of the window's positions.
    pub(super) names_positions: bool,
}

impl Pooling {
    /// Where the windows fall on an image `[H, W, C]`.
    pub(super) fn geometry(&self, x_shape: &Shape) -> Result<WindowGeometry, TypeError> {
        if x_shape.rank() != 3 {
            return Err(TypeError::Rank { op: self.op, input: 0, expected: 3, received: x_shape.clone() });
        }
        if x_shape[2] == 0 {
            return Err(TypeError::Empty { op: self.op, shape: x_shape.clone() });
        }
        let positions = self.size[0].saturating_mul(self.size[1]);
        if self.names_positions && positions > 256 {
            let (attribute, value) = ("positions of the window", positions as f64);
            return Err(TypeError::Attribute { op: self.op, attribute, value, range: "1 to 256" });
        }
        WindowGeometry::new(self.op, [x_shape[0], x_shape[1]], self.size, self.stride, [1, 1], self.padding)
    }

    /// The type of the pooled image; `inputs` is the image.
    pub(super) fn infer(&self, inputs: &[&Type]) -> Result<Type, TypeError> {
        check::arity(self.op, inputs, 1)?;
        check::all_f32(self.op, inputs)?;
        check::span(self.op, inputs, 0, Span::Sample)?;
        self.pooled(&inputs[0].shape)
    }

    /// The type of the image's gradient; `inputs` are what gradients are computed from, each shaped as the pooled image.
    pub(super) fn infer_gradient(&self, inputs: &[&Type], dtypes: &[DType], image: &Shape) -> Result<Type, TypeError> {
        check::arity(self.op, inputs, dtypes.len())?;
        for (input, dtype) in dtypes.iter().enumerate() {
            check::dtype(self.op, inputs, input, *dtype)?;
            check::span(self.op, inputs, input, Span::Sample)?;
        }
        check::image(self.op, image)?;
        let pooled = self.pooled(image)?;
        (0..inputs.len()).try_for_each(|input| check::shape(self.op, inputs, input, &pooled.shape))?;
        Ok(Type::sample(image.clone()))
    }

    /// One look at each position of each window.
    pub(super) fn cost(&self, outputs: &[Type]) -> Cost {
        Cost { flops: (outputs[0].elements() * self.size[0] * self.size[1]) as u64 }
    }

    pub(super) fn attributes(&self) -> String {
        format!("size={:?} stride={:?} padding={}", self.size, self.stride, self.padding)
    }

    fn pooled(&self, image: &Shape) -> Result<Type, TypeError> {
        let [height, width] = self.geometry(image)?.output;
        Ok(Type::sample([height, width, image[2]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(input: usize, size: usize, stride: usize, dilation: usize, padding: Padding) -> (usize, usize) {
        let geometry =
            WindowGeometry::new("test", [input, 100], [size, 1], [stride, 1], [dilation, 1], padding).unwrap();
        (geometry.output[0], geometry.before[0])
    }

    #[test]
    fn outputs_and_padding_are_those_of_keras() {
        use Padding::{Same, Valid};
        assert_eq!(window(28, 3, 1, 1, Valid), (26, 0));
        assert_eq!(window(11, 2, 2, 1, Valid), (5, 0));
        assert_eq!(window(10, 3, 1, 2, Valid), (6, 0));
        assert_eq!(window(28, 3, 1, 1, Same), (28, 1));
        // The extra row of an even window, and of an odd remainder, stands at the end.
        assert_eq!(window(5, 2, 1, 1, Same), (5, 0));
        assert_eq!(window(6, 3, 2, 1, Same), (3, 0));
        assert_eq!(window(7, 3, 2, 1, Same), (4, 1));
        assert_eq!(window(5, 1, 3, 1, Same), (2, 0));
        assert_eq!(window(2, 7, 1, 1, Same), (2, 3));
    }

    #[test]
    fn sources_and_targets_are_inverse() {
        for padding in [Padding::Valid, Padding::Same] {
            for (stride, dilation) in [(1, 1), (2, 1), (3, 2), (2, 3)] {
                let g = WindowGeometry::new("test", [9, 9], [3, 3], [stride, 1], [dilation, 1], padding).unwrap();
                for output in 0..g.output[0] {
                    for tap in 0..3 {
                        if let Some(input) = g.source(0, output, tap) {
                            assert_eq!(g.target(0, input, tap), Some(output));
                        }
                    }
                }
                let meetings = |find: &dyn Fn(usize, usize) -> bool, count: usize| {
                    (0..count).flat_map(|i| (0..3).map(move |tap| (i, tap))).filter(|(i, tap)| find(*i, *tap)).count()
                };
                let forward = meetings(&|output, tap| g.source(0, output, tap).is_some(), g.output[0]);
                let backward = meetings(&|input, tap| g.target(0, input, tap).is_some(), g.input[0]);
                assert_eq!(forward, backward, "stride {stride}, dilation {dilation}, {padding:?}");
            }
        }
    }
}
