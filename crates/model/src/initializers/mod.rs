//! How parameters start: one file for each family, one visible list ([`Initializer`]), one test that walks it
//! (`tests/model/initializers.rs`).
//!
//! A parameter's numbers follow from the run's seed and its own name, and from nothing else: adding a layer does not
//! change how the others start. `fan_in` is the number of inputs that one output sums, `fan_out` the number of outputs
//! that one input reaches, as Keras counts them: kernel height times width times the kernel's channels or the filters.

mod glorot;
mod he;
mod lecun;
mod orthogonal;
mod plain;
mod scaled;

use proofmark_tensor::random::Stream;

pub use glorot::{GlorotNormal, GlorotUniform};
pub use he::{HeNormal, HeUniform};
pub use lecun::{LecunNormal, LecunUniform};
pub use orthogonal::Orthogonal;
pub use plain::{Constant, ForgetGate, Ones, Zeros};

use proofmark_tagged::tagged;

use crate::build::Fans;
use crate::ranges::Ranges;

tagged! {
    /// How a parameter starts.
    Initializer: InitializerDefinition {
        glorot_uniform => GlorotUniform,
        glorot_normal => GlorotNormal,
        he_uniform => HeUniform,
        he_normal => HeNormal,
        lecun_uniform => LecunUniform,
        lecun_normal => LecunNormal,
        orthogonal => Orthogonal,
        zeros => Zeros,
        ones => Ones,
        constant => Constant,
        forget_gate => ForgetGate,
    }
}

/// What every initializer defines.
pub(crate) trait InitializerDefinition {
    /// Collects the parameters that are outside their range, each with `prefix` before its name.
    fn check(&self, _ranges: &mut Ranges, _prefix: &str) {}

    /// The least number of axes that a parameter must have.
    fn min_rank(&self) -> usize {
        0
    }

    /// Fills a parameter.
    fn fill(&self, site: &FillSite<'_>, values: &mut [f32]);
}

/// What the start of a parameter depends on.
pub(crate) struct FillSite<'a> {
    pub(crate) shape: &'a [usize],
    pub(crate) fans: Fans,
    /// The parameter's own random numbers.
    pub(crate) stream: Stream,
}

impl Initializer {
    pub(crate) fn check(&self, ranges: &mut Ranges, prefix: &str) {
        self.definition().check(ranges, &format!("{prefix}{}.", self.kind()));
    }
}
