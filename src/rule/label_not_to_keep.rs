//! Labels that no selector can be kept with.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG605",
    name: "label-not-to-keep",
    severity: Error,
    docs: "\
## What it finds
A label in `adopt.selector` that a controller gives its pods itself (`pod-template-hash`), that says a version (`app.kubernetes.io/version`, `helm.sh/chart`), or that `labels` of the component has with another value.

## Why it matters
A selector never changes. The pods of the next version would have another value, and their own controller would not know them; the API server refuses it then.

## Example
```yaml
services: { web: { adopt: { selector: { app: web, app.kubernetes.io/version: \"1.4\" } } } }
```

## What to do
Write what stands at `spec.selector.matchLabels` of the Deployment, StatefulSet or DaemonSet, not the labels of its pods. Where a version does stand there, the selector cannot be kept: `stackgen diff` says how the object is made anew without a gap.
",
};

/// What controllers give pods (kubernetes.io/docs/reference/labels-annotations-taints; argo-rollouts.readthedocs.io).
const OF_CONTROLLERS: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// What says a version.
const OF_VERSIONS: [&str; 2] = ["app.kubernetes.io/version", "helm.sh/chart"];

/// Whether a selector with this label can be kept.
#[must_use]
pub fn can_be_kept(key: &str) -> bool {
    !OF_CONTROLLERS.contains(&key) && !OF_VERSIONS.contains(&key)
}

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(adopt) = facts.resolved.adopted(component) else { return };
    let selector = component.route().join("adopt").join("selector");
    for (key, value) in &adopt.selector {
        let (at, key) = (selector.join(key.as_str()), key.as_str());
        if OF_CONTROLLERS.contains(&key) {
            sink.push(
                Diagnostic::at_key(&CODE, &at, format!("`{key}` is a label that controllers give their pods"))
                    .note("no selector in the cluster was written with it")
                    .help("write what stands at `spec.selector.matchLabels` of the controller, not the labels of its pods"),
            );
        } else if OF_VERSIONS.contains(&key) {
            sink.push(
                Diagnostic::at_key(&CODE, &at, format!("`{key}` says a version, and a selector never changes"))
                    .note("pods would have to bear this one in every version")
                    .help("leave `selector` out: `stackgen diff` then says how the object is made anew without a gap"),
            );
        }
        let own = facts.resolved.common(component).labels.iter().find(|it| it.0.as_str() == key);
        if let Some((_, own)) = own.filter(|it| it.1 != value) {
            let labels = component.route().join("labels").join(key);
            sink.push(
                Diagnostic::at_value(&CODE, &labels, format!("the selector that is kept wants `{key}: {value}`"))
                    .also(At::Node(at, Part::Value), "kept here")
                    .note(format!("the API server refuses a controller that does not take its own pods, and they would bear `{own}`"))
                    .help("remove the label: pods bear those of the selector"),
            );
        }
    }
}
