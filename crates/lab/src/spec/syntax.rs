//! Text that is no YAML: the parser's findings in words for people, in both languages.

use proofmark_messages::{Lang, Localize, spec};
use saphyr_parser::ScanError;

/// Where and why a text stops being YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// The kind of mistake.
    pub reason: SyntaxReason,
    /// What the parser found.
    pub cause: ScanError,
}

/// The mistakes that people make in YAML, as far as they can be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxReason {
    /// A tab where only spaces may indent.
    TabIndentation,
    /// A `[` without its `]`.
    UnclosedList {
        /// The line of the `[`.
        opened_line: usize,
    },
    /// A `{` without its `}`.
    UnclosedMap {
        /// The line of the `{`.
        opened_line: usize,
    },
    /// A quote without its end.
    UnclosedQuote,
    /// A `: ` where no key can be: a second one in a line, or after a line that is no entry.
    MisplacedColon,
    /// A line that is indented like none of those before it.
    Indentation,
    /// A line in a map that is no `key: value`.
    MissingColon,
    /// A `- ` where no list can start.
    MisplacedListItem,
    /// A bracket that closes nothing.
    UnmatchedBracket,
    /// Something after the closing quote.
    TextAfterQuote,
    /// A backslash in double quotes before a letter that means nothing.
    UnknownEscape,
    /// A value that starts with a character which YAML keeps for itself.
    ReservedCharacter {
        /// The character.
        character: char,
    },
    /// Anything else; the parser's words are shown.
    Other,
}

/// The list or map that is being read where the parser stops.
pub(crate) struct OpenCollection {
    /// A list, not a map.
    pub(crate) is_list: bool,
    /// The line where it starts.
    pub(crate) line: usize,
}

impl Syntax {
    /// Sorts a finding of the parser by its words; `None` if it is an alias to an unknown anchor. `open` is the innermost
    /// collection, `character` the one at the place.
    pub(crate) fn classify(cause: ScanError, open: Option<OpenCollection>, character: Option<char>) -> Option<Syntax> {
        let words = cause.info();
        let says = |part: &str| words.contains(part);
        let opened_line = open.as_ref().map_or(1, |open| open.line);
        let reason = if says("unknown anchor") {
            return None;
        } else if says("tab cannot be used") || says("tabs disallowed") || says("found a tab") {
            SyntaxReason::TabIndentation
        } else if says("expected ',' or ']'") {
            SyntaxReason::UnclosedList { opened_line }
        } else if says("expected ',' or '}'") {
            SyntaxReason::UnclosedMap { opened_line }
        } else if says("found unexpected end of stream")
            || (says("quoted scalar") && !says("escape") && !says("hexadecimal") && !says("trailing"))
        {
            SyntaxReason::UnclosedQuote
        } else if says("mapping values are not allowed") || says("illegal placement of ':'") {
            SyntaxReason::MisplacedColon
        } else if says("invalid indentation") || says("wrongly indented") {
            // In brackets, a line that is not indented is most likely one after a forgotten bracket.
            match open {
                Some(OpenCollection { is_list: true, line }) if says("flow") => {
                    SyntaxReason::UnclosedList { opened_line: line }
                }
                _ => SyntaxReason::Indentation,
            }
        } else if says("did not find expected key") || says("did not find expected '-'") {
            SyntaxReason::Indentation
        } else if says("simple key expect") {
            SyntaxReason::MissingColon
        } else if says("block sequence entries are not allowed") {
            SyntaxReason::MisplacedListItem
        } else if says("misplaced bracket") {
            SyntaxReason::UnmatchedBracket
        } else if says("invalid trailing content") {
            SyntaxReason::TextAfterQuote
        } else if says("unknown escape character") {
            SyntaxReason::UnknownEscape
        } else if let (true, Some(character)) = (says("unexpected character"), character) {
            SyntaxReason::ReservedCharacter { character }
        } else {
            SyntaxReason::Other
        };
        Some(Syntax { reason, cause })
    }
}

impl Localize for Syntax {
    fn text(&self, lang: Lang) -> String {
        match &self.reason {
            SyntaxReason::TabIndentation => spec::yaml_tab(lang),
            SyntaxReason::UnclosedList { opened_line } => spec::yaml_unclosed_list(lang, opened_line),
            SyntaxReason::UnclosedMap { opened_line } => spec::yaml_unclosed_map(lang, opened_line),
            SyntaxReason::UnclosedQuote => spec::yaml_unclosed_quote(lang),
            SyntaxReason::MisplacedColon => spec::yaml_misplaced_colon(lang),
            SyntaxReason::Indentation => spec::yaml_indentation(lang),
            SyntaxReason::MissingColon => spec::yaml_missing_colon(lang),
            SyntaxReason::MisplacedListItem => spec::yaml_misplaced_list_item(lang),
            SyntaxReason::UnmatchedBracket => spec::yaml_unmatched_bracket(lang),
            SyntaxReason::TextAfterQuote => spec::yaml_text_after_quote(lang),
            SyntaxReason::UnknownEscape => spec::yaml_unknown_escape(lang),
            SyntaxReason::ReservedCharacter { character } => spec::yaml_reserved_character(lang, character),
            SyntaxReason::Other => spec::yaml_other(lang, self.cause.info()),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match &self.reason {
            SyntaxReason::TabIndentation => Some(spec::yaml_tab_hint(lang)),
            SyntaxReason::UnclosedList { .. } => Some(spec::yaml_unclosed_list_hint(lang)),
            SyntaxReason::UnclosedMap { .. } => Some(spec::yaml_unclosed_map_hint(lang)),
            SyntaxReason::UnclosedQuote => Some(spec::yaml_unclosed_quote_hint(lang)),
            SyntaxReason::MisplacedColon => Some(spec::yaml_misplaced_colon_hint(lang)),
            SyntaxReason::Indentation => Some(spec::yaml_indentation_hint(lang)),
            SyntaxReason::MissingColon => Some(spec::yaml_missing_colon_hint(lang)),
            SyntaxReason::MisplacedListItem => Some(spec::yaml_misplaced_list_item_hint(lang)),
            SyntaxReason::UnmatchedBracket => Some(spec::yaml_unmatched_bracket_hint(lang)),
            SyntaxReason::TextAfterQuote => Some(spec::yaml_text_after_quote_hint(lang)),
            SyntaxReason::UnknownEscape => Some(spec::yaml_unknown_escape_hint(lang)),
            SyntaxReason::ReservedCharacter { .. } => Some(spec::yaml_reserved_character_hint(lang)),
            SyntaxReason::Other => None,
        }
    }
}
