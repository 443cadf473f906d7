//! CEL's parser, behind a bound on its stack and its panics.

use std::sync::Arc;
use std::thread;

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::Parser;
use cel::{ParseError, ParseErrors};

use crate::error::{Problem, ProblemKind};
use crate::scan::Scanned;

/// The parser's stack in bytes; virtual memory, of which an ordinary criterion touches a few pages. Not optimised, the
/// parser needs less than 8 MiB for the deepest texts that the scan lets through.
const STACK_BYTES: usize = 32 << 20;

/// A parsed criterion.
pub(crate) struct Parsed {
    pub(crate) expression: IdedExpr,
    pub(crate) positions: SourceInfo,
}

/// Parses a text that the scan let through. It runs on a thread of its own: the generated parser takes many frames for a
/// bracket, and the caller's stack may be small or nearly used up.
pub(crate) fn parse(text: &str, scanned: &Scanned) -> Result<Parsed, Vec<Problem>> {
    let everything = 0..text.len();
    thread::scope(|scope| {
        let parser = thread::Builder::new()
            .name("criterion".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || Parser::new().parse_with_source_info(text))
            .map_err(|error| {
                vec![Problem::new(everything.clone(), ProblemKind::NoThread { cause: Arc::new(error) })]
            })?;
        match parser.join() {
            Ok(Ok((expression, positions))) => Ok(Parsed { expression, positions }),
            Ok(Err(errors)) => Err(problems(text, scanned, errors)),
            // The payload is a text for programmers, which the panic hook has printed.
            Err(_payload) => Err(vec![Problem::new(everything, ProblemKind::ParserPanicked)]),
        }
    })
}

/// The parser's errors in our words: it names what it expected by its grammar, which helps nobody.
fn problems(text: &str, scanned: &Scanned, errors: ParseErrors) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut stumbled = false;
    for error in errors.errors {
        let offset = byte_offset(text, &error);
        let mut token_idx = scanned.tokens.iter().position(|token| token.end > offset);
        if let Some(idx) = token_idx.and_then(|idx| idx.checked_sub(1)) {
            let before = &scanned.tokens[idx];
            // CEL stumbles over what follows `not`, which is a name to it.
            if text[before.start..before.end].eq_ignore_ascii_case("not") {
                token_idx = Some(idx);
            }
        }
        let token = token_idx.map(|idx| &scanned.tokens[idx]);
        let span = token.map_or(text.len()..text.len(), |token| token.start..token.end);
        // One slip makes the parser stumble several times, and only the first time says something.
        let is_stumble = error.msg.starts_with("Syntax error");
        if is_stumble && std::mem::replace(&mut stumbled, true) {
            continue;
        }
        let word = token.map(|token| text[token.start..token.end].to_owned());
        let is_number = word.as_ref().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        let kind = match word {
            None => ProblemKind::UnexpectedEnd { cause: Arc::new(error) },
            Some(number) if is_number && !is_stumble => {
                ProblemKind::NumberUnreadable { number, cause: Arc::new(error) }
            }
            Some(word) => ProblemKind::Unexpected { word, cause: Arc::new(error) },
        };
        problems.push(Problem::new(span, kind));
    }
    problems
}

/// The parser counts lines and, within a line, characters, both from one.
fn byte_offset(text: &str, error: &ParseError) -> usize {
    let (line, column) = (usize::try_from(error.pos.0).unwrap_or(1), usize::try_from(error.pos.1).unwrap_or(1));
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let in_line = text[before..].char_indices().nth(column.saturating_sub(1));
    in_line.map_or(text.len(), |(idx, _)| before + idx)
}
