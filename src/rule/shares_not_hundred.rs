//! Shares of a canary that are not those of a whole.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::{Rollout, Weights};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG480",
    name: "shares-not-hundred",
    severity: Error,
    docs: "\
## What it finds
`weights` of a canary that do not add to 100.

## Why it matters
A gateway divides by the sum, whatever it is, so 90 and 1 are not 90 % and 1 %; Istio wants the sum to be 100. Who reads the stack is told something else than what happens.

## Example
```yaml
services: { web: { rollout: { canary: { weights: { stable: 90, canary: 1 }, image: \"ghcr.io/example/web:2.0.0\" } } } }
```

## What to do
Change one of the two.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(canary) = facts.resolved.rollout(component).and_then(Rollout::weighted) else { return };
    let Weights { stable, canary } = canary.weights;
    let sum = u64::from(stable) + u64::from(canary);
    if sum == 100 {
        return;
    }
    let at = component.route().join("rollout").join("canary").join("weights");
    let message = format!("the shares add to {sum}, not to 100: `stable` {stable} and `canary` {canary}");
    let found = Diagnostic::at_key(&CODE, &at, message);
    sink.push(match (100_u32.checked_sub(canary), 100_u32.checked_sub(stable)) {
        (Some(rest), _) => found.help(format!("write `stable: {rest}`")),
        (None, Some(rest)) => found.help(format!("write `canary: {rest}`")),
        (None, None) => found.help("write two shares in percent, 100 together"),
    });
}
