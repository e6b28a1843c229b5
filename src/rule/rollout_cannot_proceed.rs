//! Rollouts that can neither add nor remove a pod.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::{CountOrPercent, Rollout, Scale};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG326",
    name: "rollout-cannot-proceed",
    severity: Error,
    docs: "\
## What it finds
A `rollout` with `maxSurge` and `maxUnavailable` both 0; with `scale: per-node`, also both above 0.

## Why it matters
No pod may be added before one is gone, and none may go before one is added: Kubernetes refuses the Deployment. Of a DaemonSet it wants to know which of the two comes first on a node, and refuses both.

## Example
```yaml
services: { web: { rollout: { maxSurge: 0 } } }      # maxUnavailable is 0 unless given
```

## What to do
Leave `maxSurge` at 1; or, where a further pod has no place, write `maxUnavailable: 1`. With `scale: per-node`, give one of the two.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let Some(Rollout::Rolling(rollout)) = &service.fields.rollout else { return };
    let at = component.route().join("rollout");
    // Percentages that only round to nothing do proceed: the controller then takes one pod at a time.
    let is_zero = |it: Option<CountOrPercent>| it.map(CountOrPercent::is_zero);
    let zeros = (is_zero(rollout.max_surge), is_zero(rollout.max_unavailable));
    match (&service.fields.scale, zeros) {
        (Scale::PerNode, (Some(false), Some(false))) => sink.push(
            Diagnostic::at_value(
                &CODE,
                &at.join("maxSurge"),
                "on one node, the rollout would add a pod and take one away first",
            )
            .also(At::Node(at.join("maxUnavailable"), Part::Key), "one goes first")
            .note("Kubernetes refuses a DaemonSet with both above 0")
            .help("keep one of the two"),
        ),
        (Scale::PerNode, (Some(true), Some(true))) => sink.push(
            Diagnostic::at_value(
                &CODE,
                &at.join("maxSurge"),
                "the rollout may neither add a pod nor take one away",
            )
            .note("Kubernetes refuses a DaemonSet with both 0")
            .help("remove one of the two: the other then is 1"),
        ),
        (Scale::Fixed(_) | Scale::Hpa(_) | Scale::Keda(_), (Some(true), None | Some(true))) => sink.push(
            Diagnostic::at_value(
                &CODE,
                &at.join("maxSurge"),
                "the rollout may neither add a pod nor take one away",
            )
            .note("`maxUnavailable` is 0 as well, which is also its default")
            .help("write `maxSurge: 1`, or `maxUnavailable: 1` where a further pod has no place"),
        ),
        _ => {}
    }
}
