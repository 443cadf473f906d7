//! The reference of all keys of a spec, from its JSON Schema.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// What a kind has that is a name and nothing else.
const NO_SETTINGS: &str = "none";

/// The reference of a schema, section by section, each type once, in the order in which a reader meets them.
pub(crate) fn reference(schema: &Value) -> String {
    let mut reference = Reference { schema, titles: BTreeMap::new(), text: String::new() };
    reference.object("The whole", "", schema);
    reference.text
}

/// A table of a list's kinds (`Layer`, `Loss`, ..): name and first paragraph of what it is.
pub(crate) fn kinds(schema: &Value, list: &str) -> String {
    let mut table = "| | |\n|---|---|\n".to_owned();
    for form in schema["$defs"][list]["oneOf"].as_array().into_iter().flatten() {
        for (name, content) in form["properties"].as_object().into_iter().flatten() {
            let doc = description(content).or_else(|| description(target(schema, content)?)).unwrap_or_default();
            let first = doc.split("\n\n").next().unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(table, "| `{name}` | {} |", cell(first));
        }
        if let Some(name) = form["const"].as_str() {
            let _ = writeln!(table, "| `{name}` | {} |", cell(&description(form).unwrap_or_default()));
        }
    }
    table
}

struct Reference<'a> {
    schema: &'a Value,
    /// The section of a definition, once it has one.
    titles: BTreeMap<String, String>,
    text: String,
}

/// A definition that gets a section: its name, the path it is met at, and where it stands in the schema.
type Section<'a> = (String, &'a Value);

impl<'a> Reference<'a> {
    fn section(&mut self, path: &str, schema: &'a Value) {
        let heading = format!("`{path}`");
        if schema.get("properties").is_some() {
            self.object(&heading, path, schema);
        } else {
            self.choice(&heading, path, schema);
        }
    }

