//! What operators are, and what they work with.

use super::affine::Affine;
use super::fill::Fill;
use crate::error::SpecProblem;
use crate::profile::Encoding;
use proofmark_tensor::random::{LANE_BLOCKS, Stream};

/// An operator by what it does.
pub(crate) enum Operator<'a> {
    /// It moves pixels.
    Affine(&'a dyn AffineOperator),
    /// It changes them in place.
    Pixels(&'a dyn PixelOperator),
}

/// The parameters of an operator.
pub(crate) trait Parameters {
    /// Collects those outside their range.
    fn check(&self, limits: &mut Limits<'_>);

    /// A parameter in pixels, its value, and the most it may be for images whose smaller side is this long.
    fn size(&self, _smaller_side: usize) -> Option<(&'static str, usize, usize)> {
        None
    }
}

/// An affine map with drawn parameters.
pub(crate) trait AffineOperator: Parameters {
    /// What stands where the input has no pixel.
    fn fill(&self) -> Fill;

    /// From where in the input each pixel of the output comes.
    fn input_of_output(&self, draws: &Draws, extents: Extents) -> Affine;
}

/// A change of pixels.
pub(crate) trait PixelOperator: Parameters {
    /// Changes the image; `spare` has room for its numbers, and any content.
    fn apply(&self, draws: &Draws, image: &mut Image<'_>, spare: &mut [f32]);
}

impl Operator<'_> {
    pub(crate) fn check(&self, limits: &mut Limits<'_>) {
        match self {
            Operator::Affine(operator) => operator.check(limits),
            Operator::Pixels(operator) => operator.check(limits),
        }
    }

    pub(crate) fn size(&self, smaller_side: usize) -> Option<(&'static str, usize, usize)> {
        match self {
            Operator::Affine(operator) => operator.size(smaller_side),
            Operator::Pixels(operator) => operator.size(smaller_side),
        }
    }
}

/// Collects what is outside its range in one operator.
pub(crate) struct Limits<'a> {
    /// Where the operator stands: `data.features[0].augment[1].rotate`.
    pub(crate) key: String,
    pub(crate) problems: &'a mut Vec<SpecProblem>,
}

impl Limits<'_> {
    /// `low` to `high`, both included; [`ABOVE_ZERO`](crate::spec_problem::ABOVE_ZERO) for a zero that is not.
    pub(crate) fn within(&mut self, parameter: &str, received: f64, low: f64, high: f64) {
        // Also after rounding to f32: what is not zero in the spec must not be zero in the image.
        let low_f32 = if low == crate::spec_problem::ABOVE_ZERO { f64::from(f32::MIN_POSITIVE) } else { low };
        if !(low_f32..=high).contains(&received) {
            let key = format!("{}.{parameter}", self.key);
            self.problems.push(SpecProblem::OutOfRange { key, received, low, high });
        }
    }
}

/// The random numbers of one operator for one image in one epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub(crate) stream: Stream,
    pub(crate) epoch: u32,
    pub(crate) id: u64,
}

impl Draws {
    /// Uniform in `[0, 1)`.
    pub(crate) fn uniform(&self, element: u32) -> f32 {
        self.stream.uniform_at(self.epoch, self.id, element)
    }

    /// Uniform in `[-bound, bound)`: `(2 u - 1) bound`.
    pub(crate) fn symmetric(&self, element: u32, bound: f32) -> f32 {
        (2.0 * self.uniform(element) - 1.0) * bound
    }

    /// One of `0..n`.
    pub(crate) fn below(&self, element: u32, n: usize) -> usize {
        self.stream.below(self.epoch, self.id, element, n as u32) as usize
    }

    /// See [`Stream::lanes`].
    pub(crate) fn lanes(&self, first_block: u32) -> [[u32; LANE_BLOCKS]; 4] {
        self.stream.lanes(self.epoch, self.id, first_block)
    }
}

/// The extents of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extents {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Extents {
    /// Numbers of a row.
    pub(crate) fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Numbers of the image with the border that resampling gives it.
    pub(crate) fn bordered_elements(&self) -> usize {
        (self.height + super::affine::BORDER) * (self.width + super::affine::BORDER) * self.channels
    }
}

/// An image of numbers, `[height, width, channels]`.
pub(crate) struct Image<'a> {
    pub(crate) numbers: &'a mut [f32],
    pub(crate) extents: Extents,
    pub(crate) scale: &'a PixelScale,
}

/// What black and white became, by channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PixelScale {
    pub(crate) levels: Vec<Levels>,
}

/// What black and white became in one channel; white is above black.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    pub(crate) black: f32,
    pub(crate) white: f32,
}

impl PixelScale {
    pub(crate) fn new(encoding: &Encoding) -> PixelScale {
        let levels = encoding.by_channel.iter().map(|table| Levels { black: table[0], white: table[255] });
        PixelScale { levels: levels.collect() }
    }

    /// Numbers as bytes: to the nearest, halves up, and 0 to 255.
    pub(crate) fn bytes(&self, numbers: &[f32]) -> Vec<u8> {
        let byte = |(number, levels): (&f32, &Levels)| {
            ((number - levels.black) / levels.span() * 255.0 + 0.5) as u8 // saturates
        };
        numbers.iter().zip(self.levels.iter().cycle()).map(byte).collect()
    }
}

impl Levels {
    /// From black to white.
    pub(crate) fn span(&self) -> f32 {
        self.white - self.black
    }

    /// What a value on the scale from 0 (black) to 1 (white) is here.
    pub(crate) fn at(&self, value: f32) -> f32 {
        self.black + value * self.span()
    }

    /// The nearest number between black and white; NaN passes.
    #[inline(always)]
    pub(crate) fn clamp(&self, number: f32) -> f32 {
        // Not `max` and `min`, which leave the sign of a zero open.
        let number = if number < self.black { self.black } else { number };
        if number > self.white { self.white } else { number }
    }
}
