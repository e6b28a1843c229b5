//! Containers whose appetite nobody knows.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink, and_list};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG327",
    name: "missing-limits",
    severity: Warning,
    docs: "\
## What it finds
A component without a memory limit, or without a request for CPU or memory. A limit stands in for a missing request, as in Kubernetes. A CPU limit is nobody's duty: it only slows a program down on an idle node.

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
    let resources = facts.resolved.common(component).resources.as_ref();
    let mut missing = Vec::new();
    for resource in ["cpu", "memory"] {
        if facts.request(component, resource).is_none() {
            missing.push(format!("requests.{resource}"));
        }
    }
    if resources.is_none_or(|it| !it.limits.contains_key("memory")) {
        missing.push("limits.memory".to_owned());
    }
    if missing.is_empty() {
        return;
    }
    let at = component.route();
    let written = at.join("resources");
    let at = if facts.is_written(&written) { &written } else { at };
    let missing = and_list(missing.iter().map(String::as_str));
    sink.push(
        Diagnostic::at_key(&CODE, at, format!("the pods' resources lack {missing}"))
            .note("the scheduler overfills nodes, and one leak takes its neighbours with it")
            .help("write requests for CPU and memory, and a memory limit"),
    );
}
