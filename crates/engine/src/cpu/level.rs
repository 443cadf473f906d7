use std::fmt;

/// Which instructions kernels use. It changes speed, never bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Whatever the target guarantees; multiply-adds through the C library where there is no instruction.
    Scalar,
    /// AVX2 with FMA: 8 lanes.
    Avx2,
    /// AVX-512 F, BW, DQ, VL: 16 lanes.
    Avx512,
}

impl Level {
    /// All levels that this machine can run, slowest first.
    pub fn available() -> Vec<Level> {
        let mut levels = vec![Level::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            // With AVX2 come the instructions that count and find bits: every processor that has one has the others.
            let has_avx2 = std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("fma")
                && std::arch::is_x86_feature_detected!("bmi1")
                && std::arch::is_x86_feature_detected!("bmi2")
                && std::arch::is_x86_feature_detected!("lzcnt")
                && std::arch::is_x86_feature_detected!("popcnt");
            if has_avx2 {
                levels.push(Level::Avx2);
            }
            if has_avx2
                && std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl")
            {
                levels.push(Level::Avx512);
            }
        }
        levels
    }

    /// The best level that this machine can run.
    pub fn best() -> Level {
        Self::available().pop().unwrap_or(Level::Scalar)
    }
}

/// A level whose instructions this machine has. There is no other way to one than detection, so kernels may trust it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Supported(Level);

impl Supported {
    /// The best level that this machine can run, up to `level`. The bits are the same.
    pub(crate) fn at_most(level: Level) -> Self {
        Supported(level.min(Level::best()))
    }

    /// The level.
    pub(crate) fn level(self) -> Level {
        self.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Scalar => "scalar",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}
