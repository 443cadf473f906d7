//! One run and everything that can be done with it afterwards.

use std::fs;

use crate::fixture::{EPOCHS, Place, model};
use crate::forging::{page_data, with_data};

#[test]
fn a_run_and_what_follows_it() {
    let place = Place::new();
    let call = place.call(&["run", "tiny.yaml", "--json"]).expect(0);
    let result = call.json();
    let (run, folder) = (result["run"].as_str().unwrap().to_owned(), place.only_run(".proofmark"));
    assert_eq!(folder.file_name().unwrap().to_str(), Some(run.as_str()));
    assert_eq!(result["verdict"], "accepted");
    let accuracy = &result["metrics"]["accuracy"];
    let [lower, value, upper] = ["lower95", "value", "upper95"].map(|key| accuracy[key].as_f64().unwrap());
    assert!(lower < value && value <= upper && value > 0.5, "{accuracy}");
    assert!(result["train_seconds_per_epoch"].as_f64().unwrap() > 0.0);
    assert!(result["seconds"].as_f64().unwrap() > 0.0);
    assert!(place.path(result["report"].as_str().unwrap()).is_file());
    assert_eq!(result.as_object().unwrap().len(), 7, "{result}");
    // One line a stage and an epoch.
    let epochs = call.stderr.lines().filter(|line| line.starts_with("epoch ")).count();
    assert_eq!(epochs, EPOCHS, "{}", call.stderr);
    call.says(&["Read data\n", "Train\n", "epoch 1/6  loss ", "  validation ", "Validate\n", "Accept on test\n"]);

    let whole = place.call(&["reproduce", &run, "--json", "--threads", "3", "--simd", "scalar"]).expect(0).json();
    assert_eq!((&whole["same"], &whole["same_model"]), (&true.into(), &true.into()));
    assert_eq!(whole["same_epochs"].as_array().unwrap().len(), EPOCHS);
    let epoch = place.call(&["reproduce", &run, "--epoch", "2", "--json"]).expect(0).json();
    assert_eq!((&epoch["same"], &epoch["same_epochs"]), (&true.into(), &serde_json::json!([2])));
    place.call(&["reproduce", &run, "--epoch", "7"]).expect(2).says(&["epoch 7 cannot be trained again"]);

    let shown = place.call(&["runs", "show", &run, "--json"]).expect(0).json();
    assert_eq!((&shown["state"], &shown["reproduced"]), (&"accepted".into(), &1.into()), "{shown}");
    assert_eq!(shown["model_digest"], result["model_digest"]);

    let listed = place.call(&["runs", "list"]).expect(0).stdout;
    assert!(listed.contains(&run) && listed.contains("accepted") && listed.contains("6/6"), "{listed}");

    // The same model is the same file, and as safetensors the one that the run keeps.
    let export = |format: &str, file: &str| {
        let call = place.call(&["export", &run, "--format", format, "--output", file, "--json"]).expect(0).json();
        assert_eq!((&call["format"], &call["file"]), (&format.into(), &file.into()));
        fs::read(place.path(file)).unwrap()
    };
    assert_eq!(export("safetensors", "a.safetensors"), fs::read(folder.join("model.safetensors")).unwrap());
    let onnx = export("onnx", "a.onnx");
    assert_eq!(onnx, export("onnx", "b.onnx"));
    // As a model of another program the file is measured as the run was, on the same rows.
    let measured = place.call(&["evaluate", "--model", "a.onnx", "--data", "tiny.yaml", "--json"]).expect(0).json();
    assert_eq!((&measured["outputs"], &measured["producer"]), (&"probabilities".into(), &"proofmark".into()));
    for end in ["value", "lower95", "upper95"] {
        assert_eq!(measured["metrics"]["accuracy"][end], result["metrics"]["accuracy"][end], "{end}");
    }
    let shown = place.call(&["evaluate", "--model", "a.onnx", "--data", "tiny.yaml"]).expect(0).stdout;
    assert!(
        shown.contains("a.onnx (proofmark)") && shown.contains("accuracy") && shown.contains("95 % interval"),
        "{shown}"
    );
    let chinese =
        place.call(&["evaluate", "--model", "a.onnx", "--data", "tiny.yaml", "--lang", "zh-CN"]).expect(0).stdout;
    assert!(chinese.contains("测试集") && chinese.contains("置信区间"), "{chinese}");
    let no_model = place.call(&["evaluate", "--model", "tiny.yaml", "--data", "tiny.yaml"]).expect(2);
    no_model.says(&["error: `tiny.yaml`: not an ONNX file", "hint: "]);
    // What is there is replaced only when that is asked for.
    let again = ["export", &run, "--format", "onnx", "--output", "a.safetensors"];
    place.call(&again).expect(2).says(&["error: `a.safetensors` is there already", "hint: ", "`--force`"]);
    place.call(&[&again[..], &["--lang", "zh-CN"]].concat()).expect(2).says(&["`a.safetensors` 已经存在", "`--force`"]);
    place.call(&[&again[..], &["--force"]].concat()).expect(0);
    assert_eq!(onnx, fs::read(place.path("a.safetensors")).unwrap());
    let digest = result["model_digest"].as_str().unwrap().as_bytes();
    assert!(onnx.windows(digest.len()).any(|bytes| bytes == digest), "the file names the model that it was made from");

    // In another language it is the same data.
    place.call(&["report", &run, "--lang", "zh-CN", "--output", "zh.html"]).expect(0);
    assert!(fs::read_to_string(place.path("zh.html")).unwrap().contains("lang=\"zh-CN\""));
    place.call(&["evidence", "verify", "zh.html"]).expect(0);
    place.call(&["report", &run]).expect(0);

    let verified = place.call(&["evidence", "verify", &run]).expect(0).stdout;
    assert!(verified.contains("Verified") && verified.contains("the epochs on record (6)"), "{verified}");
    let evidence = place.call(&["evidence", "show", &run]).expect(0).stdout;
    for kind in ["data.profile", "data.gate", "train.run", "eval.result", "accept.decision", "run.reproduced"] {
        assert!(evidence.contains(kind), "{kind} in\n{evidence}");
    }
}

