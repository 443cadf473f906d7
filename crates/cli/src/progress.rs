//! Progress on standard error: bars on a terminal, one line a stage and an epoch elsewhere.

use std::io::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proofmark_lab::spec::Style;
use proofmark_lab::study::trials::{Failure, TrialRecord, TrialState, Value, Values};
use proofmark_lab::{DataProgress, EpochEnd, Metric, Observation, Stage, TrainProgress};
use proofmark_messages::{Lang, Localize, cli as say, report, study as study_says};

use crate::output::{duration, grouped, percent, short};
use crate::session::Session;

/// How often a bar's text is written anew; the eye follows no faster.
const TEXT_INTERVAL: Duration = Duration::from_millis(100);

/// Shows what happens.
pub(crate) struct Progress {
    lang: Lang,
    /// `None`: lines.
    bars: Option<Bars>,
    is_silent: bool,
}

struct Bars {
    bar: ProgressBar,
    is_coloured: bool,
    /// What the bar measures just now.
    of: Measured,
    written: Option<Instant>,
    /// When, and at how many samples, this process began on the epoch: a resumed one begins in its middle.
    epoch: Option<(u32, Instant, usize)>,
}

#[derive(Clone, PartialEq)]
enum Measured {
    Nothing,
    Data(String),
    Training,
    /// So many steps of a measurement.
    Steps(u64),
}

impl Progress {
    pub(crate) fn new(session: &Session) -> Progress {
        let bars = session.has_terminal.then(|| Bars {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            is_coloured: session.style == Style::Coloured,
            of: Measured::Nothing,
            written: None,
            epoch: None,
        });
        Progress { lang: session.lang, bars, is_silent: false }
    }

    /// Shows nothing but notices.
    pub(crate) fn silent(lang: Lang) -> Progress {
        Progress { lang, bars: None, is_silent: true }
    }

    pub(crate) fn observe(&mut self, observation: Observation<'_>) {
        let lang = self.lang;
        if self.is_silent && !matches!(observation, Observation::Notice(_)) {
            return;
        }
        match observation {
            Observation::Created { run } => self.line(&say::progress_run(lang, run)),
            Observation::Stage(stage) => self.stage(stage),
            Observation::Data(progress) => {
                if let Some(bars) = &mut self.bars {
                    bars.data(progress, lang);
                }
            }
            Observation::Train(progress) => {
                if let Some(bars) = &mut self.bars {
                    bars.train(progress, lang);
                }
            }
            Observation::Measure { done, total } => {
                if let Some(bars) = &mut self.bars {
                    bars.measure(done as u64, total as u64, lang);
                }
            }
            Observation::Epoch { end, epochs, samples: _ } => self.line(&epoch_line(end, epochs, lang)),
            Observation::Study { study } => self.line(&study_says::progress_study(lang, study)),
            Observation::TrialStarted { number, trials, values } => {
                self.line(&study_says::progress_trial(lang, number, trials, values_in_words(values, lang)));
            }
            Observation::TrialEnded { trial, best } => self.line(&trial_line(trial, best, lang)),
            Observation::Fold { fold, folds, measured, seconds } => {
                self.line(&fold_line(fold, folds, measured, seconds, lang));
                // The next fold is measured from its own beginning.
                self.finish();
            }
            Observation::Notice(message) => {
                self.line(&say::progress_notice(lang, message.text(lang)));
                if let Some(hint) = message.hint(lang) {
                    self.line(&hint);
                }
            }
        }
    }

    /// Clears the bar.
    pub(crate) fn finish(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.bar.finish_and_clear();
            bars.of = Measured::Nothing;
        }
    }

    fn stage(&mut self, stage: Stage) {
        let label = match stage {
            Stage::Ingest => report::stage_ingest(self.lang),
            Stage::Prepare => report::stage_prepare(self.lang),
            Stage::Gate => report::stage_gate(self.lang),
            Stage::CrossValidate => report::stage_cross_validate(self.lang),
            Stage::Train => report::stage_train(self.lang),
            Stage::Validate => report::stage_validate(self.lang),
            Stage::Accept => report::stage_accept(self.lang),
        };
        self.line(&label);
        if let Some(bars) = &mut self.bars {
            bars.bar.finish_and_clear();
            bars.of = Measured::Nothing;
        }
    }

    /// A line that stays. That nobody reads standard error is no reason to stop a training.
    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) if bars.of != Measured::Nothing => bars.bar.println(text),
            _ => {
                let _ = writeln!(std::io::stderr().lock(), "{text}");
            }
        }
    }
}

