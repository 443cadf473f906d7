//! Every target holds for its seeds, and the files that libFuzzer reads are those of the list.
//!
//! `UPDATE=1 cargo test` writes `seeds/` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proofmark_fuzz::targets::TARGETS;

/// Of all seeds together: they are meant to be looked at.
const MAX_BYTES: usize = 50_000;

/// A target counts the heap of the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(here(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_target_holds_for_its_seeds_and_their_beginnings() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for target in TARGETS {
        assert!(!(target.seeds)().is_empty(), "{} has no seeds", target.name);
        for (name, bytes) in (target.seeds)() {
            eprintln!("{}/{name}", target.name);
            (target.check)(&bytes);
            for length in 0..bytes.len().min(200) {
                (target.check)(&bytes[..length]);
            }
        }
    }
}

#[test]
fn the_files_are_those_of_the_list() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let listed: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let manifest = fs::read_to_string(here("Cargo.toml")).unwrap();
    for name in &listed {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in Cargo.toml");
    }
    assert_eq!(names("fuzz_targets"), listed.iter().map(|name| format!("{name}.rs")).collect());
    assert!(names("dictionaries").is_subset(&listed.iter().map(|name| format!("{name}.dict")).collect()));

    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::remove_dir_all(here("seeds")).unwrap();
        for target in TARGETS {
            let folder = here("seeds").join(target.name);
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in (target.seeds)() {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
    }
    assert_eq!(names("seeds"), listed, "run UPDATE=1 cargo test");
    let mut total = 0;
    for target in TARGETS {
        let folder = format!("seeds/{}", target.name);
        let seeds: BTreeMap<String, Vec<u8>> =
            (target.seeds)().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
        assert_eq!(names(&folder), seeds.keys().cloned().collect(), "{folder}: run UPDATE=1 cargo test");
        for (name, bytes) in &seeds {
            total += bytes.len();
            assert!(fs::read(here(&folder).join(name)).unwrap() == *bytes, "{folder}/{name}: run UPDATE=1 cargo test");
        }
    }
    assert!(total <= MAX_BYTES, "{total} bytes of seeds");
}
