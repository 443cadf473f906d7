//! The study that chose a run's values; and, one file each, the sections of a study's own page, of which this one is made.

pub(crate) mod best;
pub(crate) mod curves;
pub(crate) mod front;
pub(crate) mod history;
pub(crate) mod parameters;
pub(crate) mod provenance;
pub(crate) mod reproduce;
pub(crate) mod space;
pub(crate) mod summary;
pub(crate) mod told;

use super::Body;
use crate::component::heading;
use crate::data::ReportData;
use maud::{Markup, html};
use proofmark_messages::{Lang, report_study as say};
use told::Told;

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let study = data.study.as_ref()?;
    let told = Told::new(study, lang);
    let mut lead = summary::sentence(&told);
    if let Some(trial) = data.this_trial {
        lead = format!("{}{}{lead}", say::this_run(lang, trial), told.space());
    }
    // Drawings carry their titles; a table or a matrix of drawings has none of its own.
    let part = |title: Option<String>, body: Option<Body>| -> Option<Markup> {
        let content = body?.content;
        Some(html! { div.part { @if let Some(title) = &title { (heading(title)) } (content) } })
    };
    let content = html! {
        (summary::numbers(&told))
        @for part in [
            part(None, history::told(&told)),
            part(None, parameters::told(&told)),
            part(Some(say::title_front(lang)), front::told(&told)),
            part(None, curves::told(&told)),
            part(Some(say::title_best(lang)), best::told(&told)),
        ].into_iter().flatten() { (part) }
    };
    Body::new(lead, content)
}
