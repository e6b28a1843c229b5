//! Values that no label can have.

use super::{Check, Facts, Rule, described};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG602",
    name: "bad-label-value",
    severity: Error,
    docs: "\
## What it finds
A label's value that is longer than 63 characters, or has others than letters, digits, `-`, `_` and `.`, or begins or ends with one of those three.

## Why it matters
The API server refuses the object.

## Example
```yaml
services: { web: { labels: { team: \"shop & checkout\" } } }
```

## What to do
Shorten it; put a text for people into an annotation.
",
};

fn is_label(at: &str) -> bool {
    at.contains("/labels/") || at.contains("/adopt/selector/")
}

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (at, key, value) in described(facts).into_iter().filter(|(at, ..)| is_label(at.as_str())) {
        let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
        let why = if value.len() > 63 {
            "is longer than 63 characters"
        } else if !value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            "has others than letters, digits, `-`, `_` and `.`"
        } else if !edge(value.chars().next()) || !edge(value.chars().last()) {
            "does not begin and end with a letter or digit"
        } else {
            continue;
        };
        sink.push(
            Diagnostic::at_value(&CODE, &at, format!("the value of the label `{key}` {why}"))
                .note("the API server refuses the object")
                .help("shorten it; a text for people is an annotation"),
        );
    }
}
