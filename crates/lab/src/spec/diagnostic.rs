//! What is wrong, where, and what to do: three parts, for a terminal, a log or a program.
//!
//! ```text
//! error: unknown key `epoch` in `train`
//!   --> digits.yaml:12:3
//!    |
//! 12 |   epoch: 10
//!    |   ^^^^^
//! hint: did you mean `epochs`?
//! ```

use std::error::Error;
use std::fmt;

use anstyle::AnsiColor;
use proofmark_messages::{Lang, Localize, spec};
use unicode_width::UnicodeWidthChar;

use super::operands::is_direction_mark;
use super::problem::Problem;
use super::tree::{Position, Source};

/// The columns of a source line that are shown; of a longer line, the part around the mark.
const MAX_EXCERPT_COLUMNS: usize = 100;

/// How many columns a tab is shown as.
const TAB_COLUMNS: usize = 4;

/// With colours or without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text only: files, pipes, `NO_COLOR`.
    #[default]
    Plain,
    /// With ANSI colours: terminals.
    Coloured,
}

/// An error that can say itself in both languages; every error of ours is one.
pub trait Message: Localize + Error + Send + Sync + 'static {}
impl<T: Localize + Error + Send + Sync + 'static> Message for T {}

/// One error with its place in the user's text.
#[derive(Debug)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: Box<dyn Message>,
    /// Where; `None` if it is nowhere in particular.
    pub place: Option<Place>,
}

/// A place with the line that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name as the user gave it, or `--set`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The part of the line before the mark, the marked part, and the rest.
    excerpt: [String; 3],
}

/// Everything that is wrong with one spec.
#[derive(Debug)]
pub struct Diagnostics {
    /// The file's name as the user gave it.
    pub file: String,
    /// At least one.
    pub entries: Vec<Diagnostic>,
}

/// The texts that positions are in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) file_name: String,
    pub(crate) text: String,
    pub(crate) overrides: Vec<String>,
}

impl Texts {
    /// The name of the text that a position is in.
    pub(crate) fn origin(&self, source: Source) -> &str {
        match source {
            Source::File => &self.file_name,
            Source::Override(_) => "--set",
        }
    }

    pub(crate) fn place(&self, position: Position) -> Place {
        let text = match position.source {
            Source::File => self.text.as_str(),
            Source::Override(idx) => self.overrides.get(idx).map_or("", String::as_str),
        };
        let (before, after) = text.split_at_checked(position.offset).unwrap_or((text, ""));
        let is_break = |c: char| matches!(c, '\n' | '\r');
        let before = before.rfind(is_break).map_or(before, |end| &before[end + 1..]);
        let after = after.find(is_break).map_or(after, |end| &after[..end]);
        let (marked, rest) = after.split_at_checked(position.length.min(after.len())).unwrap_or((after, ""));
        Place {
            file: self.origin(position.source).to_owned(),
            line: position.line,
            column: position.column,
            excerpt: [before, marked, rest].map(str::to_owned),
        }
    }

    pub(crate) fn diagnostics(&self, mut problems: Vec<Problem>) -> Diagnostics {
        // The file from top to bottom, then the overrides in their order.
        problems.sort_by_key(|problem| problem.position);
        let entries = problems.into_iter().map(|problem| {
            let place = Some(self.place(problem.position));
            Diagnostic { message: Box::new(problem), place }
        });
        Diagnostics { file: self.file_name.clone(), entries: entries.collect() }
    }
}

impl Diagnostic {
    /// The three parts as text for people, each line ended.
    pub fn render(&self, lang: Lang, style: Style) -> String {
        let palette = Palette::new(style);
        let mut out = String::new();
        let end = spec::label_end(lang);
        let label = palette.paint(palette.error, format!("{}{end}", spec::error_label(lang)));
        out.push_str(&format!("{label}{}\n", palette.paint(palette.text, self.message.text(lang))));
        if let Some(place) = &self.place {
            place.render(&palette, &mut out);
        }
        if let Some(hint) = self.message.hint(lang) {
            let label = palette.paint(palette.hint, format!("{}{end}", spec::hint_label(lang)));
            out.push_str(&format!("{label}{hint}\n"));
        }
        out
    }

    /// The same for a program: `text`, `file`, `line`, `column`, `hint`; what is not there is null.
    pub fn to_json(&self, lang: Lang) -> serde_json::Value {
        serde_json::json!({
            "text": self.message.text(lang),
            "file": self.place.as_ref().map(|place| &place.file),
            "line": self.place.as_ref().map(|place| place.line),
            "column": self.place.as_ref().map(|place| place.column),
            "hint": self.message.hint(lang),
        })
    }
}

impl Diagnostics {
    /// All of them, an empty line between two, and a count at the end if there are several.
    pub fn render(&self, lang: Lang, style: Style) -> String {
        let entries: Vec<String> = self.entries.iter().map(|entry| entry.render(lang, style)).collect();
        let mut out = entries.join("\n");
        if self.entries.len() > 1 {
            out.push_str(&format!("\n{}\n", spec::problem_count(lang, self.entries.len(), &self.file)));
        }
        out
    }

