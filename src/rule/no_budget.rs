//! Several pods that a drain may take at once.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG377",
    name: "no-budget",
    severity: Warning,
    docs: "\
## What it finds
A Deployment or StatefulSet with two pods or more, at the fewest, that no PodDisruptionBudget takes.

## Why it matters
Whoever drains nodes may evict all of its pods at the same time.

## Example
```yaml
kind: Deployment
metadata: { name: web }
spec: { replicas: 2 }   # and no PodDisruptionBudget
```

## What to do
Add a budget with `maxUnavailable: 1` and the labels of the pods.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) =
        object.pods().filter(|_| matches!(object.kind, "Deployment" | "StatefulSet" | "Rollout"))
    else {
        return;
    };
    if objects.fewest(object).is_none_or(|it| it <= 1) {
        return;
    }
    let mut budgets = objects.of("policy", "PodDisruptionBudget", object.namespace);
    if !budgets.any(|it| it.takes(pods)) {
        sink.push(
            object
                .named()
                .found(&CODE, format!("no budget is for the pods of the {}", object.title()))
                .note("drains of nodes may take all of them at once")
                .help("add a PodDisruptionBudget with `maxUnavailable: 1`"),
        );
    }
}
