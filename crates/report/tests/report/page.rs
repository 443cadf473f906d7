use crate::dom::Page;
use crate::synthetic;
use proofmark_messages::{Lang, Localize};
use proofmark_report::{
    Evaluation, ExtractError, Outcome, ReportData, SECTION_IDS, Split, Thresholds, extract, render, render_study,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every scenario in every language: runs and studies.
fn pages() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for lang in Lang::ALL {
        let runs = synthetic::scenarios().into_iter().map(|(name, data)| (name, render(&data, lang)));
        let studies = synthetic::study::pages().into_iter().map(|(name, page)| (name, render_study(&page, lang)));
        all.extend(runs.chain(studies).map(|(name, page)| (format!("{name}.{}", lang.tag()), page)));
    }
    all
}

#[test]
fn every_page_parses_without_an_error() {
    for (name, html) in pages() {
        let page = Page::parse(&html);
        assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
    }
}

#[test]
fn every_section_is_told_in_both_languages() {
    // The mended run has all there is to tell.
    let data = synthetic::mended();
    let mut headings = BTreeMap::new();
    for lang in Lang::ALL {
        let page = Page::parse(&render(&data, lang));
        let sections = page.named("section");
        let ids: Vec<&str> = sections.iter().filter_map(|section| section.attribute("id")).collect();
        assert_eq!(ids, SECTION_IDS);
        for (id, section) in SECTION_IDS.iter().zip(&sections) {
            let [heading] = &section.inside("h2")[..] else { panic!("`{id}` has not one heading") };
            assert!(section.text().len() > heading.text().len() + 20, "`{id}` says nothing");
            headings.entry(id).or_insert_with(BTreeSet::new).insert(heading.text());
        }
    }
    for (id, said) in headings {
        assert_eq!(said.len(), Lang::ALL.len(), "`{id}` has the same heading in every language: {said:?}");
    }
}

#[test]
fn what_is_absent_is_not_shown() {
    let expected: [(&str, &[&str]); 4] = [
        ("data-refused", &["verdict", "key-figures", "data", "cleaning", "cost", "provenance"]),
        ("empty", &["verdict"]),
        (
            "diverged",
            &["verdict", "key-figures", "data", "cleaning", "model", "training", "cost", "provenance", "reproduce"],
        ),
        ("accepted", SECTION_IDS),
    ];
    let scenarios: BTreeMap<_, _> = synthetic::scenarios().into_iter().collect();
    for (name, ids) in expected {
        let page = Page::parse(&render(&scenarios[name], Lang::En));
        let sections = page.named("section");
        let shown: Vec<&str> = sections.iter().filter_map(|section| section.attribute("id")).collect();
        assert_eq!(shown, ids, "{name}");
    }
}

