//! Where a few rows of an image are zero: the patches there, as around a digit, have nothing to multiply.
#![allow(unsafe_code)]

use crate::cpu::simd::Simd;

/// Words of a row's bits.
const WORDS: usize = 4;

/// One bit for each column of some rows: whether one of them has a number there that is not zero.
#[derive(Clone, Copy)]
pub(super) struct NonzeroColumns {
    words: [u64; WORDS + 1],
}

impl NonzeroColumns {
    /// Columns that can be looked at.
    pub(super) const MOST: usize = 64 * WORDS;

    /// Columns of a patch, at most.
    pub(super) const MOST_OF_PATCH: usize = 32;

    /// Of no rows.
    pub(super) const NONE: NonzeroColumns = NonzeroColumns { words: [0; WORDS + 1] };

    /// Of rows that start at these places after `from`.
    ///
    /// # Safety
    /// From each start `columns`, at most [`NonzeroColumns::MOST`], can be read; the level is S's.
    #[inline(always)]
    pub(super) unsafe fn of<S: Simd>(
        from: *const f32,
        starts: impl Iterator<Item = usize> + Clone,
        columns: usize,
    ) -> Self {
        let mut words = Self::NONE.words;
        let mut column = 0;
        while column < columns {
            let lanes = S::LANES.min(columns - column);
            let mut bits = 0;
            for start in starts.clone() {
                // SAFETY: the caller's promise.
                bits |= unsafe { S::bits(S::nonzero_mask(S::load_first(from.add(start + column), lanes))) };
            }
            // A vector's lanes divide a word.
            words[column / 64] |= u64::from(bits) << (column % 64);
            column += S::LANES;
        }
        NonzeroColumns { words }
    }

    /// Whether `count` columns from `first` are zero; `count` is at most [`NonzeroColumns::MOST_OF_PATCH`].
    #[inline(always)]
    pub(super) fn are_zero(&self, first: usize, count: usize) -> bool {
        let (word, shift) = (first / 64, first % 64);
        let both = u128::from(self.words[word]) | u128::from(self.words[word + 1]) << 64;
        (both >> shift) as u64 & !(u64::MAX << count) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::simd::Scalar;

    #[test]
    fn every_place_of_a_number_is_seen() {
        let columns = 200;
        for place in 0..2 * columns {
            let mut image = vec![-0.0; 2 * columns];
            image[place] = 1e-40;
            // SAFETY: two rows of so many columns.
            let found = unsafe { NonzeroColumns::of::<Scalar>(image.as_ptr(), [0, columns].into_iter(), columns) };
            for first in 0..columns - 5 {
                let is_here = (first..first + 5).contains(&(place % columns));
                assert_eq!(found.are_zero(first, 5), !is_here, "a number at {place}, columns from {first}");
            }
        }
    }
}
