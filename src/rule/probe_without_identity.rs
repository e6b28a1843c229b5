//! Probes that the mesh refuses.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::mesh;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG541",
    name: "probe-without-identity",
    severity: Error,
    docs: "\
## What it finds
A probe by gRPC or HTTPS, or by HTTP on a port whose bytes the proxy does not look at, in a Linkerd mesh that lets in only callers with an identity.

## Why it matters
The kubelet has no identity. Linkerd lets it ask the paths of HTTP probes, which it reads from the pod and must read in the request; everything else of it is refused, and the pod never becomes ready.

## Example
```yaml
mesh: { linkerd: {} }
services: { api: { ports: { grpc: 50051 }, probes: { readiness: { grpc: \"\", port: grpc } } } }
```

## What to do
Probe by `http` without TLS, on a port of its own where the serving port has TLS, or by `exec`. `tcp` only asks whether somebody listens, and that is the proxy.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let (Some(component), Some(pods)) = (component, object.pod_template()) else { return };
    let spec = pods.spec.iter();
    let containers = spec.flat_map(|it| it.containers.iter().chain(it.init_containers.iter().flatten()));
    let described = facts.resolved.containers(component);
    for container in containers {
        let probes = [
            ("liveness", &container.liveness_probe),
            ("readiness", &container.readiness_probe),
            ("startup", &container.startup_probe),
        ];
        for (key, probe) in probes {
            let Some(probe) = probe else { continue };
            if !mesh::refuses_probe(facts.resolved, component, container, probe) {
                continue;
            }
            let one = described.clone().find(|it| it.name.as_str() == container.name);
            let at: Route =
                one.as_ref().map_or_else(|| component.route().clone(), |it| it.at().join("probes").join(key));
            let how = match (&probe.grpc, &probe.http_get) {
                (Some(_), _) => "by gRPC",
                (None, Some(it)) if it.scheme.as_deref() == Some("HTTPS") => "by HTTPS",
                _ => "on a port whose bytes the proxy does not look at",
            };
            let message = format!("Linkerd refuses the {key} probe of `{}`: it is {how}", container.name);
            let found = Diagnostic::at_key(&CODE, &at, message)
                .note("the kubelet has no identity; only requests that the proxy can read, for the paths of HTTP probes, are let in");
            sink.push(found.help(if one.is_some() {
                "probe by `http` without TLS, on a port of its own if need be, or by `exec`"
            } else {
                "put the tier into a namespace without `mesh`"
            }));
        }
    }
}
