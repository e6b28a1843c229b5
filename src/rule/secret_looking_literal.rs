//! Credentials written into the stack.

use serde_json::Value;

use super::{Check, Facts, Objects, Rule, Written, contents, texts, variables};
use crate::diag::is_name_of_credential;
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Change, Text};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Stack(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG403",
    name: "secret-looking-literal",
    severity: Error,
    docs: "\
## What it finds
A literal that looks like a credential: a value under a name such as `DB_PASSWORD` or `API_KEY`, a well-known token (`AKIA…`, `ghp_…`, `xoxb-…`), a private key, or a URL with a password.

## Why it matters
The stack is in version control, and what it renders to is in more places than that. Whoever reads either has the credential, for ever.

## Example
```yaml
services: { web: { env: { DB_PASSWORD: hunter2 } } }
```

## What to do
Take it from a secret: `{ secret: NAME, key: KEY }`; in a URL, `$(VARIABLE)` takes the value of another variable. Then change the credential: it was published.
",
};

/// How well-known credentials begin, and how long they are at least.
const PREFIXES: [(&str, usize); 13] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 15),
    ("xoxp-", 15),
    ("xoxa-", 15),
    ("sk_live_", 20),
    ("hvs.", 20),
    ("AIza", 39),
];

/// No text of fewer bytes is looked into: `a://:b@c`.
const SHORTEST: usize = 8;

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for container in facts.resolved.components.values().flat_map(|it| facts.resolved.containers(it)) {
        variables(&container, |name, text, at| one(Some(name), text, at, sink));
        texts(&container, |text, at| one(None, text, at, sink));
        contents(&container, |text, at| one(None, text, at, sink));
    }
    for (name, config) in &facts.resolved.stack.configs {
        let at = Route::of(&["configs", name.as_str(), "data"]);
        for (key, text) in &config.data {
            one(Some(key.as_str()), text, &|| at.join(key.as_str()), sink);
        }
    }
    // Drivers take credentials from Secrets, whose names and namespaces are parameters: keys say nothing here.
    for (name, class) in &facts.resolved.stack.storage_classes {
        let at = Route::of(&["storageClasses", name.as_str(), "parameters"]);
        for (key, text) in &class.parameters {
            one(None, text, &|| at.join(key), sink);
        }
    }
    for (name, patch) in &facts.resolved.stack.patches {
        let at = Route::of(&["patches", name.as_str()]);
        let below = |at: Route| {
            move |steps: &[String]| At::Node(steps.iter().fold(at.clone(), |at, it| at.join(it)), Part::Value)
        };
        match &patch.change {
            Change::Merge(merge) => look_into(merge, &below(at.join("merge")), sink),
            Change::Json(steps) => {
                for (index, step) in steps.iter().enumerate() {
                    let at = at.join("json").index(index).join("value");
                    let value = step.value.as_ref().map(|it| &it.0);
                    let key = step.path.rsplit_once('/').filter(|it| it.0 == "/data").map(|it| it.1);
                    match value {
                        Some(Value::String(text)) => {
                            let what = credential(key, Some(text), text);
                            sink.extend(what.map(|it| found(At::Node(at, Part::Value), it)));
                        }
                        Some(value) => look_into(value, &below(at), sink),
                        None => {}
                    }
                }
            }
        }
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    // What a Secret has is no secret that looks like one.
    if !object.is("", "Secret") {
        look_into(object.root.value, &|steps| object.root.place(steps), sink);
    }
}

fn one(name: Option<&str>, text: &Text, at: &dyn Fn() -> Route, sink: &mut Sink) {
    if let Some(what) = credential(name, text.as_literal(), text.raw()) {
        sink.push(found(At::Node(at(), Part::Value), what));
    }
}

