//! A tree against a JSON Schema: every problem at once.
//!
//! The schemas are those that `schemars` derives from our spec types, draft 2020-12; this is no general validator. A
//! keyword that it does not know would be passed over in silence, so [`unsupported_keywords`] lists them, and a test of
//! the spec type holds that list empty.

mod alternatives;
mod limits;

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::operands::{Expected, Kind, Received};
use super::path::{Path, Segment};
use super::problem::{Problem, ProblemKind};
use super::tree::{Key, MAX_PROBLEMS, Node, NodeValue, Position};

/// A chain of references longer than this leads nowhere; `schemars` emits chains of one.
const MAX_REFERENCES: usize = 32;

/// Keywords that constrain a value and that [`check`] applies.
const CONSTRAINTS: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "prefixItems",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

/// Keywords that say something to people and nothing to the check.
const ANNOTATIONS: &[&str] =
    &["$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "examples", "title"];

/// Checks a tree against a schema. The problems stand in the order of the tree, at most [`MAX_PROBLEMS`]; none means that
/// it fits.
pub fn check(tree: &Node, schema: &Value) -> Vec<Problem> {
    let mut checker = Checker { root: schema, path: Vec::new(), problems: Vec::new() };
    checker.node(tree, schema, tree.position);
    checker.problems
}

/// The keywords in a schema that [`check`] does not apply, each once, in alphabetical order. Keywords that start with `x-`
/// are the caller's own.
pub fn unsupported_keywords(schema: &Value) -> Vec<String> {
    let mut unknown = std::collections::BTreeSet::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        let keywords = match schema {
            Value::Object(keywords) => keywords,
            Value::Bool(true) => continue,
            other => {
                unknown.insert(other.to_string());
                continue;
            }
        };
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("properties" | "$defs", Value::Object(members)) => open.extend(members.values()),
                ("oneOf" | "anyOf" | "allOf" | "prefixItems", Value::Array(members)) => open.extend(members),
                ("additionalProperties", Value::Bool(_)) => {}
                ("items", Value::Bool(false)) => {}
                ("items" | "additionalProperties", member) => open.push(member),
                (known, _) if CONSTRAINTS.contains(&known) || ANNOTATIONS.contains(&known) => {}
                (extension, _) if extension.starts_with("x-") => {}
                (keyword, _) => {
                    unknown.insert(keyword.to_owned());
                }
            }
        }
    }
    unknown.into_iter().collect()
}

struct Checker<'s> {
    root: &'s Value,
    path: Vec<Segment>,
    problems: Vec<Problem>,
}

