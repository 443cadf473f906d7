//! `proofmark evaluate --model FILE --data SPEC`: measures a model file, of another program or ours, on a spec's test data.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::evaluate::{ModelEvaluation, evaluate_file};
use proofmark_lab::{Measured, OutputKind};
use proofmark_messages::{Lang, cli as say, report};

use super::{Command, spec_arguments};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{Tone, grouped, labelled, percent, short};
use crate::session::{Session, shell_word};

pub(crate) const COMMAND: Command = Command { name: "evaluate", define, run };

fn define(lang: Lang) -> Definition {
    let model = Arg::new("model")
        .long("model")
        .value_name("FILE")
        .help(say::option_evaluate_model(lang))
        .value_parser(value_parser!(PathBuf))
        .required(true)
        .help_heading(say::heading_options(lang));
    let [spec, set] = spec_arguments(lang);
    let spec = spec.long("data").help(say::option_evaluate_data(lang)).help_heading(say::heading_options(lang));
    Definition::new("evaluate")
        .about(say::evaluate_about(lang))
        .args([model, spec, set])
        .after_help(example(lang, "proofmark evaluate --model resnet.onnx --data digits.yaml"))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let source = session.spec(matches)?;
    let model = matches.get_one::<PathBuf>("model").cloned().unwrap_or_default();
    let mut host = TerminalHost::new(session);
    let evaluation = evaluate_file(&model, &source, &mut host);
    host.finish();
    let (lang, output) = (session.lang, &session.output);
    let Some(evaluation) = evaluation? else {
        if session.is_json {
            output.json(&serde_json::json!({ "model": model, "refused": true }))?;
        } else {
            let (verdict, sentence) = (report::data_refused(lang), report::sentence_data_refused(lang));
            let check = format!("proofmark check {}", shell_word(&source.file_name));
            let next = labelled(&[(say::label_next(lang), check)]);
            output.text(&format!("\n{}  {sentence}\n\n{next}", output.paint(Tone::Bad, &verdict)))?;
        }
        return Ok(Exit::No);
    };
    if session.is_json {
        output.json(&to_json(&evaluation))?;
    } else {
        output.text(&labelled(&rows(&evaluation, lang)))?;
    }
    Ok(Exit::Done)
}

fn rows(evaluation: &ModelEvaluation, lang: Lang) -> Vec<(String, String)> {
    let file = evaluation.model.display().to_string();
    // The producer is the file's word; a line of it is enough.
    let producer: String = evaluation.producer.chars().filter(|c| !c.is_control()).take(40).collect();
    let outputs = match evaluation.outputs {
        OutputKind::Probabilities => say::outputs_probabilities(lang),
        OutputKind::Logits => say::outputs_logits(lang),
    };
    let mut rows = vec![
        (say::label_model(lang), if producer.is_empty() { file } else { format!("{file} ({producer})") }),
        (String::new(), evaluation.model_digest.clone()),
        (say::label_outputs(lang), outputs),
        (say::label_data(lang), say::test_rows(lang, grouped(evaluation.rows as u64))),
    ];
    for Measured { metric, estimate, baseline, .. } in &evaluation.metrics {
        let number = |value: f64| if metric.is_unbounded() { short(value) } else { percent(value) };
        let [value, lower, upper] = [estimate.value, estimate.lower95, estimate.upper95].map(number);
        let baseline = baseline.map(|baseline| say::baseline(lang, number(baseline))).unwrap_or_default();
        rows.push((metric.name().to_owned(), say::interval(lang, value, lower, upper) + &baseline));
    }
    rows
}

fn to_json(evaluation: &ModelEvaluation) -> serde_json::Value {
    let metrics: serde_json::Map<String, serde_json::Value> = evaluation
        .metrics
        .iter()
        .map(|Measured { metric, estimate, baseline, .. }| {
            let mut row = serde_json::json!({
                "value": estimate.value, "lower95": estimate.lower95, "upper95": estimate.upper95,
            });
            if let Some(baseline) = baseline {
                row["baseline"] = (*baseline).into();
            }
            (metric.name().to_owned(), row)
        })
        .collect();
    serde_json::json!({
        "model": evaluation.model,
        "model_digest": evaluation.model_digest,
        "producer": evaluation.producer,
        "outputs": match evaluation.outputs {
            OutputKind::Probabilities => "probabilities",
            OutputKind::Logits => "logits",
        },
        "split": "test",
        "rows": evaluation.rows,
        "metrics": metrics,
    })
}
