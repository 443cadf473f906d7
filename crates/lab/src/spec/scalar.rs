//! What a plain scalar means: YAML 1.2's core schema, with finite numbers and 64-bit integers only.

use super::problem::ProblemKind;
use super::tree::NodeValue;

/// The value of a plain (unquoted) scalar.
pub(crate) fn resolve(text: &str) -> Result<NodeValue, ProblemKind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(NodeValue::Null),
        "true" | "True" | "TRUE" => return Ok(NodeValue::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(NodeValue::Bool(false)),
        _ => {}
    }
    if let Some(integer) = integer(text) {
        return integer.map(NodeValue::Integer).ok_or_else(|| ProblemKind::IntegerTooLarge { number: text.to_owned() });
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(ProblemKind::NumberNotFinite { number: text.to_owned() });
    }
    if is_float(unsigned) {
        return match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(NodeValue::Float(number)),
            _ => Err(ProblemKind::NumberNotFinite { number: text.to_owned() }),
        };
    }
    Ok(NodeValue::Text(text.to_owned()))
}

/// `None` if the text is no integer; `Some(None)` if it is one that does not fit into 64 bits.
fn integer(text: &str) -> Option<Option<i64>> {
    let radix = |digits: &str, radix: u32| -> Option<Option<i64>> {
        let fits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        fits.then(|| i64::from_str_radix(digits, radix).ok())
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    is_digits(unsigned).then(|| text.parse().ok())
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, the sign taken off before.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let mantissa_is_number = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    let exponent_is_number = |exponent: &str| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    mantissa_is_number && exponent.is_none_or(exponent_is_number)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
