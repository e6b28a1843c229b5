//! Privileged namespaces that nobody explains.

use super::pod_security_violation::{LATEST, caused, enforced};
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink, and_list};
use crate::k8s::pod_security::{Level, evaluate};
use crate::model::PodSecurityLevel;
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Stack(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG440",
    name: "privileged-without-reason",
    severity: Warning,
    docs: "\
## What it finds
A namespace whose Pod Security level is `privileged`, with components that depart from nothing or do not say why: neither the namespace gives a `reason`, nor the `securityContext` of each component in it. Of written objects: each control of the level `baseline` that their pods violate, where their namespace does not refuse them (SG402).

## Why it matters
In such a namespace every pod may do what the node may, also one that somebody else puts there. A component that needs nothing of it only gains neighbours.

## Example
```yaml
namespaces: { app: { podSecurity: privileged } }
services: { web: {} }
```

## What to do
Move what needs no privilege to a namespace that is `restricted`; or say why: `podSecurity: { enforce: privileged, reason: \"…\" }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    for (key, namespace) in &resolved.stack.namespaces {
        let level = &namespace.pod_security;
        let said = |it: Option<&String>| it.is_some_and(|it| !it.trim().is_empty());
        if level.enforce != PodSecurityLevel::Privileged || said(level.reason.as_ref()) {
            continue;
        }
        let explains = |it: &Component| {
            let mut containers = resolved.containers(it);
            containers.any(|it| said(it.security.reason.as_ref()))
        };
        let silent: Vec<&Component> =
            resolved.components.values().filter(|it| it.namespace == *key && !explains(it)).collect();
        let Some(first) = silent.first() else { continue };
        let names = and_list(silent.iter().map(|it| it.name.as_str()));
        let at = Route::of(&["namespaces", key.as_str(), "podSecurity"]);
        sink.push(
            Diagnostic::at_value(&CODE, &at, format!("nobody says why {names} may do what the node may"))
                .also(At::Node(first.route().clone(), Part::Key), format!("in `{key}`"))
                .note("whoever may make a pod in the namespace has the node")
                .help("move it to a namespace that is `restricted`")
                .help("or add the reason: `podSecurity: { enforce: privileged, reason: \"…\" }`"),
        );
    }
}

fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    // What the namespace refuses is said of that.
    let Some(pods) = object.pods().filter(|_| enforced(objects, object).is_none()) else { return };
    for violation in pods.typed().map(|it| evaluate(&it, Level::Baseline, LATEST)).unwrap_or_default() {
        let message =
            format!("the pods may do what only nodes should: {} ({})", violation.reason, violation.detail);
        sink.push(caused(pods, &violation).found(&CODE, message).help(violation.control.remedy));
    }
}
