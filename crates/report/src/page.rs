//! The document around the sections: head, bar, masthead, navigation, footer.

use crate::data::{ReportData, RunInfo, StudyPage};
use crate::section::{Body, SECTIONS, STUDY_SECTIONS, Section};
use crate::{extract, palette};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use proofmark_messages::{Lang, report as say, report_study as say_study};

const STYLE: &str = include_str!("page/style.css");
/// The theme's switch, all that is scripted. The policy below allows this text and no other; a test holds the digest.
const SCRIPT: &str = include_str!("page/theme.js");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     script-src 'sha256-/v4YSAF7swv+9xjiWPBpE5DNgHvgmOYlp1XQRh1x3KY='; base-uri 'none'; form-action 'none'";

/// The whole page in one language. Any data gives a page: what is absent is left out, what is odd is shown as it is.
pub fn render(data: &ReportData, lang: Lang) -> String {
    let kicker = say::kicker(lang);
    let name = name(&data.run, &kicker);
    document(
        &Document {
            head: format!("{name} · {} · Proofmark", crate::section::verdict::word(data.verdict.outcome, lang)),
            kicker: &kicker,
            name,
            facts: facts(&data.run, say::term_run(lang), lang),
            parts: parts(SECTIONS, data, lang),
            program_version: &data.run.program_version,
            verify: Some("proofmark evidence verify report.html"),
            embedded: extract::embed(data),
        },
        lang,
    )
}

/// The page of a study in one language: like the report of a run, one file that loads nothing. Any data gives a page.
pub fn render_study(page: &StudyPage, lang: Lang) -> String {
    let kicker = say_study::kicker(lang);
    let name = name(&page.run, &kicker);
    let mut facts = facts(&page.run, say_study::term_study(lang), lang);
    let pruner = if page.study.has_pruner() { page.study.pruner.clone() } else { say_study::no_pruner(lang) };
    facts.push((say_study::term_sampler(lang), page.study.sampler.clone()));
    facts.push((say_study::term_pruner(lang), pruner));
    document(
        &Document {
            head: format!("{name} · {kicker} · Proofmark"),
            kicker: &kicker,
            name,
            facts,
            parts: parts(STUDY_SECTIONS, page, lang),
            program_version: &page.run.program_version,
            verify: None,
            embedded: extract::embed_study(page),
        },
        lang,
    )
}

/// What the frame of a page is made of.
struct Document<'a> {
    /// The document's title.
    head: String,
    kicker: &'a str,
    name: &'a str,
    facts: Vec<(String, String)>,
    parts: Vec<Part>,
    program_version: &'a str,
    /// The command that verifies the page, if one does.
    verify: Option<&'a str>,
    /// The element with the data.
    embedded: String,
}

/// A section that has something to say.
struct Part {
    id: &'static str,
    title: String,
    body: Body,
}

fn parts<T>(sections: &[Section<T>], data: &T, lang: Lang) -> Vec<Part> {
    let part = |section: &Section<T>| {
        Some(Part { id: section.id, title: (section.title)(lang), body: (section.body)(data, lang)? })
    };
    sections.iter().filter_map(part).collect()
}

fn name<'a>(run: &'a RunInfo, fallback: &'a str) -> &'a str {
    [&*run.name, &*run.id].into_iter().find(|name| !name.is_empty()).unwrap_or(fallback)
}

fn facts(run: &RunInfo, id: String, lang: Lang) -> Vec<(String, String)> {
    vec![
        (id, run.id.clone()),
        (say::term_date(lang), run.date.clone()),
        (say::term_seed(lang), run.seed.to_string()),
        (say::term_program(lang), format!("Proofmark {}", run.program_version)),
        (say::term_numerics(lang), run.numerics_version.to_string()),
    ]
}

fn document(document: &Document<'_>, lang: Lang) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "Proofmark " (document.program_version) };
                title { (document.head) }
                style { (PreEscaped(palette::css())) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (say::skip_to_content(lang)) }
                (bar(&document.parts, lang))
                (masthead(document))
                main id="main" {
                    @for part in &document.parts { (section_markup(part)) }
                }
                (footer(document, lang))
                (PreEscaped(&document.embedded))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn bar(parts: &[Part], lang: Lang) -> Markup {
    html! {
        div.topbar {
            a.brand href="#top" { (brand_mark()) "Proofmark" }
            nav aria-label=(say::contents(lang)) {
                ul { @for part in parts { li { a href={ "#" (part.id) } { (part.title) } } } }
            }
            button #theme type="button" hidden aria-label=(say::switch_theme(lang)) title=(say::switch_theme(lang)) {
                svg viewBox="0 0 16 16" aria-hidden="true" {
                    circle cx="8" cy="8" r="6.25" {}
                    path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" {}
                }
            }
        }
    }
}

fn brand_mark() -> Markup {
    html! {
        svg viewBox="0 0 24 24" aria-hidden="true" {
            circle cx="12" cy="12" r="10.5" {}
            path d="M7.2 12.6 10.7 16 17 8.4" {}
        }
    }
}

fn masthead(document: &Document<'_>) -> Markup {
    html! {
        header #top.masthead {
            p.kicker { (document.kicker) }
            h1 { (document.name) }
            dl.facts {
                @for (term, value) in &document.facts {
                    @if !value.is_empty() { div { dt { (term) } dd { (value) } } }
                }
            }
        }
    }
}

fn section_markup(part: &Part) -> Markup {
    let Part { id, title, body } = part;
    html! {
        section id=(id) aria-labelledby={ (id) "-heading" } {
            div.rail {
                h2 id={ (id) "-heading" } { (title) }
                @if let Some(lead) = &body.lead { p.lead { (lead) } }
                @if let Some(rail) = &body.rail { (rail) }
            }
            div.content { (body.content) }
        }
    }
}

fn footer(document: &Document<'_>, lang: Lang) -> Markup {
    html! {
        footer {
            p { (say::footer_made_by(lang, document.program_version)) }
            @if let Some(command) = document.verify { p { (say::footer_evidence(lang)) " " code { (command) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    #[test]
    fn the_policy_allows_this_script_only() {
        let digest = STANDARD.encode(Sha256::digest(SCRIPT));
        assert!(POLICY.contains(&format!("script-src 'sha256-{digest}'")), "the script's digest is now {digest}");
    }

    #[test]
    fn styles_use_the_palette_and_nothing_else() {
        let defined: BTreeSet<&str> =
            STYLE.split("--").skip(1).filter_map(|rest| rest.split_once(':')).map(|(n, _)| n).collect();
        let roles = palette::roles();
        let mut used = BTreeSet::new();
        for rest in STYLE.split("var(--").skip(1) {
            let (name, _) = rest.split_once(')').expect("every var() is closed");
            assert!(defined.contains(name) || roles.iter().any(|role| role.name == name), "--{name} is not defined");
            used.insert(name);
        }
        for role in &roles {
            assert!(used.contains(role.name), "--{} is not used", role.name);
        }
        for foreign in ["url(", "@import", "@font-face", "rgb(", "hsl(", "#fff"] {
            assert!(!STYLE.contains(foreign), "{foreign}");
        }
    }
}
