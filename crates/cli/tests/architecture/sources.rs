//! Every Rust file against the rules of ARCHITECTURE.md and STYLE.md.

use super::{File, assert_none, map, paths_under, rust_files};

/// What a crate calls if it knows this. A crate that must not know it has none of these in its code (tests may).
const KNOWLEDGE: &[(&str, &[&str])] = &[
    ("files", &["std::fs", "fs::", "fs_err", "File::open", "File::create"]),
    ("clocks", &["SystemTime", "Instant::now"]),
    ("terminals", &["println!", "print!(", "io::stdout", "io::stderr", "io::stdin", "IsTerminal"]),
    ("network", &["std::net", "TcpStream", "TcpListener"]),
];

/// Marks of work that was not finished.
const LEFTOVERS: &[&str] = &["todo!", "unimplemented!", "dbg!(", "#[ignore", "#[should_panic", "FIXME", "XXX"];

/// What `unsafe` stands before where it is used, rather than spoken of.
const AFTER_UNSAFE: &[&str] = &["{", "fn ", "impl ", "impl<", "extern ", "trait ", "("];

const MAX_LINES: usize = 500;
const LONGER_BECAUSE: &str = "//! Longer than 500 lines because ";

/// The text without line comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The code that ends up in the product: without comments, and without the tests at a file's end.
fn production(file: &File) -> String {
    let code = code(&file.text);
    let tests = ["#[cfg(test)]\nmod ", "#[cfg(test)]\nuse "].iter().filter_map(|start| code.find(start)).min();
    code[..tests.unwrap_or(code.len())].to_owned()
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What stands behind each occurrence of `start` at the beginning of a word.
fn behind<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    let found = text.match_indices(start).filter(|(at, _)| !text[..*at].ends_with(is_word_character));
    found.map(|(at, _)| &text[at + start.len()..])
}

fn is_unsafe(file: &File) -> bool {
    let code = code(&file.text);
    let uses = behind(&code, "unsafe").any(|rest| AFTER_UNSAFE.iter().any(|next| rest.trim_start().starts_with(next)));
    uses || code.contains("(unsafe_code)")
}

fn reads_environment(file: &File) -> bool {
    // `env!` and `std::env::consts` are known when the program is compiled.
    behind(&production(file), "env").any(|rest| rest.starts_with("::") && !rest.starts_with("::consts"))
}

fn lists_a_folder(file: &File) -> bool {
    behind(&production(file), "read_dir(").next().is_some()
}

fn is_too_long(file: &File) -> bool {
    file.text.lines().count() > MAX_LINES && !file.text.lines().any(|line| line.starts_with(LONGER_BECAUSE))
}

fn leftovers(file: &File) -> Vec<&'static str> {
    LEFTOVERS.iter().copied().filter(|mark| file.text.contains(mark)).collect()
}

fn knows<'a>(file: &File, calls: &[&'a str]) -> Option<&'a str> {
    let code = production(file);
    calls.iter().copied().find(|call| behind(&code, call).next().is_some())
}

/// The code of crates, without their tests and examples.
fn product_files() -> Vec<File> {
    rust_files().into_iter().filter(|file| file.path.split('/').nth(2) == Some("src")).collect()
}

/// Every file of which `is` holds is in the table under `heading`, and every row of the table has such a file.
fn assert_only_where_listed(heading: &str, files: &[File], is: impl Fn(&File) -> bool) {
    let patterns = map::file_patterns(heading);
    let found: Vec<&str> = files.iter().filter(|file| is(file)).map(|file| file.path.as_str()).collect();
    let is_listed = |path: &&str| patterns.iter().any(|pattern| map::matches(pattern, path));
    let unlisted = found.iter().filter(|path| !is_listed(path));
    let mut violations: Vec<String> = unlisted.map(|path| format!("{path} is not listed under `{heading}`")).collect();
    let unused = patterns.iter().filter(|pattern| !found.iter().any(|path| map::matches(pattern, path)));
    violations.extend(unused.map(|pattern| format!("`{heading}` lists {pattern} for nothing")));
    assert_none(&violations);
}

#[test]
fn unsafe_stands_only_where_listed() {
    assert_only_where_listed("Files with unsafe", &rust_files(), is_unsafe);
}

#[test]
fn folders_are_listed_only_where_their_entries_are_sorted() {
    assert_only_where_listed("Files that list a folder", &product_files(), lists_a_folder);
}

