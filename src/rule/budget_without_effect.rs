//! Disruption budgets that say nothing.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG383",
    name: "budget-without-effect",
    severity: Warning,
    docs: "\
## What it finds
A PodDisruptionBudget with neither `minAvailable` nor `maxUnavailable`.

## Why it matters
It looks as if it protected its pods, and lets all of them go at once.

## Example
```yaml
kind: PodDisruptionBudget
spec: { selector: { matchLabels: { app: web } } }
```

## What to do
Write `maxUnavailable: 1`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let spec = object.root.below("spec");
    let says = |key: &str| spec.below(key).is_written();
    if object.is("policy", "PodDisruptionBudget") && !says("minAvailable") && !says("maxUnavailable") {
        sink.push(spec.found(&CODE, "the budget lets all of its pods go").help("write `maxUnavailable: 1`"));
    }
}
