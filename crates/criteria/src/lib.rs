//! Criteria: conditions in CEL over typed facts, which explain their verdict.
//!
//! One language for data rules, acceptance, gates and alarms:
//!
//! ```
//! use proofmark_criteria::{Fact, Facts, Kind, Outcome, Schema, compile};
//!
//! let schema = Schema::new().with("metrics.*.lower95", Kind::Number, |_| "lower end of the interval".to_owned());
//! let criterion = compile("metrics.accuracy.lower95 >= 0.97", &schema)?;
//!
//! let mut facts = Facts::new();
//! assert_eq!(criterion.evaluate(&facts).outcome, Outcome::NoEvidence);
//! facts.insert("metrics.accuracy.lower95", Fact::measured(0.9881).with_evidence("sha256:5f0c"));
//! let verdict = criterion.evaluate(&facts);
//! assert_eq!(verdict.outcome, Outcome::Yes);
//! assert_eq!(verdict.comparisons[0].evidence, ["sha256:5f0c"]);
//! # Ok::<(), proofmark_criteria::CriterionError>(())
//! ```
//!
//! # The language
//!
//! A subset of CEL, so that a criterion reads in any CEL tool; what is left out is refused by name, never ignored.
//!
//! - **Values** are numbers (IEEE doubles; `5` and `5.0` are the same number, integers beyond 2^53 are refused), texts
//!   in quotes, `true` and `false`. Kinds never convert into each other, and both sides of a comparison are of one kind.
//! - **Paths** name evidence: `metrics.f1.lower95`; a name that is no identifier stands in brackets,
//!   `source["petal length"].max`. A path must be known to the [`Schema`]; else the nearest name is the hint.
//! - **Operators** are listed in [`OPERATORS`], **functions** in [`FUNCTIONS`]. `has`, the macros, `? :`, `%`, maps,
//!   `null`, byte strings, raw and triple-quoted strings and comments are not offered.
//! - A plain path reads evidence that was *measured*; `reported(path)` and `attested(path)` read that grade, and no other.
//! - **Every path in the text counts as read**, also behind `&&` or `||`. If one has no evidence the outcome is
//!   [`Outcome::NoEvidence`], never yes and never no; `optional(path, default)` is the only way to allow absence.
//! - A division by zero and a result too large for a double leave their comparison unknown (CEL would go on with an
//!   infinity). As in CEL, `false && unknown` is no and `true || unknown` is yes, so `n != 0 && x / n < 2` is a guard;
//!   where the unknown decides, the outcome is no evidence.
//!
//! CEL's own crate parses; the few kinds of nodes that remain are judged here rather than by its interpreter, because a
//! verdict must say what each comparison read, also behind a short circuit. The tests use that interpreter as a second
//! implementation: wherever the outcome is yes or no, CEL says the same.
//!
//! Size is bounded ([`MAX_BYTES`], [`MAX_TOKENS`], [`MAX_NESTING`]) before the parser sees the text, and with it time and
//! stack.
//!
//! This crate does not know: where facts come from, files, what a verdict leads to.

mod check;
mod error;
mod expression;
mod facts;
mod functions;
mod parse;
mod path;
mod scan;
mod schema;
mod verdict;

pub use error::{Cause, CriterionError, Problem, ProblemKind};
pub use expression::{OPERATORS, Operator, Reading};
pub use facts::{Absence, Fact, Facts, Grade, Kind, Value};
pub use functions::{FUNCTIONS, Function};
pub use path::Path;
pub use scan::{MAX_BYTES, MAX_NESTING, MAX_TOKENS};
pub use schema::{KnownPath, Schema};
pub use verdict::{Comparison, Need, Outcome, Reason, Verdict};

/// A condition that was checked against a schema: it can be judged on any facts, and cannot fail to be.
#[derive(Clone, Debug)]
pub struct Criterion {
    text: String,
    readings: Vec<Reading>,
    condition: expression::Condition,
}

/// Reads and checks a criterion.
///
/// # Errors
///
/// With every problem that could be found, in the order of the text: what is not CEL or not offered, paths that the
/// schema does not know, kinds that do not fit, and a criterion which reads nothing.
pub fn compile(text: &str, schema: &Schema) -> Result<Criterion, CriterionError> {
    let mut scanned = scan::scan(text);
    let mut problems = std::mem::take(&mut scanned.problems);
    if !scanned.parseable {
        return Err(CriterionError::new(text, problems));
    }
    let parsed = match parse::parse(text, &scanned) {
        Ok(parsed) => parsed,
        // What the scan refuses (`has`, say) is often why the parser stumbled: one report of it is enough.
        Err(unreadable) => {
            let problems = if problems.is_empty() { unreadable } else { problems };
            return Err(CriterionError::new(text, problems));
        }
    };
    let (condition, readings) = check::check(&parsed, text, &scanned, schema, &mut problems);
    match condition {
        Some(condition) if problems.is_empty() => Ok(Criterion { text: text.to_owned(), readings, condition }),
        _ => Err(CriterionError::new(text, problems)),
    }
}

impl Criterion {
    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the criterion reads, in the order of the text, each once.
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// The paths that the criterion reads; one that is read in two ways stands twice.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.readings.iter().map(|reading| &reading.path)
    }

    /// Judges the criterion: a pure function of the facts, which does not fail and does not panic.
    pub fn evaluate(&self, facts: &Facts) -> Verdict {
        verdict::judge(&self.text, &self.readings, &self.condition, facts)
    }
}
