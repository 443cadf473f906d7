//! Profiles as facts for rules, and the schema of what rules may read.

use super::{FeaturesProfile, Profiles, SourceProfile};
use proofmark_criteria::{Fact, Facts, Kind, Path, Schema};
use proofmark_messages::{Lang, data as say};
use serde::Serialize;

/// The names of the columns, as the spec gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnNames {
    /// The feature.
    pub feature: String,
    /// The target.
    pub target: String,
}

/// One fact of a profile.
pub struct FactRow {
    /// Its place.
    place: Place,
    /// The last segment of its path.
    name: &'static str,
    /// What it says, for people.
    doc: fn(Lang) -> String,
}

/// Where a fact stands, and how it is read off.
enum Place {
    /// `source.NAME`.
    Source(fn(&SourceProfile) -> f64),
    /// `source.TARGET.NAME`.
    SourceTarget(fn(&SourceProfile) -> f64),
    /// `source.FEATURE.NAME`.
    SourceFeature(fn(&SourceProfile) -> f64),
    /// `features.FEATURE.NAME`.
    Feature(fn(&FeaturesProfile) -> f64),
}

macro_rules! row {
    ($place:ident $name:literal $doc:ident, $read:expr) => {
        FactRow { place: Place::$place($read), name: $name, doc: say::$doc }
    };
}

/// Every fact that rules may read; each but `leaked`, which compares with the test split, stands a second time
/// under `test.`.
#[rustfmt::skip]
pub const FACTS: &[FactRow] = &[
    row!(Source "rows" fact_rows, |p| p.rows as f64),
    row!(SourceTarget "missing" fact_missing, |p| p.label.missing),
    row!(SourceTarget "classes" fact_classes, |p| p.label.classes as f64),
    row!(SourceTarget "min_share" fact_min_share, |p| p.label.min_share),
    row!(SourceTarget "max_share" fact_max_share, |p| p.label.max_share),
    row!(SourceFeature "duplicates" fact_duplicates, |p| p.image.duplicates),
    row!(SourceFeature "leaked" fact_leaked, |p| p.image.leaked),
    row!(SourceFeature "constant" fact_constant, |p| p.image.constant),
    row!(SourceFeature "rough" fact_rough, |p| p.image.rough),
    row!(SourceFeature "height" fact_height, |p| p.image.height as f64),
    row!(SourceFeature "width" fact_width, |p| p.image.width as f64),
    row!(SourceFeature "channels" fact_channels, |p| p.image.channels as f64),
    row!(SourceFeature "min" fact_min, |p| p.image.min),
    row!(SourceFeature "max" fact_max, |p| p.image.max),
    row!(SourceFeature "mean" fact_mean, |p| p.image.mean),
    row!(SourceFeature "std" fact_std, |p| p.image.std),
    row!(Feature "min" fact_min, |p| p.min),
    row!(Feature "max" fact_max, |p| p.max),
    row!(Feature "mean" fact_mean, |p| p.mean),
    row!(Feature "std" fact_std, |p| p.std),
];

impl FactRow {
    /// The last segment of its path.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn path(&self, prefix: Option<&str>, columns: &ColumnNames) -> Path {
        let segments = match self.place {
            Place::Source(_) => vec!["source", self.name],
            Place::SourceTarget(_) => vec!["source", &columns.target, self.name],
            Place::SourceFeature(_) => vec!["source", &columns.feature, self.name],
            Place::Feature(_) => vec!["features", &columns.feature, self.name],
        };
        prefix.into_iter().chain(segments).collect()
    }

    fn read(&self, source: &SourceProfile, features: &FeaturesProfile) -> f64 {
        match self.place {
            Place::Source(read) | Place::SourceTarget(read) | Place::SourceFeature(read) => read(source),
            Place::Feature(read) => read(features),
        }
    }
}

/// The facts of profiles, all of them measured.
pub fn facts(profiles: &Profiles, columns: &ColumnNames) -> Facts {
    let mut facts = Facts::new();
    let sets =
        [(None, &profiles.source, &profiles.features), (Some("test"), &profiles.test_source, &profiles.test_features)];
    for (prefix, source, features) in sets {
        for row in rows(prefix) {
            facts.insert(row.path(prefix, columns), Fact::measured(row.read(source, features)));
        }
    }
    facts
}

/// The paths that rules over such columns may read.
pub fn facts_schema(columns: &ColumnNames) -> Schema {
    let paths = [None, Some("test")].into_iter().flat_map(|prefix| rows(prefix).map(move |row| (prefix, row)));
    paths.fold(Schema::new(), |schema, (prefix, row)| schema.with(row.path(prefix, columns), Kind::Number, row.doc))
}

fn rows(prefix: Option<&str>) -> impl Iterator<Item = &'static FactRow> {
    let own_split = prefix.is_none();
    FACTS.iter().filter(move |row| own_split || row.name != "leaked")
}
