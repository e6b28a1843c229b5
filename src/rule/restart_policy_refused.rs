//! Restart policies that a controller does not take.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG381",
    name: "restart-policy-refused",
    severity: Error,
    docs: "\
## What it finds
A Deployment, StatefulSet, DaemonSet or ReplicaSet whose `restartPolicy` is not `Always`, and a Job or CronJob whose is neither `Never` nor `OnFailure`.

## Why it matters
The API server refuses it.

## Example
```yaml
kind: CronJob
spec: { jobTemplate: { spec: { template: { spec: { restartPolicy: Always } } } } }
```

## What to do
Leave it out of what runs for ever; write `Never` or `OnFailure` for what ends.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let at = pods.spec.below("restartPolicy");
    let (fits, help) = match object.kind {
        "Pod" | "PodTemplate" => return,
        "Job" | "CronJob" => (matches!(at.text(), "Never" | "OnFailure"), "write `Never` or `OnFailure`"),
        _ => (matches!(at.text(), "" | "Always"), "leave `restartPolicy` out"),
    };
    if !fits {
        let message = format!("a {} takes no `restartPolicy: {}`", object.kind, at.text_or("Always"));
        sink.push(at.found(&CODE, message).note("the API server refuses it").help(help));
    }
}
