//! The document around the sections: head, bar, masthead, navigation, footer.

use crate::data::ReportData;
use crate::section::{Body, SECTIONS, Section};
use crate::{extract, palette};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use proofmark_messages::{Lang, report as say};

const STYLE: &str = include_str!("page/style.css");
/// The theme's switch, all that is scripted. The policy below allows this text and no other; a test holds the digest.
const SCRIPT: &str = include_str!("page/theme.js");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     script-src 'sha256-/v4YSAF7swv+9xjiWPBpE5DNgHvgmOYlp1XQRh1x3KY='; base-uri 'none'; form-action 'none'";

/// The whole page in one language. Any data gives a page: what is absent is left out, what is odd is shown as it is.
pub fn render(data: &ReportData, lang: Lang) -> String {
    let sections: Vec<(&Section, Body)> =
        SECTIONS.iter().filter_map(|section| (section.body)(data, lang).map(|body| (section, body))).collect();
    let fallback = say::kicker(lang);
    let name = [&data.run.name, &data.run.id].into_iter().find(|name| !name.is_empty()).unwrap_or(&fallback);
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "Proofmark " (data.run.program_version) };
                title { (name) " · " (crate::section::verdict::word(data.verdict.outcome, lang)) " · Proofmark" }
                style { (PreEscaped(palette::css())) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (say::skip_to_content(lang)) }
                (bar(&sections, lang))
                (masthead(data, name, lang))
                main id="main" {
                    @for (section, body) in &sections { (section_markup(section, body, lang)) }
                }
                (footer(data, lang))
                (PreEscaped(extract::embed(data)))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn bar(sections: &[(&Section, Body)], lang: Lang) -> Markup {
    html! {
        div.topbar {
            a.brand href="#top" { (brand_mark()) "Proofmark" }
            nav aria-label=(say::contents(lang)) {
                ul { @for (section, _) in sections { li { a href={ "#" (section.id) } { ((section.title)(lang)) } } } }
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

fn masthead(data: &ReportData, name: &str, lang: Lang) -> Markup {
    let run = &data.run;
    html! {
        header #top.masthead {
            p.kicker { (say::kicker(lang)) }
            h1 { (name) }
            dl.facts {
                @for (term, value) in [
                    (say::term_run(lang), run.id.clone()),
                    (say::term_date(lang), run.date.clone()),
                    (say::term_seed(lang), run.seed.to_string()),
                    (say::term_program(lang), format!("Proofmark {}", run.program_version)),
                    (say::term_numerics(lang), run.numerics_version.to_string()),
                ] {
                    @if !value.is_empty() { div { dt { (term) } dd { (value) } } }
                }
            }
        }
    }
}

fn section_markup(section: &Section, body: &Body, lang: Lang) -> Markup {
    html! {
        section id=(section.id) aria-labelledby={ (section.id) "-heading" } {
            div.rail {
                h2 id={ (section.id) "-heading" } { ((section.title)(lang)) }
                @if let Some(lead) = &body.lead { p.lead { (lead) } }
                @if let Some(rail) = &body.rail { (rail) }
            }
            div.content { (body.content) }
        }
    }
}

fn footer(data: &ReportData, lang: Lang) -> Markup {
    html! {
        footer {
            p { (say::footer_made_by(lang, &data.run.program_version)) }
            p { (say::footer_evidence(lang)) " " code { "proofmark evidence verify report.html" } }
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
