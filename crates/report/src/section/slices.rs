//! The same metric on parts of the rows: is the model good for all of them?

use super::Body;
use super::metrics::{axis, interval_text, metric_name};
use crate::component::scroll;
use crate::data::{Evaluation, ReportData, Slice, Unit};
use crate::format;
use crate::svg::scale::Scale;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let evaluation = data.evaluation.as_ref().filter(|evaluation| !evaluation.slices.is_empty())?;
    // A table is of one metric by one cut, in the order in which they come.
    let mut groups: Vec<Vec<&Slice>> = Vec::new();
    for slice in &evaluation.slices {
        match groups.iter_mut().find(|group| group[0].by == slice.by && group[0].metric == slice.metric) {
            Some(group) => group.push(slice),
            None => groups.push(vec![slice]),
        }
    }
    let worst = groups.first().and_then(|group| group.get(worst(group)?));
    let lead = match worst {
        Some(slice) => say::slices_lead(
            lang,
            metric_name(&slice.metric, lang),
            format!("{} = {}", slice.by, slice.name),
            format::metric(slice.value, slice.unit),
        ),
        None => say::slices_lead_unknown(lang),
    };
    Body::new(lead, html! { @for group in &groups { (table(group, evaluation, lang)) } })
}

/// Which slice has the worst value; `None` if none has one.
fn worst(group: &[&Slice]) -> Option<usize> {
    let finite = group.iter().enumerate().filter(|(_, slice)| slice.value.is_finite());
    let ranked = finite.map(|(idx, slice)| (idx, if slice.higher_is_better { slice.value } else { -slice.value }));
    ranked.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(idx, _)| idx)
}

fn table(group: &[&Slice], evaluation: &Evaluation, lang: Lang) -> Markup {
    let (first, worst) = (group[0], worst(group));
    let overall = evaluation.metrics.iter().find(|metric| metric.name == first.metric).map(|metric| metric.value);
    let values = group.iter().flat_map(|slice| [Some(slice.value), slice.lower95, slice.upper95]).flatten();
    let proportion = first.unit == Unit::Proportion;
    let values = values.chain(overall);
    let scale = if proportion { Scale::of_proportions(values, 4) } else { Scale::covering(values, 4) };
    let caption = say::slices_caption(lang, metric_name(&first.metric, lang), &first.by);
    let table = html! {
        table.slices {
            caption { (caption) }
            thead { tr {
                th scope="col" { code { (first.by) } }
                th.number scope="col" { (say::column_rows(lang)) }
                th.number scope="col" { (say::column_value(lang)) }
                th.number scope="col" { (say::column_interval(lang)) }
                th.wide scope="col" {
                    span.hidden { (say::column_interval(lang)) }
                    @if proportion { (axis(&scale)) } @else { (strip::axis(&scale, |tick| format::decimal(tick, scale.decimals()))) }
                }
            } }
            tbody {
                @for (idx, slice) in group.iter().enumerate() {
                    tr {
                        th scope="row" { (slice.name) @if worst == Some(idx) && group.len() > 1 { " " span.tag { (say::weakest(lang)) } } }
                        td.number { (format::count(slice.count)) }
                        td.number { strong { (format::metric(slice.value, slice.unit)) } }
                        td.number { (interval_text(slice.lower95, slice.upper95, slice.unit)) }
                        td.wide { (strip::interval(&scale, slice.lower95.zip(slice.upper95), slice.value, overall)) }
                    }
                }
            }
        }
    };
    html! {
        (scroll(&caption, &table))
        @if let Some(overall) = overall { p.note { (say::slices_help(lang, format::metric(overall, first.unit))) } }
    }
}
