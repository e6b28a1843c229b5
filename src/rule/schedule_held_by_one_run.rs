//! Schedules that one hanging run ends.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::{Concurrency, Moment};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG453",
    name: "schedule-held-by-one-run",
    severity: Warning,
    docs: "\
## What it finds
A job on a schedule without `activeDeadlineSeconds`, of which only one runs at a time (`concurrencyPolicy: Forbid`).

## Why it matters
A run that hangs runs for ever, and each that would follow is left out. Nothing fails, so nobody hears of it.

## Example
```yaml
jobs: { report: { run: { schedule: \"@daily\" } } }
```

## What to do
Set `activeDeadlineSeconds` to more than a run ever takes; or let the next run take its place, `concurrencyPolicy: Replace`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(job) = facts.resolved.job(component) else { return };
    let Moment::Scheduled(schedule) = &job.fields.run else { return };
    if job.fields.deadline.is_some() || schedule.concurrency != Concurrency::Forbid {
        return;
    }
    sink.push(
        Diagnostic::at_key(
            &CODE,
            &component.route().join("run"),
            "a run that hangs keeps all others from starting",
        )
        .note("a run whose time has come while the one before still runs is left out")
        .help("set `activeDeadlineSeconds`, or `concurrencyPolicy: Replace`"),
    );
}