    /// A list of what [`Diagnostic::to_json`] gives.
    pub fn to_json(&self, lang: Lang) -> serde_json::Value {
        self.entries.iter().map(|entry| entry.to_json(lang)).collect()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Lang::En, Style::Plain).trim_end())
    }
}

impl Error for Diagnostics {}

impl Place {
    fn render(&self, palette: &Palette, out: &mut String) {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let arrow = palette.paint(palette.gutter, format!("{gutter}-->"));
        out.push_str(&format!("{arrow} {}:{}:{}\n", self.file, self.line, self.column));
        let excerpt = Excerpt::new(&self.excerpt);
        if excerpt.line.is_empty() {
            return;
        }
        let bar = palette.paint(palette.gutter, format!("{gutter} |"));
        let numbered = palette.paint(palette.gutter, format!("{number} |"));
        let carets = palette.paint(palette.error, "^".repeat(excerpt.n_carets));
        out.push_str(&format!("{bar}\n{numbered} {}\n", excerpt.line));
        out.push_str(&format!("{bar} {}{carets}\n", " ".repeat(excerpt.n_spaces)));
    }
}

/// A source line as it is shown, and where the carets stand below it, in terminal columns.
struct Excerpt {
    line: String,
    n_spaces: usize,
    n_carets: usize,
}

impl Excerpt {
    fn new([before, marked, rest]: &[String; 3]) -> Excerpt {
        let (before, marked, rest) = (cells(before), cells(marked), cells(rest));
        // A long line is cut to a window with the mark in its second half.
        let is_long = width(&before) + width(&marked) + width(&rest) > MAX_EXCERPT_COLUMNS;
        let before = if is_long { clip_start(&before, MAX_EXCERPT_COLUMNS / 2) } else { before };
        let room = MAX_EXCERPT_COLUMNS - width(&before);
        let marked = clip_end(&marked, room);
        let rest = clip_end(&rest, room - width(&marked).min(room));
        let show = |cells: &[Cell]| cells.iter().map(|cell| cell.shown.as_str()).collect::<String>();
        let line = format!("{}{}{}", show(&before), show(&marked), show(&rest));
        Excerpt { line: line.trim_end().to_owned(), n_spaces: width(&before), n_carets: width(&marked).max(1) }
    }
}

/// One character as it is shown.
#[derive(Clone)]
struct Cell {
    shown: String,
    columns: usize,
}

fn cells(text: &str) -> Vec<Cell> {
    // More characters than this never reach the screen from either end of a part.
    let n_characters = text.chars().count();
    let skip = n_characters.saturating_sub(4 * MAX_EXCERPT_COLUMNS);
    let (head, tail) =
        (text.chars().take(2 * MAX_EXCERPT_COLUMNS), text.chars().skip(skip.max(2 * MAX_EXCERPT_COLUMNS)));
    head.chain(tail).map(cell).collect()
}

fn cell(character: char) -> Cell {
    let shown = match character {
        '\t' => return Cell { shown: " ".repeat(TAB_COLUMNS), columns: TAB_COLUMNS },
        // The byte order mark is not to be seen in an editor either.
        '\u{feff}' => return Cell { shown: String::new(), columns: 0 },
        other if other.is_control() || is_direction_mark(other) => '\u{fffd}',
        other => other,
    };
    Cell { shown: shown.to_string(), columns: shown.width().unwrap_or(0) }
}

fn width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.columns).sum()
}

fn ellipsis() -> Cell {
    Cell { shown: "…".to_owned(), columns: 1 }
}

/// The last cells that fit into `room` columns.
fn clip_start(cells: &[Cell], room: usize) -> Vec<Cell> {
    if width(cells) <= room {
        return cells.to_vec();
    }
    let mut taken = 1;
    let mut kept: Vec<Cell> = cells
        .iter()
        .rev()
        .take_while(|cell| {
            taken += cell.columns;
            taken <= room
        })
        .cloned()
        .collect();
    kept.push(ellipsis());
    kept.reverse();
    kept
}

/// The first cells that fit into `room` columns.
fn clip_end(cells: &[Cell], room: usize) -> Vec<Cell> {
    if width(cells) <= room {
        return cells.to_vec();
    }
    let mut taken = 1;
    let mut kept: Vec<Cell> = cells
        .iter()
        .take_while(|cell| {
            taken += cell.columns;
            taken <= room
        })
        .cloned()
        .collect();
    kept.push(ellipsis());
    kept
}

/// The colours of the parts.
struct Palette {
    error: anstyle::Style,
    text: anstyle::Style,
    gutter: anstyle::Style,
    hint: anstyle::Style,
}

impl Palette {
    fn new(style: Style) -> Palette {
        match style {
            Style::Plain => {
                let none = anstyle::Style::new();
                Palette { error: none, text: none, gutter: none, hint: none }
            }
            Style::Coloured => Palette {
                error: AnsiColor::Red.on_default().bold(),
                text: anstyle::Style::new().bold(),
                gutter: AnsiColor::Blue.on_default().bold(),
                hint: AnsiColor::Cyan.on_default().bold(),
            },
        }
    }

    fn paint(&self, style: anstyle::Style, text: String) -> String {
        format!("{style}{text}{style:#}")
    }
}
