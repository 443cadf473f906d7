//! Parallel coordinates with one axis below the other, so that names of any length stand beside their axes and a dozen of them
//! still fit: each trial is a line from the first axis down to its result.

use super::text::{self, Anchor};
use super::trial::{Frame, Key, TEXT, crowd, legend};
use super::{px, scale::Scale};
use crate::data::{StudyDomain, StudyValue};
use crate::format;
use maud::{Markup, html};

/// Room for the axes' names.
const NAMES: f64 = 196.0;
/// Room on the right of the axes for trials in which a parameter does not exist.
const ABSENT: f64 = 58.0;
/// Choices beyond this number get no label each.
const MAX_CHOICES: usize = 12;
/// How far lines through the same choice are spread, as a share of the choice's room.
const SPREAD: f64 = 0.16;

/// How far from an axis a line bends, as a share of the way to the next one.
const BEND: f64 = 0.38;

/// The drawing.
pub(crate) struct Parallel<'a> {
    /// Unique in the page.
    pub(crate) id: &'a str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// From the first parameter to the result.
    pub(crate) axes: Vec<ParallelAxis>,
    /// In the order in which they are drawn: the best one last.
    pub(crate) lines: Vec<ParallelLine>,
    /// What stands where a parameter does not exist.
    pub(crate) absent: String,
    pub(crate) ranks: String,
    pub(crate) pruned: String,
    /// What the thick line is; empty if there is none.
    pub(crate) best: String,
}

