//! `--set path.to.key=value`: changes to the tree before it is checked.
//!
//! A step of a path is a key, an index in brackets, or the `name` of a list's element: `model.drop.rate` is the `rate` of
//! the layer that calls itself `drop`, wherever it stands in `model.layers`. A key that is not there is added, so that
//! every default can be overridden; whether it is a key at all, the schema says afterwards. A kind that stands there by its bare
//! name, as in `optimizer: adam`, can be given settings: `train.optimizer.adam.learning_rate`.

use super::nearest::nearest;
use super::operands::Received;
use super::path::{Path, PathError, Segment, next_segment};
use super::problem::{Problem, ProblemKind};
use super::tree::{Key, MAX_DEPTH, Node, NodeValue, Position, Source, parse_part};

/// Applies `--set` arguments in order, later ones over earlier ones. What is wrong with one leaves the tree as it was and
/// does not keep the others from being applied.
pub fn apply(tree: &mut Node, arguments: &[String]) -> Vec<Problem> {
    arguments
        .iter()
        .enumerate()
        .flat_map(|(idx, argument)| apply_one(tree, idx, argument).err().unwrap_or_default())
        .collect()
}

/// Puts a value at a path, as `--set` does. Keys that are added get `position`.
///
/// # Errors
/// If the path is none, or leads nowhere.
pub fn set(tree: &mut Node, path: &str, value: Node, position: Position) -> Result<(), Box<Problem>> {
    let steps = resolve(tree, path).map_err(|(kind, path)| Box::new(Problem { kind, path, position }))?;
    if steps.len() + value.depth() > MAX_DEPTH {
        let kind = ProblemKind::TooDeep { limit: MAX_DEPTH };
        return Err(Box::new(Problem { kind, path: Path::default(), position }));
    }
    let mut node = tree;
    let n_steps = steps.len();
    for (idx_of_step, step) in steps.into_iter().enumerate() {
        if matches!((&node.value, &step), (NodeValue::Null, Step::Add(_))) {
            *node = Node::new(NodeValue::Map(Vec::new()), position);
        }
        if let Step::Expand(name) = &step {
            let key = Key { name: name.clone(), position };
            *node = Node::new(NodeValue::Map(vec![(key, Node::new(NodeValue::Null, position))]), position);
        }
        node = match (&mut node.value, step) {
            (NodeValue::Map(entries), Step::Expand(_)) => &mut entries[0].1,
            (NodeValue::Map(entries), Step::Into(idx)) => {
                let (key, node) = &mut entries[idx];
                if idx_of_step + 1 == n_steps {
                    // What is said of the value at its key is said of what was given here, not of what stood in the file.
                    key.position = position;
                }
                node
            }
            (NodeValue::List(items), Step::Into(idx)) => &mut items[idx],
            (NodeValue::Map(entries), Step::Add(name)) => {
                entries.push((Key { name, position }, Node::new(NodeValue::Null, position)));
                let last = entries.len() - 1;
                &mut entries[last].1
            }
            // `resolve` takes no step that the tree does not have.
            _ => return Ok(()),
        };
    }
    *node = value;
    Ok(())
}

fn apply_one(tree: &mut Node, idx: usize, argument: &str) -> Result<(), Vec<Problem>> {
    let source = Source::Override(idx);
    let start = Position { source, ..Position::START };
    let Some(equals) = find_equals(argument) else {
        let kind = ProblemKind::OverrideWithoutValue { argument: argument.to_owned() };
        return Err(vec![Problem { kind, path: Path::default(), position: start }]);
    };
    let value = parse_part(argument, equals + 1, source)?;
    let path = &argument[..equals];
    set(tree, path, value, Position { length: path.len(), ..start }).map_err(|problem| vec![*problem])
}

/// The `=` that ends the path: the first one outside of quotes.
fn find_equals(argument: &str) -> Option<usize> {
    let mut is_quoted = false;
    argument.char_indices().find_map(|(idx, character)| {
        is_quoted ^= character == '"';
        (character == '=' && !is_quoted).then_some(idx)
    })
}

/// A step that the tree allows.
enum Step {
    /// Into the entry or element with this index.
    Into(usize),
    /// Into a new entry of a map, or of what is null so far.
    Add(String),
    /// Into the settings of a kind that so far is its bare name.
    Expand(String),
}

