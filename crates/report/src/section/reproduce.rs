//! How anybody can do it again, and what must come out.

use super::Body;
use crate::component::digest;
use crate::data::{ReportData, Reproduce};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let content = content(data.reproduce.as_ref()?, lang)?;
    Body::new(say::reproduce_lead(lang, data.run.numerics_version), content)
}

/// The commands, and the digest that must come out; `None` without a command.
pub(crate) fn content(reproduce: &Reproduce, lang: Lang) -> Option<Markup> {
    if reproduce.commands.is_empty() {
        return None;
    }
    Some(html! {
        pre.commands tabindex="0" {
            code { @for command in &reproduce.commands { span.command { (command) } "\n" } }
        }
        @if !reproduce.model_digest.is_empty() {
            dl.digests { div { dt { (say::model_digest(lang)) } dd { (digest(&reproduce.model_digest)) } } }
        }
    })
}
