//! What the tokens of a sequence stand for: bytes, the characters of a list, or loudness.

use crate::source::wav;
use proofmark_messages::{Lang, Localize, display_in_english, tokens as say};
use proofmark_tensor::math;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;

/// The most characters that may be told apart: each is a class.
pub const MAX_CHARACTERS: usize = 4096;

/// What the tokens of a feature of the type `tokens` stand for; kept beside the model, so that it can write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tokens {
    /// Each byte is a token.
    Bytes,
    /// Each character is a token: its place in the list.
    Characters {
        /// The characters, each once.
        characters: String,
        /// The one of them that stands for all others; without it there are no others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unknown: Option<char>,
    },
    /// Each sample of a sound is a token, 0 to 255: see [`mu_law`].
    MuLaw {
        /// Samples of a second.
        rate_hz: u32,
    },
}

/// Why a text has no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextError {
    /// Sound is not written in characters.
    Sound,
    /// Not the encoding that it should have.
    NotUtf8 {
        /// The first byte that is none, from 0.
        offset: usize,
    },
    /// A character that is not in the list, where none stands for it.
    UnknownCharacter {
        /// The first one.
        character: char,
        /// Its line, from 1.
        line: usize,
        /// Its place in the line, from 1, in characters.
        column: usize,
        /// All such characters, each once, in their order.
        all: String,
    },
}

impl Tokens {
    /// How many there are.
    #[allow(clippy::len_without_is_empty, reason = "there is no vocabulary without tokens")]
    pub fn len(&self) -> usize {
        match self {
            Tokens::Bytes | Tokens::MuLaw { .. } => 256,
            Tokens::Characters { characters, .. } => characters.chars().count(),
        }
    }

    /// The tokens' names, by which reports call them: printable characters as they are, `space`, escapes as in `\n`, and `0xe9` for
    /// bytes that are no ASCII characters.
    pub fn names(&self) -> Vec<String> {
        match self {
            Tokens::Bytes => (0..=255_u8)
                .map(|byte| if byte.is_ascii() { name(char::from(byte)) } else { format!("0x{byte:02x}") })
                .collect(),
            Tokens::Characters { characters, .. } => characters.chars().map(name).collect(),
            Tokens::MuLaw { .. } => (0..256).map(|level| level.to_string()).collect(),
        }
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// If it is not UTF-8 where tokens are characters, or has characters that are no tokens.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u16>, TextError> {
        let (characters, unknown) = match self {
            Tokens::Bytes => return Ok(text.iter().copied().map(u16::from).collect()),
            Tokens::Characters { characters, unknown } => (characters, unknown),
            Tokens::MuLaw { .. } => return Err(TextError::Sound),
        };
        let text = std::str::from_utf8(text).map_err(|error| TextError::NotUtf8 { offset: error.valid_up_to() })?;
        // At most MAX_CHARACTERS, so that the place fits.
        let places: BTreeMap<char, u16> = characters.chars().zip(0..).collect();
        let unknown = unknown.and_then(|unknown| places.get(&unknown)).copied();
        let tokens: Option<Vec<u16>> =
            text.chars().map(|character| places.get(&character).copied().or(unknown)).collect();
        tokens.ok_or_else(|| {
            let is_other = |character: &char| !places.contains_key(character);
            let mut all: Vec<char> = text.chars().filter(is_other).collect();
            all.sort_unstable();
            all.dedup();
            let (mut line, mut column, mut found) = (1, 1, '\0');
            for character in text.chars() {
                if is_other(&character) {
                    found = character;
                    break;
                }
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            TextError::UnknownCharacter { character: found, line, column, all: all.into_iter().collect() }
        })
    }

    /// What something new begins after: a line's end, or the first token where there is none; silence.
    pub fn before(&self) -> u16 {
        match self {
            Tokens::Bytes => u16::from(b'\n'),
            Tokens::Characters { characters, .. } => {
                (0..).zip(characters.chars()).find_map(|(token, one)| (one == '\n').then_some(token)).unwrap_or(0)
            }
            Tokens::MuLaw { .. } => mu_law(0.0),
        }
    }

    /// Whether they are a sound's.
    pub fn is_sound(&self) -> bool {
        matches!(self, Tokens::MuLaw { .. })
    }

    /// What these tokens say, as bytes of a file: characters as UTF-8, sound as a WAV file of 16 bits.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn decode(&self, tokens: &[u16]) -> Vec<u8> {
        match self {
            Tokens::Bytes => tokens.iter().map(|token| u8::try_from(*token).expect("a token is a byte")).collect(),
            Tokens::Characters { characters, .. } => {
                let characters: Vec<char> = characters.chars().collect();
                tokens.iter().map(|token| characters[usize::from(*token)]).collect::<String>().into_bytes()
            }
            Tokens::MuLaw { rate_hz } => {
                let samples: Vec<f32> = tokens.iter().map(|token| from_mu_law(*token)).collect();
                wav::write(*rate_hz, &samples)
            }
        }
    }
}

