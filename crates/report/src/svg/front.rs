//! Two goals against each other: every complete trial as a point, those of the front filled.

use super::text::{Anchor, Labels, Place};
use super::trial::{Frame, Key, Mark, TEXT, diamond, is_off, legend, without_strays};
use super::{px, scale::Scale};
use maud::{Markup, html};

/// The chart.
pub(crate) struct Front<'a> {
    /// Unique in the page.
    pub(crate) id: &'a str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// One of a matrix of pairs: smaller, and without the line, since the front of more goals is none in two of them.
    pub(crate) small: bool,
    pub(crate) points: Vec<FrontPoint>,
    /// The horizontal and the vertical goal.
    pub(crate) goals: [FrontGoal<'a>; 2],
    /// What the spec as written reached, with its label.
    pub(crate) baseline: Option<([f64; 2], String)>,
    pub(crate) on_front: String,
    pub(crate) dominated: String,
    /// What the large mark is; empty if there is none.
    pub(crate) best: String,
}

/// One goal's axis.
pub(crate) struct FrontGoal<'a> {
    pub(crate) name: String,
    pub(crate) maximize: bool,
    /// Proportions: the axis stays between 0 and 1.
    pub(crate) proportion: bool,
    pub(crate) write: &'a dyn Fn(f64, usize) -> String,
}

/// One complete trial.
pub(crate) struct FrontPoint {
    pub(crate) number: u64,
    pub(crate) at: [f64; 2],
    pub(crate) on_front: bool,
    pub(crate) best: bool,
    pub(crate) tip: String,
}

/// The chart.
pub(crate) fn front(chart: &Front<'_>) -> Markup {
    let (x, y) = (scale(chart, 0), scale(chart, 1));
    let frame = Frame {
        width: if chart.small { 440.0 } else { 880.0 },
        height: if chart.small { 340.0 } else { 440.0 },
        left: 66.0,
        right: 24.0,
        top: 64.0,
        bottom: 48.0,
    };
    let place = |at: [f64; 2]| (frame.x(x.position(at[0])), frame.y(y.position(at[1])));
    let steps = if chart.small { Vec::new() } else { staircase(chart) };

    let mut labels = Labels::default();
    for point in &chart.points {
        let (x, y) = place(point.at);
        labels.avoid(x, y);
    }
    let corners: Vec<(f64, f64)> = steps.iter().map(|at| place(*at)).collect();
    corners.windows(2).for_each(|pair| labels.avoid_line(pair[0], pair[1]));
    let around = |(x, y): (f64, f64)| {
        [
            Place { x: x + 9.0, y: y - 7.0, anchor: Anchor::Start },
            Place { x: x - 9.0, y: y - 7.0, anchor: Anchor::End },
            Place { x: x + 9.0, y: y + 16.0, anchor: Anchor::Start },
            Place { x: x - 9.0, y: y + 16.0, anchor: Anchor::End },
        ]
    };
    let inside = |text: &str| {
        let room = super::text::width(text, TEXT);
        move |place: &Place| match place.anchor {
            Anchor::Start => place.x + room < frame.width,
            Anchor::Middle | Anchor::End => place.x - room > frame.left,
        }
    };
    let best = chart.points.iter().find(|point| point.best);
    let best_label = best.and_then(|point| {
        let places: Vec<Place> = around(place(point.at)).into_iter().filter(inside(&chart.best)).collect();
        labels.place(&chart.best, TEXT, &places)
    });
    let baseline = chart.baseline.as_ref().and_then(|(at, label)| {
        let places: Vec<Place> = around(place(*at)).into_iter().filter(inside(label)).collect();
        Some((place(*at), label, labels.place(label, TEXT, &places)?))
    });
    // Numbers at those of the front that have room for one.
    let numbers: Vec<(u64, Place)> = chart
        .points
        .iter()
        .filter(|point| point.on_front && !point.best)
        .filter_map(|point| {
            let text = point.number.to_string();
            let places: Vec<Place> = around(place(point.at)).into_iter().filter(inside(&text)).collect();
            Some((point.number, labels.place_free(&text, TEXT, &places)?))
        })
        .collect();
    let order = |point: &&FrontPoint| (point.best, point.on_front);
    let mut points: Vec<&FrontPoint> = chart.points.iter().collect();
    points.sort_by_key(order);
    let content = html! {
        (frame.rows(&y, chart.goals[1].write))
        (frame.columns(&x, chart.goals[0].write))
        text.mark x=(px(frame.right_edge())) y=(px(frame.height - 5.0)) text-anchor="end" { (chart.goals[0].name) " →" }
        text.mark x=(px(2.0)) y=(px(frame.top - 16.0)) { "↑ " (chart.goals[1].name) }
        @if !corners.is_empty() {
            path.steps d=(corners.iter().enumerate().map(|(idx, (x, y))| format!("{}{} {}", if idx == 0 { 'M' } else { 'L' }, px(*x), px(*y))).collect::<String>()) {}
        }
        @for point in points {
            @let (x, y) = place(point.at);
            @if point.on_front || point.best {
                (Mark::Complete.draw(x, y, 4.5, point.best, &point.tip))
            } @else {
                circle.beaten cx=(px(x)) cy=(px(y)) r="4" { title { (point.tip) } }
            }
        }
        @if let Some(((x, y), label, place)) = &baseline {
            (diamond(*x, *y, label))
            text.mark.halo x=(px(place.x)) y=(px(place.y)) text-anchor=(place.anchor.name()) { (label) }
        }
        @for (number, place) in &numbers {
            text.halo x=(px(place.x)) y=(px(place.y)) text-anchor=(place.anchor.name()) { (number) }
        }
        @if let Some(place) = best_label {
            text.winner.halo x=(px(place.x)) y=(px(place.y)) text-anchor=(place.anchor.name()) { (chart.best) }
        }
        (legend(&entries(chart), frame.left, 10.0, frame.width))
    };
    frame.svg("", chart.id, &chart.title, &chart.description, &content)
}

