//! JSON in exactly one form (RFC 8785, the JSON Canonicalization Scheme), and a reader that loses nothing silently.
//!
//! Numbers are doubles and print as ECMAScript prints them. An integer beyond 2^53 that a double cannot carry is refused
//! (write it as a decimal string); so is a key that stands twice, and nesting beyond [`MAX_DEPTH`].

mod number;
mod parse;

pub use number::{MAX_SAFE_INTEGER, format_number};
pub use parse::{MAX_DEPTH, parse_strict};

use crate::EvidenceError;
use serde_json::Value;

/// The canonical text of a value: keys sorted by their UTF-16 code units, no spaces, shortest numbers.
///
/// ```
/// # use proofmark_evidence::canonical::{parse_strict, to_canonical};
/// let value = parse_strict(br#"{ "b": [1E30, 4.50, -0.0], "a": "\u20ac" }"#)?;
/// assert_eq!(to_canonical(&value)?, r#"{"a":"€","b":[1e+30,4.5,0]}"#);
/// # Ok::<(), proofmark_evidence::EvidenceError>(())
/// ```
///
/// # Errors
/// [`EvidenceError::JsonIntegerTooLarge`] for a number held as an integer whose magnitude is above 2^53.
pub fn to_canonical(value: &Value) -> Result<String, EvidenceError> {
    let mut out = String::new();
    write_value(&mut out, value)?;
    Ok(out)
}

fn write_value(out: &mut String, value: &Value) -> Result<(), EvidenceError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => number::write_number(out, number)?,
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (item_idx, item) in items.iter().enumerate() {
                if item_idx > 0 {
                    out.push(',');
                }
                write_value(out, item)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            // UTF-16 order differs from UTF-8's where surrogate pairs (U+10000 and up) meet U+E000 to U+FFFF.
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (entry_idx, (key, item)) in entries.into_iter().enumerate() {
                if entry_idx > 0 {
                    out.push(',');
                }
                write_string(out, key);
                out.push(':');
                write_value(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..'\u{20}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
}
