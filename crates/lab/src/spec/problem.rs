//! What can be wrong with a spec, each with its operands, its words and its hint.

use std::error::Error;
use std::sync::Arc;

use proofmark_messages::{Lang, Localize, display_in_english, spec};

use super::operands::{Expected, Kind, Length, Range, Received, listed, number, one_of, shown, spaced};
use super::path::{Path, PathError};
use super::syntax::Syntax;
use super::tree::Position;

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The path to the value that is wrong, or to the map in which a key is wrong.
    pub path: Path,
    /// The place in the user's text.
    pub position: Position,
}

/// The ways in which a spec is wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The text is longer than a spec can be.
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The longest that is read, in bytes.
        limit: usize,
    },
    /// A character that YAML does not allow.
    ControlCharacter {
        /// Its code point.
        code: u32,
    },
    /// The text is no YAML.
    Syntax(Syntax),
    /// A second document after `---` or `...`.
    SeveralDocuments,
    /// `&anchor`.
    Anchor,
    /// `*alias`.
    Alias,
    /// `!tag`.
    Tag {
        /// The tag as written.
        tag: String,
    },
    /// Lists and maps are nested too deep.
    TooDeep {
        /// The deepest nesting.
        limit: usize,
    },
    /// A key stands twice in one map.
    DuplicateKey {
        /// The key.
        key: String,
        /// The line of the first one.
        first_line: usize,
    },
    /// A plain key that YAML reads as a number, a truth value or null.
    KeyNotText {
        /// The key as written.
        key: String,
    },
    /// A list or a map as a key.
    KeyNotScalar,
    /// An integer beyond 64 bits.
    IntegerTooLarge {
        /// The number as written.
        number: String,
    },
    /// An infinity, a NaN, or a number too large for 64 bits.
    NumberNotFinite {
        /// The number as written.
        number: String,
    },
    /// A key that the schema does not know.
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that was most likely meant.
        nearest: Option<String>,
        /// All known keys, in the schema's order.
        allowed: Vec<String>,
    },
    /// A key without a default is not there.
    MissingKey {
        /// The key.
        key: String,
    },
    /// A value of another type.
    WrongType {
        /// What the schema allows.
        expected: Expected,
        /// What is there.
        received: Received,
    },
    /// A number outside its range.
    OutOfRange {
        /// The range.
        range: Range,
        /// The number.
        received: Received,
    },
    /// A list that is too short or too long.
    WrongLength {
        /// How many values it may have.
        length: Length,
        /// How many it has.
        received: usize,
    },
    /// A text that is too short or too long.
    WrongTextLength {
        /// How many characters it may have.
        length: Length,
        /// How many it has.
        received: usize,
    },
    /// A value that stands twice in a list where each may stand once.
    DuplicateItem {
        /// The index of the first one.
        first_idx: usize,
        /// The value.
        received: Received,
    },
    /// A name that is none of those allowed.
    UnknownVariant {
        /// The name.
        received: String,
        /// The allowed name that was most likely meant.
        nearest: Option<String>,
        /// All allowed names, in the schema's order.
        allowed: Vec<String>,
    },
    /// A value other than text that is none of those allowed.
    NotAllowed {
        /// The value.
        received: Received,
        /// All allowed values, as JSON.
        allowed: Vec<String>,
    },
    /// A variant's name alone, where the variant has settings that must be given.
    VariantWithoutContent {
        /// The variant.
        variant: String,
    },
    /// A variant with settings that has none.
    VariantWithContent {
        /// The variant.
        variant: String,
    },
    /// A variant whose settings stand beside it instead of below it.
    VariantNotIndented {
        /// The variant.
        variant: String,
        /// The first of its settings.
        key: String,
    },
    /// A map of several keys where one variant is expected.
    SeveralVariants {
        /// How many keys there are.
        received: usize,
        /// All allowed names, in the schema's order.
        allowed: Vec<String>,
    },
    /// The typed spec refuses what the schema allows.
    Refused {
        /// Why.
        source: Arc<serde_json::Error>,
    },
    /// A `--set` without `=`.
    OverrideWithoutValue {
        /// The argument.
        argument: String,
    },
    /// A `--set` whose left side is no path.
    OverridePath {
        /// The left side.
        path: String,
        /// What is wrong with it.
        reason: PathError,
    },
    /// An index beyond a list's end.
    NoSuchIndex {
        /// The index.
        index: usize,
        /// The list's length.
        length: usize,
    },
    /// No element of a list has this name.
    NoSuchName {
        /// The name.
        name: String,
        /// The name that was most likely meant.
        nearest: Option<String>,
        /// The names that there are.
        allowed: Vec<String>,
    },
    /// A path that goes on below something which has nothing below it.
    NothingBelow {
        /// The step that cannot be taken.
        segment: String,
        /// What is there.
        received: Received,
    },
}

impl Problem {
    /// The value as a message names it: its path, or "the spec" for the whole.
    fn subject(&self, lang: Lang) -> String {
        if self.path.0.is_empty() {
            return spec::whole_spec(lang);
        }
        spec::received_value(lang, shown(&self.path.to_string()))
    }