#[test]
fn every_outcome_has_its_words() {
    let mut said = String::new();
    for outcome in Outcome::ALL {
        let mut data = ReportData::default();
        data.verdict.outcome = outcome;
        for lang in Lang::ALL {
            let page = Page::parse(&render(&data, lang));
            said.push_str(&format!("{outcome:?}, {}\n{}\n\n", lang.tag(), page.named("section")[0].text()));
        }
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_text_of_a_page() {
    let scenarios: BTreeMap<_, _> = synthetic::scenarios().into_iter().collect();
    for (name, lang) in [
        ("mended", Lang::En),
        ("mended", Lang::ZhCn),
        ("data-refused", Lang::En),
        ("data-refused", Lang::ZhCn),
        ("diverged", Lang::En),
        ("no-evidence", Lang::ZhCn),
    ] {
        let page = Page::parse(&render(&scenarios[name], lang));
        insta::assert_snapshot!(format!("{name}.{}", lang.tag()), page.named("body")[0].text());
    }
}

#[test]
fn ids_are_unique_and_links_arrive() {
    for (name, html) in pages() {
        let page = Page::parse(&html);
        let mut ids = BTreeSet::new();
        for element in page.elements() {
            if let Some(id) = element.attribute("id") {
                assert!(ids.insert(id.to_owned()), "{name}: `{id}` stands twice");
            }
        }
        for element in page.elements() {
            let links = element.attribute("href").into_iter().filter_map(|target| target.strip_prefix('#'));
            let labels = element.attribute("aria-labelledby").into_iter().flat_map(str::split_whitespace);
            for target in links.chain(labels) {
                assert!(ids.contains(target), "{name}: `{target}` is missing");
            }
        }
    }
}

#[test]
fn the_page_is_accessible() {
    for (name, html) in pages() {
        let page = Page::parse(&html);
        assert_eq!(page.named("html")[0].attribute("lang").unwrap(), &name[name.find('.').unwrap() + 1..]);
        for landmark in ["main", "nav", "header", "footer", "h1"] {
            assert_eq!(page.named(landmark).len(), 1, "{name}: {landmark}");
        }
        assert!(!page.named("h1")[0].text().is_empty(), "{name}");
        for table in page.named("table") {
            assert!(table.inside("caption").iter().any(|caption| !caption.text().is_empty()), "{name}: no caption");
            assert!(
                table.inside("th").iter().all(|cell| cell.attribute("scope").is_some()),
                "{name}: {}",
                table.text()
            );
        }
        for image in page.named("img") {
            assert!(image.attribute("alt").is_some_and(|text| !text.is_empty()), "{name}: an image without a text");
            assert!(image.attribute("src").unwrap().starts_with("data:image/png;base64,"));
        }
        for region in page.elements().iter().filter(|element| element.attribute("role") == Some("region")) {
            assert!(region.attribute("tabindex") == Some("0") && region.attribute("aria-label").is_some());
        }
        for drawing in page.named("svg") {
            let told = drawing.attribute("role") == Some("img")
                && ["title", "desc"].iter().all(|part| drawing.inside(part).iter().any(|part| !part.text().is_empty()));
            let decorative = drawing.attribute("aria-hidden") == Some("true");
            assert!(told != decorative, "{name}: a drawing is told or hidden, not both or neither");
        }
    }
}

/// The drawings as they stand in the page.
fn drawings(html: &str) -> Vec<&str> {
    let body = html.split_once("<script").map_or(html, |(body, _)| body);
    let starts = body.match_indices("<svg");
    starts.map(|(start, _)| &body[start..start + body[start..].find("</svg>").unwrap() + "</svg>".len()]).collect()
}

/// Every drawing is XML, and every coordinate in it a number.
pub(crate) fn check_drawings(name: &str, html: &str) {
    let drawings = drawings(html);
    assert!(!drawings.is_empty());
    for drawing in drawings {
        let document = roxmltree::Document::parse(drawing).unwrap_or_else(|error| panic!("{name}: {error}: {drawing}"));
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            for attribute in node.attributes() {
                if matches!(
                    attribute.name(),
                    "x" | "y" | "x1" | "x2" | "y1" | "y2" | "cx" | "cy" | "r" | "d" | "width" | "height"
                ) {
                    let value = attribute.value();
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {value} in {drawing}");
                    assert!(!value.is_empty() || attribute.name() == "d", "{name}: {drawing}");
                    let stays_inside = value.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() <= 5);
                    assert!(stays_inside, "{name}: {value} in {drawing}");
                }
            }
        }
    }
}

#[test]
fn every_drawing_is_well_formed() {
    for (name, html) in pages() {
        check_drawings(&name, &html);
    }
}

#[test]
fn a_page_is_one_file_of_a_decent_size() {
    for (name, html) in pages() {
        assert!(html.len() < 600_000, "{name}: {} bytes", html.len());
        for foreign in ["http://", "https://", "//cdn", "@import", "url(", "<link", "<iframe"] {
            assert!(!html.contains(foreign), "{name}: {foreign}");
        }
    }
}

#[test]
fn the_data_can_be_read_back() {
    for (name, data) in synthetic::scenarios() {
        let read = extract(&render(&data, Lang::ZhCn)).unwrap_or_else(|error| panic!("{name}: {error}"));
        // As text, because NaN is not equal to itself.
        let same = serde_json::to_string(&read).unwrap() == serde_json::to_string(&data).unwrap();
        assert!(same, "{name}: what was read back differs from what was written");
    }
}

#[test]
fn what_cannot_be_read_back_says_why() {
    let page = render(&synthetic::accepted(), Lang::En);
    let cut = &page[..page.find("id=\"evidence\"").unwrap() + 40];
    let altered = page.replace("\"outcome\":\"accepted\"", "\"outcome\":\"splendid\"");
    let mut said = String::new();
    for html in ["<p>not a report</p>", cut, &altered] {
        let error: ExtractError = extract(html).unwrap_err();
        for lang in Lang::ALL {
            said.push_str(&format!("{}\nhint: {}\n", error.text(lang), error.hint(lang).unwrap()));
        }
    }
    insta::assert_snapshot!(said);
}

