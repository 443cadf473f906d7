use std::fmt;

use super::{Phase, Place, Plan};
use crate::graph::Graph;

/// A plan beside its graph, as text: the format of snapshots and of `proofmark explain`.
pub struct Printed<'a> {
    plan: &'a Plan,
    graph: &'a Graph,
}

impl Plan {
    /// The plan as text.
    pub fn print<'a>(&'a self, graph: &'a Graph) -> Printed<'a> {
        Printed { plan: self, graph }
    }
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Printed { plan, graph } = self;
        writeln!(
            f,
            "batch of up to {}, shards of {}, outputs ratio {}, arena {} bytes a worker, batch memory {} bytes",
            plan.max_samples,
            plan.options.shard_samples,
            plan.options.outputs_ratio,
            plan.arena_bytes,
            plan.batch_bytes
        )?;
        for (idx, phase) in plan.phases.iter().enumerate() {
            let (kind, nodes) = match phase {
                Phase::Shards(nodes) => ("shards", nodes),
                Phase::Fold(nodes) => ("fold", nodes),
                Phase::Outputs(nodes) => ("outputs", nodes),
            };
            writeln!(f, "phase {idx}: {kind}")?;
            for node in nodes {
                let node = &graph.nodes()[*node];
                write!(f, "  {}", node.op)?;
                for input in &node.inputs {
                    write!(f, " {input}")?;
                }
                f.write_str(" ->")?;
                for output in &node.outputs {
                    write!(f, " {output}@{}", plan.place(*output))?;
                }
                // What the ratio moved here, from the shards.
                if matches!(phase, Phase::Outputs(_)) && node.op.fold().is_some() {
                    f.write_str("  (sum over samples)")?;
                }
                if !node.scope.is_empty() {
                    write!(f, "  # {}", node.scope)?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(idx) => write!(f, "input:{idx}"),
            Place::State(idx) => write!(f, "state:{idx}"),
            Place::Arena(offset) => write!(f, "arena:{offset}"),
            Place::Batch(offset) => write!(f, "batch:{offset}"),
            Place::Step(offset) => write!(f, "step:{offset}"),
            Place::Partial(offset) => write!(f, "partial:{offset}"),
            Place::Unused => f.write_str("-"),
        }
    }
}
