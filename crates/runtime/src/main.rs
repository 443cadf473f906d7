//! The binary `proofmark-runtime`. The environment is read here and nowhere below.

use std::process::ExitCode;
use std::time::Instant;

use proofmark_messages::Lang;
use proofmark_runtime::Environment;

fn main() -> ExitCode {
    let started = Instant::now();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    let code = proofmark_runtime::run(
        Environment {
            arguments: std::env::args_os().skip(1).collect(),
            lang: locale.and_then(|locale| Lang::from_tag(&locale)).unwrap_or_default(),
            started,
        },
        &mut std::io::stdin().lock(),
        &mut std::io::stdout().lock(),
        &mut std::io::stderr().lock(),
    );
    ExitCode::from(code)
}
