//! Calibration: does a probability mean what it says?

use super::Body;
use crate::component::scroll;
use crate::data::{CalibrationBin, ReportData};
use crate::format;
use crate::svg::reliability::{FEW, Words, reliability};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let evaluation = data.evaluation.as_ref().filter(|evaluation| !evaluation.calibration.is_empty())?;
    let bins = &evaluation.calibration;
    let words = Words {
        title: say::calibration_chart(lang),
        description: say::calibration_description(lang, bins.iter().filter(|bin| bin.count > 0).count()),
        x_label: say::calibration_confidence(lang),
        y_label: say::calibration_accuracy(lang),
        counts_label: say::calibration_counts(lang),
        perfect_label: say::calibration_perfect(lang),
    };
    let content = html! {
        div.calibration {
            figure { (reliability(bins, &words)) }
            (table(bins, lang))
        }
        @if bins.iter().any(|bin| bin.count > 0 && bin.count < FEW) { p.note { (say::calibration_few(lang, FEW)) } }
    };
    let lead = match evaluation.ece {
        Some(ece) => say::calibration_lead(lang, format::percent(ece)),
        None => say::calibration_lead_unknown(lang),
    };
    Body::new(lead, content)
}

fn table(bins: &[CalibrationBin], lang: Lang) -> Markup {
    let table = html! {
        table {
            caption { (say::calibration_caption(lang)) }
            thead { tr {
                th.number scope="col" { (say::column_says(lang)) }
                th.number scope="col" { (say::column_is_right(lang)) }
                th.number scope="col" { (say::column_rows(lang)) }
            } }
            tbody {
                @for bin in bins.iter().filter(|bin| bin.count > 0) {
                    tr.few[bin.count < FEW] {
                        th.number scope="row" { (format::percent(bin.confidence)) }
                        td.number { (format::percent(bin.accuracy)) }
                        td.number { (format::count(bin.count)) }
                    }
                }
            }
        }
    };
    scroll(&say::calibration_caption(lang), &table)
}
