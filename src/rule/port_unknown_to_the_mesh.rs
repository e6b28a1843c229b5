//! Ports by which the pods of a StatefulSet call each other, and that the mesh does not know.

use super::objects::{Pods, Spot};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};
use crate::k8s::reach::takes;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG391",
    name: "port-unknown-to-the-mesh",
    severity: Warning,
    docs: "\
## What it finds
A TCP port of the pods of a StatefulSet with a sidecar of Istio, in a namespace where mTLS is `STRICT`, that no Service of these pods has. Ports of metrics are left out.

## Why it matters
The caller's sidecar encrypts what goes to addresses and ports that it knows of Services. Of any other it passes the call on as it is, and the sidecar of the pod that is called refuses it: members of a cluster that call each other's pods never meet.

## Example
```yaml
kind: StatefulSet                                   # and its headless Service has the port 9042 alone
spec: { template: { spec: { containers: [ { name: db, ports: [ { containerPort: 9042 }, { containerPort: 7000 } ] } ] } } }
```

## What to do
Add the port to the headless Service, with `appProtocol: tcp`. Where something outside the mesh calls it, say so: `portLevelMtls` of a PeerAuthentication for these pods.
",
};

const SECURITY: &str = "security.istio.io";
/// Where the configuration of the whole mesh stands unless it is installed otherwise.
const ROOT: &str = "istio-system";

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods().filter(|_| object.is("apps", "StatefulSet")) else { return };
    let several = object.replicas().is_some_and(|it| it > 1);
    if !several || !has_sidecar(objects, object, pods) {
        return;
    }
    let Some(authentication) = authentication(objects, object.namespace, pods) else { return };
    let services: Vec<&Written<'_>> = objects.serving(object.namespace, pods).collect();
    for container in pods.containers() {
        for port in container.spot.below("ports").items() {
            let (number, name) = (port.below("containerPort"), port.below("name").text());
            let Some(at) = number.value.as_u64() else { continue };
            let strict = is_strict(&authentication, at) && !is_excluded(pods, at);
            let tcp = port.below("protocol").text_or("TCP") == "TCP";
            let metrics = name.contains("metrics") || name.contains("prom");
            if !strict || !tcp || metrics || services.iter().any(|it| leads_to(it, at, name)) {
                continue;
            }
            sink.push(
                number
                    .found(&CODE, format!("no Service has the port {at} of the pods of {}", object.title()))
                    .note("calls of it are not encrypted, and mTLS is STRICT here: they are refused")
                    .help("add it to the headless Service, with `appProtocol: tcp`"),
            );
        }
    }
}

/// Whether a Service has a port of pods.
fn leads_to(service: &Written<'_>, number: u64, name: &str) -> bool {
    service.root.below("spec.ports").items().iter().any(|it| {
        let target = it.below("targetPort");
        match (target.value.as_u64(), target.text()) {
            (Some(it), _) => it == number,
            (None, "") => it.below("port").value.as_u64() == Some(number),
            (None, it) => it == name,
        }
    })
}

/// Whether Istio puts a sidecar into pods (<https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/>).
fn has_sidecar(objects: &Objects<'_>, object: &Written<'_>, pods: &Pods<'_>) -> bool {
    let own = pods.labels.get("sidecar.istio.io/inject").map(String::as_str);
    let labels = objects.find("", "Namespace", super::objects::DEFAULT, object.namespace);
    let labels = labels.map(|it| it.root.below("metadata.labels").labels()).unwrap_or_default();
    let asked = labels.get("istio-injection").map(String::as_str);
    match (asked, own) {
        (Some("disabled"), _) | (_, Some("false")) => false,
        (Some("enabled"), _) | (_, Some("true")) => true,
        _ => labels.contains_key("istio.io/rev"),
    }
}

/// What holds for pods: what selects them, else what is for their namespace, else for the mesh.
fn authentication<'a>(objects: &Objects<'a>, namespace: &str, pods: &Pods<'_>) -> Option<Spot<'a>> {
    let of = |namespace: &str, selects: bool| {
        let mut all = objects.of(SECURITY, "PeerAuthentication", namespace);
        all.find(|it| match it.root.below("spec.selector").selector() {
            Some(selector) if selector.match_labels.as_ref().is_some_and(|it| !it.is_empty()) => {
                selects && takes(&selector, &pods.labels)
            }
            _ => !selects,
        })
        .map(|it| it.root.below("spec"))
    };
    of(namespace, true).or_else(|| of(namespace, false)).or_else(|| of(ROOT, false))
}

/// Whether mTLS is demanded of a port.
fn is_strict(authentication: &Spot<'_>, port: u64) -> bool {
    let own = authentication.key("portLevelMtls").key(&port.to_string()).key("mode");
    match own.text() {
        // Of the workload, else what is above it: a policy that says nothing is looked at as permissive.
        "" | "UNSET" => authentication.below("mtls.mode").text() == "STRICT",
        own => own == "STRICT",
    }
}

/// Whether calls of a port pass by the sidecar.
fn is_excluded(pods: &Pods<'_>, port: u64) -> bool {
    let excluded =
        pods.template.below("metadata.annotations").key("traffic.sidecar.istio.io/excludeInboundPorts");
    excluded.text().split(',').any(|it| it.trim() == port.to_string())
}
