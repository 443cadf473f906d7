//! Ways to forge the folder of a run, for [`tampering`](crate::tampering).

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_evidence::{Digest, canonical::to_canonical};
use serde_json::{Value, json};

use crate::fixture::Place;

/// A fresh copy of a run, under its own id.
pub(crate) fn copy(place: &Place, run: &Path) -> PathBuf {
    let to = place.path("copy").join(run.file_name().unwrap());
    if to.exists() {
        fs::remove_dir_all(&to).unwrap();
    }
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_file() {
            fs::copy(&entry, target).unwrap();
            continue;
        }
        fs::create_dir(&target).unwrap();
        for file in fs::read_dir(&entry).unwrap().map(|file| file.unwrap().path()) {
            fs::copy(&file, target.join(file.file_name().unwrap())).unwrap();
        }
    }
    to
}

pub(crate) fn flip_last(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

pub(crate) fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

pub(crate) fn forge_source(run: &Path) {
    let path = run.join("spec.lock.json");
    let mut lock: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let sources = lock["sources"].as_object_mut().unwrap();
    let first = sources.keys().next().unwrap().clone();
    sources.insert(first, json!("00"));
    fs::write(path, lock.to_string()).unwrap();
}

pub(crate) fn edit_events(run: &Path, edit: impl Fn(String) -> Option<String>) {
    let path = run.join("events.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<String> = text.lines().filter_map(|line| edit(line.to_owned())).collect();
    assert!(lines.join("\n") != text.trim_end(), "the forgery changes nothing");
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

pub(crate) fn drop_events(run: &Path, event: &str) {
    edit_events(run, |line| (!line.contains(event)).then_some(line));
}

pub(crate) fn edit_event(run: &Path, event: &str, key: &str, value: Value) {
    edit_events(run, |line| {
        let mut json: Value = serde_json::from_str(&line).unwrap();
        if json["event"] != event {
            return Some(line);
        }
        json[key] = value.clone();
        Some(json.to_string())
    });
}

pub(crate) fn files(run: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(run.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    files.sort();
    files
}

/// The statement of a kind and split, with its file.
pub(crate) fn statement(run: &Path, kind: &str, split: &str) -> (PathBuf, Value) {
    let read = files(run, ".statement.json").into_iter().map(|path| {
        let value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (path, value)
    });
    let is_it = |value: &Value| value["kind"] == kind && value["claims"]["split"].as_str().is_none_or(|it| it == split);
    read.into_iter().find(|(_, value)| is_it(value)).unwrap_or_else(|| panic!("no {kind} of {split}"))
}

/// The envelopes around a statement.
pub(crate) fn envelopes(run: &Path, statement: &str) -> Vec<PathBuf> {
    files(run, ".envelope.json")
        .into_iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains(statement))
        .collect()
}

pub(crate) fn remove_statement(run: &Path, kind: &str, split: &str) {
    let (path, _) = statement(run, kind, split);
    let name = path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
    for envelope in envelopes(run, &name) {
        fs::remove_file(envelope).unwrap();
    }
    fs::remove_file(path).unwrap();
}

pub(crate) fn remove_decisions(run: &Path) {
    for split in ["validation", "test"] {
        remove_statement(run, "accept.decision", split);
    }
    fs::remove_file(run.join("report.html")).unwrap();
}

pub(crate) fn remove_results(run: &Path) {
    for split in ["validation", "test"] {
        remove_statement(run, "eval.result", split);
    }
    remove_decisions(run);
}

pub(crate) fn remove_all(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

/// The kept checkpoint of an epoch.
pub(crate) fn kept(run: &Path, epoch: u32) -> PathBuf {
    let start = format!("epoch-{epoch:04}-");
    let entries = fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&start) && name.ends_with(".kept.checkpoint")
    };
    entries.into_iter().find(is_it).unwrap()
}

pub(crate) fn swap_checkpoints(run: &Path) {
    fs::copy(kept(run, 2), kept(run, 1)).unwrap();
}

/// The tensors of another epoch in a checkpoint, under a digest that fits them.
pub(crate) fn alter_checkpoint(run: &Path) {
    // Behind the digest: magic and version, the length of the header, the header, the tensors.
    let tensors = |bytes: &[u8]| 88 + u64::from_le_bytes(bytes[80..88].try_into().unwrap()) as usize;
    let (path, other) = (kept(run, 1), fs::read(kept(run, 2)).unwrap());
    let bytes = fs::read(&path).unwrap();
    let content = [&bytes[72..tensors(&bytes)], &other[tensors(&other)..]].concat();
    assert_eq!(content.len(), bytes.len() - 72, "the epochs have the same tensors");
    fs::write(&path, [format!("{}\n", Digest::of(&content)).as_bytes(), &content].concat()).unwrap();
}

/// Rewrites the claims of a statement, and gives it and its envelopes the names that fit; what stands on it is left alone.
pub(crate) fn forge(run: &Path, kind: &str, split: &str, edit: impl Fn(&mut Value)) {
    forged(run, kind, split, edit);
}

/// As above; the statement's names before and after.
pub(crate) fn forged(run: &Path, kind: &str, split: &str, edit: impl Fn(&mut Value)) -> (String, String) {
    let (path, mut value) = statement(run, kind, split);
    edit(&mut value["claims"]);
    rename(run, &path, &value)
}

/// Writes a changed statement under the name that it has now, and its envelopes; its names before and after.
pub(crate) fn rename(run: &Path, path: &Path, value: &Value) -> (String, String) {
    let text = to_canonical(value).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
    let (before, after) = (name(path), Digest::of(text.as_bytes()).hex());
    assert_ne!(before, after, "the forgery changes nothing");
    for envelope in envelopes(run, &before) {
        let forged = fs::read_to_string(&envelope).unwrap().replace(&before, &after);
        fs::remove_file(envelope).unwrap();
        let name = Digest::of(forged.as_bytes()).hex();
        fs::write(run.join("evidence").join(format!("{name}.envelope.json")), forged).unwrap();
    }
    fs::remove_file(path).unwrap();
    fs::write(run.join("evidence").join(format!("{after}.statement.json")), text).unwrap();
    (before, after)
}

/// A better loss on test, and everything that stands on it under its new name: no file speaks against it.
pub(crate) fn forge_consistently(run: &Path) {
    let (before, after) = forged(run, "eval.result", "test", |claims| {
        claims["metrics"]["loss"]["value"] = json!(0.0001);
    });
    let (path, value) = statement(run, "accept.decision", "test");
    let value: Value = serde_json::from_str(&value.to_string().replace(&before, &after)).unwrap();
    rename(run, &path, &value);
}

const OPEN: &str = "<script type=\"application/json\" id=\"evidence\">";

pub(crate) fn page_data(html: &str) -> Value {
    let json = html.split_once(OPEN).unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(json).unwrap()
}

pub(crate) fn with_data(html: &str, data: &Value) -> String {
    let (before, rest) = html.split_once(OPEN).unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    format!("{before}{OPEN}{}</script>{after}", data.to_string().replace('<', "\\u003c"))
}
