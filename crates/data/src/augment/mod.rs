//! Augmentation: training images are varied each time they are seen. One operator, one file, and one list,
//! [`AugmentSpec`].
//!
//! **What it applies to.** The numbers of a training image, after preprocessing and after the split; validation and test
//! are never augmented, and a profile describes the images as they are. Operators apply in the listed order. What a
//! parameter says about values (`max_delta`, `std`, a fill) is on the scale of a pixel, 0 for black and 1 for white,
//! whatever preprocessing made of black and white; brightness and noise keep values between the two.
//!
//! **Where parameters come from.** Operator `idx` of the list draws from the stream `augment IDX NAME` (`augment 0 rotate`)
//! under the run's seed, at step = epoch (from 0), id = the sample's id, element k as the operator says. An image of an
//! epoch is thus the same on every machine, in any batch, and after a resume.
//!
//! **Moving pixels.** `rotate`, `shift` and `scale` are affine maps. Those that follow each other with the same `fill` are
//! multiplied into one map, in the listed order, and the image is sampled once, so that it does not blur several times.
//! The only difference from one after the other: what one of them moves out of the frame, a later one can move back in.
//! Another operator in between, or another `fill`, starts a new map.
//!
//! **Bits.** Everything is f32 with one rounding an operation, in the order written, without fused multiply-adds: this
//! crate is compiled for the least processor, where they are library calls.
//!
//! `mixup` is not here, since it couples the samples of a batch: it is a setting of the training (`train.mixup`).

mod affine;
mod brightness;
mod crop;
mod cutout;
mod degrees;
mod fill;
mod flip;
mod noise;
mod operator;
mod rotate;
mod scale;
mod shift;

pub use brightness::Brightness;
pub use crop::Crop;
pub use cutout::Cutout;
pub use fill::Fill;
pub use flip::Flip;
pub use noise::Noise;
pub use rotate::Rotate;
pub use scale::Scale;
pub use shift::Shift;

use crate::error::SpecProblem;
use crate::prepared::PreparedSet;
use crate::profile::Encoding;
use affine::Affine;
use operator::{Draws, Extents, Image, Limits, Operator, PixelScale};
use proofmark_tensor::random::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Makes the enum of the operators and its visible list.
macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $name:literal => $kind:ident as $role:ident,)*) => {
        /// One operator of augmentation, a map of one key: `rotate: { degrees: 10 }`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        #[non_exhaustive]
        pub enum AugmentSpec {
            $($(#[doc = $doc])+ $kind($kind),)*
        }

        impl AugmentSpec {
            /// The names of all operators as specs write them, in the order of the list.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The operator's name as specs write it.
            pub fn name(&self) -> &'static str {
                match self { $(AugmentSpec::$kind(_) => $name,)* }
            }

            fn operator(&self) -> Operator<'_> {
                match self { $(AugmentSpec::$kind(operator) => Operator::$role(operator),)* }
            }
        }

        $(impl From<$kind> for AugmentSpec {
            fn from(operator: $kind) -> Self {
                AugmentSpec::$kind(operator)
            }
        })*
    };
}

operators! {
    /// Turns the image about its centre.
    "rotate" => Rotate as Affine,
    /// Moves the image up or down and sideways.
    "shift" => Shift as Affine,
    /// Makes what the image shows larger or smaller.
    "scale" => Scale as Affine,
    /// Cuts an image of the same size out of the padded one.
    "crop" => Crop as Pixels,
    /// Mirrors the image.
    "flip" => Flip as Pixels,
    /// Makes the image brighter or darker.
    "brightness" => Brightness as Pixels,
    /// Adds Gaussian noise.
    "noise" => Noise as Pixels,
    /// Blots out a square.
    "cutout" => Cutout as Pixels,
}

/// Operators of one feature at most.
pub const MAX_OPERATORS: usize = 32;

/// Everything outside its range; `key` is where the list stands, `data.features[0].augment`.
pub(crate) fn check(key: &str, operators: &[AugmentSpec], problems: &mut Vec<SpecProblem>) {
    if operators.len() > MAX_OPERATORS {
        let (received, limit) = (operators.len(), MAX_OPERATORS);
        problems.push(SpecProblem::AugmentCount { key: key.to_owned(), received, limit });
    }
    for (idx, spec) in operators.iter().enumerate() {
        spec.operator().check(&mut Limits { key: format!("{key}[{idx}].{}", spec.name()), problems });
    }
}

