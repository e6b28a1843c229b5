//! Steps of a canary that lead nowhere.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::{CanaryStep, Rollout};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG484",
    name: "steps-go-back",
    severity: Error,
    docs: "\
## What it finds
`steps` of a canary in which a `weight` is below the one before or above 100, or in which there is no `weight`.

## Why it matters
What has been tried with many requests is tried with fewer: a number is mistaken, or the steps are in the wrong order. Without any weight the new version gets everything at once.

## Example
```yaml
services: { web: { rollout: { canary: { steps: [ { weight: 50 }, { pause: 10m }, { weight: 20 } ] } } } }
```

## What to do
Write the steps so that the shares rise.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(stepped) = facts.resolved.rollout(component).and_then(Rollout::stepped) else { return };
    let at = component.route().join("rollout").join("canary").join("steps");
    let mut last: Option<(usize, u32)> = None;
    for (index, step) in stepped.steps.iter().enumerate() {
        let CanaryStep::Weight(weight) = step else { continue };
        let place = |index| at.index(index).join("weight");
        if *weight > 100 {
            let message = format!("a share of {weight} % of the requests");
            sink.push(Diagnostic::at_value(&CODE, &place(index), message).help("write a number up to 100"));
        }
        if let Some((before, higher)) = last.filter(|(_, it)| it > weight) {
            sink.push(
                Diagnostic::at_value(
                    &CODE,
                    &place(index),
                    format!("the share falls from {higher} % to {weight} %"),
                )
                .also(At::Node(place(before), Part::Value), "the step before")
                .help("let the shares rise from step to step"),
            );
        }
        last = Some((index, *weight));
    }
    if last.is_none() {
        sink.push(
            Diagnostic::at_key(&CODE, &at, "no step has a `weight`: the new version gets everything at once")
                .help("begin with `weight: 10`, or remove `rollout`"),
        );
    }
}