impl Bars {
    /// A new bar, where something else is measured than before.
    fn begin(&mut self, of: Measured, length: u64, template: &str) {
        if self.of == of {
            return;
        }
        self.bar.finish_and_clear();
        self.bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
        let bar = if self.is_coloured { "{bar:28.cyan/black.bright}" } else { "{bar:28}" };
        let template = template.replace("{bar}", bar);
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style.progress_chars("━╸─"));
        }
        self.of = of;
        self.written = None;
        self.epoch = None;
    }

    /// Whether it is time for a new text.
    fn is_due(&mut self) -> bool {
        let is_due = self.written.is_none_or(|written| written.elapsed() >= TEXT_INTERVAL);
        if is_due {
            self.written = Some(Instant::now());
        }
        is_due
    }

    fn data(&mut self, progress: DataProgress<'_>, lang: Lang) {
        let label = format!("{} {}", progress.stage.text(lang), progress.part);
        self.begin(Measured::Data(label.clone()), progress.total, "  {bar} {percent:>3} %  {msg}");
        if self.is_due() {
            self.bar.set_message(label);
            self.bar.set_position(progress.done);
        }
    }

    fn measure(&mut self, done: u64, total: u64, lang: Lang) {
        self.begin(Measured::Steps(total), total, "  {bar} {percent:>3} %  {msg}");
        self.bar.set_message(say::progress_measure(lang));
        self.bar.set_position(done);
    }

    fn train(&mut self, progress: TrainProgress, lang: Lang) {
        let TrainProgress { epoch, epochs, step, steps, samples, loss } = progress;
        self.begin(Measured::Training, u64::from(epochs) * steps as u64, "  {bar} {percent:>3} %  {msg}");
        let (_, began, from) = match self.epoch {
            Some(began) if began.0 == epoch => began,
            _ => *self.epoch.insert((epoch, Instant::now(), samples)),
        };
        if self.is_due() {
            let seconds = began.elapsed().as_secs_f64();
            let rate = (samples - from) as f64 / seconds.max(1e-3);
            let left = (steps - step) as f64 + f64::from(epochs - epoch) * steps as f64;
            let samples_left = left * samples as f64 / step.max(1) as f64;
            let text = if rate > 0.0 {
                let left = duration(samples_left / rate, lang);
                say::progress_epoch_bar(lang, epoch, epochs, format!("{loss:.4}"), grouped(rate as u64), left)
            } else {
                say::progress_epoch_start(lang, epoch, epochs, format!("{loss:.4}"))
            };
            self.bar.set_message(text);
            self.bar.set_position(u64::from(epoch - 1) * steps as u64 + step as u64);
        }
    }
}

/// `epoch  3/10  loss 0.0412  validation 0.0391 (98.90 %)  6.1 s`
fn epoch_line(end: &EpochEnd, epochs: u32, lang: Lang) -> String {
    let width = epochs.to_string().len();
    let epoch = format!("{:>width$}/{epochs}", end.epoch);
    let loss = format!("{:.4}", end.train_loss);
    let seconds = duration(end.seconds, lang);
    match (end.validation_loss, end.validation_accuracy) {
        (Some(validation), Some(accuracy)) => {
            say::progress_epoch(lang, epoch, loss, format!("{validation:.4}"), percent(accuracy), seconds)
        }
        _ => say::progress_epoch_alone(lang, epoch, loss, percent(end.train_accuracy), seconds),
    }
}

/// What a trial tries: `train.batch_size 64, model.drop.rate 0.31`.
pub(crate) fn values_in_words(values: &Values, lang: Lang) -> String {
    let words: Vec<String> = values.iter().map(|(path, value)| format!("{path} {}", in_short(value))).collect();
    words.join(&study_says::comma(lang))
}

/// A value in few digits.
fn in_short(value: &Value) -> String {
    match value {
        Value::Float(number) => short(*number),
        Value::Integer(number) => number.to_string(),
        Value::Choice { value, .. } => value.to_string(),
    }
}

fn trial_line(trial: &TrialRecord, best: Option<u64>, lang: Lang) -> String {
    let number = trial.number;
    match &trial.state {
        TrialState::Complete { objectives } => {
            let values: Vec<String> = objectives.iter().map(|value| short(*value)).collect();
            let best = best.map_or_else(|| "–".to_owned(), |best| best.to_string());
            study_says::progress_complete(lang, number, values.join(&study_says::comma(lang)), best)
        }
        TrialState::Pruned => {
            study_says::progress_pruned(lang, number, trial.reports.last().map_or(0, |report| report.step))
        }
        TrialState::Failed(Failure::Reported { why }) => study_says::progress_failed(lang, number, why),
        TrialState::Failed(Failure::NotFinite { .. }) => {
            study_says::progress_failed(lang, number, study_says::not_finite(lang))
        }
        TrialState::Running => String::new(),
    }
}

/// `fold 2/5  accuracy 0.9812  6.1 s`
fn fold_line(fold: u32, folds: u32, measured: Option<(Metric, f64)>, seconds: f64, lang: Lang) -> String {
    let seconds = duration(seconds, lang);
    match measured {
        Some((metric, value)) => {
            let value = if metric.is_unbounded() { format!("{value:.4}") } else { percent(value) };
            say::progress_fold(lang, fold, folds, metric.name(), value, seconds)
        }
        None => say::progress_fold_alone(lang, fold, folds, seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_is_one_line() {
        let line = |measured, lang| fold_line(2, 5, measured, 6.12, lang);
        assert_eq!(line(Some((Metric::Accuracy, 0.9812)), Lang::En), "fold 2/5  accuracy 98.12 %  6.1 s");
        assert_eq!(line(Some((Metric::Loss, 0.9812)), Lang::ZhCn), "第 2/5 折  loss 0.9812  6.1 秒");
        assert_eq!(line(None, Lang::En), "fold 2/5  6.1 s");
    }

    #[test]
    fn an_epoch_is_one_line() {
        let mut end = EpochEnd {
            epoch: 3,
            step: 9,
            train_loss: 0.04123,
            train_accuracy: 0.98,
            validation_loss: Some(0.03912),
            validation_accuracy: Some(0.989),
            learning_rate: 0.001,
            parameters_digest: String::new(),
            seconds: 6.12,
        };
        let line = |end: &EpochEnd, lang| epoch_line(end, 10, lang);
        assert_eq!(line(&end, Lang::En), "epoch  3/10  loss 0.0412  validation 0.0391 (98.90 %)  6.1 s");
        assert_eq!(line(&end, Lang::ZhCn), "第  3/10 轮  损失 0.0412  验证 0.0391（98.90 %）  6.1 秒");
        (end.validation_loss, end.validation_accuracy) = (None, None);
        assert_eq!(line(&end, Lang::En), "epoch  3/10  loss 0.0412 (98.00 %)  6.1 s");
    }
}
