//! In which order an epoch visits the samples.

use proofmark_tensor::random::Stream;

/// A permutation of `0..n` for this seed and epoch (0 for the first): [`Stream::shuffle`] (Fisher and Yates) with the
/// stream `epoch order` at step `epoch`. It depends on nothing else, so that epoch k is the same after a resume.
pub fn epoch_order(seed: u64, epoch: u32, n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    Stream::new(seed, "epoch order").shuffle(epoch, &mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_another_permutation_and_the_same_again() {
        for n in [0, 1, 2, 3, 1000] {
            let mut sorted = epoch_order(7, 0, n);
            sorted.sort_unstable();
            assert_eq!(sorted, (0..n as u32).collect::<Vec<_>>());
        }
        assert_eq!(epoch_order(7, 3, 100), epoch_order(7, 3, 100));
        assert_ne!(epoch_order(7, 3, 100), epoch_order(7, 4, 100));
        assert_ne!(epoch_order(7, 3, 100), epoch_order(8, 3, 100));
    }

    #[test]
    fn every_position_gets_every_sample_about_equally_often() {
        let (n, epochs) = (5, 5000);
        let mut counts = [[0_u32; 5]; 5];
        for epoch in 0..epochs {
            for (position, sample) in epoch_order(1, epoch, n).into_iter().enumerate() {
                counts[position][sample as usize] += 1;
            }
        }
        // Binomial(5000, 1/5) has a standard deviation of 28; five of them.
        assert!(counts.iter().flatten().all(|count| count.abs_diff(1000) < 142), "{counts:?}");
    }

    #[test]
    fn the_order_is_the_one_that_runs_were_recorded_with() {
        insta::assert_compact_debug_snapshot!(epoch_order(7, 0, 12), @"[0, 11, 9, 3, 4, 1, 7, 8, 10, 6, 2, 5]");
    }
}
