//! The machine and the person, as a run sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proofmark_engine::cpu::Level;
use proofmark_lab::{Host, Observation};
use proofmark_messages::Lang;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::{Exit, Failure};
use crate::machine;
use crate::progress::Progress;
use crate::session::Session;

/// Clock, threads, signals and progress of one command.
pub(crate) struct TerminalHost {
    started: Instant,
    threads: usize,
    /// Among how many the machine's memory is shared.
    hosts: u64,
    level: Level,
    lang: Lang,
    user: String,
    interrupted: Arc<AtomicBool>,
    progress: Progress,
    run: Option<String>,
    study: Option<String>,
}

impl TerminalHost {
    /// A host that Ctrl-C simply ends: for what has nothing to save.
    pub(crate) fn new(session: &Session) -> TerminalHost {
        TerminalHost {
            started: Instant::now(),
            threads: session.threads,
            hosts: 1,
            level: session.level,
            lang: session.lang,
            user: session.user.clone().unwrap_or_else(|| "unknown".to_owned()),
            interrupted: Arc::default(),
            progress: Progress::new(session),
            run: None,
            study: None,
        }
    }

    /// A host whose run saves a checkpoint at the first Ctrl-C or SIGTERM, and ends at once at the second.
    ///
    /// # Errors
    /// If signals cannot be caught.
    pub(crate) fn interruptible(session: &Session) -> Result<TerminalHost, Failure> {
        let host = TerminalHost::new(session);
        for signal in [SIGINT, SIGTERM] {
            // In this order: at the first signal the flag is not yet set when the shutdown asks for it.
            flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), Arc::clone(&host.interrupted))
                .and_then(|_| flag::register(signal, Arc::clone(&host.interrupted)))
                .map_err(Failure::Signals)?;
        }
        Ok(host)
    }

    /// The run that was created or gone on with, if it came to that.
    pub(crate) fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// The study that was created or gone on with, if it came to that.
    pub(crate) fn study(&self) -> Option<&str> {
        self.study.as_deref()
    }

    /// Clears what is drawn: from here on, others write.
    pub(crate) fn finish(&mut self) {
        self.progress.finish();
    }
}

impl Host for TerminalHost {
    fn unix_milliseconds(&self) -> u64 {
        // A clock before 1970 counts as 1970.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn level(&self) -> Level {
        self.level
    }

    fn machine(&self) -> String {
        machine::describe()
    }

    fn made_by(&self) -> String {
        self.user.clone()
    }

    fn cpu_seconds(&self) -> Option<f64> {
        machine::cpu_seconds()
    }

    fn peak_memory_bytes(&self) -> Option<u64> {
        machine::peak_memory_bytes()
    }

    fn memory_bytes(&self) -> Option<u64> {
        machine::memory_bytes().map(|bytes| bytes / self.hosts)
    }

    fn lang(&self) -> Lang {
        self.lang
    }

    fn beside(&self, hosts: usize) -> Option<Box<dyn Host + Send>> {
        Some(Box::new(TerminalHost {
            started: self.started,
            threads: (self.threads / hosts).max(1),
            hosts: self.hosts * hosts as u64,
            level: self.level,
            lang: self.lang,
            user: self.user.clone(),
            interrupted: Arc::clone(&self.interrupted),
            progress: Progress::silent(self.lang),
            run: None,
            study: None,
        }))
    }

    fn observe(&mut self, observation: Observation<'_>) {
        match observation {
            Observation::Created { run } => self.run = Some(run.to_owned()),
            Observation::Study { study } => self.study = Some(study.to_owned()),
            _ => {}
        }
        self.progress.observe(observation);
    }
}
