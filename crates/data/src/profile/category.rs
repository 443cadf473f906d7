//! Labels: rows by class.

use serde::Serialize;

/// The state of a pass over labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryState {
    missing: u64,
    counts: Vec<u64>,
}

/// The statistics of a column of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryProfile {
    /// Rows without a label.
    pub missing_rows: u64,
    /// Their share of all rows, 0 to 1; 0 without rows.
    pub missing: f64,
    /// Classes that have at least one row.
    pub classes: u64,
    /// The smallest class' share of the labelled rows, 0 to 1; 0 if a class has no rows.
    pub min_share: f64,
    /// The greatest class' share of the labelled rows, 0 to 1.
    pub max_share: f64,
    /// The rows of every class, in the order of the classes.
    pub by_class: Vec<ClassRows>,
}

/// A class and how many rows it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassRows {
    /// The class' name.
    pub class: String,
    /// Its rows.
    pub rows: u64,
}

impl CategoryState {
    /// No rows yet.
    pub fn new(classes: usize) -> CategoryState {
        CategoryState { missing: 0, counts: vec![0; classes] }
    }

    /// One more row.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn update(&mut self, label: Option<usize>) {
        match label {
            Some(class) => self.counts[class] += 1,
            None => self.missing += 1,
        }
    }

    /// Adds what comes after these rows.
    pub fn merge(&mut self, after: &CategoryState) {
        self.missing += after.missing;
        self.counts.iter_mut().zip(&after.counts).for_each(|(count, more)| *count += more);
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.missing + self.labelled()
    }

    /// The rows of every class.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The statistics, with the classes' names.
    pub fn finish(&self, classes: &[String]) -> CategoryProfile {
        let share_of_labelled = |rows: Option<&u64>| share(rows.copied().unwrap_or(0), self.labelled());
        CategoryProfile {
            missing_rows: self.missing,
            missing: share(self.missing, self.rows()),
            classes: self.counts.iter().filter(|rows| **rows > 0).count() as u64,
            min_share: share_of_labelled(self.counts.iter().min()),
            max_share: share_of_labelled(self.counts.iter().max()),
            by_class: classes
                .iter()
                .zip(&self.counts)
                .map(|(class, rows)| ClassRows { class: class.clone(), rows: *rows })
                .collect(),
        }
    }

    fn labelled(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// `part / whole`, 0 of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_labelled_rows_and_missing_ones_of_all() {
        let mut state = CategoryState::new(3);
        for label in [Some(0), None, Some(0), Some(1), None] {
            state.update(label);
        }
        let profile = state.finish(&["a", "b", "c"].map(str::to_owned));
        assert_eq!((profile.missing_rows, profile.missing, profile.classes), (2, 0.4, 2));
        assert_eq!((profile.min_share, profile.max_share), (0.0, 2.0 / 3.0));
        assert_eq!(profile.by_class[2], ClassRows { class: "c".to_owned(), rows: 0 });
    }

    #[test]
    fn no_rows_have_no_share_of_anything() {
        let profile = CategoryState::new(1).finish(&["a".to_owned()]);
        assert_eq!((profile.missing, profile.min_share, profile.max_share, profile.classes), (0.0, 0.0, 0.0, 0));
    }
}
