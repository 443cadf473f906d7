//! A first pass over the text, before CEL's parser sees it: it bounds size, nesting and thereby time and stack, refuses by
//! name what criteria do not offer, and knows where each token stands.

use crate::error::{Problem, ProblemKind};
use crate::functions::{FUNCTIONS, function};
use crate::schema::nearest_name;

/// The longest criterion, in bytes.
pub const MAX_BYTES: usize = 4096;

/// The most tokens (names, numbers, texts, signs) in a criterion. With [`MAX_NESTING`] it bounds the depth of the parsed
/// tree: a chain `a + a + ...` is half as deep as it has tokens.
pub const MAX_TOKENS: usize = 512;

/// How deep brackets may be nested. CEL's generated parser takes a dozen large frames for each: 128 to 256 KiB of stack
/// where it is not optimised (cel 0.15).
pub const MAX_NESTING: usize = 16;

/// What the scan found.
pub(crate) struct Scanned {
    /// The tokens in the order of the text.
    pub(crate) tokens: Vec<Token>,
    /// What is wrong so far.
    pub(crate) problems: Vec<Problem>,
    /// Whether CEL's parser may see the text: it is within the bounds, and its tokens are CEL's.
    pub(crate) parseable: bool,
}

/// A token and its bytes in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    Number,
    Text,
    Sign,
}

/// Signs of CEL, the longer before those that they begin with.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// Signs of CEL that criteria do not offer, and how they are named to a person.
const SIGNS_NOT_OFFERED: [(&str, &str); 3] = [("%", "%"), ("?", "? :"), ("{", "{ }")];

/// What people write for a sign: other languages' signs, and what a Chinese keyboard gives.
const INSTEAD: [(char, &str); 22] = [
    ('=', "=="),
    ('&', "&&"),
    ('|', "||"),
    ('≤', "<="),
    ('≥', ">="),
    ('≠', "!="),
    ('×', "*"),
    ('÷', "/"),
    ('（', "("),
    ('）', ")"),
    ('【', "["),
    ('】', "]"),
    ('＜', "<"),
    ('＞', ">"),
    ('＝', "=="),
    ('！', "!"),
    ('，', ","),
    ('。', "."),
    ('“', "\""),
    ('”', "\""),
    ('‘', "'"),
    ('’', "'"),
];

impl Scanned {
    /// The index of the token that begins at a byte.
    pub(crate) fn token_at(&self, start: usize) -> Option<usize> {
        self.tokens.binary_search_by_key(&start, |token| token.start).ok()
    }
}

/// Reads the tokens of a text.
pub(crate) fn scan(text: &str) -> Scanned {
    let mut scanned = Scanned { tokens: Vec::new(), problems: Vec::new(), parseable: true };
    if text.len() > MAX_BYTES {
        scanned.refuse(0..text.len(), ProblemKind::TooLong { bytes: text.len(), limit: MAX_BYTES });
        return scanned;
    }
    scanned.read_tokens(text);
    if scanned.tokens.len() > MAX_TOKENS {
        let too_many = ProblemKind::TooManyTokens { tokens: scanned.tokens.len(), limit: MAX_TOKENS };
        scanned.refuse(scanned.tokens[MAX_TOKENS].start..text.len(), too_many);
    }
    scanned.check_nesting(text);
    scanned.check_offer(text);
    scanned.problems.sort_by_key(|problem| problem.offset);
    scanned
}

impl Scanned {
    /// Notes a problem for which the parser must not see the text.
    fn refuse(&mut self, span: std::ops::Range<usize>, kind: ProblemKind) {
        self.problems.push(Problem::new(span, kind));
        self.parseable = false;
    }

