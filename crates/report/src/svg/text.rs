//! Room for text: how wide a label will be, how it is cut to fit, and where it stands without lying on others.
//!
//! Which font a reader's machine has is not known here, so widths are guessed on the generous side.

/// How wide a text is at a font size, in units.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if c < '\u{2e80}' { 0.58 } else { 1.02 }).sum::<f64>() * size
}

/// The text if it fits into `room` units; otherwise its beginning and an ellipsis.
pub(crate) fn fitted(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width(&kept, size) + size > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// The text if it fits into `room` units; otherwise an ellipsis and its end, which tells paths apart.
pub(crate) fn fitted_end(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let reversed: String = text.chars().rev().collect();
    fitted(&reversed, room, size).chars().rev().collect()
}

/// Where a label may stand: its anchor point on the baseline, and which end of the text that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) anchor: Anchor,
}

/// Which part of a text lies at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// As the attribute `text-anchor` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// What is drawn already, and the labels that were placed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    points: Vec<(f64, f64)>,
    boxes: Vec<[f64; 4]>,
}

impl Labels {
    /// Adds a point that labels shall not cover.
    pub(crate) fn avoid(&mut self, x: f64, y: f64) {
        self.points.push((x, y));
    }

    /// Adds a straight line that labels shall not cover.
    pub(crate) fn avoid_line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let length = (to.0 - from.0).abs().max((to.1 - from.1).abs());
        let n = (length / 6.0).ceil().clamp(1.0, 400.0) as usize;
        for idx in 0..=n {
            let share = idx as f64 / n as f64;
            self.avoid(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        }
    }

    /// The place at which a label covers least; the first one of equals. Later labels keep away from it.
    pub(crate) fn place(&mut self, text: &str, size: f64, places: &[Place]) -> Option<Place> {
        let cost = |place: &Place| self.covered(extent(text, size, place));
        let best = *places.iter().min_by_key(|place| cost(place))?;
        self.boxes.push(extent(text, size, &best));
        Some(best)
    }

    /// The same, but `None` if the label would cover anything.
    pub(crate) fn place_free(&mut self, text: &str, size: f64, places: &[Place]) -> Option<Place> {
        let free = *places.iter().find(|place| self.covered(extent(text, size, place)) == 0)?;
        self.boxes.push(extent(text, size, &free));
        Some(free)
    }

    fn covered(&self, [left, top, right, bottom]: [f64; 4]) -> usize {
        let inside = |(x, y): &&(f64, f64)| (left..=right).contains(x) && (top..=bottom).contains(y);
        let overlaps = |other: &&[f64; 4]| left < other[2] && other[0] < right && top < other[3] && other[1] < bottom;
        // A label on another one is unreadable; on a few points it is not.
        self.points.iter().filter(inside).count() + 50 * self.boxes.iter().filter(overlaps).count()
    }
}

/// Left, top, right and bottom of a label.
fn extent(text: &str, size: f64, place: &Place) -> [f64; 4] {
    let width = width(text, size);
    let left = match place.anchor {
        Anchor::Start => place.x,
        Anchor::Middle => place.x - width / 2.0,
        Anchor::End => place.x - width,
    };
    [left - 3.0, place.y - size, left + width + 3.0, place.y + size * 0.3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_the_end_that_tells_less() {
        assert_eq!(fitted("relu", 100.0, 12.0), "relu");
        assert_eq!(fitted("a choice that is long", 70.0, 12.0), "a choice…");
        assert_eq!(fitted_end("train.optimizer.adam.learning_rate", 110.0, 12.0), "….learning_rate");
        assert_eq!(fitted("学习率与批量大小", 60.0, 12.0), "学习率…");
        assert_eq!(fitted("x", 0.0, 12.0), "…");
    }

    #[test]
    fn labels_keep_away_from_points_and_from_each_other() {
        let place = |y: f64| Place { x: 0.0, y, anchor: Anchor::Start };
        let mut labels = Labels::default();
        labels.avoid_line((0.0, 10.0), (100.0, 10.0));
        assert_eq!(labels.place("label", 12.0, &[place(12.0), place(40.0)]), Some(place(40.0)));
        assert_eq!(labels.place("label", 12.0, &[place(40.0), place(80.0)]), Some(place(80.0)));
        assert_eq!(labels.place_free("label", 12.0, &[place(12.0), place(42.0)]), None);
        assert_eq!(labels.place("label", 12.0, &[]), None);
    }
}
