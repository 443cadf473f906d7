//! What the trials read on the way, and which of them were stopped early.

use super::told::Told;
use crate::component::scroll;
use crate::data::{StudyPage, Unit};
use crate::format;
use crate::section::Body;
use crate::svg::trial::Mark;
use crate::svg::trial_curves::{TrialCurve, TrialCurves, n_off_scale, trial_curves};
use maud::html;
use proofmark_messages::{Lang, report_study as say};

pub(crate) fn body(page: &StudyPage, lang: Lang) -> Option<Body> {
    told(&Told::new(&page.study, lang))
}

pub(crate) fn told(told: &Told<'_>) -> Option<Body> {
    let (study, lang) = (told.study, told.lang);
    let goal = study.goals.first()?;
    let curves: Vec<TrialCurve> = told
        .drawn()
        .into_iter()
        .filter(|trial| trial.reports.iter().any(|report| report.value.is_some_and(f64::is_finite)))
        .map(|trial| TrialCurve {
            rank: told.rank(trial),
            best: told.is_best(trial),
            pruned: told.mark(trial) == Mark::Pruned,
            tip: told.tip(trial),
            points: trial.reports.iter().map(|report| (report.step, report.value)).collect(),
        })
        .collect();
    if curves.is_empty() {
        return None;
    }
    let n_pruned = study.trials.iter().filter(|trial| told.mark(trial) == Mark::Pruned).count();
    let epochs = format::count(study.epochs);
    let lead = match n_pruned {
        0 => say::curves_lead_none(lang, epochs),
        1 => say::curves_lead_one(lang, epochs),
        n_pruned => say::curves_lead(lang, n_pruned, epochs),
    };
    let title = say::curves_title(lang, told.goal(goal));
    let write = told.write(0);
    let chart = TrialCurves {
        id: "curves",
        title: title.clone(),
        description: say::curves_description(lang, curves.len()),
        curves,
        maximize: goal.maximize,
        proportion: told.unit(0) == Unit::Proportion,
        write: &write,
        x_label: proofmark_messages::report::epoch(lang),
        ranks: say::worse_to_better(lang),
        pruned: say::state_pruned(lang),
        best: told.best_name(),
    };
    let content = html! {
        figure { figcaption { (title) } (scroll(&title, &html! { div.plot { (trial_curves(&chart)) } })) }
        @if let Some(strays) = told.strays(n_off_scale(&chart)) { p.note { (strays) } }
    };
    Body::new(lead, content)
}