    /// The last step of the path, as a name in a formula.
    fn name(&self) -> String {
        let last = self.path.0.len().saturating_sub(1);
        let tail = match &self.path.0[last..] {
            [super::path::Segment::Index(_)] => &self.path.0[last.saturating_sub(1)..],
            tail => tail,
        };
        shown(&Path(tail.to_vec()).to_string())
    }
}

impl Localize for Problem {
    fn text(&self, lang: Lang) -> String {
        spaced(lang, self.sentence(lang))
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        self.advice(lang).map(|advice| spaced(lang, advice))
    }
}

impl Problem {
    fn sentence(&self, lang: Lang) -> String {
        let subject = || self.subject(lang);
        match &self.kind {
            ProblemKind::TooLarge { bytes, limit } => spec::too_large(lang, limit, bytes),
            ProblemKind::ControlCharacter { code } => spec::control_character(lang, format!("U+{code:04X}")),
            ProblemKind::Syntax(syntax) => syntax.text(lang),
            ProblemKind::SeveralDocuments => spec::several_documents(lang),
            ProblemKind::Anchor => spec::anchor(lang),
            ProblemKind::Alias => spec::alias(lang),
            ProblemKind::Tag { tag } => spec::tag(lang, shown(tag)),
            ProblemKind::TooDeep { limit } => spec::too_deep(lang, limit),
            ProblemKind::DuplicateKey { key, first_line } => spec::duplicate_key(lang, shown(key), first_line),
            ProblemKind::KeyNotText { key } if key.is_empty() => spec::empty_key(lang),
            ProblemKind::KeyNotText { key } => spec::key_not_text(lang, shown(key)),
            ProblemKind::KeyNotScalar => spec::key_not_scalar(lang),
            ProblemKind::IntegerTooLarge { number } => spec::integer_too_large(lang, shown(number)),
            ProblemKind::NumberNotFinite { number } => spec::number_not_finite(lang, shown(number)),
            ProblemKind::UnknownKey { key, .. } => spec::unknown_key(lang, shown(key), subject()),
            ProblemKind::MissingKey { key } => spec::missing_key(lang, subject(), key),
            ProblemKind::WrongType { expected, received } => {
                spec::wrong_type(lang, subject(), expected.text(lang), received.text(lang))
            }
            ProblemKind::OutOfRange { range, received } => {
                spec::out_of_range(lang, subject(), range.text(&self.name()), received.text(lang))
            }
            ProblemKind::WrongLength { length, received } => {
                spec::wrong_length(lang, subject(), length.text(lang), received)
            }
            ProblemKind::WrongTextLength { length, received } => {
                spec::wrong_text_length(lang, subject(), length.text(lang), received)
            }
            ProblemKind::DuplicateItem { first_idx, received } => {
                spec::duplicate_item(lang, subject(), received.text(lang), first_idx)
            }
            ProblemKind::UnknownVariant { received, allowed, .. } => {
                let expected = Expected { kinds: Vec::new(), names: allowed.clone() };
                spec::unknown_variant(lang, subject(), expected.text(lang), shown(received))
            }
            ProblemKind::NotAllowed { received, allowed } => {
                spec::wrong_type(lang, subject(), one_of(lang, allowed), received.text(lang))
            }
            ProblemKind::VariantWithoutContent { variant } => spec::variant_without_content(lang, shown(variant)),
            ProblemKind::VariantWithContent { variant } => spec::variant_with_content(lang, shown(variant)),
            ProblemKind::VariantNotIndented { variant, key } => {
                spec::variant_not_indented(lang, shown(key), shown(variant))
            }
            ProblemKind::SeveralVariants { received, .. } => spec::several_variants(lang, subject(), received),
            ProblemKind::Refused { source } => spec::refused(lang, subject(), shown(&source.to_string())),
            ProblemKind::OverrideWithoutValue { argument } => spec::override_without_value(lang, shown(argument)),
            ProblemKind::OverridePath { path, .. } => spec::override_path(lang, shown(path)),
            ProblemKind::NoSuchIndex { index, length } => spec::no_such_index(lang, subject(), index, length),
            ProblemKind::NoSuchName { name, .. } => spec::no_such_name(lang, subject(), shown(name)),
            ProblemKind::NothingBelow { segment, received } => {
                spec::nothing_below(lang, subject(), shown(segment), received.text(lang))
            }
        }
    }