/// The level of a sample in -1 to 1, 0 to 255: `(F(x) + 1) / 2 * 255`, rounded, for `F(x) = sign(x) ln(1 + 255 |x|) / ln 256`, the
/// companding law of ITU-T G.711 with its exact logarithm (van den Oord et al. 2016, *WaveNet*, section 2.2). Quiet sounds have finer
/// levels than loud ones.
pub fn mu_law(sample: f32) -> u16 {
    let sample = f64::from(sample.clamp(-1.0, 1.0));
    let companded = (math::ln_f64(1.0 + 255.0 * sample.abs()) / math::ln_f64(256.0)).copysign(sample);
    ((companded + 1.0) / 2.0 * 255.0).round() as u16
}

/// The sample that a level stands for: the inverse of [`mu_law`].
pub fn from_mu_law(level: u16) -> f32 {
    let companded = 2.0 * f64::from(level.min(255)) / 255.0 - 1.0;
    let size = (math::exp_f64(companded.abs() * math::ln_f64(256.0)) - 1.0) / 255.0;
    (size.copysign(companded) as f32).clamp(-1.0, 1.0)
}

/// One character's name. No two characters have one name: those that are not written as they are have several letters.
fn name(character: char) -> String {
    match character {
        ' ' => "space".to_owned(),
        character if character.is_control() || character.is_whitespace() => character.escape_default().to_string(),
        character => character.to_string(),
    }
}

impl Localize for TextError {
    fn text(&self, lang: Lang) -> String {
        match self {
            TextError::Sound => say::sound_has_no_text(lang),
            TextError::NotUtf8 { offset } => say::not_utf8(lang, offset),
            TextError::UnknownCharacter { character, line, column, all: _ } => {
                say::unknown_character(lang, name(*character), line, column)
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        Some(match self {
            TextError::Sound => return None,
            TextError::NotUtf8 { .. } => say::hint_not_utf8(lang),
            TextError::UnknownCharacter { all, .. } => {
                let shown: Vec<String> =
                    all.chars().take(40).map(|character| format!("`{}`", name(character))).collect();
                say::hint_unknown_character(lang, all.chars().count(), shown.join(" "))
            }
        })
    }
}

display_in_english!(TextError);

impl Error for TextError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn characters(characters: &str, unknown: Option<char>) -> Tokens {
        Tokens::Characters { characters: characters.to_owned(), unknown }
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let text = "naïve \\ \t猫\n".as_bytes();
        for tokens in [Tokens::Bytes, characters("\n\t \\naïve猫", None)] {
            let encoded = tokens.encode(text).unwrap();
            assert_eq!(tokens.decode(&encoded), text);
            let names: BTreeSet<String> = tokens.names().into_iter().collect();
            assert_eq!((names.len(), names.contains("space"), names.contains("\\n")), (tokens.len(), true, true));
        }
    }

    #[test]
    fn levels_are_those_of_the_law_and_come_back() {
        let cases = [(-1.0, 0), (1.0, 255), (0.0, 128), (2.0, 255), (0.5, 239), (-0.5, 16), (0.01, 157)];
        for (sample, level) in cases {
            assert_eq!(mu_law(sample), level, "{sample}");
        }
        assert_eq!((from_mu_law(0), from_mu_law(255)), (-1.0, 1.0));
        for level in 0..256 {
            assert_eq!(mu_law(from_mu_law(level)), level);
        }
        let tokens = Tokens::MuLaw { rate_hz: 8000 };
        let sound = wav::parse(&tokens.decode(&[0, 128, 255])).unwrap();
        assert_eq!((sound.rate_hz, sound.samples.len(), sound.samples[0]), (8000, 3, -1.0));
        assert_eq!(tokens.encode(b"a"), Err(TextError::Sound));
        assert_eq!((tokens.before(), Tokens::Bytes.before(), characters("ab\n", None).before()), (128, 10, 2));
    }

    #[test]
    fn other_characters_are_refused_or_become_the_one_that_stands_for_them() {
        let text = "ab\nbxaäx".as_bytes();
        let error = characters("ab\n", None).encode(text).unwrap_err();
        let all = "xä".to_owned();
        assert_eq!(error, TextError::UnknownCharacter { character: 'x', line: 2, column: 2, all });
        assert_eq!(characters("ab\n", Some('b')).encode(text).unwrap(), [0, 1, 2, 1, 1, 0, 1, 1]);
        assert_eq!(characters("ab", None).encode(b"ab\xff").unwrap_err(), TextError::NotUtf8 { offset: 2 });
        assert_eq!(Tokens::Bytes.encode(b"a\xff").unwrap(), [97, 255]);
    }
}
