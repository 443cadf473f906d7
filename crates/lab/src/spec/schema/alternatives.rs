//! `oneOf` and `anyOf`: enums and unions. What is said is about the alternative that was meant, never that none fits.

use serde_json::Value;

use super::{Checker, array, is_bare_reference, is_of_kind, kinds, unknown_variant};
use crate::spec::nearest::nearest;
use crate::spec::operands::Kind;
use crate::spec::path::Segment;
use crate::spec::problem::ProblemKind;
use crate::spec::tree::{Key, Node, NodeValue, Position};

/// The alternatives of a schema, unions within unions flattened.
#[derive(Default)]
struct Alternatives<'s> {
    /// Names of variants in the schema's order, units and those with content.
    names: Vec<&'s str>,
    /// Variants without content: a text.
    units: Vec<&'s str>,
    /// Variants with content: a map of one key.
    tagged: Vec<(&'s str, &'s Value)>,
    /// Everything else.
    plain: Vec<&'s Value>,
}

impl<'s> Checker<'s> {
    pub(super) fn alternatives(&mut self, node: &Node, members: &'s [Value], owner: Position) {
        let mut alternatives = Alternatives::default();
        self.flatten(members, &mut alternatives, 0);
        if alternatives.names.is_empty() {
            self.plain(node, &alternatives, owner);
        } else {
            self.variant(node, &alternatives, owner);
        }
    }

    fn flatten(&self, members: &'s [Value], into: &mut Alternatives<'s>, depth: usize) {
        for member in members {
            let target = match member.as_object() {
                Some(keywords) if is_bare_reference(keywords) => self.reference(keywords).unwrap_or(member),
                _ => member,
            };
            let Some(keywords) = target.as_object() else {
                into.plain.push(target);
                continue;
            };
            let nested = array(keywords, "oneOf").or_else(|| array(keywords, "anyOf"));
            let constant = keywords.get("const").map(std::slice::from_ref);
            let constants = constant.or_else(|| array(keywords, "enum")).unwrap_or_default();
            let names: Vec<&str> = constants.iter().filter_map(Value::as_str).collect();
            if let (Some(nested), true) = (nested, depth < super::MAX_REFERENCES) {
                self.flatten(nested, into, depth + 1);
            } else if !names.is_empty() && names.len() == constants.len() {
                into.names.extend(&names);
                into.units.extend(names);
            } else if let Some((name, content)) = tagged(target) {
                into.names.push(name);
                into.tagged.push((name, content));
            } else {
                into.plain.push(target);
            }
        }
    }

    fn variant(&mut self, node: &Node, alternatives: &Alternatives<'s>, owner: Position) {
        let tagged = |name: &str| alternatives.tagged.iter().find(|(tag, _)| *tag == name).map(|(_, content)| *content);
        // A kind that may stand bare is among the names twice: as a text and as a key.
        let names = || -> Vec<String> {
            let mut names: Vec<String> = Vec::new();
            for name in &alternatives.names {
                if !names.iter().any(|other| other == name) {
                    names.push((*name).to_owned());
                }
            }
            names
        };
        let fits_plain = self.accepting(node, alternatives).next().is_some();
        match &node.value {
            NodeValue::Text(text) if alternatives.units.contains(&text.as_str()) => {}
            NodeValue::Text(text) if tagged(text).is_some() => {
                self.problem(ProblemKind::VariantWithoutContent { variant: text.clone() }, node.position);
            }
            NodeValue::Map(entries) if entries.len() == 1 && tagged(&entries[0].0.name).is_some() => {
                let (Key { name, position }, content) = &entries[0];
                if let Some(schema) = tagged(name) {
                    self.path.push(Segment::Key(name.clone()));
                    self.node(content, schema, *position);
                    self.path.pop();
                }
            }
            _ if fits_plain => self.plain(node, alternatives, owner),
            // A text where no text can stand is a wrong type, unless it is nearly one of the names.
            NodeValue::Text(text)
                if self.all_kinds(alternatives).iter().all(|kind| *kind == Kind::Null)
                    || nearest(text, alternatives.names.iter().copied()).is_some() =>
            {
                self.problem(unknown_variant(text, names()), node.position);
            }
            NodeValue::Map(entries) => match entries.as_slice() {
                [] => self.wrong_type(node, Vec::new(), names(), owner),
                [(key, _)] if alternatives.units.contains(&key.name.as_str()) => {
                    self.problem(ProblemKind::VariantWithContent { variant: key.name.clone() }, key.position);
                }
                [(key, _)] => self.problem(unknown_variant(&key.name, names()), key.position),
                // conv2d:
                // filters: 32        <- meant to be below, stands beside
                [(variant, Node { value: NodeValue::Null, .. }), (key, _), ..] if tagged(&variant.name).is_some() => {
                    let kind = ProblemKind::VariantNotIndented { variant: variant.name.clone(), key: key.name.clone() };
                    self.problem(kind, key.position);
                }
                _ => {
                    let kind = ProblemKind::SeveralVariants { received: entries.len(), allowed: names() };
                    self.problem(kind, owner);
                }
            },
            _ => {
                let kinds = self.all_kinds(alternatives);
                self.wrong_type(node, kinds, names(), owner);
            }
        }
    }

    /// Alternatives without names: the one whose type fits is the one that was meant; of several, the one that the value
    /// comes nearest to.
    fn plain(&mut self, node: &Node, alternatives: &Alternatives<'s>, owner: Position) {
        let candidates: Vec<&'s Value> = self.accepting(node, alternatives).collect();
        let mut fewest: Option<Vec<_>> = None;
        for candidate in candidates {
            let mut attempt = Checker { root: self.root, path: self.path.clone(), problems: Vec::new() };
            attempt.node(node, candidate, owner);
            if fewest.as_ref().is_none_or(|fewest| attempt.problems.len() < fewest.len()) {
                fewest = Some(attempt.problems);
            }
        }
        match fewest {
            Some(problems) => self.problems.extend(problems),
            None => {
                let kinds = self.all_kinds(alternatives);
                self.wrong_type(node, kinds, Vec::new(), owner);
            }
        }
    }

    /// The unnamed alternatives whose type fits the node.
    fn accepting<'a>(
        &self,
        node: &'a Node,
        alternatives: &'a Alternatives<'s>,
    ) -> impl Iterator<Item = &'s Value> + 'a {
        alternatives.plain.iter().copied().filter(|schema| {
            let kinds = schema.as_object().map(kinds).unwrap_or_default();
            kinds.is_empty() || kinds.iter().any(|kind| is_of_kind(node, *kind))
        })
    }

    fn all_kinds(&self, alternatives: &Alternatives<'s>) -> Vec<Kind> {
        let mut all = Vec::new();
        for kind in alternatives.plain.iter().filter_map(|schema| schema.as_object()).flat_map(kinds) {
            if !all.contains(&kind) {
                all.push(kind);
            }
        }
        all
    }
}

/// A map of exactly one key, as an externally tagged variant is.
fn tagged(schema: &Value) -> Option<(&str, &Value)> {
    let keywords = schema.as_object()?;
    let properties = keywords.get("properties")?.as_object()?;
    let (name, content) = properties.iter().next()?;
    let is_required = array(keywords, "required").is_some_and(|required| required.iter().any(|key| key == name));
    let is_closed = keywords.get("additionalProperties") == Some(&Value::Bool(false));
    (properties.len() == 1 && is_required && is_closed).then_some((name.as_str(), content))
}
