//! The mechanism of the table, and the visible list of its areas.

/// One row of the table, as tests and translators see it.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// The function's name.
    pub name: &'static str,
    /// The operands' names.
    pub operands: &'static [&'static str],
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

/// Defines phrases: `name(operand, ...) { en: "...{operand}...", zh: "...{operand}..." }`. Each becomes a function
/// `name(lang, operand, ...) -> String`; operands are anything that displays. A module's rows are its `ROWS`.
#[macro_export]
macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident($($operand:ident),* $(,)?) { en: $en:literal, zh: $zh:literal $(,)? })*) => {
        /// The rows of this area, for the test that walks the table.
        pub const ROWS: &[$crate::Phrase] = &[$($crate::Phrase {
            name: stringify!($name), operands: &[$(stringify!($operand)),*], en: $en, zh: $zh,
        }),*];
        $($(#[$doc])* #[doc = concat!("\n\n`", $en, "`")]
        pub fn $name(lang: $crate::Lang, $($operand: impl std::fmt::Display),*) -> String {
            match lang {
                $crate::Lang::En => format!($en, $($operand = $operand),*),
                $crate::Lang::ZhCn => format!($zh, $($operand = $operand),*),
            }
        })*
    };
}

/// `Display` (English) for an error that implements [`Localize`](crate::Localize).
#[macro_export]
macro_rules! display_in_english {
    ($error:ty) => {
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::Localize::text(self, $crate::Lang::En))
            }
        }
    };
}

macro_rules! areas {
    ($($(#[$doc:meta])* $area:ident),* $(,)?) => {
        $($(#[$doc])* pub mod $area;)*
        /// Every area with its rows.
        pub const TABLES: &[(&str, &[Phrase])] = &[$((stringify!($area), $area::ROWS)),*];
    };
}

areas! {
    /// Reading a spec: YAML, keys, types, ranges.
    spec,
    /// Sources, profiles, rules, cleaning, splits.
    data,
    /// Series: their files, their facts, what only images can go through.
    sequence,
    /// Text as tokens.
    tokens,
    /// A folder of images, and the spec that is drafted from it.
    draft,
    /// Layers, losses, optimizers, shapes.
    model,
    /// Training, metrics, checkpoints.
    train,
    /// Searches, samplers, pruners, journals.
    tune,
    /// Studies: trials as runs.
    study,
    /// Criteria and acceptance.
    criteria,
    /// Evidence and the folder of a run.
    evidence,
    /// The pipeline: from spec to verdict.
    lab,
    /// Models with weights of 8 bits.
    quantize,
    /// The report.
    report,
    /// The report on studies and augmentation.
    report_study,
    /// The command line.
    cli,
    /// The program that only runs models.
    runtime,
}
