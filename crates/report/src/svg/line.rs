//! Line charts over epochs.

use super::{px, scale::Scale};
use maud::{Markup, html};

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 278.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
/// Below the legend and the label of the mark, so that neither lies over a curve.
const TOP: f64 = 46.0;
const BOTTOM: f64 = 42.0;
/// More points than this are not told apart at the chart's width: each bucket keeps its lowest and highest one.
const MAX_POINTS: usize = 400;
/// Up to so many points get a dot of their own, with its value as a tooltip.
const MAX_DOTS: usize = 40;

/// A chart of some series over the same numbered steps.
pub(crate) struct LineChart<'a> {
    /// Unique in the page; title and description get ids made from it.
    pub(crate) id: &'a str,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) x_label: String,
    pub(crate) series: Vec<Series>,
    /// A step to mark, with its label.
    pub(crate) mark: Option<(f64, String)>,
    /// How the axis and the tooltips write a value.
    pub(crate) write: fn(f64, usize) -> String,
    /// Proportions: the axis stays between 0 and 1.
    pub(crate) proportion: bool,
}

/// One line.
pub(crate) struct Series {
    pub(crate) name: String,
    /// Its colour; `validation` is also dashed, so that colour is not the only difference.
    pub(crate) class: &'static str,
    /// Step and value; a value that is not finite breaks the line and is marked at the edge.
    pub(crate) points: Vec<(f64, f64)>,
}

/// The chart.
pub(crate) fn line_chart(chart: &LineChart<'_>) -> Markup {
    let values = || chart.series.iter().flat_map(|series| series.points.iter().map(|(_, value)| *value));
    let y = if chart.proportion { Scale::of_proportions(values(), 5) } else { Scale::covering(values(), 5) };
    let (first, last) = chart
        .series
        .iter()
        .flat_map(|series| series.points.iter().map(|(step, _)| *step))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), step| (low.min(step), high.max(step)));
    let (first, last) = if first < last {
        (first, last)
    } else if first.is_finite() {
        // One epoch alone stands in the middle.
        (first - 1.0, first + 1.0)
    } else {
        (0.0, 1.0)
    };
    let x_at = |step: f64| LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT);
    let y_at = |value: f64| HEIGHT - BOTTOM - y.position(value) * (HEIGHT - TOP - BOTTOM);
    let decimals = y.decimals();
    html! {
        svg.chart viewBox={ "0 0 " (px(WIDTH)) " " (px(HEIGHT)) } role="img"
            aria-labelledby={ (chart.id) "-title " (chart.id) "-description" } {
            title id={ (chart.id) "-title" } { (chart.title) }
            desc id={ (chart.id) "-description" } { (chart.description) }
            @for tick in y.ticks() {
                line.grid x1=(px(LEFT)) x2=(px(WIDTH - RIGHT)) y1=(px(y_at(tick))) y2=(px(y_at(tick))) {}
                text x=(px(LEFT - 8.0)) y=(px(y_at(tick) + 4.0)) text-anchor="end" { ((chart.write)(tick, decimals)) }
            }
            @for step in steps(first, last) {
                text x=(px(x_at(step))) y=(px(HEIGHT - BOTTOM + 18.0)) text-anchor="middle" { (px(step)) }
            }
            text x=(px((LEFT + WIDTH - RIGHT) / 2.0)) y=(px(HEIGHT - 6.0)) text-anchor="middle" { (chart.x_label) }
            @if let Some((step, label)) = chart.mark.as_ref().filter(|(step, _)| (first..=last).contains(step)) {
                @let anchor = if x_at(*step) > WIDTH * 0.7 { "end" } else { "start" };
                @let shift = if anchor == "end" { -6.0 } else { 6.0 };
                line.mark x1=(px(x_at(*step))) x2=(px(x_at(*step))) y1=(px(TOP - 16.0)) y2=(px(HEIGHT - BOTTOM)) {}
                text.mark x=(px(x_at(*step) + shift)) y=(px(TOP - 8.0)) text-anchor=(anchor) { (label) }
            }
            @for series in &chart.series {
                @let points = thinned(&series.points);
                path class={ "line " (series.class) } d=(path(&points, x_at, y_at)) {}
                @for (step, value) in points.iter().filter(|(_, value)| points.len() <= MAX_DOTS || !value.is_finite()) {
                    @if value.is_finite() {
                        circle class={ "dot " (series.class) } cx=(px(x_at(*step))) cy=(px(y_at(*value))) r="3.2" {
                            title { (series.name) ", " (chart.x_label) " " (px(*step)) ": " ((chart.write)(*value, decimals.max(4))) }
                        }
                    } @else {
                        g.lost {
                            path d=(cross(x_at(*step), TOP + 6.0)) {}
                            text x=(px(x_at(*step) - 10.0)) y=(px(TOP + 10.0)) text-anchor="end" { ((chart.write)(*value, 0)) }
                        }
                    }
                }
            }
            (legend(&chart.series))
        }
    }
}

