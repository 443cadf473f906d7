//! What a spec becomes: layers with their shapes, the training's graph, the plan with its phases and memory.

use std::collections::BTreeMap;

pub use proofmark_engine::cpu::Limit;
use proofmark_engine::cpu::{CpuExecutor, Growth, growth};
use proofmark_engine::executor::SessionMemory;
use proofmark_engine::plan::{Phase, Plan, PlanOptions};
use proofmark_engine::{Graph, Node, batch_flops};
use proofmark_messages::Lang;
use proofmark_model::Summary;
use proofmark_train::TrainError;

use crate::command_error::CommandError;
use crate::data_commands::at_its_place;
use crate::error::LabError;
use crate::host::{Host, Observation};
use crate::pipeline::{SpecSource, check_model, executor, read_spec};

/// What a spec becomes.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Shape of a sample as the model reads it.
    pub input: Vec<usize>,
    /// The classes' names.
    pub classes: Vec<String>,
    /// Samples of one step, and of one shard.
    pub batch: usize,
    /// See `batch`.
    pub shard: usize,
    /// Floating-point operations of one training step: forward, backward and update.
    pub step_flops: u64,
    /// Memory that a training needs besides the data, on the host's threads.
    pub memory: SessionMemory,
    /// The phases of a step.
    pub phases: Vec<PhaseSummary>,
    /// The operations of a step, sorted by name.
    pub operations: Vec<OperationCount>,
    /// What 1 to 64 threads could bring at most, and the host's number of them, by the operations of the phases.
    pub growth: Vec<Growth>,
    /// Rows that train.
    pub train_rows: usize,
    executor: CpuExecutor,
    summary: Summary,
    graph: Graph,
    /// The graph as it runs, of which the plan speaks.
    planned: Graph,
    plan: Plan,
}

/// The numbers of threads for which growth is told, besides the host's.
const THREADS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// A batch that fits a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FittingBatch {
    /// Its samples, a power of two.
    pub batch_size: usize,
    /// The memory of a step of it.
    pub memory: SessionMemory,
}

/// One phase of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseSummary {
    /// How its work is handed out.
    pub kind: PhaseKind,
    /// Its nodes.
    pub nodes: usize,
}

/// How the work of a phase is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseKind {
    /// Shard by shard, depth first.
    Shards,
    /// The shards' partial sums become one, in a tree.
    Fold,
    /// By ranges of outputs, over the whole batch.
    Outputs,
}

/// How often an operation occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationCount {
    /// Its name.
    pub name: &'static str,
    /// Its nodes.
    pub nodes: usize,
    /// Whether it has a kernel of its own; otherwise its reference runs, which is right and slow.
    pub is_native: bool,
}

/// Explains a spec. The data are read for the shape of a sample and the classes; no rule is judged, nothing is trained.
///
/// # Errors
/// A spec or data that cannot be used, a model that does not fit them.
pub fn explain(source: &SpecSource, host: &mut dyn Host) -> Result<Explanation, CommandError> {
    let read = read_spec(source)?;
    let spec = &read.value;
    let report = proofmark_data::profile(&spec.data, &source.base, spec.seed, &mut |progress| {
        host.observe(Observation::Data(progress));
    })
    .map_err(|error| at_its_place(&read, error))?;
    let model = check_model(&read, report.feature.shape(), report.classes.len())?;
    let train = &spec.train;
    let graph = train.training_graph(&model)?.graph;
    let batch = train.batch_size.min((report.split.train.rows as usize).max(1));
    let options = PlanOptions { shard_samples: train.shard_size, ..PlanOptions::default() };
    let executor = CpuExecutor { options, ..executor(host) };
    let outline = executor.outline(&graph, batch).map_err(|error| LabError::from(TrainError::from(error)))?;
    let plan = outline.plan.clone();
    let mut threads = [&THREADS[..], &[executor.threads.max(1)]].concat();
    threads.sort_unstable();
    threads.dedup();
    let growth = growth(&outline, batch, &threads);
    let flops = |node: &Node| batch_flops(&graph, node, batch);
    let mut counts: BTreeMap<&'static str, (usize, bool)> = BTreeMap::new();
    for (idx, node) in outline.graph.nodes().iter().enumerate() {
        let (nodes, is_native) = counts.entry(node.op.name()).or_insert((0, true));
        *nodes += 1;
        *is_native &= outline.is_native(idx);
    }
    let phase = |phase: &Phase| match phase {
        Phase::Shards(nodes) => PhaseSummary { kind: PhaseKind::Shards, nodes: nodes.len() },
        Phase::Fold(nodes) => PhaseSummary { kind: PhaseKind::Fold, nodes: nodes.len() },
        Phase::Outputs(nodes) => PhaseSummary { kind: PhaseKind::Outputs, nodes: nodes.len() },
    };
    Ok(Explanation {
        input: model.input_shape().to_vec(),
        classes: report.classes,
        batch,
        shard: train.shard_size,
        step_flops: graph.nodes().iter().map(flops).sum(),
        memory: outline.memory,
        phases: plan.phases.iter().map(phase).collect(),
        operations: counts
            .into_iter()
            .map(|(name, (nodes, is_native))| OperationCount { name, nodes, is_native })
            .collect(),
        growth,
        train_rows: report.split.train.rows as usize,
        executor,
        summary: model.summary(),
        graph,
        planned: outline.graph,
        plan,
    })
}

