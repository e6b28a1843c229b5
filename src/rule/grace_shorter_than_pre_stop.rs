//! Pods that are killed while they wait to stop.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::model::Stop;
use crate::resolve::Component;

/// Seconds that a program needs at least to finish what it has begun.
const LEAST: u64 = 5;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG324",
    name: "grace-shorter-than-pre-stop",
    severity: Error,
    docs: "\
## What it finds
A `preStop` sleep that takes the whole grace period. Less than 5 seconds left over are a warning.

## Why it matters
The grace period begins with the sleep. A program that is told to stop when no time is left is killed in the middle of its requests; Kubernetes refuses a sleep that is longer than the period.

## Example
```yaml
services: { web: { preStop: { sleep: 30s } } }      # of terminationGracePeriodSeconds: 30
```

## What to do
Sleep about 5 seconds, until the endpoints are gone everywhere, and leave the program the time that its longest request takes.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some((_, pod)) = facts.resolved.pod(component) else { return };
    for one in facts.resolved.containers(component) {
        if let Some(Stop::Sleep(sleep)) = &one.container.pre_stop {
            judge(facts, component, &one.at(), sleep.seconds(), u64::from(pod.grace), sink);
        }
    }
}

fn judge(facts: &Facts<'_>, component: &Component, at: &Route, sleep: u64, grace: u64, sink: &mut Sink) {
    let left = grace.saturating_sub(sleep);
    if left >= LEAST {
        return;
    }
    let message = match left {
        0 => format!("the sleep of {sleep} s takes all {grace} s until the kill"),
        _ => format!("the sleep of {sleep} s leaves {left} s of {grace} s until the kill"),
    };
    let mut found = Diagnostic::at_value(&CODE, &at.join("preStop").join("sleep"), message);
    let period = component.route().join("terminationGracePeriodSeconds");
    if facts.document.find(&period).is_some() {
        found = found.also(At::Node(period, Part::Value), "the grace period, which the sleep is part of");
    }
    if left > 0 {
        found.severity = Warning;
    }
    sink.push(
        found
            .note("the program is told to stop only after the sleep")
            .help("sleep less, or raise `terminationGracePeriodSeconds`"),
    );
}
