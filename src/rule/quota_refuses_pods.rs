//! Pods that a quota refuses because they do not say what it counts.

use super::demand::{defaults, parse};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::k8s::usage::{Usage, containers};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG442",
    name: "quota-refuses-pods",
    severity: Error,
    docs: "\
## What it finds
A container without a request or limit of what the quota of its namespace counts: `cpu` and `memory`, of requests and of limits. A limit is a request, too, and the defaults of the namespace's `limitRange` count. Init containers and sidecars are containers as well.

## Why it matters
A quota of CPU refuses every pod with a container that does not say how much CPU it takes. The Deployment is there, has no pods, and says so in its events only.

## Example
```yaml
namespaces: { app: { quota: { limits.cpu: 8 } } }
services: { web: { resources: { requests: { cpu: 100m }, limits: { memory: 64Mi } } } }
```

## What to do
Say it in the container's `resources`; or give a default for all under `limitRange.container`; or leave it out of the quota: limits of CPU are seldom wanted.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let Some(spec) = &pods.spec else { return };
    let Some((key, namespace)) = facts.namespace_of(component, object) else { return };
    if namespace.quota.is_empty() {
        return;
    }
    let counted = |it: &str| matches!(it, "cpu" | "memory");
    let defaults = defaults(namespace);
    for name in namespace.quota.keys() {
        let (resource, kind, word) = match (name.requests(), name.limits()) {
            (Some(it), _) => (it, "requests", "request"),
            (_, Some(it)) => (it, "limits", "limit"),
            _ => continue,
        };
        if !counted(resource) {
            continue;
        }
        for container in containers(spec) {
            let usage = Usage::of(container.resources.as_ref(), &defaults, parse);
            let said = if kind == "limits" { &usage.limits } else { &usage.requests };
            if said.contains_key(resource) {
                continue;
            }
            let at = component.map(|it| facts.container_at(it, &container.name)).unwrap_or_default();
            let message = format!(
                "the quota of `{key}` counts `{}` and refuses `{}`, which has no {word} of {resource}",
                name.as_str(),
                container.name
            );
            let quota = Route::of(&["namespaces", key.as_str(), "quota", name.as_str()]);
            sink.push(
                Diagnostic::at_key(&CODE, &at.join("resources"), message)
                    .also(At::Node(quota, Part::Key), "counted here")
                    .note("the controller is created, but none of its pods")
                    .help(format!("add `{resource}` to its `resources.{kind}`, or a default under `limitRange.container` of the namespace")),
            );
        }
    }
}
