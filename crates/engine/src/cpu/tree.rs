//! The perfect binary tree in which shards (and blocks) are added, absent nodes skipped: over all leaves at once, or leaf by
//! leaf. Both add the same pairs in the same order.

use std::iter::Rev;
use std::ops::Range;

/// Visits the pairs (left, right) of the tree over `n` leaves, neighbours first; a sum stands where its leftmost leaf did.
pub(super) fn tree(n: usize, mut merge: impl FnMut(usize, usize)) {
    let mut distance = 1;
    while distance < n {
        let mut left = 0;
        while left + distance < n {
            merge(left, left + distance);
            left += 2 * distance;
        }
        distance *= 2;
    }
}

/// The tree leaf by leaf, as a binary counter carries: each leaf is merged at once with the complete subtree of equal size
/// before it, so that few sums wait at a time and none is stored for each leaf.
///
/// The sums that wait stand in slots of the caller's, subtrees of falling size from slot 0 on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    leaves: usize,
    waiting: usize,
}

impl Counter {
    /// How many slots `n` leaves need.
    pub(super) fn slots(n: usize) -> usize {
        match n {
            0 => 0,
            // Before the last leaf comes, one subtree waits for each 1 among the bits of a number below `n`.
            _ => (usize::BITS - (n - 1).leading_zeros()) as usize + 1,
        }
    }

    /// The slot in which the next leaf is to be put, before [`Counter::carry`].
    pub(super) fn slot(&self) -> usize {
        self.waiting
    }

    /// Takes in the leaf: the slots whose sum is to be added, as the left one, to what stands in the slot after, in this order.
    #[inline(always)]
    pub(super) fn take_in(&mut self) -> Rev<Range<usize>> {
        self.take_in_many(1)
    }

    /// As [`Counter::take_in`], of a complete subtree: `leaves` is a power of two, and all before came in at least as large ones.
    #[inline(always)]
    pub(super) fn take_in_many(&mut self, leaves: usize) -> Rev<Range<usize>> {
        debug_assert!(leaves.is_power_of_two() && self.leaves.is_multiple_of(leaves));
        self.leaves += leaves;
        let waiting = self.waiting;
        self.waiting = waiting + 1 - (self.leaves.trailing_zeros() - leaves.trailing_zeros()) as usize;
        (self.waiting - 1..waiting).rev()
    }

    /// The slots that are to be added at the end, as in [`Counter::take_in`]: what waits there has no neighbour of equal size
    /// and moves up unchanged. The sum stands in slot 0.
    #[inline(always)]
    pub(super) fn rest(self) -> Rev<Range<usize>> {
        (0..self.waiting.saturating_sub(1)).rev()
    }

    /// As [`Counter::take_in`]; `merge(slot)` adds slot + 1 to slot.
    pub(super) fn carry(&mut self, merge: impl FnMut(usize)) {
        self.take_in().for_each(merge);
    }

    /// As [`Counter::rest`].
    pub(super) fn finish(self, merge: impl FnMut(usize)) {
        self.rest().for_each(merge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_skips_absent_nodes() {
        let pairs = |n| {
            let mut pairs = Vec::new();
            tree(n, |left, right| pairs.push((left, right)));
            pairs
        };
        assert_eq!(pairs(1), []);
        assert_eq!(pairs(5), [(0, 1), (2, 3), (0, 2), (0, 4)]);
        assert_eq!(pairs(8), [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (4, 6), (0, 4)]);
    }

    #[test]
    fn the_counter_follows_the_tree_and_needs_no_more_slots_than_it_says() {
        let merged = |left: &str, right: &str| format!("({left} {right})");
        for n in 1..70usize {
            let mut by_tree: Vec<String> = (0..n).map(|leaf| leaf.to_string()).collect();
            tree(n, |left, right| by_tree[left] = merged(&by_tree[left], &by_tree[right]));
            let mut slots = vec![String::new(); Counter::slots(n)];
            let mut counter = Counter::default();
            for leaf in 0..n {
                slots[counter.slot()] = leaf.to_string();
                counter.carry(|slot| slots[slot] = merged(&slots[slot], &slots[slot + 1]));
            }
            counter.finish(|slot| slots[slot] = merged(&slots[slot], &slots[slot + 1]));
            assert_eq!(slots[0], by_tree[0], "{n} leaves");
        }
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 8, 9, 1 << 16, (1 << 16) + 1].map(Counter::slots),
            [0, 1, 2, 3, 3, 4, 4, 5, 17, 18]
        );
    }
}
