//! What verification says.

use proofmark_messages::{Lang, Localize, display_in_english, evidence as say};
use proofmark_report::Split;
use proofmark_store::RunFile;

use super::{ChainProblem, Held, Note, Subject, VerifyProblem};

impl Held {
    /// Its name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Held::Links(_) => "links",
            Held::Chain => "chain",
            Held::Lock => "lock",
            Held::Spec => "spec",
            Held::Model => "model",
            Held::Quantized => "quantized",
            Held::Epochs(_) => "epochs",
            Held::Folds(_) => "folds",
            Held::TestReads(_) => "test_reads",
            Held::Checkpoints(_) => "checkpoints",
            Held::State => "state",
            Held::Figures => "figures",
            Held::Page => "page",
        }
    }
}

impl Localize for Held {
    fn text(&self, lang: Lang) -> String {
        match self {
            Held::Links(links) => say::held_links(lang, links),
            Held::Chain => say::held_chain(lang),
            Held::Lock => say::held_lock(lang),
            Held::Spec => say::held_spec(lang),
            Held::Model => say::held_model(lang),
            Held::Quantized => say::held_quantized(lang),
            Held::Epochs(epochs) => say::held_epochs(lang, epochs),
            Held::Folds(folds) => say::held_folds(lang, folds),
            Held::TestReads(reads) => say::held_test_reads(lang, reads),
            Held::Checkpoints(checkpoints) => say::held_checkpoints(lang, checkpoints),
            Held::State => say::held_state(lang),
            Held::Figures => say::held_figures(lang),
            Held::Page => say::held_page(lang),
        }
    }
}

impl Note {
    /// Its name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Note::NotEnded => "not_ended",
        }
    }
}

impl Localize for Note {
    fn text(&self, lang: Lang) -> String {
        match self {
            Note::NotEnded => say::note_not_ended(lang),
        }
    }
}

impl Localize for Subject {
    fn text(&self, lang: Lang) -> String {
        const EVENTS: &str = "events.jsonl";
        const STATUS: &str = "status.json";
        match self {
            Subject::Model => say::subject_file(lang, RunFile::Model.name()),
            Subject::Quantized => say::subject_file(lang, RunFile::Quantized.name()),
            Subject::Lock(path) => say::subject_key(lang, path, RunFile::Lock.name()),
            Subject::Spec(path) => say::subject_key(lang, path, RunFile::Spec.name()),
            Subject::PageSpec(path) => say::subject_key(lang, format!("spec: {path}"), RunFile::Report.name()),
            Subject::Epoch(path) => say::subject_key(lang, path, EVENTS),
            Subject::Fold(path) => say::subject_key(lang, path, EVENTS),
            Subject::FoldFile(path) => say::subject_fold(lang, path.file_name().unwrap_or_default().to_string_lossy()),
            Subject::TestReads => say::subject_test_reads(lang, EVENTS),
            Subject::Ended => say::subject_outcome(lang, EVENTS),
            Subject::State => say::subject_state(lang, STATUS),
            Subject::Checkpoint(path) => {
                say::subject_checkpoint(lang, path.file_name().unwrap_or_default().to_string_lossy())
            }
            Subject::Page { page, path } => say::subject_key(lang, path, page),
        }
    }
}

fn split_name(split: Split, lang: Lang) -> String {
    match split {
        Split::Train => say::split_train(lang),
        Split::Validation => say::split_validation(lang),
        Split::Test => say::split_test(lang),
    }
}

