//! JSON Schema of the language, from the same declarations as the decoders. Every mapping is closed, and every
//! value may be `null`, which removes what a lower layer gave.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

/// The schema of a whole file.
pub(crate) fn document<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = T::json_schema(&mut generator).to_value();
    if let Some(map) = schema.as_object_mut() {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("stackgen stack"));
        map.insert("$defs".into(), Value::Object(generator.take_definitions(true)));
    }
    schema
}

/// A closed mapping. Nothing is `required`: a profile, another file or a lower layer may give it.
pub(crate) fn object(docs: &str, fields: Vec<(&'static str, Schema, bool)>) -> Schema {
    let properties: Map<String, Value> =
        fields.into_iter().map(|(key, schema, _)| (key.to_owned(), nullable(schema).to_value())).collect();
    json_schema!({
        "type": "object",
        "description": docs.trim(),
        "properties": properties,
        "additionalProperties": false,
    })
}

/// A mapping with exactly one of the keys.
pub(crate) fn choice(docs: &str, alternatives: Vec<(&'static str, Schema)>) -> Schema {
    let properties: Map<String, Value> =
        alternatives.into_iter().map(|(key, schema)| (key.to_owned(), schema.to_value())).collect();
    json_schema!({
        "type": "object",
        "description": docs.trim(),
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

/// One of several words, or a reference to a parameter that gives one.
pub(crate) fn words(docs: &str, words: &[&str]) -> Schema {
    json_schema!({ "description": docs.trim(), "anyOf": [{ "enum": words }, reference()] })
}

/// A schema with the docs of the field that has it.
pub(crate) fn described(mut schema: Schema, docs: &str) -> Schema {
    if !docs.trim().is_empty() {
        let map = schema.ensure_object();
        map.insert("description".into(), Value::String(docs.trim().to_owned()));
    }
    schema
}

/// Text that is a reference as a whole or in part.
pub(crate) fn reference() -> Value {
    json!({ "type": "string", "pattern": "\\$\\{" })
}

/// Text of a pattern, or text with a reference.
pub(crate) fn pattern(docs: &str, pattern: &str) -> Schema {
    json_schema!({
        "description": docs,
        "anyOf": [{ "type": "string", "pattern": pattern }, reference()],
    })
}

fn nullable(schema: Schema) -> Schema {
    let mut inner = schema;
    let docs = inner.as_object_mut().and_then(|it| it.remove("description"));
    let mut outer = json_schema!({ "anyOf": [inner, { "type": "null" }] });
    if let Some(docs) = docs {
        outer.ensure_object().insert("description".into(), docs);
    }
    outer
}
