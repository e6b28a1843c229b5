//! Runs that are too late before anybody looks.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::Moment;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG455",
    name: "starting-deadline-too-short",
    severity: Warning,
    docs: "\
## What it finds
A `startingDeadlineSeconds` of less than 10.

## Why it matters
The controller looks every ten seconds: a run that is due between two looks is too late already, and is left out (kubernetes.io, \"CronJob limitations\").

## Example
```yaml
jobs: { report: { run: { schedule: { cron: \"@hourly\", startingDeadlineSeconds: 5 } } } }
```

## What to do
Give it ten seconds at least; a few minutes outlast a restart of the controller.
",
};

/// The controller's rhythm, in seconds.
const RHYTHM: u32 = 10;

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(job) = facts.resolved.job(component) else { return };
    let Moment::Scheduled(schedule) = &job.fields.run else { return };
    let Some(deadline) = schedule.starting_deadline.filter(|it| *it < RHYTHM) else { return };
    let at = component.route().join("run").join("schedule").join("startingDeadlineSeconds");
    sink.push(
        Diagnostic::at_value(
            &CODE,
            &at,
            format!("a run that is {deadline} s late is left out, and most are"),
        )
        .note("the controller looks every 10 seconds")
        .help("give it 10 seconds at least, better some minutes"),
    );
}
