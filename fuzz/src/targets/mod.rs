//! The targets, one a file: `check` is what libFuzzer calls, `seeds` what it starts from.

pub mod canonical;
pub mod checkpoint;
pub mod criteria;
pub mod idx;
pub mod image;
pub mod onnx;
pub mod safetensors;
pub mod series;
pub mod spec;
pub mod wav;

mod framed;

use proofmark_messages::{Lang, Localize};

/// A reader and what must hold for it.
pub struct Target {
    /// The name of its file in `fuzz_targets/`, its folder in `seeds/` and its dictionary in `dictionaries/`.
    pub name: &'static str,
    /// Panics if something does not hold.
    pub check: fn(&[u8]),
    /// Small inputs of all shapes, with their names: good ones, and such as are wrong in a way of their own.
    pub seeds: fn() -> Vec<Seed>,
}

/// An input with its name.
pub type Seed = (&'static str, Vec<u8>);

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    Target { name: "canonical", check: canonical::check, seeds: canonical::seeds },
    Target { name: "checkpoint", check: checkpoint::check, seeds: checkpoint::seeds },
    Target { name: "criteria", check: criteria::check, seeds: criteria::seeds },
    Target { name: "idx", check: idx::check, seeds: idx::seeds },
    Target { name: "image", check: image::check, seeds: image::seeds },
    Target { name: "onnx", check: onnx::check, seeds: onnx::seeds },
    Target { name: "safetensors", check: safetensors::check, seeds: safetensors::seeds },
    Target { name: "series", check: series::check, seeds: series::seeds },
    Target { name: "spec", check: spec::check, seeds: spec::seeds },
    Target { name: "wav", check: wav::check, seeds: wav::seeds },
];

/// Says the error in every language: whatever was in the input, the words for it must not panic, nor be empty.
fn say(error: &impl Localize) {
    for lang in Lang::ALL {
        assert!(!error.text(lang).is_empty());
        assert!(error.hint(lang).is_none_or(|hint| !hint.is_empty()));
    }
}

/// Equality to the bit, which NaN has too.
fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// Seeds that are text.
fn texts(texts: &[(&'static str, &str)]) -> Vec<Seed> {
    texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect()
}
