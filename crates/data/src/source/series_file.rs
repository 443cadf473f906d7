//! Files of series: the `.ts` format of the UEA and UCR archives, and CSV. Both readers are total: whatever the bytes, they
//! return series or an error with its line, and hold no more memory than the bytes account for.
//!
//! *Source of the format*: Bagnall et al., "The UEA multivariate time series classification archive", 2018, and
//! <https://www.aeon-toolkit.org/en/stable/api_reference/file_specifications/ts.html>.

use super::MAX_CLASSES;
use proofmark_messages::{Lang, Localize, display_in_english, sequence as say};
use std::path::Path;

/// A `.ts` file: series with their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct TsFile {
    /// The classes' names, in the order of the header.
    pub classes: Vec<String>,
    /// Numbers of a step.
    pub channels: usize,
    /// The series, in the order of the lines.
    pub rows: Vec<TsRow>,
}

/// A line of a `.ts` file.
#[derive(Clone, Debug, PartialEq)]
pub struct TsRow {
    /// Step after step, channels last; NaN where a value is missing.
    pub numbers: Vec<f32>,
    /// The class, by its place in [`TsFile::classes`]; `None` where it is missing.
    pub class: Option<usize>,
}

/// A CSV file: one series.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvSeries {
    /// Numbers of a step.
    pub channels: usize,
    /// Step after step, channels last; NaN where a value is missing.
    pub numbers: Vec<f32>,
}

/// What is wrong with a file of series, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: SeriesProblem,
}

/// What is wrong with a file of series.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeriesProblem {
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// The end of the file before its data.
    NoData,
    /// A file without classes: a regression, or an unlabelled set.
    NoClasses,
    /// More classes than a label can name.
    ManyClasses,
    /// A class name that stands twice.
    ClassTwice {
        /// The name.
        class: String,
    },
    /// Steps with times of their own.
    TimeStamps,
    /// A line before the data that is no header.
    Header {
        /// How it begins.
        received: String,
    },
    /// A field that is no number, or an infinite one.
    Number {
        /// The field.
        received: String,
    },
    /// A series of another number of channels than those before it.
    Channels {
        /// The channels of the first series.
        expected: usize,
        /// The channels of this one.
        received: usize,
    },
    /// A channel of another number of steps than the one before it.
    Steps {
        /// The steps of the first channel.
        expected: usize,
        /// The steps of this one.
        received: usize,
    },
    /// A line without a class at its end.
    NoClass,
    /// A class that the header does not list.
    UnknownClass {
        /// The class.
        class: String,
    },
    /// A line of a CSV file with another number of fields than the first.
    Fields {
        /// The fields of the first line.
        expected: u64,
        /// The fields of this one.
        received: u64,
    },
    /// No step.
    Empty,
}

/// Shown characters of a field that is no number.
const SHOWN: usize = 40;

/// Reads a `.ts` file.
///
/// # Errors
/// The first line that is wrong.
pub fn parse_ts(bytes: &[u8]) -> Result<TsFile, SeriesError> {
    let mut classes: Option<Vec<String>> = None;
    let mut channels = None;
    let mut rows = Vec::new();
    let mut is_data = false;
    let mut last = 1;
    for (line, text) in lines(bytes) {
        last = line;
        let wrong = |problem| SeriesError { line, problem };
        let text = text.map_err(|()| wrong(SeriesProblem::NotUtf8))?.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if is_data {
            let classes = classes.as_deref().unwrap_or_default();
            rows.push(ts_row(text, classes, &mut channels).map_err(wrong)?);
            continue;
        }
        let mut words = text.split_whitespace();
        let key = words.next().unwrap_or_default().to_ascii_lowercase();
        match key.as_str() {
            "@data" if classes.is_none() => return Err(wrong(SeriesProblem::NoClasses)),
            "@data" => is_data = true,
            "@timestamps" if is_true(words.next()) => return Err(wrong(SeriesProblem::TimeStamps)),
            "@targetlabel" if is_true(words.next()) => return Err(wrong(SeriesProblem::NoClasses)),
            "@classlabel" if is_true(words.next()) => {
                let mut names: Vec<String> = Vec::new();
                for class in words {
                    if names.len() == MAX_CLASSES {
                        return Err(wrong(SeriesProblem::ManyClasses));
                    }
                    if names.iter().any(|known| known == class) {
                        return Err(wrong(SeriesProblem::ClassTwice { class: class.to_owned() }));
                    }
                    names.push(class.to_owned());
                }
                classes = Some(names);
            }
            "@classlabel" => return Err(wrong(SeriesProblem::NoClasses)),
            _ if key.starts_with('@') => {}
            _ => return Err(wrong(SeriesProblem::Header { received: shown(text) })),
        }
    }
    match (channels, classes) {
        (Some(channels), Some(classes)) => Ok(TsFile { classes, channels, rows }),
        _ => Err(SeriesError { line: last, problem: SeriesProblem::NoData }),
    }
}

