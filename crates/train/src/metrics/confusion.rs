use serde::Serialize;

use super::Predictions;

/// Counts of (actual, predicted) classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// No samples of this many classes.
    pub fn empty(classes: usize) -> Self {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Counts what `predicted` says of each sample. Labels outside the classes are not counted.
    pub fn count(predictions: &Predictions, predicted: impl Fn(usize) -> usize) -> Self {
        let mut confusion = Confusion::empty(predictions.classes);
        for (sample, label) in predictions.labels.iter().enumerate() {
            if let Ok(actual) = usize::try_from(*label)
                && actual < predictions.classes
            {
                confusion.add(actual, predicted(sample));
            }
        }
        confusion
    }

    /// Counts one sample.
    pub fn add(&mut self, actual: usize, predicted: usize) {
        self.counts[actual * self.classes + predicted] += 1;
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Samples of `actual` that were predicted as `predicted`.
    pub fn get(&self, actual: usize, predicted: usize) -> u64 {
        self.counts[actual * self.classes + predicted]
    }

    /// Samples of a class.
    pub fn actual(&self, class: usize) -> u64 {
        (0..self.classes).map(|predicted| self.get(class, predicted)).sum()
    }

    /// Samples predicted as a class.
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|actual| self.get(actual, class)).sum()
    }

    /// Samples that are right.
    pub fn right(&self) -> u64 {
        (0..self.classes).map(|class| self.get(class, class)).sum()
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The rows, actual classes first.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        self.counts.chunks(self.classes.max(1)).map(<[u64]>::to_vec).collect()
    }

    /// Share that is right; 0 of no samples.
    pub fn accuracy(&self) -> f64 {
        ratio(self.right(), self.total())
    }

    /// Mean precision over the classes that occur.
    pub fn macro_precision(&self) -> f64 {
        self.mean(|class| ratio(self.get(class, class), self.predicted(class)))
    }

    /// Mean recall over the classes that occur.
    pub fn macro_recall(&self) -> f64 {
        self.mean(|class| ratio(self.get(class, class), self.actual(class)))
    }

    /// Mean F1 over the classes that occur.
    pub fn macro_f1(&self) -> f64 {
        self.mean(|class| {
            // 2 P R / (P + R) without the intermediate divisions.
            ratio(2 * self.get(class, class), self.actual(class) + self.predicted(class))
        })
    }

    /// Mean over the classes that are actual or predicted at least once, as scikit-learn does.
    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        let present = |class: &usize| self.actual(*class) + self.predicted(*class) > 0;
        let values: Vec<f64> = (0..self.classes).filter(present).map(of).collect();
        if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macro_averages_have_known_values() {
        // Actual 0,0,0,1,1,2 predicted 0,0,1,1,2,2.
        let mut confusion = Confusion::empty(3);
        for (actual, predicted) in [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (2, 2)] {
            confusion.add(actual, predicted);
        }
        assert!((confusion.accuracy() - 4.0 / 6.0).abs() < 1e-15);
        assert!((confusion.macro_precision() - (1.0 + 0.5 + 0.5) / 3.0).abs() < 1e-15);
        assert!((confusion.macro_recall() - (2.0 / 3.0 + 0.5 + 1.0) / 3.0).abs() < 1e-15);
        assert!((confusion.macro_f1() - (0.8 + 0.5 + 2.0 / 3.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_class_that_is_never_predicted_has_precision_zero() {
        let mut confusion = Confusion::empty(2);
        confusion.add(0, 0);
        confusion.add(1, 0);
        assert_eq!(confusion.macro_precision(), 0.25);
        assert_eq!(Confusion::empty(2).macro_f1(), 0.0);
    }
}
