//! Which pixels tell the classes apart.

/// What is summed up over images to score their pixels. Integers, so that the order of the images does not matter.
pub(crate) struct Telling {
    pixels: usize,
    channels: usize,
    /// By class: images, and the sum of every byte.
    by_class: Vec<(u64, Vec<u64>)>,
    /// The sum of the square of every byte.
    squares: Vec<u64>,
}

impl Telling {
    /// Of images of this height, width and number of channels.
    pub(crate) fn new([height, width, channels]: [usize; 3]) -> Telling {
        let pixels = height * width;
        Telling { pixels, channels, by_class: Vec::new(), squares: vec![0; pixels * channels] }
    }

    /// Takes in an image of a class.
    pub(crate) fn update(&mut self, class: usize, image: &[u8]) {
        if self.by_class.len() <= class {
            self.by_class.resize(class + 1, (0, vec![0; self.pixels * self.channels]));
        }
        let (images, sums) = &mut self.by_class[class];
        *images += 1;
        for ((sum, square), byte) in sums.iter_mut().zip(&mut self.squares).zip(image) {
            *sum += u64::from(*byte);
            *square += u64::from(*byte) * u64::from(*byte);
        }
    }

    /// The positions of the `count` pixels with the largest correlation ratio, sorted.
    pub(crate) fn most(&self, count: usize) -> Vec<u32> {
        let scores: Vec<f64> = (0..self.pixels).map(|pixel| self.correlation_ratio(pixel)).collect();
        let mut order: Vec<u32> = (0..self.pixels as u32).collect();
        order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b)));
        order.truncate(count);
        order.sort_unstable();
        order
    }

    /// The share of a pixel's variance that lies between the classes; 0 of a pixel that does not vary.
    fn correlation_ratio(&self, pixel: usize) -> f64 {
        let images = self.by_class.iter().map(|(images, _)| images).sum::<u64>().max(1) as f64;
        let (mut between, mut total) = (0.0, 0.0);
        for idx in pixel * self.channels..(pixel + 1) * self.channels {
            let sum = self.by_class.iter().map(|(_, sums)| sums[idx]).sum::<u64>() as f64;
            let of_classes = self.by_class.iter().filter(|(images, _)| *images > 0);
            let of_classes: f64 = of_classes.map(|(n, sums)| sums[idx] as f64 * sums[idx] as f64 / *n as f64).sum();
            between += of_classes - sum * sum / images;
            total += self.squares[idx] as f64 - sum * sum / images;
        }
        if total > 0.0 { between / total } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixel 0 is constant, 1 is the class, 2 is noise, 3 is nearly the class: 1 of 4 wrong in each class, r = 1/2.
    const IMAGES: [(usize, [u8; 4]); 8] = [
        (0, [7, 0, 0, 0]),
        (0, [7, 0, 9, 0]),
        (0, [7, 0, 0, 0]),
        (0, [7, 0, 9, 5]),
        (1, [7, 9, 0, 5]),
        (1, [7, 9, 9, 5]),
        (1, [7, 9, 0, 5]),
        (1, [7, 9, 9, 0]),
    ];

    fn telling(shape: [usize; 3]) -> Telling {
        let mut telling = Telling::new(shape);
        IMAGES.iter().for_each(|(class, image)| telling.update(*class, image));
        telling
    }

    #[test]
    fn pixels_are_scored_by_their_correlation_ratio() {
        let telling = telling([2, 2, 1]);
        let scores: Vec<f64> = (0..4).map(|pixel| telling.correlation_ratio(pixel)).collect();
        assert_eq!(scores, [0.0, 1.0, 0.0, 0.25]);
        let cases: [(usize, &[u32]); 5] = [(0, &[]), (1, &[1]), (2, &[1, 3]), (3, &[0, 1, 3]), (9, &[0, 1, 2, 3])];
        for (count, kept) in cases {
            assert_eq!(telling.most(count), kept);
        }
    }

    #[test]
    fn channels_are_taken_together() {
        // Of the second pixel, 9 of its variance's 9 + 25/4 × .. lie between: more than of the first, all the same.
        let telling = telling([1, 2, 2]);
        assert_eq!(telling.correlation_ratio(0), 1.0);
        assert!(telling.correlation_ratio(1) > 0.0 && telling.correlation_ratio(1) < 0.25);
        assert_eq!(telling.most(1), [0]);
    }
}
