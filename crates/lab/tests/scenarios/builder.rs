//! The example of the page about models, run as a test.

// An example's `main` is public only so that it can be called here.
#[allow(unreachable_pub)]
#[path = "../../../model/examples/digits.rs"]
mod digits;

#[test]
fn the_example_runs() {
    digits::main().expect("its models are sound");
}
