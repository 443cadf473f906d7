//! What criteria read: values with a grade and the evidence that they come from.

use std::collections::BTreeMap;
use std::fmt;

use proofmark_messages::{Lang, Localize, criteria as say};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use crate::path::{Path, quoted};

/// A value that a criterion can read or name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number; finite once it stands in [`Facts`].
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
}

/// The kind of a [`Value`]. Kinds never convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`Value::Number`].
    Number,
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Text`].
    Text,
}

/// Who vouches for a fact. No grade turns into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// This program computed it from data that it read. What a plain path reads.
    Measured,
    /// A client sent it.
    Reported,
    /// A person said so.
    Attested,
}

/// A value, who vouches for it, and where that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The value.
    pub value: Value,
    /// Who vouches for it.
    pub grade: Grade,
    /// The digest of the statement that claims it.
    pub evidence: Option<String>,
}

/// Why a fact has no value although it was looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// The computation gave a NaN.
    NotANumber,
    /// The computation gave an infinity.
    Infinite,
    /// What the evidence itself says, in its own words.
    Stated(String),
}

/// The facts that a criterion is judged on: for each path at most one a grade, the last that was inserted.
///
/// No number in here is NaN or infinite, and there is no negative zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    entries: BTreeMap<Path, BTreeMap<Grade, Entry>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Present(Fact),
    Absent(Absence),
}

impl Value {
    /// The value's kind.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Number(_) => Kind::Number,
            Value::Bool(_) => Kind::Bool,
            Value::Text(_) => Kind::Text,
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

/// As a criterion writes it: texts in quotes; numbers with the fewest digits that read back as the same number (with an
/// exponent where an integer literal would not be exact, see [`ProblemKind::NumberNotExact`](crate::ProblemKind)).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) if *number != 0.0 && !(1e-5..9e15).contains(&number.abs()) => write!(f, "{number:e}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Text(text) => f.write_str(&quoted(text)),
        }
    }
}

impl Localize for Kind {
    fn text(&self, lang: Lang) -> String {
        match self {
            Kind::Number => say::kind_number(lang),
            Kind::Bool => say::kind_bool(lang),
            Kind::Text => say::kind_text(lang),
        }
    }
}

impl Grade {
    /// All grades, the strongest first.
    pub const ALL: [Grade; 3] = [Grade::Measured, Grade::Reported, Grade::Attested];

    /// The function that reads this grade; none for what a plain path reads.
    pub fn function(self) -> Option<&'static str> {
        match self {
            Grade::Measured => None,
            Grade::Reported => Some("reported"),
            Grade::Attested => Some("attested"),
        }
    }

    /// How a criterion writes the reading of a path in this grade: `reported(a.b)`.
    pub(crate) fn reading(self, path: &Path) -> String {
        self.function().map_or_else(|| path.to_string(), |function| format!("{function}({path})"))
    }
}

impl Localize for Grade {
    fn text(&self, lang: Lang) -> String {
        match self {
            Grade::Measured => say::grade_measured(lang),
            Grade::Reported => say::grade_reported(lang),
            Grade::Attested => say::grade_attested(lang),
        }
    }
}

impl Localize for Absence {
    fn text(&self, lang: Lang) -> String {
        match self {
            Absence::NotANumber => say::absent_not_a_number(lang),
            Absence::Infinite => say::absent_infinite(lang),
            Absence::Stated(why) => why.clone(),
        }
    }
}

impl Fact {
    /// A measured fact, without evidence yet.
    pub fn measured(value: impl Into<Value>) -> Fact {
        Fact::graded(value, Grade::Measured)
    }

    /// A fact of any grade, without evidence yet.
    pub fn graded(value: impl Into<Value>, grade: Grade) -> Fact {
        Fact { value: value.into(), grade, evidence: None }
    }

    /// The same fact with the digest of the statement that claims it.
    #[must_use]
    pub fn with_evidence(self, digest: impl Into<String>) -> Fact {
        Fact { evidence: Some(digest.into()), ..self }
    }
}

impl Facts {
    /// No facts.
    pub fn new() -> Facts {
        Facts::default()
    }

    /// Adds a fact, in place of an earlier one with this path and grade. A NaN or an infinity becomes an absence with that
    /// reason; a negative zero becomes zero.
    pub fn insert(&mut self, path: impl Into<Path>, fact: Fact) {
        let grade = fact.grade;
        let entry = match fact.value {
            Value::Number(number) if number.is_nan() => Entry::Absent(Absence::NotANumber),
            Value::Number(number) if number.is_infinite() => Entry::Absent(Absence::Infinite),
            Value::Number(number) => Entry::Present(Fact { value: Value::Number(number + 0.0), ..fact }),
            Value::Bool(_) | Value::Text(_) => Entry::Present(fact),
        };
        self.entries.entry(path.into()).or_default().insert(grade, entry);
    }

    /// Says that a fact was looked for and has no value: for a criterion it is missing, and the verdict says why.
    pub fn insert_absent(&mut self, path: impl Into<Path>, grade: Grade, why: Absence) {
        self.entries.entry(path.into()).or_default().insert(grade, Entry::Absent(why));
    }

    /// The fact of a path in one grade.
    pub fn get(&self, path: impl Into<Path>, grade: Grade) -> Option<&Fact> {
        match self.entries.get(&path.into())?.get(&grade)? {
            Entry::Present(fact) => Some(fact),
            Entry::Absent(_) => None,
        }
    }

    /// The measured number of a path.
    pub fn number(&self, path: impl Into<Path>) -> Option<f64> {
        match self.get(path, Grade::Measured)?.value {
            Value::Number(number) => Some(number),
            Value::Bool(_) | Value::Text(_) => None,
        }
    }

    /// All facts that have a value, by path, then grade.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Fact)> {
        self.entries.iter().flat_map(|(path, grades)| {
            grades.values().filter_map(move |entry| match entry {
                Entry::Present(fact) => Some((path, fact)),
                Entry::Absent(_) => None,
            })
        })
    }

    /// All that was looked for and has no value, by path, then grade.
    pub fn absences(&self) -> impl Iterator<Item = (&Path, Grade, &Absence)> {
        self.entries.iter().flat_map(|(path, grades)| {
            grades.iter().filter_map(move |(grade, entry)| match entry {
                Entry::Present(_) => None,
                Entry::Absent(why) => Some((path, *grade, why)),
            })
        })
    }

    pub(crate) fn absence(&self, path: &Path, grade: Grade) -> Option<&Absence> {
        match self.entries.get(path)?.get(&grade)? {
            Entry::Present(_) => None,
            Entry::Absent(why) => Some(why),
        }
    }
}

impl<P: Into<Path>> Extend<(P, Fact)> for Facts {
    fn extend<I: IntoIterator<Item = (P, Fact)>>(&mut self, facts: I) {
        for (path, fact) in facts {
            self.insert(path, fact);
        }
    }
}

impl<P: Into<Path>> FromIterator<(P, Fact)> for Facts {
    fn from_iter<I: IntoIterator<Item = (P, Fact)>>(facts: I) -> Facts {
        let mut all = Facts::new();
        all.extend(facts);
        all
    }
}

/// As a list of the facts that have a value, each with its path.
impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            path: &'a Path,
            #[serde(flatten)]
            fact: &'a Fact,
        }
        let mut rows = serializer.serialize_seq(None)?;
        for (path, fact) in self.iter() {
            rows.serialize_element(&Row { path, fact })?;
        }
        rows.end()
    }
}
