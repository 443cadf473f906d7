//! A cross-validation that never happened.

use proofmark_report::{CrossValidation, FoldMetric, FoldRow, FoldValue, Unit};

/// Five folds of a plausible accuracy and loss.
pub(crate) fn cross_validation() -> CrossValidation {
    let value = |value, half| FoldValue { value, lower95: Some(value - half), upper95: Some(value + half) };
    let fold = |(number, [accuracy, loss]): (u64, [f64; 2])| FoldRow {
        number,
        train_rows: 38_880,
        validation_rows: 4_320,
        held_out_rows: 10_800,
        epochs: 10,
        best_epoch: 10 - number % 2,
        values: vec![value(accuracy, 0.002), FoldValue { value: loss, ..FoldValue::default() }],
    };
    let values = [[0.9872, 0.0421], [0.9889, 0.0377], [0.9880, 0.0399], [0.9893, 0.0371], [0.9868, 0.0432]];
    CrossValidation {
        kind: "stratified".to_owned(),
        rows: 54_000,
        folds: (1..).zip(values).map(fold).collect(),
        metrics: vec![
            FoldMetric {
                name: "accuracy".to_owned(),
                unit: Unit::Proportion,
                higher_is_better: true,
                mean: 0.98804,
                std: 0.00107,
                lower95: 0.98605,
                upper95: 0.99003,
                out_of_fold: value(0.98804, 0.0009),
            },
            FoldMetric {
                name: "log_loss".to_owned(),
                unit: Unit::Number,
                higher_is_better: false,
                mean: 0.0400,
                std: 0.0026,
                lower95: 0.0351,
                upper95: 0.0449,
                out_of_fold: value(0.0400, 0.0021),
            },
        ],
    }
}
