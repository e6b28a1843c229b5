//! Rollouts that can neither add nor remove a pod.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::{CountOrPercent, Rollout};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG326",
    name: "rollout-cannot-proceed",
    severity: Error,
    docs: "\
## What it finds
A `rollout` with `maxSurge` and `maxUnavailable` both 0.

## Why it matters
No pod may be added before one is gone, and none may go before one is added. Kubernetes refuses the Deployment.

## Example
```yaml
services: { web: { rollout: { maxSurge: 0 } } }      # maxUnavailable is 0 unless given
```

## What to do
Leave `maxSurge` at 1; or, where a further pod has no place, write `maxUnavailable: 1`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let Some(Rollout::Rolling(rollout)) = &service.fields.rollout else { return };
    if !is_zero(rollout.max_surge) || !is_zero(rollout.max_unavailable) {
        return;
    }
    let at = component.route().join("rollout").join("maxSurge");
    sink.push(
        Diagnostic::at_value(&CODE, &at, "the rollout may neither add a pod nor take one away")
            .note("`maxUnavailable` is 0 as well, which is also its default")
            .help("write `maxSurge: 1`, or `maxUnavailable: 1` where a further pod has no place"),
    );
}

/// Percentages that only round to nothing do proceed: the controller then takes one pod at a time.
fn is_zero(amount: CountOrPercent) -> bool {
    matches!(amount, CountOrPercent::Count(0) | CountOrPercent::Percent(0))
}
