//! How fast a step could become with more threads, on paper: a bound from the plan's phases, and what sets it.

use super::outline::Outline;
use super::running::fold_tasks;
use crate::cost::batch_flops;
use crate::ops::Fold;
use crate::plan::Phase;

/// What a number of threads could bring at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Threads.
    pub threads: usize,
    /// How many times as fast as one thread, at most: operations of a step over those of the busiest thread, phase by phase. What
    /// memory and barriers cost is not counted.
    pub speed_up: f64,
    /// What most of the loss comes from; `None` where next to nothing is lost.
    pub limit: Option<Limit>,
}

/// A phase that does not divide among the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The phase, from 0.
    pub phase: usize,
    /// Pieces of work that it has: shards, or tasks.
    pub pieces: usize,
}

/// Below this share of a step's operations a loss is not worth a word.
const NEXT_TO_NOTHING: f64 = 0.02;

/// The bounds for a batch of `samples`, at each of these numbers of threads.
///
/// A phase is handed out piece by piece, each to the thread that is free first, and a barrier ends it; the pieces of a node count the
/// same. With that the bound is what the session would reach if every operation took equally long.
pub fn growth(outline: &Outline, samples: usize, threads: &[usize]) -> Vec<Growth> {
    let phases: Vec<Vec<f64>> = outline.plan.phases.iter().map(|phase| pieces(outline, samples, phase)).collect();
    let whole: f64 = phases.iter().flatten().sum();
    let at = |threads: &usize| {
        let threads = (*threads).max(1);
        let times: Vec<f64> = phases.iter().map(|pieces| time(pieces, threads)).collect();
        let all: f64 = times.iter().sum();
        let lost = |phase: usize| times[phase] - phases[phase].iter().sum::<f64>() / threads as f64;
        let most = (0..phases.len()).max_by(|a, b| lost(*a).total_cmp(&lost(*b)));
        let limit = most.filter(|phase| lost(*phase) > NEXT_TO_NOTHING * all);
        Growth {
            threads,
            speed_up: if all > 0.0 { whole / all } else { 1.0 },
            limit: limit.map(|phase| Limit { phase, pieces: phases[phase].len() }),
        }
    };
    threads.iter().map(at).collect()
}

/// The operations of each piece of a phase, in the order in which they are handed out.
fn pieces(outline: &Outline, samples: usize, phase: &Phase) -> Vec<f64> {
    let (graph, plan) = (&outline.graph, &outline.plan);
    let shard_samples = plan.options.shard_samples;
    match phase {
        Phase::Shards(nodes) => {
            let of_sample: f64 = nodes.iter().map(|node| batch_flops(graph, &graph.nodes()[*node], 1) as f64).sum();
            let samples_of = |shard: usize| shard_samples.min(samples - shard * shard_samples);
            (0..plan.n_shards(samples)).map(|shard| of_sample * samples_of(shard) as f64).collect()
        }
        Phase::Fold(nodes) => {
            let additions = plan.n_shards(samples).saturating_sub(1) as f64;
            let of_node = |node: &usize| {
                let stride = plan.partial_stride[*node];
                let fold = graph.nodes()[*node].op.fold().unwrap_or(Fold::Sum);
                let tasks = fold_tasks(fold, stride).max(1);
                std::iter::repeat_n(additions * (stride / 4) as f64 / tasks as f64, tasks)
            };
            nodes.iter().flat_map(of_node).collect()
        }
        Phase::Outputs(nodes) => {
            let of_node = |node: &usize| {
                let tasks = outline.tasks[*node];
                std::iter::repeat_n(
                    batch_flops(graph, &graph.nodes()[*node], samples) as f64 / tasks.max(1) as f64,
                    tasks,
                )
            };
            nodes.iter().flat_map(of_node).collect()
        }
    }
}

/// What the busiest thread has to do, if each piece goes to the one that is free first.
fn time(pieces: &[f64], threads: usize) -> f64 {
    let mut busy = vec![0.0_f64; threads];
    for piece in pieces {
        if let Some(free) = busy.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *free += piece;
        }
    }
    busy.into_iter().fold(0.0, f64::max)
}
