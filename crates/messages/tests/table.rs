//! Walks the table: both languages say every phrase with the same operands.

use std::collections::BTreeSet;

use proofmark_messages::TABLES;

/// The names between braces; `{{` and `}}` stand for themselves.
fn placeholders(text: &str) -> BTreeSet<String> {
    let text = text.replace("{{", "").replace("}}", "");
    let bodies = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    bodies.map(|(body, _)| body.split(':').next().unwrap_or_default().to_owned()).collect()
}

/// What a translator has to translate: the text without placeholders and without code in back-quotes.
fn prose(text: &str) -> String {
    let without_code: String = text.split('`').step_by(2).collect();
    let mut prose = String::new();
    let mut is_placeholder = false;
    for character in without_code.chars() {
        match character {
            '{' => is_placeholder = true,
            '}' => is_placeholder = false,
            _ if !is_placeholder => prose.push(character),
            _ => {}
        }
    }
    prose
}

#[test]
fn both_languages_use_the_same_operands() {
    let mut names = BTreeSet::new();
    for (area, rows) in TABLES {
        for row in *rows {
            let operands: BTreeSet<String> = row.operands.iter().map(|operand| (*operand).to_owned()).collect();
            assert_eq!(placeholders(row.en), operands, "{area}::{} in English", row.name);
            assert_eq!(placeholders(row.zh), operands, "{area}::{} in Chinese", row.name);
            assert!(names.insert((area, row.name)), "{area}::{} stands twice", row.name);
        }
    }
}

#[test]
fn chinese_is_chinese() {
    // A phrase may stay Latin only when it is nothing but operands, punctuation and code, or the same word in both.
    let is_chinese = |character: char| ('\u{4e00}'..='\u{9fff}').contains(&character);
    for (area, rows) in TABLES {
        for row in *rows {
            let has_words = prose(row.en).contains(char::is_alphabetic);
            let is_translated = prose(row.zh).contains(is_chinese) || row.en == row.zh;
            assert!(is_translated || !has_words, "{area}::{} is not translated: {}", row.name, row.zh);
        }
    }
}

#[test]
fn english_holds_no_chinese() {
    for (area, rows) in TABLES {
        for row in *rows {
            assert!(!row.en.contains(|c| c >= '\u{2e80}'), "{area}::{}: {}", row.name, row.en);
        }
    }
}

#[test]
fn code_is_quoted_in_pairs() {
    for (area, rows) in TABLES {
        for row in *rows {
            for text in [row.en, row.zh] {
                assert_eq!(text.matches('`').count() % 2, 0, "{area}::{} has a lonely back-quote: {text}", row.name);
            }
        }
    }
}

#[test]
fn prose_is_what_a_translator_reads() {
    assert_eq!(prose("{path} is not `{key}`, but {value:?}"), " is not , but ");
    assert_eq!(prose("`{name}`"), "");
}
