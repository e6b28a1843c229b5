//! Autoscalers that have nothing to take a percentage of.

use super::{Check, Facts, Rule, request};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::{Measured, Role, Scale};
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG322",
    name: "autoscaler-without-requests",
    severity: Error,
    docs: "\
## What it finds
An autoscaler with a target for CPU or memory while the component requests none of it, and has no limit that would stand in for the request.

## Why it matters
The target is a percentage of the request. Without one the autoscaler reports `FailedGetResourceMetric` and never changes the number of pods.

## Example
```yaml
services: { web: { scale: { hpa: { min: 2, max: 6, cpu: 70 } } } }      # no resources.requests.cpu
```

## What to do
Add the request, near what one pod uses under ordinary load.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let (key, measured, targets) = match &service.fields.scale {
        Scale::Hpa(it) => ("hpa", it.measured, [("cpu", it.cpu), ("memory", it.memory)]),
        Scale::Keda(it) => ("keda", Measured::Pod, [("cpu", it.cpu), ("memory", it.memory)]),
        Scale::Fixed(_) | Scale::PerNode => return,
    };
    for (resource, target) in targets {
        if target.is_none() {
            continue;
        }
        // The share is of what all containers that stay request, or the main one alone.
        let counts = |it: &Described<'_>| match measured {
            Measured::Container => it.role == Role::Main,
            Measured::Pod => it.role != Role::Init,
        };
        let asks = |it: &Described<'_>| request(it.resources, resource).is_some_and(|it| it.milli() > 0);
        let mut containers = facts.resolved.containers(component);
        let Some(lacks) = containers.find(|it| counts(it) && !asks(it)) else { continue };
        let at = component.route().join("scale").join(key).join(resource);
        let message = match lacks.role {
            Role::Main => format!("the autoscaler aims at a share of no {resource} request"),
            _ => format!(
                "the autoscaler aims at a share of {resource} requests, and `{}` has none",
                lacks.name
            ),
        };
        let mut found = Diagnostic::at_value(&CODE, &at, message)
            .note("it reports an error and never adds a pod")
            .help(format!("add `resources.requests.{resource}`"));
        if lacks.role != Role::Main {
            found = found.also(At::Node(lacks.at(), Part::Key), "this container");
        }
        sink.push(found);
    }
}
