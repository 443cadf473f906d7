//! Standard output, and how numbers and tables look in it.

use std::io::{self, ErrorKind, Write as _};

use anstyle::AnsiColor;
use proofmark_lab::spec::Style;
pub(crate) use proofmark_messages::bytes;
use proofmark_messages::{Lang, report};
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;

/// Standard output. Nothing else in the program writes to it, so that a reader who leaves is noticed rather than suffered.
pub(crate) struct Output {
    style: Style,
}

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Yes.
    Good,
    /// No.
    Bad,
    /// Neither.
    Open,
}

impl Output {
    pub(crate) fn new(style: Style) -> Output {
        Output { style }
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// [`Failure::OutputClosed`] if the reader left, [`Failure::Output`] otherwise.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Output(error),
        })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// As [`Output::text`].
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.text(&format!("{text}\n"))
    }

    /// Writes one object on one line.
    ///
    /// # Errors
    /// As [`Output::text`].
    pub(crate) fn json(&self, value: &serde_json::Value) -> Result<(), Failure> {
        self.line(&value.to_string())
    }

    /// Text in a colour, where there are colours.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.style == Style::Plain {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default().bold(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Open => AnsiColor::Yellow.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Rows with their columns aligned, two blanks between; numbers (`true`) end where their column ends.
pub(crate) fn table<const N: usize>(rows: &[[String; N]], is_number: [bool; N]) -> String {
    let width = |text: &str| UnicodeWidthStr::width(text);
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[column] - width(cell));
            let cell = if is_number[column] { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") };
            line.push_str(&cell);
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `label  text` under each other; a label that is empty continues the one above.
pub(crate) fn labelled(rows: &[(String, String)]) -> String {
    let rows: Vec<[String; 2]> = rows.iter().map(|(label, text)| [label.clone(), text.clone()]).collect();
    table(&rows, [false, false]).lines().map(|line| format!("  {line}\n")).collect()
}

/// 1234567 as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in per cent: `98.82 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A number to five significant digits or so, without zeros at its end.
pub(crate) fn short(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number}");
    }
    if number.abs() < 1e-4 {
        return format!("{number:.3e}");
    }
    let digits = (4 - number.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A duration: `6.1 s`, `1 min 23 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64, lang: Lang) -> String {
    let whole = seconds.round() as u64;
    let text = match whole {
        _ if seconds < 59.95 => report::seconds(lang, format!("{seconds:.1}")),
        0..3600 => report::minutes_seconds(lang, whole / 60, whole % 60),
        _ => report::hours_minutes(lang, whole / 3600, whole % 3600 / 60),
    };
    // The page keeps number and unit on one line; in a terminal people search for what they see.
    text.replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let shorts = [0.0, 3.0, 0.5, 0.98817342, 123.456789, 0.00012345678, 0.0000123, 1e20, -2.5];
        assert_eq!(
            shorts.map(short),
            ["0", "3", "0.5", "0.98817", "123.46", "0.00012346", "1.230e-5", "100000000000000000000", "-2.5"]
        );
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([12, 1234, 94_200_000, 2_000_000_000].map(bytes).join("|"), "12 B|1.2 kB|94.2 MB|2.0 GB");
        let durations = [0.04, 6.12, 59.97, 83.4, 7500.0].map(|seconds| duration(seconds, Lang::En));
        assert_eq!(durations, ["0.0 s", "6.1 s", "1 min 0 s", "1 min 23 s", "2 h 5 min"]);
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows = [["判定".to_owned(), "1".to_owned()], ["a".to_owned(), "123".to_owned()]];
        assert_eq!(table(&rows, [false, true]), "判定    1\na     123\n");
    }
}
