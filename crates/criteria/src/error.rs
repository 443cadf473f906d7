//! What can be wrong with a criterion.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use proofmark_messages::{Lang, Localize, criteria as say, display_in_english};

use crate::expression::OPERATORS;
use crate::facts::Kind;
use crate::functions::{FUNCTIONS, Function};
use crate::path::Path;

/// A criterion to show to somebody who wrote something else.
const EXAMPLE: &str = "metrics.accuracy.lower95 >= 0.97";

/// A path to show likewise.
const PATH_EXAMPLE: &str = "metrics.f1.lower95";

/// How many known paths a hint shows.
const MAX_SHOWN: usize = 8;

/// What another library said; it prints in English and with that library's words.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A criterion that cannot be used, with every problem that was found.
#[derive(Clone, Debug)]
pub struct CriterionError {
    /// The criterion as it was written.
    pub criterion: String,
    /// What is wrong, in the order of the text; at least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where it begins: bytes from the start of the criterion, on the boundary of a character.
    pub offset: usize,
    /// How many bytes it spans; 0 at the end of the text.
    pub length: usize,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a part of a criterion.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the operands say what the sentences in proofmark-messages say about them")]
pub enum ProblemKind {
    /// More bytes than [`MAX_BYTES`](crate::MAX_BYTES).
    TooLong { bytes: usize, limit: usize },
    /// More tokens than [`MAX_TOKENS`](crate::MAX_TOKENS).
    TooManyTokens { tokens: usize, limit: usize },
    /// Brackets deeper than [`MAX_NESTING`](crate::MAX_NESTING).
    TooDeep { limit: usize },
    /// Characters that CEL does not know; `instead` is what was probably meant.
    UnexpectedCharacters { characters: String, instead: Option<&'static str> },
    /// A text without its closing quote.
    UnclosedText,
    /// A token in a place where CEL does not take it.
    Unexpected { word: String, cause: Cause },
    /// CEL expected more.
    UnexpectedEnd { cause: Cause },
    /// A sign or word of CEL that criteria do not offer.
    NotOffered { what: String },
    /// A raw, byte or triple-quoted string.
    TextNotOffered { what: String },
    /// A comment.
    Comment,
    /// A function or macro that is not in [`FUNCTIONS`].
    UnknownFunction { function: String, nearest: Option<&'static str> },
    /// The wrong number of arguments.
    WrongArguments { function: &'static Function, found: usize },
    /// Something else than a path as the first argument of `optional`, `reported` or `attested`.
    ArgumentIsNoPath { function: &'static Function },
    /// Something else than a text as the argument of `slice`.
    ArgumentIsNoText { function: &'static Function },
    /// A default that is computed or read.
    DefaultIsNoLiteral { function: &'static Function },
    /// A selection or index on what is no path.
    NotAPath,
    /// A path that the schema does not know.
    UnknownPath { path: Path, nearest: Option<Path>, known: Vec<String> },
    /// A value of the wrong kind.
    WrongKind { text: String, found: Kind, expected: Kind },
    /// A comparison of two kinds.
    MixedKinds { left: String, left_kind: Kind, operator: &'static str, right: String, right_kind: Kind },
    /// A condition where a value belongs.
    ConditionAsOperand { operator: &'static str },
    /// `in` without a literal list.
    ListExpected,
    /// A list elsewhere than after `in`.
    ListMisplaced,
    /// A list's item that is computed or read.
    ListItemIsNoLiteral,
    /// A list without items: nothing is ever in it.
    ListEmpty,
    /// An integer that a double cannot hold exactly.
    NumberNotExact { number: String },
    /// A number beyond what CEL reads.
    NumberUnreadable { number: String, cause: Cause },
    /// A criterion without a path.
    ReadsNothing { text: String },
    /// The system gave no thread to parse on.
    NoThread { cause: Cause },
    /// The parser panicked: a fault of ours or of the parser's.
    ParserPanicked,
}

impl CriterionError {
    pub(crate) fn new(criterion: &str, problems: Vec<Problem>) -> CriterionError {
        CriterionError { criterion: criterion.to_owned(), problems }
    }
}

impl Problem {
    pub(crate) fn new(span: Range<usize>, kind: ProblemKind) -> Problem {
        Problem { offset: span.start, length: span.len(), kind }
    }
}

impl Localize for CriterionError {
    fn text(&self, lang: Lang) -> String {
        let first = self.problems.first().map(|problem| problem.text(lang)).unwrap_or_default();
        match self.problems.len() {
            0 | 1 => first,
            n => say::and_more_problems(lang, first, n - 1),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.problems.first()?.hint(lang)
    }
}

impl Localize for Problem {
    fn text(&self, lang: Lang) -> String {
        self.kind.text(lang)
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.kind.hint(lang)
    }
}

impl Localize for ProblemKind {
    fn text(&self, lang: Lang) -> String {
        match self {
            ProblemKind::TooLong { bytes, limit } => say::too_long(lang, bytes, limit),
            ProblemKind::TooManyTokens { tokens, limit } => say::too_many_tokens(lang, tokens, limit),
            ProblemKind::TooDeep { limit } => say::too_deep(lang, limit),
            ProblemKind::UnexpectedCharacters { characters, .. } => {
                say::unexpected_word(lang, characters.escape_debug())
            }
            ProblemKind::UnclosedText => say::unclosed_text(lang),
            ProblemKind::Unexpected { word, .. } => say::unexpected_word(lang, word),
            ProblemKind::UnexpectedEnd { .. } => say::unexpected_end(lang),
            ProblemKind::NotOffered { what } | ProblemKind::TextNotOffered { what } => say::not_offered(lang, what),
            ProblemKind::Comment => say::not_offered(lang, "//"),
            ProblemKind::UnknownFunction { function, .. } => say::unknown_function(lang, function),
            ProblemKind::WrongArguments { function, found } => {
                say::wrong_arguments(lang, function.name, found, function.usage)
            }
            ProblemKind::ArgumentIsNoPath { function } => say::argument_is_no_path(lang, function.name, function.usage),
            ProblemKind::ArgumentIsNoText { function } => say::argument_is_no_text(lang, function.name, function.usage),
            ProblemKind::DefaultIsNoLiteral { function } => say::default_is_no_literal(lang, function.usage),
            ProblemKind::NotAPath => say::not_a_path(lang),
            ProblemKind::UnknownPath { path, .. } => say::unknown_path(lang, path),
            ProblemKind::WrongKind { text, found, expected } => {
                say::wrong_kind(lang, text, found.text(lang), expected.text(lang))
            }
            ProblemKind::MixedKinds { left, left_kind, operator, right, right_kind } => {
                say::mixed_kinds(lang, left, left_kind.text(lang), operator, right, right_kind.text(lang))
            }
            ProblemKind::ConditionAsOperand { operator } => say::condition_as_operand(lang, operator),
            ProblemKind::ListExpected => say::list_expected(lang),
            ProblemKind::ListMisplaced => say::list_misplaced(lang),
            ProblemKind::ListItemIsNoLiteral => say::list_item(lang),
            ProblemKind::ListEmpty => say::list_empty(lang),
            ProblemKind::NumberNotExact { number } => say::number_not_exact(lang, number),
            ProblemKind::NumberUnreadable { number, .. } => say::number_unreadable(lang, number),
            ProblemKind::ReadsNothing { text } => say::reads_nothing(lang, text),
            ProblemKind::NoThread { .. } => say::no_parser_thread(lang),
            ProblemKind::ParserPanicked => say::parser_panicked(lang),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ProblemKind::TooLong { .. } | ProblemKind::TooManyTokens { .. } | ProblemKind::TooDeep { .. } => {
                Some(say::split_hint(lang))
            }
            ProblemKind::UnexpectedCharacters { instead: Some(sign), .. } => Some(say::write_instead_hint(lang, sign)),
            ProblemKind::UnexpectedCharacters { characters, instead: None } => {
                characters.contains(char::is_alphabetic).then(|| say::path_hint(lang, PATH_EXAMPLE))
            }
            ProblemKind::Unexpected { word, .. } => Some(match word.to_ascii_lowercase().as_str() {
                "and" => say::write_instead_hint(lang, "&&"),
                "or" => say::write_instead_hint(lang, "||"),
                "not" => say::write_instead_hint(lang, "!"),
                _ => say::example_hint(lang, EXAMPLE),
            }),
            ProblemKind::UnexpectedEnd { .. } | ProblemKind::ReadsNothing { .. } => {
                Some(say::example_hint(lang, EXAMPLE))
            }
            ProblemKind::UnclosedText | ProblemKind::TextNotOffered { .. } | ProblemKind::ArgumentIsNoText { .. } => {
                Some(say::quotes_hint(lang))
            }
            ProblemKind::NotOffered { .. } => {
                Some(say::operators_hint(lang, listed(lang, OPERATORS.iter().map(|(sign, _)| sign))))
            }
            ProblemKind::Comment => Some(say::comment_hint(lang)),
            ProblemKind::UnknownFunction { function, nearest } => Some(match nearest {
                Some(name) => say::nearest_hint(lang, name),
                None if function == "has" => say::has_hint(lang),
                None => say::functions_hint(lang, listed(lang, FUNCTIONS.iter().map(|function| function.usage))),
            }),
            ProblemKind::ArgumentIsNoPath { .. } | ProblemKind::NotAPath => Some(say::path_hint(lang, PATH_EXAMPLE)),
            ProblemKind::DefaultIsNoLiteral { .. } => Some(say::literal_hint(lang)),
            ProblemKind::UnknownPath { nearest, known, .. } => match nearest {
                Some(path) => Some(say::nearest_hint(lang, path)),
                None if known.is_empty() => None,
                None => Some(say::known_paths_hint(lang, shortened(lang, known))),
            },
            ProblemKind::WrongKind { text, found: Kind::Number, expected: Kind::Bool } => {
                Some(say::compare_it_hint(lang, text))
            }
            ProblemKind::ConditionAsOperand { .. } => Some(say::condition_hint(lang)),
            ProblemKind::ListExpected
            | ProblemKind::ListMisplaced
            | ProblemKind::ListItemIsNoLiteral
            | ProblemKind::ListEmpty => Some(say::list_hint(lang)),
            ProblemKind::NoThread { .. } | ProblemKind::ParserPanicked => Some(say::our_fault_hint(lang)),
            ProblemKind::WrongArguments { .. }
            | ProblemKind::WrongKind { .. }
            | ProblemKind::MixedKinds { .. }
            | ProblemKind::NumberNotExact { .. }
            | ProblemKind::NumberUnreadable { .. } => None,
        }
    }
}

display_in_english!(CriterionError);
display_in_english!(Problem);
display_in_english!(ProblemKind);

impl Error for CriterionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problems.first()?.source()
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ProblemKind::Unexpected { cause, .. }
            | ProblemKind::UnexpectedEnd { cause }
            | ProblemKind::NumberUnreadable { cause, .. }
            | ProblemKind::NoThread { cause } => Some(cause.as_ref()),
            _ => None,
        }
    }
}

/// Names in back-quotes.
pub(crate) fn listed(lang: Lang, names: impl Iterator<Item: fmt::Display>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(&say::separator(lang))
}

/// The first few of many names.
fn shortened(lang: Lang, names: &[String]) -> String {
    let more = if names.len() > MAX_SHOWN { format!("{}...", say::separator(lang)) } else { String::new() };
    format!("{}{more}", listed(lang, names.iter().take(MAX_SHOWN)))
}
