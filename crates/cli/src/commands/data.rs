//! `proofmark data profile|check|clean SPEC`: what the data look like, what the rules say, what cleaning would do.

use clap::{ArgMatches, Command as Definition};
use proofmark_lab::data_commands::{DataAnswer, DataQuestion, ask};
use proofmark_lab::{ColumnProfile, DataReport, GateReport, ImageProfile, SeriesProfile, SourceProfile};
use proofmark_messages::{Lang, Localize, cli as say, report, sequence, spec};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{Tone, grouped, labelled, percent, short, table};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "data", define, run };

/// A command below this one.
struct Below {
    name: &'static str,
    question: DataQuestion,
    about: fn(Lang) -> String,
}

/// The commands below this one.
const BELOW: [Below; 3] = [
    Below { name: "profile", question: DataQuestion::Profile, about: say::data_profile_about },
    Below { name: "check", question: DataQuestion::Check, about: say::data_check_about },
    Below { name: "clean", question: DataQuestion::Clean, about: say::data_clean_about },
];

fn define(lang: Lang) -> Definition {
    let below = BELOW.map(|Below { name, about, .. }| {
        let example = example(lang, &format!("proofmark data {name} digits.yaml"));
        Definition::new(name).about(about(lang)).args(spec_arguments(lang)).after_help(example)
    });
    Definition::new("data")
        .about(say::data_about(lang))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(below)
        .after_help(example(lang, "proofmark data profile digits.yaml"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    // clap lets nothing else through.
    let Some((name, matches)) = matches.subcommand() else { return Ok(Exit::Done) };
    let question = BELOW.iter().find(|below| below.name == name).map_or(DataQuestion::Profile, |below| below.question);
    let mut host = TerminalHost::new(session);
    let answer = ask(&session.spec(matches)?, question, &mut host);
    host.finish();
    let DataAnswer { report, holds } = answer?;
    if session.is_json {
        session.output.json(&serde_json::json!({ "holds": holds, "report": report }))?;
    } else {
        match (question, &report.gate) {
            (DataQuestion::Profile, _) | (_, None) => print_profile(&report, session)?,
            (_, Some(gate)) => print_gate(gate, holds == Some(true), session)?,
        }
    }
    Ok(Exit::yes_if(holds != Some(false)))
}

fn print_profile(found: &DataReport, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let of_profile = |values: &dyn Fn(&SourceProfile) -> String| {
        [values(&found.profiles.source), values(&found.profiles.test_source)]
    };
    let mut rows = vec![[String::new(), say::column_train_and_validation(lang), say::column_test(lang)]];
    let mut row = |name: String, values: &dyn Fn(&SourceProfile) -> String| {
        let [train, test] = of_profile(values);
        rows.push([name, train, test]);
    };
    row(say::profile_rows(lang), &|profile| grouped(profile.rows));
    let [nature, faults] = column_rows(&found.profiles.source.column, lang);
    for (name, values) in nature {
        row(name, &|profile| values(&profile.column));
    }
    row(say::profile_missing(lang), &|profile| shared(profile.label.missing_rows, profile.label.missing));
    for (name, values) in faults {
        row(name, &|profile| values(&profile.column));
    }
    let mut text = table(&rows, [false, true, true]);
    let mut classes = vec![[say::column_class(lang), say::column_train_and_validation(lang), say::column_test(lang)]];
    let test = &found.profiles.test_source.label.by_class;
    for class in &found.profiles.source.label.by_class {
        let in_test = test.iter().find(|other| other.class == class.class).map_or(0, |other| other.rows);
        classes.push([class.class.clone(), grouped(class.rows), grouped(in_test)]);
    }
    text.push('\n');
    text.push_str(&table(&classes, [false, true, true]));
    text.push('\n');
    for file in found.sources.iter().flat_map(|part| &part.files) {
        text.push_str(&format!("sha256:{}  {}\n", file.sha256, file.name));
    }
    session.output.text(&text)
}

/// A line of the profile, and how it is read off.
type ColumnRow = (String, fn(&ColumnProfile) -> String);

/// What there is to say of the feature, by its kind: of its nature, and of its faults.
fn column_rows(column: &ColumnProfile, lang: Lang) -> [Vec<ColumnRow>; 2] {
    fn image(profile: &ColumnProfile, read: fn(&ImageProfile) -> String) -> String {
        profile.image().map(read).unwrap_or_default()
    }
    fn series(profile: &ColumnProfile, read: fn(&SeriesProfile) -> String) -> String {
        profile.series().map(read).unwrap_or_default()
    }
    match column {
        ColumnProfile::Image(_) => [
            vec![
                (say::profile_shape(lang), |p| image(p, |p| format!("{} x {} x {}", p.height, p.width, p.channels))),
                (say::profile_pixels(lang), |p| image(p, |p| format!("{} .. {}", short(p.min), short(p.max)))),
                (say::profile_mean(lang), |p| image(p, |p| format!("{} ± {}", short(p.mean), short(p.std)))),
            ],
            vec![
                (say::profile_duplicates(lang), |p| image(p, |p| shared(p.duplicate_rows, p.duplicates))),
                (say::profile_constant(lang), |p| image(p, |p| shared(p.constant_rows, p.constant))),
                (say::profile_rough(lang), |p| image(p, |p| shared(p.rough_rows, p.rough))),
            ],
        ],
        ColumnProfile::Series(_) => [
            vec![
                (sequence::profile_steps(lang), |p| series(p, |p| format!("{} .. {}", p.steps_min, p.steps_max))),
                (sequence::profile_channels(lang), |p| series(p, |p| p.channels.to_string())),
                (sequence::profile_values(lang), |p| series(p, |p| format!("{} .. {}", short(p.min), short(p.max)))),
                (say::profile_mean(lang), |p| series(p, |p| format!("{} ± {}", short(p.mean), short(p.std)))),
            ],
            vec![
                (sequence::profile_gaps(lang), |p| series(p, |p| shared(p.missing_rows, p.missing))),
                (sequence::profile_copies(lang), |p| series(p, |p| shared(p.duplicate_rows, p.duplicates))),
                (sequence::profile_never_changing(lang), |p| series(p, |p| shared(p.constant_rows, p.constant))),
            ],
        ],
    }
}

/// A number of rows with its share.
fn shared(rows: u64, share: f64) -> String {
    if rows == 0 { "0".to_owned() } else { format!("{} ({})", grouped(rows), percent(share)) }
}

fn print_gate(gate: &GateReport, holds: bool, session: &Session) -> Result<(), Failure> {
    let lang = session.lang;
    let output = &session.output;
    let (tone, verdict) =
        if holds { (Tone::Good, say::verdict_rules_hold(lang)) } else { (Tone::Bad, report::data_refused(lang)) };
    let reason = gate.stopped.text(lang);
    let mut text = format!("\n{}  {reason}\n", output.paint(tone, &verdict));
    if let Some(hint) = gate.stopped.hint(lang) {
        text.push_str(&format!("{}{}{hint}\n", spec::hint_label(lang), spec::label_end(lang)));
    }
    output.text(&format!("{text}\n{}", labelled(&gate_rows(gate, session))))
}

/// The rules before and after cleaning, and what each round dropped.
pub(super) fn gate_rows(gate: &GateReport, session: &Session) -> Vec<(String, String)> {
    let lang = session.lang;
    let mut rows = Vec::new();
    for (idx, (before, after)) in gate.before.iter().zip(&gate.after).enumerate() {
        let judgement =
            |verdict: String, is_yes: bool| session.output.paint(if is_yes { Tone::Good } else { Tone::Bad }, &verdict);
        let of = |verdict: &proofmark_lab::Verdict| {
            let values = verdict.comparisons.iter().filter_map(|comparison| comparison.value.as_ref());
            let values: Vec<String> = values.map(|value| plain(&value.to_string())).collect();
            let holds = verdict.outcome == proofmark_lab::Holds::Yes;
            let word = if holds { say::holds(lang) } else { say::does_not_hold(lang) };
            say::rule_reading(lang, values.join(&say::comma(lang)), judgement(word, holds))
        };
        let text = if gate.rounds.is_empty() {
            say::rule_once(lang, &before.criterion, of(before))
        } else {
            say::rule_twice(lang, &before.criterion, of(before), of(after))
        };
        rows.push((if idx == 0 { say::label_rule(lang) } else { String::new() }, text));
    }
    for round in &gate.rounds {
        let dropped: Vec<String> = round
            .applied
            .iter()
            .map(|touched| {
                say::operator_line(
                    lang,
                    touched.operator.name(),
                    grouped((touched.train.len() + touched.validation.len()) as u64),
                )
            })
            .collect();
        let dropped = dropped.join(&say::comma(lang));
        let text = if round.accepted { dropped } else { say::round_rejected(lang, dropped) };
        rows.push((say::label_round(lang, round.number), text));
    }
    rows
}

/// A number in few digits; anything else as it is.
fn plain(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), short)
}
