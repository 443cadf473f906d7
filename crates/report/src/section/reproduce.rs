//! How anybody can do it again, and what must come out.

use super::Body;
use crate::component::digest;
use crate::data::ReportData;
use maud::html;
use proofmark_messages::{Lang, report as say};

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let reproduce = data.reproduce.as_ref().filter(|reproduce| !reproduce.commands.is_empty())?;
    let content = html! {
        pre.commands tabindex="0" {
            code { @for command in &reproduce.commands { span.command { (command) } "\n" } }
        }
        @if !reproduce.model_digest.is_empty() {
            dl.digests { div { dt { (say::model_digest(lang)) } dd { (digest(&reproduce.model_digest)) } } }
        }
    };
    Body::new(say::reproduce_lead(lang, data.run.numerics_version), content)
}
