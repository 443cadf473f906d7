//! What the drawings of a study share: a frame with its axes, marks by which a trial's end is told apart without colour, a scale
//! that a few bad trials do not spoil.

use super::{px, scale::Scale, text};
use maud::{Markup, html};

/// Size of most text, as the style sheet has it.
pub(crate) const TEXT: f64 = 12.0;

/// How a trial ended, by the shape of its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A disc.
    Complete,
    /// A hollow triangle.
    Pruned,
    /// A cross.
    Failed,
    /// A dashed ring.
    Running,
}

impl Mark {
    /// All of them, in the order of a legend.
    pub(crate) const ALL: [Mark; 4] = [Mark::Complete, Mark::Pruned, Mark::Failed, Mark::Running];

    fn class(self) -> &'static str {
        match self {
            Mark::Complete => "trial",
            Mark::Pruned => "pruned",
            Mark::Failed => "failed",
            Mark::Running => "running",
        }
    }

    /// The mark at a point; `winner` is the best trial's.
    pub(crate) fn draw(self, x: f64, y: f64, radius: f64, winner: bool, tip: &str) -> Markup {
        let class = if winner { "winner" } else { self.class() };
        let radius = if winner { radius + 1.75 } else { radius };
        let title = html! { @if !tip.is_empty() { title { (tip) } } };
        match self {
            Mark::Complete | Mark::Running => html! {
                circle class=(class) cx=(px(x)) cy=(px(y)) r=(px(radius)) { (title) }
            },
            Mark::Pruned => html! {
                path class=(class) d={ "M" (px(x - radius)) " " (px(y - radius * 0.75)) "h" (px(radius * 2.0))
                    "l" (px(-radius)) " " (px(radius * 1.7)) "z" } { (title) }
            },
            Mark::Failed => html! {
                path class=(class) d={ "M" (px(x - radius)) " " (px(y - radius)) "l" (px(radius * 2.0)) " " (px(radius * 2.0))
                    "m0 " (px(-radius * 2.0)) "l" (px(-radius * 2.0)) " " (px(radius * 2.0)) } { (title) }
            },
        }
    }
}

/// The outer size of a drawing and the space around its plot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    /// Where the plot ends on the right.
    pub(crate) fn right_edge(&self) -> f64 {
        self.width - self.right
    }

    /// Where the plot ends below.
    pub(crate) fn floor(&self) -> f64 {
        self.height - self.bottom
    }

    /// The place of a position from 0 (left) to 1 (right).
    pub(crate) fn x(&self, position: f64) -> f64 {
        self.left + position * (self.right_edge() - self.left)
    }

    /// The place of a position from 0 (below) to 1 (above).
    pub(crate) fn y(&self, position: f64) -> f64 {
        self.floor() - position * (self.floor() - self.top)
    }

    /// Horizontal lines with their labels.
    pub(crate) fn rows(&self, scale: &Scale, write: &dyn Fn(f64, usize) -> String) -> Markup {
        html! {
            @for tick in scale.ticks() {
                @let y = self.y(scale.position(tick));
                line.grid x1=(px(self.left)) x2=(px(self.right_edge())) y1=(px(y)) y2=(px(y)) {}
                text x=(px(self.left - 8.0)) y=(px(y + 4.0)) text-anchor="end" { (write(tick, scale.decimals())) }
            }
        }
    }

    /// Labels under the plot.
    pub(crate) fn columns(&self, scale: &Scale, write: &dyn Fn(f64, usize) -> String) -> Markup {
        html! {
            @for tick in scale.ticks() {
                @let x = self.x(scale.position(tick));
                line.grid x1=(px(x)) x2=(px(x)) y1=(px(self.top)) y2=(px(self.floor())) {}
                text x=(px(x)) y=(px(self.floor() + 18.0)) text-anchor="middle" { (write(tick, scale.decimals())) }
            }
        }
    }

    /// The drawing around its content.
    pub(crate) fn svg(&self, class: &str, id: &str, title: &str, description: &str, content: &Markup) -> Markup {
        html! {
            svg class={ "chart " (class) } viewBox={ "0 0 " (px(self.width)) " " (px(self.height)) } role="img"
                aria-labelledby={ (id) "-title " (id) "-description" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-description" } { (description) }
                (content)
            }
        }
    }
}