    fn advice(&self, lang: Lang) -> Option<String> {
        let meant = |nearest: &String| spec::did_you_mean(lang, nearest);
        match &self.kind {
            ProblemKind::TooLarge { .. } => Some(spec::too_large_hint(lang)),
            ProblemKind::ControlCharacter { .. } => Some(spec::control_character_hint(lang)),
            ProblemKind::Syntax(syntax) => syntax.hint(lang),
            ProblemKind::SeveralDocuments => Some(spec::several_documents_hint(lang)),
            ProblemKind::Anchor | ProblemKind::Alias => Some(spec::alias_hint(lang)),
            ProblemKind::Tag { .. } => Some(spec::tag_hint(lang)),
            ProblemKind::TooDeep { .. } => None,
            ProblemKind::DuplicateKey { .. } => Some(spec::duplicate_key_hint(lang)),
            ProblemKind::KeyNotText { key } if key.is_empty() => Some(spec::empty_key_hint(lang)),
            ProblemKind::KeyNotText { key } => Some(spec::key_not_text_hint(lang, shown(key))),
            ProblemKind::KeyNotScalar => Some(spec::key_not_scalar_hint(lang)),
            ProblemKind::IntegerTooLarge { .. } | ProblemKind::NumberNotFinite { .. } => {
                Some(spec::number_as_text_hint(lang))
            }
            ProblemKind::UnknownKey { nearest, allowed, .. } => Some(match nearest {
                Some(nearest) => meant(nearest),
                None if allowed.is_empty() => spec::no_keys_hint(lang),
                None => spec::allowed_keys_hint(lang, listed(lang, allowed)),
            }),
            ProblemKind::MissingKey { key } => Some(spec::missing_key_hint(lang, key)),
            ProblemKind::WrongType { received: Received::Nothing, .. } if self.path.0.is_empty() => {
                Some(spec::empty_spec_hint(lang))
            }
            ProblemKind::WrongType { expected, received } => wrong_type_hint(lang, expected, received),
            ProblemKind::UnknownVariant { nearest, .. } => nearest.as_ref().map(meant),
            ProblemKind::VariantWithoutContent { variant } => Some(spec::variant_without_content_hint(lang, variant)),
            ProblemKind::VariantWithContent { variant } => Some(spec::variant_with_content_hint(lang, variant)),
            ProblemKind::VariantNotIndented { variant, .. } => Some(spec::variant_not_indented_hint(lang, variant)),
            ProblemKind::SeveralVariants { allowed, .. } => {
                Some(spec::several_variants_hint(lang, one_of(lang, allowed)))
            }
            ProblemKind::OverrideWithoutValue { .. } => Some(spec::override_without_value_hint(lang)),
            ProblemKind::OverridePath { reason, .. } => Some(match reason {
                PathError::EmptySegment => spec::path_empty_segment_hint(lang),
                PathError::Index => spec::path_index_hint(lang),
                PathError::Quote => spec::path_quote_hint(lang),
            }),
            ProblemKind::NoSuchIndex { length: 0, .. } => None,
            ProblemKind::NoSuchIndex { length, .. } => Some(spec::no_such_index_hint(lang, length - 1)),
            ProblemKind::NoSuchName { nearest, allowed, .. } => match nearest {
                Some(nearest) => Some(meant(nearest)),
                None if allowed.is_empty() => Some(spec::no_names_hint(lang)),
                None => Some(spec::allowed_names_hint(lang, listed(lang, allowed))),
            },
            ProblemKind::NothingBelow { .. } => Some(spec::nothing_below_hint(lang)),
            ProblemKind::OutOfRange { .. }
            | ProblemKind::WrongLength { .. }
            | ProblemKind::WrongTextLength { .. }
            | ProblemKind::DuplicateItem { .. }
            | ProblemKind::NotAllowed { .. }
            | ProblemKind::Refused { .. } => None,
        }
    }
}

display_in_english!(Problem);

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ProblemKind::Syntax(syntax) => Some(&syntax.cause),
            ProblemKind::Refused { source } => Some(source.as_ref()),
            _ => None,
        }
    }
}

/// What a person most likely did who wrote one type for another.
fn wrong_type_hint(lang: Lang, expected: &Expected, received: &Received) -> Option<String> {
    let wants = |kind: Kind| expected.kinds.contains(&kind);
    let wants_number = wants(Kind::Number) || wants(Kind::Integer);
    match received {
        Received::Text(text) if wants_number => {
            if text.parse::<f64>().is_ok_and(f64::is_finite) {
                return Some(spec::quoted_number_hint(lang));
            }
            let joined: String = text.chars().filter(|c| !matches!(c, '_' | ',' | '\'' | ' ')).collect();
            let is_grouped = joined.len() < text.len() && joined.parse::<f64>().is_ok_and(f64::is_finite);
            is_grouped.then(|| spec::grouped_number_hint(lang, joined))
        }
        Received::Text(text) if wants(Kind::Boolean) => match text.to_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some(spec::boolean_hint(lang, true)),
            "no" | "off" | "n" | "false" => Some(spec::boolean_hint(lang, false)),
            _ => None,
        },
        Received::Number(value) if wants(Kind::Integer) && value.fract() == 0.0 && value.abs() < 1e15 => {
            Some(spec::whole_number_hint(lang, number(*value)))
        }
        Received::Boolean(_) | Received::Integer(_) | Received::Number(_) if wants(Kind::Text) => {
            Some(spec::quote_hint(lang))
        }
        Received::Nothing if wants(Kind::Map) => Some(spec::nothing_for_map_hint(lang)),
        Received::Nothing => Some(spec::nothing_hint(lang)),
        Received::Map(_) if wants(Kind::List) => Some(spec::map_for_list_hint(lang)),
        _ => None,
    }
}
