//! From bytes to what a model reads, by the steps in its file: what `proofmark_data` fits and writes, without what fits it.

use serde::{Deserialize, Serialize};

/// The preprocessing of a feature, as it stands in a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    pub(crate) name: String,
    /// Height, width, channels of the images that training read.
    pub(crate) source_shape: [usize; 3],
    /// Height, width, channels of what the model reads.
    pub(crate) shape: [usize; 3],
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Not done here: bytes are given as they are after it.
    Resize {
        height: usize,
        width: usize,
    },
    /// As above.
    Grayscale,
    ScalePixels,
    Standardize {
        mean: Vec<f64>,
        std: Vec<f64>,
    },
    SelectPixels {
        kept: Vec<u32>,
    },
}

/// What number each byte becomes, by channel, and where 0 stands whatever the byte.
pub(crate) struct Encoder {
    by_channel: Vec<[f32; 256]>,
    zeroed: Vec<usize>,
}

impl Feature {
    /// `None` where a step does not have a number for each channel.
    pub(crate) fn encoder(&self) -> Option<Encoder> {
        let [height, width, channels] = self.shape;
        let mut by_channel = vec![std::array::from_fn(|byte| byte as f32); channels];
        let mut zeroed = Vec::new();
        for step in &self.steps {
            match step {
                Step::Resize { .. } | Step::Grayscale => {}
                Step::ScalePixels => by_channel.iter_mut().flatten().for_each(|number: &mut f32| *number /= 255.0),
                Step::Standardize { mean, std } => {
                    if mean.len() != channels || std.len() != channels {
                        return None;
                    }
                    for ((table, mean), std) in by_channel.iter_mut().zip(mean).zip(std) {
                        // They are f32 numbers, written as f64.
                        table.iter_mut().for_each(|number| *number = (*number - *mean as f32) / *std as f32);
                    }
                }
                Step::SelectPixels { kept } => {
                    let pixels = (0..height * width).filter(|pixel| kept.binary_search(&(*pixel as u32)).is_err());
                    zeroed.extend(pixels.flat_map(|pixel| (0..channels).map(move |c| pixel * channels + c)));
                }
            }
        }
        Some(Encoder { by_channel, zeroed })
    }
}

impl Encoder {
    /// The numbers of one image.
    pub(crate) fn encode(&self, bytes: &[u8], out: &mut [f32]) {
        let channels = self.by_channel.len();
        for (bytes, out) in bytes.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for ((byte, out), table) in bytes.iter().zip(out).zip(&self.by_channel) {
                *out = table[usize::from(*byte)];
            }
        }
        self.zeroed.iter().for_each(|position| out[*position] = 0.0);
    }
}
