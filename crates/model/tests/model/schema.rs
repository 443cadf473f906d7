//! The JSON Schema says the same ranges as the checks in Rust.

use proofmark_model::layers::dense;
use proofmark_model::{Layer, Loss, ModelSpec, Optimizer, Regularizer, Schedule, Target};
use serde_json::{Map, Value, json};

/// The smallest value of each kind, so that one parameter at a time can be made wrong.
const LAYERS: &[(&str, &str)] = &[
    ("dense", r#"{ "units": 4 }"#),
    ("conv2d", r#"{ "filters": 4, "kernel": 3 }"#),
    ("conv2d_transpose", r#"{ "filters": 4, "kernel": 3 }"#),
    ("conv1d", r#"{ "filters": 4, "kernel": 3 }"#),
    ("reshape", r#"{ "shape": [4] }"#),
    ("permute", r#"{ "axes": [0] }"#),
    ("activation", r#"{ "function": "relu" }"#),
    ("dropout", r#"{ "rate": 0.5 }"#),
];

/// Calls `check` with every value just outside a range of the schema; returns how many there were.
fn walk(schema: &Value, kind: &str, base: &Map<String, Value>, check: &dyn Fn(Value, &str)) -> usize {
    let defined = |name: &str| schema["$defs"].get(name).cloned().unwrap_or_else(|| panic!("`{name}` is not defined"));
    let struct_name = find_reference(schema, kind);
    let properties = defined(&struct_name)["properties"].as_object().cloned().unwrap_or_default();
    let mut n_tried = 0;
    for (property, rules) in properties {
        let ranges = match rules.get("$ref").and_then(Value::as_str).or_else(|| reference_of(&rules)) {
            Some(reference) if reference.ends_with("/Pair") => defined("Pair")["anyOf"][0].clone(),
            _ => rules,
        };
        let mut wrong = Vec::new();
        for (key, shift) in [("minimum", -1.0), ("maximum", 1.0), ("exclusiveMinimum", 0.0), ("exclusiveMaximum", 0.0)]
        {
            if let Some(end) = ranges.get(key).and_then(Value::as_f64) {
                let value = end + shift * f64::max(1.0, end.abs() * 1e-6);
                wrong.push(if ranges["type"] == "integer" { json!(value as i64) } else { json!(value) });
            }
        }
        for value in wrong {
            let mut parameters = base.clone();
            parameters.insert(property.clone(), value);
            check(json!({ kind: parameters }), &format!("{kind}.{property}"));
            n_tried += 1;
        }
    }
    n_tried
}

fn reference_of(rules: &Value) -> Option<&str> {
    let forms = rules.get("anyOf")?.as_array()?;
    forms.iter().find_map(|form| form.get("$ref")?.as_str())
}

/// The struct of a kind, as the list's own schema names it.
fn find_reference(schema: &Value, kind: &str) -> String {
    let forms = schema["oneOf"].as_array().expect("forms");
    let reference = forms
        .iter()
        .find_map(|form| form["properties"].get(kind)?["$ref"].as_str())
        .unwrap_or_else(|| panic!("`{kind}` is not in the schema"));
    reference.rsplit('/').next().expect("a name").to_owned()
}

fn schema<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

fn base(kind: &str, bases: &[(&str, &str)]) -> Map<String, Value> {
    let json = bases.iter().find(|(name, _)| *name == kind).map_or("{}", |(_, json)| json);
    serde_json::from_str(json).expect("an object")
}

/// A value outside the range is refused, when it is read or when it is checked.
fn assert_refused<T: serde::de::DeserializeOwned>(value: Value, what: &str, is_refused: impl Fn(T) -> bool) {
    if let Ok(read) = serde_json::from_value::<T>(value.clone()) {
        assert!(is_refused(read), "{what}: {value} is outside the schema and accepted");
    }
}

#[test]
fn layers() {
    let schema = schema::<Layer>();
    let mut n_tried = 0;
    for kind in Layer::KINDS {
        n_tried += walk(&schema, kind, &base(kind, LAYERS), &|value, what| {
            assert_refused::<Layer>(value, what, |layer| {
                let spec = ModelSpec::new().add(layer).add(proofmark_model::layers::flatten()).add(dense(1));
                let errors = spec.check([9, 9, 4], Target::Number { outputs: 1 }).expect_err(what);
                errors.errors()[0].path == format!("model.layers[0].{what}")
            });
        });
    }
    assert!(n_tried > 20, "{n_tried}");
}

#[test]
fn losses_optimizers_and_schedules() {
    let mut n_tried = 0;
    let schema_of_losses = schema::<Loss>();
    for kind in Loss::KINDS {
        n_tried += walk(&schema_of_losses, kind, &Map::new(), &|value, what| {
            assert_refused::<Loss>(value, what, |loss| loss.check("train.loss").is_err());
        });
    }
    let schema_of_optimizers = schema::<Optimizer>();
    for kind in Optimizer::KINDS {
        n_tried += walk(&schema_of_optimizers, kind, &Map::new(), &|value, what| {
            assert_refused::<Optimizer>(value, what, |optimizer| {
                let errors = optimizer.check("train.optimizer").expect_err(what);
                errors.errors()[0].path == format!("train.optimizer.{what}")
            });
        });
    }
    let bases =
        [("step", r#"{ "every": 1 }"#), ("exponential", r#"{ "rate": 0.5 }"#), ("warm_up", r#"{ "steps": 5 }"#)];
    let schema_of_schedules = schema::<Schedule>();
    for kind in Schedule::KINDS {
        n_tried += walk(&schema_of_schedules, kind, &base(kind, &bases), &|value, what| {
            assert_refused::<Schedule>(value, what, |schedule| schedule.check("train.schedule").is_err());
        });
    }
    assert!(n_tried > 25, "{n_tried}");
}

#[test]
fn bare_names_are_those_without_required_parameters() {
    let bare = |schema: Value| -> Vec<String> {
        let forms = schema["oneOf"].as_array().expect("forms").clone();
        let names = forms.last().expect("a form")["enum"].as_array().expect("names").clone();
        names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    for kind in Layer::KINDS {
        let is_read = serde_json::from_value::<Layer>(json!(kind)).is_ok();
        assert_eq!(is_read, bare(schema::<Layer>()).iter().any(|name| name == kind), "{kind}");
    }
    assert_eq!(bare(schema::<Optimizer>()), Optimizer::KINDS);
    assert_eq!(bare(schema::<Loss>()), Loss::KINDS);
    insta::assert_snapshot!(bare(schema::<Layer>()).join(" "), @"max_pool2d max_pool1d average_pool2d average_pool1d global_max_pool2d global_max_pool1d global_average_pool2d global_average_pool1d flatten add multiply concatenate batch_norm layer_norm rms_norm group_norm unit_norm position_embedding position_encoding sequence_length relu softmax");
}

#[test]
fn a_kind_in_the_schema() {
    let schema = schema::<ModelSpec>();
    insta::assert_snapshot!(serde_json::to_string_pretty(&schema["$defs"]["Dropout"]).expect("a schema"));
    let penalty: Regularizer = serde_json::from_str(r#"{ "l2": 0.1 }"#).expect("a penalty");
    assert_eq!(penalty.l1, 0.0);
}