/// Where a path leads, without changing anything.
fn resolve(tree: &Node, path: &str) -> Result<Vec<Step>, (ProblemKind, Path)> {
    let mut walked = Path::default();
    let mut steps = Vec::new();
    // `None` once the path has left what is there.
    let mut at = Some(tree);
    let mut rest = path;
    if path.is_empty() {
        return Err((ProblemKind::OverridePath { path: String::new(), reason: PathError::EmptySegment }, walked));
    }
    while !rest.is_empty() {
        let (segment, after) = match next_segment(rest, at) {
            Ok(next) => next,
            Err(reason) => return Err((ProblemKind::OverridePath { path: path.to_owned(), reason }, walked)),
        };
        at = match step(at, &segment, !after.is_empty(), &mut steps) {
            Ok(next) => next,
            Err(kind) => return Err((kind, walked)),
        };
        walked.0.push(segment);
        if steps.len() > MAX_DEPTH {
            return Err((ProblemKind::TooDeep { limit: MAX_DEPTH }, Path::default()));
        }
        rest = after;
    }
    Ok(steps)
}

/// Takes one step, `goes_on` if it is not the last; the node that it leads to, unless it is a new one.
fn step<'t>(
    at: Option<&'t Node>,
    segment: &Segment,
    goes_on: bool,
    steps: &mut Vec<Step>,
) -> Result<Option<&'t Node>, ProblemKind> {
    match (at.map(|node| &node.value), segment) {
        (None | Some(NodeValue::Null), Segment::Key(name)) => {
            steps.push(Step::Add(name.clone()));
            Ok(None)
        }
        (Some(NodeValue::List(items)), Segment::Index(index)) => {
            let item = items.get(*index).ok_or(ProblemKind::NoSuchIndex { index: *index, length: items.len() })?;
            steps.push(Step::Into(*index));
            Ok(Some(item))
        }
        (Some(NodeValue::List(items)), Segment::Key(name)) => match named(items, name) {
            Some((found, node)) => {
                steps.extend(found.into_iter().map(Step::Into));
                Ok(Some(node))
            }
            None => Err(no_such_name(name, names(items))),
        },
        (Some(NodeValue::Map(entries)), Segment::Key(name)) => {
            if let Some(idx) = entries.iter().position(|(key, _)| key.name == *name) {
                steps.push(Step::Into(idx));
                return Ok(Some(&entries[idx].1));
            }
            let mut all_names = Vec::new();
            for (idx, (_, node)) in entries.iter().enumerate() {
                let NodeValue::List(items) = &node.value else { continue };
                if let Some((found, node)) = named(items, name) {
                    steps.push(Step::Into(idx));
                    steps.extend(found.into_iter().map(Step::Into));
                    return Ok(Some(node));
                }
                all_names.extend(names(items));
            }
            // A slip in an element's name would become a key that the schema then finds unknown, with keys as its hint.
            let keys = entries.iter().map(|(key, _)| key.name.as_str());
            if goes_on && nearest(name, all_names.iter().copied()).is_some() && nearest(name, keys).is_none() {
                return Err(no_such_name(name, all_names));
            }
            steps.push(Step::Add(name.clone()));
            Ok(None)
        }
        (Some(NodeValue::Text(bare)), Segment::Key(name)) if bare == name && goes_on => {
            steps.push(Step::Expand(name.clone()));
            Ok(None)
        }
        (Some(_), Segment::Key(name)) => {
            let received = at.map_or(Received::Nothing, Received::of);
            Err(ProblemKind::NothingBelow { segment: name.clone(), received })
        }
        (_, Segment::Index(index)) => {
            let received = at.map_or(Received::Nothing, Received::of);
            Err(ProblemKind::NothingBelow { segment: format!("[{index}]"), received })
        }
    }
}

fn no_such_name(name: &str, names: Vec<&str>) -> ProblemKind {
    ProblemKind::NoSuchName {
        name: name.to_owned(),
        nearest: nearest(name, names.iter().copied()).map(str::to_owned),
        allowed: names.into_iter().map(str::to_owned).collect(),
    }
}

/// The map that has the name, and the way to it through the list: the element itself, or the content of a variant.
fn named<'t>(items: &'t [Node], name: &str) -> Option<(Vec<usize>, &'t Node)> {
    items.iter().enumerate().find_map(|(idx, item)| {
        if name_of(item) == Some(name) {
            return Some((vec![idx], item));
        }
        let content = variant_content(item)?;
        (name_of(content) == Some(name)).then(|| (vec![idx, 0], content))
    })
}

fn names(items: &[Node]) -> Vec<&str> {
    items.iter().filter_map(|item| name_of(item).or_else(|| name_of(variant_content(item)?))).collect()
}

fn name_of(node: &Node) -> Option<&str> {
    let NodeValue::Map(entries) = &node.value else { return None };
    entries.iter().find_map(|(key, value)| match &value.value {
        NodeValue::Text(name) if key.name == "name" => Some(name.as_str()),
        _ => None,
    })
}

fn variant_content(item: &Node) -> Option<&Node> {
    match &item.value {
        NodeValue::Map(entries) if entries.len() == 1 => Some(&entries[0].1),
        _ => None,
    }
}
