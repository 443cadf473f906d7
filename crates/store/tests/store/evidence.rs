//! Evidence in files: kept, ordered, verified.

use crate::{names, run};
use proofmark_evidence::{
    Claims, Digest, Envelope, EvidenceError, Graded, Input, Kind, Measured, Stamp, StatementFields, UtcTime,
};
use proofmark_store::StoreError;
use std::fs;

pub(crate) fn measured(accuracy: f64) -> Graded<Measured> {
    let fields = StatementFields {
        kind: Kind::EvalResult,
        subject: "digits".to_owned(),
        claims: Claims::new().with("accuracy", accuracy),
        inputs: vec![Input::new("data.prepared", Digest::of(b"data"))],
        numerics_version: 1,
        definition_version: 1,
    };
    Graded::measured(fields).unwrap()
}

pub(crate) fn seal(graded: &Graded<Measured>, second: u32) -> Envelope {
    let stamp = Stamp {
        time: UtcTime::parse(&format!("2026-11-23T10:20:{second:02}Z")).unwrap(),
        made_by: "lin".to_owned(),
        machine: "bench-2".to_owned(),
        program_version: "0.1.0".to_owned(),
        durations: [].into(),
    };
    graded.seal(stamp).unwrap()
}

#[test]
fn evidence_comes_back_in_the_order_of_time() {
    let (_folder, run) = run();
    assert!(run.evidence().unwrap().is_empty());
    let (first, second) = (measured(0.98), measured(0.99));
    // The first is measured again later: one statement, two envelopes.
    for (graded, at) in [(&first, 30), (&second, 20), (&first, 10), (&second, 20)] {
        run.put_evidence(graded.statement(), &seal(graded, at)).unwrap();
    }
    let read = run.evidence().unwrap();
    let order: Vec<(Digest, &str)> =
        read.iter().map(|(statement, envelope)| (statement.digest(), envelope.time().as_str())).collect();
    let (a, b) = (first.statement().digest(), second.statement().digest());
    assert_eq!(order, [(a, "2026-11-23T10:20:10Z"), (b, "2026-11-23T10:20:20Z"), (a, "2026-11-23T10:20:30Z")]);
    assert_eq!(names(&run.path().join("evidence")).len(), 5);
    assert_eq!(run.envelope_paths().unwrap().len(), 3);
    assert_eq!(run.statement(&a).unwrap(), *first.statement());
    assert!(matches!(run.statement(&Digest::of(b"")), Err(StoreError::Missing { .. })));
}

#[test]
fn a_statement_in_anothers_envelope_is_refused() {
    let (_folder, run) = run();
    let result = run.put_evidence(measured(0.98).statement(), &seal(&measured(0.99), 10));
    assert!(matches!(result, Err(StoreError::Evidence { source: EvidenceError::DigestMismatch { .. }, .. })));
    assert!(names(&run.path().join("evidence")).is_empty());
}

#[test]
fn every_altered_byte_is_found() {
    let (_folder, run) = run();
    let graded = measured(0.98);
    run.put_evidence(graded.statement(), &seal(&graded, 10)).unwrap();
    let folder = run.path().join("evidence");
    for name in names(&folder) {
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        for idx in 0..whole.len() {
            let mut altered = whole.clone();
            altered[idx] ^= 1;
            fs::write(&path, altered).unwrap();
            match run.evidence() {
                Err(StoreError::Evidence { path: named, .. }) => assert_eq!(named, path),
                other => panic!("byte {idx} of {}: {other:?}", path.display()),
            }
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(run.evidence().unwrap().len(), 1);
    let statement_digest = graded.statement().digest();
    fs::write(folder.join(format!("{}.statement.json", statement_digest.hex())), "{}").unwrap();
    assert!(matches!(run.statement(&statement_digest), Err(StoreError::Evidence { .. })));
    // Putting it again mends it.
    run.put_evidence(graded.statement(), &seal(&graded, 10)).unwrap();
    assert_eq!(run.evidence().unwrap().len(), 1);
    fs::remove_file(folder.join(format!("{}.statement.json", statement_digest.hex()))).unwrap();
    assert!(matches!(run.evidence(), Err(StoreError::Missing { .. })));
}

#[test]
fn an_altered_grade_is_found() {
    let (_folder, run) = run();
    let graded = measured(0.98);
    run.put_evidence(graded.statement(), &seal(&graded, 10)).unwrap();
    let path = &run.envelope_paths().unwrap()[0];
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replace("measured", "attested")).unwrap();
    assert!(matches!(run.evidence(), Err(StoreError::Evidence { .. })));
}
