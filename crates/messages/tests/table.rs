//! Walks the table: both languages say every phrase with the same operands.

use proofmark_messages::TABLES;
use std::collections::BTreeSet;

fn placeholders(text: &str) -> BTreeSet<String> {
    text.replace("{{", "").replace("}}", "").split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn both_languages_use_the_same_operands() {
    let mut names = BTreeSet::new();
    for (area, rows) in TABLES {
        for row in *rows {
            let operands: BTreeSet<String> = row.operands.iter().map(|o| (*o).to_owned()).collect();
            assert_eq!(placeholders(row.en), operands, "{area}::{} in English", row.name);
            assert_eq!(placeholders(row.zh), operands, "{area}::{} in Chinese", row.name);
            assert!(names.insert((area, row.name)), "{area}::{} stands twice", row.name);
        }
    }
}

#[test]
fn chinese_is_chinese() {
    // A row may stay Latin only when it is nothing but operands, punctuation and code.
    for (area, rows) in TABLES {
        for row in *rows {
            let has_words = row.en.chars().any(char::is_alphabetic);
            let chinese = row.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(chinese || !has_words || row.en == row.zh, "{area}::{} is not translated: {}", row.name, row.zh);
        }
    }
}