/// The data with every leaf replaced that `replace` has something for and that takes it.
pub(crate) fn with_every_leaf<T: Serialize + DeserializeOwned>(
    data: &T,
    replace: impl Fn(&Value) -> Option<Value>,
) -> (T, usize) {
    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(idx, item)| pointers(item, &format!("{at}/{idx}"), all));
            }
            Value::Object(items) => items.iter().for_each(|(key, item)| pointers(item, &format!("{at}/{key}"), all)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => all.push(at.to_owned()),
        }
    }
    let mut value = serde_json::to_value(data).unwrap();
    let mut all = Vec::new();
    pointers(&value, "", &mut all);
    let mut replaced = 0;
    for pointer in all {
        let leaf = value.pointer_mut(&pointer).unwrap();
        let Some(new) = replace(leaf) else { continue };
        let old = std::mem::replace(leaf, new);
        // Enums and pixels take no other text, counts no other number.
        if serde_json::from_value::<T>(value.clone()).is_ok() {
            replaced += 1;
        } else {
            *value.pointer_mut(&pointer).unwrap() = old;
        }
    }
    (serde_json::from_value(value).unwrap(), replaced)
}

/// A run with a little of everything, so that replacing leaf by leaf stays fast.
fn small() -> ReportData {
    let mut data = synthetic::mended();
    let summary = data.data.as_mut().unwrap();
    summary.samples.truncate(1);
    let evaluation = data.evaluation.as_mut().unwrap();
    evaluation.mistakes.truncate(1);
    evaluation.slices.truncate(2);
    data.history.as_mut().unwrap().epochs.truncate(3);
    data.study.as_mut().unwrap().trials.truncate(3);
    data
}

#[test]
fn names_are_text_and_never_markup() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&lt;";
    let (data, replaced) = with_every_leaf(&small(), |leaf| leaf.is_string().then(|| hostile.into()));
    assert!(replaced > 80, "{replaced}");
    for lang in Lang::ALL {
        let html = render(&data, lang);
        let page = Page::parse(&html);
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        let kinds: Vec<_> = page.named("script").iter().map(|s| s.attribute("type").map(str::to_owned)).collect();
        assert_eq!(kinds, [Some("application/json".to_owned()), None]);
        for element in page.elements() {
            assert!(element.attributes.iter().all(|(name, _)| !name.starts_with("on")), "{:?}", element.attributes);
        }
        check_drawings("hostile", &html);
        assert!(extract(&html).unwrap() == data, "what was read back differs from what was written");
    }
}

#[test]
fn numbers_that_are_none_are_told_and_not_drawn() {
    for odd in ["NaN", "Infinity", "-Infinity"] {
        let (data, replaced) = with_every_leaf(&small(), |leaf| leaf.is_f64().then(|| odd.into()));
        assert!(replaced > 60, "{replaced}");
        check_drawings(odd, &render(&data, Lang::En));
    }
    for odd in [0, u64::MAX >> 16] {
        let (data, replaced) = with_every_leaf(&small(), |leaf| leaf.is_u64().then(|| odd.into()));
        assert!(replaced > 60, "{replaced}");
        check_drawings("counts", &render(&data, Lang::ZhCn));
    }
}

#[test]
fn the_thresholds_of_a_verification_are_said() {
    let mut data = small();
    assert!(!render(&data, Lang::En).contains("up to a distance"));
    data.evaluation.as_mut().unwrap().thresholds = Some(Thresholds { accuracy: 0.8214, equal_error: 0.7431 });
    for (lang, words) in [(Lang::En, "up to a distance of 0.8214"), (Lang::ZhCn, "距离不超过 0.8214")] {
        let html = render(&data, lang);
        assert!(html.contains(words) && html.contains("0.7431"), "{lang:?}");
    }
}

#[test]
fn lists_that_do_not_fit_together_are_shown_as_they_are() {
    let mut data = small();
    data.data.as_mut().unwrap().classes.truncate(3);
    data.data.as_mut().unwrap().class_counts.test.clear();
    data.evaluation.as_mut().unwrap().confusion = vec![vec![5, 1], vec![], vec![1, 2, 3, 4, 5, 6]];
    check_drawings("ragged", &render(&data, Lang::En));
    data.evaluation = Some(Evaluation {
        split: Split::Validation,
        rows: 0,
        metrics: vec![],
        thresholds: None,
        confusion: vec![vec![1; 40]; 40],
        slices: vec![],
        calibration: vec![],
        ece: None,
        mistakes: vec![],
    });
    let html = render(&data, Lang::En);
    check_drawings("many classes", &html);
    assert!(Page::parse(&html).errors.is_empty());
}
