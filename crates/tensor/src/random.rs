//! Counter-based random numbers: Philox4x32-10.
//!
//! A number is a pure function of (seed, name, step, id, element), so that any thread, in any order, gets the same one,
//! and nothing need be stored to get it again. By convention `name` is the layer's name, `step` the global training step
//! (for data: the epoch), `id` the sample's identity and `element` the index within the sample.
//!
//! Entry points: [`Stream::fill_uniform`], [`Stream::fill_normal`], [`Stream::fill_bits`] for whole samples, [`Stream::lanes`]
//! for kernels that use numbers as they are made. The `fill_*` functions are inlined into their callers, so that a caller
//! compiled for AVX2 or AVX-512 has them vectorised for it.
//!
//! ```
//! use proofmark_tensor::random::Stream;
//!
//! let stream = Stream::new(42, "dropout_1");
//! let (step, sample) = (3, 7);
//! let mut mask = [0.0; 100];
//! stream.fill_uniform(step, sample, &mut mask);
//! assert_eq!(mask[99], stream.uniform_at(step, sample, 99));
//! ```
//!
//! Source: Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3* (SC 2011), section 3.3.

use crate::math;

/// Blocks that the `fill_*` functions compute at once: one AVX-512 vector of 32-bit lanes.
pub const LANE_BLOCKS: usize = 16;
/// Elements of [`LANE_BLOCKS`] blocks.
pub const LANE_ELEMENTS: usize = 4 * LANE_BLOCKS;

const ROUNDS: u32 = 10;
const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// Added to the key after each round: the golden ratio and sqrt(3) - 1 as 32-bit fractions (the paper's Weyl sequence).
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// One block of Philox4x32 with ten rounds.
#[inline(always)]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [word_0, word_1, word_2, word_3] = philox_wide(counter.map(|word| [word]), key);
    [word_0[0], word_1[0], word_2[0], word_3[0]]
}

/// An independent stream of random numbers, one for each name (a layer, the shuffling, an augmentation) under a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
}

impl Stream {
    /// The stream of `name` under `seed`.
    ///
    /// The key is `mix(fnv1a(name) ^ mix(seed))`, low word first: FNV-1a with 64 bits over the name's UTF-8 bytes, and as
    /// `mix` one step of SplitMix64 (add 0x9E3779B97F4A7C15, then its finaliser). This is fixed for ever: a change would
    /// change every trained model.
    pub fn new(seed: u64, name: &str) -> Stream {
        let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        let key = mix(hash ^ mix(seed));
        Stream { key: [key as u32, (key >> 32) as u32] }
    }

    /// The four words of one block: the counter is `[block, step, id's low word, id's high word]`.
    #[inline(always)]
    pub fn u32s(&self, step: u32, id: u64, block: u32) -> [u32; 4] {
        philox4x32_10([block, step, id as u32, (id >> 32) as u32], self.key)
    }

    /// The 32 random bits of `element`: word `element % 4` of block `element / 4`.
    #[inline(always)]
    pub fn u32_at(&self, step: u32, id: u64, element: u32) -> u32 {
        self.u32s(step, id, element / 4)[(element % 4) as usize]
    }

    /// A uniform number in `[0, 1)`, a multiple of 2⁻²⁴: the upper 24 bits of [`Stream::u32_at`].
    #[inline(always)]
    pub fn uniform_at(&self, step: u32, id: u64, element: u32) -> f32 {
        uniform(self.u32_at(step, id, element))
    }

    /// A standard normal number; [`Stream::fill_normal`] says how it is made.
    #[inline(always)]
    pub fn normal_at(&self, step: u32, id: u64, element: u32) -> f32 {
        let words = self.u32s(step, id, element / 4);
        let pair = (element % 4 / 2 * 2) as usize;
        let (first, second) = normal_pair(words[pair], words[pair + 1]);
        if element.is_multiple_of(2) { first } else { second }
    }

