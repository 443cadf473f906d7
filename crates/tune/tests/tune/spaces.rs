//! Spaces as they are written, read and checked.

use proofmark_tune::{CheckedSpace, Domain, Space, Value, testing};
use serde_json::json;

fn read(json: serde_json::Value) -> Space {
    serde_json::from_value(json).expect("a space")
}

#[test]
fn both_forms_are_read_and_written() {
    let written = json!({
        "train.rate": {"log": [1e-4, 0.01]},
        "model.drop.rate": [0.2, 0.6],
        "data.share": {"linear": [0.0, 1.0], "step": 0.25},
        "train.batch_size": {"log_integer": [16, 512], "when": {"train.kind": ["a", null]}},
        "train.kind": {"choice": ["a", 3, null, [1, 2]]},
        "n": {"integer": [1, 9], "step": 2.0},
    });
    let space = read(written.clone());
    let built = Space::default()
        .with("train.rate", Domain::log(1e-4, 0.01))
        .with("model.drop.rate", Domain::linear(0.2, 0.6))
        .with("data.share", Domain::linear(0.0, 1.0).with_step(0.25))
        .with("train.batch_size", Domain::log_integer(16, 512).when("train.kind", json!(["a", null])))
        .with("train.kind", Domain::choice([json!("a"), json!(3), json!(null), json!([1, 2])]))
        .with("n", Domain::integer(1, 9).with_step(2.0));
    assert_eq!(space, built, "paths keep their order");
    assert_eq!(serde_json::to_value(&space).expect("JSON"), written);
    assert!(space.check("adjust.search").is_ok());
}

#[test]
fn what_is_no_domain_is_refused_with_its_reason() {
    let refused = [
        json!({"x": 3}),
        json!({"x": [1.0]}),
        json!({"x": [1.0, 2.0, 3.0]}),
        json!({"x": {"lag": [1, 2]}}),
        json!({"x": {"integer": [1, 2.5]}}),
        json!([]),
    ];
    let text = |json: serde_json::Value| match serde_json::from_value::<Space>(json.clone()) {
        Ok(space) => panic!("{json} is read as {space:?}"),
        Err(error) => format!("{json}: {error}"),
    };
    insta::assert_snapshot!(refused.map(text).join("\n"));
    let twice = r#"{"x": [1, 2], "x": [3, 4]}"#;
    let error = serde_json::from_str::<Space>(twice).expect_err("a path stands twice");
    assert!(error.to_string().starts_with("`x` stands twice"), "{error}");
}

fn checked(space: &Space) -> CheckedSpace {
    space.check("search").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn steps_reach_their_end_in_spite_of_rounding() {
    // (high - low) / step is 2.9999999999999996 for the first and 3 for the others.
    let cases = [
        ((0.1, 0.4, 0.1), 4),
        ((0.0, 0.3, 0.1), 4),
        ((0.0, 0.35, 0.1), 4),
        ((1.0, 1.0, 0.5), 1),
        ((0.0, 0.8, 0.05), 17),
    ];
    for ((low, high, step), n) in cases {
        let space = checked(&Space::default().with("x", Domain::linear(low, high).with_step(step)));
        assert_eq!(space.parameters()[0].n_values(), Some(n), "[{low}, {high}] by {step}");
    }
    let space = checked(&Space::default().with("n", Domain::integer(0, 9).with_step(4.0)));
    assert_eq!(space.parameters()[0].n_values(), Some(3));
}

#[test]
fn values_are_points_of_their_space() {
    let space = checked(
        &Space::default()
            .with("c", Domain::choice([json!("a"), json!(2)]))
            .with("x", Domain::linear(0.0, 1.0).when("c", 2))
            .with("n", Domain::integer(0, 8).with_step(2.0)),
    );
    let a = Value::Choice { idx: 0, value: json!("a") };
    let two = Value::Choice { idx: 1, value: json!(2) };
    let case = |values: &[(&str, Value)]| {
        let values = values.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
        space.first_misfit(&values).map(str::to_owned)
    };
    let n = |n| ("n", Value::Integer(n));
    let x = |x| ("x", Value::Float(x));
    let misfit = |path: &str| Some(path.to_owned());
    assert_eq!(case(&[("c", a.clone()), n(4)]), None);
    assert_eq!(case(&[("c", two.clone()), x(1.0), n(8)]), None);
    assert_eq!(case(&[("c", two.clone()), n(4)]), misfit("x"), "missing");
    assert_eq!(case(&[("c", a.clone()), x(0.5), n(4)]), misfit("x"), "does not exist with `a`");
    assert_eq!(case(&[("c", two), x(1.5), n(4)]), misfit("x"), "out of range");
    assert_eq!(case(&[("c", a.clone()), n(3)]), misfit("n"), "between two steps");
    assert_eq!(case(&[("c", a.clone()), n(10)]), misfit("n"), "behind the last step");
    assert_eq!(case(&[("c", a.clone()), ("n", Value::Float(4.0))]), misfit("n"), "another type");
    assert_eq!(
        case(&[("c", Value::Choice { idx: 1, value: json!("a") }), n(4)]),
        misfit("c"),
        "index of another value"
    );
    assert_eq!(case(&[("c", a), n(4), ("z", Value::Integer(1))]), misfit("z"), "unknown");
}

#[test]
fn the_spaces_of_the_suite_are_right() {
    for (name, space) in testing::spaces() {
        assert!(space.check("search").is_ok(), "{name}");
        let json = serde_json::to_string(&space).expect("JSON");
        assert_eq!(serde_json::from_str::<Space>(&json).expect("a space"), space, "{name}");
    }
}
