//! YAML text to a tree whose every key and value knows its place.
//!
//! What a spec may use of YAML 1.2 is less than YAML offers: one document, maps with text keys, lists, and the scalars of
//! the core schema with finite numbers. Anchors, aliases and tags are refused: a spec is short enough to be written out,
//! and an alias inside an alias is how a small file becomes a huge tree.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::path::{Path, Segment};
use super::problem::{Problem, ProblemKind};
use super::scalar;
use super::syntax::{OpenCollection, Syntax, SyntaxReason};

/// The largest text that [`parse`] takes, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The deepest nesting of lists and maps in a tree. A map of scalars has depth 1.
pub const MAX_DEPTH: usize = 64;

/// After so many problems reading stops: nobody mends more than these in one go.
pub const MAX_PROBLEMS: usize = 100;

/// A value with its place. Two nodes are equal if they say the same, wherever they stand.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it says.
    pub value: NodeValue,
    /// Where it starts.
    pub position: Position,
}

/// What a [`Node`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`; `yes` and `on` are text in YAML 1.2.
    Bool(bool),
    /// A whole number without a point or an exponent.
    Integer(i64),
    /// A number with a point or an exponent; finite if it comes from [`parse`].
    Float(f64),
    /// Quoted text, or a plain scalar that is nothing of the above.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file. [`parse`] lets no key stand twice.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry. Two keys are equal if they have the same name.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key itself.
    pub name: String,
    /// Where it stands.
    pub position: Position,
}

/// Which of the user's texts a [`Position`] is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The spec file.
    #[default]
    File,
    /// The `--set` argument with this index, from 0.
    Override(usize),
}

/// A place in one of the user's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which text.
    pub source: Source,
    /// The byte at which it starts, from 0.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many bytes belong to it; 0 where only the start is known.
    pub length: usize,
}

impl Position {
    /// The start of the spec file.
    pub const START: Position = Position { source: Source::File, offset: 0, line: 1, column: 1, length: 0 };
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.name == other.name
    }
}

impl Node {
    /// A value at a place.
    pub fn new(value: NodeValue, position: Position) -> Node {
        Node { value, position }
    }

    /// The node under a path such as `model.layers[3].conv2d.kernel`, if it is there.
    pub fn at(&self, path: &str) -> Option<&Node> {
        super::path::find(self, path).map(|found| found.node)
    }

    /// How deep lists and maps are nested in it: 0 for a scalar, 1 for a list of scalars.
    pub fn depth(&self) -> usize {
        match &self.value {
            NodeValue::List(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            NodeValue::Map(entries) => 1 + entries.iter().map(|(_, node)| node.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The same as JSON, without places. A number that is not finite, which [`parse`] does not produce, becomes null.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            NodeValue::Null => serde_json::Value::Null,
            NodeValue::Bool(value) => (*value).into(),
            NodeValue::Integer(value) => (*value).into(),
            NodeValue::Float(value) => (*value).into(),
            NodeValue::Text(text) => text.as_str().into(),
            NodeValue::List(items) => items.iter().map(Node::to_json).collect(),
            NodeValue::Map(entries) => entries.iter().map(|(key, node)| (key.name.clone(), node.to_json())).collect(),
        }
    }
}

/// Reads one YAML document. Empty text, or only comments, is a null node at the start.
///
/// # Errors
/// Everything that is wrong up to the first place where the text is no YAML any more, at most [`MAX_PROBLEMS`]; never an
/// empty list.
pub fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    parse_part(text, 0, Source::File)
}

/// Reads the part of `text` that starts at byte `start`; the positions are those in the whole text.
pub(crate) fn parse_part(text: &str, start: usize, source: Source) -> Result<Node, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let kind = ProblemKind::TooLarge { bytes: text.len(), limit: MAX_BYTES };
        return Err(vec![Problem { kind, path: Path::default(), position: Position { source, ..Position::START } }]);
    }
    let mut builder = Builder::new(Places::new(text, start, source));
    if let Some((at, character)) = text[start..].char_indices().find(|(_, c)| !is_printable(*c)) {
        let at = text[start..start + at].chars().count();
        builder.problem_at(ProblemKind::ControlCharacter { code: u32::from(character) }, at, 1);
        return Err(builder.problems);
    }
    for event in Parser::new_from_str(&text[start..]) {
        let went_on = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                let marker = builder.places.before_end(error.marker().index());
                let kind = match Syntax::classify(error, builder.innermost_open(), builder.places.character(marker)) {
                    Some(syntax) => ProblemKind::Syntax(syntax),
                    // An alias to nothing is refused in the same words as one to something.
                    None => ProblemKind::Alias,
                };
                let is_tab =
                    matches!(&kind, ProblemKind::Syntax(syntax) if syntax.reason == SyntaxReason::TabIndentation);
                let (marker, count) = if is_tab { builder.places.tab(marker) } else { (marker, 0) };
                builder.problem_at(kind, marker, count);
                Err(Stop)
            }
        };
        if went_on.is_err() {
            break;
        }
    }
    let empty = Position { source, ..Position::START };
    if builder.problems.is_empty() {
        Ok(builder.root.unwrap_or(Node::new(NodeValue::Null, empty)))
    } else {
        Err(builder.problems)
    }
}

