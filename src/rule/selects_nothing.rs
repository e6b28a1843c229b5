//! Selectors that take nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::k8s::reach::takes;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG370",
    name: "selects-nothing",
    severity: Warning,
    docs: "\
## What it finds
A Service, NetworkPolicy, disruption budget, ServiceMonitor, PodMonitor or policy of Istio whose selector takes nothing among the objects that were given, and a peer of a NetworkPolicy that is none of their pods.

## Why it matters
It is there and does nothing: the Service has no endpoints, the policy protects nobody, the budget lets everything go. Most often a label was renamed on one side.

## Example
```yaml
kind: Service
spec: { selector: { app: web }, ports: [ { port: 80 } ] }   # the pods have app: www
```

## What to do
Give it the labels of the pods. Where they come from elsewhere, check both together.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let root = &object.root;
    match (object.group, object.kind) {
        ("", "Service") => {
            let at = root.below("spec.selector");
            let labels = at.labels();
            let selector = LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() };
            if !labels.is_empty() && !objects.selects(object.namespace, &selector) {
                sink.push(found(&at, "the Service takes no pods"));
            }
        }
        ("networking.k8s.io" | "extensions", "NetworkPolicy") => {
            pods(objects, object, &root.below("spec.podSelector"), sink);
            peers(objects, object, sink);
        }
        ("policy", "PodDisruptionBudget") => pods(objects, object, &root.below("spec.selector"), sink),
        ("monitoring.coreos.com", "ServiceMonitor" | "PodMonitor") => monitored(objects, object, sink),
        ("security.istio.io", "AuthorizationPolicy" | "PeerAuthentication" | "RequestAuthentication") => {
            let at = root.below("spec.selector");
            let Some(selector) = at.selector() else { return };
            let everywhere = object.namespace == ISTIO && objects.selects_among(&selector, |_| true);
            if !everywhere && !objects.selects(object.namespace, &selector) {
                sink.push(found(&at, &format!("the {} takes no pods", object.kind)));
            }
        }
        _ => {}
    }
}

/// The namespace whose policies hold in the whole mesh, unless somebody named another.
const ISTIO: &str = "istio-system";

fn found(at: &Spot<'_>, what: &str) -> Diagnostic {
    at.found(&CODE, what).help("give it labels that the others have, or check them together")
}

fn pods(objects: &Objects<'_>, object: &Written<'_>, at: &Spot<'_>, sink: &mut Sink) {
    let Some(selector) = at.selector().filter(|it| *it != LabelSelector::default()) else { return };
    if !objects.selects(object.namespace, &selector) {
        sink.push(found(at, &format!("the {} takes no pods", object.kind)));
    }
}

/// Peers by labels of pods in the policy's own namespace.
fn peers(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    for (rules, peers) in [("spec.ingress", "from"), ("spec.egress", "to")] {
        for peer in object.root.below(rules).items().iter().flat_map(|it| it.below(peers).items()) {
            let at = peer.below("podSelector");
            let Some(selector) = at.selector().filter(|it| *it != LabelSelector::default()) else { continue };
            if !peer.below("namespaceSelector").is_written() && !objects.selects(object.namespace, &selector)
            {
                sink.push(found(&at, "the peer is none of the pods in the namespace"));
            }
        }
    }
}

fn monitored(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let at = object.root.below("spec.selector");
    let selector = at.selector().unwrap_or_default();
    let namespaces = object.root.below("spec.namespaceSelector");
    let names: Vec<&str> = namespaces.below("matchNames").texts().collect();
    let here = |namespace: &str| match names.is_empty() {
        _ if namespaces.below("any").is_true() => true,
        true => namespace == object.namespace,
        false => names.contains(&namespace),
    };
    let (what, any) = if object.kind == "PodMonitor" {
        ("pods", objects.selects_among(&selector, here))
    } else {
        let labels = |it: &Written<'_>| it.root.below("metadata.labels").labels();
        let mut services = objects.all_of("", "Service").filter(|it| here(it.namespace));
        ("Services", services.any(|it| takes(&selector, &labels(it))))
    };
    if !any {
        sink.push(found(&at, &format!("the {} takes no {what}", object.kind)));
    }
}
