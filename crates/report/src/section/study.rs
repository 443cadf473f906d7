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
    let part = |title: String, body: Option<Body>| -> Option<Markup> {
        let content = body?.content;
        Some(html! { (heading(&title)) (content) })
    };
    let content = html! {
        (summary::numbers(&told))
        @for part in [
            part(say::title_history(lang), history::told(&told)),
            part(say::title_parameters(lang), parameters::told(&told)),
            part(say::title_front(lang), front::told(&told)),
            part(say::title_curves(lang), curves::told(&told)),
            part(say::title_best(lang), best::told(&told)),
        ].into_iter().flatten() { (part) }
    };
    Body::new(lead, content)
}
