//! Values as lines, and what differs between lines.

use std::fmt::Display;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::emit::to_yaml;

/// How many lines are shown around a difference.
const CONTEXT: usize = 2;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Only before.
    Old(String),
    /// Only after.
    New(String),
    /// On both sides.
    Both(String),
    /// So many lines that are alike are left out.
    Skipped(usize),
}

/// A value as text: a text as it stands, the rest as YAML.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => to_yaml(value).unwrap_or_else(|_| value.to_string()),
        _ => value.to_string(),
    }
}

/// `1 pod`, `2 pods`.
#[must_use]
pub fn plural<N: Copy + Display + From<u8> + PartialEq>(number: N, noun: &str) -> String {
    let end = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{end}")
}

/// What differs between two values, by line.
pub(super) fn lines(before: &Value, after: &Value) -> Vec<Line> {
    let (mut old, mut new) = (text(before), text(after));
    if old.lines().eq(new.lines()) {
        // All that differs is at the ends of lines, or the type.
        (old, new) = (before.to_string(), after.to_string());
    }
    let diff = TextDiff::from_lines(&old, &new);
    let (mut found, mut at) = (Vec::new(), 0);
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(at, |it| it.old_range().start);
        if first > at {
            found.push(Line::Skipped(first - at));
        }
        for op in &group {
            for change in diff.iter_changes(op) {
                let line = change.value().trim_end_matches(['\n', '\r']).to_owned();
                found.push(match change.tag() {
                    ChangeTag::Delete => Line::Old(line),
                    ChangeTag::Insert => Line::New(line),
                    ChangeTag::Equal => Line::Both(line),
                });
            }
        }
        at = group.last().map_or(at, |it| it.old_range().end);
    }
    let rest = old.lines().count().saturating_sub(at);
    if rest > 0 {
        found.push(Line::Skipped(rest));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let of = |middle: &str| json!(format!("1\n2\n3\n{middle}\n5\n6\n7\n"));
        let both = |it: &str| Line::Both(it.to_owned());
        let expected = [
            Line::Skipped(1),
            both("2"),
            both("3"),
            Line::Old("a".to_owned()),
            Line::New("b".to_owned()),
            both("5"),
            both("6"),
            Line::Skipped(1),
        ];
        assert_eq!(lines(&of("a"), &of("b")), expected);
    }

    #[test]
    fn lists_are_compared_item_by_item() {
        let found = lines(&json!(["--a", "--b"]), &json!(["--a", "--c"]));
        let expected =
            [Line::Both("- --a".to_owned()), Line::Old("- --b".to_owned()), Line::New("- --c".to_owned())];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_looks_alike_is_shown_apart() {
        assert_eq!(
            lines(&json!("a"), &json!("a\n")),
            [Line::Old("\"a\"".to_owned()), Line::New("\"a\\n\"".to_owned())]
        );
        assert_eq!(lines(&json!("80"), &json!(80)).len(), 2);
    }
}
