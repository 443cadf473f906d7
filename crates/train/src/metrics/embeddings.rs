//! What embeddings say by their distances: the class of the nearest other sample.

use super::Predictions;

/// How many samples each one is compared with: a set that is twice as large takes twice, and not four times, as long.
const GALLERY: usize = 2048;

impl Predictions {
    /// Of embeddings and losses in this order of the rows. A row's predicted class is that of the nearest other sample (rank 1), among
    /// all of the set or the first 2,048 in the order; its probability is 1.
    pub(crate) fn of_embeddings(classes: usize, said: &[f32], losses: &[f32], labels: &[i32], order: &[u32]) -> Self {
        let n = labels.len();
        let width = said.len().checked_div(n).unwrap_or_default();
        let mut all = Predictions {
            classes,
            probabilities: vec![0.0; n * classes],
            losses: vec![0.0; n],
            labels: labels.to_vec(),
            embeddings: vec![0.0; said.len()],
            ..Predictions::default()
        };
        for (place, row) in order.iter().map(|row| *row as usize).enumerate() {
            all.losses[row] = losses[place];
            all.embeddings[row * width..][..width].copy_from_slice(&said[place * width..][..width]);
        }
        let gallery = &order[..n.min(GALLERY)];
        for (sample, row) in all.probabilities.chunks_exact_mut(classes).enumerate() {
            let others = gallery.iter().map(|row| *row as usize);
            let nearest = nearest_other(&all.embeddings, width, sample, others);
            if let Some(label) = nearest.and_then(|nearest| usize::try_from(labels[nearest]).ok()) {
                row[label] = 1.0;
            }
        }
        all
    }

    /// Numbers of an embedding; 0 where the model predicts classes.
    pub(super) fn embedding_width(&self) -> usize {
        self.embeddings.len().checked_div(self.labels.len()).unwrap_or_default()
    }

    /// The Euclidean distance of two rows' embeddings.
    pub(super) fn distance(&self, a: usize, b: usize) -> f64 {
        square(&self.embeddings, self.embedding_width(), a, b).sqrt()
    }
}

/// The one of the others that is nearest to a sample, the first of equals; itself is none of them.
pub(crate) fn nearest_other(
    embeddings: &[f32],
    width: usize,
    sample: usize,
    others: impl Iterator<Item = usize>,
) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for other in others.filter(|other| *other != sample) {
        let square = square(embeddings, width, sample, other);
        if best.is_none_or(|(nearest, _)| square < nearest) {
            best = Some((square, other));
        }
    }
    best.map(|(_, other)| other)
}

/// In f64, element by element.
fn square(embeddings: &[f32], width: usize, a: usize, b: usize) -> f64 {
    let row = |sample: usize| &embeddings[sample * width..(sample + 1) * width];
    let difference = |(a, b): (&f32, &f32)| f64::from(*a) - f64::from(*b);
    row(a).iter().zip(row(b)).map(difference).map(|difference| difference * difference).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_the_class_of_the_nearest_other() {
        // Rows 2, 0, 3, 1 of the set.
        let order = [2, 0, 3, 1];
        let said = [10.0, 0.0, 7.0, 3.0];
        let all = Predictions::of_embeddings(3, &said, &[0.5, 0.25, 0.0, 1.0], &[1, 1, 2, 0], &order);
        assert_eq!(
            (all.embeddings.as_slice(), all.losses.as_slice()),
            (&[0.0, 3.0, 10.0, 7.0][..], &[0.25, 1.0, 0.5, 0.0][..])
        );
        let predicted: Vec<usize> = (0..4).map(|row| all.predicted(row)).collect();
        assert_eq!((predicted, all.accuracy()), (vec![1, 1, 0, 2], 0.5));
        assert_eq!((all.embedding_width(), all.distance(1, 3)), (1, 4.0));
        let alone = Predictions::of_embeddings(2, &[1.0], &[0.0], &[1], &[0]);
        assert_eq!((alone.predicted(0), Predictions::of_embeddings(2, &[], &[], &[], &[]).len()), (0, 0));
    }
}
