//! What pods name and nobody has.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink, nearest};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG372",
    name: "reference-to-nothing",
    severity: Warning,
    docs: "\
## What it finds
A variable or volume of a ConfigMap that is not among the objects that were given, or of a key that the ConfigMap or Secret has not, and a ServiceAccount that is not there. What is `optional` is left alone, and so are Secrets that are not there: a store fills them.

## Why it matters
The container waits in `CreateContainerConfigError`, or the pod is never made, until somebody reads its events.

## Example
```yaml
kind: ConfigMap
metadata: { name: settings }
data: { level: info }
---
kind: Deployment   # … env: [ { name: LEVEL, valueFrom: { configMapKeyRef: { name: settings, key: loglevel } } } ]
```

## What to do
Name what is there, or make it `optional`. Where it comes from elsewhere, check both together.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let [new, old] = ["serviceAccountName", "serviceAccount"].map(|it| pods.spec.below(it));
    let account = if new.is_written() { new } else { old };
    let known = matches!(account.text(), "" | "default");
    if !known && objects.find("", "ServiceAccount", object.namespace, account.text()).is_none() {
        sink.push(
            account
                .found(&CODE, format!("there is no ServiceAccount `{}`", account.text()))
                .note("no pod is made without it"),
        );
    }
    for container in pods.containers() {
        for from in container.spot.below("env").items().iter().map(|it| it.below("valueFrom")) {
            key(objects, object, "ConfigMap", &from.below("configMapKeyRef"), sink);
            key(objects, object, "Secret", &from.below("secretKeyRef"), sink);
        }
        for from in container.spot.below("envFrom").items() {
            map(objects, object, &from.below("configMapRef"), sink);
        }
    }
    for volume in pods.spec.below("volumes").items() {
        map(objects, object, &volume.below("configMap"), sink);
    }
}

/// A ConfigMap that is read as a whole.
fn map(objects: &Objects<'_>, object: &Written<'_>, reference: &Spot<'_>, sink: &mut Sink) {
    let name = reference.below("name");
    // Every namespace has the first of its own.
    let known = matches!(name.text(), "" | "kube-root-ca.crt") || reference.below("optional").is_true();
    if !known && objects.find("", "ConfigMap", object.namespace, name.text()).is_none() {
        sink.push(
            name.found(&CODE, format!("there is no ConfigMap `{}`", name.text()))
                .note("the container waits for it"),
        );
    }
}

fn key(objects: &Objects<'_>, object: &Written<'_>, kind: &str, reference: &Spot<'_>, sink: &mut Sink) {
    let (name, key) = (reference.below("name").text(), reference.below("key"));
    if name.is_empty() || reference.below("optional").is_true() {
        return;
    }
    let Some(held) = objects.find("", kind, object.namespace, name) else {
        if kind == "ConfigMap" {
            map(objects, object, reference, sink);
        }
        return;
    };
    let keys = || {
        let sections = ["data", "stringData", "binaryData"].into_iter();
        sections.flat_map(|it| held.root.below(it).entries()).map(|(key, _)| key)
    };
    if !keys().any(|it| it == key.text()) {
        let found = key
            .found(&CODE, format!("the {kind} `{name}` has no `{}`", key.text()))
            .also(held.named().at(), "it is here");
        sink.push(match nearest(key.text(), keys()) {
            Some(near) => found.help(format!("it has `{near}`")),
            None => found.note("the container waits for it"),
        });
    }
}
