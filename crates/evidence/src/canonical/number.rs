//! Numbers as ECMAScript prints them.

use crate::EvidenceError;
use serde_json::Number;

/// 2^53: up to here every integer is a double of its own.
pub const MAX_SAFE_INTEGER: u64 = 1 << 53;

/// A finite double as ECMAScript's `Number::toString` prints it: the shortest digits that read back as the same double,
/// plain from 1e-6 up to below 1e21, with an exponent elsewhere; minus zero is `0`. `None` for NaN and infinities.
///
/// ```
/// # use proofmark_evidence::canonical::format_number;
/// assert_eq!(format_number(1e21).as_deref(), Some("1e+21"));
/// assert_eq!(format_number(0.000_000_1).as_deref(), Some("1e-7"));
/// assert_eq!(format_number(-0.0).as_deref(), Some("0"));
/// assert_eq!(format_number(f64::NAN), None);
/// ```
pub fn format_number(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 {
        return Some("0".to_owned());
    }
    let scientific = shortest(value.abs());
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let n_digits = i32::try_from(digits.len()).ok()?;
    // The decimal point stands after this many digits (the letter n of ECMA-262).
    let point = exponent + 1;
    let sign = if value < 0.0 { "-" } else { "" };
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    Some(if (n_digits..=21).contains(&point) {
        format!("{sign}{digits}{}", zeros(point - n_digits))
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).ok()?);
        format!("{sign}{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{dot}{rest}e{exponent_sign}{}", exponent.abs())
    })
}

/// The digits that ECMA-262 asks for, in Rust's exponent form: as few as read back as the same double, of these the closest,
/// of two equally close ones the even one.
fn shortest(value: f64) -> String {
    let short = format!("{value:e}");
    // Rust breaks the tie upwards (1424953923781206.25 becomes ...6.3), but rounds a given number of digits to even. The
    // rounded form may leave the double's interval where that is lopsided, at powers of two; then the short one stands.
    let n_decimals = short.find('e').unwrap_or(0).saturating_sub(2);
    let rounded = format!("{value:.n_decimals$e}");
    if rounded.parse() == Ok(value) { rounded } else { short }
}

pub(super) fn write_number(out: &mut String, number: &Number) -> Result<(), EvidenceError> {
    let too_large = || EvidenceError::JsonIntegerTooLarge { integer: number.to_string() };
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match magnitude {
        Some(magnitude) if magnitude <= MAX_SAFE_INTEGER => out.push_str(&number.to_string()),
        Some(_) => return Err(too_large()),
        // A number that is not an integer of 64 bits is a finite double.
        None => out.push_str(&number.as_f64().and_then(format_number).ok_or_else(too_large)?),
    }
    Ok(())
}

/// The first integer literal of a JSON text that a double cannot carry digit by digit. The text is known to be JSON.
///
/// Canonical text may hold long integers: 1e17 prints as `100000000000000000`. What reads back to the same digits lost
/// nothing; `9007199254740993` would come back as `9007199254740992`.
pub(super) fn first_unsafe_integer(text: &str) -> Option<&str> {
    let mut in_string = false;
    let mut escaped = false;
    let mut start = None;
    // The closing space ends a number that ends the text.
    for (idx, byte) in text.bytes().chain([b' ']).enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match (byte, start) {
            (b'"', _) => in_string = true,
            (b'-' | b'0'..=b'9', None) => start = Some(idx),
            (b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9', _) => {}
            (_, Some(first)) => {
                let literal = &text[first..idx];
                if is_unsafe_integer(literal) {
                    return Some(literal);
                }
                start = None;
            }
            _ => {}
        }
    }
    None
}

fn is_unsafe_integer(literal: &str) -> bool {
    let digits = literal.strip_prefix('-').unwrap_or(literal);
    // Fifteen digits are always below 2^53.
    digits.len() > 15
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && literal.parse().ok().and_then(format_number).as_deref() != Some(literal)
}