#[test]
fn the_closing_words_fit_the_verdict() {
    let place = Place::new();
    let accepted = place.call(&["run", "tiny.yaml", "--set", "train.epochs=4"]).expect(0).stdout;
    for text in ["Accepted  ", "metrics.accuracy.value >= 0.5", "holds", "report.html", "proofmark reproduce "] {
        assert!(accepted.contains(text), "`{text}` in\n{accepted}");
    }
    let chinese = place.call(&["run", "tiny.yaml", "--lang", "zh-CN"]).expect(0);
    assert!(chinese.stdout.contains("通过  "), "{}", chinese.stdout);
    chinese.says(&["读取数据", "第 1/6 轮  损失 "]);
    let never = "accept=metrics.accuracy.value > 1";
    let refused = place.call(&["run", "tiny.yaml", "--set", never]).expect(1);
    assert!(refused.stdout.contains("Refused") && refused.stdout.contains("does not hold"), "{}", refused.stdout);
    assert!(!refused.stderr.contains("Accept on test"), "refused on validation, test was read: {}", refused.stderr);
    let gate = place.call(&["run", "tiny.yaml", "--set", "quality.require=[source.rows > 1000]"]).expect(1);
    for text in ["Data refused", "source.rows > 1000", "read 200", "Cleaning ended because"] {
        assert!(gate.stdout.contains(text), "`{text}` in\n{}", gate.stdout);
    }
    assert!(!gate.stdout.contains("proofmark reproduce"));
    assert_eq!(place.call(&["check", "tiny.yaml"]).expect(0).stderr, "Read data\n");
    place.call(&["check", "tiny.yaml", "--set", "quality.require=[source.rows > 1000]"]).expect(1);
}