/// How many trials lie beyond an axis and are drawn at its edge.
pub(crate) fn n_off_scale(chart: &Front<'_>) -> usize {
    let scales = [scale(chart, 0), scale(chart, 1)];
    let is_outside = |point: &&FrontPoint| (0..2).any(|goal| is_off(&scales[goal], point.at[goal]));
    chart.points.iter().filter(is_outside).count()
}

fn scale(chart: &Front<'_>, goal: usize) -> Scale {
    let values: Vec<f64> = chart.points.iter().map(|point| point.at[goal]).collect();
    let (kept, _) = without_strays(&values, chart.goals[goal].maximize);
    // Whoever is on the front is shown where it is, however far from the others.
    let front = chart.points.iter().filter(|point| point.on_front).map(|point| point.at[goal]);
    let values = kept.into_iter().chain(front).chain(chart.baseline.as_ref().map(|(at, _)| at[goal]));
    Scale::of(chart.goals[goal].proportion, values, if goal == 0 && !chart.small { 8 } else { 5 })
}

fn entries(chart: &Front<'_>) -> Vec<(Key, String)> {
    let mut entries = Vec::new();
    if chart.points.iter().any(|point| point.on_front) {
        entries.push((Key::Mark(Mark::Complete, false), chart.on_front.clone()));
    }
    if chart.points.iter().any(|point| !point.on_front) {
        entries.push((Key::Beaten, chart.dominated.clone()));
    }
    entries
}

/// The border of what the front beats: from each of its trials to the next, around the corner that both of them beat.
fn staircase(chart: &Front<'_>) -> Vec<[f64; 2]> {
    let mut front: Vec<[f64; 2]> = chart.points.iter().filter(|point| point.on_front).map(|point| point.at).collect();
    front.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut corners: Vec<[f64; 2]> = Vec::new();
    for at in front {
        if let Some(before) = corners.last().copied() {
            corners.push(if chart.goals[0].maximize { [before[0], at[1]] } else { [at[0], before[1]] });
        }
        corners.push(at);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: &[([f64; 2], bool)], maximize: [bool; 2]) -> Front<'static> {
        let goal = |maximize: bool| FrontGoal {
            name: "goal".to_owned(),
            maximize,
            proportion: false,
            write: &|value, decimals| crate::format::decimal(value, decimals),
        };
        let points = points.iter().enumerate().map(|(idx, (at, on_front))| FrontPoint {
            number: idx as u64,
            at: *at,
            on_front: *on_front,
            best: false,
            tip: format!("trial {idx}"),
        });
        Front {
            id: "front",
            title: "Two goals".to_owned(),
            description: "Points".to_owned(),
            small: false,
            points: points.collect(),
            goals: maximize.map(goal),
            baseline: Some(([1.5, 1.5], "as written".to_owned())),
            on_front: "front".to_owned(),
            dominated: "beaten".to_owned(),
            best: String::new(),
        }
    }

    #[test]
    fn the_line_goes_around_what_the_front_beats() {
        let points = [([1.0, 3.0], true), ([2.0, 2.0], true)];
        let corner = |points: &[([f64; 2], bool)], maximize| staircase(&chart(points, maximize))[1];
        assert_eq!(corner(&points, [true, true]), [1.0, 2.0]);
        assert_eq!(corner(&points, [false, false]), [2.0, 3.0]);
        let rising = [([1.0, 2.0], true), ([2.0, 3.0], true)];
        assert_eq!(corner(&rising, [true, false]), [1.0, 3.0]);
        assert_eq!(corner(&rising, [false, true]), [2.0, 2.0]);
        assert!(staircase(&chart(&[([1.0, 1.0], false)], [true, true])).is_empty());
    }

    #[test]
    fn trials_of_the_front_are_filled_and_numbered() {
        let points = [([1.0, 3.0], true), ([1.0, 1.0], false), ([2.0, 2.0], true)];
        insta::assert_snapshot!(front(&chart(&points, [true, true])).into_string().replace("><", ">\n<"));
    }
}
