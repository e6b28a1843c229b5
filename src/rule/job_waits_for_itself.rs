//! Jobs that wait for what waits for them.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::{Moment, Name};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG450",
    name: "job-waits-for-itself",
    severity: Error,
    docs: "\
## What it finds
A job that runs before the rollout of a component, and that uses this component, or something that does.

## Why it matters
The component waits for the job, and the job for the component: neither ever starts.

## Example
```yaml
services: { api: { ports: { http: 8080 }, uses: [ db ] } }
jobs: { migrate: { uses: [ api ], run: { before-rollout: [ api ] } } }
```

## What to do
Let the job do its work without what it gates: a migration needs the database, not the service. What needs the service runs once it is there: `run: after-rollout`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(job) = resolved.job(component) else { return };
    let Some(circle) = resolved.circle(component).filter(|_| matches!(job.fields.run, Moment::Before(_)))
    else {
        return;
    };
    let names = circle.iter().map(|it| &it.name).chain([&component.name]).map(Name::as_str);
    let shown = names.collect::<Vec<_>>().join(" → ");
    let waits =
        |on: &Component, name: &Name| on.route().join("run").join("before-rollout").join(name.as_str());
    let last = circle[circle.len() - 1];
    let message = format!("`{}` waits for what waits for it: {shown}", component.name);
    let mut found = Diagnostic::at_value(&CODE, &waits(component, &last.name), message);
    for pair in circle.windows(2) {
        let [from, to] = pair else { continue };
        // It uses the next one, or the next one is a job before it.
        let (at, text) = if from.waits_for.contains(&to.name) {
            (waits(to, &from.name), format!("`{}` waits for `{}`", from.name, to.name))
        } else {
            (from.route().join("uses").join(to.name.as_str()), format!("`{}` uses `{}`", from.name, to.name))
        };
        found = found.also(At::Node(at, Part::Value), text);
    }
    sink.push(
        found.help("break the circle: the job must do without what it runs before, or run `after-rollout`"),
    );
}
