//! `adjust` as it is written, and its schema.

use proofmark_tune::samplers::{Cmaes, Tpe};
use proofmark_tune::{AdjustSpec, Domain, Goal, Goals, Pruner, Sampler, Space};
use serde_json::{Value, json};

#[test]
fn the_sketch_of_the_documentation_is_read() {
    let spec: AdjustSpec = serde_json::from_value(json!({
        "trials": 12,
        "sampler": "tpe",
        "pruner": "asha",
        "goal": {"maximize": "validation.accuracy"},
        "search": {
            "train.optimizer.adam.learning_rate": {"log": [0.0001, 0.01]},
            "model.drop.rate": [0.2, 0.6],
        },
    }))
    .expect("a spec");
    assert_eq!((spec.trials, spec.sampler.kind(), spec.pruner.kind(), spec.parallel), (12, "tpe", "asha", 1));
    assert_eq!(spec.goal, Goals(vec![Goal::Maximize("validation.accuracy".into())]));
    assert!(spec.reproduces() && spec.check("adjust").is_ok());
}

#[test]
fn what_is_left_out_has_its_default_and_all_is_written_again() {
    let spec: AdjustSpec =
        serde_json::from_value(json!({"goal": [{"minimize": "a"}, {"maximize": "b"}], "search": {"x": [0, 1]}}))
            .expect("a spec");
    insta::assert_snapshot!(serde_json::to_string_pretty(&spec).expect("JSON"));
    let again: AdjustSpec = serde_json::from_str(&serde_json::to_string(&spec).expect("JSON")).expect("a spec");
    assert_eq!(again, spec);
}

#[test]
fn what_hangs_on_time_does_not_reproduce() {
    let mut spec = AdjustSpec::new(Goal::Minimize("loss".into()), Space::default().with("x", Domain::linear(0.0, 1.0)));
    assert!(spec.reproduces());
    spec.parallel = 2;
    assert!(!spec.reproduces());
    spec.parallel = 1;
    spec.seconds = Some(60.0);
    assert!(!spec.reproduces());
}

#[test]
fn the_schema_says_the_same_ranges_as_the_checks() {
    let schema = schemars::schema_for!(AdjustSpec);
    let schema = schema.as_value();
    let base = json!({"goal": {"minimize": "loss"}, "search": {"x": [0.0, 1.0]}});
    let mut tried = Vec::new();
    let mut try_value = |path: &str, rules: &Value, place: &dyn Fn(Value) -> Value| {
        for (keyword, shift) in [("minimum", -1.0), ("maximum", 1.0), ("exclusiveMinimum", 0.0)] {
            // Counts cannot be negative: serde refuses them already.
            let Some(end) = rules[keyword].as_f64().filter(|end| end + shift >= 0.0) else { continue };
            let value = end + shift;
            let value = if rules["type"] == "integer" || rules["type"][0] == "integer" {
                json!(value as u64)
            } else {
                json!(value)
            };
            let mut spec = base.clone();
            spec.as_object_mut().expect("a map").extend(place(value.clone()).as_object().expect("a map").clone());
            let spec: AdjustSpec =
                serde_json::from_value(spec).unwrap_or_else(|error| panic!("{path} = {value}: {error}"));
            let errors = spec.check("adjust").err().unwrap_or_else(|| panic!("{path} = {value} is accepted"));
            assert_eq!(errors.errors()[0].path, format!("adjust.{path}"));
            tried.push(format!("{path} = {value}"));
        }
    };
    for key in ["trials", "parallel", "seconds"] {
        try_value(key, &schema["properties"][key], &|value| json!({ key: value }));
    }
    let lists: [(&str, &[&str], [&str; 4]); 2] = [
        ("sampler", Sampler::KINDS, ["Random", "Grid", "Tpe", "Cmaes"]),
        ("pruner", Pruner::KINDS, ["NoPruning", "Median", "Asha", ""]),
    ];
    for (list, kinds, names) in lists {
        for (kind, name) in kinds.iter().zip(names) {
            for (key, rules) in schema["$defs"][name]["properties"].as_object().into_iter().flatten() {
                let place = |value| json!({ list: { *kind: { key: value } } });
                try_value(&format!("{list}.{kind}.{key}"), rules, &place);
            }
        }
    }
    insta::assert_snapshot!(tried.join("\n"));
}

#[test]
fn the_schema_is_what_editors_see() {
    let schema = schemars::schema_for!(AdjustSpec);
    insta::assert_snapshot!(serde_json::to_string_pretty(schema.as_value()).expect("JSON"));
}

#[test]
fn samplers_are_read_by_name_or_with_settings() {
    let read = |json: Value| serde_json::from_value::<Sampler>(json);
    assert_eq!(read(json!("tpe")).expect("a sampler"), Tpe::default().into());
    assert_eq!(
        read(json!({"cmaes": {"population": 9}})).expect("a sampler"),
        Cmaes { population: Some(9), ..Cmaes::default() }.into()
    );
    assert!(read(json!({"tpe": {"gamma": 0.1}})).is_err());
    assert!(read(json!({"tpe": {}, "random": {}})).is_err());
}
