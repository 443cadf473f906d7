//! What a person reads is in one language.

use std::fs;

use crate::fixture::Place;

#[test]
fn no_english_stands_in_chinese_sentences() {
    let place = Place::new();
    let run = place.train(".proofmark", &[]);
    let id = run.file_name().unwrap().to_str().unwrap();
    let shown = place.call(&["runs", "show", id, "--lang", "zh-CN"]).expect(0).stdout;
    assert!(shown.contains("测试集；测试集读取次数：1"), "{shown}");
    let listed = place.call(&["runs", "list", "--lang", "zh-CN"]).expect(0).stdout;
    assert!(listed.contains("），测试集") && !listed.contains("test"), "{listed}");
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(!report.contains(" cores"), "the machine stands in pages of every language");
}