    /// A number in `0..n`: the upper half of the 64-bit product of [`Stream::u32_at`] and `n` (0 for `n` = 0).
    ///
    /// A value's probability is off `1/n` by less than 2⁻³², that is by `n` 2⁻³² of itself: out of sight for the number of a data
    /// set's samples. Rejection would remove it, but an element's value would then depend on more than its own counter.
    #[inline(always)]
    pub fn below(&self, step: u32, id: u64, element: u32, n: u32) -> u32 {
        high_product(self.u32_at(step, id, element), n)
    }

    /// Random bits: `out[i] = u32_at(step, id, i)`. At most 2³² elements.
    #[inline(always)]
    pub fn fill_bits(&self, step: u32, id: u64, out: &mut [u32]) {
        self.fill::<Bits>(step, id, out);
    }

    /// Uniform numbers in `[0, 1)`: `out[i] = uniform_at(step, id, i)`. At most 2³² elements.
    #[inline(always)]
    pub fn fill_uniform(&self, step: u32, id: u64, out: &mut [f32]) {
        self.fill::<Uniform>(step, id, out);
    }

    /// Standard normal numbers: `out[i] = normal_at(step, id, i)`. At most 2³² elements.
    ///
    /// Box and Muller (1958): elements `2k` and `2k+1` are `r cos a` and `r sin a` with `r = sqrt(-2 ln u)`, where `u` is
    /// `(h + 1/2) / 2³¹` (rounded to f32, in `[2⁻³², 1]`) for the upper 31 bits `h` of the first word, and `a` is the second
    /// word as a fraction of a turn. The largest magnitude is 6.66; a normal number exceeds that about once in 4e10.
    #[inline(always)]
    pub fn fill_normal(&self, step: u32, id: u64, out: &mut [f32]) {
        self.fill::<Normal>(step, id, out);
    }

    /// Puts `items` in random order.
    ///
    /// Fisher and Yates' shuffle in Durstenfeld's order: for `i` from the last index down to 1, swap items `i` and
    /// `below(step, 0, i, i + 1)`. At most 2³² items.
    pub fn shuffle(&self, step: u32, items: &mut [u32]) {
        for last in (1..items.len()).rev() {
            // `last + 1` may be 2^32, of which a u32 knows only 0: the product is taken in 64 bits here.
            let bits = u64::from(self.u32_at(step, 0, last as u32));
            items.swap(last, ((bits * (last as u64 + 1)) >> 32) as usize);
        }
    }

    /// The words of [`LANE_BLOCKS`] blocks from `first_block` on, transposed: `[word][block]`, so that element
    /// `4 (first_block + block) + word` stands at `[word][block]`. Kernels that consume numbers at once start from here.
    #[inline(always)]
    pub fn lanes(&self, step: u32, id: u64, first_block: u32) -> [[u32; LANE_BLOCKS]; 4] {
        let mut blocks = [0; LANE_BLOCKS];
        for (lane, block) in blocks.iter_mut().enumerate() {
            *block = first_block.wrapping_add(lane as u32);
        }
        philox_wide([blocks, [step; LANE_BLOCKS], [id as u32; LANE_BLOCKS], [(id >> 32) as u32; LANE_BLOCKS]], self.key)
    }

    #[inline(always)]
    fn fill<C: Conversion>(&self, step: u32, id: u64, out: &mut [C::Element]) {
        let (chunks, rest) = out.as_chunks_mut::<LANE_ELEMENTS>();
        let mut block = 0u32;
        for chunk in chunks {
            C::write(&self.lanes(step, id, block), chunk);
            block = block.wrapping_add(LANE_BLOCKS as u32);
        }
        if !rest.is_empty() {
            let mut chunk = [C::Element::default(); LANE_ELEMENTS];
            C::write(&self.lanes(step, id, block), &mut chunk);
            rest.copy_from_slice(&chunk[..rest.len()]);
        }
    }
}

