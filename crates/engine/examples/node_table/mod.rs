//! Where a step's time goes, as tables in Markdown: the numbers behind the roofline in benches/README.md.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use proofmark_engine::cpu::CpuSession;
use proofmark_engine::{Span, batch_flops};

/// The time since the first call.
pub(crate) fn clock() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A row for each node that takes more than a hundredth of the time of all: operations a second as its definition counts
/// them (so that a kernel which need not do them all may show more than the machine has), and the bytes of its operands.
pub(crate) fn print(session: &mut CpuSession, steps: usize, samples: usize) {
    let times = session.take_times().expect("the executor has a clock");
    let total: Duration = times.iter().sum();
    let graph = session.graph();
    println!("{:.3} ms a step in kernels, all threads together\n", total.as_secs_f64() * 1e3 / steps as f64);
    let mut by_operation: BTreeMap<&str, Duration> = BTreeMap::new();
    for (node, time) in graph.nodes().iter().zip(&times) {
        *by_operation.entry(node.op.name()).or_default() += *time;
    }
    let share = |time: Duration| 100.0 * time.as_secs_f64() / total.as_secs_f64();
    println!("| operation | ms | share |\n|---|---|---|");
    for (name, time) in by_operation {
        println!("| {name} | {:.3} | {:.1} % |", time.as_secs_f64() * 1e3 / steps as f64, share(time));
    }
    println!();
    println!("| operation | output | where | ms | share | GFLOP/s | GB/s |\n|---|---|---|---|---|---|---|");
    for (node, time) in graph.nodes().iter().zip(&times) {
        let seconds = time.as_secs_f64() / steps as f64;
        if *time * 100 < total {
            continue;
        }
        let types = |values: &[proofmark_engine::Value]| -> Vec<_> {
            values.iter().map(|value| graph.ty(*value).clone()).collect()
        };
        let (inputs, outputs) = (types(&node.inputs), types(&node.outputs));
        let of_batch = |span: Span| if span == Span::Sample { samples } else { 1 };
        let flops = batch_flops(graph, node, samples);
        let bytes: usize = inputs.iter().chain(&outputs).map(|ty| ty.bytes() * of_batch(ty.span)).sum();
        println!(
            "| {} | {} | {} | {:.3} | {:.1} % | {:.1} | {:.1} |",
            node.op,
            outputs[0].shape,
            node.scope,
            seconds * 1e3,
            share(*time),
            flops as f64 / seconds / 1e9,
            bytes as f64 / seconds / 1e9,
        );
    }
}
