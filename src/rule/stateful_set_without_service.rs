//! StatefulSets whose pods have no names in the network.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG374",
    name: "stateful-set-without-service",
    severity: Warning,
    docs: "\
## What it finds
A StatefulSet whose `serviceName` is no Service of its namespace that is headless and takes its pods.

## Why it matters
Its pods get no names of their own (`db-0.db`), so the members of a cluster never find each other.

## Example
```yaml
kind: StatefulSet
spec: { serviceName: db-headless }   # and there is no such Service
```

## What to do
Add the Service: `clusterIP: None`, with the labels of the pods as its selector.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let name = object.root.below("spec.serviceName");
    let Some(pods) = object.pods().filter(|_| object.kind == "StatefulSet" && !name.text().is_empty()) else {
        return;
    };
    let why = match objects.find("", "Service", object.namespace, name.text()) {
        None => "is not there",
        Some(it) if it.root.below("spec.clusterIP").text() != "None" => "is not headless",
        Some(it) if objects.serving(object.namespace, pods).any(|other| other.name == it.name) => return,
        Some(_) => "does not take its pods",
    };
    let message = format!("the Service `{}` {why}", name.text());
    sink.push(
        name.found(&CODE, message)
            .note("the pods get no names of their own")
            .help("add a Service with `clusterIP: None` that takes the pods"),
    );
}
