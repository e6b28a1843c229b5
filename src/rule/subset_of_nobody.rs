//! Subsets that no pods are.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::istio_hosts::{ISTIO, destinations, full};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG565",
    name: "subset-of-nobody",
    severity: Warning,
    docs: "\
## What it finds
A destination of a VirtualService whose subset no DestinationRule of the host names, and a subset of a DestinationRule whose labels no pods of the host's Service have.

## Why it matters
Istio answers 503 for the share of the requests that goes there.

## Example
```yaml
kind: VirtualService
spec: { hosts: [ web ], http: [ { route: [ { destination: { host: web, subset: v2 } } ] } ] }   # no DestinationRule has it
```

## What to do
Name a subset that is there, with labels that pods have.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    match (object.group, object.kind) {
        (ISTIO, "VirtualService") => {
            for at in destinations(object) {
                let subset = at.below("subset");
                let host = full(at.below("host").text(), object.namespace);
                let all = objects.all_of(ISTIO, "DestinationRule");
                let rules = all.filter(|it| full(it.root.below("spec.host").text(), it.namespace) == host);
                let mut names = rules
                    .flat_map(|it| it.root.below("spec.subsets").items())
                    .map(|it| it.below("name").text());
                if subset.is_written() && !names.any(|it| it == subset.text()) {
                    sink.push(subset.found(
                        &CODE,
                        format!("no DestinationRule of `{host}` has the subset `{}`", subset.text()),
                    ));
                }
            }
        }
        (ISTIO, "DestinationRule") => {
            let host = full(object.root.below("spec.host").text(), object.namespace);
            let Some(service) = objects.service_of(&host) else { return };
            for subset in object.root.below("spec.subsets").items() {
                let mut labels = service.root.below("spec.selector").labels();
                // Labels of places are the nodes'; one without a value says nothing.
                let own = subset.below("labels").labels().into_iter();
                labels.extend(own.filter(|(key, value)| value.is_empty() || !key.starts_with("topology.")));
                let selector = LabelSelector { match_labels: Some(labels), ..LabelSelector::default() };
                if !objects.selects(service.namespace, &selector) {
                    let name = subset.below("name");
                    sink.push(name.found(
                        &CODE,
                        format!("the subset `{}` of `{}` is no pods", name.text(), service.name),
                    ));
                }
            }
        }
        _ => {}
    }
}