    /// A map: one row a key.
    fn object(&mut self, heading: &str, path: &str, schema: &'a Value) {
        self.head(heading, schema);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut next = Vec::new();
        if schema["properties"].as_object().is_none_or(Map::is_empty) {
            self.text.push_str("It has no keys.\n");
        } else {
            self.text.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
        }
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let own = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let value = self.value(&own, property, &mut next);
            let default = match property.get("default") {
                _ if required.contains(&key.as_str()) => "required".to_owned(),
                None | Some(Value::Null) => "none".to_owned(),
                // What a whole section has by default stands in that section's own rows.
                Some(Value::Object(fields)) if fields.len() != 1 => "see there".to_owned(),
                Some(default) => format!("`{}`", yaml(default)),
            };
            let meaning =
                description(property).or_else(|| description(target(self.schema, property)?)).unwrap_or_default();
            let _ = writeln!(self.text, "| `{key}` | {value} | {default} | {} |", cell(&meaning));
        }
        self.text.push('\n');
        self.sections(next);
    }

    /// One of several kinds: one row a kind.
    fn choice(&mut self, heading: &str, path: &str, schema: &'a Value) {
        self.head(heading, schema);
        self.text.push_str("| one of | settings | meaning |\n|---|---|---|\n");
        let mut next = Vec::new();
        let forms: Vec<&Value> = schema["oneOf"].as_array().into_iter().flatten().collect();
        let bare: Vec<&str> = forms.iter().flat_map(|form| names(form)).collect();
        for form in &forms {
            for (name, content) in form["properties"].as_object().into_iter().flatten() {
                let value = self.value(&format!("{path}.{name}"), content, &mut next);
                let optional = match bare.contains(&name.as_str()) {
                    true if value == NO_SETTINGS => "",
                    true => "; or the name alone",
                    false => "",
                };
                let meaning = description(form)
                    .or_else(|| description(content))
                    .or_else(|| description(target(self.schema, content)?))
                    .unwrap_or_default();
                let first = meaning.split("\n\n").next().unwrap_or_default();
                let _ = writeln!(self.text, "| `{name}` | {value}{optional} | {} |", cell(first));
            }
        }
        let with_settings = |name: &str| forms.iter().any(|form| form["properties"].get(name).is_some());
        for form in &forms {
            for name in names(form).into_iter().filter(|name| !with_settings(name)) {
                let _ = writeln!(
                    self.text,
                    "| `{name}` | {NO_SETTINGS} | {} |",
                    cell(&description(form).unwrap_or_default())
                );
            }
        }
        self.text.push('\n');
        self.sections(next);
    }

    fn head(&mut self, heading: &str, schema: &Value) {
        let doc = description(schema).unwrap_or_default();
        let _ = write!(self.text, "## {heading}\n\n{}\n\n", doc.trim());
    }

    fn sections(&mut self, next: Vec<Section<'a>>) {
        for (path, schema) in next {
            self.section(&path, schema);
        }
    }

    /// What may stand there, in words; a definition that has no section yet is put on the list.
    fn value(&mut self, path: &str, schema: &'a Value, next: &mut Vec<Section<'a>>) -> String {
        if let Some(name) = reference_of(schema) {
            let definition = &self.schema["$defs"][name];
            let is_section = definition.get("properties").is_some() || definition.get("oneOf").is_some();
            if !is_section {
                return self.value(path, definition, next);
            }
            let title = match self.titles.get(name) {
                Some(title) => title.clone(),
                None => {
                    self.titles.insert(name.to_owned(), path.to_owned());
                    next.push((path.to_owned(), definition));
                    path.to_owned()
                }
            };
            return format!("[{title}](#{})", anchor(&title));
        }
        if let Some(forms) = schema["anyOf"].as_array() {
            let words: Vec<String> =
                forms.iter().filter(|form| form["type"] != "null").map(|form| self.value(path, form, next)).collect();
            return words.join("; or ");
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().map(|value| format!("`{}`", yaml(value))).collect::<Vec<_>>().join(", ");
        }
        if *schema == Value::Bool(true) {
            return "anything".to_owned();
        }
        // An option is written as `["string", "null"]`.
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
            kind => kind.as_str(),
        };
        match kind {
            Some("array") => {
                let item = match schema.get("items") {
                    Some(items) => self.value(&format!("{path}[]"), items, next),
                    None => "values".to_owned(),
                };
                format!("list{} of {item}", length(schema))
            }
            Some("string") => format!("text{}", characters(schema)),
            Some("object") if schema["additionalProperties"] == false => NO_SETTINGS.to_owned(),
            Some("object") if schema["additionalProperties"].is_object() => {
                format!("map of {}", self.value(&format!("{path}.*"), &schema["additionalProperties"], next))
            }
            // What is in it the text says.
            Some("object") => "map".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some(kind @ ("integer" | "number")) => format!("{kind}{}", range(schema)),
            other => panic!("`{path}` is of the type {other:?}, which the reference cannot word yet: {schema}"),
        }
    }
}

/// The name of the definition that a schema is, optional or not.
fn reference_of(schema: &Value) -> Option<&str> {
    let only = |list: &'static str| match schema[list]
        .as_array()?
        .iter()
        .filter(|form| form["type"] != "null")
        .collect::<Vec<_>>()[..]
    {
        [form] => form["$ref"].as_str(),
        _ => None,
    };
    let reference = schema["$ref"].as_str().or_else(|| only("anyOf")).or_else(|| only("allOf"))?;
    reference.rsplit('/').next()
}

fn target<'a>(schema: &'a Value, property: &Value) -> Option<&'a Value> {
    schema["$defs"].get(reference_of(property)?)
}

/// The values of an enumeration without settings.
fn names(form: &Value) -> Vec<&str> {
    let many = form["enum"].as_array().into_iter().flatten();
    many.chain(form.get("const")).filter_map(Value::as_str).collect()
}

/// The documentation of a schema, without what is for readers of the code: examples in Rust, and links to items.
fn description(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?.split("```").next().unwrap_or_default();
    let mut pieces = text.split("[`");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((item, after)) = piece.split_once("`]") else {
            plain = format!("{plain}[`{piece}");
            continue;
        };
        let after = after.strip_prefix('(').and_then(|rest| Some(rest.split_once(')')?.1)).unwrap_or(after);
        plain = format!("{plain}`{item}`{after}");
    }
    Some(plain)
}

