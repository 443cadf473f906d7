//! What every source must do, for the tests of this crate and of others that add a source.

use super::{Ingested, Source};
use crate::dataset::Dataset;
use crate::error::DataError;
use std::collections::BTreeSet;

/// Checks a source against what [`Source`] promises; `source` must have at least one row in each part.
///
/// # Panics
/// If it breaks a promise, saying which.
pub fn check_source(source: &dyn Source) {
    let parts = source.parts();
    assert!(!parts.is_empty(), "a source has a part");
    assert!(parts.is_sorted() && parts.iter().collect::<BTreeSet<_>>().len() == parts.len(), "parts {parts:?}");
    let classes = source.classes();
    assert_eq!(classes.iter().collect::<BTreeSet<_>>().len(), classes.len(), "a class stands twice: {classes:?}");

    let mut shapes = BTreeSet::new();
    for part in &parts {
        let Ingested { dataset, files } = read(source, part);
        shapes.insert(dataset.shape().to_vec());
        assert!(!files.is_empty(), "{part}: no file is named");
        let rows: Vec<u64> = files.iter().map(|file| file.rows).collect();
        let (all, is_shared) =
            (dataset.rows().len() as u64, rows.len() > 1 && rows.windows(2).all(|two| two[0] == two[1]));
        // Either each file has some of the rows, or several have each a side of all of them, images and labels.
        assert!(rows.iter().sum::<u64>() == all || (is_shared && rows[0] == all), "{part}: {rows:?} rows of {all}");
        for row in dataset.rows() {
            let elements = dataset.shape().elements();
            match dataset.series() {
                None => assert_eq!(dataset.image(row).len(), elements, "{part}: row {row}"),
                Some(series) => assert!((1..=elements).contains(&series.row(row).len()), "{part}: row {row}"),
            }
            let is_class =
                |label: &i32| *label == -1 || usize::try_from(*label).is_ok_and(|label| label < classes.len());
            assert!(dataset.labels_of(row).iter().all(is_class), "{part}: labels of row {row}");
        }
        let again = read(source, part);
        assert_eq!(again.files, files, "{part}: other digests at the second reading");
        for row in dataset.rows() {
            assert_eq!(again.dataset.image(row), dataset.image(row), "{part}: row {row} at the second reading");
            let numbers = |dataset: &Dataset| {
                dataset.series().map(|series| series.row(row).iter().map(|number| number.to_bits()).collect::<Vec<_>>())
            };
            assert_eq!(numbers(&again.dataset), numbers(&dataset), "{part}: row {row} at the second reading");
            assert_eq!(
                again.dataset.labels_of(row),
                dataset.labels_of(row),
                "{part}: labels {row} at the second reading"
            );
        }
    }
    assert_eq!(shapes.len(), 1, "parts of different shapes: {shapes:?}");

    let error = source.read("no such part", &mut |_, _| ()).expect_err("there is no such part");
    assert!(matches!(error, DataError::UnknownPart { available, .. } if available == parts));
}

/// Reads a part, and checks that progress rises to its end.
fn read(source: &dyn Source, part: &str) -> Ingested {
    let mut last = (0, 1);
    let ingested = source
        .read(part, &mut |done, total| {
            assert!(done >= last.0 && done <= total, "{part}: progress {done} of {total} after {last:?}");
            last = (done, total);
        })
        .unwrap_or_else(|error| panic!("{part}: {error}"));
    assert_eq!(last.0, last.1, "{part}: progress ended early");
    ingested
}
