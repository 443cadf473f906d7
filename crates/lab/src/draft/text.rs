//! A drafted spec as YAML, with a comment in front of whatever was chosen that says why.

use proofmark_data::spec::{PreprocessSpec, TestSpec};
use proofmark_data::survey::SurveyKind;
use proofmark_messages::{Lang, Localize, draft as say};
use unicode_width::UnicodeWidthChar;

use super::proposal::{MAX_SIDE, OPERATIONS_PER_SECOND, Proposal, SEED};
use super::rounding::percent;
use crate::scenarios::yaml_text;

/// Columns of a comment, at most.
const WIDTH: usize = 120;

/// Classes and files that a comment lists, at most.
const LISTED: usize = 10;

impl Proposal<'_> {
    /// The spec with its comments in this language.
    pub(super) fn text(&self, lang: Lang) -> String {
        let mut page = Page { text: String::new(), lang };
        self.head(&mut page);
        self.data(&mut page);
        self.quality(&mut page);
        self.model(&mut page);
        self.training(&mut page);
        page.text
    }

    fn head(&self, page: &mut Page) {
        let Proposal { name, survey, .. } = self;
        let lang = page.lang;
        let rows = |class: &String| -> u64 {
            let parts = survey.parts.iter().flat_map(|part| &part.by_class);
            parts.filter(|rows| rows.class == *class).map(|rows| rows.rows).sum()
        };
        let mut classes: Vec<String> = survey
            .classes
            .iter()
            .take(LISTED)
            .map(|class| say::class_rows(lang, printable(class), rows(class)))
            .collect();
        if survey.classes.len() > LISTED {
            classes.push(say::more_classes(lang, survey.classes.len() - LISTED));
        }
        let classes = classes.join(&say::comma(lang));
        page.comment(0, &say::head(lang, survey.images(), survey.classes.len(), classes));
        page.line("#");
        for (command, comment) in
            [("check", say::head_check(lang)), ("run", say::head_run(lang)), ("advise", say::head_advise(lang))]
        {
            page.line(&format!("#   proofmark {command:<6} {name}.yaml   # {comment}"));
        }
        page.line("#");
        page.comment(0, &say::head_numbers(lang));
        page.line("");
        page.line(&format!("name: {}", yaml_word(name)));
        page.line("");
        page.comment(0, &say::seed(lang));
        page.line(&format!("seed: {SEED}"));
    }

    fn data(&self, page: &mut Page) {
        let Proposal { survey, shape: [height, width, channels], split, report, .. } = self;
        let lang = page.lang;
        let folder = yaml_text(&self.folder);
        page.line("\ndata:");
        match survey.kind {
            SurveyKind::Idx => {
                page.comment(2, &say::source_idx(lang));
                page.line(&format!("  source:\n    idx: {{ folder: {folder} }}"));
            }
            SurveyKind::Images => {
                page.comment(2, &say::source_images(lang));
                self.sizes(page, 2);
                page.comment(
                    2,
                    &match (*channels, survey.images() - survey.grey) {
                        (1, _) => say::grey(lang),
                        (_, coloured) => say::colour(lang, coloured),
                    },
                );
                page.line("  source:\n    images:");
                page.line(&format!("      folder: {folder}\n      height: {height}\n      width: {width}"));
                page.line(&format!("      grayscale: {}", *channels == 1));
                if !survey.unreadable.is_empty() {
                    page.comment(6, &say::exclude(lang, survey.unreadable.len()));
                    page.line("      exclude:");
                    for file in &survey.unreadable {
                        page.line(&format!("        - {} # {}", quoted(&file.file), printable(&file.error.text(lang))));
                    }
                }
            }
        }
        let (train, validation, test) = (report.split.train.rows, report.split.validation.rows, report.split.test.rows);
        page.comment(
            2,
            &match split.test {
                TestSpec::Part(_) => say::split_parts(lang, train, validation, percent(split.validation), test),
                TestSpec::Share(share) => say::split_shares(lang, train, validation, percent(share), test),
            },
        );
        if !survey.passed_over.is_empty() {
            let names: Vec<String> = survey.passed_over.iter().map(|name| format!("`{}`", printable(name))).collect();
            page.comment(2, &say::folders_passed_over(lang, names.join(&say::comma(lang))));
        }
        page.line(&match &split.test {
            TestSpec::Part(part) => {
                format!("  split: {{ train: {}, test: {part}, validation: {} }}", split.train, split.validation)
            }
            TestSpec::Share(share) => format!("  split: {{ test: {share}, validation: {} }}", split.validation),
        });
        self.features(page);
        page.line("  target: { name: label, type: category }");
    }

    /// Why the images have the size that they have in the spec.
    fn sizes(&self, page: &mut Page, indent: usize) {
        let Proposal { survey, shape: [height, width, _], .. } = self;
        let lang = page.lang;
        let Some(([found_height, found_width], images)) = survey.sizes.first() else { return };
        page.comment(
            indent,
            &match survey.sizes.len() {
                1 => say::one_size(lang, found_height, found_width),
                sizes => {
                    let pixels = |size: &&([usize; 2], u64)| (size.0[0] * size.0[1], size.0[0]);
                    let shown = |size: Option<&([usize; 2], u64)>| {
                        size.map(|([height, width], _)| format!("{height} x {width}")).unwrap_or_default()
                    };
                    let least = shown(survey.sizes.iter().min_by_key(pixels));
                    let most = shown(survey.sizes.iter().max_by_key(pixels));
                    say::many_sizes(lang, sizes, least, most, found_height, found_width, images)
                }
            },
        );
        if [height, width] != [found_height, found_width] {
            page.comment(indent, &say::limited_size(lang, MAX_SIDE));
        }
    }

    fn features(&self, page: &mut Page) {
        let Proposal { survey, shape: [height, width, _], preprocess, .. } = self;
        let lang = page.lang;
        if survey.kind == SurveyKind::Idx {
            self.sizes(page, 2);
        }
        page.comment(2, &say::preprocess(lang));
        if self.is_augmented {
            page.comment(2, &say::augment(lang, self.report.split.train.rows));
        }
        let steps: Vec<String> = preprocess
            .iter()
            .map(|step| match step {
                PreprocessSpec::Resize(_) => format!("resize: {{ height: {height}, width: {width} }}"),
                other => other.name().to_owned(),
            })
            .collect();
        page.line("  features:\n    - name: image\n      type: image\n      preprocess:");
        steps.iter().for_each(|step| page.line(&format!("        - {step}")));
        if self.is_augmented {
            page.line("      augment:");
            page.line("        - rotate: { degrees: 10, fill: nearest }");
            page.line("        - shift: { height: 0.1, width: 0.1, fill: nearest }");
            page.line("        - scale: { min: 0.9, max: 1.1, fill: nearest }");
        }
    }

    fn quality(&self, page: &mut Page) {
        let lang = page.lang;
        page.line("");
        page.comment(0, &say::quality(lang));
        page.line("quality:\n  require:");
        for rule in &self.rules {
            page.comment(4, &(rule.reason)(lang));
            page.line(&format!("    - {}", rule.text));
        }
        let (before, after) = (self.report.raw.source.rows, self.report.profiles.source.rows);
        page.comment(
            2,
            &match before - after {
                0 => say::clean_nothing(lang),
                dropped => say::clean_dropped(lang, dropped, before),
            },
        );
        let operators: Vec<&str> = self.operators.iter().map(|operator| operator.name()).collect();
        let (operators, max_dropped) = (operators.join(", "), &self.max_dropped);
        page.line(&format!("  clean: {{ operators: [{operators}], max_rounds: 3, max_dropped: {max_dropped} }}"));
    }

    fn model(&self, page: &mut Page) {
        let Proposal { shape: [height, width, channels], blocks, units, survey, .. } = self;
        let lang = page.lang;
        let rows = self.report.split.train.rows;
        page.line("");
        page.comment(
            0,
            &match blocks.len() {
                0 => say::model_dense(lang, rows, units),
                blocks => say::model(lang, blocks, height, width, rows),
            },
        );
        page.line("model:\n  layers:");
        let (mut height, mut width, mut channels) = (*height, *width, *channels);
        for filters in blocks {
            page.line(&format!("    - conv2d: {{ filters: {filters}, kernel: 3, padding: same, activation: relu }}"));
            let before = format!("{height} x {width} x {channels}");
            (height, width, channels) = (height / 2, width / 2, *filters);
            page.line(&format!("    - max_pool2d: {{ size: 2 }}   # {before} -> {height} x {width} x {channels}"));
        }
        page.line(&format!("    - flatten   # {}", height * width * channels));
        page.line(&format!("    - dense: {{ units: {units}, activation: relu }}"));
        page.comment(4, &say::dropout(lang));
        page.line("    - dropout: { name: drop, rate: 0.5 }");
        page.comment(4, &say::classes_out(lang));
        page.line(&format!("    - dense: {{ units: {}, activation: softmax }}", survey.classes.len()));
    }

    fn training(&self, page: &mut Page) {
        let Proposal { epochs, patience, batch_size, report, margin, .. } = self;
        let lang = page.lang;
        let rows = report.split.train.rows;
        page.line("\ntrain:");
        let minutes = (self.epoch_seconds * f64::from(*epochs) / 60.0).ceil().max(1.0);
        let billions = OPERATIONS_PER_SECOND / 1e9;
        page.comment(2, &say::epochs(lang, rows, minutes, billions));
        page.line(&format!("  epochs: {epochs}"));
        page.comment(2, &say::batch_size(lang, rows.div_ceil(*batch_size as u64), rows));
        page.line(&format!("  batch_size: {batch_size}"));
        page.line("  loss: categorical_crossentropy");
        page.comment(2, &say::learning_rate(lang));
        page.line("  optimizer: { adam: { learning_rate: 0.001 } }");
        page.comment(2, &say::early_stopping(lang, patience));
        page.line(&format!("  early_stopping: {{ patience: {patience} }}"));
        page.line("");
        page.comment(0, &say::evaluate(lang));
        page.line("evaluate:");
        page.line("  metrics: [accuracy, precision, recall, f1, loss, calibration_error, confusion]");
        page.line("  slices: [label]");
        page.line("");
        let (class, share) = self.majority();
        page.comment(0, &say::accept(lang, printable(&class), share));
        page.comment(
            0,
            &match margin.as_str() {
                "0" => say::accept_few(lang, report.split.test.rows),
                margin => say::accept_margin(lang, margin),
            },
        );
        page.line(&format!("accept: metrics.accuracy.gain.lower95 > {margin}"));
    }
}

