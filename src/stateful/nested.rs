//! Settings by dotted names as a tree, for configuration that nests.

use serde_json::{Map, Value, json};

use super::setting::Setting;

/// Puts a value at a dotted name.
pub(super) fn put(root: &mut Value, name: &str, value: Value) {
    let mut place = root;
    for step in name.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[step];
    }
    *place = value;
}

/// The value of a setting: numbers and booleans are told apart from text by servers.
pub(super) fn scalar(value: &Setting) -> Value {
    match value {
        Setting::Switch(on) => json!(on),
        Setting::Text(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => json!(number),
            (_, Ok(number)) if number.is_finite() => json!(number),
            _ => json!(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind() {
        let text = |it: &str| scalar(&Setting::Text(it.to_owned()));
        assert_eq!(
            [text("5"), text("0.5"), text("off"), text("nan")],
            [json!(5), json!(0.5), json!("off"), json!("nan")]
        );
        assert_eq!(scalar(&Setting::Switch(true)), json!(true));
    }

    #[test]
    fn a_dotted_name_is_a_place_in_the_tree() {
        let mut root = json!({ "a": { "b": 1 }, "c": 2 });
        put(&mut root, "a.d", json!(3));
        put(&mut root, "c.e", json!(4));
        assert_eq!(root, json!({ "a": { "b": 1, "d": 3 }, "c": { "e": 4 } }));
    }
}
