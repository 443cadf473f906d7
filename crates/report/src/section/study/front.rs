//! Several goals against each other, by pairs.

use super::told::Told;
use crate::component::scroll;
use crate::data::{StudyPage, Unit};
use crate::section::Body;
use crate::svg::front::{Front, FrontGoal, FrontPoint, front, n_off_scale};
use maud::{Markup, html};
use proofmark_messages::{Lang, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    told(&Told::new(&page.study, lang))
}

pub(crate) fn told(told: &Told<'_>) -> Option<Body> {
    let n_goals = told.study.goals.len();
    let pairs: Vec<[usize; 2]> = (0..n_goals).flat_map(|y| (y + 1..n_goals).map(move |x| [x, y])).collect();
    if pairs.is_empty() || told.ranked().is_empty() {
        return None;
    }
    let content = html! {
        @if let [pair] = &pairs[..] {
            @let title = title(told, *pair);
            @let (drawing, strays) = chart(told, *pair, false);
            figure { figcaption { (title) } (scroll(&title, &html! { div.plot { (drawing) } })) (strays) }
        } @else {
            div.charts {
                @for pair in &pairs {
                    @let (drawing, strays) = chart(told, *pair, true);
                    figure { figcaption { (title(told, *pair)) } (drawing) (strays) }
                }
            }
        }
        p.note { (say::front_help(told.lang)) @if pairs.len() > 1 { (told.space()) (say::front_help_pairs(told.lang)) } }
    };
    let lead = match told.study.front.len() {
        0 | 1 => say::front_of_one(told.lang, n_goals),
        n_trials => say::front_of(told.lang, n_goals, n_trials),
    };
    Body::new(lead, content)
}

fn title(told: &Told<'_>, pair: [usize; 2]) -> String {
    let [x, y] = pair.map(|goal| told.goal(&told.study.goals[goal]));
    say::front_title(told.lang, x, y)
}

/// The drawing, and a note on trials at its edge.
fn chart(told: &Told<'_>, pair: [usize; 2], small: bool) -> (Markup, Markup) {
    let (study, lang) = (told.study, told.lang);
    let points: Vec<FrontPoint> = study
        .trials
        .iter()
        .filter_map(|trial| {
            Some(FrontPoint {
                number: trial.number,
                at: [trial.objective(pair[0])?, trial.objective(pair[1])?],
                on_front: study.front.contains(&trial.number),
                best: false,
                tip: told.tip(trial),
            })
        })
        .collect();
    let write = pair.map(|goal| told.write(goal));
    let goal = |idx: usize| {
        let goal = &study.goals[pair[idx]];
        let name = told.goal(goal);
        FrontGoal {
            name: if goal.maximize { name } else { say::goal_lower(lang, name) },
            maximize: goal.maximize,
            proportion: told.unit(pair[idx]) == Unit::Proportion,
            write: &write[idx],
        }
    };
    let on_front = points.iter().filter(|point| point.on_front).count();
    let baseline = told.baseline(pair[0]).zip(told.baseline(pair[1]));
    let chart = Front {
        id: &format!("front-{}-{}", pair[0], pair[1]),
        title: title(told, pair),
        description: say::front_description(lang, points.len(), on_front),
        small,
        points,
        goals: [goal(0), goal(1)],
        baseline: baseline.map(|(x, y)| ([x, y], say::as_written(lang))),
        on_front: say::on_front(lang),
        dominated: say::dominated(lang),
        best: String::new(),
    };
    let strays = told.strays(n_off_scale(&chart));
    (front(&chart), html! { @if let Some(strays) = strays { p.note { (strays) } } })
}