/// What credential a text is or holds, under a name and as it is; `literal` is none where the name says nothing of the text.
fn credential(name: Option<&str>, literal: Option<&str>, raw: &str) -> Option<String> {
    let named = name.filter(|it| is_name_of_credential(it) && literal.is_some_and(is_value));
    match (named, by_itself(raw)) {
        (_, Some(what)) => Some(format!("the stack holds {what}")),
        (Some(name), None) => Some(format!("`{name}` is a credential's name, and its value is written here")),
        (None, None) => None,
    }
}

fn found(at: At, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, at, message)
        .note("who reads the repository, or what is rendered from it, has the credential")
        .help("take it from a secret, `{ secret: NAME, key: KEY }`, and change the credential")
}

/// Looks into what goes into objects as it is; `place` makes a place of the steps to a value. Names say something of
/// variables and of what a ConfigMap holds: elsewhere they may be names of Secrets.
pub(super) fn look_into(value: &Value, place: &dyn Fn(&[String]) -> At, sink: &mut Sink) {
    walk(value, &mut Vec::new(), place, sink);
}

fn walk(value: &Value, steps: &mut Vec<String>, place: &dyn Fn(&[String]) -> At, sink: &mut Sink) {
    match value {
        Value::Object(map) => {
            let variable = map.get("name").and_then(Value::as_str).filter(|_| map.contains_key("value"));
            for (key, below) in map {
                steps.push(key.clone());
                match below.as_str() {
                    Some(text) => {
                        let held = steps.len() == 2 && steps[0] == "data";
                        let name =
                            if held { Some(key.as_str()) } else { variable.filter(|_| key == "value") };
                        sink.extend(credential(name, Some(text), text).map(|it| found(place(steps), it)));
                    }
                    None => walk(below, steps, place, sink),
                }
                steps.pop();
            }
        }
        Value::Array(items) => {
            for (index, below) in items.iter().enumerate() {
                steps.push(index.to_string());
                walk(below, steps, place, sink);
                steps.pop();
            }
        }
        Value::String(text) => sink.extend(credential(None, None, text).map(|it| found(place(steps), it))),
        _ => {}
    }
}

/// Whether a text under a credential's name can be the credential itself.
fn is_value(text: &str) -> bool {
    let text = text.trim();
    let word =
        ["", "true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "required"];
    !word.contains(&text.to_ascii_lowercase().as_str())
        && text.parse::<f64>().is_err()
        && crate::model::Duration::parse(text).is_err()
        && !text.starts_with('/')
        && !text.starts_with("./")
        && !text.contains("$(")
        && !text.contains("://")
}

/// What a text holds that is a credential under any name.
fn by_itself(text: &str) -> Option<&'static str> {
    // Shorter than any prefix with its token, and than a URL with a password.
    if text.len() < SHORTEST {
        return None;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let mut words = text.as_bytes().split(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'_' | b'-' | b'.'));
    if words.any(|it| {
        PREFIXES.iter().any(|(prefix, length)| it.len() >= *length && it.starts_with(prefix.as_bytes()))
    }) {
        return Some("what looks like an access token");
    }
    text.split("://").skip(1).any(has_password).then_some("a URL with a password")
}

/// Whether what follows `://` has a password before its host that is written out.
fn has_password(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#', ' ', '"', '\'', '\n', ',']).unwrap_or(rest.len());
    let Some((user, _)) = rest[..end].rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, it)| !it.is_empty() && !it.contains("$(") && !it.contains("${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_speak_for_themselves() {
        assert!(by_itself("postgres://app:hunter2@db/app").is_some());
        assert!(by_itself("-----BEGIN RSA PRIVATE KEY-----\nabc").is_some());
        assert!(by_itself("AKIAIOSFODNN7EXAMPLE").is_some());
        for text in [
            "redis://:$(PASSWORD)@cache:6379",
            "https://example.com/a@b:c",
            "https://me@host",
            "AKIA",
            "xoxo",
        ] {
            assert!(by_itself(text).is_none(), "{text}");
        }
    }
}
