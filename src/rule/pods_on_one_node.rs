//! Several pods that one node may take along.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};
use crate::k8s::reach::takes;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG376",
    name: "pods-on-one-node",
    severity: Warning,
    docs: "\
## What it finds
A workload with two pods or more, at the fewest, and neither anti-affinity nor a spread that is about its own pods.

## Why it matters
The scheduler may put all of them on one node. When it goes, all go: the second pod only seemed to help.

## Example
```yaml
kind: Deployment
spec: { replicas: 2, template: { spec: {} } }   # no topologySpreadConstraints, no podAntiAffinity
```

## What to do
Add `topologySpreadConstraints` over `kubernetes.io/hostname`, with the labels of the pods.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    if objects.fewest(object).is_none_or(|it| it <= 1)
        || !matches!(object.kind, "Deployment" | "StatefulSet" | "DeploymentConfig" | "Rollout")
    {
        return;
    }
    let own = |it: &Spot<'_>| it.selector().is_some_and(|it| takes(&it, &pods.labels));
    let spreads = pods.spec.below("topologySpreadConstraints").items();
    let apart = pods.spec.below("affinity.podAntiAffinity");
    let required = apart.below("requiredDuringSchedulingIgnoredDuringExecution").items();
    let preferred = apart.below("preferredDuringSchedulingIgnoredDuringExecution").items();
    let terms = required.into_iter().chain(preferred.iter().map(|it| it.below("podAffinityTerm")));
    let here = |it: &Spot<'_>| {
        let namespaces = it.below("namespaces");
        !namespaces.is_written() || namespaces.texts().any(|it| it == object.namespace)
    };
    let mut spots = spreads.into_iter().chain(terms.filter(here)).map(|it| it.below("labelSelector"));
    if !spots.any(|it| own(&it)) {
        sink.push(
            object.named().found(&CODE, format!("all pods of the {} may be on one node", object.title()))
                .note("when the node goes, all of them go")
                .help("add `topologySpreadConstraints` over `kubernetes.io/hostname` with the labels of the pods"),
        );
    }
}
