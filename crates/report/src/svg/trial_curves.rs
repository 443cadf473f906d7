//! What trials read after each epoch: one thin line each, coloured by how good the trial became.

use super::trial::{Frame, Key, Mark, crowd, is_off, legend, whole_steps, without_strays_and_far_ones};
use super::{px, scale::Scale};
use maud::{Markup, html};

/// The chart.
pub(crate) struct TrialCurves<'a> {
    /// Unique in the page.
    pub(crate) id: &'a str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// In the order in which they are drawn: the best one last.
    pub(crate) curves: Vec<TrialCurve>,
    /// Whether more is better.
    pub(crate) maximize: bool,
    /// Proportions: the axis stays between 0 and 1.
    pub(crate) proportion: bool,
    pub(crate) write: &'a dyn Fn(f64, usize) -> String,
    pub(crate) x_label: String,
    pub(crate) ranks: String,
    pub(crate) pruned: String,
    /// What the thick line is; empty if there is none.
    pub(crate) best: String,
}

/// One trial.
pub(crate) struct TrialCurve {
    /// 1 (worst fifth) to 5 (best fifth); `None` if it has no result.
    pub(crate) rank: Option<usize>,
    pub(crate) best: bool,
    /// Whether it was stopped early, which its last point shows.
    pub(crate) pruned: bool,
    pub(crate) tip: String,
    /// Epoch and value; `None` breaks the line.
    pub(crate) points: Vec<(u64, Option<f64>)>,
}

/// The chart.
pub(crate) fn trial_curves(chart: &TrialCurves<'_>) -> Markup {
    let y = scale(chart);
    let steps = || chart.curves.iter().flat_map(|curve| curve.points.iter().map(|(step, _)| *step));
    let (first, last) = (steps().min().unwrap_or(1), steps().max().unwrap_or(1));
    let frame = Frame { width: 880.0, height: 360.0, left: 62.0, right: 16.0, top: 36.0, bottom: 44.0 };
    let x_at = |step: u64| {
        let share = if last > first { (step - first) as f64 / (last - first) as f64 } else { 0.5 };
        frame.left + 10.0 + share * (frame.right_edge() - frame.left - 20.0)
    };
    let y_at = |value: f64| frame.y(y.position(value));
    let content = html! {
        (frame.rows(&y, chart.write))
        @for step in whole_steps(first, last, frame.right_edge() - frame.left) {
            text x=(px(x_at(step))) y=(px(frame.floor() + 20.0)) text-anchor="middle" { (step) }
        }
        text x=(px(frame.x(0.5))) y=(px(frame.height - 5.0)) text-anchor="middle" { (chart.x_label) }
        @for curve in &chart.curves {
            path class=(class(curve)) d=(path(&curve.points, x_at, y_at)) { title { (curve.tip) } }
        }
        // The ends above all lines.
        @for curve in &chart.curves {
            @let end = curve.points.iter().rev().find_map(|(step, value)| Some((*step, (*value).filter(|value| value.is_finite())?)));
            @if let Some((step, value)) = end {
                @if curve.best {
                    (Mark::Complete.draw(x_at(step), y_at(value), 3.5, true, &curve.tip))
                } @else if curve.pruned {
                    (Mark::Pruned.draw(x_at(step), y_at(value), 3.2, false, &curve.tip))
                } @else if curve.points.len() == 1 {
                    (Mark::Complete.draw(x_at(step), y_at(value), 3.2, false, &curve.tip))
                }
            }
        }
        (legend(&entries(chart), frame.left, 10.0, frame.width))
    };
    frame.svg(crowd(chart.curves.len()), chart.id, &chart.title, &chart.description, &content)
}

/// How many trials lie beyond the axis somewhere and are drawn at its edge there.
pub(crate) fn n_off_scale(chart: &TrialCurves<'_>) -> usize {
    let scale = scale(chart);
    chart.curves.iter().filter(|curve| finite(curve).any(|value| is_off(&scale, value))).count()
}

fn scale(chart: &TrialCurves<'_>) -> Scale {
    let of = |is_result: bool| -> Vec<f64> {
        chart.curves.iter().filter(|curve| curve.rank.is_some() == is_result).flat_map(finite).collect()
    };
    Scale::of(chart.proportion, without_strays_and_far_ones(&of(true), &of(false), chart.maximize, 1.0), 5)
}

fn finite(curve: &TrialCurve) -> impl Iterator<Item = f64> {
    curve.points.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite())
}

fn entries(chart: &TrialCurves<'_>) -> Vec<(Key, String)> {
    let mut entries = Vec::new();
    if chart.curves.iter().any(|curve| curve.rank.is_some()) {
        entries.push((Key::Ranks, chart.ranks.clone()));
    }
    if chart.curves.iter().any(|curve| curve.pruned) {
        entries.push((Key::Mark(Mark::Pruned, false), chart.pruned.clone()));
    }
    if chart.curves.iter().any(|curve| curve.best) && !chart.best.is_empty() {
        entries.push((Key::Line("curve winner"), chart.best.clone()));
    }
    entries
}

fn class(curve: &TrialCurve) -> String {
    match curve.rank {
        _ if curve.best => "curve winner".to_owned(),
        Some(rank) => format!("curve rank-{rank}"),
        None => "curve stopped".to_owned(),
    }
}

fn path(points: &[(u64, Option<f64>)], x_at: impl Fn(u64) -> f64, y_at: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (step, value) in points {
        let value = value.filter(|value| value.is_finite());
        if let Some(value) = value {
            path.push(if pen_down { 'L' } else { 'M' });
            path.push_str(&format!("{} {}", px(x_at(*step)), px(y_at(value))));
        }
        pen_down = value.is_some();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_end_in_marks_and_break_where_there_is_no_number() {
        let curve = |rank, best, pruned, points: &[(u64, Option<f64>)]| TrialCurve {
            rank,
            best,
            pruned,
            tip: "tip".to_owned(),
            points: points.to_vec(),
        };
        let drawn = trial_curves(&TrialCurves {
            id: "curves",
            title: "Accuracy after each epoch".to_owned(),
            description: "Rises".to_owned(),
            curves: vec![
                curve(None, false, true, &[(1, Some(0.2)), (2, Some(0.3))]),
                curve(None, false, false, &[(1, Some(0.5)), (2, None), (3, Some(0.4))]),
                curve(Some(1), false, false, &[(3, Some(0.6))]),
                curve(Some(5), true, false, &[(1, Some(0.5)), (2, Some(0.8)), (3, Some(0.9))]),
            ],
            maximize: true,
            proportion: true,
            write: &|value, decimals| crate::format::decimal(value, decimals),
            x_label: "epoch".to_owned(),
            ranks: "worst to best".to_owned(),
            pruned: "stopped early".to_owned(),
            best: "best".to_owned(),
        });
        insta::assert_snapshot!(drawn.into_string().replace("><", ">\n<"));
    }
}
