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
    settle(&mut schema);
    schema
}

/// Lets a reference stand wherever a number or boolean does, since parameters are put in before anything is
/// decoded; and folds the alternatives of alternatives, which editors otherwise show one by one.
fn settle(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(map) => {
            map.values_mut().for_each(settle);
            if is_number_or_boolean(map) {
                let notes = ["description", "default"].map(|key| map.shift_remove_entry(key));
                let written = Value::Object(std::mem::take(map));
                map.extend(notes.into_iter().flatten());
                map.insert("anyOf".into(), json!([written, reference()]));
            }
            if let Some(Value::Object(entries)) = map.get_mut("patternProperties") {
                entries.values_mut().for_each(|it| *it = json!({ "anyOf": [it.take(), { "type": "null" }] }));
                entries.values_mut().for_each(fold);
            }
            fold_map(map);
        }
        _ => {}
    }
}

fn fold(schema: &mut Value) {
    if let Value::Object(map) = schema {
        fold_map(map);
    }
}

fn fold_map(map: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = map.get_mut("anyOf") else { return };
    *alternatives = folded(std::mem::take(alternatives));
    let only = match alternatives.as_slice() {
        [Value::Object(only)] => only.clone(),
        _ => return,
    };
    map.shift_remove("anyOf");
    for (key, value) in only {
        map.entry(key).or_insert(value);
    }
}

/// Whether a schema takes numbers or booleans and no other text.
fn is_number_or_boolean(schema: &Map<String, Value>) -> bool {
    let is = |word: &Value| matches!(word.as_str(), Some("integer" | "number" | "boolean"));
    match schema.get("type") {
        Some(Value::Array(words)) => {
            words.iter().any(is) && words.iter().all(|it| is(it) || it.as_str() == Some("null"))
        }
        Some(word) => is(word),
        None => false,
    }
}

/// Alternatives without nested ones and without repetition.
fn folded(alternatives: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for alternative in alternatives {
        let inner = match alternative {
            Value::Object(mut map) if map.len() == 1 && map.contains_key("anyOf") => {
                match map.shift_remove("anyOf") {
                    Some(Value::Array(inner)) => inner,
                    _ => Vec::new(),
                }
            }
            other => vec![other],
        };
        for it in inner {
            if !found.contains(&it) {
                found.push(it);
            }
        }
    }
    let takes_null = |it: &Value| it["type"].as_array().is_some_and(|it| it.contains(&json!("null")));
    if found.iter().any(takes_null) {
        found.retain(|it| *it != json!({ "type": "null" }));
    }
    found
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

/// A schema with the default that the declaration gives, where it is a plain value.
pub(crate) fn with_default(mut schema: Schema, default: Option<&str>) -> Schema {
    let plain = default.map(|it| it.trim_end_matches(".to_owned()").trim());
    if let Some(value) = plain.and_then(|it| serde_json::from_str::<Value>(it).ok()) {
        schema.ensure_object().insert("default".into(), value);
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
        "description": docs.trim(),
        "anyOf": [{ "type": "string", "pattern": pattern }, reference()],
    })
}

/// A number as it stands, or text of a pattern, or text with a reference.
pub(crate) fn number_or_pattern(docs: &str, pattern: &str) -> Schema {
    json_schema!({
        "description": docs.trim(),
        "anyOf": [{ "type": "string", "pattern": pattern }, { "type": "number", "minimum": 0 }, reference()],
    })
}

fn nullable(schema: Schema) -> Schema {
    let mut inner = schema;
    let mut outer = serde_json::Map::new();
    for key in ["description", "default"] {
        if let Some(value) = inner.as_object_mut().and_then(|it| it.remove(key)) {
            outer.insert(key.into(), value);
        }
    }
    outer.insert("anyOf".into(), json!([inner, { "type": "null" }]));
    outer.into()
}
