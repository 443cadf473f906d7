//! Evidence and digests of runs that never happened.

use proofmark_report::{EvidenceRow, Grade, Reproduce, SourceDigest};

use super::handwriting::Random;

pub(crate) fn evidence() -> Vec<EvidenceRow> {
    ["data.profile", "data.gate", "train.run", "eval.result"]
        .map(|kind| EvidenceRow {
            kind: kind.to_owned(),
            digest: fake_digest(kind),
            grade: Grade::Measured,
            statement: format!("{{\"kind\":\"{kind}\"}}"),
        })
        .to_vec()
}

pub(crate) fn reproduce() -> Reproduce {
    Reproduce {
        commands: vec![
            "proofmark reproduce .proofmark/runs/2026-11-23-digits-7f3a".to_owned(),
            "proofmark reproduce .proofmark/runs/2026-11-23-digits-7f3a --epoch 4".to_owned(),
            "proofmark evidence verify report.html".to_owned(),
        ],
        model_digest: fake_digest("model"),
        digests: ["spec", "prepared data", "plan"]
            .map(|name| SourceDigest { name: name.to_owned(), digest: fake_digest(name) })
            .to_vec(),
    }
}

/// 64 hexadecimal digits that look like a digest and are none.
pub(crate) fn fake_digest(of: &str) -> String {
    let mut random = Random(of.bytes().fold(17, |seed, byte| seed.wrapping_mul(257).wrapping_add(u64::from(byte))));
    (0..64).map(|_| char::from_digit((random.next() * 16.0) as u32, 16).unwrap_or('0')).collect()
}
