//! The binary `proofmark`.
//!
//! [`app::main`] reads the arguments and calls one of the commands in [`commands::ALL`]; [`session`] is what all of them are
//! given; [`failure`] is how they end otherwise. Results go to standard output, progress and errors to standard error.
//!
//! The environment is read here and nowhere below.

mod app;
mod commands;
mod failure;
mod host;
mod machine;
mod output;
mod plot;
mod progress;
mod session;
mod study_summary;
mod summary;
mod usage;

use std::process::ExitCode;

use proofmark_messages::Lang;
use session::Environment;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    // The first that is set decides, as POSIX has it; a language that we do not speak is English.
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    app::main(Environment {
        arguments: std::env::args_os().collect(),
        lang: locale.and_then(|locale| Lang::from_tag(&locale)).unwrap_or_default(),
        user: ["USER", "LOGNAME"].into_iter().find_map(variable),
        no_color: variable("NO_COLOR").is_some(),
    })
}
