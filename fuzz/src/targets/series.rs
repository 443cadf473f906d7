//! The readers of series: `.ts` and CSV.

use std::fmt::Write as _;

use proofmark_data::source::series_file::{CsvSeries, TsFile, parse_csv, parse_ts};

use super::{Seed, same_bits, say, texts};
use crate::heap::bounded;

/// Buffers of the CSV reader.
const FIXED_BYTES: usize = 256 << 10;
/// The shortest row of two bytes is remembered by some words, in a list that grows by doubling.
const MAX_RATIO: usize = 128;

/// What is read has whole steps of numbers that are finite or missing, and reads as the same when it is written; no more memory
/// is held than the bytes account for.
pub fn check(bytes: &[u8]) {
    let limit = FIXED_BYTES + bytes.len() * MAX_RATIO;
    match bounded(limit, || parse_ts(bytes)) {
        Ok(file) => {
            let mut classes: Vec<&str> = file.classes.iter().map(String::as_str).collect();
            classes.sort_unstable();
            classes.dedup();
            assert_eq!(classes.len(), file.classes.len());
            for row in &file.rows {
                whole(&row.numbers, file.channels);
                assert!(row.class.is_none_or(|class| class < file.classes.len()));
            }
            let again = parse_ts(write_ts(&file).as_bytes()).expect("written by us");
            assert_eq!((again.channels, again.rows.len(), &again.classes), (file.channels, file.rows.len(), &file.classes));
            for (row, again) in file.rows.iter().zip(&again.rows) {
                assert_eq!(row.class, again.class);
                assert!(same_numbers(&row.numbers, &again.numbers));
            }
        }
        Err(error) => say(&error),
    }
    match bounded(limit, || parse_csv(bytes)) {
        Ok(series) => {
            whole(&series.numbers, series.channels);
            let again = parse_csv(write_csv(&series).as_bytes()).expect("written by us");
            assert!(again.channels == series.channels && same_numbers(&again.numbers, &series.numbers));
        }
        Err(error) => say(&error),
    }
}

fn whole(numbers: &[f32], channels: usize) {
    assert!(channels > 0 && !numbers.is_empty() && numbers.len().is_multiple_of(channels));
    assert!(numbers.iter().all(|number| number.is_finite() || number.is_nan()));
}

/// All missing values are one.
fn same_numbers(a: &[f32], b: &[f32]) -> bool {
    let plain = |numbers: &[f32]| numbers.iter().map(|x| if x.is_nan() { f32::NAN } else { *x }).collect::<Vec<_>>();
    same_bits(&plain(a), &plain(b))
}

fn field(number: f32) -> String {
    if number.is_nan() { "?".to_owned() } else { format!("{number:?}") }
}

fn write_ts(file: &TsFile) -> String {
    let mut text = format!("@classLabel true {}\n@data\n", file.classes.join(" "));
    for row in &file.rows {
        for channel in 0..file.channels {
            let values = row.numbers.iter().skip(channel).step_by(file.channels).map(|number| field(*number));
            let _ = write!(text, "{}:", values.collect::<Vec<_>>().join(","));
        }
        let _ = writeln!(text, "{}", row.class.map_or("?", |class| &file.classes[class]));
    }
    text
}

fn write_csv(series: &CsvSeries) -> String {
    let line = |step: &[f32]| step.iter().map(|number| field(*number)).collect::<Vec<_>>().join(",");
    series.numbers.chunks(series.channels).map(|step| line(step) + "\n").collect()
}

/// Good files of both kinds, and such as are wrong in a way of their own.
pub fn seeds() -> Vec<Seed> {
    texts(&[
        ("ts", "# a set\n@problemName Set\n@timeStamps false\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7.5:-1e-3:b\n"),
        ("ts-gaps", "@classLabel true a b\n@data\n?,1:NaN,2:?\n1:2:b\r\n"),
        ("ts-times", "@timeStamps true\n@classLabel true a\n@data\n(0,1):a\n"),
        ("ts-no-classes", "@classLabel false\n@data\n1,2\n"),
        ("ts-other-class", "@classLabel true a\n@data\n1,2:b\n"),
        ("ts-ragged", "@classLabel true a\n@data\n1,2:1:a\n"),
        ("ts-class-twice", "@classLabel true a a\n@data\n1:a\n"),
        ("ts-huge", "@classLabel true a\n@data\n1e39:a\n"),
        ("ts-empty", "@classLabel true a\n@data\n::a\n"),
        ("csv", "left,right\n1,2\n3,4\n"),
        ("csv-quoted", "\"left\",\"right\"\r\n1,\"2\"\r\n3,4\r\n"),
        ("csv-gaps", "1,\n?,nan\n"),
        ("csv-ragged", "1,2\n3\n"),
        ("csv-word", "1,2\n3,four\n"),
        ("csv-mark", "\u{feff}1,2\n"),
    ])
}
