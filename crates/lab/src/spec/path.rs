//! Paths such as `model.layers[3].conv2d.kernel`: written in messages, read in `--set` and in other crates' errors.
//!
//! A key that itself has a point in it is written in double quotes; where the tree has such a key, it is found without
//! them too.

use std::fmt;

use super::tree::{Key, Node, NodeValue};

/// From the root of a tree to one of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<Segment>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Into a map, by key.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    let dot = if idx == 0 { "" } else { "." };
                    let is_odd = |c: char| matches!(c, '.' | '[' | ']' | '=' | '"') || c.is_whitespace();
                    let quote = if key.is_empty() || key.contains(is_odd) { "\"" } else { "" };
                    write!(f, "{dot}{quote}{key}{quote}")?;
                }
            }
        }
        Ok(())
    }
}

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Two points in a row, or one at the start or the end.
    EmptySegment,
    /// `[` without a number and `]`.
    Index,
    /// `"` without its end.
    Quote,
}

/// Takes one segment off the front of `rest`, which is not empty. `node` is where the path has come so far: its keys win
/// over the point, the longest first.
///
/// # Errors
/// If what follows is no segment.
pub(crate) fn next_segment<'p>(rest: &'p str, node: Option<&Node>) -> Result<(Segment, &'p str), PathError> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (index, rest) = inside.split_once(']').ok_or(PathError::Index)?;
        let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        let index = index.parse().ok().filter(|_| is_number).ok_or(PathError::Index)?;
        return Ok((Segment::Index(index), after_segment(rest)?));
    }
    if let Some(inside) = rest.strip_prefix('"') {
        let (key, rest) = inside.split_once('"').ok_or(PathError::Quote)?;
        return Ok((Segment::Key(key.to_owned()), after_segment(rest)?));
    }
    let known = match node.map(|node| &node.value) {
        Some(NodeValue::Map(entries)) => entries
            .iter()
            .map(|(key, _)| key.name.as_str())
            .filter(|name| !name.is_empty() && rest.strip_prefix(name).is_some_and(ends_segment))
            .max_by_key(|name| name.len()),
        _ => None,
    };
    let length = known.map_or_else(|| rest.find(['.', '[']).unwrap_or(rest.len()), str::len);
    if length == 0 {
        return Err(PathError::EmptySegment);
    }
    let (key, rest) = rest.split_at(length);
    Ok((Segment::Key(key.to_owned()), after_segment(rest)?))
}

fn ends_segment(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '['])
}

/// What follows a segment, without the point.
fn after_segment(rest: &str) -> Result<&str, PathError> {
    match rest.strip_prefix('.') {
        Some("") => Err(PathError::EmptySegment),
        Some(next) => Ok(next),
        None if ends_segment(rest) => Ok(rest),
        None => Err(PathError::EmptySegment),
    }
}

/// What [`find`] found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'t> {
    /// The key, if the node is an entry of a map.
    pub(crate) key: Option<&'t Key>,
    /// The node.
    pub(crate) node: &'t Node,
}

/// The node under a path; `None` if it is not there or the text is no path.
pub(crate) fn find<'t>(tree: &'t Node, path: &str) -> Option<Found<'t>> {
    let (found, rest) = find_nearest(tree, path);
    rest.is_empty().then_some(found)
}

/// The deepest node on the way to a path, and what is left of the path there. A default that the user did not write has
/// no place of its own; what it belongs to has.
pub(crate) fn find_nearest<'t, 'p>(tree: &'t Node, path: &'p str) -> (Found<'t>, &'p str) {
    let mut found = Found { key: None, node: tree };
    let mut rest = path;
    while !rest.is_empty() {
        let Ok((segment, after)) = next_segment(rest, Some(found.node)) else { break };
        let next = match (&found.node.value, &segment) {
            (NodeValue::List(items), Segment::Index(index)) => items.get(*index).map(|node| Found { key: None, node }),
            (NodeValue::Map(entries), Segment::Key(name)) => {
                let entry = entries.iter().find(|(key, _)| key.name == *name);
                entry.map(|(key, node)| Found { key: Some(key), node })
            }
            _ => None,
        };
        let Some(next) = next else { break };
        found = next;
        rest = after;
    }
    (found, rest)
}
