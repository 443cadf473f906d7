//! Every trial of a study by its number, with the best so far and what the spec as written reached.

use super::text::{Anchor, Labels, Place};
use super::trial::{Frame, Key, Mark, TEXT, is_off, legend, whole_steps, without_strays_and_far_ones};
use super::{px, scale::Scale};
use maud::{Markup, html};

/// Height of the row for trials without a value.
const LANE: f64 = 26.0;

/// A chart of trials by number.
pub(crate) struct TrialHistory<'a> {
    /// Unique in the page.
    pub(crate) id: &'a str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// As wide as the page's column; half of it otherwise.
    pub(crate) wide: bool,
    /// By number, ascending.
    pub(crate) trials: Vec<TrialPoint>,
    /// Whether more is better.
    pub(crate) maximize: bool,
    /// What the spec as written reached, with its label.
    pub(crate) baseline: Option<(f64, String)>,
    /// The label at the best trial.
    pub(crate) best_label: String,
    /// Proportions: the axis stays between 0 and 1.
    pub(crate) proportion: bool,
    /// How the axis writes a value.
    pub(crate) write: &'a dyn Fn(f64, usize) -> String,
    pub(crate) x_label: String,
    pub(crate) no_value: String,
    pub(crate) best_so_far: String,
    /// What a mark means.
    pub(crate) mark_name: &'a dyn Fn(Mark) -> String,
}

/// One trial.
pub(crate) struct TrialPoint {
    pub(crate) number: u64,
    pub(crate) mark: Mark,
    /// What it reached, or read last; `None` if nothing.
    pub(crate) value: Option<f64>,
    pub(crate) best: bool,
    pub(crate) tip: String,
}

