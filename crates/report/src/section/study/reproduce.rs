//! How anybody can do the study again, and what of it comes out the same.

use crate::data::StudyPage;
use crate::section::{Body, reproduce};
use proofmark_messages::{Lang, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    let content = reproduce::content(page.reproduce.as_ref()?, lang)?;
    let numerics = page.run.numerics_version;
    let lead = if page.study.reproduces() {
        say::reproduce_lead(lang, numerics)
    } else {
        say::reproduce_lead_trials(lang, numerics)
    };
    Body::new(lead, content)
}
