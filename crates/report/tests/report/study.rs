//! The page of a study, and the study in a run's report.

use crate::dom::Page;
use crate::page::{check_drawings, with_every_leaf};
use crate::synthetic;
use proofmark_messages::{Lang, Localize};
use proofmark_report::{
    STUDY_SECTION_IDS, StudyPage, StudyTrialState, StudyValue, extract, extract_study, render, render_study,
};
use std::collections::{BTreeMap, BTreeSet};

fn scenarios() -> BTreeMap<&'static str, StudyPage> {
    synthetic::study::pages().into_iter().collect()
}

fn sections(page: &StudyPage, lang: Lang) -> Vec<String> {
    let page = Page::parse(&render_study(page, lang));
    page.named("section").iter().filter_map(|section| section.attribute("id")).map(str::to_owned).collect()
}

#[test]
fn what_is_absent_is_not_shown() {
    let scenarios = scenarios();
    let without = |absent: &[&str]| -> Vec<&str> {
        STUDY_SECTION_IDS.iter().copied().filter(|id| !absent.contains(id)).collect()
    };
    for (name, expected) in [
        ("study", without(&["front"])),
        ("study-wide", without(&["front"])),
        ("study-trade-off", without(&["curves"])),
        ("study-four-goals", without(&["curves"])),
        ("study-one-trial", without(&["front", "curves"])),
        ("study-all-failed", without(&["front", "curves", "parameters"])),
        ("study-unfinished", without(&["front", "parameters", "best"])),
        ("study-constant", without(&["front", "curves"])),
        ("study-empty", vec!["summary", "provenance", "reproduce"]),
    ] {
        assert_eq!(sections(&scenarios[name], Lang::En), expected, "{name}");
    }
    let default = StudyPage::default();
    assert_eq!(sections(&default, Lang::ZhCn), ["summary"]);
    assert!(Page::parse(&render_study(&default, Lang::En)).errors.is_empty());
}

#[test]
fn every_section_is_told_in_both_languages() {
    let mut headings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for page in scenarios().values() {
        for lang in Lang::ALL {
            for section in Page::parse(&render_study(page, lang)).named("section") {
                let [heading] = &section.inside("h2")[..] else { panic!("not one heading") };
                assert!(section.text().len() > heading.text().len() + 20, "`{}` says nothing", heading.text());
                headings.entry(section.attribute("id").unwrap().to_owned()).or_default().insert(heading.text());
            }
        }
    }
    assert_eq!(headings.len(), STUDY_SECTION_IDS.len());
    assert!(headings.values().all(|said| said.len() == Lang::ALL.len()), "{headings:?}");
}

#[test]
fn the_text_of_a_page() {
    let scenarios = scenarios();
    for (name, lang) in [
        ("study", Lang::En),
        ("study", Lang::ZhCn),
        ("study-trade-off", Lang::En),
        ("study-all-failed", Lang::ZhCn),
        ("study-all-failed", Lang::En),
    ] {
        let page = Page::parse(&render_study(&scenarios[name], lang));
        insta::assert_snapshot!(format!("{name}.{}", lang.tag()), page.named("body")[0].text());
    }
}

