//! Ports by which the pods of a StatefulSet call each other, and that the mesh does not know.

use serde_json::Value;

use super::objects::{Container, Pods, Spot};
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
A TCP port of the pods of a StatefulSet with a sidecar of Istio, in a namespace where mTLS is `STRICT`, that no Service of these pods has. Ports of metrics are left out, and those that are there for probes alone.

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
    if !several || objects.has_sidecar(object, pods) != Some(true) {
        return;
    }
    let Some(authentication) = authentication(objects, object.namespace, pods) else { return };
    let services: Vec<&Written<'_>> = objects.serving(object.namespace, pods).collect();
    let containers = pods.containers();
    for container in &containers {
        for port in container.spot.below("ports").items() {
            let (number, name) = (port.below("containerPort"), port.below("name").text());
            let Some(at) = number.value.as_u64() else { continue };
            let strict = is_strict(&authentication, at) && !is_excluded(pods, at);
            let tcp = port.below("protocol").text_or("TCP") == "TCP";
            let other =
                name.contains("metrics") || name.contains("prom") || is_for_probes(&containers, at, name);
            if !strict || !tcp || other || services.iter().any(|it| leads_to(it, at, name)) {
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

/// Whether probes ask a port, and no container is told of it otherwise. Istio has probes asked inside the pod, past mTLS.
fn is_for_probes(containers: &[Container<'_>], port: u64, name: &str) -> bool {
    let asks = |it: &Value| it.as_u64() == Some(port) || it.as_str().is_some_and(|it| it == name);
    let number = port.to_string();
    let says = |text: &str| text.split(|it: char| !it.is_ascii_digit()).any(|it| it == number);
    containers.iter().flat_map(Container::asked).any(|(_, it)| asks(it.value))
        && !containers.iter().flat_map(Container::told).any(says)
}

/// Whether calls of a port pass by the sidecar (<https://istio.io/latest/docs/reference/config/annotations/>).
fn is_excluded(pods: &Pods<'_>, port: u64) -> bool {
    let annotations = pods.template.below("metadata.annotations");
    let [included, excluded] = ["includeInboundPorts", "excludeInboundPorts"]
        .map(|it| annotations.key(&format!("traffic.sidecar.istio.io/{it}")));
    let number = port.to_string();
    let names = |list: &Spot<'_>| list.text().split(',').any(|it| it.trim() == number);
    let all = !included.is_written() || included.text() == "*";
    names(&excluded) || !(all || names(&included))
}