impl Localize for ChainProblem {
    fn text(&self, lang: Lang) -> String {
        match self {
            ChainProblem::Unreadable { kind, digest, source } => {
                say::chain_unreadable(lang, kind.name(), digest, source)
            }
            ChainProblem::Contradiction { kind, digests: [a, b] } => say::chain_contradiction(lang, kind.name(), a, b),
            ChainProblem::Missing { kind, split: None } => say::chain_missing(lang, kind.name()),
            ChainProblem::Missing { kind, split: Some(split) } => {
                say::chain_missing_of(lang, kind.name(), split_name(*split, lang))
            }
            ChainProblem::Unlinked { kind, role, expected } => say::chain_unlinked(lang, kind.name(), role, expected),
            ChainProblem::DoesNotFollow { kind, digest } => say::chain_does_not_follow(lang, kind.name(), digest),
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            ChainProblem::Unreadable { .. } => Some(say::malformed_hint(lang)),
            ChainProblem::Contradiction { .. }
            | ChainProblem::Missing { .. }
            | ChainProblem::Unlinked { .. }
            | ChainProblem::DoesNotFollow { .. } => Some(say::evidence_hint(lang)),
        }
    }
}

display_in_english!(ChainProblem);

impl std::error::Error for ChainProblem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ChainProblem::Unreadable { source, .. } => Some(source),
            ChainProblem::Contradiction { .. }
            | ChainProblem::Missing { .. }
            | ChainProblem::Unlinked { .. }
            | ChainProblem::DoesNotFollow { .. } => None,
        }
    }
}

impl Localize for VerifyProblem {
    fn text(&self, lang: Lang) -> String {
        match self {
            VerifyProblem::Store(error) => error.text(lang),
            VerifyProblem::Spec(error) => say::spec_unreadable(lang, RunFile::Spec.name(), error.text(lang)),
            VerifyProblem::Statement { page, digest, source } => {
                say::page_statement_altered(lang, digest, page, source.text(lang))
            }
            VerifyProblem::InputMissing { kind, role, digest } => say::input_missing(lang, kind.name(), role, digest),
            VerifyProblem::Chain(problem) => problem.text(lang),
            VerifyProblem::Empty => say::no_evidence(lang),
            VerifyProblem::PageAltered { page } => say::page_altered(lang, page),
            VerifyProblem::PageVersion { page, version } => {
                say::page_version(lang, page, version, env!("CARGO_PKG_VERSION"))
            }
            VerifyProblem::PageStatement { page, digest } => say::page_statement_foreign(lang, digest, page),
            VerifyProblem::Checkpoint { path, source: Some(source) } => {
                say::checkpoint_unreadable(lang, path.display(), source.text(lang))
            }
            VerifyProblem::Checkpoint { path, source: None } => say::checkpoint_elsewhere(lang, path.display()),
            VerifyProblem::Differs { what, expected, found } => {
                say::evidence_differs(lang, what.text(lang), short(expected), short(found))
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            VerifyProblem::Store(error) => error.hint(lang),
            VerifyProblem::Spec(error) => error.hint(lang),
            VerifyProblem::Statement { source, .. } => source.hint(lang),
            VerifyProblem::Chain(problem) => problem.hint(lang),
            VerifyProblem::InputMissing { .. }
            | VerifyProblem::Differs { .. }
            | VerifyProblem::PageStatement { .. }
            | VerifyProblem::Checkpoint { .. } => Some(say::evidence_hint(lang)),
            VerifyProblem::PageAltered { .. } => Some(say::page_altered_hint(lang)),
            VerifyProblem::PageVersion { .. } => Some(say::page_version_hint(lang)),
            VerifyProblem::Empty => None,
        }
    }
}

/// A value that fits on a line.
fn short(text: &str) -> String {
    const LIMIT: usize = 100;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

display_in_english!(VerifyProblem);

impl std::error::Error for VerifyProblem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VerifyProblem::Store(error) => Some(error),
            VerifyProblem::Spec(error) => Some(error),
            VerifyProblem::Statement { source, .. } => Some(source),
            VerifyProblem::Chain(problem) => Some(problem),
            VerifyProblem::Checkpoint { source, .. } => source.as_ref().map(|source| source as _),
            VerifyProblem::InputMissing { .. }
            | VerifyProblem::Empty
            | VerifyProblem::PageAltered { .. }
            | VerifyProblem::PageVersion { .. }
            | VerifyProblem::PageStatement { .. }
            | VerifyProblem::Differs { .. } => None,
        }
    }
}
