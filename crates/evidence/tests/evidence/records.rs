//! Statements and envelopes: names, grades, limits, and every flipped byte.

use proofmark_evidence::{
    Claim, Claims, Digest, Envelope, EvidenceError, Grade, Graded, Input, Kind, MAX_ENVELOPE_BYTES, Stamp, Statement,
    StatementFields, UtcTime, verify,
};
use std::collections::BTreeSet;

pub(crate) fn fields(claims: Claims) -> StatementFields {
    StatementFields {
        kind: Kind::EvalResult,
        subject: "digits".to_owned(),
        claims,
        inputs: vec![Input::new("data.prepared", Digest::of(b"data")), Input::new("spec", Digest::of(b"spec"))],
        numerics_version: 1,
        definition_version: 2,
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp {
        time: UtcTime::parse("2026-11-23T10:20:30Z").unwrap(),
        made_by: "lin".to_owned(),
        machine: "bench-2".to_owned(),
        program_version: "0.1.0".to_owned(),
        durations: [("train".to_owned(), 12.5), ("evaluate".to_owned(), 0.25)].into(),
    }
}

fn claims() -> Claims {
    Claims::new()
        .with("accuracy", Claims::new().with("value", 0.9912).with("lower95", 0.9892))
        .with("classes", vec![Claim::from("zero"), Claim::from(1_u64), Claim::from(true)])
        .with("gain", f64::NAN)
        .with("rows", 10_000_u64)
        .with("seed", u64::MAX)
}

#[test]
fn a_statement_and_its_envelope_as_text() {
    let graded = Graded::measured(fields(claims())).unwrap();
    insta::assert_snapshot!("statement", graded.statement().as_json());
    insta::assert_snapshot!("statement_digest", graded.statement().digest());
    insta::assert_snapshot!("envelope", graded.seal(stamp()).unwrap().as_json());
}

#[test]
fn measuring_again_gives_the_same_name() {
    let first = Graded::measured(fields(claims())).unwrap().into_statement();
    let mut reordered = fields(claims());
    reordered.inputs.reverse();
    reordered.inputs.push(reordered.inputs[0].clone());
    let second = Graded::measured(reordered).unwrap().into_statement();
    assert_eq!(first, second);
    assert_eq!(first.digest(), Digest::of(first.canonical()));
    let read = Statement::from_bytes(first.canonical()).unwrap();
    assert_eq!(read, first);
}

#[test]
fn every_field_is_part_of_the_name() {
    let change: [fn(&mut StatementFields); 8] = [
        |_| {},
        |fields| fields.kind = Kind::TrainRun,
        |fields| fields.subject.push('2'),
        |fields| fields.claims.insert("rows", 10_001_u64),
        |fields| fields.inputs[0].role.push('2'),
        |fields| fields.inputs[0].digest = Digest::of(b"other data"),
        |fields| fields.numerics_version += 1,
        |fields| fields.definition_version += 1,
    ];
    let names: BTreeSet<Digest> = change
        .iter()
        .map(|change| {
            let mut fields = fields(claims());
            change(&mut fields);
            Graded::measured(fields).unwrap().statement().digest()
        })
        .collect();
    assert_eq!(names.len(), change.len());
}

#[test]
fn claims_are_read_back_by_path() {
    let graded = Graded::measured(fields(claims())).unwrap();
    let read = Statement::from_bytes(graded.statement().canonical()).unwrap();
    let claims = read.claims();
    assert_eq!(claims.at(&["accuracy", "lower95"]).and_then(Claim::as_number), Some(0.9892));
    assert_eq!(claims.get("gain"), Some(&Claim::absent("not a number")));
    assert_eq!(claims.get("seed"), Some(&Claim::Text("18446744073709551615".to_owned())));
    assert_eq!(claims.at(&["accuracy", "upper95"]), None);
    assert_eq!(claims.at(&["rows", "value"]), None);
    assert_eq!(claims.at(&[]), None);
    assert_eq!(
        claims.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["accuracy", "classes", "gain", "rows", "seed"]
    );
    assert_eq!((claims.len(), claims.is_empty()), (5, false));
    assert_eq!(read.input("spec"), Some(Digest::of(b"spec")));
    assert_eq!(read.input("plan"), None);
}

#[test]
fn numbers_that_are_none_say_why() {
    let cases = [
        (f64::NAN, Claim::absent("not a number")),
        (f64::INFINITY, Claim::absent("infinite")),
        (f64::NEG_INFINITY, Claim::absent("minus infinite")),
    ];
    for (value, claim) in cases {
        assert_eq!(Claim::number(value), claim);
    }
    assert!(Claim::number(-0.0).as_number().is_some_and(f64::is_sign_positive));
    assert_eq!(Claim::integer(1 << 53), Claim::Number(9_007_199_254_740_992.0));
    assert_eq!(Claim::integer((1 << 53) + 1), Claim::Text("9007199254740993".to_owned()));
}

#[test]
fn the_grade_is_that_of_the_constructor() {
    let graded = [
        (Graded::measured(fields(claims())).unwrap().seal(stamp()), Grade::Measured, "measured"),
        (Graded::reported(fields(claims())).unwrap().seal(stamp()), Grade::Reported, "reported"),
        (Graded::attested(fields(claims())).unwrap().seal(stamp()), Grade::Attested, "attested"),
    ];
    assert_eq!(graded.each_ref().map(|(_, grade, _)| *grade), Grade::ALL);
    for (envelope, grade, name) in graded {
        let envelope = envelope.unwrap();
        assert_eq!(envelope.grade(), grade);
        assert!(envelope.as_json().contains(&format!("\"grade\":\"{name}\"")));
        assert_eq!(Envelope::from_bytes(envelope.canonical()).unwrap(), envelope);
    }
}

#[test]
fn kinds_are_named_once_and_read_back() {
    let mut names = BTreeSet::new();
    for kind in Kind::ALL {
        assert!(names.insert(kind.name()), "{kind} stands twice");
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        assert_eq!(serde_json::from_value::<Kind>(kind.name().into()).unwrap(), *kind);
    }
    let ageing: Vec<&str> = Kind::ALL.iter().filter(|kind| !kind.reproducible()).map(|kind| kind.name()).collect();
    assert_eq!(ageing, ["serve.latency", "monitor.drift"]);
}

#[test]
fn every_flipped_bit_is_found() {
    let graded = Graded::measured(fields(claims())).unwrap();
    let envelope = graded.seal(stamp()).unwrap();
    let bytes = graded.statement().canonical();
    assert_eq!(&verify(bytes, &envelope).unwrap(), graded.statement());
    for idx in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.to_vec();
            altered[idx] ^= 1 << bit;
            assert!(matches!(verify(&altered, &envelope), Err(EvidenceError::DigestMismatch { .. })), "byte {idx}");
        }
    }
    for len in 0..bytes.len() {
        assert!(verify(&bytes[..len], &envelope).is_err());
    }
}