impl Explanation {
    /// The layers as a table for a terminal.
    pub fn layers(&self, lang: Lang) -> String {
        self.summary.table(lang)
    }

    /// Trained numbers.
    pub fn parameters(&self) -> u64 {
        self.summary.parameters()
    }

    /// The graph of a training step as text.
    pub fn graph(&self) -> String {
        self.graph.to_string()
    }

    /// The plan of a training step as text.
    pub fn plan(&self) -> String {
        self.plan.print(&self.planned).to_string()
    }

    /// The largest power of two of samples, up to the rows that train, whose step needs no more than so many bytes: states, batch
    /// memory and working memory of all threads, as [`Explanation::memory`] counts them. `None` if one sample needs more.
    pub fn batch_within(&self, budget_bytes: usize) -> Option<FittingBatch> {
        let memory_limit_bytes = budget_bytes.min(self.executor.memory_limit_bytes);
        let executor = CpuExecutor { memory_limit_bytes, ..self.executor };
        let sizes = std::iter::successors(Some(1_usize), |size| size.checked_mul(2));
        let fits = |batch_size| {
            let memory = executor.outline(&self.graph, batch_size).ok()?.memory;
            Some(FittingBatch { batch_size, memory })
        };
        sizes.take_while(|size| *size <= self.train_rows.max(1)).map_while(fits).last()
    }

    /// What the host's threads could bring at most.
    pub fn growth_here(&self) -> Option<&Growth> {
        self.growth.iter().find(|growth| growth.threads == self.memory.threads)
    }

    /// The kind of a phase, from 0.
    pub fn phase_kind(&self, phase: usize) -> Option<PhaseKind> {
        self.phases.get(phase).map(|phase| phase.kind)
    }

    /// All of it for a program.
    pub fn to_json(&self) -> serde_json::Value {
        let layers: Vec<_> = self
            .summary
            .rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "name": row.name, "kind": row.kind, "inputs": row.inputs, "shape": row.shape.to_vec(),
                    "parameters": row.parameters, "statistics": row.statistics, "flops": row.flops,
                })
            })
            .collect();
        let phases: Vec<_> = self
            .phases
            .iter()
            .map(|phase| serde_json::json!({ "kind": phase.kind.name(), "nodes": phase.nodes }))
            .collect();
        let operations: Vec<_> = self
            .operations
            .iter()
            .map(|count| serde_json::json!({ "name": count.name, "nodes": count.nodes, "native": count.is_native }))
            .collect();
        let growth: Vec<_> = self
            .growth
            .iter()
            .map(|growth| {
                let limit = growth.limit.map(|limit| {
                    let kind = self.phase_kind(limit.phase).map(PhaseKind::name);
                    serde_json::json!({ "phase": limit.phase, "kind": kind, "pieces": limit.pieces })
                });
                serde_json::json!({ "threads": growth.threads, "speed_up": growth.speed_up, "limit": limit })
            })
            .collect();
        let SessionMemory { threads, state_bytes, batch_bytes, arena_bytes, scratch_bytes, .. } = self.memory;
        serde_json::json!({
            "input": self.input, "classes": self.classes, "parameters": self.parameters(), "layers": layers,
            "batch": self.batch, "shard": self.shard, "step_flops": self.step_flops, "phases": phases,
            "operations": operations, "growth": growth,
            "memory": {
                "threads": threads,
                "state_bytes": state_bytes,
                "batch_bytes": batch_bytes,
                "arena_bytes": arena_bytes,
                "scratch_bytes": scratch_bytes,
            },
        })
    }
}

impl PhaseKind {
    /// The kind in one word, as a printed plan has it.
    pub fn name(self) -> &'static str {
        match self {
            PhaseKind::Shards => "shards",
            PhaseKind::Fold => "fold",
            PhaseKind::Outputs => "outputs",
        }
    }
}
