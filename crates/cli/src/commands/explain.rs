//! `proofmark explain SPEC`: layers, graph, plan, memory, what runs natively, what more threads could bring, what fits a memory.

use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::explain::{Explanation, Limit, PhaseKind, explain};
use proofmark_messages::{Lang, cli as say};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{bytes, grouped, labelled, table};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "explain", define, run };

fn define(lang: Lang) -> Definition {
    let flag = |id: &'static str, help: String| {
        Arg::new(id).long(id).action(ArgAction::SetTrue).help(help).help_heading(say::heading_options(lang))
    };
    Definition::new("explain")
        .about(say::explain_about(lang))
        .args(spec_arguments(lang))
        .args([
            flag("graph", say::option_graph(lang)),
            flag("plan", say::option_plan(lang)),
            flag("growth", say::option_growth(lang)),
            Arg::new("memory-budget")
                .long("memory-budget")
                .value_name("MB")
                .help(say::option_memory_budget(lang))
                .value_parser(value_parser!(u32).range(1..))
                .help_heading(say::heading_options(lang)),
        ])
        .after_help(example(lang, "proofmark explain digits.yaml\nproofmark explain digits.yaml --plan"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let mut host = TerminalHost::new(session);
    let explanation = explain(&session.spec(matches)?, &mut host);
    host.finish();
    let explanation = explanation?;
    let budget_bytes = matches.get_one::<u32>("memory-budget").map(|mega| *mega as usize * 1_000_000);
    if session.is_json {
        let mut json = explanation.to_json();
        if let Some(budget) = budget_bytes {
            json["batch_within"] = serde_json::json!({
                "budget_bytes": budget,
                "batch_size": explanation.batch_within(budget).map(|batch| batch.batch_size),
            });
        }
        session.output.json(&json)?;
        return Ok(Exit::Done);
    }
    let (graph, plan) = (matches.get_flag("graph"), matches.get_flag("plan"));
    if graph {
        session.output.text(&explanation.graph())?;
    }
    if plan {
        session.output.text(&explanation.plan())?;
    }
    let growth = matches.get_flag("growth");
    if growth {
        session.output.text(&growth_text(&explanation, session.lang))?;
    }
    if let Some(budget) = budget_bytes {
        session.output.text(&budget_text(&explanation, budget, session.lang))?;
    }
    if !graph && !plan && !growth && budget_bytes.is_none() {
        session.output.text(&short(&explanation, session))?;
    }
    Ok(Exit::Done)
}

/// A row for each number of threads: what it could bring, and the phase that does not divide.
fn growth_text(explanation: &Explanation, lang: Lang) -> String {
    let head = [say::heading_threads(lang), say::heading_speed_up(lang), say::heading_limit(lang)];
    let rows = explanation.growth.iter().map(|growth| {
        let limit = growth.limit.map_or_else(String::new, |limit| limited(explanation, limit, lang));
        [growth.threads.to_string(), format!("{:.1}", growth.speed_up), limit]
    });
    let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
    let note = say::growth_note(lang, explanation.batch, explanation.shard, explanation.phases.len());
    format!("{}\n{note}\n", table(&rows, [true, true, false]))
}

fn limited(explanation: &Explanation, limit: Limit, lang: Lang) -> String {
    let (phase, pieces) = (limit.phase, limit.pieces);
    match explanation.phase_kind(phase) {
        Some(PhaseKind::Fold) => say::limit_fold(lang, phase, pieces),
        Some(PhaseKind::Outputs) => say::limit_outputs(lang, phase, pieces),
        Some(PhaseKind::Shards) | None => say::limit_shards(lang, phase, pieces),
    }
}

/// The batch that fits, and how to set it.
fn budget_text(explanation: &Explanation, budget_bytes: usize, lang: Lang) -> String {
    let (budget, threads) = (bytes(budget_bytes), explanation.memory.threads);
    match explanation.batch_within(budget_bytes) {
        Some(batch) => labelled(&[
            (
                say::heading_batch(lang),
                say::budget_batch(lang, batch.batch_size, bytes(batch.memory.total_bytes()), budget, threads),
            ),
            (say::label_set(lang), format!("--set train.batch_size={}", batch.batch_size)),
        ]),
        None => labelled(&[(say::heading_batch(lang), say::budget_too_small(lang, budget, threads))]),
    }
}

fn short(explanation: &Explanation, session: &Session) -> String {
    let lang = session.lang;
    let phases = |kind: PhaseKind| explanation.phases.iter().filter(|phase| phase.kind == kind).count();
    let nodes: usize = explanation.phases.iter().map(|phase| phase.nodes).sum();
    let memory = explanation.memory;
    let input = explanation.input.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    let (native, reference): (Vec<_>, Vec<_>) = explanation.operations.iter().partition(|count| count.is_native);
    let names = |counts: &[&proofmark_lab::explain::OperationCount]| {
        let names: Vec<String> = counts.iter().map(|count| format!("{} {}", count.nodes, count.name)).collect();
        names.join(&say::comma(lang))
    };
    let mut rows = vec![
        (say::label_input(lang), say::input_line(lang, input, explanation.classes.len())),
        (
            say::label_step(lang),
            say::step_line(lang, explanation.batch, explanation.shard, grouped(explanation.step_flops)),
        ),
        (
            say::label_phases(lang),
            say::phases_line(
                lang,
                nodes,
                phases(PhaseKind::Shards),
                phases(PhaseKind::Fold),
                phases(PhaseKind::Outputs),
            ),
        ),
        (
            say::label_memory(lang),
            say::memory_line(
                lang,
                bytes(memory.total_bytes()),
                bytes(memory.state_bytes),
                bytes(memory.batch_bytes),
                bytes(memory.arena_bytes.saturating_add(memory.scratch_bytes)),
                memory.threads,
            ),
        ),
        (say::label_native(lang), names(&native)),
    ];
    if let Some(growth) = explanation.growth_here() {
        let (threads, times) = (growth.threads, format!("{:.1}", growth.speed_up));
        let line = match growth.limit {
            Some(limit) => say::growth_limited(lang, threads, times, limited(explanation, limit, lang)),
            None => say::growth_line(lang, threads, times),
        };
        rows.push((say::label_growth(lang), line));
    }
    let reference_text = if reference.is_empty() { say::none(lang) } else { names(&reference) };
    rows.push((say::label_reference(lang), reference_text));
    format!("{}\n{}", explanation.layers(lang), labelled(&rows))
}
