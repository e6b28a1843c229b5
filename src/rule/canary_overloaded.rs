//! Canaries with fewer pods than their share needs.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::Scale;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG483",
    name: "canary-overloaded",
    severity: Warning,
    docs: "\
## What it finds
A canary each of whose pods gets more requests than a pod of the service had before there was a canary, at the most pods that the service runs.

## Why it matters
An autoscaler of the service looks at the old version alone, and the canary has the pods that it says. Too few of them are slow, and what is seen of the new version is its load.

## Example
```yaml
services: { web: { scale: 10, rollout: { canary: { weights: { stable: 50, canary: 50 }, image: \"ghcr.io/example/web:2.0.0\" } } } }      # one pod gets what five had
```

## What to do
Give the canary its part of the pods: at 50 %, half as many as the service has.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some((canary, weights)) = resolved.canary(component).filter(|(_, it)| it.canary > 0) else { return };
    let most = |it: &Component| resolved.service(it).and_then(|it| it.fields.scale.ceiling());
    let (Some(before), Some(pods)) = (most(component), most(canary)) else { return };
    // A pod had 1 / before of the requests, and has share / (100 * pods) now.
    let needed = (u64::from(weights.canary) * u64::from(before)).div_ceil(100);
    if pods == 0 || u64::from(pods) >= needed {
        return;
    }
    let share = component.route().join("rollout").join("canary").join("weights").join("canary");
    let message = format!(
        "{pods} {} for {} % of what up to {before} answer",
        if pods == 1 { "pod" } else { "pods" },
        weights.canary
    );
    let mut found = Diagnostic::at_value(&CODE, &share, message);
    if matches!(resolved.service(component).map(|it| &it.fields.scale), Some(Scale::Hpa(_) | Scale::Keda(_)))
    {
        found = found.note("the service's own autoscaler looks at the old version alone");
    }
    sink.push(found.help(format!("write `scale: {needed}` in `canary`")));
}
