//! `proofmark explain SPEC`: layers, graph, plan, memory, and what runs natively.

use clap::{Arg, ArgAction, ArgMatches, Command as Definition};
use proofmark_lab::explain::{Explanation, PhaseKind, explain};
use proofmark_messages::{Lang, cli as say};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{bytes, grouped, labelled};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "explain", define, run };

fn define(lang: Lang) -> Definition {
    let flag = |id: &'static str, help: String| {
        Arg::new(id).long(id).action(ArgAction::SetTrue).help(help).help_heading(say::heading_options(lang))
    };
    Definition::new("explain")
        .about(say::explain_about(lang))
        .args(spec_arguments(lang))
        .args([flag("graph", say::option_graph(lang)), flag("plan", say::option_plan(lang))])
        .after_help(example(lang, "proofmark explain digits.yaml\nproofmark explain digits.yaml --plan"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let mut host = TerminalHost::new(session);
    let explanation = explain(&session.spec(matches)?, &mut host);
    host.finish();
    let explanation = explanation?;
    if session.is_json {
        session.output.json(&explanation.to_json())?;
        return Ok(Exit::Done);
    }
    let (graph, plan) = (matches.get_flag("graph"), matches.get_flag("plan"));
    if graph {
        session.output.text(&explanation.graph())?;
    }
    if plan {
        session.output.text(&explanation.plan())?;
    }
    if !graph && !plan {
        session.output.text(&short(&explanation, session))?;
    }
    Ok(Exit::Done)
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
    let reference_text = if reference.is_empty() { say::none(lang) } else { names(&reference) };
    rows.push((say::label_reference(lang), reference_text));
    format!("{}\n{}", explanation.layers(lang), labelled(&rows))
}
