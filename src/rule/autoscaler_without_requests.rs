//! Autoscalers that have nothing to take a percentage of.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Scale;
use crate::resolve::Component;

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
    let Scale::Hpa(hpa) = &service.fields.scale else { return };
    for (resource, target) in [("cpu", hpa.cpu), ("memory", hpa.memory)] {
        if target.is_none() || facts.request(component, resource).is_some_and(|it| it.milli() > 0) {
            continue;
        }
        let at = component.route().join("scale").join("hpa").join(resource);
        sink.push(
            Diagnostic::at_value(
                &CODE,
                &at,
                format!("the autoscaler aims at a share of no {resource} request"),
            )
            .note("it reports an error and never adds a pod")
            .help(format!("add `resources.requests.{resource}`")),
        );
    }
}
