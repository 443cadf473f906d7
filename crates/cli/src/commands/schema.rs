//! `proofmark schema`: the JSON Schema of a spec, for editors.

use clap::{ArgMatches, Command as Definition};
use proofmark_messages::{Lang, cli as say};

use super::Command;
use crate::app::example;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) const COMMAND: Command = Command { name: "schema", define, run };

fn define(lang: Lang) -> Definition {
    Definition::new("schema").about(say::schema_about(lang)).after_help(example(lang, "proofmark schema"))
}

fn run(_: &ArgMatches, session: &Session) -> Result<Exit, Failure> {
    let schema = proofmark_lab::json_schema();
    if session.is_json {
        session.output.json(&schema)?;
    } else {
        session.output.line(&format!("{schema:#}"))?;
    }
    Ok(Exit::Done)
}
