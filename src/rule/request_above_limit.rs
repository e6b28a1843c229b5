//! Requests above the limit.

use super::demand::parse;
use super::objects::Spot;
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Resources, Role};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG331",
    name: "request-above-limit",
    severity: Error,
    docs: "\
## What it finds
A request that is larger than the limit of the same resource.

## Why it matters
Kubernetes refuses the pod. It happens most where an environment or a profile changes only one of the two.

## Example
```yaml
services: { web: { resources: { requests: { memory: 1Gi }, limits: { memory: 512Mi } } } }
```

## What to do
Lower the request, or raise the limit.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    if let Some(resources) = &facts.resolved.common(component).resources {
        judge(resources, component.route(), "pods request", sink);
    }
    for side in facts.resolved.containers(component).filter(|it| it.role != Role::Main) {
        if let Some(resources) = side.resources {
            judge(resources, &side.at(), "container requests", sink);
        }
    }
}

fn judge(resources: &Resources, at: &Route, who: &str, sink: &mut Sink) {
    let at = |key: &str, resource: &str| at.join("resources").join(key).join(resource);
    for (resource, request) in &resources.requests {
        let Some(limit) = resources.limits.get(resource).filter(|it| request > *it) else { continue };
        let message = format!("the {who} {request} {resource} but may use {limit}");
        sink.push(
            Diagnostic::at_value(&CODE, &at("requests", resource), message)
                .also(At::Node(at("limits", resource), Part::Value), "the limit")
                .help("lower the request, or raise the limit"),
        );
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let at = container.spot.below("resources");
        let amount = |it: &Spot<'_>| match it.value.as_str() {
            Some(text) => parse(text),
            None => parse(&it.value.to_string()),
        };
        for (resource, request) in at.below("requests").entries() {
            let limit = at.below("limits").key(resource);
            if limit.is_written() && amount(&request) > amount(&limit) {
                let message = format!("`{}` requests more {resource} than it may use", container.name);
                sink.push(
                    request
                        .found(&CODE, message)
                        .also(limit.at(), "the limit")
                        .help("lower the request, or raise the limit"),
                );
            }
        }
    }
}
