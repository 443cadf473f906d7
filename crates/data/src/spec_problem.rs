//! What can be wrong with what is said about data.

use proofmark_messages::{Lang, Localize, data as say, display_in_english, sequence, tokens};

/// Something wrong with a spec that its schema cannot say. [`key`](SpecProblem::key) is the dotted path of the key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SpecProblem {
    /// A number outside of its range.
    OutOfRange {
        /// The key.
        key: String,
        /// What it says.
        received: f64,
        /// The least it may say.
        low: f64,
        /// The most it may say.
        high: f64,
    },
    /// Not exactly one feature.
    FeatureCount {
        /// How many there are.
        received: usize,
    },
    /// A column without a name.
    EmptyName {
        /// The key.
        key: String,
    },
    /// Feature and target of one name.
    SameColumn {
        /// The key.
        key: String,
        /// The name.
        name: String,
    },
    /// Training and testing on the same part.
    SamePart {
        /// The key.
        key: String,
        /// The part.
        part: String,
    },
    /// Held-out classes, and none to test on.
    NoHeldOut {
        /// The key.
        key: String,
    },
    /// A share of rows to test on, where whole classes are held out for that.
    HeldOutShare,
    /// A class that is held out twice.
    HeldOutTwice {
        /// The key.
        key: String,
        /// The class.
        class: String,
    },
    /// A step of preprocessing that stands twice, or after one that must follow it.
    PreprocessOrder {
        /// The key.
        key: String,
        /// The step.
        step: &'static str,
        /// The step before it.
        after: &'static str,
    },
    /// A step that this kind of image cannot go through.
    PreprocessChannels {
        /// The key.
        key: String,
        /// The step.
        step: &'static str,
        /// The channels that it needs.
        expected: usize,
        /// The channels that the images have.
        received: usize,
    },
    /// Pixels that were selected by their place, and images that are moved.
    SelectedAndAugmented {
        /// The key of the step.
        key: String,
    },
    /// What only images have or can go through.
    ImagesOnly {
        /// The key.
        key: String,
        /// The step, the list or the fault.
        what: &'static str,
    },
    /// What tokens cannot go through, as they are no numbers to compute with.
    NotForTokens {
        /// The key.
        key: String,
        /// The step.
        what: &'static str,
    },
    /// A type that the source does not give.
    FeatureOfSource {
        /// The key.
        key: String,
        /// The source's name.
        source: &'static str,
        /// The type that it gives.
        given: &'static str,
        /// The type that the spec says.
        received: &'static str,
    },
    /// A character that stands twice in a list.
    CharacterTwice {
        /// The key.
        key: String,
        /// The character.
        character: char,
    },
    /// What is to stand for all other characters is not one of the list.
    UnknownNotListed {
        /// The key.
        key: String,
        /// What it says.
        received: String,
    },
    /// Grouped folds of groups by nothing.
    GroupsByNothing,
    /// Groups for folds that are not grouped.
    GroupsUnused {
        /// The kind of the folds.
        kind: &'static str,
    },
    /// Groups by file names, of rows that are no files.
    NoFileNames,
    /// More operators of augmentation than one feature may have.
    AugmentCount {
        /// The key.
        key: String,
        /// How many there are.
        received: usize,
        /// How many there may be.
        limit: usize,
    },
    /// An operator of augmentation that reaches further than the images do.
    AugmentSize {
        /// The key.
        key: String,
        /// What it says, in pixels.
        received: usize,
        /// The most it may say.
        limit: usize,
        /// The images' height in pixels.
        height: usize,
        /// The images' width in pixels.
        width: usize,
    },
}

/// The low end of a range that zero does not belong to.
pub(crate) const ABOVE_ZERO: f64 = f64::MIN_POSITIVE;

impl SpecProblem {
    /// The dotted path of the key that is wrong: `data.split.validation`.
    pub fn key(&self) -> &str {
        match self {
            SpecProblem::FeatureCount { .. } => "data.features",
            SpecProblem::HeldOutShare => "data.split.test",
            SpecProblem::GroupsByNothing => "cross_validation",
            SpecProblem::GroupsUnused { .. } | SpecProblem::NoFileNames => "cross_validation.by",
            SpecProblem::OutOfRange { key, .. }
            | SpecProblem::EmptyName { key }
            | SpecProblem::SameColumn { key, .. }
            | SpecProblem::SamePart { key, .. }
            | SpecProblem::NoHeldOut { key }
            | SpecProblem::HeldOutTwice { key, .. }
            | SpecProblem::PreprocessOrder { key, .. }
            | SpecProblem::PreprocessChannels { key, .. }
            | SpecProblem::SelectedAndAugmented { key }
            | SpecProblem::ImagesOnly { key, .. }
            | SpecProblem::NotForTokens { key, .. }
            | SpecProblem::FeatureOfSource { key, .. }
            | SpecProblem::CharacterTwice { key, .. }
            | SpecProblem::UnknownNotListed { key, .. }
            | SpecProblem::AugmentCount { key, .. }
            | SpecProblem::AugmentSize { key, .. } => key,
        }
    }
}