/// What YAML 1.2 lets stand in a text, less the byte order mark, which the parser allows at the start only.
fn is_printable(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    }
}

/// Turns the parser's character counts into positions, each in constant or logarithmic time: a spec may be one long line.
struct Places {
    source: Source,
    /// How many characters stand before the part that is parsed.
    start: usize,
    /// The characters of the whole text with their byte offsets; one more entry for the end.
    characters: Vec<(usize, char)>,
    /// The character index at which each line starts.
    lines: Vec<usize>,
}

impl Places {
    fn new(text: &str, start: usize, source: Source) -> Places {
        let mut characters: Vec<(usize, char)> = text.char_indices().collect();
        let mut lines = vec![0];
        for (idx, (_, character)) in characters.iter().enumerate() {
            let next = characters.get(idx + 1).map(|(_, next)| *next);
            if *character == '\n' || (*character == '\r' && next != Some('\n')) {
                lines.push(idx + 1);
            }
        }
        characters.push((text.len(), '\0'));
        Places { source, start: text[..start].chars().count(), characters, lines }
    }

    /// The position of `count` characters from character `idx` of the parsed part.
    fn position(&self, idx: usize, count: usize) -> Position {
        let last = self.characters.len() - 1;
        let idx = (idx + self.start).min(last);
        let end = (idx + count).min(last);
        let line = self.lines.partition_point(|first| *first <= idx);
        let offset = self.characters[idx].0;
        let first = self.lines[line - 1];
        // The byte order mark takes no column.
        let mark = usize::from(line == 1 && idx > 0 && self.characters[0].1 == '\u{feff}');
        let column = idx - first - mark + 1;
        Position { source: self.source, offset, line, column, length: self.characters[end].0 - offset }
    }

    /// At the end of the text, the place behind its last visible character: there something is missing.
    fn before_end(&self, idx: usize) -> usize {
        let mut at = idx + self.start;
        if at + 1 >= self.characters.len() {
            at = self.characters.len() - 1;
            while at > self.start && self.characters[at - 1].1.is_whitespace() {
                at -= 1;
            }
        }
        at.saturating_sub(self.start)
    }

    /// The tab at a place or right before it, else the next one that indents a line: the parser points at the value that the
    /// tab's line would go on with. With its length.
    fn tab(&self, idx: usize) -> (usize, usize) {
        let is_tab = |idx: usize| self.character(idx) == Some('\t');
        match idx.checked_sub(1) {
            _ if is_tab(idx) => (idx, 1),
            Some(before) if is_tab(before) => (before, 1),
            _ => self.next_indenting_tab(idx).map_or((idx, 0), |idx| (idx, 1)),
        }
    }

    fn next_indenting_tab(&self, from: usize) -> Option<usize> {
        let mut is_indentation = false;
        for idx in from.. {
            match self.character(idx)? {
                '\n' | '\r' => is_indentation = true,
                '\t' if is_indentation => return Some(idx),
                ' ' => {}
                _ => is_indentation = false,
            }
        }
        None
    }

    fn span(&self, span: Span) -> Position {
        self.position(span.start.index(), span.end.index().saturating_sub(span.start.index()))
    }

    fn character(&self, idx: usize) -> Option<char> {
        let idx = idx + self.start;
        (idx + 1 < self.characters.len()).then(|| self.characters[idx].1)
    }
}

/// Reading cannot go on; the reason stands in the builder's problems.
struct Stop;

enum Frame {
    List {
        items: Vec<Node>,
        position: Position,
    },
    Map {
        entries: Vec<(Key, Node)>,
        position: Position,
        pending: Option<PendingKey>,
        first_lines: BTreeMap<String, usize>,
    },
}

/// A key whose value has not come yet.
struct PendingKey {
    key: Key,
    /// A duplicate's value is read for its own problems and then dropped.
    is_duplicate: bool,
}

/// Builds the tree from events with a stack of its own: nesting in a text must not become nesting of calls.
struct Builder {
    places: Places,
    frames: Vec<Frame>,
    root: Option<Node>,
    has_document: bool,
    problems: Vec<Problem>,
}

impl Builder {
    fn new(places: Places) -> Builder {
        Builder { places, frames: Vec::new(), root: None, has_document: false, problems: Vec::new() }
    }

    fn problem_at(&mut self, kind: ProblemKind, idx: usize, count: usize) {
        let position = self.places.position(idx, count);
        self.problem(kind, position);
    }

    fn problem(&mut self, kind: ProblemKind, position: Position) {
        let path = self.path();
        self.problems.push(Problem { kind, path, position });
    }

    /// The path of the value that is expected next.
    fn path(&self) -> Path {
        let segments = self.frames.iter().filter_map(|frame| match frame {
            Frame::List { items, .. } => Some(Segment::Index(items.len())),
            Frame::Map { pending, .. } => pending.as_ref().map(|pending| Segment::Key(pending.key.name.clone())),
        });
        Path(segments.collect())
    }

