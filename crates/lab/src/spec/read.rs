//! From text to a typed spec that still knows where everything stands.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::diagnostic::{Diagnostic, Diagnostics, Message, Texts};
use super::path::{Path, Segment, find_nearest};
use super::problem::{Problem, ProblemKind};
use super::tree::{Node, NodeValue, Position, Source};
use super::{overrides, schema, tree};

/// A spec that was read, with its tree, so that what turns out to be wrong later can be shown in the user's file.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// The typed spec, defaults filled in.
    pub value: T,
    /// What the user wrote, the overrides applied. Defaults are not in it.
    pub tree: Node,
    texts: Texts,
}

/// A place in one of the user's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'r> {
    /// The file's name as the user gave it, or `--set`.
    pub origin: &'r str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Reads a spec: parses `text`, applies the `--set` arguments, checks the whole against the schema of `T`, and only then
/// builds the value. `file_name` is shown in messages.
///
/// # Errors
/// Everything that is wrong, from the top of the file to its end, then the overrides. Text that is no YAML is reported
/// alone, since nothing can be said about what comes after it.
pub fn read<T: DeserializeOwned + JsonSchema>(
    file_name: &str,
    text: &str,
    overrides: &[String],
) -> Result<Read<T>, Diagnostics> {
    let texts = Texts { file_name: file_name.to_owned(), text: text.to_owned(), overrides: overrides.to_vec() };
    match read_value(&texts) {
        Ok((value, tree)) => Ok(Read { value, tree, texts }),
        Err(problems) => Err(texts.diagnostics(problems)),
    }
}

fn read_value<T: DeserializeOwned + JsonSchema>(texts: &Texts) -> Result<(T, Node), Vec<Problem>> {
    let mut tree = tree::parse(&texts.text)?;
    let mut problems = overrides::apply(&mut tree, &texts.overrides);
    problems.extend(schema::check(&tree, schemars::schema_for!(T).as_value()));
    if !problems.is_empty() {
        return Err(problems);
    }
    match serde_path_to_error::deserialize(tree.to_json()) {
        Ok(value) => Ok((value, tree)),
        Err(error) => {
            let path = path_of(error.path());
            let position = position_of(&tree, &path.to_string());
            let kind = ProblemKind::Refused { source: Arc::new(error.into_inner()) };
            Err(vec![Problem { kind, path, position }])
        }
    }
}

impl<T> Read<T> {
    /// Where a value stands, as `model.layers[3]`. `None` if the user did not write it, because it is a default or because
    /// there is no such value.
    pub fn position_of(&self, path: &str) -> Option<Location<'_>> {
        self.tree.at(path)?;
        let position = position_of(&self.tree, path);
        let origin = self.texts.origin(position.source);
        Some(Location { origin, line: position.line, column: position.column })
    }

    /// An error about a value, shown in the user's text: at the value, or at the nearest thing around it that the user
    /// wrote.
    pub fn diagnostic(&self, path: &str, message: impl Message) -> Diagnostic {
        let place = Some(self.texts.place(position_of(&self.tree, path)));
        Diagnostic { message: Box::new(message), place }
    }

    /// Several errors, each about the value with its path.
    pub fn diagnostics<M: Message>(&self, messages: impl IntoIterator<Item = (String, M)>) -> Diagnostics {
        let entries = messages.into_iter().map(|(path, message)| self.diagnostic(&path, message)).collect();
        Diagnostics { file: self.texts.file_name.clone(), entries }
    }
}

/// How far below a list's element an override is still about that element: a layer is `{dense: {units: 7}}`.
const OVERRIDE_REACH: usize = 2;

/// The place to point at: a scalar itself, and the key of what spreads over several lines. Where `--set` changed something
/// in an element of a list, which is small, the last such change, since the file's line looks right.
fn position_of(tree: &Node, path: &str) -> Position {
    let (found, rest) = find_nearest(tree, path);
    if let Some(position) = last_override(found.node, OVERRIDE_REACH).filter(|_| rest.is_empty() && path.contains('['))
    {
        return position;
    }
    let is_scalar = !matches!(found.node.value, NodeValue::List(_) | NodeValue::Map(_));
    match found.key {
        Some(key) if !(is_scalar && rest.is_empty()) => key.position,
        _ => found.node.position,
    }
}

/// Where the last `--set` stands that changed a value or something at most `reach` levels below it.
fn last_override(node: &Node, reach: usize) -> Option<Position> {
    let own = Some(node.position).filter(|position| matches!(position.source, Source::Override(_)));
    let below: Box<dyn Iterator<Item = &Node>> = match &node.value {
        _ if reach == 0 => Box::new(std::iter::empty()),
        NodeValue::List(items) => Box::new(items.iter()),
        NodeValue::Map(entries) => Box::new(entries.iter().map(|(_, node)| node)),
        _ => Box::new(std::iter::empty()),
    };
    own.into_iter()
        .chain(below.filter_map(|node| last_override(node, reach - 1)))
        .max_by_key(|position| position.source)
}

fn path_of(path: &serde_path_to_error::Path) -> Path {
    let segments = path.iter().filter_map(|segment| match segment {
        serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
        serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
        serde_path_to_error::Segment::Enum { variant } => Some(Segment::Key(variant.clone())),
        serde_path_to_error::Segment::Unknown => None,
    });
    Path(segments.collect())
}