/// One entry of a legend.
pub(crate) enum Key {
    /// A mark, the winner's if so.
    Mark(Mark, bool),
    /// A line of this class.
    Line(&'static str),
    /// The mark of a trial that another one beats.
    Beaten,
    /// The five ranks, from the worst to the best fifth.
    Ranks,
}

/// A legend on one line from `x` on, its middle at `y`; what does not fit before `end` goes to a next line.
pub(crate) fn legend(entries: &[(Key, String)], x: f64, y: f64, end: f64) -> Markup {
    let (mut at, mut row) = (x, y);
    let mut placed = Vec::new();
    for (key, name) in entries {
        let symbol = match key {
            Key::Mark(..) | Key::Beaten => 14.0,
            Key::Line(_) => 26.0,
            Key::Ranks => 70.0,
        };
        // A legend has no neighbours to spare, so its guess is closer than that of other labels.
        let name_width: f64 = name.chars().map(|c| if c < '\u{2e80}' { 6.4 } else { 12.75 }).sum();
        let room = symbol + 18.0 + name_width;
        if at + room > end && at > x {
            (at, row) = (x, row + 18.0);
        }
        placed.push((at, row, symbol, key, name));
        at += room;
    }
    html! {
        @for (x, y, symbol, key, name) in placed {
            @match key {
                Key::Mark(mark, winner) => { (mark.draw(x + 5.0, y, 4.0, *winner, "")) }
                Key::Line(class) => { line class=(class) x1=(px(x)) x2=(px(x + 20.0)) y1=(px(y)) y2=(px(y)) {} }
                Key::Beaten => { circle.beaten cx=(px(x + 5.0)) cy=(px(y)) r="4" {} }
                Key::Ranks => {
                    @for rank in 1..=N_RANKS {
                        @let at = x + (rank - 1) as f64 * 13.0;
                        line class={ "curve rank-" (rank) } x1=(px(at)) x2=(px(at + 11.0)) y1=(px(y)) y2=(px(y)) {}
                    }
                }
            }
            text.legend x=(px(x + symbol)) y=(px(y + 4.0)) { (name) }
        }
    }
}

/// Into how many parts trials are sorted by their result.
pub(crate) const N_RANKS: usize = 5;

/// The class of a drawing of so many lines: many of them are drawn thinner, so that they stay apart.
pub(crate) fn crowd(n_lines: usize) -> &'static str {
    if n_lines > 80 { "crowded" } else { "" }
}

/// The mark of what the spec as written reached.
pub(crate) fn diamond(x: f64, y: f64, tip: &str) -> Markup {
    html! {
        path.written d={ "M" (px(x)) " " (px(y - 5.5)) "l5.5 5.5-5.5 5.5-5.5-5.5z" } { @if !tip.is_empty() { title { (tip) } } }
    }
}

/// Those of the values on which an axis is worth its room, and how many were left out: those that are farther from the best
/// than ten times what three quarters of all are. One training that diverged must not press all others into a line.
pub(crate) fn without_strays(values: &[f64], maximize: bool) -> (Vec<f64>, usize) {
    let sign = if maximize { -1.0 } else { 1.0 };
    let mut losses: Vec<f64> = values.iter().filter(|value| value.is_finite()).map(|value| sign * value).collect();
    losses.sort_by(f64::total_cmp);
    let n = losses.len();
    if n >= 5 {
        let (best, usual) = (losses[0], losses[(n - 1) * 3 / 4]);
        let limit = best + 10.0 * (usual - best);
        if usual > best && limit.is_finite() {
            losses.retain(|loss| *loss <= limit);
        }
    }
    let strays = n - losses.len();
    (losses.into_iter().map(|loss| sign * loss).collect(), strays)
}

