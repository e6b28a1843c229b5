//! Names that Kubernetes does not take for ports.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Name;
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG506",
    name: "bad-port-name",
    severity: Error,
    docs: "\
## What it finds
A port's name with more than 15 characters, without a letter, or with two hyphens in a row: Kubernetes takes the service names of RFC 6335 only.

## Why it matters
The API server refuses the pods.

## Example
```yaml
services: { web: { ports: { administration-http: 8081 } } }
```

## What to do
Give the port a name of at most 15 lower-case letters, digits and hyphens.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    fn named(one: Described<'_>) -> impl Iterator<Item = (Described<'_>, &Name)> {
        let ports = one.container.ports.keys();
        ports.map(move |name| (one.clone(), name))
    }
    for (one, name) in facts.resolved.containers(component).flat_map(named) {
        let text = name.as_str();
        let why = if text.len() > 15 {
            "is longer than 15 characters"
        } else if !text.bytes().any(|it| it.is_ascii_alphabetic()) {
            "has no letter"
        } else if text.contains("--") {
            "has two hyphens in a row"
        } else {
            continue;
        };
        sink.push(
            Diagnostic::at_key(
                &CODE,
                &one.at().join("ports").join(text),
                format!("the port's name `{text}` {why}"),
            )
            .note("the API server refuses the pods")
            .help("name it with at most 15 lower-case letters, digits and hyphens"),
        );
    }
}
