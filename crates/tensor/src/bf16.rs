/// A number in bfloat16: the upper half of an f32, that is its sign, its exponent and the first seven bits of its fraction.
///
/// *Range*: that of f32. *Precision*: eight significant bits, so that rounding moves a normal number by at most 2^-9 of it.
///
/// *Source*: Kalamkar and others 2019 (*A study of BFLOAT16 for deep learning training*).
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub struct Bf16(u16);

impl Bf16 {
    /// The nearest number, ties to the one whose last bit is 0. What is nearer to 2^128 than to the largest number becomes infinite;
    /// denormal numbers are rounded like all others, not flushed. A NaN keeps its sign and the upper bits of its payload, and is quiet.
    #[inline(always)]
    pub fn from_f32(x: f32) -> Self {
        let bits = x.to_bits();
        // Half a unit of the last place that stays, less one where that place is even: what is cut off then rounds by its carry.
        let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        let quiet = bits >> 16 | 0x0040;
        Bf16(if bits & 0x7fff_ffff > 0x7f80_0000 { quiet as u16 } else { rounded as u16 })
    }

    /// The same number in f32: exact.
    #[inline(always)]
    pub fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }

    /// The number of these bits.
    pub fn from_bits(bits: u16) -> Self {
        Bf16(bits)
    }

    /// Its bits.
    pub fn to_bits(self) -> u16 {
        self.0
    }
}
