//! What a run claims, each claim with what it was computed from.

use std::collections::BTreeMap;

use proofmark_data::{DataReport, profile::SourceProfile};
use proofmark_engine::NUMERICS_VERSION;
use proofmark_evidence::{Claim, Claims, Digest, Envelope, Graded, Input, Kind, Measured, Stamp, StatementFields};
use proofmark_govern::acceptance::Decision;
use proofmark_store::OpenRun;
use proofmark_train::metrics::{Estimate, Evaluation};
use serde_json::Value;

use crate::error::LabError;
use crate::host::Host;
use crate::record::time_of;

/// Version of the meaning of these claims.
const DEFINITION_VERSION: u32 = 1;

/// A statement that was made and stored.
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) digest: Digest,
    pub(crate) canonical: String,
}

/// Makes and stores the statements of one run.
pub(crate) struct Statements<'a> {
    pub(crate) run: &'a OpenRun,
    pub(crate) subject: &'a str,
    pub(crate) made: Vec<Made>,
}

impl Statements<'_> {
    /// Makes a measured statement, seals it and stores both; its digest.
    pub(crate) fn make(
        &mut self,
        host: &dyn Host,
        kind: Kind,
        claims: Claims,
        inputs: Vec<Input>,
        durations: BTreeMap<String, f64>,
    ) -> Result<Digest, LabError> {
        let graded: Graded<Measured> = Graded::measured(StatementFields {
            kind,
            subject: self.subject.to_owned(),
            claims,
            inputs,
            numerics_version: NUMERICS_VERSION,
            definition_version: DEFINITION_VERSION,
        })?;
        let envelope: Envelope = graded.seal(Stamp {
            time: time_of(host),
            made_by: host.made_by(),
            machine: host.machine(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            durations,
        })?;
        let statement = graded.into_statement();
        self.run.put_evidence(&statement, &envelope)?;
        let made = Made { kind, digest: statement.digest(), canonical: statement.as_json().to_owned() };
        let digest = made.digest;
        self.made.push(made);
        Ok(digest)
    }
}

/// The digests of the source files.
pub(crate) fn source_inputs(sources: &BTreeMap<String, String>) -> Vec<Input> {
    sources.values().filter_map(|hex| digest(hex)).map(|digest| Input::new("data.source", digest)).collect()
}

/// A digest from its hexadecimal form.
pub(crate) fn digest(hex: &str) -> Option<Digest> {
    format!("sha256:{hex}").parse().ok()
}

/// What the profile of a run's data claims.
pub(crate) fn profile_claims(report: &DataReport) -> Claims {
    let of = |profile: &SourceProfile| {
        let image = &profile.image;
        Claims::new()
            .with("rows", profile.rows)
            .with("label_missing", profile.label.missing)
            .with("label_classes", profile.label.classes)
            .with("label_min_share", profile.label.min_share)
            .with("image_height", image.height as u64)
            .with("image_width", image.width as u64)
            .with("image_channels", image.channels as u64)
            .with("image_mean", image.mean)
            .with("image_std", image.std)
            .with("image_duplicates", image.duplicates)
            .with("image_constant", image.constant)
            .with("image_rough", image.rough)
            .with("image_digest", image.digest.to_string())
    };
    Claims::new()
        .with("raw", Claims::new().with("source", of(&report.raw.source)).with("test", of(&report.raw.test_source)))
        .with(
            "cleaned",
            Claims::new().with("source", of(&report.profiles.source)).with("test", of(&report.profiles.test_source)),
        )
}

/// What the gate claims: its rules, before and after cleaning.
pub(crate) fn gate_claims(gate: &proofmark_data::GateReport) -> Claims {
    let verdicts = |verdicts: &[proofmark_criteria::Verdict]| {
        let rows = verdicts.iter().map(|verdict| claim_of(&serde_json::to_value(verdict).unwrap_or_default()));
        Claim::List(rows.collect())
    };
    Claims::new()
        .with("verdict", claim_of(&serde_json::to_value(gate.verdict).unwrap_or_default()))
        .with("before", verdicts(&gate.before))
        .with("after", verdicts(&gate.after))
        .with("rounds", gate.rounds.len() as u64)
        .with("stopped", claim_of(&serde_json::to_value(&gate.stopped).unwrap_or_default()))
}

/// What one round of cleaning claims.
pub(crate) fn cleaning_claims(round: &proofmark_data::Round) -> Claims {
    let ids = |ids: &[u64]| Claim::List(ids.iter().map(|id| Claim::integer(*id)).collect());
    let applied = round.applied.iter().map(|touched| {
        Claim::Map(
            Claims::new()
                .with("operator", claim_of(&serde_json::to_value(touched.operator).unwrap_or_default()))
                .with("train", ids(&touched.train))
                .with("validation", ids(&touched.validation)),
        )
    });
    Claims::new()
        .with("round", round.number)
        .with("accepted", round.accepted)
        .with("rows_before", round.before.source.rows)
        .with("rows_after", round.after.source.rows)
        .with("applied", Claim::List(applied.collect()))
}

/// What an evaluation claims.
pub(crate) fn evaluation_claims(split: &str, evaluation: &Evaluation, test_reads: u64) -> Claims {
    let estimate = |estimate: &Estimate| {
        Claims::new().with("value", estimate.value).with("lower95", estimate.lower95).with("upper95", estimate.upper95)
    };
    let mut metrics = Claims::new();
    for measured in &evaluation.metrics {
        let mut claims = estimate(&measured.estimate);
        if let Some(baseline) = measured.baseline {
            claims.insert("baseline", baseline);
        }
        if let Some(gain) = &measured.gain {
            claims.insert("gain", estimate(gain));
        }
        metrics.insert(measured.metric.name(), claims);
    }
    let confusion =
        evaluation.confusion.rows().into_iter().map(|row| Claim::List(row.into_iter().map(Claim::integer).collect()));
    let slices = evaluation.slices.iter().map(|slice| {
        Claim::Map(
            estimate(&slice.accuracy)
                .with("by", slice.by.as_str())
                .with("slice", slice.value.as_str())
                .with("samples", slice.samples),
        )
    });
    Claims::new()
        .with("split", split)
        .with("samples", evaluation.samples)
        .with("metrics", metrics)
        .with("confusion", Claim::List(confusion.collect()))
        .with("slices", Claim::List(slices.collect()))
        .with("test_reads", test_reads)
}

/// What a decision claims.
pub(crate) fn decision_claims(split: &str, decision: &Decision) -> Claims {
    Claims::new().with("split", split).with("decision", claim_of(&serde_json::to_value(decision).unwrap_or_default()))
}

/// JSON as a claim; `null` is absent.
pub(crate) fn claim_of(value: &Value) -> Claim {
    match value {
        Value::Null => Claim::absent("none"),
        Value::Bool(value) => Claim::Bool(*value),
        Value::Number(number) => match number.as_u64() {
            Some(integer) => Claim::integer(integer),
            None => Claim::number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Claim::Text(text.clone()),
        Value::Array(items) => Claim::List(items.iter().map(claim_of).collect()),
        Value::Object(entries) => {
            let mut claims = Claims::new();
            for (key, value) in entries {
                claims.insert(key.clone(), claim_of(value));
            }
            Claim::Map(claims)
        }
    }
}
