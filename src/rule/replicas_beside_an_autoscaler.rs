//! Numbers of pods that two decide.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG375",
    name: "replicas-beside-an-autoscaler",
    severity: Warning,
    docs: "\
## What it finds
A workload with `replicas` that a HorizontalPodAutoscaler or ScaledObject scales.

## Why it matters
Whoever applies the workload sets the number back, in the middle of a rush too, and the autoscaler has to begin anew.

## Example
```yaml
kind: Deployment
spec: { replicas: 2 }   # and a HorizontalPodAutoscaler scales it
```

## What to do
Leave `replicas` out; `minReplicas` of the autoscaler says the fewest.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let at = object.root.below("spec.replicas");
    let scaler = if object.pods().is_some() && at.is_written() { objects.scaler(object) } else { None };
    if let Some(scaler) = scaler {
        let message =
            format!("the {} scales it, and each time it is applied this number holds", scaler.title());
        sink.push(
            at.found(&CODE, message).also(scaler.named().at(), "scaled by this").help("leave `replicas` out"),
        );
    }
}