#[test]
fn only_main_reads_the_environment() {
    let files = product_files();
    let mains = ["crates/cli/src/main.rs", "crates/runtime/src/main.rs"];
    let readers = files.iter().filter(|file| !mains.contains(&file.path.as_str()) && reads_environment(file));
    assert_none(&readers.map(|file| file.path.clone()).collect::<Vec<_>>());
}

#[test]
fn crates_do_not_know_what_they_must_not() {
    let files = product_files();
    let mut violations = Vec::new();
    for row in map::crates() {
        let own = format!("crates/{}/src/", row.name);
        for (subject, calls) in KNOWLEDGE.iter().filter(|(subject, _)| row.must_not_know.iter().any(|s| s == subject)) {
            for file in files.iter().filter(|file| file.path.starts_with(&own)) {
                violations.extend(knows(file, calls).map(|call| format!("{} knows {subject}: `{call}`", file.path)));
            }
        }
    }
    assert_none(&violations);
}

#[test]
fn every_library_says_what_it_does_not_know() {
    let libraries: Vec<File> = product_files().into_iter().filter(|file| file.path.ends_with("/src/lib.rs")).collect();
    assert!(libraries.len() >= 12, "{} libraries", libraries.len());
    let silent = libraries.iter().filter(|file| {
        let head: String = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        !head.contains("does not know")
    });
    assert_none(&silent.map(|file| file.path.clone()).collect::<Vec<_>>());
}

#[test]
fn long_files_say_why() {
    let files = rust_files();
    let long = files.iter().filter(|file| is_too_long(file));
    assert_none(&long.map(|file| format!("{}: {} lines", file.path, file.text.lines().count())).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_over() {
    let mut violations = Vec::new();
    for file in &rust_files() {
        violations.extend(leftovers(file).iter().map(|mark| format!("{}: `{mark}`", file.path)));
    }
    let is_pending = |path: &String| path.ends_with(".pending-snap") || path.ends_with(".snap.new");
    let pending = paths_under("crates").into_iter().filter(is_pending);
    violations.extend(pending.map(|path| format!("{path}: a snapshot that nobody looked at")));
    assert_none(&violations);
}

/// Each rule sees what it forbids, and nothing in what looks like it.
#[test]
fn rules_see_what_they_forbid() {
    type Rule = fn(&File) -> bool;
    let files: Rule = |file| knows(file, KNOWLEDGE[0].1).is_some();
    let clocks: Rule = |file| knows(file, KNOWLEDGE[1].1).is_some();
    let left_over: Rule = |file| !leftovers(file).is_empty();
    let many_lines = "fn f() {}\n".repeat(MAX_LINES + 1);
    let few_lines = "fn f() {}\n".repeat(MAX_LINES);
    let reasoned = format!("{LONGER_BECAUSE}of its table\n{many_lines}");
    let cases: &[(&str, Rule, &[&str], &[&str])] = &[
        (
            "unsafe",
            is_unsafe,
            &[
                "unsafe { f() }",
                "pub unsafe fn f()",
                "unsafe impl Send for X {}",
                "#[unsafe(no_mangle)]",
                "unsafe{f()}",
            ],
            &["// unsafe { f() }", "'unsafe-inline' {", "forbid_unsafe {", "\"is unsafe\""],
        ),
        (
            "environment",
            reads_environment,
            &["std::env::var(\"A\")", "use std::env::{args, var};", "env::args()"],
            &["env!(\"A\")", "// std::env::var", "std::env::consts::OS", "#[cfg(test)]\nmod tests { std::env::var }"],
        ),
        ("folders", lists_a_folder, &["fs::read_dir(p)", "p.read_dir()"], &["// read_dir", "read_dirty()"]),
        ("files", files, &["use std::fs;", "fs::read(p)", "File::open(p)"], &["// std::fs", "offs::read(p)"]),
        ("clocks", clocks, &["Instant::now()", "std::time::SystemTime"], &["Instantly", "// Instant::now()"]),
        ("leftovers", left_over, &["todo!()", "#[ignore]", "// FIXME: x"], &["ignored", "method!()"]),
        ("length", is_too_long, &[&many_lines], &[&few_lines, &reasoned]),
    ];
    for (name, rule, forbidden, allowed) in cases {
        let file = |text: &&str| File { path: String::new(), text: (*text).to_owned() };
        for text in *forbidden {
            assert!(rule(&file(text)), "`{name}` does not see {text:?}");
        }
        for text in *allowed {
            assert!(!rule(&file(text)), "`{name}` sees {text:?}");
        }
    }
}
