//! Single pods that others rely on.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Info, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG325",
    name: "single-replica",
    severity: Info,
    docs: "\
## What it finds
A service that others use or that is exposed, with one pod at the fewest. Of written objects: a Deployment with one pod that a Service takes, and an autoscaler that may go down to one.

## Why it matters
While that pod moves to another node or starts anew, there is nobody to answer. For a test environment this is usually meant.

## Example
```yaml
services: { web: { scale: 1 }, shop: { uses: [web] } }
```

## What to do
Run two pods where the service must be there.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    // The second version of a service is no more than a part of it.
    if component.is_variant() {
        return;
    }
    let asked = service.fields.expose.is_some() || !component.used_by.is_empty();
    if !asked || service.fields.scale.floor() != Some(1) {
        return;
    }
    let Some(at) = facts.fewest_pods_at(component) else { return };
    // No name in the message: services that share a profile share the finding.
    sink.push(
        Diagnostic::at_value(&CODE, &at, "a single pod answers what others ask")
            .note("while it is replaced or its node is drained, nobody answers")
            .help("run two pods where that matters"),
    );
}

fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let least = object.root.below("spec.minReplicas");
    if object.kind == "HorizontalPodAutoscaler" {
        if least.value.as_i64().unwrap_or(1) < 2 {
            sink.push(alone(least.found(&CODE, "it may go down to one pod")));
        }
        return;
    }
    let Some(pods) =
        object.pods().filter(|_| object.kind == "Deployment" && objects.scaler(object).is_none())
    else {
        return;
    };
    if objects.fewest(object) == Some(1) && objects.serving(object.namespace, pods).next().is_some() {
        sink.push(alone(object.root.below("spec.replicas").found(&CODE, "others call its only pod")));
    }
}

fn alone(found: Diagnostic) -> Diagnostic {
    found.note("while it moves or restarts, nobody answers").help("run two pods where it must be there")
}
