//! `sandbox schema`.

use sandbox_engine::Summary;
use sandbox_engine::explain::Story;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::args::SchemaOf;

/// The JSON Schema (2020-12) of a file of a run directory, as text.
pub(super) fn schema(of: SchemaOf) -> String {
    let schema = match of {
        SchemaOf::Summary => schema_of::<Summary>(),
        SchemaOf::Worst => schema_of::<Vec<Story>>(),
    };
    // Plain data with string keys: there is nothing that JSON could refuse.
    serde_json::to_string_pretty(&schema).expect("a schema is plain data")
}

/// Of what is written: all keys are there.
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
