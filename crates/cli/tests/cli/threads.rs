//! The same bits, whatever the number of threads and the instructions.

use crate::fixture::{Place, model, statements};

#[test]
fn threads_and_instructions_change_no_bit() {
    let place = Place::new();
    let reference = place.train("reference", &["--threads", "1"]);
    for threads in ["2", "3", "5", "8"] {
        let run = place.train(threads, &["--threads", threads]);
        assert!(model(&run) == model(&reference), "{threads} threads give another model");
        assert_eq!(statements(&run), statements(&reference), "{threads} threads");
    }
    for level in ["scalar", "avx2", "avx512"] {
        let arguments = ["run", "tiny.yaml", "--json", "--data-dir", level, "--simd", level];
        let call = place.call(&arguments);
        if call.code == Some(2) {
            // A machine that lacks it says so.
            call.says(&[&format!("this machine cannot run `--simd {level}`"), "hint: it can run `scalar`"]);
            continue;
        }
        let run = place.only_run(level);
        assert!(model(&run) == model(&reference), "{level} gives another model");
        assert_eq!(statements(&run), statements(&reference), "{level}");
    }
}
