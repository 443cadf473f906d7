use std::fmt;

use proofmark_engine::{Graph, Span, StateRole};
use proofmark_messages::{Lang, model as say};
use proofmark_tensor::Shape;

use crate::build::Mode;
use crate::check::CheckedModel;

/// What a model is made of, a row a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The layers, in order.
    pub rows: Vec<SummaryRow>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The layer's name.
    pub name: String,
    /// Its kind, as specs write it.
    pub kind: &'static str,
    /// The names of what it reads; `input` is the sample.
    pub inputs: Vec<String>,
    /// Shape of its output, for one sample.
    pub shape: Shape,
    /// Numbers that are trained.
    pub parameters: u64,
    /// Numbers that are observed, such as moving means.
    pub statistics: u64,
    /// Floating-point operations forward for one sample, in inference; a multiplication and an addition are two.
    pub flops: u64,
}

impl Summary {
    /// Numbers that are trained, of all layers.
    pub fn parameters(&self) -> u64 {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Numbers that are observed, of all layers.
    pub fn statistics(&self) -> u64 {
        self.rows.iter().map(|row| row.statistics).sum()
    }

    /// Floating-point operations forward for one sample, of all layers.
    pub fn flops(&self) -> u64 {
        self.rows.iter().map(|row| row.flops).sum()
    }

    /// The summary as a table for a terminal.
    pub fn table(&self, lang: Lang) -> String {
        let heads = [
            say::summary_layer(lang),
            say::summary_kind(lang),
            say::summary_output(lang),
            say::summary_parameters(lang),
            say::summary_flops(lang),
        ];
        let mut lines = vec![heads];
        for row in &self.rows {
            let parameters = grouped(row.parameters);
            let flops = grouped(row.flops);
            lines.push([row.name.clone(), row.kind.to_owned(), row.shape.to_string(), parameters, flops]);
        }
        let (parameters, flops) = (grouped(self.parameters()), grouped(self.flops()));
        lines.push([say::summary_total(lang), String::new(), String::new(), parameters, flops]);
        let widths: Vec<usize> =
            (0..5).map(|column| lines.iter().map(|line| width(&line[column])).max().unwrap_or(0)).collect();
        let mut text = String::new();
        for line in &lines {
            let mut written = String::new();
            for (column, cell) in line.iter().enumerate() {
                let blanks = " ".repeat(widths[column] - width(cell));
                // Numbers end where their column ends.
                written += &if column < 3 { format!("{cell}{blanks}  ") } else { format!("{blanks}{cell}  ") };
            }
            text += written.trim_end();
            text.push('\n');
        }
        text
    }
}

/// The English table.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table(Lang::En))
    }
}

impl CheckedModel {
    /// What the model is made of.
    pub fn summary(&self) -> Summary {
        let mut graph = Graph::new();
        // A checked model has been assembled before; were it refused now, there would be no operations to count.
        let _ = self.assemble(&mut graph, Mode::Inference, false);
        let rows = self.spec.layers.iter().zip(&self.layers).map(|(layer, checked)| {
            let count = |role| {
                let own = self.parameters.iter().filter(|parameter| {
                    parameter.role == role && parameter.name.split('.').next() == Some(checked.name.as_str())
                });
                own.map(|parameter| parameter.shape.elements() as u64).sum()
            };
            let name = |input: &Option<usize>| match input {
                Some(idx) => self.layers[*idx].name.clone(),
                None => crate::check::SAMPLE.to_owned(),
            };
            SummaryRow {
                name: checked.name.clone(),
                kind: layer.kind(),
                inputs: checked.inputs.iter().map(name).collect(),
                shape: checked.shape.clone(),
                parameters: count(StateRole::Parameter),
                statistics: count(StateRole::Statistic),
                flops: flops(&graph, &checked.name),
            }
        });
        Summary { rows: rows.collect() }
    }
}

/// Operations of a layer for each sample; what is computed once a step does not count.
fn flops(graph: &Graph, layer: &str) -> u64 {
    let nodes = graph.nodes().iter().filter(|node| node.scope == layer);
    nodes
        .filter(|node| node.outputs.iter().any(|output| graph.ty(*output).span == Span::Sample))
        .map(|node| {
            let inputs: Vec<_> = node.inputs.iter().map(|input| graph.ty(*input)).collect();
            let outputs: Vec<_> = node.outputs.iter().map(|output| graph.ty(*output).clone()).collect();
            node.op.cost(&inputs, &outputs).flops
        })
        .sum()
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns of a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|character| if matches!(character, '\u{2e80}'..='\u{ffee}') { 2 } else { 1 }).sum()
}