/// YAML that grows from the top.
struct Page {
    text: String,
    lang: Lang,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment, in lines of at most [`WIDTH`] columns. Chinese breaks anywhere but in front of punctuation.
    fn comment(&mut self, indent: usize, text: &str) {
        let prefix = format!("{}# ", " ".repeat(indent));
        let room = WIDTH - prefix.len();
        let text: Vec<char> = text.chars().collect();
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let end = line_end(rest, room);
            let line: String = rest[..end].iter().collect();
            self.line(&format!("{prefix}{}", line.trim_end()));
            rest = &rest[end..];
            while rest.first() == Some(&' ') {
                rest = &rest[1..];
            }
        }
    }
}

/// How many characters stand on the first line.
fn line_end(text: &[char], room: usize) -> usize {
    let (mut columns, mut last_break) = (0, None);
    for (idx, c) in text.iter().enumerate() {
        columns += c.width().unwrap_or(0);
        if columns > room {
            return last_break.unwrap_or(idx.max(1));
        }
        let is_wide = |c: &char| *c >= '\u{2e80}';
        let closes = |c: &char| "，。；：、）！？”".contains(*c);
        let next = text.get(idx + 1);
        if *c == ' ' || (is_wide(c) && next.is_some_and(|next| !closes(next)) && *c != '（') {
            last_break = Some(idx + 1);
        }
    }
    text.len()
}

