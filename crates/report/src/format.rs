//! How numbers are written: one place, so that the same quantity looks the same everywhere on the page.

use crate::data::{Fact, Unit};
use proofmark_messages::{Lang, report as say};

/// Separates thousands: a narrow space that does not break, read alike in both languages.
const THIN: char = '\u{202f}';
const MINUS: char = '\u{2212}';

/// A count with thin separators: `60 000`.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A proportion in per cent with two decimals: `99.12%`.
pub(crate) fn percent(proportion: f64) -> String {
    match not_finite(proportion * 100.0) {
        Some(name) => name.to_owned(),
        None => format!("{}%", signless_zero(proportion * 100.0, 2)),
    }
}

/// A proportion in per cent with as many decimals as it has, two at most: `2%`, `97.72%`.
pub(crate) fn percent_short(proportion: f64) -> String {
    match not_finite(proportion * 100.0) {
        Some(name) => name.to_owned(),
        None => {
            let text = signless_zero(proportion * 100.0, 2);
            format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

/// A probability in per cent, never rounded up to certainty: `99.9%`, `>99.99%`.
pub(crate) fn probability(value: f64) -> String {
    if value < 1.0 && value > 0.9999 { format!(">{}", percent(0.9999)) } else { percent(value) }
}

/// A difference of proportions in percentage points with its sign, without the unit: `+1.30`.
pub(crate) fn points(difference: f64) -> String {
    signed(difference * 100.0, 2)
}

/// A number of `decimals` decimals with its sign.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = decimal(value, decimals);
    if value > 0.0 && value.is_finite() && text.contains(|c: char| ('1'..='9').contains(&c)) {
        format!("+{text}")
    } else {
        text
    }
}

/// A number of fixed decimals: `0.0312`.
pub(crate) fn decimal(value: f64, decimals: usize) -> String {
    match not_finite(value) {
        Some(name) => name.to_owned(),
        None => signless_zero(value, decimals),
    }
}

/// A number as a person would write it: up to four significant decimals, no trailing zeros, powers of ten when tiny or
/// huge: `0.9902`, `3`, `1e−5`.
pub(crate) fn number(value: f64) -> String {
    if let Some(name) = not_finite(value) {
        return name.to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        let text = format!("{value:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        return format!("{mantissa}e{exponent}").replace('-', &MINUS.to_string());
    }
    let decimals = if size >= 100.0 {
        1
    } else if size >= 0.01 {
        4
    } else {
        6
    };
    let text = signless_zero(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A metric's value in its unit.
pub(crate) fn metric(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Proportion => percent(value),
        Unit::Number => decimal(value, 4),
    }
}

/// A difference of two values of a metric, with its sign and unit.
pub(crate) fn gain(difference: f64, unit: Unit, lang: Lang) -> String {
    match unit {
        Unit::Proportion => say::percentage_points(lang, points(difference)),
        Unit::Number => signed(difference, 4),
    }
}

/// What an expression read.
pub(crate) fn fact(value: &Fact, lang: Lang) -> String {
    match value {
        Fact::Number(value) => number(*value),
        Fact::Text(text) => text.clone(),
        Fact::Flag(flag) => flag.to_string(),
        Fact::Missing => say::not_measured(lang),
    }
}

/// A duration: `0.4 s`, `14.2 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn seconds(value: f64, lang: Lang) -> String {
    if not_finite(value).is_some() || value < 59.95 {
        return say::seconds(lang, decimal(value, if value < 0.095 { 3 } else { 1 }));
    }
    let whole = value.round() as u64;
    if whole < 3600 {
        say::minutes_seconds(lang, whole / 60, format!("{:02}", whole % 60))
    } else {
        let minutes = (value / 60.0).round() as u64;
        say::hours_minutes(lang, count(minutes / 60), format!("{:02}", minutes % 60))
    }
}

/// A size in decimal units: `94 MB`, `1.03 GB`.
pub(crate) fn bytes(value: u64) -> String {
    let size = value as f64;
    match value {
        0..1_000 => format!("{value}\u{a0}B"),
        1_000..1_000_000 => format!("{}\u{a0}kB", decimal(size / 1e3, 0)),
        1_000_000..1_000_000_000 => format!("{}\u{a0}MB", decimal(size / 1e6, 0)),
        _ => format!("{}\u{a0}GB", decimal(size / 1e9, 2)),
    }
}

/// A large count in words of the field: `421 642`, `4.73 M`, `1.20 G`.
pub(crate) fn magnitude(value: u64) -> String {
    match value {
        0..1_000_000 => count(value),
        1_000_000..1_000_000_000 => format!("{}\u{a0}M", decimal(value as f64 / 1e6, 2)),
        _ => format!("{}\u{a0}G", decimal(value as f64 / 1e9, 2)),
    }
}

/// The shape of one sample: `26 × 26 × 32`.
pub(crate) fn shape(sides: &[u64]) -> String {
    let sides: Vec<String> = sides.iter().map(|side| count(*side)).collect();
    sides.join("\u{a0}×\u{a0}")
}

/// The first characters of a digest, enough to tell two apart by eye.
pub(crate) fn short_digest(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("∞"),
        f64::NEG_INFINITY => Some("−∞"),
        _ => None,
    }
}

/// Fixed decimals, grouped, with a true minus sign, and none before a value that rounds to zero.
fn signless_zero(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let negative = value < 0.0 && text.contains(|c: char| ('1'..='9').contains(&c));
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut result = if negative { MINUS.to_string() } else { String::new() };
    result.push_str(&grouped(whole));
    if let Some(fraction) = fraction {
        result.push('.');
        result.push_str(fraction);
    }
    result
}

fn grouped(digits: &str) -> String {
    let mut result = String::with_capacity(digits.len() + digits.len() / 3 * THIN.len_utf8());
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            result.push(THIN);
        }
        result.push(digit);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_one_way() {
        let cases = [
            (count(0), "0"),
            (count(999), "999"),
            (count(1_000), "1\u{202f}000"),
            (count(60_000_000), "60\u{202f}000\u{202f}000"),
            (percent(0.991_23), "99.12%"),
            (percent(f64::NAN), "NaN"),
            (percent(f64::INFINITY), "∞"),
            (percent(-0.000_001), "0.00%"),
            (percent_short(0.02), "2%"),
            (percent_short(0.9772), "97.72%"),
            (percent_short(1.0), "100%"),
            (percent_short(0.985), "98.5%"),
            (probability(0.999_99), ">99.99%"),
            (probability(1.0), "100.00%"),
            (points(0.013), "+1.30"),
            (points(-0.013), "−1.30"),
            (points(0.000_001), "0.00"),
            (decimal(f64::NEG_INFINITY, 2), "−∞"),
            (decimal(12_345.678, 1), "12\u{202f}345.7"),
            (number(0.9772), "0.9772"),
            (number(10_000.0), "10\u{202f}000"),
            (number(0.05), "0.05"),
            (number(0.001), "0.001"),
            (number(0.000_25), "0.00025"),
            (number(1e-5), "1e−5"),
            (number(-4.927_132_8e-7), "−4.927e−7"),
            (number(2e12), "2e12"),
            (number(-3.0), "−3"),
            (number(0.0), "0"),
            (bytes(94_200_000), "94\u{a0}MB"),
            (bytes(1_030_000_000), "1.03\u{a0}GB"),
            (bytes(12), "12\u{a0}B"),
            (magnitude(225_034), "225\u{202f}034"),
            (magnitude(4_730_000), "4.73\u{a0}M"),
            (shape(&[26, 26, 32]), "26\u{a0}×\u{a0}26\u{a0}×\u{a0}32"),
            (seconds(14.23, Lang::En), "14.2\u{a0}s"),
            (seconds(59.97, Lang::En), "1\u{a0}min 00\u{a0}s"),
            (seconds(200.0, Lang::En), "3\u{a0}min 20\u{a0}s"),
            (seconds(7_500.0, Lang::En), "2\u{a0}h 05\u{a0}min"),
            (seconds(f64::NAN, Lang::En), "NaN\u{a0}s"),
            (seconds(200.0, Lang::ZhCn), "3\u{a0}分\u{a0}20\u{a0}秒"),
            (fact(&Fact::Missing, Lang::En), "not measured"),
        ];
        for (written, expected) in cases {
            assert_eq!(written, expected);
        }
    }
}
