//! Every message, in both languages.

use crate::records::{fields, stamp};
use proofmark_evidence::canonical::parse_strict;
use proofmark_evidence::{
    Claim, Claims, Digest, Envelope, EvidenceError, Grade, Graded, Kind, Stamp, Statement, StatementFields, UtcTime,
    verify,
};
use proofmark_messages::{Lang, Localize};
use std::error::Error;

fn refused<T>(result: Result<T, EvidenceError>) -> EvidenceError {
    match result {
        Ok(_) => panic!("this was accepted"),
        Err(error) => error,
    }
}

fn nested(depth: usize) -> Claims {
    (0..depth).fold(Claims::new(), |inner, _| Claims::new().with("in", inner))
}

#[test]
fn every_error_in_both_languages() {
    let graded = Graded::measured(fields(Claims::new())).unwrap();
    let envelope = graded.seal(stamp()).unwrap();
    let json = graded.statement().as_json();
    let errors = [
        refused("sha256:12".parse::<Digest>()),
        refused(parse_strict(b"{\"a\": 1,}")),
        refused(parse_strict(b"{\"a\": 1,\n \"a\": 2}")),
        refused(parse_strict("[".repeat(65).as_bytes())),
        refused(parse_strict(b"[9007199254740993]")),
        refused(Graded::measured(fields(Claims::new().with("metrics", vec![Claim::Number(f64::NAN)])))),
        refused(Graded::measured(fields(Claims::new().with("metrics", Claims::new().with("absent", 1.0))))),
        refused(Graded::measured(fields(nested(16)))),
        refused(Statement::from_bytes(json.replace("{}", "{\"a\":null}").as_bytes())),
        refused(Graded::measured(StatementFields { subject: String::new(), ..fields(Claims::new()) })),
        refused(Graded::measured(StatementFields { inputs: Vec::new(), ..fields(Claims::new()) })),
        refused(Statement::from_bytes(b"{}")),
        refused(Envelope::from_bytes(envelope.as_json().replace("\"grade\":", "\"level\":").as_bytes())),
        refused(Statement::from_bytes(json.replacen(',', ", ", 1).as_bytes())),
        refused(Envelope::from_bytes(envelope.as_json().replacen(',', ", ", 1).as_bytes())),
        refused(verify(b"{}", &envelope)),
        refused(graded.seal(Stamp { machine: "m".repeat(5000), ..stamp() })),
        refused(UtcTime::parse("yesterday")),
        refused(graded.seal(Stamp { durations: [("train".to_owned(), -1.0)].into(), ..stamp() })),
    ];
    let mut text = String::new();
    for error in &errors {
        for lang in Lang::ALL {
            text.push_str(&format!("{}\n", error.text(lang)));
            if let Some(hint) = error.hint(lang) {
                text.push_str(&format!("  hint: {hint}\n"));
            }
        }
        assert_eq!(error.to_string(), error.text(Lang::En));
        let has_cause = matches!(error, EvidenceError::JsonSyntax { .. } | EvidenceError::Malformed { .. });
        assert_eq!(error.source().is_some(), has_cause);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_label_in_both_languages() {
    let grades = Grade::ALL.map(|grade| format!("{grade:?}: {} / {}", grade.text(Lang::En), grade.text(Lang::ZhCn)));
    let kinds = Kind::ALL.iter().map(|kind| format!("{kind}: {} / {}", kind.text(Lang::En), kind.text(Lang::ZhCn)));
    insta::assert_snapshot!(grades.into_iter().chain(kinds).collect::<Vec<_>>().join("\n"));
}
