//! What a study's page stands on.

use crate::data::StudyPage;
use crate::section::{Body, provenance};
use proofmark_messages::{Lang, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    let content = provenance::content(&page.evidence, page.reproduce.as_ref(), &page.spec_yaml, lang)?;
    Body::new(say::provenance_lead(lang), content)
}
