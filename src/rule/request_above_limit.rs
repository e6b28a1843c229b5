//! Requests above the limit.

use super::demand::parse;
use super::objects::Spot;
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::Quantity;
use crate::resolve::Component;
use crate::syntax::Node;

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

/// Wherever a component says what containers ask for: its own, those beside it, those of a tier's parts.
fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    if let Some(node) = facts.document.find(component.route()) {
        walk(node, component.route(), sink);
    }
}

fn walk(node: &Node, at: &Route, sink: &mut Sink) {
    for (key, entry) in node.as_map().into_iter().flatten() {
        let at = at.join(key);
        match (&**key, entry.value.get("requests"), entry.value.get("limits")) {
            ("resources", Some(requests), Some(limits)) => judge(requests, limits, &at, sink),
            // Of what a role could be bound to, no more than one is there.
            ("whenBound", ..) => {}
            _ => walk(&entry.value, &at, sink),
        }
    }
}

fn judge(requests: &Node, limits: &Node, at: &Route, sink: &mut Sink) {
    let quantity = |it: &Node| Quantity::parse(&it.as_scalar()?.text).ok();
    let at = |key: &str, resource: &str| at.join(key).join(resource);
    for (resource, request) in requests.as_map().into_iter().flatten() {
        let limit = limits.get(resource).and_then(quantity);
        let Some((request, limit)) =
            quantity(&request.value).zip(limit).filter(|(request, limit)| request > limit)
        else {
            continue;
        };
        let message = format!("{request} {resource} is requested, and no more than {limit} may be used");
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
