//! Runs that may take longer than until the next.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Warning, Sink};
use crate::model::{Concurrency, Moment};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG454",
    name: "run-longer-than-its-period",
    severity: Warning,
    docs: "\
## What it finds
A job on a schedule that may run for longer than the shortest time between two of its runs, and of which only one runs at a time.

## Why it matters
The run whose time comes meanwhile is left out, without a word.

## Example
```yaml
jobs: { sweep: { run: { schedule: \"*/10 * * * *\" }, activeDeadlineSeconds: 3600 } }
```

## What to do
Lower `activeDeadlineSeconds` to less than the time between two runs, or run it less often.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(job) = facts.resolved.job(component) else { return };
    let (Moment::Scheduled(schedule), Some(deadline)) = (&job.fields.run, job.fields.deadline) else {
        return;
    };
    let period = schedule.cron.period();
    if schedule.concurrency != Concurrency::Forbid || u64::from(deadline) <= period {
        return;
    }
    let message = format!("a run may take {deadline} s, and the next one comes {period} s after it began");
    sink.push(
        Diagnostic::at_value(&CODE, &component.route().join("activeDeadlineSeconds"), message)
            .also(At::Node(component.route().join("run"), Part::Key), "the shortest time between two runs")
            .note("a run whose time has come while the one before still runs is left out")
            .help(format!("set `activeDeadlineSeconds` to {period} at the most, or run it less often")),
    );
}
