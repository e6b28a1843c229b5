//! Disruption budgets by which what is broken keeps its node.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG385",
    name: "budget-keeps-broken-pods",
    severity: Info,
    docs: "\
## What it finds
A PodDisruptionBudget without `unhealthyPodEvictionPolicy`.

## Why it matters
Pods that run and are not ready count as needed, then: where too few are ready, none may be evicted, not even those that fail. A drain waits for somebody to repair them.

## Example
```yaml
kind: PodDisruptionBudget
spec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }
```

## What to do
Write `AlwaysAllow`: what is not ready may go, and comes back elsewhere. Write `IfHealthyBudget` where a pod that is not ready holds data that no other has, and is on its way.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let spec = object.root.below("spec");
    if object.is("policy", "PodDisruptionBudget") && !spec.below("unhealthyPodEvictionPolicy").is_written() {
        sink.push(
            spec.found(&CODE, "pods that fail keep their node from being drained")
                .help("write `unhealthyPodEvictionPolicy: AlwaysAllow`, or `IfHealthyBudget` with a reason"),
        );
    }
}
