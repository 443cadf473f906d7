//! `proofmark predict RUN FILES...`: what the model of a run says about new images.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use proofmark_lab::predict::{Classifier, Prediction};
use proofmark_messages::{Lang, cli as say, quantize};

use super::{Command, run_argument};
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::host::TerminalHost;
use crate::output::{percent, table};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "predict", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("predict")
        .about(say::predict_about(lang))
        .arg(run_argument("run", lang))
        .arg(
            Arg::new("files")
                .value_name("FILES")
                .help(say::argument_files(lang))
                .value_parser(value_parser!(PathBuf))
                .num_args(1..)
                .required(true),
        )
        .arg(
            Arg::new("quantized")
                .long("quantized")
                .help(quantize::option_predict_quantized(lang))
                .action(ArgAction::SetTrue)
                .help_heading(say::heading_options(lang)),
        )
        .after_help(example(
            lang,
            "proofmark predict 2026-11-23-digits-7f3a seven.png\n\
             proofmark predict 2026-11-23-digits datasets/mnist/t10k-images-idx3-ubyte.gz --json",
        ))
}

fn run(matches: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let host = TerminalHost::new(session);
    let run = session.run(matches, "run")?;
    let mut classifier = match matches.get_flag("quantized") {
        true => Classifier::open_quantized(&run, &host)?,
        false => Classifier::open(&run, &host)?,
    };
    let classes = classifier.classes().to_vec();
    for path in matches.get_many::<PathBuf>("files").into_iter().flatten() {
        let predictions = classifier.predict(path)?;
        let text: String = if session.is_json {
            predictions.iter().map(|prediction| format!("{}\n", to_json(prediction, &classes))).collect()
        } else {
            let rows: Vec<[String; 3]> = predictions.iter().map(row).collect();
            table(&rows, [false, false, true])
        };
        session.output.text(&text)?;
    }
    Ok(Exit::Done)
}

fn row(prediction: &Prediction) -> [String; 3] {
    let (file, row) = match prediction {
        Prediction::Class(class) => (&class.file, class.row),
        Prediction::Sequence(sequence) => (&sequence.file, sequence.row),
    };
    let place = row.map_or_else(|| file.display().to_string(), |row| format!("{}[{row}]", file.display()));
    match prediction {
        Prediction::Class(class) => [place, class.class.clone(), percent(f64::from(class.probability))],
        Prediction::Sequence(sequence) => [place, written(&sequence.labels), String::new()],
    }
}

/// Labels as people read them: letters side by side, words apart.
fn written(labels: &[String]) -> String {
    let is_letter = |label: &String| label.chars().count() == 1 || label == "space";
    if labels.iter().all(is_letter) {
        return labels.iter().map(|label| if label == "space" { " " } else { label }).collect();
    }
    labels.join(" ")
}

fn to_json(prediction: &Prediction, classes: &[String]) -> serde_json::Value {
    let class = match prediction {
        Prediction::Class(class) => class,
        Prediction::Sequence(sequence) => {
            return serde_json::json!({
                "file": sequence.file,
                "row": sequence.row,
                "labels": sequence.labels,
                "text": written(&sequence.labels),
            });
        }
    };
    let probabilities: serde_json::Map<String, serde_json::Value> =
        classes.iter().cloned().zip(class.probabilities.iter().map(|probability| (*probability).into())).collect();
    serde_json::json!({
        "file": class.file,
        "row": class.row,
        "class": class.class,
        "probability": class.probability,
        "probabilities": probabilities,
    })
}
