//! What an auditor who edits a run's files must be told: a table of forgeries. Each is made on a copy of an honest run, and
//! `evidence verify` must say no and name the file.

use std::fs;
use std::path::Path;

use proofmark_evidence::Digest;
use serde_json::{Value, json};

use crate::fixture::Place;
use crate::forging::{
    alter_checkpoint, copy, drop_events, edit_event, files, flip_last, forge, forge_consistently, forge_source, kept,
    page_data, remove_all, remove_decisions, remove_results, remove_statement, replace, statement, swap_checkpoints,
    with_data,
};

/// A forgery: its name, how it is made in a run's folder, and what must be said of it.
type Forgery = (&'static str, fn(&Path), &'static [&'static str]);

/// Edits of files, and what is missing.
const FORGERIES: &[Forgery] = &[
    ("a byte of the model", |run| flip_last(&run.join("model.safetensors")), &["`model.safetensors`"]),
    (
        "no model",
        |run| fs::remove_file(run.join("model.safetensors")).unwrap(),
        &["model.safetensors", "does not exist"],
    ),
    ("a byte of a statement", |run| flip_last(&statement(run, "eval.result", "test").0), &["statement.json"]),
    ("a byte of an envelope", |run| flip_last(&files(run, ".envelope.json")[0]), &["envelope.json"]),
    (
        "another seed in the lock",
        |run| replace(&run.join("spec.lock.json"), "\"seed\": 7", "\"seed\": 8"),
        &["`spec.seed` in `spec.lock.json`"],
    ),
    (
        "another criterion in the lock",
        |run| replace(&run.join("spec.lock.json"), ">= 0.5", ">= 0.9"),
        &["`spec.accept` in `spec.lock.json`"],
    ),
    (
        "another name in the lock",
        |run| replace(&run.join("spec.lock.json"), "\"tiny\"", "\"tidy\""),
        &["`spec.name` in `spec.lock.json`"],
    ),
    (
        "other metrics in the lock",
        |run| replace(&run.join("spec.lock.json"), "\"loss\",", ""),
        &["`spec.evaluate.metrics` in `spec.lock.json`"],
    ),
    ("another source in the lock", forge_source, &["in `spec.lock.json`"]),
    (
        "another criterion in the spec",
        |run| replace(&run.join("spec.yaml"), ">= 0.5", ">= 0.9"),
        &["`accept` in `spec.yaml`"],
    ),
    ("another rate in the spec", |run| replace(&run.join("spec.yaml"), "rate: 0.2", "rate: 0.3"), &["in `spec.yaml`"]),
    ("no spec", |run| fs::remove_file(run.join("spec.yaml")).unwrap(), &["spec.yaml"]),
    ("no lock", |run| fs::remove_file(run.join("spec.lock.json")).unwrap(), &["spec.lock.json"]),
    (
        "another digest of an epoch",
        |run| edit_event(run, "epoch_ended", "parameters_digest", json!("00")),
        &["`epochs[0].parameters` in `events.jsonl`"],
    ),
    (
        "a better loss of an epoch",
        |run| edit_event(run, "epoch_ended", "train_loss", json!(0.001)),
        &["`epochs[0].train_loss` in `events.jsonl`"],
    ),
    ("no epochs", |run| drop_events(run, "epoch_ended"), &["`epochs.length` in `events.jsonl`"]),
    ("test was never read", |run| drop_events(run, "test_read"), &["readings of the test data in `events.jsonl`"]),
    ("another end", |run| edit_event(run, "ended", "outcome", json!("refused")), &["the outcome in `events.jsonl`"]),
    ("no end", |run| drop_events(run, "\"ended\""), &["the outcome in `events.jsonl`"]),
    (
        "a line of garbage",
        |run| replace(&run.join("events.jsonl"), "{\"time\"", "{time\""),
        &["events.jsonl` is damaged at line `1`"],
    ),
    (
        "refused made accepted",
        |run| replace(&run.join("status.json"), "accepted", "refused"),
        &["the state in `status.json`"],
    ),
    ("not ended", |run| replace(&run.join("status.json"), "accepted", "interrupted"), &["the state in `status.json`"]),
    ("no status of a kind", |run| replace(&run.join("status.json"), "accepted", "perfect"), &["status.json"]),
    ("no evaluation of test", |run| remove_statement(run, "eval.result", "test"), &["`evidence`"]),
    ("no decision", remove_decisions, &["the statement `accept.decision` of validation is missing in `evidence`"]),
    ("nothing measured, no report", remove_results, &["eval.result", "`evidence`", "report.html"]),
    ("no report", |run| fs::remove_file(run.join("report.html")).unwrap(), &["report.html"]),
    ("no evidence at all", |run| remove_all(&run.join("evidence")), &["`run.spec` is missing in `evidence`"]),
    ("a report without data", |run| fs::write(run.join("report.html"), "<html></html>").unwrap(), &["`report.html`"]),
    ("a checkpoint under another's name", swap_checkpoints, &["epoch-0001", "is not of the end of the epoch"]),
    ("a checkpoint with other parameters", alter_checkpoint, &["the parameters in `epoch-0001"]),
    ("a flipped bit in a checkpoint", |run| flip_last(&kept(run, 2)), &["epoch-0002", "is damaged"]),
    (
        "a better figure, rehashed",
        |run| {
            forge(run, "eval.result", "test", |claims| {
                claims["metrics"]["accuracy"]["value"] = json!(0.9999);
            })
        },
        &["`eval.result`", "`evidence`"],
    ),
    (
        "a decision that does not follow",
        |run| {
            forge(run, "accept.decision", "test", |claims| {
                claims["decision"]["verdicts"][0]["comparisons"][0]["value"] = json!(0.9999);
            })
        },
        &["`accept.decision`", "`evidence`"],
    ),
    (
        "an epoch that was better, rehashed",
        |run| {
            forge(run, "train.run", "", |claims| {
                claims["history"][0]["train_loss"] = json!(0.0001);
            })
        },
        &["`train.run`", "`evidence`"],
    ),
    (
        "a gate that said yes to no",
        |run| forge(run, "data.gate", "", |claims| claims["verdict"] = json!("no")),
        &["`data.gate`", "`evidence`"],
    ),
];

/// As above, of the data in a report; with the place in them that must be named.
type PageForgery = (&'static str, fn(&mut Value), &'static str);

/// Edits of the data in a report, whose page is then drawn from them, so that only the statements speak against it.
const PAGE_FORGERIES: &[PageForgery] = &[
    ("outcome", |data| data["verdict"]["outcome"] = json!("refused"), "verdict.outcome"),
    ("readings of test", |data| data["verdict"]["test_reads"] = json!(0), "verdict.test_reads"),
    ("criterion", |data| data["verdict"]["criteria"][0]["text"] = json!("true"), "verdict.criteria[0].text"),
    (
        "value of a comparison",
        |data| {
            data["verdict"]["criteria"][0]["comparisons"][0]["value"] = json!({ "number": 0.9999 });
        },
        "verdict.criteria[0].comparisons[0].value.number",
    ),
    (
        "need of a comparison",
        |data| {
            data["verdict"]["criteria"][0]["comparisons"][0]["need"] = json!({ "number": 0.9 });
        },
        "verdict.criteria[0].comparisons[0].need.number",
    ),
    ("name", |data| data["run"]["name"] = json!("titan"), "run.name"),
    ("seed", |data| data["run"]["seed"] = json!(1), "run.seed"),
    ("numerics", |data| data["run"]["numerics_version"] = json!(99), "run.numerics_version"),
    ("rules", |data| data["data"]["rules"] = json!([]), "data.rules.length"),
    ("rows", |data| data["data"]["splits"]["train"] = json!(60000), "data.splits.train"),
    ("classes", |data| data["data"]["classes"][0] = json!("seven"), "data.classes[0]"),
    ("class counts", |data| data["data"]["class_counts"]["test"][0] = json!(1), "data.class_counts.test[0]"),
    ("source digest", |data| data["data"]["sources"][0]["digest"] = json!("00"), "data.sources[0].digest"),
    ("source rows", |data| data["data"]["sources"][0]["rows"] = json!(9), "data.sources[0].rows"),
    ("layers", |data| data["model"]["layers"][0]["detail"] = json!("filters 512"), "model.layers[0].detail"),
    ("parameters", |data| data["model"]["parameters"] = json!(1), "model.parameters"),
    ("settings", |data| data["model"]["settings"] = json!([]), "model.settings.length"),
    ("loss curve", |data| data["history"]["epochs"][1]["train_loss"] = json!(0.001), "history.epochs[1].train_loss"),
    (
        "accuracy curve",
        |data| {
            data["history"]["epochs"][0]["validation_accuracy"] = json!(0.99);
        },
        "history.epochs[0].validation_accuracy",
    ),
    ("best epoch", |data| data["history"]["best_epoch"] = json!(99), "history.best_epoch"),
    ("split", |data| data["evaluation"]["split"] = json!("validation"), "evaluation.split"),
    ("value", |data| data["evaluation"]["metrics"][0]["value"] = json!(0.9999), "evaluation.metrics[0].value"),
    ("interval", |data| data["evaluation"]["metrics"][0]["lower95"] = json!(0.99), "evaluation.metrics[0].lower95"),
    ("baseline", |data| data["evaluation"]["metrics"][0]["baseline"] = json!(0.01), "evaluation.metrics[0].baseline"),
    ("confusion", |data| data["evaluation"]["confusion"][0][1] = json!(59), "evaluation.confusion[0][1]"),
    ("slices", |data| data["evaluation"]["slices"][0]["value"] = json!(0.99), "evaluation.slices[0].value"),
    ("calibration", |data| data["evaluation"]["calibration"] = json!([]), "evaluation.calibration.length"),
    ("calibration error", |data| data["evaluation"]["ece"] = json!(0.0), "evaluation.ece"),
    ("mistakes", |data| data["evaluation"]["mistakes"] = json!([]), "evaluation.mistakes.length"),
    ("model digest", |data| data["reproduce"]["model_digest"] = json!("00"), "reproduce.model_digest"),
    ("command", |data| data["reproduce"]["commands"][0] = json!("rm -r ."), "reproduce.commands[0]"),
    ("plan", |data| data["reproduce"]["digests"] = json!([]), "reproduce.digests.length"),
    ("kind of a statement", |data| data["evidence"][0]["kind"] = json!("approval"), "evidence[0].kind"),
    (
        "spec",
        |data| {
            let spec = data["spec_yaml"].as_str().unwrap().replace(">= 0.5", ">= 0.9");
            data["spec_yaml"] = json!(spec);
        },
        "spec: accept",
    ),
];

#[test]
fn every_forgery_is_noticed() {
    let place = Place::new();
    let honest = place.train(".proofmark", &[]);
    verify(&place, &honest, 0, &["Verified"], "the honest run");
    for (name, forge, said) in FORGERIES {
        let run = copy(&place, &honest);
        forge(&run);
        verify(&place, &run, 1, &[&["Not verified"], *said].concat(), name);
    }
}

#[test]
fn every_forged_figure_of_a_report_is_noticed() {
    let place = Place::new();
    // Two epochs, so that mistakes are left.
    let honest = place.train(".proofmark", &["--set", "train.epochs=2"]);
    // The figures that the forgeries speak of are there.
    let html = fs::read_to_string(honest.join("report.html")).unwrap();
    for (name, forge, path) in PAGE_FORGERIES {
        let run = copy(&place, &honest);
        let page = run.join("report.html");
        let mut data = page_data(&html);
        let before = data.clone();
        forge(&mut data);
        assert!(data != before, "{name} changes nothing");
        fs::write(&page, with_data(&html, &data)).unwrap();
        // The page drawn anew from the forged data shows nothing but them.
        let run_text = run.display().to_string();
        place.call(&["report", &run_text]).expect(0);
        let said = [format!("`{path}` in `report.html`")];
        let said: Vec<&str> = said.iter().map(String::as_str).chain(["Not verified"]).collect();
        verify(&place, &run, 1, &said, name);
        let alone = place.call(&["evidence", "verify", &page.display().to_string()]).expect(1).stdout;
        for text in said {
            assert!(alone.contains(text), "{name}, the page alone: `{text}` in\n{alone}");
        }
        assert!(!alone.contains("does not show the data"), "{name}: the page was not drawn anew\n{alone}");
    }
    // What only the page itself can tell.
    for (name, forge, said) in [
        ("a word on the page", ("Accepted", "Excepted"), "`report.html` does not show the data that it carries"),
        (
            "another version",
            ("\"program_version\":\"", "\"program_version\":\"9"),
            "`report.html` was drawn by version 9",
        ),
    ] {
        let run = copy(&place, &honest);
        replace(&run.join("report.html"), forge.0, forge.1);
        verify(&place, &run, 1, &["Not verified", said], name);
    }
    let held = |subject: &Path, code: i32| -> Vec<String> {
        let json = place.call(&["evidence", "verify", &subject.display().to_string(), "--json"]).expect(code).json();
        json["held"].as_array().unwrap().iter().map(|held| held.as_str().unwrap().to_owned()).collect()
    };
    let all =
        ["links", "chain", "lock", "spec", "model", "epochs", "test_reads", "checkpoints", "state", "page", "figures"];
    assert_eq!(held(&honest, 0), all);
    assert_eq!(held(&honest.join("report.html"), 0), ["links", "chain", "page", "figures"]);
    fs::write(place.path("empty.html"), "<html></html>").unwrap();
    place.call(&["evidence", "verify", "empty.html"]).expect(2).says(&["carries no evidence"]);
}

#[test]
fn reproduce_trusts_the_statements_and_nothing_else() {
    let place = Place::new();
    let honest = place.train(".proofmark", &[]);
    let reproduce = |run: &Path, more: &[&str], code: i32| {
        let run = run.display().to_string();
        place.call(&[&["reproduce", &run], more].concat()).expect(code)
    };
    // Nothing trained is nothing reproduced: the events are not what is on record.
    let run = copy(&place, &honest);
    drop_events(&run, "epoch_ended");
    let said = reproduce(&run, &["--json"], 0).json();
    assert_eq!(said["same_epochs"].as_array().unwrap().len(), crate::fixture::EPOCHS, "{said}");
    let run = copy(&place, &honest);
    fs::remove_file(run.join("model.safetensors")).unwrap();
    let said = reproduce(&run, &["--json"], 1).json();
    assert_eq!((&said["same"], &said["same_model"]), (&json!(false), &json!(false)));
    // The comparison is of the whole file, metadata included.
    let run = copy(&place, &honest);
    let path = run.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|window| window == b"proofmark").unwrap();
    fs::write(&path, [&bytes[..at], b"profmaark", &bytes[at + 9..]].concat()).unwrap();
    reproduce(&run, &[], 1);
    // Epochs start from what the statement of the training says, or not at all.
    let run = copy(&place, &honest);
    assert_eq!(reproduce(&run, &["--epoch", "2", "--json"], 0).json()["same_epochs"], json!([2]));
    swap_checkpoints(&run);
    reproduce(&run, &["--epoch", "2"], 2).says(&["epoch-0001", "does not hold the parameters of the end of epoch 1"]);
    let run = copy(&place, &honest);
    alter_checkpoint(&run);
    reproduce(&run, &["--epoch", "2"], 2).says(&["epoch-0001", "does not hold the parameters"]);
    let run = copy(&place, &honest);
    let path = kept(&run, 1);
    fs::write(&path, format!("{}\nPMCKPT", Digest::of(b"PMCKPT"))).unwrap();
    reproduce(&run, &["--epoch", "2"], 2).says(&["the checkpoint `", "epoch-0001", "cannot be read"]);
    fs::remove_file(&path).unwrap();
    reproduce(&run, &["--epoch", "2"], 2).says(&["the checkpoint at the end of epoch 1 is not there"]);
    // A figure that was rewritten with everything that speaks of it comes out otherwise.
    let run = copy(&place, &honest);
    forge_consistently(&run);
    let said = reproduce(&run, &[], 1);
    let text = "`claims.metrics.loss.value` in the statement `eval.result`";
    assert!(said.stdout.contains("Not reproduced") && said.stdout.contains(text), "{}", said.stdout);
    // A training that somebody wrote: its first epoch comes out otherwise.
    let run = copy(&place, &honest);
    let lines = fs::read_to_string(run.join("events.jsonl")).unwrap();
    fs::write(run.join("events.jsonl"), format!("garbage\n{lines}")).unwrap();
    let shown = place.call(&["runs", "show", &run.display().to_string()]).expect(2);
    shown.says(&["events.jsonl` is damaged at line `1`"]);
}

#[test]
fn a_handwritten_reproduction_is_shown_as_unsigned() {
    let place = Place::new();
    let run = place.train(".proofmark", &[]);
    let text = run.display().to_string();
    let shown = place.call(&["runs", "show", &text]).expect(0).stdout;
    assert!(shown.contains("never") && shown.contains("1 times by all runs of this data directory"), "{shown}");
    place.call(&["reproduce", &text]).expect(0);
    let shown = place.call(&["runs", "show", &text]).expect(0).stdout;
    assert!(shown.contains("1, recorded by `tester` (not signed)"), "{shown}");
    // The readings of every run on the same test data are counted.
    place.call(&["run", "tiny.yaml", "--set", "seed=8"]).expect(0);
    let shown = place.call(&["runs", "show", &text, "--json"]).expect(0).json();
    assert_eq!((&shown["test_reads"], &shown["test_reads_in_data_directory"]), (&json!(1.0), &json!(2)));
}

/// Verifies a run's folder, and looks for what must be said.
#[track_caller]
fn verify(place: &Place, run: &Path, code: i32, said: &[&str], name: &str) {
    let call = place.call(&["evidence", "verify", &run.display().to_string()]);
    let output = format!("{name}: exit code {:?}\n{}{}", call.code, call.stdout, call.stderr);
    assert_eq!(call.code, Some(code), "{output}");
    for text in said {
        assert!(call.stdout.contains(text), "`{text}` is not in {output}");
    }
}
