//! The name of a fact.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a fact: segments from the general to the special, as in `metrics.f1.lower95`.
///
/// As text, segments are joined by dots; one that is no identifier (a column's name may be anything) stands in brackets
/// and quotes: `source["petal length"].max`. Made from a text, `a.b` has two segments, and brackets are read likewise;
/// made from a list, each item is one segment whatever it contains, which is the way for names that come from data:
///
/// ```
/// use proofmark_criteria::Path;
/// assert_eq!(Path::from(["source", "petal length", "max"]).to_string(), r#"source["petal length"].max"#);
/// assert_eq!(Path::from("source.petal length.max"), Path::from(["source", "petal length", "max"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Vec<String>,
}

/// Words that CEL does not take as a name after a dot, or keeps for itself.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

impl Path {
    /// The segments; at least one.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Path {
    fn from(segments: [S; N]) -> Path {
        segments.into_iter().collect()
    }
}

impl<S: Into<String>> From<Vec<S>> for Path {
    fn from(segments: Vec<S>) -> Path {
        segments.into_iter().collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Path {
    fn from_iter<I: IntoIterator<Item = S>>(segments: I) -> Path {
        let mut segments: Vec<String> = segments.into_iter().map(Into::into).collect();
        if segments.is_empty() {
            segments.push(String::new());
        }
        Path { segments }
    }
}

impl From<&str> for Path {
    fn from(text: &str) -> Path {
        let mut segments = Vec::new();
        let mut rest = text;
        if bracketed(rest).is_none() {
            segments.push(take_plain(&mut rest));
        }
        while !rest.is_empty() {
            if let Some((segment, after)) = bracketed(rest) {
                segments.push(segment);
                rest = after;
            } else {
                rest = rest.strip_prefix('.').unwrap_or(rest);
                segments.push(take_plain(&mut rest));
            }
        }
        Path { segments }
    }
}

impl From<String> for Path {
    fn from(text: String) -> Path {
        Path::from(text.as_str())
    }
}

impl From<&String> for Path {
    fn from(text: &String) -> Path {
        Path::from(text.as_str())
    }
}

impl From<&Path> for Path {
    fn from(path: &Path) -> Path {
        path.clone()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, segment) in self.segments.iter().enumerate() {
            if !is_identifier(segment) {
                write!(f, "[{}]", quoted(segment))?;
            } else if idx == 0 {
                f.write_str(segment)?;
            } else {
                write!(f, ".{segment}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        Ok(Path::from(String::deserialize(deserializer)?))
    }
}

/// Whether a segment can stand after a dot.
fn is_identifier(segment: &str) -> bool {
    let mut characters = segment.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&segment)
}

/// A text as CEL writes it, in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Takes what stands before the next dot or bracket.
fn take_plain(rest: &mut &str) -> String {
    let end = rest.char_indices().find(|&(idx, c)| c == '.' || (c == '[' && bracketed(&rest[idx..]).is_some()));
    let (plain, after) = rest.split_at(end.map_or(rest.len(), |(idx, _)| idx));
    *rest = after;
    plain.to_owned()
}

/// Reads `["..."]` at the start of a text: the segment, and what follows it. The reverse of [`quoted`].
fn bracketed(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix("[\"")?;
    let mut segment = String::new();
    let mut characters = inner.char_indices();
    while let Some((idx, character)) = characters.next() {
        match character {
            '"' => return Some((segment, inner[idx + 1..].strip_prefix(']')?)),
            '\\' => segment.push(match characters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            _ => segment.push(character),
        }
    }
    None
}
