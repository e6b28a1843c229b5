//! Texts that Kustomize breaks.

use super::{Check, Facts, Rule, described, texts, variables};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::emit::{Hazard, hazard};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG601",
    name: "kustomize-hazard",
    severity: Error,
    docs: "\
## What it finds
An annotation whose key reads as a number, date, `true`, `false` or `null`; a label, annotation, variable, argument or config entry with a control character, or that has several lines and begins with a tab.

## Why it matters
YAML can hold it, but Kustomize fails on it or changes it: the tree does not build.

## Example
```yaml
services: { web: { annotations: { \"2024-01-01\": released } } }
```

## What to do
Give the key a prefix (`example.com/2024-01-01`); remove the character.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let mut value = |text: &str, at: &dyn Fn() -> Route| {
        if let Some(why) = hazard(text).filter(|it| !matches!(it, Hazard::MergeKey)) {
            let message = format!("the text cannot pass through Kustomize: {why}");
            sink.push(Diagnostic::at_value(&CODE, &at(), message).help("remove the character"));
        }
    };
    for (at, _, text) in described(facts) {
        value(text, &|| at.clone());
    }
    for container in facts.resolved.components.values().flat_map(|it| facts.resolved.containers(it)) {
        variables(&container, |_, text, at| value(text.raw(), at));
        // Files' contents are checked where they are read.
        texts(&container, |text, at| value(text.raw(), at));
    }
    for (name, config) in &facts.resolved.stack.configs {
        for (key, text) in &config.data {
            value(text.raw(), &|| Route::of(&["configs", name.as_str(), "data", key.as_str()]));
        }
    }
    for (at, key, _) in
        described(facts).into_iter().filter(|(at, key, _)| untyped(key) && !at.as_str().contains("/labels/"))
    {
        let message = format!("Kustomize takes the annotation's key `{key}` for another type than text");
        sink.push(
            Diagnostic::at_key(&CODE, &at, message)
                .note("the tree does not build")
                .help(format!("give it a prefix, such as `example.com/{key}`")),
        );
    }
}

/// Whether YAML reads a bare key as something else than text.
fn untyped(key: &str) -> bool {
    let number = key.starts_with(|c: char| c.is_ascii_digit())
        && (key.replace('_', "").parse::<f64>().is_ok() || key.starts_with("0x") || key.starts_with("0o"));
    let parts: Vec<&str> = key.split('-').collect();
    let digits = |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let date = parts.len() == 3 && parts[0].len() == 4 && parts.iter().all(digits);
    number || date || matches!(key.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "~")
}