impl Localize for SpecProblem {
    fn text(&self, lang: Lang) -> String {
        match self {
            SpecProblem::OutOfRange { key, received, low, high } if *low == ABOVE_ZERO => {
                say::not_above_zero(lang, key, high, received)
            }
            SpecProblem::OutOfRange { key, received, low, high } => say::out_of_range(lang, key, low, high, received),
            SpecProblem::FeatureCount { received } => say::feature_count(lang, received),
            SpecProblem::EmptyName { key } => say::empty_name(lang, key),
            SpecProblem::SameColumn { key, name } => say::same_column(lang, key, name),
            SpecProblem::SamePart { key, part } => say::same_part(lang, key, part),
            SpecProblem::NoHeldOut { key } => say::no_held_out(lang, key),
            SpecProblem::HeldOutShare => say::held_out_share(lang),
            SpecProblem::HeldOutTwice { key, class } => say::held_out_twice(lang, key, class),
            SpecProblem::PreprocessOrder { key, step, after } if step == after => say::step_twice(lang, key, step),
            SpecProblem::PreprocessOrder { key, step, after } => say::step_order(lang, key, step, after),
            SpecProblem::PreprocessChannels { key, step, expected, received } => {
                say::step_channels(lang, key, step, expected, received)
            }
            SpecProblem::SelectedAndAugmented { key } => say::selected_and_augmented(lang, key),
            SpecProblem::ImagesOnly { key, what } => sequence::images_only(lang, key, what),
            SpecProblem::NotForTokens { key, what } => tokens::not_for_tokens(lang, key, what),
            SpecProblem::FeatureOfSource { key, source, given, received } => {
                sequence::feature_of_source(lang, key, source, given, received)
            }
            SpecProblem::CharacterTwice { key, character } => {
                tokens::character_twice(lang, key, character.escape_debug())
            }
            SpecProblem::UnknownNotListed { key, received } => tokens::unknown_not_listed(lang, key, received),
            SpecProblem::GroupsByNothing => say::groups_by_nothing(lang),
            SpecProblem::GroupsUnused { kind } => say::groups_unused(lang, kind),
            SpecProblem::NoFileNames => say::no_file_names(lang),
            SpecProblem::AugmentCount { key, received, limit } => say::augment_count(lang, key, limit, received),
            SpecProblem::AugmentSize { key, received, limit, height, width } => {
                say::augment_size(lang, key, limit, height, width, received)
            }
        }
    }

    fn hint(&self, lang: Lang) -> Option<String> {
        match self {
            SpecProblem::SamePart { .. } => Some(say::hint_same_part(lang)),
            SpecProblem::HeldOutShare => Some(say::hint_held_out_share(lang)),
            SpecProblem::PreprocessOrder { .. } => Some(say::hint_step_order(lang)),
            SpecProblem::SelectedAndAugmented { .. } => Some(say::hint_selected_and_augmented(lang)),
            SpecProblem::ImagesOnly { .. } => Some(sequence::hint_images_only(lang)),
            SpecProblem::FeatureOfSource { given, .. } => Some(sequence::hint_feature_of_source(lang, given)),
            SpecProblem::NotForTokens { .. } => Some(tokens::hint_not_for_tokens(lang)),
            SpecProblem::UnknownNotListed { .. } => Some(tokens::hint_unknown_not_listed(lang)),
            SpecProblem::GroupsByNothing => Some(say::hint_groups_by_nothing(lang)),
            SpecProblem::GroupsUnused { .. } => Some(say::hint_groups_unused(lang)),
            SpecProblem::NoFileNames => Some(say::hint_no_file_names(lang)),
            SpecProblem::OutOfRange { .. }
            | SpecProblem::FeatureCount { .. }
            | SpecProblem::EmptyName { .. }
            | SpecProblem::SameColumn { .. }
            | SpecProblem::CharacterTwice { .. }
            | SpecProblem::NoHeldOut { .. }
            | SpecProblem::HeldOutTwice { .. }
            | SpecProblem::PreprocessChannels { .. }
            | SpecProblem::AugmentCount { .. }
            | SpecProblem::AugmentSize { .. } => None,
        }
    }
}

display_in_english!(SpecProblem);

impl std::error::Error for SpecProblem {}
