//! What was searched: each value with its range.

use super::told::{Told, shown};
use crate::component::scroll;
use crate::data::{StudyDomain, StudyPage};
use crate::format;
use crate::section::Body;
use maud::html;
use proofmark_messages::{Lang, report as say_report, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    let told = Told::new(&page.study, lang);
    let study = told.study;
    if study.parameters.is_empty() {
        return None;
    }
    let best = told.best();
    let table = html! {
        table.space {
            caption { (say::space_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_parameter(lang)) }
                th scope="col" { (say::column_range(lang)) }
                @if best.is_some() { th.number scope="col" { (say::column_best(lang)) } }
            } }
            tbody {
                @for parameter in &study.parameters {
                    tr {
                        th scope="row" { code { (parameter.path) } }
                        td { (range(&parameter.domain, lang)) }
                        @if let Some(best) = best {
                            td.number {
                                @match best.values.get(&parameter.path) {
                                    Some(value) => { (shown(parameter, *value)) }
                                    None => { span.muted { (say::not_used(lang)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Body::new(say::space_lead(lang, &study.sampler), scroll(&say::space_caption(lang), &table))
}

fn range(domain: &StudyDomain, lang: Lang) -> String {
    match domain {
        StudyDomain::Choices(choices) => say::one_of(lang, choices.join(&say_report::separator(lang))),
        StudyDomain::Number { low, high, log, integer } => {
            let mut said = vec![say::range(lang, format::number(*low), format::number(*high))];
            said.extend(integer.then(|| say::whole_numbers(lang)));
            said.extend(log.then(|| say::log_scale(lang)));
            said.join(&say_report::separator(lang))
        }
    }
}
