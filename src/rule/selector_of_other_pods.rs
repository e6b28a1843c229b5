//! Controllers that would not know their own pods.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Error, Sink};
use crate::k8s::reach::takes;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG373",
    name: "selector-of-other-pods",
    severity: Error,
    docs: "\
## What it finds
A Deployment, StatefulSet, DaemonSet or ReplicaSet whose selector does not take the labels of its own template.

## Why it matters
The API server refuses it.

## Example
```yaml
kind: Deployment
spec: { selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: www } } } }
```

## What to do
Give both the same labels. A selector that is in the cluster cannot change: then it is the template's turn.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) =
        object.pods().filter(|_| !matches!(object.kind, "Job" | "CronJob" | "Pod" | "PodTemplate"))
    else {
        return;
    };
    let at = object.root.below("spec.selector");
    let taken = match (object.kind, at.selector()) {
        // These have a plain mapping of labels.
        ("ReplicationController" | "DeploymentConfig", _) => {
            at.labels().iter().all(|(key, it)| pods.labels.get(key) == Some(it))
        }
        (_, Some(selector)) => takes(&selector, &pods.labels),
        (_, None) => return,
    };
    if !taken {
        let message = format!("the {} does not take the pods of its own template", object.title());
        let found =
            at.found(&CODE, message).also(pods.template.below("metadata.labels").at(), "their labels");
        sink.push(found.note("the API server refuses it").help("give both the same labels"));
    }
}
