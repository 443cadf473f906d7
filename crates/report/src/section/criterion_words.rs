//! A comparison in words, for readers who do not read paths: `metrics.accuracy.lower95 >= 0.9772` is "Accuracy: the lower end of
//! its 95% interval is at least 97.72%".

use super::metrics::metric_name;
use crate::data::{Comparison, Fact, Unit};
use crate::format;
use proofmark_messages::{Lang, report as say};

/// The comparison in words; `None` if it is not of a simple form: a known path on one side, a number on the other.
pub(crate) fn in_words(comparison: &Comparison, lang: Lang) -> Option<String> {
    let Fact::Number(need) = comparison.need else { return None };
    let segments: Vec<&str> = comparison.text.split('.').collect();
    if segments.iter().any(|segment| segment.is_empty() || !segment.chars().all(is_word)) {
        return None;
    }
    let (subject, quantity) = subject(&segments, lang)?;
    let value = quantity.write(need, lang);
    Some(match comparison.operator.as_str() {
        ">=" => say::words_at_least(lang, subject, value),
        "<=" => say::words_at_most(lang, subject, value),
        ">" => say::words_above(lang, subject, value),
        "<" => say::words_below(lang, subject, value),
        "==" => say::words_equal(lang, subject, value),
        "!=" => say::words_not_equal(lang, subject, value),
        _ => return None,
    })
}

/// How a number of a subject is written.
#[derive(Clone, Copy)]
enum Quantity {
    /// 0 to 1, in per cent.
    Proportion,
    /// A difference of such, in percentage points.
    Points,
    /// Anything else.
    Number,
}