#[test]
fn predictions_come_from_the_model_file_alone() {
    let place = Place::new();
    let run = place.train(".proofmark", &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    // Its data are not needed any more.
    fs::rename(place.path("data"), place.path("moved")).unwrap();
    let call = place.call(&["predict", id, "moved/t10k-images-idx3-ubyte", "--json"]).expect(0);
    let labels = fs::read(place.path("moved/t10k-labels-idx1-ubyte")).unwrap();
    let lines: Vec<serde_json::Value> = call.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 60);
    let right = lines.iter().zip(&labels[8..]).filter(|(line, label)| line["class"] == label.to_string()).count();
    let sum: f64 = lines[0]["probabilities"].as_object().unwrap().values().map(|value| value.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5 && right > 30, "{right} right, sum {sum}");

    fs::write(place.path("text.png"), "no image").unwrap();
    place.call(&["predict", id, "text.png"]).expect(2).says(&["text.png"]);
    place.call(&["predict", id, "nowhere.png"]).expect(2).says(&["nowhere.png"]);
    let mut bytes = model(&run);
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(run.join("model.safetensors"), bytes).unwrap();
    place
        .call(&["predict", id, "moved/t10k-images-idx3-ubyte"])
        .expect(2)
        .says(&["is not the model that was measured"]);
}

#[test]
fn diff_names_the_first_difference() {
    let place = Place::new();
    let first = place.train("a", &[]);
    let again = place.train("b", &["--threads", "2"]);
    let other = place.train("c", &["--set", "seed=8"]);
    let [first, again, other] = [&first, &again, &other].map(|path| path.display().to_string());
    let same = place.call(&["diff", &first, &again]).expect(0).stdout;
    assert!(same.contains("The same"), "{same}");
    let different = place.call(&["diff", &first, &other]).expect(1).stdout;
    assert!(different.contains("Different  The specs differ.") && different.contains("spec.seed"), "{different}");
    let json = place.call(&["diff", &first, &other, "--json"]).expect(1).json();
    let expected = serde_json::json!({ "kind": "spec", "path": "spec.seed", "left": 7, "right": 8 });
    assert_eq!(json["difference"], expected);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let place = Place::new();
    let mut child = place.command(&["schema"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn a_report_shows_images_as_training_sees_them() {
    let place = Place::new();
    let spec = fs::read_to_string(place.path("tiny.yaml")).unwrap();
    let augment =
        "preprocess: [scale_pixels], augment: [flip: { horizontal: 0.5 }, shift: { height: 0.2, width: 0.2 }]";
    // How good it becomes is of no matter here.
    let spec = spec.replace("accept: metrics.accuracy.value >= 0.5", "").replace("preprocess: [scale_pixels]", augment);
    fs::write(place.path("tiny.yaml"), spec).unwrap();
    let run = place.train(".proofmark", &["--set", "train.epochs=2", "--set", "train.loss=mse"]);
    let page = run.join("report.html");
    let html = fs::read_to_string(&page).unwrap();
    let mut data = page_data(&html);
    let augmented = data["data"]["augmented"].clone();
    let names: Vec<&str> =
        augmented["operators"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["flip", "shift"]);
    let samples = augmented["samples"].as_array().unwrap();
    assert!(!samples.is_empty());
    for sample in samples {
        let variants = sample["variants"].as_array().unwrap();
        assert!(variants.len() > 3 && variants.iter().any(|variant| *variant != sample["image"]), "{sample}");
    }
    // The loss is called by its name, and the operators are held to the spec; the images are only observed.
    let metrics: Vec<&str> =
        data["evaluation"]["metrics"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(metrics, ["accuracy", "mse"]);
    place.call(&["evidence", "verify", &page.display().to_string()]).expect(0);
    data["data"]["augmented"]["operators"][0]["name"] = "none".into();
    fs::write(&page, with_data(&html, &data)).unwrap();
    let forged = place.call(&["evidence", "verify", &page.display().to_string()]).expect(1).stdout;
    assert!(forged.contains("`data.augmented.operators"), "{forged}");
}
