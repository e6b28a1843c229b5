//! What cannot be gone on with.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::resolve::{Component, Delivery, Section};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Stack(parts)]) };

static CODE: Code = Code {
    id: "SG607",
    name: "nothing-to-adopt",
    severity: Error,
    docs: "\
## What it finds
An `adopt` that cannot hold: of a job that is no `CronJob`, or of the selector of one; of a tier that an operator runs; the selector of a tier that has pods of several controllers; a Service of a component without ports.

## Why it matters
A Job never changes, so it is made anew under a name of its own, and a `CronJob` selects nothing. What an operator makes has the operator's names and labels. One selector cannot belong to several controllers.

## Example
```yaml
jobs: { migrate: { run: { before-rollout: [ web ] }, adopt: { name: db-migrate } } }
```

## What to do
Remove what cannot be kept. For data under other names, describe the tier beside the one that runs, and move the data as its engine does.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(adopt) = resolved.adopted(component) else { return };
    let at = component.route().join("adopt");
    let scheduled = resolved.delivery(component) == Some(Delivery::Scheduled);
    if component.section == Section::Jobs && !scheduled {
        sink.push(
            Diagnostic::at_key(&CODE, &at, "a Job never changes: each version of it is a new one")
                .help("remove `adopt`; Jobs that have run can be deleted"),
        );
        return;
    }
    let tier = resolved.tier(component);
    if tier.is_some_and(|it| !it.operator_objects(component.name.as_str()).is_empty()) {
        sink.push(
            Diagnostic::at_key(&CODE, &at, "an operator runs this tier, and calls its objects as it will")
                .note("its pods and claims have the operator's labels and names")
                .help("remove `adopt`, and give the tier the name that the operator's resource has in the cluster"),
        );
        return;
    }
    if component.section == Section::Jobs && !adopt.selector.is_empty() {
        sink.push(
            Diagnostic::at_key(&CODE, &at.join("selector"), "a `CronJob` selects nothing")
                .help("remove `selector`: its name is all that is kept"),
        );
    }
    if adopt.service.is_some() && component.endpoints.ports.is_empty() {
        sink.push(
            Diagnostic::at_key(&CODE, &at.join("service"), format!("`{}` has no Service", component.name))
                .note("nobody calls it: it listens on no port")
                .help("remove `service`, or add the `ports` on which it listens"),
        );
    }
}

fn parts(facts: &Facts<'_>, sink: &mut Sink) {
    for component in facts.resolved.components.values() {
        let kept = facts.resolved.adopted(component).is_some_and(|it| it.labels().is_some());
        let mut own = facts.seen.pods.iter().filter(|it| it.component == component.name);
        let (Some(first), Some(other)) = (own.next(), own.next()) else { continue };
        if kept {
            let message = format!(
                "pods of the {} and of the {} would both bear these labels",
                first.title, other.title
            );
            sink.push(
                Diagnostic::at_key(&CODE, &component.route().join("adopt").join("selector"), message)
                    .note("one selector cannot belong to several controllers")
                    .help("remove what the other one is for, or leave `selector` out"),
            );
        }
    }
}
