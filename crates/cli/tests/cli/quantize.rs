//! The model of a run with weights of 8 bits.

use std::fs;

use crate::fixture::Place;

#[test]
fn a_model_is_quantised_measured_and_read_again() {
    let place = Place::new();
    let run = place.train(".proofmark", &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    place.call(&["predict", id, "data/t10k-images-idx3-ubyte", "--quantized"]).expect(2).says(&[
        "error: the run ",
        "has no model with weights of 8 bits",
        "hint: `proofmark quantize ",
    ]);
    let made = place.call(&["quantize", id, "--json"]).expect(0).json();
    let file = run.join("model.int8.safetensors");
    let bytes = fs::read(&file).unwrap();
    assert_eq!(made["after"]["bytes"], bytes.len());
    assert_eq!((&made["split"], &made["rows"], &made["recorded"]), (&"test".into(), &60.into(), &true.into()));
    assert_eq!((&made["calibration"]["method"], &made["paired"]["rows"]), (&"max".into(), &60.into()));
    assert!(made["layers"].as_array().unwrap().iter().any(|layer| layer == "dense_1.kernel"), "{made}");
    let accuracy = |value: &serde_json::Value| value["metrics"]["accuracy"]["value"].as_f64().unwrap();
    let shown = place.call(&["runs", "show", id, "--json"]).expect(0).json();
    assert_eq!(made["before"]["metrics"]["accuracy"]["value"], shown["metrics"]["accuracy"]["value"], "{shown}");
    assert!((accuracy(&made["before"]) - accuracy(&made["after"])).abs() < 0.1, "{made}");

    // The same bits again, whoever makes it; and wherever it is written.
    let again = place.call(&["quantize", id, "--out", "a.safetensors", "--threads", "3", "--simd", "scalar", "--json"]);
    let again = again.expect(0).json();
    assert_eq!((&again["digest"], &again["file"]), (&made["digest"], &"a.safetensors".into()));
    assert_eq!(fs::read(place.path("a.safetensors")).unwrap(), bytes);
    place.call(&["quantize", id, "--out", "a.safetensors"]).expect(2).says(&["is there already", "`--force`"]);
    let model = run.join("model.safetensors").display().to_string();
    let other = ["quantize", &model, "--method", "percentile", "--percentile", "99", "--calibrate", "20"];
    let text = place.call(&[&other[..], &["--out", "b.safetensors"]].concat()).expect(0).stdout;
    for part in ["b.safetensors", "percentile 99", "20 training rows", "before", "after", "McNemar", "time an image"] {
        assert!(text.contains(part), "`{part}` in\n{text}");
    }
    let chinese = place.call(&["quantize", id, "--lang", "zh-CN"]).expect(0).stdout;
    assert!(chinese.contains("量化前") && chinese.contains("McNemar 检验"), "{chinese}");

    // What it says is what was measured.
    let call = place.call(&["predict", id, "data/t10k-images-idx3-ubyte", "--quantized", "--json"]).expect(0);
    let labels = fs::read(place.path("data/t10k-labels-idx1-ubyte")).unwrap();
    let lines: Vec<serde_json::Value> = call.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let right = lines.iter().zip(&labels[8..]).filter(|(line, label)| line["class"] == label.to_string()).count();
    assert_eq!(right as f64 / 60.0, accuracy(&made["after"]));
    for (file, side) in [("a.safetensors", "after"), (&model, "before")] {
        let measured = place.call(&["evaluate", "--model", file, "--data", "tiny.yaml", "--json"]).expect(0).json();
        assert_eq!(measured["metrics"]["accuracy"]["value"], made[side]["metrics"]["accuracy"]["value"], "{side}");
    }
    let evidence = place.call(&["evidence", "show", id]).expect(0).stdout;
    assert!(evidence.contains("model.quantized"), "{evidence}");
    let verified = place.call(&["evidence", "verify", id]).expect(0).stdout;
    assert!(verified.contains("the model with weights of 8 bits is the one"), "{verified}");

    place.call(&["quantize", "a.safetensors"]).expect(2).says(&["has weights of 8 bits already", "hint: "]);
    place
        .call(&["quantize", id, "--percentile", "40"])
        .expect(2)
        .says(&["above 50", "`40` cannot be the value of `--percentile"]);
    place.call(&["quantize", id, "--percentile", "99", "--method", "max"]).expect(2).says(&["cannot stand together"]);
    let spec = fs::read_to_string(place.path("tiny.yaml")).unwrap();
    let (head, tail) = (spec.split("  layers:").next().unwrap(), spec.split("train:\n").nth(1).unwrap());
    let layers = "  layers: [max_pool2d: { size: [8, 2], stride: [8, 3] }, flatten, batch_norm, softmax]";
    let tail = tail.replace("value >= 0.5", "value >= 0");
    fs::write(place.path("pooled.yaml"), format!("{head}{layers}\ntrain:\n{tail}")).unwrap();
    place.call(&["run", "pooled.yaml", "--data-dir", "pooled"]).expect(0);
    let pooled = place.only_run("pooled").display().to_string();
    place
        .call(&["quantize", &pooled])
        .expect(2)
        .says(&["has no layer that can have weights of 8 bits", "hint: dense layers"]);

    let mut altered = bytes;
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&file, altered).unwrap();
    place
        .call(&["predict", id, "data/t10k-images-idx3-ubyte", "--quantized"])
        .expect(2)
        .says(&["is not the model that was measured"]);
    let verified = place.call(&["evidence", "verify", id]).expect(1).stdout;
    assert!(verified.contains("model.int8.safetensors"), "{verified}");
}
