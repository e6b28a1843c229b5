//! Canaries that nobody sends requests to.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::Expose;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG481",
    name: "canary-without-split",
    severity: Error,
    docs: "\
## What it finds
A canary with a share of the requests where nothing shares them out: the service has no route of a gateway, and no callers whose proxies are Istio's sidecars and that call a port of HTTP or gRPC.

## Why it matters
Its own Service leads to the old version alone, so the new version runs and is asked by nobody. It looks well, and says nothing about the new version. A load balancer and an Ingress know one Service only; the annotations for canaries are those of one controller, `ingress-nginx`, which is no longer maintained. Linkerd and the ambient mode of Istio are not asked to share requests out here.

## Example
```yaml
services: { worker: { rollout: { canary: { weights: { stable: 90, canary: 10 }, image: \"ghcr.io/example/worker:2.0.0\" } } } }
```

## What to do
Expose it through a gateway (`expose: { http: … }` or `{ grpc: … }`), put it and its callers into a mesh of Istio with sidecars, or let `blue-green` change over at once. To run the new version without requests, write `weights: { stable: 100, canary: 0 }`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some((canary, weights)) = resolved.canary(component).filter(|(_, it)| it.canary > 0) else { return };
    // Whoever comes in through a gateway has an entry, and so has who is named in the route of another service.
    let routes = |it: &Component| matches!(resolved.exposure(it), Some(Expose::Http(_) | Expose::Grpc(_)));
    let named = || {
        let services = resolved.stack.services.values();
        let http = services.filter_map(|it| match &it.fields.expose {
            Some(Expose::Http(it)) => Some(it),
            _ => None,
        });
        http.flat_map(|it| it.paths.values()).any(|it| it.backends.contains_key(&component.name))
    };
    if routes(component) || named() || resolved.split_ports(component).next().is_some() {
        return;
    }
    let at = component.route().join("rollout").join("canary").join("weights");
    let message =
        format!("nothing shares requests out: `{}` gets none of its {} %", canary.name, weights.canary);
    let mut found = Diagnostic::at_key(&CODE, &at, message);
    match resolved.exposure(component) {
        Some(Expose::Ingress(_)) => {
            let at = component.route().join("expose").join("ingress");
            found = found.also(At::Node(at, Part::Key), "an Ingress leads to one Service");
        }
        Some(Expose::LoadBalancer(_)) => {
            let at = component.route().join("expose").join("loadBalancer");
            found = found.also(At::Node(at, Part::Key), "a load balancer leads to one Service");
        }
        _ => {}
    }
    sink.push(
        found
            .note("the service's own Service leads to the old version alone")
            .help("expose it through a gateway, by `http` or `grpc`; or let callers in a mesh of Istio with sidecars call it by HTTP or gRPC")
            .help("or write `rollout: { blue-green: … }`, which needs neither"),
    );
}
