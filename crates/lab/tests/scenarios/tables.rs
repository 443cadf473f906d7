//! The tables of the pages that the code knows better.

use std::fmt::Write as _;

use proofmark_criteria::Schema;
use proofmark_data::clean::{Helps, OPERATORS};
use proofmark_data::spec::FeatureType;
use proofmark_data::{ColumnNames, facts_schema};
use proofmark_evidence::{Grade, Kind};
use proofmark_govern::acceptance::documented_paths;
use proofmark_lab::RunSpec;
use proofmark_messages::{Lang, Localize};
use serde_json::Value;

use crate::{root, spec_reference};

fn schema() -> Value {
    schemars::schema_for!(RunSpec).to_value()
}

/// Every key of a spec.
pub(crate) fn spec() -> String {
    spec_reference::reference(&schema())
}

fn rows(head: &str, rows: impl IntoIterator<Item = [String; 2]>) -> String {
    let mut table = format!("{head}\n");
    for [left, right] in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {left} | {right} |");
    }
    table
}

fn paths(schema: &Schema) -> String {
    let row = |known: &proofmark_criteria::KnownPath| [format!("`{}`", known.shown()), known.doc(Lang::En)];
    rows("| path | what is read |\n|---|---|", schema.iter().map(row))
}

/// What rules can read, for columns that are called `image` and `label`.
pub(crate) fn facts() -> String {
    paths(&facts_schema(&ColumnNames {
        feature: "image".to_owned(),
        target: "label".to_owned(),
        kind: FeatureType::Image,
    }))
}

/// What rules can read of a feature of series, which is called `series`.
pub(crate) fn series_facts() -> String {
    let kind = FeatureType::Series;
    let schema = facts_schema(&ColumnNames { feature: "series".to_owned(), target: "label".to_owned(), kind });
    let own = schema.iter().filter(|known| known.shown().starts_with("source.series."));
    rows("| path | what is read |\n|---|---|", own.map(|known| [format!("`{}`", known.shown()), known.doc(Lang::En)]))
}

/// What acceptance can read.
pub(crate) fn acceptance() -> String {
    paths(&documented_paths())
}

/// The operators, and which facts each improves.
pub(crate) fn operators() -> String {
    let schema = schema();
    let forms = schema["$defs"]["OperatorName"]["oneOf"].as_array().cloned().unwrap_or_default();
    let row = |name: &str, helps: &[Helps]| {
        let form = forms.iter().find(|form| form["const"] == name).expect("every operator is in the schema");
        let doc = form["description"].as_str().expect("every operator is documented").replace('\n', " ");
        let facts: Vec<String> = helps
            .iter()
            .map(|helps| match helps {
                Helps::Target(fact) => format!("`source.<target>.{fact}`"),
                Helps::Feature(fact) => format!("`source.<feature>.{fact}`"),
            })
            .collect();
        format!("| `{name}` | {doc} | {} |\n", facts.join(", "))
    };
    let table = OPERATORS.iter().map(|operator| row(operator.name(), operator.operator().helps()));
    "| operator | what it does | helps a rule about |\n|---|---|---|\n".to_owned() + &table.collect::<String>()
}

/// The metrics.
pub(crate) fn metrics() -> String {
    spec_reference::kinds(&schema(), "Metric")
}

/// The layers.
pub(crate) fn layers() -> String {
    spec_reference::kinds(&schema(), "Layer")
}

/// The losses.
pub(crate) fn losses() -> String {
    spec_reference::kinds(&schema(), "Loss")
}

/// The optimizers.
pub(crate) fn optimizers() -> String {
    spec_reference::kinds(&schema(), "Optimizer")
}

/// The schedules of the learning rate.
pub(crate) fn schedules() -> String {
    spec_reference::kinds(&schema(), "Schedule")
}

/// The activations.
pub(crate) fn activations() -> String {
    spec_reference::kinds(&schema(), "Activation")
}

/// The initializers.
pub(crate) fn initializers() -> String {
    spec_reference::kinds(&schema(), "Initializer")
}

/// The kinds of evidence.
pub(crate) fn kinds_of_evidence() -> String {
    rows(
        "| kind | what it is about |\n|---|---|",
        Kind::ALL.iter().map(|kind| [format!("`{kind}`"), kind.text(Lang::En)]),
    )
}

/// The grades.
pub(crate) fn grades() -> String {
    let name = |grade: &Grade| serde_json::to_value(grade).ok().and_then(|name| name.as_str().map(str::to_owned));
    let row = |grade: &Grade| [format!("`{}`", name(grade).expect("a grade has a name")), grade.text(Lang::En)];
    rows("| grade | how the claim is known |\n|---|---|", Grade::ALL.iter().map(row))
}

/// The example of building models in Rust.
pub(crate) fn builder() -> String {
    let path = root().join("crates/model/examples/digits.rs");
    let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("```rust\n{source}```\n")
}
