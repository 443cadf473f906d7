//! The confusion matrix: what was what, and what it was taken for.

use super::Body;
use crate::component::scroll;
use crate::data::ReportData;
use crate::format;
use crate::palette::{N_RIGHT, N_WRONG};
use maud::{Markup, html};
use proofmark_messages::{Lang, report as say};

/// A larger matrix is not readable as a table; its worst pairs are listed instead.
const MAX_CLASSES: usize = 24;
/// How many pairs are listed.
const N_PAIRS: usize = 8;

pub(crate) fn body(data: &ReportData, lang: Lang) -> Option<Body> {
    let matrix = &data.evaluation.as_ref()?.confusion;
    if matrix.is_empty() {
        return None;
    }
    let classes = data.data.as_ref().map_or(&[][..], |summary| &summary.classes);
    let name = |class: usize| classes.get(class).cloned().unwrap_or_else(|| class.to_string());
    let pairs = worst_pairs(matrix);
    let lead = match pairs.first() {
        Some((actual, predicted, 1)) => say::confusion_lead_one(lang, name(*actual), name(*predicted)),
        Some((actual, predicted, count)) => {
            say::confusion_lead(lang, name(*actual), name(*predicted), format::count(*count))
        }
        None => say::confusion_lead_none(lang),
    };
    let content = html! {
        @if matrix.len() <= MAX_CLASSES { (table(matrix, name, lang)) p.note { (say::confusion_help(lang)) } }
        @else { (list(&pairs, name, lang)) }
    };
    Body::new(lead, content)
}

/// Actual and predicted class with their count, most frequent first, mistakes only.
fn worst_pairs(matrix: &[Vec<u64>]) -> Vec<(usize, usize, u64)> {
    let cells = matrix
        .iter()
        .enumerate()
        .flat_map(|(actual, row)| row.iter().enumerate().map(move |(predicted, count)| (actual, predicted, *count)));
    let mut pairs: Vec<_> = cells.filter(|(actual, predicted, count)| actual != predicted && *count > 0).collect();
    pairs.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    pairs.truncate(N_PAIRS);
    pairs
}

fn table(matrix: &[Vec<u64>], name: impl Fn(usize) -> String, lang: Lang) -> Markup {
    let n_classes = matrix.len();
    let most_wrong = worst_pairs(matrix).first().map_or(1, |(_, _, count)| *count);
    let row_sum = |actual: usize| matrix[actual].iter().sum::<u64>();
    let column_sum = |predicted: usize| matrix.iter().filter_map(|row| row.get(predicted)).sum::<u64>();
    let right = |class: usize| matrix[class].get(class).copied().unwrap_or_default();
    let table = html! {
        table.confusion.dense[n_classes > 12] {
            caption { (say::confusion_caption(lang)) }
            thead {
                tr {
                    td {}
                    th.over scope="colgroup" colspan=(n_classes) { (say::confusion_predicted(lang)) }
                    td {}
                }
                tr {
                    th.corner scope="col" { (say::confusion_actual(lang)) }
                    @for predicted in 0..n_classes { th scope="col" { (name(predicted)) } }
                    th.edge scope="col" { (say::metric_recall(lang)) }
                }
            }
            tbody {
                @for (actual, row) in matrix.iter().enumerate() {
                    tr {
                        th scope="row" { (name(actual)) }
                        @for predicted in 0..n_classes {
                            @let count = row.get(predicted).copied().unwrap_or_default();
                            @if count == 0 { td.nothing { "·" span.hidden { "0" } } }
                            @else if actual == predicted {
                                td class=(format!("right-{}", level(count, row_sum(actual), N_RIGHT))) { (format::count(count)) }
                            } @else {
                                td class=(format!("wrong-{}", level(count, most_wrong, N_WRONG))) { (format::count(count)) }
                            }
                        }
                        td.edge { (share(right(actual), row_sum(actual))) }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" { (say::metric_precision(lang)) }
                    @for predicted in 0..n_classes { td.edge { (share(right(predicted), column_sum(predicted))) } }
                    td {}
                }
            }
        }
    };
    scroll(&say::confusion_caption(lang), &table)
}

fn list(pairs: &[(usize, usize, u64)], name: impl Fn(usize) -> String, lang: Lang) -> Markup {
    html! {
        table {
            caption { (say::confusion_pairs_caption(lang)) }
            thead { tr {
                th scope="col" { (say::confusion_actual(lang)) }
                th scope="col" { (say::confusion_predicted(lang)) }
                th.number scope="col" { (say::column_rows(lang)) }
            } }
            tbody {
                @for (actual, predicted, count) in pairs {
                    tr { th scope="row" { (name(*actual)) } td { (name(*predicted)) } td.number { (format::count(*count)) } }
                }
            }
        }
    }
}

/// The level of a ramp of `n_levels` for a count of at most `most`, by its square root: few and one are told apart.
fn level(count: u64, most: u64, n_levels: usize) -> usize {
    let share = (count as f64 / most.max(1) as f64).sqrt();
    ((share * n_levels as f64).ceil() as usize).clamp(1, n_levels)
}

/// A share in per cent with one decimal, as the cells are narrow; empty if there is nothing to share.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format::decimal(part as f64 / whole as f64 * 100.0, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_use_the_whole_ramp() {
        let cases = [(1, 1, 5), (1, 25, 1), (4, 25, 2), (9, 25, 3), (16, 25, 4), (25, 25, 5), (1, 1_000_000, 1)];
        for (count, most, expected) in cases {
            assert_eq!(level(count, most, 5), expected, "{count} of {most}");
        }
    }

    #[test]
    fn pairs_are_mistakes_only_worst_first() {
        let matrix = vec![vec![90, 3, 0], vec![7, 80, 1], vec![0, 0, 50]];
        assert_eq!(worst_pairs(&matrix), [(1, 0, 7), (0, 1, 3), (1, 2, 1)]);
    }
}