fn is_true(word: Option<&str>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case("true"))
}

/// Channels divided by `:`, values by `,`, and the class at the end.
fn ts_row(text: &str, classes: &[String], channels: &mut Option<usize>) -> Result<TsRow, SeriesProblem> {
    let (values, class) = text.rsplit_once(':').ok_or(SeriesProblem::NoClass)?;
    let class = match class.trim() {
        "?" => None,
        class => {
            let place = classes.iter().position(|known| known == class);
            Some(place.ok_or_else(|| SeriesProblem::UnknownClass { class: shown(class) })?)
        }
    };
    let received = values.split(':').count();
    let expected = *channels.get_or_insert(received);
    if received != expected {
        return Err(SeriesProblem::Channels { expected, received });
    }
    let mut n_values = values.split(':').map(|channel| channel.split(',').count());
    let steps = n_values.next().unwrap_or_default();
    if let Some(received) = n_values.find(|received| *received != steps) {
        return Err(SeriesProblem::Steps { expected: steps, received });
    }
    let mut numbers = vec![0.0; steps * expected];
    for (channel, values) in values.split(':').enumerate() {
        if values.trim().is_empty() {
            return Err(SeriesProblem::Empty);
        }
        for (step, field) in values.split(',').enumerate() {
            numbers[step * expected + channel] = number(field)?;
        }
    }
    Ok(TsRow { numbers, class })
}

/// Reads a CSV file: a line is a step, a column is a channel.
///
/// # Errors
/// The first line that is wrong.
pub fn parse_csv(bytes: &[u8]) -> Result<CsvSeries, SeriesError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(bytes);
    let mut channels = None;
    let mut numbers = Vec::new();
    let mut last = 1;
    for (idx, record) in reader.records().enumerate() {
        let record = record.map_err(|error| csv_error(&error, bytes, last + 1))?;
        let line = record.position().map_or(last + 1, |position| line_of(position, bytes));
        last = line;
        // Of a byte order mark nobody knows.
        let fields = || record.iter().map(|field| field.trim_start_matches('\u{feff}'));
        if idx == 0 && fields().all(|field| number(field).is_err()) {
            continue;
        }
        channels = Some(record.len());
        for field in fields() {
            numbers.push(number(field).map_err(|problem| SeriesError { line, problem })?);
        }
    }
    match channels {
        Some(channels) => Ok(CsvSeries { channels, numbers }),
        None => Err(SeriesError { line: last, problem: SeriesProblem::Empty }),
    }
}

/// The line of a record: the reader's position is before the empty lines that it passes over.
fn line_of(position: &csv::Position, bytes: &[u8]) -> u64 {
    let rest = bytes.get(position.byte() as usize..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

fn csv_error(error: &csv::Error, bytes: &[u8], next: u64) -> SeriesError {
    let (position, problem) = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            (pos.as_ref(), SeriesProblem::Fields { expected: *expected_len, received: *len })
        }
        csv::ErrorKind::Utf8 { pos, .. } => (pos.as_ref(), SeriesProblem::NotUtf8),
        // Bytes in memory can be read, and neither headers nor types are asked for.
        _ => (None, SeriesProblem::Empty),
    };
    SeriesError { line: position.map_or(next, |position| line_of(position, bytes)), problem }
}

/// A finite number, or NaN for a missing one.
fn number(field: &str) -> Result<f32, SeriesProblem> {
    let field = field.trim();
    if matches!(field, "" | "?") || field.eq_ignore_ascii_case("nan") {
        return Ok(f32::NAN);
    }
    match field.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(SeriesProblem::Number { received: shown(field) }),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// Lines with their numbers, from 1.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, Result<&str, ()>)> {
    (1..).zip(bytes.split(|byte| *byte == b'\n').map(|line| std::str::from_utf8(line).map_err(|_| ())))
}

impl SeriesError {
    /// The problem with its place: `set/a.csv:3: ...`.
    pub(crate) fn at(&self, path: &Path, lang: Lang) -> String {
        say::at_line(lang, path.display(), self.line, self.problem.text(lang))
    }
}

impl Localize for SeriesError {
    fn text(&self, lang: Lang) -> String {
        say::on_line(lang, self.line, self.problem.text(lang))
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.problem.hint(lang)
    }
}

