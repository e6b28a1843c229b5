//! Jobs that cannot run in the pods that wait for them.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::Job;
use crate::resolve::{Component, Delivery};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG452",
    name: "gate-does-not-fit",
    severity: Error,
    docs: "\
## What it finds
A job before a rollout, where `gitops` names no tool that would run it, and that cannot run in the pods that wait for it: they are of another namespace or made by an engine, or it needs what a single container of another pod cannot have: a ServiceAccount or an `fsGroup` of its own, further containers.

## Why it matters
Without a tool, the container of the job runs first in each pod that waits for it. What belongs to a pod is that of the other one.

## Example
```yaml
namespaces: { app: {}, jobs: {} }
services: { api: { namespace: app } }
jobs: { migrate: { namespace: jobs, run: { before-rollout: [ api ] } } }
```

## What to do
Name the tool that applies the stack under `gitops`: it runs the job in a pod of its own. Or give the job what those pods have.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(job) = resolved.job(component) else { return };
    if resolved.delivery(component) != Some(Delivery::Gate) {
        return;
    }
    for waiting in resolved.components.values().filter(|it| it.waits_for.contains(&component.name)) {
        let Some((at, why)) = misfit(facts, component, job, waiting) else { continue };
        let message = format!("`{}` cannot run in the pods of `{}`", component.name, waiting.name);
        let place = component.route().join("run").join("before-rollout").join(waiting.name.as_str());
        sink.push(
            Diagnostic::at_value(&CODE, &place, message)
                .also(At::Node(at, Part::Key), why)
                .note("no tool under `gitops` runs the job: its container runs first in each pod that waits for it")
                .help("name the tool that applies the stack under `gitops`, or give the job what those pods have"),
        );
    }
}

/// What does not fit, and its place.
fn misfit(
    facts: &Facts<'_>,
    component: &Component,
    job: &Job,
    waiting: &Component,
) -> Option<(Route, &'static str)> {
    let at = |key: &str| component.route().join(key);
    let Some((_, pod)) = facts.resolved.pod(waiting) else {
        return Some((waiting.route().clone(), "its engine decides what its pods are"));
    };
    if component.namespace != waiting.namespace {
        return Some((at("namespace"), "another namespace"));
    }
    if component.service_account != waiting.service_account && job.common.service_account.is_some() {
        return Some((at("serviceAccount"), "the pod has that of the other"));
    }
    if job.pod.token() {
        let key = if job.pod.permissions.is_empty() { "automountServiceAccountToken" } else { "permissions" };
        return Some((at(key), "the pod has the token of the other, or none"));
    }
    if job.pod.security.fs_group.is_some_and(|it| Some(it) != pod.security.fs_group) {
        return Some((at("securityContext").join("fsGroup"), "all containers of a pod share it"));
    }
    match (job.pod.init_containers.is_empty(), job.pod.sidecars.is_empty()) {
        (true, true) => None,
        (false, _) => Some((at("initContainers"), "only the container of the job itself runs there")),
        (true, false) => Some((at("sidecars"), "only the container of the job itself runs there")),
    }
}
