//! How many records of a study can be on disk in a second: each is appended and synced before the next, as a study does it.
//!
//! ```sh
//! cargo run --release -p proofmark-lab --example durable_records -- FOLDER [TRIALS]
//! ```
//!
//! `FOLDER` is on the disk to be measured. A trial leaves three records: its start with its values, one report, its end.

use std::env;
use std::error::Error;
use std::time::Instant;

use proofmark_evidence::Digest;
use proofmark_lab::{Record, RunEvent};
use proofmark_store::Runs;
use proofmark_tune::samplers::Random;
use proofmark_tune::{AdjustSpec, Domain, Goal, Outcome, Space, Study, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("where? give a folder on the disk to be measured")?;
    let trials: u64 = arguments.next().map_or(Ok(2_000), |number| number.parse())?;
    let search = Space::default().with("x", Domain::linear(-1.0, 1.0)).with("y", Domain::log(1e-4, 1.0));
    let spec = AdjustSpec {
        trials,
        sampler: Random {}.into(),
        ..AdjustSpec::new(Goal::Minimize("validation.loss".into()), search)
    };
    let open = Runs::open(&folder).studies().create("2026-11-24", "records", Digest::of(b"records"))?;
    let mut log = open.event_log()?;
    let mut study = Study::new(&spec, 7, "records").map_err(|errors| errors.to_string())?;
    let (mut n_records, mut n_syncs) = (0, 0);
    let mut write = |study: &mut Study| -> Result<(), Box<dyn Error>> {
        for record in study.take_records() {
            let event = RunEvent::Study { study: record };
            log.append(&Record { time: "2026-11-24T00:00:00.000Z".to_owned(), event })?;
            n_records += 1;
        }
        log.sync()?;
        n_syncs += 1;
        Ok(())
    };
    let started = Instant::now();
    while let Some(trial) = study.ask() {
        write(&mut study)?;
        let Value::Float(x) = trial.values["x"] else { return Err("x is a number".into()) };
        study.report(trial.number, 1, x)?;
        write(&mut study)?;
        study.tell(trial.number, Outcome::Complete(vec![x * x]))?;
        write(&mut study)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let per_second = f64::from(n_records) / seconds;
    println!("{n_records} records, {n_syncs} syncs, {seconds:.2} s: {per_second:.0} durable records a second");
    Ok(())
}
