//! Which paths exist, what they are, and the nearest name of one that does not.

use std::borrow::Borrow;

use proofmark_messages::Lang;

use crate::facts::Kind;
use crate::path::Path;

/// The segment of a pattern that stands for any one segment.
const WILDCARD: &str = "*";

/// The paths that a criterion may read.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    known: Vec<KnownPath>,
}

/// One row of a [`Schema`].
#[derive(Clone, Debug)]
pub struct KnownPath {
    pattern: Path,
    kind: Kind,
    doc: fn(Lang) -> String,
}

impl Schema {
    /// A schema that knows no path.
    pub fn new() -> Schema {
        Schema::default()
    }

    /// Adds a path, or a pattern in which a segment `*` stands for any one segment: `source.rows`, `source.*.missing`.
    /// `doc` says in one line what is read there, and in which unit. Where several rows match a path, the first counts.
    #[must_use]
    pub fn with(mut self, path: impl Into<Path>, kind: Kind, doc: fn(Lang) -> String) -> Schema {
        self.known.push(KnownPath { pattern: path.into(), kind, doc });
        self
    }

    /// The rows, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &KnownPath> {
        self.known.iter()
    }

    /// What is known of a path.
    pub fn lookup(&self, path: &Path) -> Option<&KnownPath> {
        self.known.iter().find(|known| known.matches(path))
    }

    /// The known path nearest to one that is not known, if any is near enough to be a slip of the pen.
    pub(crate) fn nearest(&self, path: &Path) -> Option<Path> {
        nearest_path(path, self.known.iter().map(|known| known.filled_from(path)))
    }

    /// The patterns to show to somebody who wrote an unknown path: those that begin as it does, else all beginnings.
    pub(crate) fn related(&self, path: &Path) -> Vec<String> {
        let first = &path.segments()[0];
        let mut related: Vec<String> =
            self.known.iter().filter(|known| &known.pattern.segments()[0] == first).map(KnownPath::shown).collect();
        if related.is_empty() {
            for known in &self.known {
                let [head, tail @ ..] = known.pattern.segments() else { continue };
                let beginning = if tail.is_empty() { head.clone() } else { format!("{head}...") };
                if !related.contains(&beginning) {
                    related.push(beginning);
                }
            }
        }
        related
    }
}

impl KnownPath {
    /// The path, with `*` where any segment may stand.
    pub fn pattern(&self) -> &Path {
        &self.pattern
    }

    /// The pattern as a person reads it: `source.*.missing`.
    pub fn shown(&self) -> String {
        self.pattern.to_string().replace("[\"*\"]", ".*").trim_start_matches('.').to_owned()
    }

    /// The kind of value that is read there.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// One line on what is read there.
    pub fn doc(&self, lang: Lang) -> String {
        (self.doc)(lang)
    }

    fn matches(&self, path: &Path) -> bool {
        let (pattern, segments) = (self.pattern.segments(), path.segments());
        pattern.len() == segments.len()
            && pattern.iter().zip(segments).all(|(pattern, segment)| pattern == WILDCARD || pattern == segment)
    }

    /// The pattern with the segments of a path where it allows any, so that the two can be compared as texts.
    fn filled_from(&self, path: &Path) -> Path {
        let filled = self.pattern.segments().iter().enumerate();
        filled
            .map(|(idx, segment)| match path.segments().get(idx) {
                Some(own) if segment == WILDCARD => own.clone(),
                _ => segment.clone(),
            })
            .collect()
    }
}

/// The name nearest to one that was written, unless it is too far for a slip of the pen.
pub(crate) fn nearest_name(written: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    names
        .filter_map(|name| Some((slip(written, name)?, name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The path nearest to one that was written. Each segment has to be near: `lower95` is no slip for `upper95`.
pub(crate) fn nearest_path<P: Borrow<Path>>(written: &Path, paths: impl Iterator<Item = P>) -> Option<P> {
    let distance = |path: &Path| -> Option<usize> {
        let (written, segments) = (written.segments(), path.segments());
        let pairs = written.iter().zip(segments).map(|(written, segment)| slip(written, segment));
        if written.len() == segments.len() { pairs.sum() } else { None }
    };
    let near = paths.filter_map(|path| Some((distance(path.borrow())?, path)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, path)| path)
}

/// The edits between two words, unless they are more than a third of the longer word's letters.
fn slip(written: &str, meant: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(written, meant);
    let letters = written.chars().count().max(meant.chars().count());
    (distance * 3 <= letters).then_some(distance)
}