/// As a cell of a table: on one line, with bars escaped.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The anchor that pages get for a heading.
fn anchor(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>().to_lowercase()
}

/// A default as one writes it.
fn yaml(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(yaml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => match fields.iter().next() {
            // `{adam: {..defaults..}}` is written as `adam`.
            Some((kind, Value::Object(_))) if fields.len() == 1 => kind.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn range(schema: &Value) -> String {
    let of = |key: &str| schema.get(key).map(number);
    let low = of("minimum").map(|low| (low, "")).or_else(|| of("exclusiveMinimum").map(|low| (low, "above ")));
    let high = of("maximum").map(|high| (high, "")).or_else(|| of("exclusiveMaximum").map(|high| (high, "below ")));
    match (low, high) {
        (None, None) => String::new(),
        (Some((low, "")), None) => format!(", at least {low}"),
        (Some((low, above)), None) => format!(", {above}{low}"),
        (None, Some((high, ""))) => format!(", at most {high}"),
        (None, Some((high, below))) => format!(", {below}{high}"),
        (Some((low, above)), Some((high, below))) => format!(", {above}{low} to {below}{high}"),
    }
}

/// How many characters a text may have.
fn characters(schema: &Value) -> String {
    match (schema.get("minLength").map(number), schema.get("maxLength").map(number)) {
        (None, None) => String::new(),
        (Some(least), None) if least == "1" => ", not empty".to_owned(),
        (least, Some(most)) => format!(", {} to {most} characters", least.unwrap_or_else(|| "0".to_owned())),
        (Some(least), None) => format!(", at least {least} characters"),
    }
}

/// How many values a list may have.
fn length(schema: &Value) -> String {
    match (schema.get("minItems").map(number), schema.get("maxItems").map(number)) {
        (None, None) => String::new(),
        (Some(least), None) => format!(" (at least {least})"),
        (Some(least), Some(most)) if least == most => format!(" ({least})"),
        (least, Some(most)) => format!(" ({} to {most})", least.unwrap_or_else(|| "0".to_owned())),
    }
}

/// A number as one reads it: thousands are set apart.
fn number(value: &Value) -> String {
    let number = value.as_f64().unwrap_or(f64::NAN);
    if number == 9_007_199_254_740_991.0 {
        return "2⁵³ - 1".to_owned();
    }
    if number.abs() >= 1e15 {
        return format!("{number:e}");
    }
    if number.fract() != 0.0 || number.abs() < 10_000.0 {
        return number.to_string();
    }
    let digits = number.abs().to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{anchor, description, range, yaml};

    #[test]
    fn ranges_are_worded() {
        let cases = [
            (json!({}), ""),
            (json!({ "minimum": 1 }), ", at least 1"),
            (json!({ "minimum": 1, "maximum": 65_536 }), ", 1 to 65,536"),
            (json!({ "minimum": 0.0, "exclusiveMaximum": 1 }), ", 0 to below 1"),
            (json!({ "exclusiveMinimum": 0, "maximum": 0.5 }), ", above 0 to 0.5"),
            (json!({ "maximum": 9_007_199_254_740_991_u64 }), ", at most 2⁵³ - 1"),
        ];
        for (schema, expected) in cases {
            assert_eq!(range(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn documentation_is_for_readers_of_the_page() {
        let schema =
            json!({ "description": "As [`Adam`](super::Adam) and [`Sgd`], in `[0, 1]`.\n\n```\nlet x = 1;\n```" });
        assert_eq!(description(&schema).as_deref().map(str::trim), Some("As `Adam` and `Sgd`, in `[0, 1]`."));
    }

    #[test]
    fn names_are_as_pages_and_specs_have_them() {
        assert_eq!(anchor("model.layers[].conv2d"), "modellayersconv2d");
        assert_eq!(yaml(&json!({ "adam": { "learning_rate": 0.001 } })), "adam");
        assert_eq!(yaml(&json!(["accuracy", "loss"])), "[accuracy, loss]");
    }
}