/// The same of results, with those of `others` that lie not farther beyond them than `room` times what they span. A trial that
/// was stopped in its first epoch has read little, and says little about the results.
pub(crate) fn without_strays_and_far_ones(results: &[f64], others: &[f64], maximize: bool, room: f64) -> Vec<f64> {
    let (mut kept, _) = without_strays(results, maximize);
    let ends = kept.iter().fold(None, |ends: Option<(f64, f64)>, value| {
        Some(ends.map_or((*value, *value), |(low, high)| (low.min(*value), high.max(*value))))
    });
    let Some((low, high)) = ends.filter(|(low, high)| low < high) else {
        // One result spans nothing.
        return without_strays(&[results, others].concat(), maximize).0;
    };
    let room = room * (high - low);
    kept.extend(others.iter().filter(|value| (low - room..=high + room).contains(value)));
    kept
}

/// Whether a value lies beyond an axis and is drawn at its edge.
pub(crate) fn is_off(scale: &Scale, value: f64) -> bool {
    let rounding = scale.step * 1e-6;
    value < scale.low - rounding || value > scale.high + rounding
}

/// Whole numbers to write along an axis over `first..=last`, as many as `room` units take.
pub(crate) fn whole_steps(first: u64, last: u64, room: f64) -> Vec<u64> {
    let widest = text::width(&last.to_string(), TEXT) + 26.0;
    let n = (room / widest).floor().clamp(1.0, 12.0) as usize;
    let step = Scale::covering([first as f64, last as f64], n).step.max(1.0) as u64;
    if first >= last {
        return vec![first];
    }
    let mut all: Vec<u64> = (first.div_ceil(step)..=last / step).map(|multiple| multiple * step).collect();
    // An axis that starts at 1 says 1, although the grid starts at 0.
    if all.first().is_none_or(|least| (least - first) * 2 >= step) {
        all.insert(0, first);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diverged_training_does_not_spoil_the_scale() {
        let (kept, strays) = without_strays(&[0.98, 0.97, 0.975, 0.96, 0.965, 0.1, f64::NAN], true);
        assert_eq!((kept.len(), strays), (5, 1));
        assert!(!kept.contains(&0.1));
        // Nothing is left out of few, of equal, or of evenly spread ones.
        for values in
            [&[1.0, 9.0, 100.0][..], &[1.0; 9], &[1.0, 1.0, 1.0, 1.0, 1.0, 7.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]
        {
            assert_eq!(without_strays(values, false).1, 0, "{values:?}");
        }
        assert_eq!(without_strays(&[f64::MIN, f64::MAX, 0.0, 0.0, f64::MAX, f64::MAX], false).1, 0);
        assert_eq!(without_strays(&[], true), (vec![], 0));
    }

    #[test]
    fn readings_far_from_the_results_do_not_spoil_it_either() {
        let kept = |results: &[f64], others: &[f64]| without_strays_and_far_ones(results, others, true, 0.5);
        assert_eq!(kept(&[0.8, 0.9], &[0.76, 0.5]), [0.9, 0.8, 0.76]);
        assert_eq!(kept(&[0.9], &[0.76, 0.5]), [0.9, 0.76, 0.5]);
        assert_eq!(kept(&[], &[0.5]), [0.5]);
        assert!(kept(&[], &[]).is_empty());
    }

    #[test]
    fn steps_are_whole_and_few() {
        assert_eq!(whole_steps(0, 0, 800.0), [0]);
        assert_eq!(whole_steps(7, 7, 800.0), [7]);
        assert_eq!(whole_steps(0, 3, 800.0), [0, 1, 2, 3]);
        assert_eq!(whole_steps(1, 20, 800.0), [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
        assert_eq!(whole_steps(1, 27, 800.0), [1, 5, 10, 15, 20, 25]);
        assert_eq!(whole_steps(0, 199, 800.0), [0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
        assert_eq!(whole_steps(0, 199, 200.0), [0, 50, 100, 150]);
        assert!(whole_steps(0, u64::MAX >> 12, 800.0).len() < 14);
    }
}
