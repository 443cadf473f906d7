//! Every sentence a person reads, in English and Simplified Chinese, from one typed table.
//!
//! A phrase is a function of its operands, made by [`phrases!`]; it cannot exist in one language only, and using one with
//! the wrong operands does not compile. One file per area of the product, all of them listed in [`TABLES`]; a test walks
//! the list and compares the placeholders of both languages. Errors of the other crates implement [`Localize`] with these
//! phrases, and print English through [`localized_error!`].
//!
//! This crate does not know: what is said when, terminals, HTML, files.

mod table;

pub use table::*;

/// The language of what a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English, the default.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Lang {
    /// All languages, in the order of the table's columns.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::ZhCn];

    /// The BCP 47 tag, as `--lang` and HTML's `lang` take it.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::ZhCn => "zh-CN",
        }
    }

    /// The language of a BCP 47 tag or POSIX locale name (`zh-CN`, `zh_CN.UTF-8`, `en`); `None` for others.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let language = tag.split(['-', '_', '.']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" | "c" | "posix" => Some(Lang::En),
            "zh" => Some(Lang::ZhCn),
            _ => None,
        }
    }
}

/// A size as people say it: `94.2 MB`, in powers of 1000.
pub fn bytes(bytes: usize) -> String {
    match bytes as f64 {
        small if small < 1e3 => format!("{bytes} B"),
        kilo if kilo < 1e6 => format!("{:.1} kB", kilo / 1e3),
        mega if mega < 1e9 => format!("{:.1} MB", mega / 1e6),
        giga => format!("{:.1} GB", giga / 1e9),
    }
}

/// What can be said in every language.
pub trait Localize {
    /// What is wrong or what happened: one line, lower case, no full stop, values in back-quotes.
    fn text(&self, lang: Lang) -> String;

    /// What the person can do about it, on a line of its own.
    fn hint(&self, _lang: Lang) -> Option<String> {
        None
    }
}
