//! What the report stands on: the statements with their grades, the digests, the spec.

use super::Body;
use crate::component::{digest, heading, scroll};
use crate::data::{EvidenceRow, Grade, ReportData, Reproduce, SourceDigest};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let content = content(&data.evidence, data.reproduce.as_ref(), &data.spec_yaml, lang)?;
    Body::new(say::provenance_lead(lang), content)
}

/// Statements, digests and spec; `None` if there is none of them.
pub(crate) fn content(
    evidence: &[EvidenceRow],
    reproduce: Option<&Reproduce>,
    spec_yaml: &str,
    lang: Lang,
) -> Option<Markup> {
    let digests = reproduce.map_or(&[][..], |reproduce| &reproduce.digests);
    if evidence.is_empty() && digests.is_empty() && spec_yaml.is_empty() {
        return None;
    }
    Some(html! {
        @if !evidence.is_empty() { (statements(evidence, lang)) }
        @if !digests.is_empty() { (inputs(digests, lang)) }
        @if !spec_yaml.is_empty() {
            details {
                summary { (say::spec_summary(lang)) }
                pre.spec tabindex="0" { code { (spec_yaml) } }
            }
        }
    })
}

fn statements(rows: &[EvidenceRow], lang: Lang) -> Markup {
    let table = html! {
        table.evidence {
            caption { (say::evidence_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_statement(lang)) }
                th scope="col" { (say::column_grade(lang)) }
                th scope="col" { "SHA-256" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { code { (row.kind) } }
                        td { (grade(row.grade, lang)) }
                        td { (digest(&row.digest)) }
                    }
                }
            }
        }
    };
    html! { (scroll(&say::evidence_caption(lang), &table)) p.note { (say::grade_help(lang)) } }
}

fn grade(grade: Grade, lang: Lang) -> Markup {
    let (class, word) = match grade {
        Grade::Measured => ("measured", say::grade_measured(lang)),
        Grade::Reported => ("reported", say::grade_reported(lang)),
        Grade::Attested => ("attested", say::grade_attested(lang)),
    };
    html! { span class={ "grade " (class) } { (word) } }
}

fn inputs(digests: &[SourceDigest], lang: Lang) -> Markup {
    html! {
        (heading(&say::digests_heading(lang)))
        dl.digests { @for row in digests { div { dt { (row.name) } dd { (digest(&row.digest)) } } } }
    }
}
