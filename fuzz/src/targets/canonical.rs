//! Evidence: strict JSON in its one form, statements, envelopes.

use proofmark_evidence::canonical::{MAX_DEPTH, parse_strict, to_canonical};
use proofmark_evidence::{
    Claims, Digest, Envelope, Graded, Input, Kind, MAX_ENVELOPE_BYTES, Stamp, Statement, StatementFields, UtcTime,
};
use serde_json::Value;

use super::{Seed, say, texts};
use crate::heap::bounded;

/// Readings of one text twice as large as its tree may get: `[0,0,...` needs 32 bytes for two, doubled while it grows.
const BYTES_PER_BYTE: usize = 256;
/// Room for error messages.
const FIXED_BYTES: usize = 64 << 10;

/// What is accepted is JSON to serde too, has one canonical text, and that text reads as the same; statements and envelopes
/// are accepted only in the bytes which they are written in.
pub fn check(bytes: &[u8]) {
    match bounded(FIXED_BYTES + bytes.len() * BYTES_PER_BYTE, || parse_strict(bytes)) {
        Ok(value) => {
            assert!(serde_json::from_slice::<Value>(bytes).is_ok());
            assert!(depth(&value) <= MAX_DEPTH);
            let text = to_canonical(&value).expect("what was read can be written");
            let again = parse_strict(text.as_bytes()).expect("what was written can be read");
            assert_eq!(to_canonical(&again).expect("what was read can be written"), text);
        }
        Err(error) => say(&error),
    }
    match Statement::from_bytes(bytes) {
        Ok(statement) => {
            assert_eq!(statement.canonical(), bytes);
            assert_eq!(statement.digest(), Digest::of(bytes));
        }
        Err(error) => say(&error),
    }
    match Envelope::from_bytes(bytes) {
        Ok(envelope) => {
            assert_eq!(envelope.canonical(), bytes);
            assert!(bytes.len() <= MAX_ENVELOPE_BYTES);
        }
        Err(error) => say(&error),
    }
}

/// A statement, its envelope, and JSON with everything that the canonical form has a rule for.
pub fn seeds() -> Vec<Seed> {
    let graded = Graded::measured(StatementFields {
        kind: Kind::EvalResult,
        subject: "digits".to_owned(),
        claims: Claims::new().with("accuracy", 0.9912).with("rows", 10_000_u64),
        inputs: vec![Input::new("data.prepared", Digest::of(b"the test split"))],
        numerics_version: 1,
        definition_version: 1,
    })
    .expect("a statement");
    let stamp = Stamp {
        time: UtcTime::parse("2026-11-23T10:20:30Z").expect("a time"),
        made_by: "lin".to_owned(),
        machine: "bench-2".to_owned(),
        program_version: "0.1.0".to_owned(),
        durations: [("evaluate".to_owned(), 1.5)].into(),
    };
    let envelope = graded.seal(stamp).expect("an envelope");
    let mut seeds = vec![
        ("statement", graded.statement().canonical().to_vec()),
        ("envelope", envelope.canonical().to_vec()),
        ("not-utf-8", b"\"\xff\"".to_vec()),
    ];
    seeds.extend(texts(&[
        ("numbers", "[0,-0.0,1E30,4.50,2e-3,1e-7,5e-324,1.7976931348623157e308,9007199254740992,-9007199254740992]"),
        ("integer-too-large", "[9007199254740993]"),
        ("number-too-large", "[1e999]"),
        ("strings", r#"["\u20ac","\ud83d\ude00","\u000f\n\t\b\f\r\"\\\/","\u0080","数据","\ud83d"]"#),
        ("keys", r#"{"\ufb33":1,"\ud83d\ude00":2,"1":3,"\r":4,"":5,"b":null,"a":true}"#),
        ("key-twice", r#"{"a":{"b":1,"b":2}}"#),
        ("deep", &format!("{}1{}", "[".repeat(64), "]".repeat(64))),
        ("too-deep", &format!("{}1{}", r#"{"a":"#.repeat(65), "}".repeat(65))),
        ("trailing", "{} {}"),
    ]));
    seeds
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
