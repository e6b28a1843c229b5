//! Names that Kubernetes does not take for ports.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Name;
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG506",
    name: "bad-port-name",
    severity: Error,
    docs: "\
## What it finds
A port's name with more than 15 characters, without a letter, or with two hyphens in a row: Kubernetes takes the service names of RFC 6335 only. Of objects, also a container's port without a number, and a `targetPort` that is no port.

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
        let Some(why) = wrong(text) else { continue };
        let at = one.at().join("ports").join(text);
        sink.push(refused(Diagnostic::at_key(&CODE, &at, format!("the port's name `{text}` {why}"))));
    }
}

fn wrong(name: &str) -> Option<&'static str> {
    if name.len() > 15 {
        Some("is longer than 15 characters")
    } else if !name.bytes().any(|it| it.is_ascii_alphabetic()) {
        Some("has no letter")
    } else if name.contains("--") {
        Some("has two hyphens in a row")
    } else {
        None
    }
}

fn refused(found: Diagnostic) -> Diagnostic {
    found
        .note("the API server refuses the pods")
        .help("name it with at most 15 lower-case letters, digits and hyphens")
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let mut places = Vec::new();
    if let Some(pods) = object.pods() {
        for port in pods.containers().iter().flat_map(|it| it.spot.below("ports").items()) {
            let name = port.below("name");
            if !port.below("containerPort").is_written() {
                sink.push(
                    name.found(&CODE, "the port has no number").note("the API server refuses the pods"),
                );
            }
            places.push(name);
        }
    } else if object.is("", "Service") {
        places.extend(object.root.below("spec.ports").items().iter().map(|it| it.below("targetPort")));
    }
    for at in places {
        let why = match at.value.as_i64() {
            Some(1..=65535) => None,
            Some(_) => Some("is no port"),
            None => wrong(at.text()).filter(|_| at.is_written()),
        };
        if let Some(why) = why {
            sink.push(refused(at.found(&CODE, format!("the port's name {} {why}", at.value))));
        }
    }
}
