//! Pods that are killed while they wait to stop.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::model::{Role, Stop};
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
A `preStop` sleep that takes the whole grace period, or that leaves no more of it than the program takes to finish (`drain`). Without `drain`, less than 5 seconds left over are a warning. How long a `preStop` command takes is not checked.

## Why it matters
The grace period begins with the sleep. A program that is told to stop when no time is left is killed in the middle of its requests; Kubernetes refuses a sleep that is longer than the period.

## Example
```yaml
services: { web: { preStop: { sleep: 30s } } }      # of terminationGracePeriodSeconds: 30
```

## What to do
Sleep about 5 seconds, until the endpoints are gone everywhere, and leave the program the time that its longest request takes: `terminationGracePeriodSeconds` above the sum of both.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some((_, pod)) = facts.resolved.pod(component) else { return };
    let grace = u64::from(pod.grace);
    for one in facts.resolved.containers(component) {
        let sleep = match &one.container.pre_stop {
            Some(Stop::Sleep(sleep)) => Some(sleep.seconds()),
            Some(Stop::Exec(_)) | None => None,
        };
        match (&pod.drain, sleep) {
            (Some(drain), _) if one.role == Role::Main => {
                drained(facts, component, drain.seconds(), sleep, grace, sink);
            }
            (_, Some(sleep)) => judge(facts, component, &one.at(), sleep, grace, sink),
            (_, None) => {}
        }
    }
}

/// Whether the program has finished before the kill, where the stack says how long it takes.
fn drained(
    facts: &Facts<'_>,
    component: &Component,
    drain: u64,
    sleep: Option<u64>,
    grace: u64,
    sink: &mut Sink,
) {
    let needed = sleep.unwrap_or(0).saturating_add(drain);
    if needed < grace {
        return;
    }
    let sum = match sleep {
        Some(sleep) => format!("{sleep} s of sleep and {drain} s of drain"),
        None => format!("{drain} s of drain"),
    };
    let message = format!("{sum} take {needed} s of {grace} s until the kill");
    let at = component.route();
    let mut found = Diagnostic::at_value(&CODE, &at.join("drain"), message);
    if sleep.is_some() {
        found = found.also(At::Node(at.join("preStop").join("sleep"), Part::Value), "the sleep comes first");
    }
    let period = at.join("terminationGracePeriodSeconds");
    if facts.is_written(&period) {
        found = found.also(At::Node(period, Part::Value), "the grace period, which both are part of");
    }
    sink.push(
        found
            .note("what is not finished by then is lost")
            .help(format!("raise `terminationGracePeriodSeconds` above {needed}")),
    );
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
