//! The mistakes that the model was surest of, as people see them.

use super::Body;
use crate::component;
use crate::data::{Mistake, ReportData};
use crate::format;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

/// More images than this tell a reader nothing new.
const MAX_SHOWN: usize = 24;

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let mistakes = &data.evaluation.as_ref()?.mistakes;
    if mistakes.is_empty() {
        return None;
    }
    let shown = &mistakes[..mistakes.len().min(MAX_SHOWN)];
    Body::new(
        match shown.len() {
            1 => say::mistakes_lead_one(lang),
            n_shown => say::mistakes_lead(lang, n_shown),
        },
        html! { ul.mistakes { @for mistake in shown { (card(mistake, lang)) } } },
    )
}

fn card(mistake: &Mistake, lang: Lang) -> Markup {
    let Mistake { shown, actual, predicted, probability, row } = mistake;
    html! {
        li {
            (component::shown(shown, &say::image_of_row(lang, format::count(*row), actual)))
            dl {
                div { dt { (say::mistake_actual(lang)) } dd { (actual) } }
                div.said { dt { (say::mistake_predicted(lang)) } dd { (predicted) } }
            }
            (strip::bar(*probability, "bad"))
            p { (say::mistake_probability(lang, format::probability(*probability))) span.muted { (say::row_number(lang, format::count(*row))) } }
        }
    }
}
