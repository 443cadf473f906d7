//! Pieces that several sections are made of.

use crate::data::{Comparison, Fact, Shown, Thumbnail};
use crate::format;
use crate::svg::icon::{Icon, icon};
use crate::svg::series::series;
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

/// Characters of a digest that stay together: a quarter of a SHA-256.
const DIGEST_PART: usize = 16;

/// A word with its sign, coloured by it.
pub(crate) fn chip(sign: Icon, word: &str) -> Markup {
    html! { span class={ "chip " (sign.class()) } { (icon(sign)) (word) } }
}

/// The chip of a judgement.
pub(crate) fn judgement(holds: Option<bool>, lang: Lang) -> Markup {
    let word = match holds {
        Some(true) => say::holds(lang),
        Some(false) => say::does_not_hold(lang),
        None => say::no_evidence(lang),
    };
    chip(Icon::of(holds), &word)
}

/// A wide piece that scrolls on narrow screens, by keyboard too.
pub(crate) fn scroll(label: &str, content: &Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (content) } }
}

/// A heading inside a section.
pub(crate) fn heading(text: &str) -> Markup {
    html! { h3 { (text) } }
}

/// A few figures with their names, side by side.
pub(crate) fn figures(figures: &[Figure]) -> Markup {
    html! {
        dl.figures {
            @for figure in figures {
                div {
                    dt { (figure.name) }
                    dd { strong { (figure.value) } @if !figure.note.is_empty() { span { (figure.note) } } }
                }
            }
        }
    }
}

/// One figure.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: String,
    /// What a reader needs to judge it; may be empty.
    pub(crate) note: String,
}

/// An image at `side` pixels or so, each of its pixels a sharp square.
pub(crate) fn image(image: &Thumbnail, alternative: &str) -> Markup {
    html! { img src=(image.data_uri()) width=(image.width()) height=(image.height()) alt=(alternative); }
}

/// A row as people see it.
pub(crate) fn shown(shown: &Shown, alternative: &str) -> Markup {
    match shown {
        Shown::Image(thumbnail) => image(thumbnail, alternative),
        Shown::Series(plot) => series(plot, alternative),
    }
}

/// A digest, whole for search, copy and print. Where it does not fit on one line it breaks into parts of equal length.
pub(crate) fn digest(digest: &str) -> Markup {
    let mut rest = digest;
    let mut parts = Vec::new();
    while let Some((part, after)) = rest.split_at_checked(DIGEST_PART).filter(|(_, after)| !after.is_empty()) {
        parts.push(part);
        rest = after;
    }
    html! { code.digest { @for part in parts { (part) wbr; } (rest) } }
}

/// What an expression read, beside its need: `412 needed = 0`.
pub(crate) fn reading(comparison: &Comparison, lang: Lang) -> Markup {
    html! {
        span.reading {
            span.value { (format::fact(&comparison.value, lang)) } " "
            span.need {
                (say::reading_need(lang, operator(&comparison.operator), format::fact(&comparison.need, lang)))
            }
        }
    }
}

/// How far a number is on the right side of its need, with its sign; `None` where distance means nothing.
pub(crate) fn margin(comparison: &Comparison) -> Option<String> {
    let (Fact::Number(value), Fact::Number(need)) = (&comparison.value, &comparison.need) else { return None };
    let distance = match comparison.operator.as_str() {
        ">=" | ">" => value - need,
        "<=" | "<" => need - value,
        _ => return None,
    };
    let decimals = if value.abs().max(need.abs()) >= 100.0 { 0 } else { 4 };
    distance.is_finite().then(|| format::signed(distance, decimals))
}

/// The operator as print writes it.
pub(crate) fn operator(written: &str) -> &str {
    match written {
        ">=" => "≥",
        "<=" => "≤",
        "==" => "=",
        "!=" => "≠",
        other => other,
    }
}