/// One axis.
pub(crate) struct ParallelAxis {
    /// What it is, as short as it is unique.
    pub(crate) name: String,
    /// All of its name.
    pub(crate) full_name: String,
    /// What its scale is like; may be empty.
    pub(crate) note: String,
    /// Position from 0 to 1 and text, ascending.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// One trial.
pub(crate) struct ParallelLine {
    /// 1 (worst fifth) to 5 (best fifth); `None` if it was stopped early.
    pub(crate) rank: Option<usize>,
    /// The best trial, whose values are written at its line.
    pub(crate) best: bool,
    pub(crate) tip: String,
    /// The position on each axis; `None` where it has no value.
    pub(crate) positions: Vec<Option<f64>>,
    /// What the best one writes at each axis; empty for others.
    pub(crate) values: Vec<String>,
}

/// The drawing.
pub(crate) fn parallel(chart: &Parallel<'_>) -> Markup {
    let n_rows = chart.axes.len().max(2);
    let gap = (400.0 / (n_rows - 1) as f64).clamp(54.0, 96.0);
    // The result is always there; only parameters can be absent.
    let n_parameters = chart.axes.len().saturating_sub(1);
    let lacks = |axis: usize| chart.lines.iter().any(|line| line.positions.get(axis).copied().flatten().is_none());
    let has_absent = (0..n_parameters).any(lacks);
    let frame = Frame {
        width: 880.0,
        height: 62.0 + gap * (n_rows - 1) as f64 + 36.0,
        left: NAMES + 34.0,
        right: 24.0 + if has_absent { ABSENT } else { 0.0 },
        top: 62.0,
        bottom: 36.0,
    };
    let row = |axis: usize| frame.top + gap * axis as f64;
    let absent_x = frame.width - 30.0;
    let content = html! {
        @for (idx, axis) in chart.axes.iter().enumerate() {
            @let y = row(idx);
            line.axis x1=(px(frame.left)) x2=(px(frame.right_edge())) y1=(px(y)) y2=(px(y)) {}
            @for (position, _) in &axis.ticks {
                line.axis x1=(px(frame.x(*position))) x2=(px(frame.x(*position))) y1=(px(y - 3.0)) y2=(px(y + 3.0)) {}
            }
            @if idx < n_parameters && lacks(idx) { circle.axis cx=(px(absent_x)) cy=(px(y)) r="3" {} }
        }
        @for line in &chart.lines {
            path class=(class(line)) d=(path(line, &frame, row, absent_x)) { title { (line.tip) } }
        }
        @for (idx, axis) in chart.axes.iter().enumerate() {
            @let y = row(idx);
            @let name = text::fitted_end(&axis.name, NAMES, 13.0);
            text.axis-name.result[idx == n_parameters] x=(px(NAMES)) y=(px(y + if axis.note.is_empty() { 4.5 } else { -1.5 })) text-anchor="end" { (name) title { (axis.full_name) } }
            @if !axis.note.is_empty() {
                text.axis-note x=(px(NAMES)) y=(px(y + 13.5)) text-anchor="end" { (text::fitted(&axis.note, NAMES, 11.0)) }
            }
            @for (position, label) in &axis.ticks {
                text.halo x=(px(frame.x(*position))) y=(px(y + 17.0)) text-anchor="middle" { (label) }
            }
            @if idx < n_parameters && lacks(idx) {
                text.halo x=(px(absent_x)) y=(px(y + 17.0)) text-anchor="middle" { (chart.absent) }
            }
        }
        @for line in chart.lines.iter().filter(|line| line.best) {
            @for (idx, value) in line.values.iter().enumerate() {
                @if let Some(position) = line.positions.get(idx).copied().flatten() {
                    @let x = frame.x(position.clamp(0.0, 1.0));
                    @let (anchor, shift) = anchor(x, text::width(value, TEXT), &frame);
                    circle.winner cx=(px(x)) cy=(px(row(idx))) r="5" {}
                    text.winner.halo x=(px(x + shift)) y=(px(row(idx) - 10.0)) text-anchor=(anchor.name()) { (value) }
                }
            }
        }
        (legend(&entries(chart), frame.left, 12.0, frame.width))
    };
    frame.svg(crowd(chart.lines.len()), chart.id, &chart.title, &chart.description, &content)
}

/// A value near an end of its axis is written inwards.
fn anchor(x: f64, room: f64, frame: &Frame) -> (Anchor, f64) {
    if x - room / 2.0 < frame.left - 14.0 {
        (Anchor::Start, -5.0)
    } else if x + room / 2.0 > frame.right_edge() + 22.0 {
        (Anchor::End, 5.0)
    } else {
        (Anchor::Middle, 0.0)
    }
}

fn entries(chart: &Parallel<'_>) -> Vec<(Key, String)> {
    let mut entries = Vec::new();
    if chart.lines.iter().any(|line| line.rank.is_some()) {
        entries.push((Key::Ranks, chart.ranks.clone()));
    }
    if chart.lines.iter().any(|line| line.rank.is_none()) {
        entries.push((Key::Line("curve stopped"), chart.pruned.clone()));
    }
    if chart.lines.iter().any(|line| line.best) && !chart.best.is_empty() {
        entries.push((Key::Line("curve winner"), chart.best.clone()));
    }
    entries
}

fn class(line: &ParallelLine) -> String {
    match line.rank {
        _ if line.best => "curve winner".to_owned(),
        Some(rank) => format!("curve rank-{rank}"),
        None => "curve stopped".to_owned(),
    }
}

/// A line that leaves every axis straight down, so that it can be followed through a crossing. A result that is missing ends it.
fn path(line: &ParallelLine, frame: &Frame, row: impl Fn(usize) -> f64, absent_x: f64) -> String {
    let last = line.positions.len().saturating_sub(1);
    let mut path = String::new();
    let mut before: Option<f64> = None;
    for (idx, position) in line.positions.iter().enumerate() {
        let x = match position {
            Some(position) => frame.x(position.clamp(0.0, 1.0)),
            None if idx == last => break,
            None => absent_x,
        };
        let y = row(idx);
        match before {
            None => path.push_str(&format!("M{} {}", px(x), px(y))),
            Some(from) => {
                let bend = (y - row(idx - 1)) * BEND;
                let (above, below) = (px(row(idx - 1) + bend), px(y - bend));
                path.push_str(&format!("C{} {above} {} {below} {} {}", px(from), px(x), px(x), px(y)));
            }
        }
        before = Some(x);
    }
    path
}

/// Where a value lies on the axis of its domain, from 0 to 1. `spread` from -1 to 1 keeps lines through the same choice apart.
pub(crate) fn position(domain: &StudyDomain, value: StudyValue, spread: f64) -> Option<f64> {
    let position = match (domain, value) {
        (StudyDomain::Number { low, high, log, .. }, StudyValue::Number(value)) => {
            let (low, high, value) =
                if *log { (low.log10(), high.log10(), value.log10()) } else { (*low, *high, value) };
            // A fixed value stands in the middle.
            if high > low { (value - low) / (high - low) } else { 0.5 }
        }
        (StudyDomain::Choices(choices), StudyValue::Choice(idx)) => {
            let n = choices.len() as f64;
            let idx = usize::try_from(idx).ok().filter(|idx| *idx < choices.len())? as f64;
            (idx + 0.5 + spread.clamp(-1.0, 1.0) * SPREAD) / n
        }
        (StudyDomain::Number { .. }, StudyValue::Choice(_)) | (StudyDomain::Choices(_), StudyValue::Number(_)) => {
            return None;
        }
    };
    position.is_finite().then(|| position.clamp(0.0, 1.0))
}

/// The labels of a domain's axis that fit beside each other on `room` units: both ends first, then what lies between.
pub(crate) fn ticks(domain: &StudyDomain, room: f64) -> Vec<(f64, String)> {
    match domain {
        StudyDomain::Choices(choices) => {
            let shown = if choices.len() <= MAX_CHOICES { choices.len() } else { 0 };
            let each = room / choices.len().max(1) as f64 - 10.0;
            let label = |(idx, choice): (usize, &String)| {
                ((idx as f64 + 0.5) / choices.len() as f64, text::fitted(choice, each, TEXT))
            };
            choices.iter().take(shown).enumerate().map(label).collect()
        }
        StudyDomain::Number { low, high, log, integer } => {
            let mut values = vec![*low, *high];
            values.extend(if *log { log_steps(*low, *high) } else { Scale::covering([*low, *high], 6).ticks() });
            let at = |value: f64| position(domain, StudyValue::Number(value), 0.0);
            let inside = values.into_iter().filter(|value| {
                value.is_finite() && (*low..=*high).contains(value) && (!*integer || value.fract() == 0.0)
            });
            numbers(inside.filter_map(|value| Some((at(value)?, value))), room)
        }
    }
}

/// The labels of the result's axis: its scale's ticks.
pub(crate) fn scale_ticks(scale: &Scale, reversed: bool, write: &dyn Fn(f64, usize) -> String) -> Vec<(f64, String)> {
    let at = |value: f64| if reversed { 1.0 - scale.position(value) } else { scale.position(value) };
    let mut ticks: Vec<(f64, String)> =
        scale.ticks().into_iter().map(|tick| (at(tick), write(tick, scale.decimals()))).collect();
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    ticks
}

/// Powers of ten inside a range; with less than two of them, 2 and 5 times them as well.
fn log_steps(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high >= low && high.is_finite()) {
        return Vec::new();
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |value: &f64| (low..=high).contains(value);
    // Read from decimal text, so that a power of ten is the number that a person would write.
    let power = |mantissa: u8, exponent: i32| format!("{mantissa}e{exponent}").parse::<f64>().ok();
    let tens: Vec<f64> = (first..=last).filter_map(|exponent| power(1, exponent)).filter(inside).collect();
    if tens.len() > 2 {
        return tens;
    }
    let finer = (first..=last).flat_map(|exponent| [1, 2, 5].map(|mantissa| power(mantissa, exponent)));
    tens.into_iter().chain(finer.flatten().filter(inside)).collect()
}

/// Those of the numbers, earlier ones first, whose labels do not run into each other.
fn numbers(values: impl Iterator<Item = (f64, f64)>, room: f64) -> Vec<(f64, String)> {
    let mut kept: Vec<(f64, String)> = Vec::new();
    for (position, value) in values {
        let label = format::number(value);
        let half = |label: &str| text::width(label, TEXT) / 2.0 + 7.0;
        if kept.iter().all(|(other, text)| (other - position).abs() * room >= half(&label) + half(text)) {
            kept.push((position, label));
        }
    }
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(low: f64, high: f64, log: bool, integer: bool) -> StudyDomain {
        StudyDomain::Number { low, high, log, integer }
    }

    fn labels(domain: &StudyDomain) -> String {
        ticks(domain, 640.0).into_iter().map(|(at, label)| format!("{label}@{at:.2}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn axes_have_their_ends_and_round_numbers() {
        let cases = [
            (number(0.0001, 0.1, true, false), "0.0001@0.00 0.001@0.33 0.01@0.67 0.1@1.00"),
            (
                number(0.0003, 0.02, true, false),
                "0.0003@0.00 0.0005@0.12 0.001@0.29 0.002@0.45 0.005@0.67 0.01@0.83 0.02@1.00",
            ),
            (number(16.0, 256.0, true, true), "16@0.00 20@0.08 50@0.41 100@0.66 200@0.91 256@1.00"),
            (number(0.2, 0.6, false, false), "0.2@0.00 0.3@0.25 0.4@0.50 0.5@0.75 0.6@1.00"),
            (number(1.0, 3.0, false, true), "1@0.00 2@0.50 3@1.00"),
            (number(0.5, 0.5, false, false), "0.5@0.50"),
            (number(-1.5, 1.7, false, false), "−1.5@0.00 −1@0.16 0@0.47 1@0.78 1.7@1.00"),
            (number(f64::NAN, 1.0, false, false), ""),
            (number(0.0, 1.0, true, false), ""),
            (StudyDomain::Choices(vec!["relu".into(), "gelu".into()]), "relu@0.25 gelu@0.75"),
            (StudyDomain::Choices(vec![]), ""),
        ];
        for (domain, expected) in cases {
            assert_eq!(labels(&domain), expected, "{domain:?}");
        }
    }

    #[test]
    fn values_lie_where_their_axis_says() {
        let log = number(0.001, 0.1, true, false);
        let at = |domain: &StudyDomain, value| position(domain, value, 0.0);
        assert_eq!(at(&log, StudyValue::Number(0.01)).map(|at| (at * 1e6).round()), Some(500_000.0));
        let choices = StudyDomain::Choices(vec!["a".into(), "b".into()]);
        assert_eq!(at(&choices, StudyValue::Choice(1)), Some(0.75));
        for (domain, value) in [
            (&log, StudyValue::Choice(0)),
            (&log, StudyValue::Number(-1.0)),
            (&log, StudyValue::Number(f64::NAN)),
            (&choices, StudyValue::Number(0.0)),
            (&choices, StudyValue::Choice(2)),
        ] {
            assert_eq!(at(domain, value), None, "{domain:?} {value:?}");
        }
    }

    #[test]
    fn a_trial_is_a_line_through_its_values() {
        let axis = |name: &str, note: &str| ParallelAxis {
            name: name.to_owned(),
            full_name: format!("train.{name}"),
            note: note.to_owned(),
            ticks: vec![(0.0, "0".to_owned()), (1.0, "1".to_owned())],
        };
        let line = |rank, best, positions: &[Option<f64>], values: &[&str]| ParallelLine {
            rank,
            best,
            tip: "tip".to_owned(),
            positions: positions.to_vec(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let drawn = parallel(&Parallel {
            id: "parallel",
            title: "Every trial".to_owned(),
            description: "Lines".to_owned(),
            axes: vec![axis("rate", "logarithmic"), axis("momentum", ""), axis("accuracy", "")],
            lines: vec![
                line(None, false, &[Some(0.2), Some(0.9), None], &[]),
                line(Some(2), false, &[Some(0.4), None, Some(0.3)], &[]),
                line(Some(5), true, &[Some(0.0), Some(0.5), Some(1.0)], &["0.001", "0.9", "0.99"]),
            ],
            absent: "off".to_owned(),
            ranks: "worst to best".to_owned(),
            pruned: "stopped early".to_owned(),
            best: "best".to_owned(),
        });
        insta::assert_snapshot!(drawn.into_string().replace("><", ">\n<"));
    }
}