#[test]
fn other_spellings_of_a_record_are_refused() {
    let graded = Graded::measured(fields(claims())).unwrap();
    let (statement, envelope) = (graded.statement().as_json().to_owned(), graded.seal(stamp()).unwrap());
    let value: serde_json::Value = serde_json::from_str(&statement).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let respelled = [
        pretty,
        format!("{statement}\n"),
        statement.replace("0.9912", "0.99120"),
        statement.replace("digits", "digit\\u0073"),
    ];
    for text in respelled {
        assert!(matches!(Statement::from_bytes(text.as_bytes()), Err(EvidenceError::NotCanonical { .. })), "{text}");
    }
    let text = envelope.as_json().replace("12.5", "12.50");
    assert!(matches!(Envelope::from_bytes(text.as_bytes()), Err(EvidenceError::NotCanonical { .. })));
}

#[test]
fn malformed_records_are_refused() {
    let graded = Graded::measured(fields(claims())).unwrap();
    let statement = graded.statement().as_json();
    let envelope = graded.seal(stamp()).unwrap();
    let envelope = envelope.as_json();
    // (from, to) in the canonical text; each makes it another thing than a statement.
    let statement_cases = [
        ("\"kind\":\"eval.result\"", "\"kind\":\"eval.results\""),
        ("\"kind\":\"eval.result\",", ""),
        ("\"numerics_version\":1", "\"numerics_version\":1,\"time\":\"2026-11-23T10:20:30Z\""),
        ("\"numerics_version\":1", "\"numerics_version\":1.5"),
        ("\"numerics_version\":1", "\"numerics_version\":-1"),
        ("\"numerics_version\":1", "\"numerics_version\":4294967296"),
        ("\"rows\":10000", "\"rows\":null"),
        ("\"rows\":10000", "\"rows\":9007199254740993"),
        ("\"rows\":10000", "\"rows\":1,\"rows\":1"),
        ("{\"absent\":\"not a number\"}", "{\"absent\":1}"),
        ("{\"absent\":\"not a number\"}", "{\"absent\":\"not a number\",\"value\":1}"),
        ("sha256:", "sha256:0"),
        ("\"subject\":\"digits\"", "\"subject\":\"\""),
        ("\"role\":\"spec\"", "\"role\":\"spec\",\"path\":\"/tmp\""),
    ];
    for (from, to) in statement_cases {
        assert!(statement.contains(from), "{from}");
        assert!(Statement::from_bytes(statement.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
    let envelope_cases = [
        ("\"grade\":\"measured\"", "\"grade\":\"proven\""),
        ("\"grade\":\"measured\",", ""),
        ("\"grade\":\"measured\"", "\"grade\":\"measured\",\"signature\":null"),
        ("2026-11-23T", "2026-11-32T"),
        ("12.5", "-12.5"),
        ("\"made_by\":\"lin\"", "\"made_by\":\"\""),
    ];
    for (from, to) in envelope_cases {
        assert!(envelope.contains(from), "{from}");
        assert!(Envelope::from_bytes(envelope.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
}

#[test]
fn an_envelope_is_at_most_its_limit() {
    let graded = Graded::measured(fields(claims())).unwrap();
    let with_machine = |len: usize| graded.seal(Stamp { machine: "m".repeat(len), ..stamp() });
    let overhead = with_machine(1).unwrap().canonical().len() - 1;
    let largest = with_machine(MAX_ENVELOPE_BYTES - overhead).unwrap();
    assert_eq!(largest.canonical().len(), MAX_ENVELOPE_BYTES);
    assert!(Envelope::from_bytes(largest.canonical()).is_ok());
    assert!(matches!(
        with_machine(MAX_ENVELOPE_BYTES - overhead + 1),
        Err(EvidenceError::EnvelopeTooLarge { bytes: 4097, limit: 4096 })
    ));
}
