//! What cannot be gone on with.

use std::collections::BTreeSet;

use super::seen::Pods;
use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink, it_has};
use crate::model::Adopt;
use crate::resolve::{Component, Delivery, Section};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Stack(parts)]) };

static CODE: Code = Code {
    id: "SG607",
    name: "nothing-to-adopt",
    severity: Error,
    docs: "\
## What it finds
An `adopt` that cannot hold: of a job that is no `CronJob`, or of the selector of one; of a tier that an operator runs; the selector of a tier that has pods of several controllers (a Job beside it counts), or what only a StatefulSet has where there is none, or several; a claim that the tier does not have, or the name of another one; a Service of a component without ports.

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
    if component.section != Section::Stateful {
        for key in given(adopt) {
            sink.push(
                Diagnostic::at_key(&CODE, &at.join(key), format!("`{}` is no StatefulSet", component.name))
                    .help("remove it; what is a StatefulSet in the cluster is a tier, of kind `custom` where no other fits"),
            );
        }
    }
    if adopt.headless.as_ref() == Some(&component.service) {
        let message =
            format!("the Service of clients and the headless one would both be `{}`", component.service);
        sink.push(
            Diagnostic::at_value(&CODE, &at.join("headless"), message)
                .note("who calls it from outside the stack goes on by the headless one")
                .help(format!(
                    "add `service: {}-clients`: components of the stack then call that one",
                    component.name
                )),
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

/// What of the kept things no single controller has.
fn parts(facts: &Facts<'_>, sink: &mut Sink) {
    for component in facts.resolved.components.values() {
        let Some(adopt) = facts.resolved.adopted(component) else { continue };
        let at = component.route().join("adopt");
        let own: Vec<&Pods> = facts.seen.pods.iter().filter(|it| it.component == component.name).collect();
        if let ([first, other, ..], false) = (&own[..], adopt.selector.is_empty()) {
            let message = format!(
                "pods of the {} and of the {} would both bear these labels",
                first.title, other.title
            );
            sink.push(
                Diagnostic::at_key(&CODE, &at.join("selector"), message)
                    .note("one selector cannot belong to several controllers")
                    .help("leave `selector` out: `stackgen diff` says how the pods that run get the new labels first"),
            );
        }
        if component.section == Section::Stateful && !own.is_empty() {
            let sets: Vec<&Pods> = own.into_iter().filter(|it| it.headless.is_some()).collect();
            of_set(component, adopt, &sets, sink);
        }
    }
}

/// What is kept of the StatefulSet of a tier.
fn of_set(component: &Component, adopt: &Adopt, sets: &[&Pods], sink: &mut Sink) {
    let at = component.route().join("adopt");
    let [set] = sets else {
        for key in given(adopt) {
            let message = format!("`{}` has {} StatefulSets", component.name, sets.len());
            sink.push(
                Diagnostic::at_key(&CODE, &at.join(key), message)
                    .note("it does not say of which this is kept")
                    .help("remove it; data under other names is moved as its engine does"),
            );
        }
        return;
    };
    if let Some(kept) = adopt.headless.as_ref().filter(|it| Some(it.as_str()) != set.headless.as_deref()) {
        let message =
            format!("the pods of this tier have their names by a Service of its own, not by `{kept}`");
        sink.push(
            Diagnostic::at_value(&CODE, &at.join("headless"), message)
                .help("remove `headless`: the StatefulSet is made anew, and its pods and claims stay"),
        );
    }
    let renamed = |it: &str| adopt.claims.get(it).is_some_and(|it| it.name.is_some());
    let mut taken: BTreeSet<&str> = set.claims.iter().map(String::as_str).filter(|it| !renamed(it)).collect();
    for (key, claim) in &adopt.claims {
        let at = at.join("claims").join(key.as_str());
        if !set.claims.iter().any(|it| it == key.as_str()) {
            let message = format!("no claim of `{}` is called `{key}` here", component.name);
            sink.push(
                Diagnostic::at_key(&CODE, &at, message).help(it_has(set.claims.iter().map(String::as_str))),
            );
            continue;
        }
        let Some(name) = &claim.name else { continue };
        if !taken.insert(name.as_str()) {
            let message = format!("two claims of `{}` would be called `{name}`", component.name);
            sink.push(
                Diagnostic::at_value(&CODE, &at.join("name"), message)
                    .note("claims are found by their names: one would have the data of the other")
                    .help(
                        "give each claim the name of the template that the old pod mounts at the same path",
                    ),
            );
        } else if set.volumes.iter().any(|it| it == name.as_str()) {
            let message = format!("a volume of the pods is called `{name}` already");
            sink.push(
                Diagnostic::at_value(&CODE, &at.join("name"), message)
                    .note("the claim would take its place")
                    .help("this name cannot be kept here: a tier of kind `custom` says itself what its volumes are"),
            );
        }
    }
}

/// The keys of what only a StatefulSet has.
fn given(adopt: &Adopt) -> impl Iterator<Item = &'static str> {
    let all = [
        ("headless", adopt.headless.is_some()),
        ("claims", !adopt.claims.is_empty()),
        ("podManagementPolicy", adopt.pod_management.is_some()),
    ];
    all.into_iter().filter_map(|(key, it)| it.then_some(key))
}
