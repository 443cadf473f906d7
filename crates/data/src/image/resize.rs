//! Resizing, defined by this scalar code.

/// `pixels`, an image of `from` = `[height, width, channels]`, brought to `to` = `[height, width]`. Along an axis that
/// shrinks an output pixel is the average of the input it covers, pixels at the border weighted by the covered part
/// (area averaging); along one that grows it is the linear interpolation between the two nearest pixel centres, clamped
/// at the border (bilinear, half-pixel centres). First along the width, then along the height, in f64; rounded half up
/// at the end.
///
/// # Panics
/// If an extent is 0 or `pixels` is not such an image.
pub fn resize(pixels: &[u8], from: [usize; 3], to: [usize; 2]) -> Vec<u8> {
    let [from_height, from_width, channels] = from;
    let [height, width] = to;
    assert_eq!(pixels.len(), from_height * from_width * channels, "not an image of {from:?}");
    let along_width = taps(from_width, width);
    let along_height = taps(from_height, height);

    let mut narrow = vec![0.0_f64; from_height * width * channels];
    for y in 0..from_height {
        for (x, Taps { first, weights }) in along_width.iter().enumerate() {
            for c in 0..channels {
                let value = |tap: usize| f64::from(pixels[(y * from_width + first + tap) * channels + c]);
                narrow[(y * width + x) * channels + c] = weighted(weights, value);
            }
        }
    }
    let mut out = Vec::with_capacity(height * width * channels);
    for Taps { first, weights } in &along_height {
        for position in 0..width * channels {
            let value = |tap: usize| narrow[(first + tap) * width * channels + position];
            // Weights sum to 1 but for rounding; the cast saturates.
            out.push((weighted(weights, value) + 0.5) as u8);
        }
    }
    out
}

/// The input pixels that one output pixel is made of, from `first` on.
struct Taps {
    first: usize,
    weights: Vec<f64>,
}

fn weighted(weights: &[f64], value: impl Fn(usize) -> f64) -> f64 {
    weights.iter().enumerate().fold(0.0, |sum, (tap, weight)| sum + weight * value(tap))
}

fn taps(from: usize, to: usize) -> Vec<Taps> {
    if to <= from {
        (0..to).map(|idx| area(from, to, idx)).collect()
    } else {
        (0..to).map(|idx| linear(from, to, idx)).collect()
    }
}

/// Output pixel `idx` covers `[idx·from/to, (idx+1)·from/to)`; in units of 1/to everything is an integer.
fn area(from: usize, to: usize, idx: usize) -> Taps {
    let (start, end) = (idx * from, (idx + 1) * from);
    let (first, last) = (start / to, (end - 1) / to);
    let covered = |pixel: usize| (end.min((pixel + 1) * to) - start.max(pixel * to)) as f64 / from as f64;
    Taps { first, weights: (first..=last).map(covered).collect() }
}

fn linear(from: usize, to: usize, idx: usize) -> Taps {
    // The centre of output pixel `idx` lies at ((2·idx+1)·from − to) / (2·to) between input centres.
    let twice = ((2 * idx + 1) * from).saturating_sub(to);
    let first = twice / (2 * to);
    if first + 1 >= from {
        return Taps { first: from - 1, weights: vec![1.0] };
    }
    let fraction = (twice % (2 * to)) as f64 / (2 * to) as f64;
    Taps { first, weights: vec![1.0 - fraction, fraction] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An image, its shape, the size it is brought to, and what comes out.
    type Case = (&'static [u8], [usize; 3], [usize; 2], &'static [u8]);

    #[test]
    fn known_sizes() {
        #[rustfmt::skip]
        let cases: &[Case] = &[
            (&[1, 2, 3, 4], [2, 2, 1], [2, 2], &[1, 2, 3, 4]),
            (&[0, 10, 20, 30], [2, 2, 1], [1, 1], &[15]),
            (&[0, 1], [1, 2, 1], [1, 1], &[1]),
            // Three pixels onto two: each covers one and a half.
            (&[0, 90, 30], [1, 3, 1], [1, 2], &[30, 50]),
            // Two pixels onto four: centres at -1/4, 1/4, 3/4, 5/4.
            (&[0, 100], [1, 2, 1], [1, 4], &[0, 25, 75, 100]),
            (&[0, 100], [2, 1, 1], [4, 1], &[0, 25, 75, 100]),
            (&[7], [1, 1, 1], [2, 3], &[7; 6]),
            (&[0, 100, 200, 50], [1, 2, 2], [1, 1], &[100, 75]),
        ];
        for (pixels, from, to, expected) in cases {
            assert_eq!(resize(pixels, *from, *to), *expected, "{from:?} to {to:?}");
        }
    }

    proptest! {
        #[test]
        fn constant_images_stay_constant_and_nothing_leaves_the_range(
            value: u8, low in 0_u8..100, height in 1_usize..9, width in 1_usize..9, to_height in 1_usize..9, to_width in 1_usize..9,
        ) {
            let constant = vec![value; height * width];
            prop_assert!(resize(&constant, [height, width, 1], [to_height, to_width]).iter().all(|p| *p == value));
            let mixed: Vec<u8> = (0..height * width).map(|idx| if idx % 3 == 0 { low } else { 200 }).collect();
            let resized = resize(&mixed, [height, width, 1], [to_height, to_width]);
            prop_assert!(resized.iter().all(|p| (low..=200).contains(p)));
        }
    }
}