impl<'s> Checker<'s> {
    fn problem(&mut self, kind: ProblemKind, position: Position) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        self.problems.push(Problem { kind, path: Path(self.path.clone()), position });
    }

    /// Checks a node; `owner` is where a person would look for it: at its key, if it has one.
    fn node(&mut self, node: &Node, schema: &'s Value, owner: Position) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        let Some(keywords) = schema.as_object() else { return };
        if let Some(target) = self.reference(keywords) {
            let before = self.problems.len();
            self.node(node, target, owner);
            if self.problems.len() > before {
                return;
            }
        }
        for members in ["oneOf", "anyOf"].into_iter().filter_map(|keyword| array(keywords, keyword)) {
            self.alternatives(node, members, owner);
        }
        for member in array(keywords, "allOf").into_iter().flatten() {
            self.node(node, member, owner);
        }
        if !self.constant(node, keywords) || !self.kind(node, keywords, owner) {
            return;
        }
        match &node.value {
            NodeValue::Map(entries) => self.map(entries, keywords, owner),
            NodeValue::List(items) => self.list(items, keywords, owner),
            NodeValue::Integer(_) | NodeValue::Float(_) => self.range(node, keywords),
            NodeValue::Text(text) => self.text_length(text, keywords, node.position),
            NodeValue::Null | NodeValue::Bool(_) => {}
        }
    }

    /// What a `$ref` leads to, through other bare references.
    fn reference(&self, keywords: &'s Map<String, Value>) -> Option<&'s Value> {
        let mut target = self.definition(keywords)?;
        for _ in 0..MAX_REFERENCES {
            match target.as_object() {
                Some(next) if is_bare_reference(next) => target = self.definition(next)?,
                _ => return Some(target),
            }
        }
        None
    }

    fn definition(&self, keywords: &'s Map<String, Value>) -> Option<&'s Value> {
        self.root.pointer(keywords.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// Checks `const` and `enum`; whether to go on.
    fn constant(&mut self, node: &Node, keywords: &'s Map<String, Value>) -> bool {
        let constant = keywords.get("const").map(std::slice::from_ref);
        let Some(allowed) = constant.or_else(|| array(keywords, "enum")) else { return true };
        let value = node.to_json();
        if allowed.contains(&value) {
            return true;
        }
        let names: Vec<String> = allowed.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        let received = Received::of(node);
        let kind = match &node.value {
            NodeValue::Text(text) if names.len() == allowed.len() => unknown_variant(text, names),
            _ if names.len() == allowed.len() => {
                ProblemKind::WrongType { expected: Expected { kinds: Vec::new(), names }, received }
            }
            _ => ProblemKind::NotAllowed { received, allowed: allowed.iter().map(Value::to_string).collect() },
        };
        self.problem(kind, node.position);
        false
    }

    /// Checks `type`; whether to go on.
    fn kind(&mut self, node: &Node, keywords: &Map<String, Value>, owner: Position) -> bool {
        let kinds = kinds(keywords);
        if kinds.is_empty() || kinds.iter().any(|kind| is_of_kind(node, *kind)) {
            return true;
        }
        self.wrong_type(node, kinds, Vec::new(), owner);
        false
    }

    fn wrong_type(&mut self, node: &Node, kinds: Vec<Kind>, names: Vec<String>, owner: Position) {
        // Leaving a value out is how one writes null; it need not be offered beside the others.
        let others: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::Null).collect();
        let kinds = if others.is_empty() && names.is_empty() { kinds } else { others };
        let received = Received::of(node);
        let position = if matches!(received, Received::Nothing) { owner } else { node.position };
        self.problem(ProblemKind::WrongType { expected: Expected { kinds, names }, received }, position);
    }

    fn map(&mut self, entries: &[(Key, Node)], keywords: &'s Map<String, Value>, owner: Position) {
        let properties = keywords.get("properties").and_then(Value::as_object);
        let additional = keywords.get("additionalProperties");
        let is_closed = additional.is_some_and(|additional| *additional == Value::Bool(false));
        let all = || properties.into_iter().flat_map(Map::keys).map(String::as_str);
        let is_there = |name: &str| entries.iter().any(|(key, _)| key.name == name);
        // Computed once, and only if something is wrong.
        let free = std::cell::LazyCell::new(|| all().filter(|name| !is_there(name)).collect::<Vec<_>>());
        let mut meant = Vec::new();
        for (key, node) in entries {
            if self.problems.len() >= MAX_PROBLEMS {
                return;
            }
            let schema = properties.and_then(|properties| properties.get(&key.name));
            if schema.is_none() && is_closed {
                // A key that is there already was hardly meant a second time, unless nothing else is near.
                let near = nearest(&key.name, free.iter().copied()).or_else(|| nearest(&key.name, all()));
                let near = near.map(str::to_owned);
                meant.extend(near.clone());
                let kind = ProblemKind::UnknownKey {
                    key: key.name.clone(),
                    nearest: near,
                    allowed: all().map(str::to_owned).collect(),
                };
                self.problem(kind, key.position);
            } else if let Some(schema) = schema.or(additional) {
                self.path.push(Segment::Key(key.name.clone()));
                self.node(node, schema, key.position);
                self.path.pop();
            }
        }
        for required in array(keywords, "required").into_iter().flatten().filter_map(Value::as_str) {
            // A misspelt key is one mistake, not an unknown key and a missing one.
            if !is_there(required) && !meant.iter().any(|meant| meant == required) {
                self.problem(ProblemKind::MissingKey { key: required.to_owned() }, owner);
            }
        }
    }

    fn list(&mut self, items: &[Node], keywords: &'s Map<String, Value>, owner: Position) {
        if !self.list_length(items.len(), keywords, owner) {
            return;
        }
        if keywords.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.unique(items);
        }
        let prefix = array(keywords, "prefixItems").unwrap_or_default();
        let rest = keywords.get("items");
        for (idx, item) in items.iter().enumerate() {
            if let Some(schema) = prefix.get(idx).or(rest) {
                self.path.push(Segment::Index(idx));
                self.node(item, schema, item.position);
                self.path.pop();
            }
        }
    }

    fn unique(&mut self, items: &[Node]) {
        let mut first_indices = std::collections::BTreeMap::new();
        for (idx, item) in items.iter().enumerate() {
            let first_idx = *first_indices.entry(item.to_json().to_string()).or_insert(idx);
            if first_idx != idx {
                self.path.push(Segment::Index(idx));
                self.problem(ProblemKind::DuplicateItem { first_idx, received: Received::of(item) }, item.position);
                self.path.pop();
            }
        }
    }
}

fn array<'s>(keywords: &'s Map<String, Value>, keyword: &str) -> Option<&'s [Value]> {
    keywords.get(keyword)?.as_array().map(Vec::as_slice)
}

/// A schema that says nothing but where to look, annotations aside.
fn is_bare_reference(keywords: &Map<String, Value>) -> bool {
    keywords.contains_key("$ref")
        && keywords.keys().all(|keyword| keyword == "$ref" || ANNOTATIONS.contains(&keyword.as_str()))
}

/// The types that a schema names; empty if any will do.
fn kinds(keywords: &Map<String, Value>) -> Vec<Kind> {
    let kind = |name: &Value| match name.as_str() {
        Some("null") => Some(Kind::Null),
        Some("boolean") => Some(Kind::Boolean),
        Some("integer") => Some(Kind::Integer),
        Some("number") => Some(Kind::Number),
        Some("string") => Some(Kind::Text),
        Some("array") => Some(Kind::List),
        Some("object") => Some(Kind::Map),
        _ => None,
    };
    match keywords.get("type") {
        Some(Value::Array(names)) => names.iter().filter_map(kind).collect(),
        Some(name) => kind(name).into_iter().collect(),
        None => Vec::new(),
    }
}

fn is_of_kind(node: &Node, kind: Kind) -> bool {
    match &node.value {
        NodeValue::Null => kind == Kind::Null,
        NodeValue::Bool(_) => kind == Kind::Boolean,
        NodeValue::Integer(_) => matches!(kind, Kind::Integer | Kind::Number),
        NodeValue::Float(_) => kind == Kind::Number,
        NodeValue::Text(_) => kind == Kind::Text,
        NodeValue::List(_) => kind == Kind::List,
        NodeValue::Map(_) => kind == Kind::Map,
    }
}

fn unknown_variant(text: &str, allowed: Vec<String>) -> ProblemKind {
    let near = nearest(text, allowed.iter().map(String::as_str)).map(str::to_owned);
    ProblemKind::UnknownVariant { received: text.to_owned(), nearest: near, allowed }
}
