//! What a spec becomes: layers with their shapes, the training's graph, the plan with its phases and memory.

use std::collections::BTreeMap;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::executor::SessionMemory;
use proofmark_engine::plan::{Phase, Plan, PlanOptions};
use proofmark_engine::{Graph, Node, Span};
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
    summary: Summary,
    graph: Graph,
    /// The graph as it runs, of which the plan speaks.
    planned: Graph,
    plan: Plan,
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
    let flops = |node: &Node| {
        let inputs: Vec<_> = node.inputs.iter().map(|input| graph.ty(*input)).collect();
        let outputs: Vec<_> = node.outputs.iter().map(|output| graph.ty(*output).clone()).collect();
        let involved = inputs.iter().copied().chain(&outputs);
        let times = if involved.into_iter().any(|ty| ty.span == Span::Sample) { batch as u64 } else { 1 };
        times * node.op.cost(&inputs, &outputs).flops
    };
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
        let SessionMemory { threads, state_bytes, batch_bytes, arena_bytes, scratch_bytes } = self.memory;
        serde_json::json!({
            "input": self.input, "classes": self.classes, "parameters": self.parameters(), "layers": layers,
            "batch": self.batch, "shard": self.shard, "step_flops": self.step_flops, "phases": phases,
            "operations": operations,
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
