//! Autoscalers whose numbers cannot be.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Severity::Warning, Sink};
use crate::model::Scale;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG323",
    name: "autoscaler-range",
    severity: Error,
    docs: "\
## What it finds
An autoscaler with more pods at least than at most, with `min: 0`, or with a target of 0 %. With no target at all it is a warning.

## Why it matters
Kubernetes refuses the object: no pod is ever added. Zero pods need a metric from outside the pods (and the alpha feature `HPAScaleToZero`): pods that do not run use no CPU. Without any target Kubernetes silently aims at 80 % CPU.

## Example
```yaml
services: { web: { scale: { hpa: { min: 4, max: 2, cpu: 70 } } } }
```

## What to do
Put `min` from 1 to `max`, and targets above 0.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let Scale::Hpa(hpa) = &service.fields.scale else { return };
    let at = || component.route().join("scale").join("hpa");
    if hpa.min > hpa.max {
        let message = format!("at most {} pods, but at least {}", hpa.max, hpa.min);
        sink.push(
            Diagnostic::at_value(&CODE, &at().join("max"), message)
                .also(At::Node(at().join("min"), Part::Value), "the least")
                .help("raise `max`, or lower `min`"),
        );
    }
    if hpa.min == 0 {
        sink.push(
            Diagnostic::at_value(
                &CODE,
                &at().join("min"),
                "an autoscaler on CPU and memory cannot go to 0 pods",
            )
            .note("pods that do not run use nothing, so nothing would ever start them again")
            .help("write `min: 1`"),
        );
    }
    for (key, target) in [("cpu", hpa.cpu), ("memory", hpa.memory)] {
        if target == Some(0) {
            let message = format!("the autoscaler aims at 0 % {key}");
            sink.push(
                Diagnostic::at_value(&CODE, &at().join(key), message)
                    .note("Kubernetes refuses it: no number of pods comes to nothing")
                    .help("write a percentage such as 70"),
            );
        }
    }
    if hpa.cpu.is_none() && hpa.memory.is_none() {
        let mut found = Diagnostic::at_key(&CODE, &at(), "the autoscaler has no target")
            .note("Kubernetes fills in 80 % CPU")
            .help("add `cpu`, `memory` or both");
        found.severity = Warning;
        sink.push(found);
    }
}
