use super::phases::{Phase, Schedule};
use super::{Place, Plan, Roots, may_overwrite};
use crate::graph::{Graph, Origin, Span, Value};

/// A value's time in a worker's arena: from the node that writes it to the last one that reads it.
#[derive(Clone, Debug)]
struct Lifetime {
    values: Vec<Value>,
    bytes: usize,
    first: usize,
    last: usize,
    offset: usize,
}

/// Places the sample values that live within one shard phase. Returns the arena's size.
///
/// Larger values first, each at the lowest offset that no value alive at the same time covers; an element-wise node
/// writes over an input that dies there.
pub(super) fn place(
    graph: &Graph,
    schedule: &Schedule,
    roots: &Roots,
    shard_samples: usize,
    places: &mut [Place],
) -> usize {
    let mut arena_bytes = 0;
    for (phase_idx, phase) in schedule.phases.iter().enumerate() {
        let Phase::Shards(nodes) = phase else { continue };
        let mut lifetimes = lifetimes(graph, schedule, roots, shard_samples, places, phase_idx, nodes);
        lifetimes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.first.cmp(&b.first)));
        for idx in 0..lifetimes.len() {
            let (placed, rest) = lifetimes.split_at_mut(idx);
            let new = &mut rest[0];
            let mut busy: Vec<(usize, usize)> = placed
                .iter()
                .filter(|other| other.first <= new.last && new.first <= other.last)
                .map(|other| (other.offset, other.offset.saturating_add(other.bytes)))
                .collect();
            busy.sort_unstable();
            for (start, end) in busy {
                if new.offset.saturating_add(new.bytes) <= start {
                    break;
                }
                new.offset = new.offset.max(end);
            }
            arena_bytes = arena_bytes.max(new.offset.saturating_add(new.bytes));
            for value in &new.values {
                places[value.idx()] = Place::Arena(new.offset);
            }
        }
    }
    arena_bytes
}

fn lifetimes(
    graph: &Graph,
    schedule: &Schedule,
    roots: &Roots,
    shard_samples: usize,
    places: &[Place],
    phase_idx: usize,
    nodes: &[usize],
) -> Vec<Lifetime> {
    let mut lifetimes: Vec<Lifetime> = Vec::new();
    let mut owner: Vec<Option<usize>> = vec![None; graph.n_values()];
    for (position, &node) in nodes.iter().enumerate() {
        for (output_idx, &output) in graph.nodes()[node].outputs.iter().enumerate() {
            let ty = graph.ty(output);
            let is_local = ty.span == Span::Sample && places[output.idx()] == Place::Unused;
            if !is_local || roots.of(output) != output {
                continue;
            }
            let last = roots.group(output).filter_map(|alias| last_read(graph, nodes, alias)).max();
            let Some(last) = last else {
                // Kernels write their first output in any case: what nothing reads lives for its own node only. The others
                // they skip.
                if output_idx == 0 {
                    let bytes = Plan::arena_size(ty, shard_samples);
                    owner[output.idx()] = Some(lifetimes.len());
                    lifetimes.push(Lifetime {
                        values: vec![output],
                        bytes,
                        first: position,
                        last: position,
                        offset: 0,
                    });
                }
                continue;
            };
            let reuse = (output_idx == 0)
                .then(|| {
                    graph.nodes()[node].inputs.iter().find_map(|input| {
                        let idx = owner[roots.of(*input).idx()]?;
                        (lifetimes[idx].last == position && may_overwrite(graph, node, *input)).then_some(idx)
                    })
                })
                .flatten();
            if let Some(idx) = reuse {
                lifetimes[idx].last = last;
                lifetimes[idx].values.push(output);
                owner[output.idx()] = Some(idx);
            } else {
                owner[output.idx()] = Some(lifetimes.len());
                let bytes = Plan::arena_size(ty, shard_samples);
                lifetimes.push(Lifetime { values: vec![output], bytes, first: position, last, offset: 0 });
            }
        }
    }
    debug_assert!(nodes.iter().all(|node| schedule.phase_of[*node] == Some(phase_idx)));
    lifetimes
}

/// Position of the last of these nodes that reads the value.
fn last_read(graph: &Graph, nodes: &[usize], value: Value) -> Option<usize> {
    let produced_here = matches!(graph.origin(value), Origin::Node { .. });
    debug_assert!(produced_here, "only nodes' values live in an arena");
    nodes.iter().rposition(|node| graph.nodes()[*node].inputs.contains(&value))
}
