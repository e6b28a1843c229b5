//! Names that grow too long in the cluster.

use k8s_openapi::api::core::v1::PodSpec;

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::k8s::Object;
use crate::model::Role;
use crate::resolve::Component;

/// A DNS label (RFC 1123) and a label's value.
const LABEL: usize = 63;
/// What is left of it before `-` and the ten characters of a revision's hash.
const STATEFUL_SET: usize = LABEL - 11;
/// What is left of it before `-` and the minutes since 1970 (`ValidateCronJobCreate` of Kubernetes).
const CRON_JOB: usize = LABEL - 11;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Object(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG330",
    name: "name-too-long",
    severity: Error,
    docs: "\
## What it finds
A component whose name is fine itself, but not with what Kubernetes or stackgen puts behind it: the name of a StatefulSet or CronJob of more than 52 characters, or that of a Service (`NAME-headless`, `NAME-public`) or Job of more than 63; a container beside the main one, with what its volumes have behind its name.

## Why it matters
A StatefulSet's pods bear the label `controller-revision-hash: NAME-0123456789`, and a label's value has at most 63 characters: the StatefulSet is created and never gets a pod (<https://github.com/kubernetes/kubernetes/issues/64023>). So do the pods of a Job its name, and a CronJob puts a number of 11 characters behind its own for each Job. A Service's name is a DNS label, and so is a volume's.

## Example
```yaml
stateful: { the-ledger-of-all-transfers-between-customers-and-merchants: { kind: postgres } }
```

## What to do
Give the component or container a shorter name.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    if let (Some(component), Some(pod)) = (component, object.pod_template().and_then(|it| it.spec.as_ref())) {
        volumes(facts, component, pod, sink);
    }
    let name = object.metadata().and_then(|it| it.name.as_deref()).unwrap_or_default();
    if let Some(component) = component {
        let at = At::Node(component.route().clone(), Part::Key);
        sink.extend(judge(object.kind(), name, at, "component's "));
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    sink.extend(judge(object.kind, object.name, object.named().at(), ""));
}

fn judge(kind: &str, name: &str, at: At, whose: &str) -> Option<Diagnostic> {
    let (limit, why) = match kind {
        "StatefulSet" => {
            (STATEFUL_SET, "its pods bear the name and a hash in a label of at most 63 characters")
        }
        "CronJob" => (CRON_JOB, "its Jobs bear the name and a number in a label of at most 63 characters"),
        "Job" => (LABEL, "its pods bear the name in a label of at most 63 characters"),
        "Service" => (LABEL, "the name of a Service is a DNS label"),
        _ => return None,
    };
    let over = name.len().checked_sub(limit).filter(|it| *it > 0)?;
    let message =
        format!("the {kind} `{name}` has a name of {} characters, {limit} are possible", name.len());
    Some(Diagnostic::new(&CODE, at, message).note(why).help(format!("shorten the {whose}name by {over}")))
}

/// Volumes of a container beside the main one are named after it.
fn volumes(facts: &Facts<'_>, component: &Component, pod: &PodSpec, sink: &mut Sink) {
    for one in facts.resolved.containers(component).filter(|it| it.role != Role::Main) {
        let mut names = pod.volumes.iter().flatten().map(|it| it.name.as_str());
        let Some(name) = names.find(|it| it.len() > LABEL && it.starts_with(&one.infix())) else { continue };
        let message =
            format!("the volume `{name}` has a name of {} characters, {LABEL} are possible", name.len());
        sink.push(
            Diagnostic::at_key(&CODE, &one.at(), message)
                .note("the name of a volume is a DNS label")
                .help(format!("shorten the container's name by {}", name.len() - LABEL)),
        );
    }
}
