//! Requests that lead nowhere.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG562",
    name: "route-to-nothing",
    severity: Warning,
    docs: "\
## What it finds
A backend of an Ingress or of a route of the Gateway API whose Service is not among the objects that were given, or has no such port.

## Why it matters
Callers get 503, or 500, and only the controller's log says why.

## Example
```yaml
kind: Ingress
spec: { defaultBackend: { service: { name: web, port: { number: 8080 } } } }   # the Service has port 80
```

## What to do
Name a Service and a port that are there. Where it comes from elsewhere, check both together.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let spec = object.root.below("spec");
    let backends = match (object.group, object.kind) {
        ("networking.k8s.io" | "extensions", "Ingress") => ingress(&spec),
        ("gateway.networking.k8s.io", _) => {
            let rules = spec.below("rules").items();
            let all = rules.iter().flat_map(|it| it.below("backendRefs").items());
            let services = all.filter(|it| {
                it.below("kind").text_or("Service") == "Service" && it.below("group").text().is_empty()
            });
            services
                .map(|it| {
                    (it.below("name"), it.below("port"), it.below("namespace").text_or(object.namespace))
                })
                .collect()
        }
        _ => return,
    };
    for (name, port, namespace) in backends {
        let namespace = if namespace.is_empty() { object.namespace } else { namespace };
        match objects.find("", "Service", namespace, name.text()) {
            None => {
                let message = format!("there is no Service `{}`", name.text());
                sink.push(
                    name.found(&CODE, message).help("name a Service that is there, or check both together"),
                );
            }
            Some(service) => {
                let ports = service.root.below("spec.ports");
                let has = |it: &Spot<'_>| {
                    it.below("port").value == port.value || it.below("name").value == port.value
                };
                if port.is_written() && !ports.items().iter().any(has) {
                    let message = format!("the Service `{}` has no port {}", name.text(), port.value);
                    sink.push(port.found(&CODE, message).also(ports.at(), "its ports"));
                }
            }
        }
    }
}

/// Name, port and namespace, which may be left out.
type Backend<'a> = (Spot<'a>, Spot<'a>, &'a str);

fn ingress<'a>(spec: &Spot<'a>) -> Vec<Backend<'a>> {
    let rules = spec.below("rules").items();
    let paths = rules.iter().flat_map(|it| it.below("http.paths").items()).map(|it| it.below("backend"));
    let all = [spec.below("defaultBackend"), spec.below("backend")].into_iter().chain(paths);
    let one = |backend: Spot<'a>| {
        let service = backend.below("service");
        // As it was before `networking.k8s.io/v1`.
        let old = backend.below("serviceName");
        if old.is_written() {
            return Some((old, backend.below("servicePort"), ""));
        }
        let port = service.below("port");
        let port = if port.below("number").is_written() { port.below("number") } else { port.below("name") };
        service.is_written().then(|| (service.below("name"), port, ""))
    };
    all.filter_map(one).collect()
}
