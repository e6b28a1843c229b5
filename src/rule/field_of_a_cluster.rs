//! Fields of pods that Compose cannot give.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::{Profile, Value};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG552",
    name: "field-of-a-cluster",
    severity: Error,
    docs: "\
## What it finds
A variable of a container that is taken from a field of its pod that a container of Compose does not have: an address, a node, a unique id. And what a node gives to a container by a name of its own: a device such as `nvidia.com/gpu`, a seccomp profile in the kubelet's folder.

## Why it matters
It would be missing, and the program would start without it.

## Example
```yaml
services: { web: { env: { POD_IP: { field: status.podIP } } } }     # and an environment with `target: compose`
```

## What to do
Give it another value in the environment: a program that listens on all addresses needs `0.0.0.0`, and one that names itself to others its own name.
",
};

/// What a container of Compose has, too.
const KNOWN: [&str; 3] = ["metadata.name", "metadata.namespace", "spec.serviceAccountName"];

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    if !resolved.is_compose() {
        return;
    }
    let common = resolved.common(component);
    let given = |field: &str| {
        let key = |section: &str| field.strip_prefix(section)?.strip_prefix("['")?.strip_suffix("']");
        key("metadata.labels").is_some_and(|it| common.labels.contains_key(it))
            || key("metadata.annotations").is_some_and(|it| common.annotations.contains_key(it))
    };
    for one in resolved.containers(component) {
        let limits = one.resources.map(|it| &it.limits);
        for (name, _) in limits.into_iter().flatten().filter(|(name, _)| name.contains('/')) {
            let at = one.at().join("resources").join("limits").join(name);
            let message = format!("`{name}` is a device of a node, which Compose does not give");
            sink.push(
                Diagnostic::at_value(&CODE, &at, message).help("remove it in this environment by `null`"),
            );
        }
        if matches!(one.security.seccomp, Profile::Localhost(_)) {
            let at = one.at().join("securityContext").join("seccompProfile");
            let message = "the seccomp profile is in a folder of the kubelet, which is not here";
            sink.push(
                Diagnostic::at_value(&CODE, &at, message)
                    .help("write `RuntimeDefault` or `Unconfined` in this environment"),
            );
        }
        for (name, value) in &one.container.env {
            let Value::Field(field) = value else { continue };
            if KNOWN.contains(&field.as_str()) || given(field) {
                continue;
            }
            let message =
                format!("`{name}` is taken from `{field}`, which a container of Compose does not have");
            sink.push(
                Diagnostic::at_value(&CODE, &one.at().join("env").join(name.as_str()), message)
                    .help("give it another value in this environment, or remove it there by `null`"),
            );
        }
    }
}
