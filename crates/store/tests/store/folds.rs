//! Results of folds: there whole or not at all.

use crate::{names, run};

#[test]
fn a_fold_is_read_as_it_was_saved_and_replaced_as_a_whole() {
    let (_folder, run) = run();
    assert_eq!(run.fold(1).unwrap(), None);
    run.save_fold(2, b"first").unwrap();
    run.save_fold(2, b"second").unwrap();
    run.save_fold(10, b"").unwrap();
    assert_eq!((run.fold(2).unwrap(), run.fold(10).unwrap()), (Some(b"second".to_vec()), Some(Vec::new())));
    assert_eq!(
        (run.fold(1).unwrap(), names(&run.path().join("folds"))),
        (None, vec!["fold-10".into(), "fold-2".into()])
    );
}

#[test]
fn what_a_crash_left_goes_when_the_run_is_opened() {
    let (_folder, run) = run();
    run.save_fold(1, b"whole").unwrap();
    let folder = run.path().join("folds");
    std::fs::write(folder.join(".fold-2.1-0.tmp"), b"half").unwrap();
    let closed = (*run).clone();
    drop(run);
    closed.open().unwrap();
    assert_eq!(names(&folder), ["fold-1"]);
}
