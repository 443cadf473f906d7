//! Strips inside table cells: as wide as the cell, placed in per cent. The numbers stand beside them, so they are hidden
//! from screen readers.

use super::scale::Scale;
use maud::{Markup, html};

/// A confidence interval with its value, and a reference line if there is one.
pub(crate) fn interval(scale: &Scale, ends: Option<(f64, f64)>, value: f64, reference: Option<f64>) -> Markup {
    let at = |value: f64| percent(scale.position(value));
    html! {
        svg.strip height="22" aria-hidden="true" {
            @for tick in scale.ticks() { line.grid x1=(at(tick)) x2=(at(tick)) y1="0" y2="22" {} }
            @if let Some(reference) = reference.filter(|value| value.is_finite()) {
                line.reference x1=(at(reference)) x2=(at(reference)) y1="0" y2="22" {}
            }
            @if let Some((lower, upper)) = ends.filter(|(lower, upper)| lower.is_finite() && upper.is_finite()) {
                line.whisker x1=(at(lower)) x2=(at(upper)) y1="11" y2="11" {}
                line.whisker x1=(at(lower)) x2=(at(lower)) y1="7" y2="15" {}
                line.whisker x1=(at(upper)) x2=(at(upper)) y1="7" y2="15" {}
            }
            @if value.is_finite() { circle.dot cx=(at(value)) cy="11" r="4.5" {} }
        }
    }
}

/// The ticks' labels above a column of intervals.
pub(crate) fn axis(scale: &Scale, label: impl Fn(f64) -> String) -> Markup {
    let ticks = scale.ticks();
    let last = ticks.len() - 1;
    // Labels of many ticks would run into each other on a narrow cell.
    let shown = |idx: usize| ticks.len() <= 4 || idx.is_multiple_of(2);
    html! {
        svg.strip.axis height="16" aria-hidden="true" {
            @for (idx, tick) in ticks.iter().enumerate().filter(|(idx, _)| shown(*idx)) {
                @let anchor = if idx == 0 { "start" } else if idx == last { "end" } else { "middle" };
                text x=(percent(scale.position(*tick))) y="12" text-anchor=(anchor) { (label(*tick)) }
            }
        }
    }
}

/// A bar that covers `share` (0 to 1) of the cell, coloured by a class.
pub(crate) fn bar(share: f64, class: &str) -> Markup {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    html! {
        svg.strip.bar height="10" aria-hidden="true" {
            rect.track width="100%" height="10" rx="2" {}
            // A share that is not nothing is never invisible.
            rect class=(class) width=(percent(if share > 0.0 { share.max(0.004) } else { 0.0 })) height="10" rx="2" {}
        }
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
