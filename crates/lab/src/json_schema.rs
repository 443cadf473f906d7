use serde_json::Value;

use crate::RunSpec;

/// The JSON Schema of a spec, as editors use it. Made from the types that read specs, so that it cannot drift from them.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(RunSpec);
    schema.insert("title".to_owned(), "Proofmark spec".into());
    schema.to_value()
}
