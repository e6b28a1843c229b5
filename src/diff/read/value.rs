//! YAML to JSON, by the core schema: what the API server would be given.

use serde_json::{Map, Number, Value};

use crate::syntax::scalar::{as_bool, as_f64, as_i64, is_null};
use crate::syntax::{Kind, Node};

/// The value of a node.
pub(super) fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(map) => {
            let entries = map.iter().map(|(key, entry)| (key.to_string(), value(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Seq(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Scalar(scalar) => {
            if is_null(scalar) {
                Value::Null
            } else if let Some(it) = as_bool(scalar) {
                Value::Bool(it)
            } else if let Some(it) = as_i64(scalar) {
                Value::Number(it.into())
            } else if let Some(it) = as_f64(scalar).and_then(Number::from_f64) {
                Value::Number(it)
            } else {
                Value::String(scalar.text.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document;

    #[test]
    fn scalars_have_their_types() {
        let (_, value) =
            document("x", "{ a: 1, b: '1', c: true, d: ~, e: 1.5, f: on, g: [ x, 0o7 ] }", 1).unwrap();
        let expected =
            json!({ "a": 1, "b": "1", "c": true, "d": null, "e": 1.5, "f": "on", "g": [ "x", 7 ] });
        assert_eq!(value, expected);
    }
}
