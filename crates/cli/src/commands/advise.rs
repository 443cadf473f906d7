//! `proofmark advise SPEC`: a learning rate and a batch size, measured on the spec's own data.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command as Definition};
use proofmark_lab::advise::{Advice, AdviceQuestions, BatchMeasurement, RateMeasurement, advise};
use proofmark_lab::{RangeEnd, RateRule};
use proofmark_messages::{Lang, cli as say, report};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{Tone, bytes, grouped, labelled, short, table};
use crate::plot::Curve;
use crate::session::{Session, shell_word};

pub(crate) const COMMAND: Command = Command { name: "advise", define, run };

/// What `--only` can be.
const ONLY: [&str; 2] = ["learning-rate", "batch-size"];

/// The curve is drawn up to so many times the loss that it began with; what lies above says nothing more.
const DRAWN: f64 = 1.3;

fn define(lang: Lang) -> Definition {
    let only = Arg::new("only")
        .long("only")
        .value_name("WHAT")
        .help(say::option_only(lang))
        .value_parser(PossibleValuesParser::new(ONLY))
        .hide_possible_values(true)
        .help_heading(say::heading_options(lang));
    Definition::new("advise").about(say::advise_about(lang)).args(spec_arguments(lang)).arg(only).after_help(example(
        lang,
        "proofmark advise digits.yaml\n\
         proofmark advise digits.yaml --only learning-rate --set train.batch_size=128",
    ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let source = session.spec(matches)?;
    let only = matches.get_one::<String>("only").map(String::as_str);
    let questions = AdviceQuestions { learning_rate: only != Some(ONLY[1]), batch_size: only != Some(ONLY[0]) };
    let mut host = TerminalHost::new(session);
    let advice = advise(&source, questions, &mut host);
    host.finish();
    let (lang, output) = (session.lang, &session.output);
    let Some(advice) = advice? else {
        if session.is_json {
            output.json(&serde_json::json!({ "learning_rate": null, "batch_size": null, "refused": true }))?;
        } else {
            let (verdict, sentence) = (report::data_refused(lang), report::sentence_data_refused(lang));
            let check = format!("proofmark check {}", shell_word(&source.file_name));
            let next = labelled(&[(say::label_next(lang), check)]);
            output.text(&format!("\n{}  {sentence}\n\n{next}", output.paint(Tone::Bad, &verdict)))?;
        }
        return Ok(Exit::No);
    };
    if session.is_json {
        output.json(&serde_json::json!(advice))?;
        return Ok(Exit::Done);
    }
    let Advice { learning_rate, batch_size } = &advice;
    if let Some(rate) = learning_rate {
        output.text(&rate_text(rate, lang))?;
    }
    if let Some(batch) = batch_size {
        output.text(&batch_text(batch, lang))?;
    }
    Ok(Exit::Done)
}

fn rate_text(measured: &RateMeasurement, lang: Lang) -> String {
    let RateMeasurement { now, batch_size, set, curve } = measured;
    let points: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.learning_rate, point.smoothed)).collect();
    let rate = points.last().map_or(0.0, |(rate, _)| *rate);
    let steps = points.len();
    let range = match curve.ended {
        RangeEnd::LastRate => say::range_last_rate(lang, steps, batch_size, short(rate)),
        RangeEnd::LossGrew => say::range_loss_grew(lang, steps, batch_size, short(rate)),
        RangeEnd::NotFinite => say::range_not_finite(lang, steps, batch_size, short(rate)),
        RangeEnd::Interrupted => say::range_interrupted(lang, steps, batch_size, short(rate)),
    };
    let mut rows = vec![(say::label_measured(lang), range)];
    match curve.advice {
        Some(advice) => {
            let (steepest, tenth) = (short(advice.steepest), short(advice.tenth_of_minimum));
            rows.push((say::label_reading(lang), say::reading_line(lang, steepest, tenth)));
            let rate = advice.learning_rate;
            let line = match advice.rule {
                RateRule::Steepest => say::rate_by_steepest(lang, rate),
                RateRule::TenthOfMinimum => say::rate_by_minimum(lang, rate),
            };
            rows.push((say::label_advice(lang), line));
        }
        None => rows.push((say::label_advice(lang), say::no_rate(lang))),
    }
    rows.push((say::label_now(lang), now.to_string()));
    rows.extend(set.as_ref().map(|set| (say::label_set(lang), format!("--set {}", shell_word(set)))));
    let most = points.first().map_or(0.0, |(_, loss)| loss * DRAWN);
    let plot = Curve { points: &points, mark: curve.advice.map(|advice| advice.learning_rate), most }.draw();
    format!("\n{}\n\n{plot}\n{}", say::rate_heading(lang), labelled(&rows))
}

fn batch_text(measured: &BatchMeasurement, lang: Lang) -> String {
    let BatchMeasurement { now, threads, sizes, advice, set, beyond_memory } = measured;
    let head =
        [say::heading_batch(lang), say::heading_speed(lang), say::heading_memory(lang), say::heading_steps(lang)];
    let rows = sizes.iter().map(|size| {
        [
            grouped(size.batch_size as u64),
            grouped(size.samples_per_second.round() as u64),
            bytes(size.memory_bytes),
            grouped(size.steps_per_epoch as u64),
        ]
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let sizes: String = table(&rows, [true; 4]).lines().map(|line| format!("  {line}\n")).collect();
    let mut lines = Vec::new();
    if let Some(beyond) = beyond_memory {
        let (needed, limit) = (bytes(beyond.memory_bytes), bytes(beyond.limit_bytes));
        lines.push((say::label_memory_limit(lang), say::batch_beyond(lang, beyond.batch_size, needed, limit)));
    }
    lines.push((say::label_advice(lang), say::batch_advice(lang, advice)));
    lines.push((String::new(), say::batch_note(lang)));
    lines.push((say::label_now(lang), now.to_string()));
    lines.push((say::label_set(lang), format!("--set {set}")));
    format!("\n{}\n\n{sizes}\n{}", say::batch_heading(lang, threads), labelled(&lines))
}
