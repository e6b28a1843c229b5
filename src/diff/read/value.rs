//! YAML to JSON, by the core schema: what the API server would be given.

use serde_json::{Map, Value};

use crate::syntax::{Kind, Node, scalar};

/// The value of a node.
pub(in crate::diff) fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(map) => {
            let entries = map.iter().map(|(key, entry)| (key.to_string(), value(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Seq(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Scalar(it) => scalar::value(it),
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
