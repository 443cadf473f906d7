//! The page in a real browser: it needs nothing from elsewhere, its own policy lets its script run, it fits narrow and wide
//! windows, and follows the reader's choice of light and dark.
//!
//! ```text
//! cargo test -p proofmark-report --features browser browser
//! ```
//!
//! Needs Chromium (Debian's package `chromium`), or its path in `CHROMIUM`. Behind a feature, because most machines that build
//! the project have none, and a test that is skipped in silence proves nothing.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{dom, synthetic};
use proofmark_messages::Lang;
use proofmark_report::{render, render_study};
use serde_json::Value;

/// Measures the page after it was laid out. Text that a scrolling box holds may be wider than the window; nothing else may.
const MEASURE: &str = r#"
const refused = [];
document.addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective));
addEventListener("load", () => {
  const width = document.documentElement.clientWidth;
  const scrolls = e => e && (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.right > width + 1 && !scrolls(e.parentElement) && !e.closest("svg svg, .skip");
  });
  const empty = [...document.querySelectorAll("section h2, section svg, section table")].filter(e => {
    const box = e.getBoundingClientRect();
    return (box.width < 1 || box.height < 1) && !e.closest("details:not([open])");
  });
  const name = e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40);
  parent.postMessage(JSON.stringify({
    width,
    page_width: document.documentElement.scrollWidth,
    wide: wide.slice(0, 5).map(name),
    empty: empty.map(name),
    background: getComputedStyle(document.documentElement).backgroundColor,
    refused,
    has_switch: !document.getElementById("theme").hidden,
    font_pixels: parseFloat(getComputedStyle(document.body).fontSize),
  }), "*");
});
"#;

const RECEIVE: &str = "addEventListener('message', e => {
  const frame = [...document.querySelectorAll('iframe')].find(frame => frame.contentWindow === e.source);
  frame.setAttribute('data-measured', e.data);
});";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    Dark,
    Light,
}

/// Starts Chromium once; the document as it stands when nothing is left to do.
fn dump(folder: &Path, file: &str, scheme: Scheme, width: u32) -> dom::Page {
    // A profile of its own for each start: two of them at once must not meet.
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    let profile = folder.join(format!("profile-{}", STARTS.fetch_add(1, Ordering::Relaxed)));
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let output = Command::new(&chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
        ])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("--blink-settings=preferredColorScheme={}", scheme as u8))
        .arg(format!("file://{}", folder.join(file).display()))
        .output()
        .unwrap_or_else(|error| panic!("`{chromium}` does not start: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    dom::Page::parse(&String::from_utf8(output.stdout).unwrap())
}

/// What the browser made of each page in a window of `width` CSS pixels. The pages lie in frames of one document: the browser's
/// own window has a least width, and starting it takes longer than anything else.
fn measure(folder: &Path, pages: &[&str], scheme: Scheme, width: u32) -> Vec<Value> {
    let mut frames = String::new();
    for (idx, page) in pages.iter().enumerate() {
        let policy = "script-src 'sha256-";
        assert_eq!(page.matches(policy).count(), 1);
        // The copy allows the measuring script beside the page's own.
        let start = page.find(policy).unwrap();
        let end = start + page[start..].find(';').unwrap();
        let page = format!("{}script-src 'unsafe-inline'{}", &page[..start], &page[end..]);
        let page = page.replace("<title>", &format!("<script>{MEASURE}</script><title>"));
        std::fs::write(folder.join(format!("measured-{idx}.html")), page).unwrap();
        frames.push_str(&format!(
            "<iframe src=measured-{idx}.html style='display:block;border:0;width:{width}px;height:900px'></iframe>"
        ));
    }
    let frame = format!("<!DOCTYPE html><meta charset=utf-8><body style='margin:0'><script>{RECEIVE}</script>{frames}");
    std::fs::write(folder.join("frame.html"), frame).unwrap();
    let outer = dump(folder, "frame.html", scheme, width.max(600));
    let frames = outer.named("iframe");
    assert_eq!(frames.len(), pages.len());
    let measured = frames.iter().map(|frame| frame.attribute("data-measured").expect("the page answers"));
    measured.map(|measured| serde_json::from_str(measured).unwrap()).collect()
}

#[test]
fn the_pages_own_policy_lets_its_script_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), render(&synthetic::accepted(), Lang::En)).unwrap();
    let page = dump(folder.path(), "page.html", Scheme::Light, 1280);
    let buttons = page.named("button");
    let switch = buttons.iter().find(|button| button.attribute("id") == Some("theme")).unwrap();
    assert_eq!(switch.attribute("hidden"), None, "the script was not run");
}

#[test]
fn every_page_fits_its_window_and_needs_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut pages = Vec::new();
    for lang in Lang::ALL {
        let runs = synthetic::scenarios().into_iter().map(|(name, data)| (name, render(&data, lang)));
        let studies = synthetic::study::pages().into_iter().map(|(name, page)| (name, render_study(&page, lang)));
        pages.extend(runs.chain(studies).map(|(name, page)| (format!("{name} {}", lang.tag()), page)));
    }
    let texts: Vec<&str> = pages.iter().map(|(_, page)| &**page).collect();
    let mut problems = Vec::new();
    for (scheme, width) in [(Scheme::Light, 1280), (Scheme::Dark, 1280), (Scheme::Light, 360), (Scheme::Dark, 360)] {
        for ((name, _), measured) in pages.iter().zip(measure(folder.path(), &texts, scheme, width)) {
            let wanted = serde_json::json!({
                "width": width,
                "page_width": width,
                "wide": [],
                "empty": [],
                "background": if scheme == Scheme::Light { "rgb(251, 250, 246)" } else { "rgb(19, 22, 27)" },
                "refused": [],
                "has_switch": true,
                "font_pixels": measured["font_pixels"],
            });
            assert!(measured["font_pixels"].as_f64().is_some_and(|pixels| pixels >= 14.0), "{measured}");
            if measured != wanted {
                problems.push(format!("{name} {scheme:?} {width}: {measured}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_does_not_fit_or_comes_from_elsewhere_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let page = render(&synthetic::accepted(), Lang::En);
    let odd = "<main id=\"main\"><section><h2></h2></section><p style=\"width:2000px\">far</p><img src=\"other.svg\">";
    assert_eq!(page.matches("<main id=\"main\">").count(), 1);
    let page = page.replace("<main id=\"main\">", odd);
    let [measured] = &measure(folder.path(), &[&page], Scheme::Light, 800)[..] else { panic!("one page, one answer") };
    assert!(measured["page_width"].as_u64().is_some_and(|pixels| pixels >= 2000), "{measured}");
    assert_eq!(measured["wide"][0], "P. far");
    assert_eq!(measured["empty"], serde_json::json!(["H2. "]));
    assert_eq!(measured["refused"], serde_json::json!(["img-src"]));
}
