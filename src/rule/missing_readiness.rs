//! Pods that get traffic before they can serve it.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::Role;
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG328",
    name: "missing-readiness",
    severity: Warning,
    docs: "\
## What it finds
A component with ports and without a readiness probe. A worker that listens on nothing needs none.

## Why it matters
Kubernetes sends requests to a pod as soon as its process runs, and a rollout goes on to the next pod before the last one serves: every deployment drops requests, and a broken one replaces all pods.

## Example
```yaml
services: { web: { ports: { http: 8080 } } }      # no probes.readiness
```

## What to do
Add `probes.readiness` that succeeds only when the pod can serve.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    // Who listens on nothing gets no traffic. Where the main container does, only it knows when it can serve.
    let mut containers = facts.resolved.containers(component);
    let listens = |it: &Described<'_>| !it.container.ports.is_empty();
    let ready = |it: Described<'_>| it.container.probes.as_ref().is_some_and(|it| it.readiness.is_some());
    let mut all = containers.clone();
    let Some(first) = containers.find(listens) else { return };
    let known = if first.role == Role::Main { ready(first) } else { all.any(ready) };
    if known {
        return;
    }
    let at = component.route();
    let written = at.join("probes");
    let at = if facts.is_written(&written) { &written } else { at };
    let found = Diagnostic::at_key(&CODE, at, "nothing says when the pods can serve");
    sink.push(complete(found).help("add `probes.readiness`"));
}

fn complete(found: Diagnostic) -> Diagnostic {
    found.note("they get requests as soon as the process runs, and a rollout does not wait for them")
}

fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let ends = matches!(object.kind, "Job" | "CronJob");
    let containers = pods.containers();
    let listens = containers.iter().any(|it| !it.spot.below("ports").items().is_empty())
        || objects.serving(object.namespace, pods).next().is_some();
    if !ends && listens && !containers.iter().any(|it| it.spot.below("readinessProbe").is_written()) {
        let message = format!("nothing says when the pods of the {} can serve", object.title());
        sink.push(
            complete(pods.spec.below("containers").found(&CODE, message)).help("add a `readinessProbe`"),
        );
    }
}
