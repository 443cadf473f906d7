//! Small signs. They stand beside a word, never alone, and are hidden from screen readers.

use maud::{Markup, html};

/// What a sign says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Holds, passed.
    Yes,
    /// Does not hold, stopped here.
    No,
    /// Nothing is known, not reached.
    Unknown,
}

impl Icon {
    /// The class that colours it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Icon::Yes => "good",
            Icon::No => "bad",
            Icon::Unknown => "none",
        }
    }

    /// The sign of a judgement; `None` means that there was no evidence.
    pub(crate) fn of(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Icon::Yes,
            Some(false) => Icon::No,
            None => Icon::Unknown,
        }
    }
}

/// The sign as a drawing of 16 units.
pub(crate) fn icon(icon: Icon) -> Markup {
    let path = match icon {
        Icon::Yes => "M4.4 8.3 7 10.9 11.7 5.4",
        Icon::No => "M5.2 5.2 10.8 10.8M10.8 5.2 5.2 10.8",
        Icon::Unknown => "M5 8H11",
    };
    html! {
        svg class={ "icon " (icon.class()) } viewBox="0 0 16 16" aria-hidden="true" {
            circle cx="8" cy="8" r="7.25" {}
            path d=(path) {}
        }
    }
}