impl Quantity {
    fn write(self, value: f64, lang: Lang) -> String {
        match self {
            Quantity::Proportion => format::percent_short(value),
            Quantity::Points => format::gain(value, Unit::Proportion, lang),
            Quantity::Number => format::number(value),
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What a path speaks of, and how its numbers are written.
fn subject(path: &[&str], lang: Lang) -> Option<(String, Quantity)> {
    let quantity = |name: &str| match name {
        "accuracy" | "precision" | "recall" | "f1" | "calibration_error" => Some(Quantity::Proportion),
        "verification_accuracy" | "equal_error_rate" | "verification_auc" => Some(Quantity::Proportion),
        "loss" | "perplexity" | "label_error_rate" => Some(Quantity::Number),
        _ => None,
    };
    let accuracy = metric_name("accuracy", lang);
    Some(match path {
        ["metrics", name, end] => (of_metric(&metric(name, lang), end, lang)?, quantity(name)?),
        ["validation", name, end] => {
            (of_metric(&say::words_on_validation(lang, metric(name, lang)), end, lang)?, quantity(name)?)
        }
        ["metrics", name, "gain", end] => {
            let gain = match quantity(name)? {
                Quantity::Proportion => Quantity::Points,
                other => other,
            };
            (of_gain(&metric(name, lang), end, lang)?, gain)
        }
        ["baseline", name, "value"] => (say::words_baseline(lang, metric(name, lang)), quantity(name)?),
        ["slices", "accuracy", "min"] => (say::words_weakest_slice(lang, accuracy), Quantity::Proportion),
        ["slices", "accuracy", "max"] => (say::words_strongest_slice(lang, accuracy), Quantity::Proportion),
        ["slices", column, "accuracy", "min"] => {
            (say::words_weakest_slice_by(lang, accuracy, column), Quantity::Proportion)
        }
        ["slices", column, "accuracy", "max"] => {
            (say::words_strongest_slice_by(lang, accuracy, column), Quantity::Proportion)
        }
        ["data", "rows"] => (say::words_rows(lang), Quantity::Number),
        ["data", "train_rows"] => (say::words_train_rows(lang), Quantity::Number),
        ["data", "validation_rows"] => (say::words_validation_rows(lang), Quantity::Number),
        ["data", "test_rows"] => (say::words_test_rows(lang), Quantity::Number),
        ["data", "dropped"] => (say::words_dropped(lang), Quantity::Proportion),
        ["test_reads"] => (say::words_test_reads(lang), Quantity::Number),
        ["train", "epochs"] => (say::words_epochs(lang), Quantity::Number),
        ["train", "best_epoch"] => (say::words_best_epoch(lang), Quantity::Number),
        ["model", "parameters"] => (say::words_parameters(lang), Quantity::Number),
        _ => return None,
    })
}

/// A metric's name; criteria call calibration by its long name.
fn metric(name: &str, lang: Lang) -> String {
    metric_name(if name == "calibration_error" { "ece" } else { name }, lang)
}

fn of_metric(metric: &str, end: &str, lang: Lang) -> Option<String> {
    match end {
        "value" => Some(say::words_value(lang, metric)),
        "lower95" => Some(say::words_lower(lang, metric)),
        "upper95" => Some(say::words_upper(lang, metric)),
        _ => None,
    }
}

fn of_gain(metric: &str, end: &str, lang: Lang) -> Option<String> {
    match end {
        "value" => Some(say::words_gain(lang, metric)),
        "lower95" => Some(say::words_gain_lower(lang, metric)),
        "upper95" => Some(say::words_gain_upper(lang, metric)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, operator: &str, need: Fact) -> Option<[String; 2]> {
        let comparison = Comparison {
            text: text.to_owned(),
            value: Fact::Missing,
            operator: operator.to_owned(),
            need,
            holds: None,
        };
        let [en, zh] = Lang::ALL.map(|lang| in_words(&comparison, lang));
        assert_eq!(en.is_some(), zh.is_some());
        Some([en?, zh?])
    }

    #[test]
    fn simple_comparisons_have_words() {
        let mut said = String::new();
        for (text, operator, need) in [
            ("metrics.accuracy.lower95", ">=", 0.9772),
            ("metrics.accuracy.value", ">", 0.98),
            ("metrics.loss.upper95", "<", 0.05),
            ("metrics.calibration_error.value", "<=", 0.01),
            ("metrics.f1.gain.lower95", ">=", -0.005),
            ("metrics.f1.gain.value", ">=", 0.1),
            ("baseline.accuracy.value", "<", 0.2),
            ("validation.accuracy.lower95", ">=", 0.97),
            ("slices.accuracy.min", ">=", 0.95),
            ("slices.label.accuracy.min", ">=", 0.985),
            ("slices.label.accuracy.max", "<=", 1.0),
            ("data.rows", ">=", 10_000.0),
            ("data.train_rows", ">=", 10_000.0),
            ("data.validation_rows", ">", 0.0),
            ("data.test_rows", ">", 1_000.0),
            ("data.dropped", "<=", 0.02),
            ("test_reads", "==", 1.0),
            ("train.epochs", "!=", 1.0),
            ("train.best_epoch", ">", 1.0),
            ("model.parameters", "<", 1e6),
        ] {
            let [en, zh] = words(text, operator, Fact::Number(need)).unwrap_or_else(|| panic!("{text} has no words"));
            said.push_str(&format!("{text} {operator} {need}\n    {en}\n    {zh}\n"));
        }
        insta::assert_snapshot!(said);
    }

    #[test]
    fn what_is_not_simple_has_none() {
        let number = Fact::Number(1.0);
        for (text, operator, need) in [
            ("metrics.accuracy.value + 1", ">=", number.clone()),
            ("optional(metrics.accuracy.value, 0)", ">=", number.clone()),
            ("slices[\"petal length\"].accuracy.min", ">=", number.clone()),
            ("metrics.accuracy.nothing", ">=", number.clone()),
            ("metrics.other.value", ">=", number.clone()),
            ("metrics.accuracy.value", "in", number),
            ("metrics.accuracy.value", ">=", Fact::Missing),
            ("metrics.accuracy.value", "==", Fact::Text("a".to_owned())),
        ] {
            assert_eq!(words(text, operator, need), None, "{text}");
        }
    }
}