/// The chart.
pub(crate) fn trial_history(chart: &TrialHistory<'_>) -> Markup {
    let y = scale(&chart.trials, chart.maximize, chart.proportion, chart.baseline.as_ref().map(|(value, _)| *value));
    let has_lane = chart.trials.iter().any(|trial| !trial.value.is_some_and(f64::is_finite));
    let frame = Frame {
        width: if chart.wide { 880.0 } else { 440.0 },
        height: if chart.wide { 340.0 } else { 300.0 } + if has_lane { LANE } else { 0.0 },
        left: 62.0,
        right: 16.0,
        top: if chart.wide { 36.0 } else { 56.0 },
        // Room for an arrow between the plot and its numbers.
        bottom: 52.0 + if has_lane { LANE } else { 0.0 },
    };
    let lane = frame.floor() + LANE * 0.62;
    let first = chart.trials.iter().map(|trial| trial.number).min().unwrap_or(0);
    let last = chart.trials.iter().map(|trial| trial.number).max().unwrap_or(first);
    // A margin of the marks' size, so that the first one does not sit on the axis; one trial alone stands in the middle.
    let x_at = |number: u64| {
        let share = if last > first { (number - first) as f64 / (last - first) as f64 } else { 0.5 };
        frame.left + 10.0 + share * (frame.right_edge() - frame.left - 20.0)
    };
    let y_at = |value: f64| frame.y(y.position(value));
    let place_of = |trial: &TrialPoint| match trial.value.filter(|value| value.is_finite()) {
        Some(value) => (x_at(trial.number), y_at(value)),
        None => (x_at(trial.number), lane),
    };
    let spacing = (frame.right_edge() - frame.left) / (chart.trials.len().max(1) as f64);
    let radius = (spacing * 0.42).clamp(2.4, 4.5);
    let steps = best_so_far(&chart.trials, chart.maximize);

    let mut labels = Labels::default();
    chart.trials.iter().map(place_of).for_each(|(x, y)| labels.avoid(x, y));
    for pair in steps.windows(2) {
        let (from, to) = ((x_at(pair[0].0), y_at(pair[0].1)), (x_at(pair[1].0), y_at(pair[1].1)));
        labels.avoid_line(from, (to.0, from.1));
        labels.avoid_line((to.0, from.1), to);
    }
    if let (Some((_, value)), Some(step)) = (steps.last(), steps.last()) {
        labels.avoid_line((x_at(step.0), y_at(*value)), (frame.right_edge(), y_at(*value)));
    }
    let best = chart.trials.iter().find(|trial| trial.best && trial.value.is_some_and(f64::is_finite));
    let best_place = best.and_then(|trial| {
        let (x, y) = place_of(trial);
        let (up, down) = (y - 11.0, y + 21.0);
        let candidates = [
            (x - 8.0, up, Anchor::End),
            (x + 8.0, up, Anchor::Start),
            (x - 8.0, down, Anchor::End),
            (x + 8.0, down, Anchor::Start),
        ];
        let fits = |(x, y, anchor): &(f64, f64, Anchor)| {
            let room = super::text::width(&chart.best_label, TEXT);
            let inside = match anchor {
                Anchor::Start => x + room <= frame.right_edge(),
                Anchor::Middle | Anchor::End => x - room >= frame.left,
            };
            inside && *y < frame.floor()
        };
        let places: Vec<Place> =
            candidates.into_iter().filter(fits).map(|(x, y, anchor)| Place { x, y, anchor }).collect();
        labels.place(&chart.best_label, TEXT, &places)
    });
    let baseline = chart.baseline.as_ref().filter(|(value, _)| value.is_finite()).and_then(|(value, label)| {
        let line = y_at(*value);
        let sides = [
            (frame.right_edge() - 4.0, Anchor::End),
            (frame.left + 6.0, Anchor::Start),
            (frame.x(0.5), Anchor::Middle),
        ];
        let places: Vec<Place> = sides
            .into_iter()
            .flat_map(|(x, anchor)| [(line - 6.0), (line + 15.0)].map(|y| Place { x, y, anchor }))
            .filter(|place| place.y > frame.top + 4.0 && place.y < frame.floor() - 2.0)
            .collect();
        Some((line, label, labels.place(label, TEXT, &places)?))
    });
    let content = html! {
        (frame.rows(&y, chart.write))
        @for number in whole_steps(first, last, frame.right_edge() - frame.left) {
            text x=(px(x_at(number))) y=(px(frame.height - 24.0)) text-anchor="middle" { (number) }
        }
        text x=(px(frame.x(0.5))) y=(px(frame.height - 5.0)) text-anchor="middle" { (chart.x_label) }
        @if has_lane {
            rect.lane x=(px(frame.left)) y=(px(frame.floor() + LANE * 0.2)) width=(px(frame.right_edge() - frame.left)) height=(px(LANE * 0.84)) {}
            text x=(px(frame.left - 8.0)) y=(px(lane + 4.0)) text-anchor="end" { (chart.no_value) }
        }
        @if let Some((line, _, _)) = &baseline {
            line.written x1=(px(frame.left)) x2=(px(frame.right_edge())) y1=(px(*line)) y2=(px(*line)) {}
        }
        @if !steps.is_empty() {
            path.steps d=(step_path(&steps, x_at, y_at, frame.right_edge())) {}
        }
        @for trial in chart.trials.iter().filter(|trial| !trial.best).chain(chart.trials.iter().filter(|trial| trial.best)) {
            @let (x, place) = place_of(trial);
            (trial.mark.draw(x, place, radius, trial.best, &trial.tip))
            @if let Some(value) = trial.value.filter(|value| value.is_finite()) {
                // Beyond the axis: drawn at its edge, with an arrow that points out.
                @if is_off(&y, value) && value < y.low { path.stray d={ "M" (px(x - 3.5)) " " (px(place + radius + 2.0)) "l3.5 4 3.5-4" } {} }
                @if is_off(&y, value) && value > y.high { path.stray d={ "M" (px(x - 3.5)) " " (px(place - radius - 2.0)) "l3.5-4 3.5 4" } {} }
            }
        }
        @if let Some((_, label, place)) = &baseline {
            text.mark.halo x=(px(place.x)) y=(px(place.y)) text-anchor=(place.anchor.name()) { (label) }
        }
        @if let Some(place) = best_place {
            text.winner.halo x=(px(place.x)) y=(px(place.y)) text-anchor=(place.anchor.name()) { (chart.best_label) }
        }
        (legend(&entries(chart), frame.left, 10.0, frame.width))
    };
    frame.svg("", chart.id, &chart.title, &chart.description, &content)
}

fn entries(chart: &TrialHistory<'_>) -> Vec<(Key, String)> {
    let marks = Mark::ALL.into_iter().filter(|mark| chart.trials.iter().any(|trial| trial.mark == *mark));
    let mut entries: Vec<(Key, String)> = marks.map(|mark| (Key::Mark(mark, false), (chart.mark_name)(mark))).collect();
    if chart.trials.iter().any(|trial| trial.mark == Mark::Complete) {
        entries.push((Key::Line("steps"), chart.best_so_far.clone()));
    }
    entries
}

/// The axis of the values.
fn scale(trials: &[TrialPoint], maximize: bool, proportion: bool, baseline: Option<f64>) -> Scale {
    Scale::of(proportion, worth_showing(trials, maximize).into_iter().chain(baseline), 5)
}