#[test]
fn every_finding_has_its_words() {
    let mut said = String::new();
    for (name, page) in scenarios() {
        for lang in Lang::ALL {
            let parsed = Page::parse(&render_study(&page, lang));
            said.push_str(&format!("{name}, {}\n{}\n\n", lang.tag(), parsed.named("section")[0].text()));
        }
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_data_can_be_read_back_and_pages_are_not_mistaken() {
    for (name, page) in scenarios() {
        let html = render_study(&page, Lang::En);
        let read = extract_study(&html).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(read == page, "{name}: what was read back differs from what was written");
    }
    let study = render_study(&scenarios()["study"], Lang::En);
    let run = render(&synthetic::accepted(), Lang::En);
    let mut said = String::new();
    for error in [extract(&study).unwrap_err(), extract_study(&run).unwrap_err(), extract_study("<p>").unwrap_err()] {
        for lang in Lang::ALL {
            said.push_str(&format!("{}\nhint: {}\n", error.text(lang), error.hint(lang).unwrap()));
        }
    }
    insta::assert_snapshot!(said);
}

/// A study with a little of everything, so that replacing leaf by leaf stays fast.
fn small() -> StudyPage {
    let mut page = scenarios().remove("study").unwrap();
    let keep = [0, 5, 6, 23, 25];
    page.study.trials.retain(|trial| keep.contains(&trial.number));
    for trial in &mut page.study.trials {
        trial.reports.truncate(2);
    }
    page
}

#[test]
fn names_are_text_and_never_markup() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&lt;";
    let (page, replaced) = with_every_leaf(&small(), |leaf| leaf.is_string().then(|| hostile.into()));
    assert!(replaced > 40, "{replaced}");
    for lang in Lang::ALL {
        let html = render_study(&page, lang);
        let parsed = Page::parse(&html);
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        assert_eq!(parsed.named("script").len(), 2);
        for element in parsed.elements() {
            assert!(element.attributes.iter().all(|(name, _)| !name.starts_with("on")), "{:?}", element.attributes);
        }
        check_drawings("hostile", &html);
        assert!(extract_study(&html).unwrap() == page, "what was read back differs from what was written");
    }
}

#[test]
fn numbers_that_are_none_are_not_drawn() {
    for odd in ["NaN", "Infinity", "-Infinity"] {
        let (page, replaced) = with_every_leaf(&small(), |leaf| leaf.is_f64().then(|| odd.into()));
        assert!(replaced > 30, "{replaced}");
        check_drawings(odd, &render_study(&page, Lang::En));
    }
    for odd in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 0.0] {
        let (page, _) = with_every_leaf(&small(), |leaf| leaf.is_f64().then(|| odd.into()));
        check_drawings("extremes", &render_study(&page, Lang::En));
    }
    // Both signs at once: their difference is no number.
    let mut page = small();
    page.study.trials[0].objectives = vec![f64::MAX];
    page.study.baseline = Some(vec![f64::MIN]);
    check_drawings("far apart", &render_study(&page, Lang::En));
    for odd in [0, 1, u64::MAX >> 16] {
        let (page, replaced) = with_every_leaf(&small(), |leaf| leaf.is_u64().then(|| odd.into()));
        assert!(replaced > 10, "{replaced}");
        check_drawings("counts", &render_study(&page, Lang::ZhCn));
    }
}

#[test]
fn parts_that_do_not_fit_together_are_shown_as_they_are() {
    let full = scenarios().remove("study").unwrap();
    // Values of parameters that are not searched, choices that there are not, objectives of goals that there are not.
    let mut page = full.clone();
    page.study.trials.reverse();
    page.study.parameters.truncate(1);
    page.study.best = Some(6);
    page.study.front = vec![9_999];
    check_drawings("reversed", &render_study(&page, Lang::En));
    let mut page = full.clone();
    for trial in &mut page.study.trials {
        trial.values.insert("train.batch_size".to_owned(), StudyValue::Choice(77));
        trial.state = StudyTrialState::Complete;
        trial.objectives.push(1.0);
    }
    page.study.goals.clear();
    page.study.baseline = Some(vec![]);
    let html = render_study(&page, Lang::En);
    assert!(Page::parse(&html).errors.is_empty());
    let mut page = full;
    page.study.goals.push(page.study.goals[0].clone());
    assert!(Page::parse(&render_study(&page, Lang::En)).errors.is_empty());
}

#[test]
fn a_run_tells_of_the_study_that_chose_it() {
    let data = synthetic::accepted();
    for lang in Lang::ALL {
        let page = Page::parse(&render(&data, lang));
        let sections = page.named("section");
        let study = sections.iter().find(|section| section.attribute("id") == Some("study")).unwrap();
        let best = data.this_trial.unwrap().to_string();
        assert!(study.inside("p")[0].text().contains(&best), "{}", study.text());
        assert!(study.inside("svg").len() >= 3);
        insta::assert_snapshot!(format!("run.{}", lang.tag()), study.text());
    }
    // Without a study nothing of it stands in the data, so that older reports stay what they are.
    let mut plain = data;
    plain.study = None;
    plain.this_trial = None;
    let json = serde_json::to_value(&plain).unwrap();
    assert!(json.get("study").is_none() && json.get("this_trial").is_none());
}
