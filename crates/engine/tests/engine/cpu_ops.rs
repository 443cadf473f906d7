//! The CPU executor by every operation's cases: within the derived tolerance, and the same bits for all levels and
//! numbers of threads.

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::Operation;
use proofmark_engine::testing::{check_executor, executor_outputs};

#[test]
fn every_level_is_within_the_tolerance_of_the_reference() {
    for level in Level::available() {
        // Memory that nobody wrote is NaN, and shows.
        let executor = CpuExecutor { level, poison: true, ..CpuExecutor::new(1) };
        for case in Operation::all_cases() {
            check_executor(&case, &executor);
        }
    }
}

#[test]
fn levels_and_threads_do_not_change_a_bit() {
    let bits = |outputs: Vec<Vec<f32>>| -> Vec<Vec<u32>> {
        // The payload of a NaN is no promise; which elements are NaN is.
        let bits = |value: f32| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
        outputs.into_iter().map(|output| output.into_iter().map(bits).collect()).collect()
    };
    let plain = CpuExecutor { level: Level::Scalar, ..CpuExecutor::new(1) };
    for case in Operation::all_cases() {
        let expected = bits(executor_outputs(&case, &plain));
        for level in Level::available() {
            for threads in [1, 2, 3] {
                let executor = CpuExecutor { level, ..CpuExecutor::new(threads) };
                let outputs = bits(executor_outputs(&case, &executor));
                assert_eq!(outputs, expected, "{} ({}): {level}, {threads} threads", case.op, case.name);
            }
        }
    }
}
