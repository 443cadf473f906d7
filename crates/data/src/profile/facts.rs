//! Profiles as facts for rules, and the schema of what rules may read.

use super::{FeaturesProfile, ImageProfile, Profiles, SeriesProfile, SourceProfile};
use crate::spec::FeatureType;
use proofmark_criteria::{Fact, Facts, Kind, Path, Schema};
use proofmark_messages::{Lang, data as say, sequence};
use serde::Serialize;

/// The names of the columns, as the spec gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnNames {
    /// The feature.
    pub feature: String,
    /// The target.
    pub target: String,
    /// The feature's type, which decides what there is to read.
    #[serde(rename = "type")]
    pub kind: FeatureType,
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
    /// `source.FEATURE.NAME`, of images.
    SourceImage(fn(&ImageProfile) -> f64),
    /// `source.FEATURE.NAME`, of series and tokens.
    SourceSeries(fn(&SeriesProfile) -> f64),
    /// `features.FEATURE.NAME`.
    Feature(fn(&FeaturesProfile) -> f64),
}

macro_rules! row {
    ($place:ident $name:literal $doc:path, $read:expr) => {
        FactRow { place: Place::$place($read), name: $name, doc: $doc }
    };
}

/// Every fact that rules may read; each but `leaked`, which compares with the test split, stands a second time
/// under `test.`.
#[rustfmt::skip]
pub const FACTS: &[FactRow] = &[
    row!(Source "rows" say::fact_rows, |p| p.rows as f64),
    row!(SourceTarget "missing" say::fact_missing, |p| p.label.missing),
    row!(SourceTarget "classes" say::fact_classes, |p| p.label.classes as f64),
    row!(SourceTarget "min_share" say::fact_min_share, |p| p.label.min_share),
    row!(SourceTarget "max_share" say::fact_max_share, |p| p.label.max_share),
    row!(SourceImage "duplicates" say::fact_duplicates, |p| p.duplicates),
    row!(SourceImage "leaked" say::fact_leaked, |p| p.leaked),
    row!(SourceImage "constant" say::fact_constant, |p| p.constant),
    row!(SourceImage "rough" say::fact_rough, |p| p.rough),
    row!(SourceImage "height" say::fact_height, |p| p.height as f64),
    row!(SourceImage "width" say::fact_width, |p| p.width as f64),
    row!(SourceImage "channels" say::fact_channels, |p| p.channels as f64),
    row!(SourceImage "min" say::fact_min, |p| p.min),
    row!(SourceImage "max" say::fact_max, |p| p.max),
    row!(SourceImage "mean" say::fact_mean, |p| p.mean),
    row!(SourceImage "std" say::fact_std, |p| p.std),
    row!(SourceSeries "missing" sequence::fact_series_missing, |p| p.missing),
    row!(SourceSeries "duplicates" sequence::fact_series_duplicates, |p| p.duplicates),
    row!(SourceSeries "leaked" sequence::fact_series_leaked, |p| p.leaked),
    row!(SourceSeries "constant" sequence::fact_series_constant, |p| p.constant),
    row!(SourceSeries "steps_min" sequence::fact_steps_min, |p| p.steps_min as f64),
    row!(SourceSeries "steps_max" sequence::fact_steps_max, |p| p.steps_max as f64),
    row!(SourceSeries "steps_mean" sequence::fact_steps_mean, |p| p.steps_mean),
    row!(SourceSeries "channels" sequence::fact_series_channels, |p| p.channels as f64),
    row!(SourceSeries "min" say::fact_min, |p| p.min),
    row!(SourceSeries "max" say::fact_max, |p| p.max),
    row!(SourceSeries "mean" say::fact_mean, |p| p.mean),
    row!(SourceSeries "std" say::fact_std, |p| p.std),
    row!(Feature "min" say::fact_min, |p| p.min),
    row!(Feature "max" say::fact_max, |p| p.max),
    row!(Feature "mean" say::fact_mean, |p| p.mean),
    row!(Feature "std" say::fact_std, |p| p.std),
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
            Place::SourceImage(_) | Place::SourceSeries(_) => vec!["source", &columns.feature, self.name],
            Place::Feature(_) => vec!["features", &columns.feature, self.name],
        };
        prefix.into_iter().chain(segments).collect()
    }

    /// Whether features of this kind have it.
    fn is_of(&self, kind: FeatureType) -> bool {
        match self.place {
            Place::Source(_) | Place::SourceTarget(_) | Place::Feature(_) => true,
            Place::SourceImage(_) => kind == FeatureType::Image,
            Place::SourceSeries(_) => kind != FeatureType::Image,
        }
    }

    /// `None` if it is about another kind of feature.
    fn read(&self, source: &SourceProfile, features: &FeaturesProfile) -> Option<f64> {
        match self.place {
            Place::Source(read) | Place::SourceTarget(read) => Some(read(source)),
            Place::SourceImage(read) => source.column.image().map(read),
            Place::SourceSeries(read) => source.column.series().map(read),
            Place::Feature(read) => Some(read(features)),
        }
    }
}

/// The facts of profiles, all of them measured.
pub fn facts(profiles: &Profiles, columns: &ColumnNames) -> Facts {
    let mut facts = Facts::new();
    let sets =
        [(None, &profiles.source, &profiles.features), (Some("test"), &profiles.test_source, &profiles.test_features)];
    for (prefix, source, features) in sets {
        for row in rows(prefix, columns.kind) {
            if let Some(value) = row.read(source, features) {
                facts.insert(row.path(prefix, columns), Fact::measured(value));
            }
        }
    }
    facts
}

/// The paths that rules over such columns may read.
pub fn facts_schema(columns: &ColumnNames) -> Schema {
    let paths =
        [None, Some("test")].into_iter().flat_map(|prefix| rows(prefix, columns.kind).map(move |row| (prefix, row)));
    paths.fold(Schema::new(), |schema, (prefix, row)| schema.with(row.path(prefix, columns), Kind::Number, row.doc))
}

fn rows(prefix: Option<&str>, kind: FeatureType) -> impl Iterator<Item = &'static FactRow> {
    let own_split = prefix.is_none();
    FACTS.iter().filter(move |row| row.is_of(kind) && (own_split || row.name != "leaked"))
}