impl Localize for SeriesProblem {
    fn text(&self, lang: Lang) -> String {
        match self {
            SeriesProblem::NotUtf8 => say::not_utf8(lang),
            SeriesProblem::NoData => say::no_data(lang),
            SeriesProblem::NoClasses => say::no_classes(lang),
            SeriesProblem::ManyClasses => say::many_classes(lang, MAX_CLASSES),
            SeriesProblem::ClassTwice { class } => say::class_twice(lang, class),
            SeriesProblem::TimeStamps => say::time_stamps(lang),
            SeriesProblem::Header { received } => say::no_header(lang, received),
            SeriesProblem::Number { received } => say::no_number(lang, received),
            SeriesProblem::Channels { expected, received } => say::channels(lang, expected, received),
            SeriesProblem::Steps { expected, received } => say::steps(lang, expected, received),
            SeriesProblem::NoClass => say::no_class_at_end(lang),
            SeriesProblem::UnknownClass { class } => say::unknown_class(lang, class),
            SeriesProblem::Fields { expected, received } => say::fields(lang, expected, received),
            SeriesProblem::Empty => say::no_step(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            SeriesProblem::NoData | SeriesProblem::Header { .. } => Some(say::hint_ts_layout(lang)),
            SeriesProblem::NoClasses | SeriesProblem::UnknownClass { .. } => Some(say::hint_classes(lang)),
            SeriesProblem::TimeStamps => Some(say::hint_time_stamps(lang)),
            SeriesProblem::Number { .. } => Some(say::hint_number(lang)),
            SeriesProblem::Steps { .. } | SeriesProblem::Channels { .. } => Some(say::hint_channels(lang)),
            SeriesProblem::NoClass => Some(say::hint_no_class_at_end(lang)),
            SeriesProblem::Fields { .. } => Some(say::hint_fields(lang)),
            SeriesProblem::NotUtf8
            | SeriesProblem::ManyClasses
            | SeriesProblem::ClassTwice { .. }
            | SeriesProblem::Empty => None,
        }
    }
}

display_in_english!(SeriesError);
display_in_english!(SeriesProblem);

impl std::error::Error for SeriesError {}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# A set\n@problemName Set\n@classLabel true a b\n@data\n";

    #[test]
    fn ts_files_have_channels_of_steps_and_a_class() {
        let file = parse_ts(format!("{HEAD}1,2,3:4,5,6:b\n7.5:-1e-3:a\r\n\n?,1:NaN,2:?\n").as_bytes()).unwrap();
        assert_eq!((file.classes.len(), file.channels, file.rows.len()), (2, 2, 3));
        assert_eq!(file.rows[0], TsRow { numbers: vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0], class: Some(1) });
        assert_eq!(file.rows[1], TsRow { numbers: vec![7.5, -1e-3], class: Some(0) });
        assert!(file.rows[2].class.is_none() && file.rows[2].numbers[..2].iter().all(|number| number.is_nan()));
    }

    #[test]
    fn csv_files_are_one_series_with_or_without_names_of_columns() {
        let expected = CsvSeries { channels: 2, numbers: vec![1.0, 2.0, 3.0, 4.0] };
        for text in ["1,2\n3,4\n", "left,right\n1, 2\n3,4", "\"left\",\"right\"\r\n1,\"2\"\r\n3,4\r\n"] {
            assert_eq!(parse_csv(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
        let gaps = parse_csv(b"1,\n?,4\n").unwrap();
        assert_eq!(gaps.numbers.iter().filter(|number| number.is_nan()).count(), 2);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases: &[(&str, &str)] = &[
            ("", "line `1`: the file ends before its data"),
            ("1,2:a\n", "line `1`: expected a header that begins with `@`, received `1,2:a`"),
            ("@classLabel false\n@data\n", "line `1`: the series have no classes"),
            ("@data\n1:a\n", "line `1`: the series have no classes"),
            ("@timeStamps true\n", "line `1`: the steps have times of their own, which is not supported"),
            ("@classLabel true a a\n", "line `1`: the class `a` stands twice"),
            ("@classLabel true a\n@data\n1,x:a\n", "line `3`: expected a number, received `x`"),
            ("@classLabel true a\n@data\n1,inf:a\n", "line `3`: expected a number, received `inf`"),
            ("@classLabel true a\n@data\n1,2\n", "line `3`: the class is missing at the end"),
            ("@classLabel true a\n@data\n1,2:b\n", "line `3`: the header has no class `b`"),
            ("@classLabel true a\n@data\n1:1:a\n1:a\n", "line `4`: expected `2` channels, received `1`"),
            ("@classLabel true a\n@data\n1,2:1:a\n", "line `3`: expected `2` steps in each channel, received `1`"),
            ("@classLabel true a\n@data\n::a\n", "line `3`: there is no step"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_ts(text.as_bytes()).unwrap_err().to_string(), *expected, "{text:?}");
        }
        let cases: &[(&[u8], &str)] = &[
            (b"", "line `1`: there is no step"),
            (b"a,b\n", "line `1`: there is no step"),
            (b"1,2\n3\n", "line `2`: expected `2` fields as in the first line, received `1`"),
            (b"1,2\n\n3,zero\n", "line `3`: expected a number, received `zero`"),
            (b"1,2\n3,\xff\n", "line `2`: the text is not UTF-8"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(parse_csv(bytes).unwrap_err().to_string(), *expected, "{bytes:?}");
        }
    }
}