    fn read_tokens(&mut self, text: &str) {
        let mut start = 0;
        while let Some(first) = text[start..].chars().next() {
            let rest = &text[start..];
            let (kind, length) = if first.is_ascii_whitespace() {
                start += 1;
                continue;
            } else if rest.starts_with("//") {
                // CEL would take it, but YAML may have folded lines, and then the comment hides the conditions behind it.
                let length = rest.find('\n').unwrap_or(rest.len());
                self.problems.push(Problem::new(start..start + length, ProblemKind::Comment));
                start += length;
                continue;
            } else if let Some(length) = text_length(rest) {
                let Some(length) = length else {
                    self.refuse(start..text.len(), ProblemKind::UnclosedText);
                    return;
                };
                if rest.starts_with("\"\"\"") || rest.starts_with("'''") || first.is_ascii_alphabetic() {
                    let prefix = rest[..length].chars().take_while(char::is_ascii_alphabetic).collect::<String>();
                    let what = if prefix.is_empty() { "\"\"\"".to_owned() } else { format!("{prefix}\"\"") };
                    self.problems.push(Problem::new(start..start + length, ProblemKind::TextNotOffered { what }));
                }
                (TokenKind::Text, length)
            } else if first.is_ascii_alphabetic() || first == '_' {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                (TokenKind::Name, rest.find(|c| !is_name(c)).unwrap_or(rest.len()))
            } else if let Some(length) = number_length(rest) {
                (TokenKind::Number, length)
            } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                (TokenKind::Sign, sign.len())
            } else {
                let instead = INSTEAD.iter().find(|(wrong, _)| *wrong == first).map(|(_, right)| *right);
                let after_word = rest.find(|c: char| c.is_ascii() || !c.is_alphabetic()).unwrap_or(rest.len());
                let length = after_word.max(first.len_utf8());
                let characters = rest[..length].to_owned();
                self.refuse(start..start + length, ProblemKind::UnexpectedCharacters { characters, instead });
                start += length;
                continue;
            };
            self.tokens.push(Token { kind, start, end: start + length });
            start += length;
        }
    }

    fn check_nesting(&mut self, text: &str) {
        let mut depth = 0_usize;
        for token in &self.tokens {
            match &text[token.start..token.end] {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_NESTING {
                self.refuse(token.start..token.end, ProblemKind::TooDeep { limit: MAX_NESTING });
                return;
            }
        }
    }

    /// Refuses signs, words and functions that are CEL and not offered. The parser goes on, for the sake of what else is
    /// wrong; the check after it passes over them.
    fn check_offer(&mut self, text: &str) {
        for (idx, token) in self.tokens.iter().enumerate() {
            let word = &text[token.start..token.end];
            let span = token.start..token.end;
            let next = self.tokens.get(idx + 1).map(|next| &text[next.start..next.end]);
            let kind = match token.kind {
                TokenKind::Sign => SIGNS_NOT_OFFERED
                    .iter()
                    .find(|(sign, _)| *sign == word)
                    .map(|(_, what)| ProblemKind::NotOffered { what: (*what).to_owned() }),
                TokenKind::Name if word == "null" => Some(ProblemKind::NotOffered { what: word.to_owned() }),
                TokenKind::Name if next == Some("(") && word != "in" && function(word).is_none() => {
                    let nearest = nearest_name(word, FUNCTIONS.iter().map(|function| function.name));
                    Some(ProblemKind::UnknownFunction { function: word.to_owned(), nearest })
                }
                TokenKind::Name | TokenKind::Number | TokenKind::Text => None,
            };
            self.problems.extend(kind.map(|kind| Problem::new(span, kind)));
        }
    }
}

/// The length of a text with its quotes and prefix, if one begins here; `Some(None)` if it does not end.
fn text_length(rest: &str) -> Option<Option<usize>> {
    let prefix = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_prefix = rest[..prefix].bytes().all(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B')) && prefix <= 2;
    let quote = rest[prefix..].chars().next().filter(|&quote| is_prefix && (quote == '"' || quote == '\''))?;
    let raw = rest[..prefix].contains(['r', 'R']);
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let (close, single_line) =
        if rest[prefix..].starts_with(&triple) { (triple, false) } else { (quote.to_string(), true) };

    let mut idx = prefix + close.len();
    while idx < rest.len() {
        if rest[idx..].starts_with(&close) {
            return Some(Some(idx + close.len()));
        }
        let character = rest[idx..].chars().next()?;
        if single_line && (character == '\n' || character == '\r') {
            break;
        }
        idx += character.len_utf8();
        if character == '\\' && !raw {
            idx += rest[idx..].chars().next().map_or(0, char::len_utf8);
        }
    }
    Some(None)
}

/// The length of a number, if one begins here.
fn number_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let suffix = |end: usize| end + usize::from(matches!(bytes.get(end), Some(b'u' | b'U')));

    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let length = hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        return Some(suffix(2 + length));
    }
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if end == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            return Some(end + 1 + sign + exponent);
        }
    }
    Some(suffix(end))
}
