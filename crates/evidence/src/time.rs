//! Points in time as text: RFC 3339 in UTC.

use crate::EvidenceError;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::cmp::Ordering;
use std::fmt;

/// A point in time in UTC, such as `2026-11-23T10:20:30Z` or with a fraction of a second, `2026-11-23T10:20:30.125Z`.
/// Ordered by time. This crate reads no clock: the caller passes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UtcTime(String);

impl UtcTime {
    /// Reads RFC 3339 with `T` and `Z` in upper case and at most nine digits of fraction.
    ///
    /// # Errors
    /// [`EvidenceError::TimeMalformed`] for another form, another zone, a date that does not exist or a leap second.
    pub fn parse(text: &str) -> Result<UtcTime, EvidenceError> {
        if is_utc_time(text) {
            Ok(UtcTime(text.to_owned()))
        } else {
            Err(EvidenceError::TimeMalformed { text: text.to_owned() })
        }
    }

    /// The time so many milliseconds after 1970-01-01T00:00:00Z, printed with milliseconds; `None` after the year 9999.
    ///
    /// ```
    /// # use proofmark_evidence::UtcTime;
    /// assert_eq!(UtcTime::from_unix_milliseconds(951_782_400_007).unwrap().as_str(), "2000-02-29T00:00:00.007Z");
    /// ```
    pub fn from_unix_milliseconds(milliseconds: u64) -> Option<UtcTime> {
        let (seconds, millisecond) = (milliseconds / 1000, milliseconds % 1000);
        let mut days = seconds / 86_400;
        let second_of_day = seconds % 86_400;
        // Whole cycles of 400 years first, so that the loop below is short.
        let mut year = 1970 + days / DAYS_IN_400_YEARS * 400;
        days %= DAYS_IN_400_YEARS;
        while days >= days_in_year(year) {
            days -= days_in_year(year);
            year += 1;
        }
        let mut month = 1;
        while days >= days_in_month(year, month) {
            days -= days_in_month(year, month);
            month += 1;
        }
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let day = days + 1;
        (year <= 9999).then(|| {
            UtcTime(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"))
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The date, such as `2026-11-23`.
    pub fn date(&self) -> &str {
        &self.0[..10]
    }
}

const DAYS_IN_400_YEARS: u64 = 146_097;

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_utc_time(text: &str) -> bool {
    let Some(body) = text.strip_suffix('Z') else { return false };
    let (whole, fraction) = match body.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (body, None),
    };
    let pattern = b"0000-00-00T00:00:00";
    let fits = whole.len() == pattern.len()
        && whole
            .bytes()
            .zip(pattern)
            .all(|(byte, like)| if *like == b'0' { byte.is_ascii_digit() } else { byte == *like });
    let fraction_fits = fraction
        .is_none_or(|digits| (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !fits || !fraction_fits {
        return false;
    }
    let number = |range: std::ops::Range<usize>| whole[range].parse::<u64>().unwrap_or(u64::MAX);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && number(11..13) < 24
        && number(14..16) < 60
        && number(17..19) < 60
}

impl Ord for UtcTime {
    fn cmp(&self, other: &UtcTime) -> Ordering {
        // Without the `Z`, a time without a fraction is a prefix of those that follow within its second. Ties in time
        // (`.1` and `.10`) stay apart, as they do for `Eq`.
        self.0.trim_end_matches('Z').cmp(other.0.trim_end_matches('Z'))
    }
}

impl PartialOrd for UtcTime {
    fn partial_cmp(&self, other: &UtcTime) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<UtcTime, D::Error> {
        UtcTime::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
