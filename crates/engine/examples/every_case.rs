//! Runs every case of every operation at every SIMD level that there is, in shards of one, of five and of all samples, and judges
//! no value: for tools that watch the memory while a program runs, such as `tests-long/valgrind`.
//!
//! ```text
//! cargo run -p proofmark-engine --example every_case            # all operations
//! cargo run -p proofmark-engine --example every_case -- conv2d  # those of this name
//! ```

use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::Operation;
use proofmark_engine::plan::PlanOptions;
use proofmark_engine::testing::executor_outputs;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let levels = Level::available();
    let mut n_runs = 0;
    for case in Operation::all_cases() {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == case.op.name()) {
            continue;
        }
        for &level in &levels {
            for (shard_samples, outputs_ratio) in [(1, 4), (5, usize::MAX), (1024, 0)] {
                let options = PlanOptions { shard_samples, outputs_ratio };
                executor_outputs(&case, &CpuExecutor { level, options, ..CpuExecutor::new(1) });
                n_runs += 1;
            }
        }
    }
    let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
    println!("{n_runs} runs at {}", levels.join(", "));
    assert!(n_runs > 0, "no operation of this name");
}
