//! What a training may take of the machine's memory is the machine's own measure.

use proofmark_engine::RunError;
use proofmark_lab::explain::explain;
use proofmark_lab::{CommandError, Host, LabError, MEMORY_SHARE};
use proofmark_train::TrainError;

use crate::scenarios::source;

/// A machine that has so much memory.
struct Machine {
    memory_bytes: Option<u64>,
}

impl Host for Machine {
    fn unix_milliseconds(&self) -> u64 {
        0
    }

    fn seconds(&self) -> f64 {
        0.0
    }

    fn threads(&self) -> usize {
        2
    }

    fn machine(&self) -> String {
        "a machine".to_owned()
    }

    fn made_by(&self) -> String {
        "a test".to_owned()
    }

    fn memory_bytes(&self) -> Option<u64> {
        self.memory_bytes
    }
}

/// What the digits need, and what they were allowed, if that was too little.
fn allowed(memory_bytes: Option<u64>) -> Result<u64, (usize, usize)> {
    match explain(&source("digits/digits.yaml"), &mut Machine { memory_bytes }) {
        Ok(explanation) => Ok(explanation.memory.total_bytes() as u64),
        Err(CommandError::Lab(error)) => match *error {
            LabError::Train(error) => match *error {
                TrainError::Resources(RunError::Memory { memory, limit_bytes }) => {
                    Err((memory.total_bytes(), limit_bytes))
                }
                other => panic!("{other}"),
            },
            other => panic!("{other}"),
        },
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_training_gets_three_quarters_of_the_machine() {
    assert_eq!(MEMORY_SHARE, (3, 4));
    let needed = allowed(None).expect("they fit the engine's own limit");
    let enough = needed.div_ceil(3) * 4;
    assert_eq!(allowed(Some(enough)), Ok(needed));
    let (_, limit_bytes) = allowed(Some(enough / 2)).expect_err("half of that is too little");
    assert_eq!(limit_bytes as u64, enough / 8 * 3);
    // More than an address can name, on a machine that says so.
    assert_eq!(allowed(Some(u64::MAX)), Ok(needed));
}
