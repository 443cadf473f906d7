//! The check against hand-written schemas: each keyword at its edge.

use proofmark_lab::spec::{schema, tree};
use serde_json::{Value, json};

use crate::sample::Sample;

/// The English texts of what is wrong.
fn problems(schema: &Value, yaml: &str) -> Vec<String> {
    let tree = tree::parse(yaml).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"));
    schema::check(&tree, schema).iter().map(ToString::to_string).collect()
}

#[test]
fn each_keyword_at_its_edge() {
    let one_of = json!({ "oneOf": [{ "const": "a" }, { "enum": ["b", "c"] }] });
    let cases = [
        // Schema, what fits, what does not.
        (json!({ "type": "integer" }), vec!["1", "-1"], vec!["1.0", "'1'", "true", "~", "[1]"]),
        (json!({ "type": "number" }), vec!["1", "1.5"], vec!["x", "~"]),
        (json!({ "type": "boolean" }), vec!["true"], vec!["yes", "1"]),
        (json!({ "type": "null" }), vec!["~", ""], vec!["0"]),
        (json!({ "type": ["string", "null"] }), vec!["x", "~"], vec!["1"]),
        (json!({ "type": "integer", "minimum": 1, "maximum": 3 }), vec!["1", "3"], vec!["0", "4"]),
        (json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 1 }), vec!["0.5"], vec!["0", "1", "0.0"]),
        (json!({ "minimum": 0, "exclusiveMinimum": 0 }), vec!["0.1"], vec!["0"]),
        (json!({ "type": "integer", "format": "uint8" }), vec!["0", "255"], vec!["-1", "256"]),
        (json!({ "type": "integer", "format": "uint32", "minimum": 1 }), vec!["4294967295"], vec!["0", "4294967296"]),
        (json!({ "type": "integer", "format": "int32" }), vec!["-2147483648"], vec!["2147483648"]),
        (json!({ "type": "integer", "format": "uint64" }), vec!["9223372036854775807"], vec!["-1"]),
        (json!({ "type": "number", "format": "float" }), vec!["3.4e38"], vec!["3.5e38", "-1e300"]),
        (json!({ "minLength": 1, "maxLength": 2 }), vec!["ab", "中文"], vec!["''", "abc"]),
        (json!({ "minItems": 1, "maxItems": 2 }), vec!["[1]", "[1, 2]"], vec!["[]", "[1, 2, 3]"]),
        (json!({ "items": { "type": "integer" } }), vec!["[]", "[1, 2]"], vec!["[1, x]"]),
        (
            json!({ "prefixItems": [{ "type": "integer" }, { "type": "string" }] }),
            vec!["[1, x]", "[1, x, y]"],
            vec!["[x, 1]"],
        ),
        (json!({ "uniqueItems": true }), vec!["[1, 2]"], vec!["[1, 1]"]),
        (json!({ "const": "a" }), vec!["a"], vec!["b", "1", "[a]"]),
        (json!({ "const": 3 }), vec!["3"], vec!["4", "x"]),
        (json!({ "enum": ["a", "b"] }), vec!["a", "b"], vec!["c"]),
        (one_of, vec!["a", "b", "c"], vec!["d", "1", "{a: 1}"]),
        (json!({ "required": ["a"] }), vec!["{a: 1}", "x"], vec!["{b: 1}"]),
        (json!({ "additionalProperties": { "type": "integer" } }), vec!["{a: 1}"], vec!["{a: x}"]),
        (json!({ "allOf": [{ "minimum": 1 }, { "maximum": 2 }] }), vec!["1", "2"], vec!["0", "3"]),
        (
            json!({ "$ref": "#/$defs/a", "maximum": 3, "$defs": { "a": { "type": "integer" } } }),
            vec!["3"],
            vec!["4", "x"],
        ),
        (json!({ "anyOf": [{ "minimum": 1 }, { "maximum": -1 }] }), vec!["1", "-1"], vec!["0"]),
        (json!(true), vec!["1", "x"], vec![]),
    ];
    for (schema, good, bad) in cases {
        for yaml in good {
            assert_eq!(problems(&schema, yaml), Vec::<String>::new(), "{schema} fits {yaml}");
        }
        for yaml in bad {
            assert!(!problems(&schema, yaml).is_empty(), "{schema} does not fit {yaml}");
        }
    }
}

#[test]
fn the_message_is_about_the_alternative_that_was_meant() {
    let schema = schemars::schema_for!(Sample);
    let spec = |layer: &str| format!("name: a\nmodel:\n  layers:\n    - {layer}\n");
    let cases = [
        (
            "conv2d: { filters: 1, kernel: x }",
            "`model.layers[0].conv2d.kernel` must be an integer or a list, received the text `x`",
        ),
        (
            "conv2d: { filters: 1, kernel: [1] }",
            "the number of values in `model.layers[0].conv2d.kernel` must be 2, received 1",
        ),
        (
            "conv2d: { filters: 1, kernel: [1, x] }",
            "`model.layers[0].conv2d.kernel[1]` must be an integer, received the text `x`",
        ),
        (
            "conv2d: { filters: 1, kernel: 1, activation: rely }",
            "`model.layers[0].conv2d.activation` must be `relu`, `sigmoid` or `softmax`, received `rely`",
        ),
        ("reshape: [1, 2]", "the number of values in `model.layers[0].reshape` must be 3, received 2"),
        ("flatten: {}", "`flatten` has no settings"),
        ("dense", "`dense` needs its settings"),
    ];
    for (layer, expected) in cases {
        assert_eq!(problems(schema.as_value(), &spec(layer)), [expected], "{layer}");
    }
}

#[test]
fn a_misspelt_key_is_one_mistake() {
    let schema = schemars::schema_for!(Sample);
    let yaml = "nam: a\nmodel: { layers: [{ dense: { unit: 3 } }] }\n";
    assert_eq!(
        problems(schema.as_value(), yaml),
        ["unknown key `nam` in the spec", "unknown key `unit` in `model.layers[0].dense`"]
    );
}

#[test]
fn keywords_that_would_be_passed_over_are_listed() {
    assert_eq!(schema::unsupported_keywords(schemars::schema_for!(Sample).as_value()), Vec::<String>::new());
    let schema = json!({
        "pattern": "a",
        "x-ours": 1,
        "properties": { "multipleOf": { "multipleOf": 2, "items": { "not": {} } } },
        "additionalProperties": false,
        "$defs": { "a": { "oneOf": [{ "if": {} }, false] } },
    });
    assert_eq!(schema::unsupported_keywords(&schema), ["false", "if", "multipleOf", "not", "pattern"]);
}
