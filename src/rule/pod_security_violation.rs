//! Pods that PodSecurity admission refuses: every control is one of `k8s::pod_security`.

use super::objects::{DEFAULT, Pods, Spot};
use super::{Check, Facts, Objects, Rule, Written, origin};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::k8s::pod_security::{Cause, Level, Violation, evaluate};
use crate::model::{PodSecurityLevel, PodSecurityVersion};
use crate::resolve::Component;

/// The standard that is `latest`, where nobody names a cluster: that of the newest that is known.
pub(super) const LATEST: u16 = super::unknown_platform_version::KNOWN.1.minor;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Object(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG402",
    name: "pod-security-violation",
    severity: Error,
    docs: "\
## What it finds
A pod below the Pod Security level that its namespace enforces, by the standard of `podSecurity.version`: `latest` is that of `cluster.kubernetes`, and a newer one is not known to the cluster either. Each control that is violated is one finding, in the words of the API server, with every container that violates it. Init containers, sidecars and ephemeral containers count as well. Levels that only `warn` or `audit` name are no findings: they refuse nothing, and who sets them apart from `enforce` wants to hear it from the cluster. Of written objects, the labels of their Namespace say the level.

## Why it matters
Admission refuses the pods. The Deployment is there, has no pods, and says so in its events only.

## Example
```yaml
namespaces: { app: { podSecurity: restricted } }
services: { web: { namespace: app, securityContext: { runAsUser: 0, reason: \"…\" } } }
```

## What to do
Bring the pod up to the level as the finding says; or move the component to a namespace of its own with a lower level.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let Some((key, namespace)) = facts.namespace_of(component, object) else { return };
    let place = Route::of(&["namespaces", key.as_str(), "podSecurity"]);
    // Of a namespace that someone else makes, only what is written is known.
    if namespace.existing && !facts.is_written(&place) {
        return;
    }
    let security = &namespace.pod_security;
    let level = match security.enforce {
        PodSecurityLevel::Privileged => return,
        PodSecurityLevel::Baseline => Level::Baseline,
        PodSecurityLevel::Restricted => Level::Restricted,
    };
    let cluster = facts.resolved.stack.cluster.kubernetes.minor;
    let minor = match security.version {
        PodSecurityVersion::Latest => cluster,
        PodSecurityVersion::Minor(minor) => minor.min(cluster),
    };
    let id = object.id();
    let name = component.map_or(id.name.as_ref(), |it| it.name.as_str());
    for violation in evaluate(&pods, level, minor) {
        let Violation { control, reason, detail, .. } = &violation;
        let message = format!(
            "namespace `{key}` enforces `{}` and refuses `{name}`: {reason} ({detail})",
            security.enforce.as_str()
        );
        let mut places = match component {
            Some(component) => places(facts, component, &violation),
            None => vec![origin(facts.resolved, &id, 0)],
        }
        .into_iter();
        let Some(first) = places.next() else { continue };
        let mut found = Diagnostic::at_key(&CODE, &first, message);
        for further in places {
            found = found.also(At::Node(further, Part::Key), "here as well");
        }
        sink.push(
            found
                .also(At::Node(place.clone(), Part::Key), "the level is enforced here")
                .note("the controller is created, but none of its pods")
                .help(control.remedy)
                .help("or give the component a namespace with a lower level"),
        );
    }
}

/// The labels of the Namespace, where it is among the objects, say what is enforced.
fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let Some((enforced, level, minor)) = enforced(objects, object) else { return };
    for violation in pods.typed().map(|it| evaluate(&it, level, minor)).unwrap_or_default() {
        let Violation { control, reason, detail, .. } = &violation;
        let message = format!(
            "the namespace enforces `{}` and refuses these pods: {reason} ({detail})",
            enforced.text()
        );
        sink.push(
            caused(pods, &violation)
                .found(&CODE, message)
                .also(enforced.at(), "the level is enforced here")
                .note("the controller is created, but none of its pods")
                .help(control.remedy),
        );
    }
}

/// The level that refuses pods of an object, where its Namespace says one: the label, the level and its version.
pub(super) fn enforced<'a>(objects: &Objects<'a>, object: &Written<'_>) -> Option<(Spot<'a>, Level, u16)> {
    let namespace = objects.find("", "Namespace", DEFAULT, object.namespace)?;
    let labels = namespace.root.below("metadata.labels");
    let enforced = labels.key("pod-security.kubernetes.io/enforce");
    let level = match enforced.text() {
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        _ => return None,
    };
    let version = labels.key("pod-security.kubernetes.io/enforce-version").text();
    let minor = version.strip_prefix("v1.").and_then(|it| it.parse().ok()).unwrap_or(LATEST);
    Some((enforced, level, minor))
}

/// Where pods say what violates a control.
pub(super) fn caused<'a>(pods: &Pods<'a>, violation: &Violation) -> Spot<'a> {
    let at = match violation.causes.first() {
        Some(Cause::Container(name)) => {
            let own = pods.containers().into_iter().find(|it| it.name == name);
            own.map_or_else(|| pods.spec.clone(), |it| it.spot)
        }
        Some(Cause::Annotation(key)) => return pods.template.below("metadata.annotations").key(key),
        _ => pods.spec.clone(),
    };
    let fields =
        violation.control.fields.iter().map(|steps| steps.iter().fold(at.clone(), |at, it| at.key(it)));
    fields.into_iter().find(Spot::is_written).unwrap_or(at)
}

/// Where the stack says what violates a control, in the order of the pod, each place once.
fn places(facts: &Facts<'_>, component: &Component, violation: &Violation) -> Vec<Route> {
    let mut found = Vec::new();
    for cause in &violation.causes {
        let at = match cause {
            // The pod says what its main container says.
            Cause::Pod => component.route().clone(),
            Cause::Container(name) => facts.container_at(component, name),
            Cause::Annotation(key) => {
                let own = component.route().join("annotations").join(key);
                if facts.is_written(&own) {
                    found.push(own);
                    continue;
                }
                facts.container_at(component, key.rsplit('/').next().unwrap_or_default())
            }
        };
        let fields = violation.control.fields.iter();
        let fields: Vec<Route> =
            fields.map(|steps| steps.iter().fold(at.clone(), |route, step| route.join(step))).collect();
        // What is not written is a default, and told so where it would stand.
        let field = fields.iter().find(|it| facts.is_written(it)).or(fields.first());
        found.push(field.unwrap_or(&at).clone());
    }
    found.dedup();
    found
}