/// A name that may hold anything, in a comment: what would end the line is escaped.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// A text in quotes that YAML reads as it is; control characters need the double ones, whose escapes are JSON's.
fn quoted(text: &str) -> String {
    match text.chars().any(char::is_control) {
        true => serde_json::Value::from(text).to_string(),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

/// A name that YAML could read as something else than text, in quotes.
fn yaml_word(name: &str) -> String {
    let is_word = name.starts_with(char::is_alphabetic)
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&name.to_lowercase().as_str());
    if is_word { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_broken_into_lines() {
        let mut page = Page { text: String::new(), lang: Lang::En };
        page.comment(2, &"word ".repeat(30));
        page.comment(0, &"字，".repeat(40));
        page.comment(0, &"x".repeat(300));
        let widths: Vec<usize> =
            page.text.lines().map(|line| line.chars().filter_map(UnicodeWidthChar::width).sum()).collect();
        assert!(widths.iter().all(|width| *width <= WIDTH), "{widths:?}");
        assert!(page.text.lines().all(|line| !line.starts_with("# ，") && !line.ends_with(' ')), "{}", page.text);
        assert_eq!(page.text.matches("word").count(), 30);
        assert_eq!(page.text.matches('字').count(), 40);
        assert_eq!(page.text.matches('x').count(), 300);
    }

    #[test]
    fn names_stay_names() {
        for (name, word) in [("cats", "cats"), ("2024", "'2024'"), ("No", "'No'"), ("1e5", "'1e5'"), ("猫", "猫")] {
            assert_eq!(yaml_word(name), word);
        }
        assert_eq!(quoted("it's"), "'it''s'");
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        assert_eq!(printable("a\nb"), "a\\nb");
    }
}
