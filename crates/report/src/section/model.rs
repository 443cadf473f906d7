//! The network: its blocks, its layers, how it was fitted.

use super::Body;
use crate::component::{heading, scroll};
use crate::data::{ModelSummary, ReportData, Setting};
use crate::format;
use crate::svg::{block::block, strip};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

/// A deeper network is told by its table alone.
const MAX_BLOCKS: usize = 24;

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let model = data.model.as_ref()?;
    let parameters = format::count(model.parameters);
    let lead = match model.layers.len() {
        1 => say::model_lead_one(lang, parameters),
        n_layers => say::model_lead(lang, n_layers, parameters),
    };
    let lead = match model.multiply_adds {
        Some(operations) => format!("{lead}{}", say::model_lead_cost(lang, format::magnitude(operations))),
        None => lead,
    };
    let content = html! {
        @if (1..=MAX_BLOCKS).contains(&model.layers.len()) { (diagram(model, lang)) }
        @if !model.layers.is_empty() { (layers(model, lang)) }
        @if !model.settings.is_empty() { (settings(&model.settings, lang)) }
    };
    Body::new(lead, content)
}

fn diagram(model: &ModelSummary, lang: Lang) -> Markup {
    html! {
        ol.network aria-label=(say::network_label(lang)) {
            li { (block(&model.input, false)) span.kind { (say::network_input(lang)) } span.shape { (format::shape(&model.input)) } }
            @for layer in &model.layers {
                li {
                    (block(&layer.output, layer.parameters > 0))
                    span.kind { (layer.kind) }
                    span.shape { (format::shape(&layer.output)) }
                }
            }
        }
    }
}

fn layers(model: &ModelSummary, lang: Lang) -> Markup {
    let total = model.parameters.max(1) as f64;
    // A plain chain needs no column that says so.
    let branches = model.layers.iter().any(|layer| !layer.inputs.is_empty());
    let table = html! {
        table.layers.stack {
            caption { (say::layers_caption(lang)) }
            thead { tr {
                th scope="col" { (say::column_layer(lang)) }
                th scope="col" { (say::column_kind(lang)) }
                @if branches { th scope="col" { (say::column_inputs(lang)) } }
                th.number scope="col" { (say::column_output(lang)) }
                th.number scope="col" { (say::column_parameters(lang)) }
                th.wide scope="col" { span.hidden { (say::column_share(lang)) } }
            } }
            tbody {
                @for layer in &model.layers {
                    tr {
                        th scope="row" { code { (layer.name) } }
                        td data-label=(say::column_kind(lang)) { (layer.kind) @if !layer.detail.is_empty() { span.muted { " " (layer.detail) } } }
                        @if branches { td data-label=(say::column_inputs(lang)) { (layer.inputs.join(", ")) } }
                        td.number data-label=(say::column_output(lang)) { (format::shape(&layer.output)) }
                        td.number data-label=(say::column_parameters(lang)) { @if layer.parameters > 0 { (format::count(layer.parameters)) } @else { span.muted { "–" } } }
                        td.wide { @if layer.parameters > 0 { (strip::bar(layer.parameters as f64 / total, "train")) } }
                    }
                }
            }
            tfoot { tr {
                th scope="row" colspan=(if branches { 4 } else { 3 }) { (say::layers_total(lang)) }
                td.number { strong { (format::count(model.parameters)) } }
                td {}
            } }
        }
    };
    scroll(&say::layers_caption(lang), &table)
}

fn settings(settings: &[Setting], lang: Lang) -> Markup {
    html! {
        (heading(&say::settings_heading(lang)))
        dl.settings { @for setting in settings { div { dt { code { (setting.name) } } dd { code { (setting.value) } } } } }
    }
}
