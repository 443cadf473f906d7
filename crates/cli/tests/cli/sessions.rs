//! Transcripts in `tests/cmd/`: what is typed, what is said, the exit code. `TRYCMD=overwrite` writes them anew.

use std::fs;
use std::path::Path;

use crate::fixture::write_data;

#[test]
fn sessions_are_as_written() {
    trycmd::TestCases::new().env("LANG", "C").env("LC_ALL", "C").env("NO_COLOR", "1").case("tests/cmd/*.trycmd");
}

/// The sessions read files beside them, since a transcript cannot make any.
#[test]
fn the_data_of_the_sessions_are_the_generated_ones() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/spec.in/data");
    let made = tempfile::TempDir::new().unwrap();
    write_data(made.path(), 60, 30);
    let mut names = Vec::new();
    for entry in fs::read_dir(made.path()).unwrap() {
        let entry = entry.unwrap();
        let path = kept.join(entry.file_name());
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&kept).unwrap();
            fs::copy(entry.path(), &path).unwrap();
        }
        assert!(fs::read(entry.path()).unwrap() == fs::read(&path).unwrap(), "{}", path.display());
        names.push(entry.file_name());
    }
    assert_eq!(names.len(), 4);
}
