//! Arguments that cannot be understood, in words of ours: clap's own are English, and are no JSON.

use std::fmt;
use std::ops::RangeInclusive;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use proofmark_messages::{Lang, Localize, cli as say, quantize};

/// What `--threads` can be.
pub(crate) const THREADS: RangeInclusive<u16> = 1..=1024;

/// A mistake in the arguments.
#[derive(Debug)]
pub(crate) struct UsageError(clap::Error);

impl UsageError {
    pub(crate) fn new(error: clap::Error) -> UsageError {
        UsageError(error)
    }

    /// The texts that clap gives for a part of the mistake.
    fn context(&self, kind: ContextKind) -> Vec<String> {
        match self.0.get(kind) {
            Some(ContextValue::String(text)) => vec![text.clone()],
            Some(ContextValue::Strings(texts)) => texts.clone(),
            Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
            _ => Vec::new(),
        }
    }

    /// The first of them; empty if there is none.
    fn first(&self, kind: ContextKind) -> String {
        self.context(kind).into_iter().next().unwrap_or_default()
    }
}

/// Texts in back-quotes, one after the other.
fn listed(texts: &[String], lang: Lang) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(&say::comma(lang))
}

impl Localize for UsageError {
    fn text(&self, lang: Lang) -> String {
        let argument = || self.first(ContextKind::InvalidArg);
        let value = || self.first(ContextKind::InvalidValue);
        match self.0.kind() {
            ErrorKind::UnknownArgument => say::unknown_argument(lang, argument()),
            ErrorKind::InvalidSubcommand => say::unknown_command(lang, self.first(ContextKind::InvalidSubcommand)),
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                say::missing_command(lang)
            }
            ErrorKind::MissingRequiredArgument => {
                say::missing_arguments(lang, listed(&self.context(ContextKind::InvalidArg), lang))
            }
            ErrorKind::InvalidValue if value().is_empty() => say::missing_value(lang, argument()),
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => say::bad_value(lang, value(), argument()),
            ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
                say::wrong_number_of_values(lang, argument())
            }
            ErrorKind::ArgumentConflict => {
                let others = self.context(ContextKind::PriorArg);
                match others.iter().all(|other| *other == argument()) {
                    true => say::argument_twice(lang, argument()),
                    false => say::argument_conflict(lang, argument(), listed(&others, lang)),
                }
            }
            ErrorKind::InvalidUtf8 => say::argument_not_text(lang),
            // No other kind is a mistake in arguments of the kinds that our commands have.
            kind => say::arguments_unreadable(lang, kind),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
        if let Some(nearest) = suggested.into_iter().find_map(|kind| self.context(kind).into_iter().next()) {
            return Some(say::did_you_mean(lang, nearest));
        }
        let allowed = self.context(ContextKind::ValidValue);
        if !allowed.is_empty() {
            return Some(say::allowed_values_hint(lang, listed(&allowed, lang)));
        }
        if self.0.kind() == ErrorKind::ValueValidation {
            // The ranges of our numbers; clap knows them only as an English sentence.
            let argument = self.first(ContextKind::InvalidArg);
            return Some(match argument.split(' ').next() {
                Some("--threads") => say::number_between_hint(lang, THREADS.start(), THREADS.end()),
                Some("--percentile") => quantize::percentile_hint(lang),
                _ => say::number_from_hint(lang, 1),
            });
        }
        Some(match self.0.kind() {
            ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand => say::commands_hint(lang),
            _ => say::usage_hint(lang),
        })
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for UsageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;

    /// Every mistake that a person can make in the arguments, in both languages.
    #[test]
    fn every_mistake_has_words() {
        let cases: &[&[&str]] = &[
            &["bogus"],
            &["rnu"],
            &["run"],
            &["--json"],
            &["run", "a.yaml", "--sett", "a=1"],
            &["run", "a.yaml", "--bogus"],
            &["run", "a.yaml", "b.yaml"],
            &["run", "a.yaml", "--resume", "b"],
            &["run", "a.yaml", "--base", "b"],
            &["run", "a.yaml", "--threads", "0"],
            &["run", "a.yaml", "--threads", "many"],
            &["run", "a.yaml", "--threads"],
            &["run", "a.yaml", "--threads", "1", "--threads", "2"],
            &["run", "a.yaml", "--simd", "avx"],
            &["run", "a.yaml", "--lang", "fr"],
            &["run", "a.yaml", "--json=1"],
            &["reproduce", "a", "--epoch", "0"],
            &["data", "bogus"],
            &["diff", "a"],
        ];
        let mut said = String::new();
        for arguments in cases {
            let words = [&["proofmark"], *arguments].concat();
            said.push_str(&format!("$ {}\n", words.join(" ")));
            for lang in Lang::ALL {
                let error = app::root(lang).try_get_matches_from(&words).expect_err(&words.join(" "));
                assert_eq!(error.exit_code(), 2);
                let error = UsageError::new(error);
                let hint = error.hint(lang).expect("every mistake has a hint");
                said.push_str(&format!("    {}\n    {}{hint}\n", error.text(lang), "-> "));
                assert!(!error.text(lang).contains("``"), "{}", error.text(lang));
                assert!(!said.contains(&say::arguments_unreadable(lang, "")), "{said}");
            }
        }
        let expected = include_str!("usage.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/usage.txt"), &said).unwrap();
        } else {
            assert_eq!(said, expected);
        }
    }
}
