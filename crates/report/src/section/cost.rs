//! What the run cost.

use super::Body;
use super::verdict::stage_name;
use crate::component::{Figure, figures, scroll};
use crate::data::{Cost, ReportData};
use crate::format;
use crate::svg::strip;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let cost = data.cost.as_ref()?;
    let mut all = Vec::new();
    let mut push = |name: String, value: Option<String>| {
        if let Some(value) = value {
            all.push(Figure { name, value, note: String::new() });
        }
    };
    let seconds = |value: f64| format::seconds(value, lang);
    push(say::cost_total(lang), cost.total_seconds.map(seconds));
    push(say::cost_epoch(lang), cost.train_seconds_per_epoch.map(seconds));
    push(say::cost_cpu(lang), cost.cpu_seconds.map(seconds));
    push(say::figure_memory(lang), cost.peak_memory_bytes.map(format::bytes));
    push(say::cost_threads(lang), cost.threads.map(format::count));
    let content = html! {
        @if !all.is_empty() { (figures(&all)) }
        @if !cost.stages.is_empty() { (stages(cost, lang)) }
    };
    let lead = if cost.machine.is_empty() { say::cost_lead(lang) } else { say::cost_lead_machine(lang, &cost.machine) };
    Body::new(lead, content)
}

fn stages(cost: &Cost, lang: Lang) -> Markup {
    let finite = |seconds: f64| if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let total: f64 = cost.stages.iter().map(|stage| finite(stage.seconds)).sum();
    let table = html! {
        table {
            caption { (say::stages_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_stage(lang)) }
                th.number scope="col" { (say::column_time(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
            } }
            tbody {
                @for stage in &cost.stages {
                    tr {
                        th scope="row" { (stage_name(stage.stage, lang)) }
                        td.number { (format::seconds(stage.seconds, lang)) }
                        td.wide { (strip::bar(finite(stage.seconds) / total, "train")) }
                    }
                }
            }
        }
    };
    scroll(&say::stages_caption(lang), &table)
}