    fn innermost_open(&self) -> Option<OpenCollection> {
        self.frames.last().map(|frame| match frame {
            Frame::List { position, .. } => OpenCollection { is_list: true, line: position.line },
            Frame::Map { position, .. } => OpenCollection { is_list: false, line: position.line },
        })
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let mut position = self.places.span(span);
        if matches!(event, Event::SequenceStart(..) | Event::MappingStart(..)) {
            // The bracket alone, without the blanks behind it.
            position.length = position.length.min(1);
        }
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                if self.has_document {
                    self.problem(ProblemKind::SeveralDocuments, position);
                    return Err(Stop);
                }
                self.has_document = true;
            }
            Event::Alias(_) => {
                self.problem(ProblemKind::Alias, position);
                self.add(NodeValue::Null, position)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_properties(anchor, tag.as_deref(), position);
                self.scalar(text, style, position)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_properties(anchor, tag.as_deref(), position);
                self.open(Frame::List { items: Vec::new(), position }, position)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_properties(anchor, tag.as_deref(), position);
                let frame = Frame::Map { entries: Vec::new(), position, pending: None, first_lines: BTreeMap::new() };
                self.open(frame, position)?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.frames.pop() {
                Some(Frame::List { items, position }) => self.add(NodeValue::List(items), position)?,
                Some(Frame::Map { entries, position, .. }) => self.add(NodeValue::Map(entries), position)?,
                None => {}
            },
        }
        if self.problems.len() >= MAX_PROBLEMS { Err(Stop) } else { Ok(()) }
    }

    fn refuse_properties(&mut self, anchor: usize, tag: Option<&saphyr_parser::Tag>, position: Position) {
        if anchor != 0 {
            self.problem(ProblemKind::Anchor, Position { length: 0, ..position });
        }
        if let Some(tag) = tag {
            // The parser has resolved the handle `!!` already; people know it as they wrote it.
            let handle = if tag.handle == "tag:yaml.org,2002:" { "!!" } else { &tag.handle };
            let tag = format!("{handle}{}", tag.suffix);
            self.problem(ProblemKind::Tag { tag }, Position { length: 0, ..position });
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Map { pending: None, .. }))
    }

    fn open(&mut self, frame: Frame, position: Position) -> Result<(), Stop> {
        if self.expects_key() {
            self.problem(ProblemKind::KeyNotScalar, position);
            return Err(Stop);
        }
        if self.frames.len() >= MAX_DEPTH {
            self.problem(ProblemKind::TooDeep { limit: MAX_DEPTH }, position);
            return Err(Stop);
        }
        self.frames.push(frame);
        Ok(())
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, position: Position) -> Result<(), Stop> {
        let value = match style {
            ScalarStyle::Plain => match scalar::resolve(&text) {
                Ok(value) => value,
                Err(kind) => {
                    self.problem(kind, position);
                    NodeValue::Null
                }
            },
            _ => NodeValue::Text(text.clone().into_owned()),
        };
        if !self.expects_key() {
            return self.add(value, position);
        }
        if !matches!(value, NodeValue::Text(_)) {
            self.problem(ProblemKind::KeyNotText { key: text.clone().into_owned() }, position);
        }
        self.key(text.into_owned(), position);
        Ok(())
    }

    fn key(&mut self, name: String, key_position: Position) {
        let Some(Frame::Map { entries, position, pending, first_lines }) = self.frames.last_mut() else { return };
        if entries.is_empty() && position.length == 0 {
            // A block map starts where its first key does: show the whole word.
            position.length = key_position.length;
        }
        let first_line = first_lines.get(&name).copied();
        if first_line.is_none() {
            first_lines.insert(name.clone(), key_position.line);
        }
        let key = Key { name: name.clone(), position: key_position };
        *pending = Some(PendingKey { key, is_duplicate: first_line.is_some() });
        if let Some(first_line) = first_line {
            self.problem(ProblemKind::DuplicateKey { key: name, first_line }, key_position);
        }
    }

    fn add(&mut self, value: NodeValue, position: Position) -> Result<(), Stop> {
        match self.frames.last_mut() {
            None => self.root = Some(Node::new(value, position)),
            Some(Frame::List { items, .. }) => items.push(Node::new(value, position)),
            Some(Frame::Map { entries, pending, .. }) => match pending.take() {
                Some(PendingKey { is_duplicate: true, .. }) => {}
                Some(PendingKey { key, .. }) => {
                    // A value that is not there has no place; its key has.
                    let is_omitted = value == NodeValue::Null && position.length <= 1 && position != key.position;
                    let position = if is_omitted { key.position } else { position };
                    entries.push((key, Node::new(value, position)));
                }
                None => {
                    self.problem(ProblemKind::KeyNotScalar, position);
                    return Err(Stop);
                }
            },
        }
        Ok(())
    }
}
