//! Where a run stands.

use proofmark_messages::{Lang, Localize, evidence as phrases};
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A process is at work on it.
    Running,
    /// It stopped before its end, by Ctrl-C or because its process died, and can be resumed.
    Interrupted,
    /// It came to its end, and nothing was there to judge it.
    Finished,
    /// Its acceptance said yes.
    Accepted,
    /// A data gate or its acceptance said no.
    Refused,
    /// It ended with an error.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] =
        [State::Running, State::Interrupted, State::Finished, State::Accepted, State::Refused, State::Failed];
}

impl Localize for State {
    fn text(&self, lang: Lang) -> String {
        match self {
            State::Running => phrases::state_running(lang),
            State::Interrupted => phrases::state_interrupted(lang),
            State::Finished => phrases::state_finished(lang),
            State::Accepted => phrases::state_accepted(lang),
            State::Refused => phrases::state_refused(lang),
            State::Failed => phrases::state_failed(lang),
        }
    }
}

/// What `status.json` says. It holds no time: times live in the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where the run stands.
    pub state: State,
    /// Which attempt this is or was, from 1; each resume is one more. 0 for a run that died while it was created.
    pub attempt: u32,
}
