//! Drawings: pure functions from numbers to SVG. Colours are CSS variables through classes (see `page/style.css`), so a
//! drawing follows the page's theme; every drawing that stands alone has a title and a description, and those that only
//! repeat the numbers beside them are hidden from screen readers.
//!
//! Two kinds: drawings with a `viewBox`, which scale; and strips as wide as their cell, placed in per cent, whose strokes
//! keep their size on every screen.

pub(crate) mod block;
pub(crate) mod front;
pub(crate) mod icon;
pub(crate) mod line;
pub(crate) mod parallel;
pub(crate) mod reliability;
pub(crate) mod scale;
pub(crate) mod seal;
pub(crate) mod series;
pub(crate) mod strip;
pub(crate) mod text;
pub(crate) mod trial;
pub(crate) mod trial_curves;
pub(crate) mod trial_history;

/// A coordinate with at most one decimal.
pub(crate) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}
