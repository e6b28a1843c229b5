//! Containers whose appetite nobody knows.

use super::{Check, Facts, Objects, Rule, Written, request};
use crate::diag::{Code, Diagnostic, Route, Severity::Warning, Sink, and_list};
use crate::model::{Resources, Role};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG327",
    name: "missing-limits",
    severity: Warning,
    docs: "\
## What it finds
A component, or a container beside it, without a memory limit, or without a request for CPU or memory. A limit stands in for a missing request, as in Kubernetes. A CPU limit is nobody's duty: it only slows a program down on an idle node.

## Why it matters
Without requests the scheduler puts pods where there is no room. Without a memory limit one leak takes the node's other pods with it.

## Example
```yaml
services: { web: { resources: { requests: { cpu: 100m } } } }
```

## What to do
Write both requests and the memory limit; a memory limit equal to the request is the safest.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    judge(facts, facts.resolved.common(component).resources.as_deref(), component.route(), "pods'", sink);
    for side in facts.resolved.containers(component).filter(|it| it.role != Role::Main) {
        judge(facts, side.resources, &side.at(), "container's", sink);
    }
}

fn judge(facts: &Facts<'_>, resources: Option<&Resources>, at: &Route, whose: &str, sink: &mut Sink) {
    let mut missing = Vec::new();
    for resource in ["cpu", "memory"] {
        if request(resources, resource).is_none() {
            missing.push(format!("requests.{resource}"));
        }
    }
    if resources.is_none_or(|it| !it.limits.contains_key("memory")) {
        missing.push("limits.memory".to_owned());
    }
    if missing.is_empty() {
        return;
    }
    let written = at.join("resources");
    let at = if facts.is_written(&written) { &written } else { at };
    let missing = and_list(missing.iter().map(String::as_str));
    sink.push(complete(Diagnostic::at_key(&CODE, at, format!("the {whose} resources lack {missing}"))));
}

fn complete(found: Diagnostic) -> Diagnostic {
    found
        .note("the scheduler overfills nodes, and one leak takes its neighbours with it")
        .help("write requests for CPU and memory, and a memory limit")
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let at = container.spot.below("resources");
        let said = |path: &str| at.below(path).is_written();
        let mut missing = Vec::new();
        for resource in ["cpu", "memory"] {
            if !said(&format!("requests.{resource}")) && !said(&format!("limits.{resource}")) {
                missing.push(format!("requests.{resource}"));
            }
        }
        if !said("limits.memory") {
            missing.push("limits.memory".to_owned());
        }
        if !missing.is_empty() {
            let missing = and_list(missing.iter().map(String::as_str));
            let message = format!("the resources of `{}` lack {missing}", container.name);
            sink.push(complete(at.found(&CODE, message)));
        }
    }
}