fn legend(series: &[Series]) -> Markup {
    let mut x = LEFT;
    let entries = series.iter().map(|series| {
        let start = x;
        x += 44.0 + series.name.chars().map(|c| if c.is_ascii() { 7.0 } else { 13.0 }).sum::<f64>();
        (start, series)
    });
    let entries: Vec<_> = entries.collect();
    html! {
        @for (x, series) in entries {
            line class={ "line " (series.class) } x1=(px(x)) x2=(px(x + 22.0)) y1="14" y2="14" {}
            text.legend x=(px(x + 28.0)) y="18" { (series.name) }
        }
    }
}

/// Whole steps to label: the ends of a 1-2-5 grid inside the range.
fn steps(first: f64, last: f64) -> Vec<f64> {
    let step = Scale::covering([first, last], 6).step.max(1.0);
    let mut at = (first / step).ceil() * step;
    let mut all = Vec::new();
    // An axis that starts at 1 says 1, although the grid starts at 0.
    if at - first > step * 0.45 {
        all.push(first);
    }
    while at <= last + 1e-9 {
        all.push(at);
        at += step;
    }
    all
}

fn path(points: &[(f64, f64)], x_at: impl Fn(f64) -> f64, y_at: impl Fn(f64) -> f64) -> String {
    let mut d = String::new();
    let mut pen_down = false;
    for (step, value) in points {
        if value.is_finite() {
            d.push(if pen_down { 'L' } else { 'M' });
            d.push_str(&px(x_at(*step)));
            d.push(' ');
            d.push_str(&px(y_at(*value)));
        }
        pen_down = value.is_finite();
    }
    d
}

fn cross(x: f64, y: f64) -> String {
    let (left, right, top, bottom) = (px(x - 4.0), px(x + 4.0), px(y - 4.0), px(y + 4.0));
    format!("M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}")
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(MAX_POINTS);
    for bucket in points.chunks(points.len().div_ceil(MAX_POINTS / 2)) {
        let lowest = bucket.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let highest = bucket.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut ends: Vec<(f64, f64)> = lowest.into_iter().chain(highest).copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup_by(|a, b| a.0 == b.0);
        kept.extend(ends);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<Series>) -> String {
        let chart = LineChart {
            id: "loss",
            title: "Loss".to_owned(),
            description: "Falls".to_owned(),
            x_label: "epoch".to_owned(),
            series,
            mark: Some((2.0, "best".to_owned())),
            write: crate::format::decimal,
            proportion: false,
        };
        line_chart(&chart).into_string()
    }

    #[test]
    fn a_loss_that_is_lost_breaks_the_line_and_is_marked() {
        let points = vec![(1.0, 0.4), (2.0, 0.2), (3.0, f64::NAN), (4.0, 0.3)];
        let drawn = chart(vec![Series { name: "Train".to_owned(), class: "train", points }]);
        insta::assert_snapshot!(drawn.replace("><", ">\n<"));
    }

    #[test]
    fn steps_start_at_the_first_epoch() {
        assert_eq!(steps(1.0, 10.0), [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(steps(1.0, 3.0), [1.0, 2.0, 3.0]);
        assert_eq!(steps(1.0, 100.0), [1.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    }

    #[test]
    fn a_long_history_keeps_its_extremes() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|idx| (f64::from(idx), 1.0 / f64::from(idx + 1))).collect();
        points[7_777].1 = 5.0;
        let kept = thinned(&points);
        assert!(kept.len() <= MAX_POINTS && kept.contains(&(7_777.0, 5.0)) && kept.contains(&(9_999.0, 1e-4)));
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn nothing_to_draw_is_still_a_drawing() {
        let drawn = chart(vec![]);
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    }
}
