//! A value as YAML that is pasted.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as YAML in one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut out = String::from("{ ");
            for (at, (key, value)) in map.iter().enumerate() {
                let gap = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{gap}{}: {}", plain(key), flow(value));
            }
            out.push_str(" }");
            out
        }
        Value::String(text) => plain(text),
        other => other.to_string(),
    }
}

/// A text as it is where every reader of YAML takes it for a text, else in quotes.
fn plain(text: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let word = words.contains(&text.to_ascii_lowercase().as_str());
    if letter && rest && !word { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_to_be_pasted_is_read_as_text() {
        let value =
            json!({ "selector": { "app.kubernetes.io/name": "web", "v": "1.4", "on": "yes", "x": "" } });
        let text = flow(&value);
        assert_eq!(text, r#"{ selector: { app.kubernetes.io/name: web, v: "1.4", "on": "yes", x: "" } }"#);
    }
}