/// The first operator that images of this height and width are too small for.
pub(crate) fn check_size(key: &str, operators: &[AugmentSpec], shape: [usize; 3]) -> Result<(), SpecProblem> {
    let [height, width, _] = shape;
    for (idx, spec) in operators.iter().enumerate() {
        let Some((parameter, received, limit)) = spec.operator().size(height.min(width)) else { continue };
        if received > limit {
            let key = format!("{key}[{idx}].{}.{parameter}", spec.name());
            return Err(SpecProblem::AugmentSize { key, received, limit, height, width });
        }
    }
    Ok(())
}

/// A checked list of operators, made for images of one shape under one seed.
#[derive(Clone, Debug)]
pub struct Augmentation {
    operators: Vec<(AugmentSpec, Stream)>,
    passes: Vec<Pass>,
    extents: Extents,
    scale: PixelScale,
}

/// Once over the image.
#[derive(Clone, Debug)]
enum Pass {
    /// Maps that are multiplied into one.
    Resample { operators: Range<usize>, fill: Fill },
    /// An operator on its own.
    Pixels { operator: usize },
}

/// The memory that augmenting an image takes, of one thread; made once by [`PreparedSet::augment_scratch`].
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    numbers: Vec<f32>,
    taps: affine::Taps,
}

impl Augmentation {
    /// `None` for an empty list. The specs were checked.
    pub(crate) fn new(
        operators: &[AugmentSpec],
        shape: [usize; 3],
        encoding: &Encoding,
        seed: u64,
    ) -> Option<Augmentation> {
        if operators.is_empty() {
            return None;
        }
        let mut passes: Vec<Pass> = Vec::new();
        for (idx, spec) in operators.iter().enumerate() {
            match (spec.operator(), passes.last_mut()) {
                (Operator::Affine(operator), Some(Pass::Resample { operators, fill })) if *fill == operator.fill() => {
                    operators.end = idx + 1;
                }
                (Operator::Affine(operator), _) => {
                    passes.push(Pass::Resample { operators: idx..idx + 1, fill: operator.fill() });
                }
                (Operator::Pixels(_), _) => passes.push(Pass::Pixels { operator: idx }),
            }
        }
        let stream = |(idx, spec): (usize, &AugmentSpec)| {
            (spec.clone(), Stream::new(seed, &format!("augment {idx} {}", spec.name())))
        };
        let [height, width, channels] = shape;
        Some(Augmentation {
            operators: operators.iter().enumerate().map(stream).collect(),
            passes,
            extents: Extents { height, width, channels },
            scale: PixelScale::new(encoding),
        })
    }

    /// The operators, in order.
    pub fn operators(&self) -> impl Iterator<Item = &AugmentSpec> {
        self.operators.iter().map(|(spec, _)| spec)
    }

    /// Memory for [`Augmentation::apply`].
    pub(crate) fn scratch(&self) -> Scratch {
        Scratch { numbers: vec![0.0; self.extents.bordered_elements()], taps: affine::Taps::new(self.extents.width) }
    }

    /// Varies the numbers of one image as this epoch (from 0) does, in place; allocates nothing.
    pub(crate) fn apply(&self, epoch: u32, id: u64, numbers: &mut [f32], scratch: &mut Scratch) {
        let mut image = Image { numbers, extents: self.extents, scale: &self.scale };
        let draws = |operator: usize| Draws { stream: self.operators[operator].1, epoch, id };
        for pass in &self.passes {
            match pass {
                Pass::Resample { operators, fill } => {
                    let mut map = Affine::IDENTITY;
                    for idx in operators.clone() {
                        if let Operator::Affine(operator) = self.operators[idx].0.operator() {
                            map = map.after(operator.input_of_output(&draws(idx), self.extents));
                        }
                    }
                    affine::resample(&mut image, &map, *fill, &mut scratch.numbers, &mut scratch.taps);
                }
                Pass::Pixels { operator } => {
                    if let Operator::Pixels(pixels) = self.operators[*operator].0.operator() {
                        pixels.apply(&draws(*operator), &mut image, &mut scratch.numbers);
                    }
                }
            }
        }
    }
}

/// The image at a position of a set as the first `n` epochs see it, as bytes for people to look at; `n` times the image
/// itself if the set is not augmented.
///
/// # Panics
/// If there is no such position.
pub fn preview(set: &PreparedSet, row: u32, n: u32) -> Vec<Vec<u8>> {
    let Some(augmentation) = set.augmentation() else { return vec![set.image_u8(row).to_vec(); n as usize] };
    let mut scratch = augmentation.scratch();
    let mut numbers = vec![0.0; set.feature_shape().elements()];
    let bytes = |epoch| {
        set.gather_augmented(&[row], epoch, &mut scratch, &mut numbers);
        augmentation.scale.bytes(&numbers)
    };
    (0..n).map(bytes).collect()
}

#[cfg(test)]
mod tests;