/// How many trials lie beyond the axis and are drawn at its edge.
pub(crate) fn n_off_scale(trials: &[TrialPoint], maximize: bool, proportion: bool, baseline: Option<f64>) -> usize {
    let scale = scale(trials, maximize, proportion, baseline);
    let values = trials.iter().filter_map(|trial| trial.value).filter(|value| value.is_finite());
    values.filter(|value| is_off(&scale, *value)).count()
}

/// The values that the axis is made for: results, and readings of trials without one if they are near.
fn worth_showing(trials: &[TrialPoint], maximize: bool) -> Vec<f64> {
    let values = |is_result: bool| -> Vec<f64> {
        let trials = trials.iter().filter(|trial| (trial.mark == Mark::Complete) == is_result);
        trials.filter_map(|trial| trial.value).filter(|value| value.is_finite()).collect()
    };
    without_strays_and_far_ones(&values(true), &values(false), maximize, 0.5)
}

/// Each complete trial that is better than all before it, with its value.
fn best_so_far(trials: &[TrialPoint], maximize: bool) -> Vec<(u64, f64)> {
    let mut steps: Vec<(u64, f64)> = Vec::new();
    for trial in trials.iter().filter(|trial| trial.mark == Mark::Complete) {
        let Some(value) = trial.value.filter(|value| value.is_finite()) else { continue };
        let better = |(_, best): &(u64, f64)| if maximize { value > *best } else { value < *best };
        if steps.last().is_none_or(better) {
            steps.push((trial.number, value));
        }
    }
    steps
}

fn step_path(steps: &[(u64, f64)], x_at: impl Fn(u64) -> f64, y_at: impl Fn(f64) -> f64, end: f64) -> String {
    let mut path = String::new();
    for (number, value) in steps {
        let (x, y) = (px(x_at(*number)), px(y_at(*value)));
        path.push_str(&if path.is_empty() { format!("M{x} {y}") } else { format!("H{x}V{y}") });
    }
    path.push_str(&format!("H{}", px(end)));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(trials: &[(Mark, Option<f64>)], best: Option<usize>, maximize: bool) -> String {
        let trials = trials.iter().enumerate().map(|(idx, (mark, value))| TrialPoint {
            number: idx as u64,
            mark: *mark,
            value: *value,
            best: best == Some(idx),
            tip: format!("trial {idx}"),
        });
        let chart = TrialHistory {
            id: "trials",
            title: "Accuracy".to_owned(),
            description: "By number".to_owned(),
            wide: true,
            trials: trials.collect(),
            maximize,
            baseline: Some((0.85, "as written: 0.85".to_owned())),
            best_label: "best".to_owned(),
            proportion: true,
            write: &|value, decimals| crate::format::decimal(value, decimals),
            x_label: "trial".to_owned(),
            no_value: "none".to_owned(),
            best_so_far: "best so far".to_owned(),
            mark_name: &|mark| format!("{mark:?}"),
        };
        trial_history(&chart).into_string().replace("><", ">\n<")
    }

    #[test]
    fn every_end_has_its_mark() {
        let trials = [
            (Mark::Complete, Some(0.8)),
            (Mark::Pruned, Some(0.78)),
            (Mark::Failed, None),
            (Mark::Complete, Some(0.9)),
            (Mark::Complete, Some(0.88)),
            (Mark::Running, Some(f64::NAN)),
            (Mark::Pruned, Some(0.1)),
        ];
        insta::assert_snapshot!(drawn(&trials, Some(3), true));
    }

    #[test]
    fn the_best_so_far_only_gets_better() {
        let trials = |values: &[f64]| -> Vec<TrialPoint> {
            let point = |(idx, value): (usize, &f64)| TrialPoint {
                number: idx as u64,
                mark: Mark::Complete,
                value: Some(*value),
                best: false,
                tip: String::new(),
            };
            values.iter().enumerate().map(point).collect()
        };
        assert_eq!(best_so_far(&trials(&[3.0, f64::NAN, 1.0, 2.0, 1.0, 0.5]), false), [(0, 3.0), (2, 1.0), (5, 0.5)]);
        assert_eq!(best_so_far(&trials(&[3.0, 1.0, 4.0]), true), [(0, 3.0), (2, 4.0)]);
        assert!(best_so_far(&[], true).is_empty());
    }

    #[test]
    fn nothing_to_draw_is_still_a_drawing() {
        for drawn in [drawn(&[], None, true), drawn(&[(Mark::Failed, None)], None, false)] {
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