/// What a `fill_*` function makes of the bits. A trait rather than a closure, because a closure cannot be marked for inlining
/// and would not be compiled for its caller's target features.
trait Conversion {
    type Element: Copy + Default;
    fn write(words: &[[u32; LANE_BLOCKS]; 4], chunk: &mut [Self::Element; LANE_ELEMENTS]);
}

struct Bits;

impl Conversion for Bits {
    type Element = u32;
    #[inline(always)]
    fn write(words: &[[u32; LANE_BLOCKS]; 4], chunk: &mut [u32; LANE_ELEMENTS]) {
        for block in 0..LANE_BLOCKS {
            for word in 0..4 {
                chunk[4 * block + word] = words[word][block];
            }
        }
    }
}

struct Uniform;

impl Conversion for Uniform {
    type Element = f32;
    #[inline(always)]
    fn write(words: &[[u32; LANE_BLOCKS]; 4], chunk: &mut [f32; LANE_ELEMENTS]) {
        for block in 0..LANE_BLOCKS {
            for word in 0..4 {
                chunk[4 * block + word] = uniform(words[word][block]);
            }
        }
    }
}

struct Normal;

impl Conversion for Normal {
    type Element = f32;
    #[inline(always)]
    fn write(words: &[[u32; LANE_BLOCKS]; 4], chunk: &mut [f32; LANE_ELEMENTS]) {
        for block in 0..LANE_BLOCKS {
            (chunk[4 * block], chunk[4 * block + 1]) = normal_pair(words[0][block], words[1][block]);
            (chunk[4 * block + 2], chunk[4 * block + 3]) = normal_pair(words[2][block], words[3][block]);
        }
    }
}

/// `N` independent blocks, lane by lane.
///
/// A word stands in the low half of a 64-bit lane, below whatever the products left above it: x86's vector multiplication
/// reads just the low halves, so that no lane is ever masked, packed or shuffled between the rounds.
#[inline(always)]
fn philox_wide<const N: usize>(counter: [[u32; N]; 4], key: [u32; 2]) -> [[u32; N]; 4] {
    let [mut word_0, mut word_1, mut word_2, mut word_3] = counter.map(|word| word.map(u64::from));
    for round in 0..ROUNDS {
        let key_0 = u64::from(key[0].wrapping_add(WEYL[0].wrapping_mul(round)));
        let key_1 = u64::from(key[1].wrapping_add(WEYL[1].wrapping_mul(round)));
        for lane in 0..N {
            let product_0 = MULTIPLIERS[0] * (word_0[lane] & 0xffff_ffff);
            let product_1 = MULTIPLIERS[1] * (word_2[lane] & 0xffff_ffff);
            word_0[lane] = (product_1 >> 32) ^ word_1[lane] ^ key_0;
            word_1[lane] = product_1;
            word_2[lane] = (product_0 >> 32) ^ word_3[lane] ^ key_1;
            word_3[lane] = product_0;
        }
    }
    [word_0, word_1, word_2, word_3].map(|word| word.map(|lane| lane as u32))
}

#[inline(always)]
fn uniform(bits: u32) -> f32 {
    // Through i32: the conversion from u32 is several instructions before AVX-512.
    (bits >> 8) as i32 as f32 * (1.0 / 16_777_216.0)
}

#[inline(always)]
fn normal_pair(radius_bits: u32, angle_bits: u32) -> (f32, f32) {
    let u = ((radius_bits >> 1) as i32 as f32 + 0.5) * (1.0 / 2_147_483_648.0);
    let radius = (-2.0 * math::ln(u)).sqrt();
    let (sin, cos) = math::sin_cos_of_turn(angle_bits);
    (radius * cos, radius * sin)
}

#[inline(always)]
fn high_product(bits: u32, n: u32) -> u32 {
    ((u64::from(bits) * u64::from(n)) >> 32) as u32
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014) from the state `state`.
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
