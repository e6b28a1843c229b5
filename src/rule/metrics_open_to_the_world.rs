//! Metrics that everybody can read.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink};
use crate::model::{AbsolutePath, Expose, Name};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG471",
    name: "metrics-open-to-the-world",
    severity: Warning,
    docs: "\
## What it finds
A port with metrics that `expose` opens to callers outside the cluster: by a load balancer, or by a route whose paths hold that of the metrics.

## Why it matters
Metrics tell strangers names of customers and hosts, versions, load and errors. Ports of administration often take orders, too: log levels, traces, shutdown.

## Example
```yaml
services:
  api: { ports: { http: 8080 }, metrics: { port: http }, expose: { http: { gateway: public, hosts: api.example.com } } }
```

## What to do
Listen on a port of its own for metrics (`ports: { http: 8080, admin: 9090 }`, `metrics: { port: admin }`), or name the `paths` that are meant.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    let (Some(metrics), Some(expose)) = (&service.pod.metrics, &service.fields.expose) else { return };
    let at = component.route().join("expose");
    let named =
        |port: Option<&Name>| component.exposed_port(port, "http").is_some_and(|it| it.name == metrics.port);
    let holds = |path: &AbsolutePath, exact: bool| {
        let (path, shown) = (path.as_str().trim_end_matches('/'), metrics.path.as_str());
        path == shown || !exact && shown.strip_prefix(path).is_some_and(|it| it.starts_with('/'))
    };
    let open: Option<Route> = match expose {
        Expose::LoadBalancer(it) => it
            .ports
            .contains_key(&metrics.port)
            .then(|| at.join("loadBalancer").join("ports").join(metrics.port.as_str())),
        Expose::Http(it) => {
            let at = at.join("http");
            let whole = it.paths.is_empty() && named(it.port.as_ref());
            let reached = |(path, rule): &(&AbsolutePath, &crate::model::PathRule)| {
                // What the service sees is another path.
                rule.rewrite.is_none()
                    && holds(path, rule.exact)
                    && named(rule.port.as_ref().or(it.port.as_ref()))
            };
            let path = it.paths.iter().find(reached).map(|(path, _)| at.join("paths").join(path.as_str()));
            path.or_else(|| whole.then(|| at.join("hosts")))
        }
        Expose::Ingress(it) => {
            let reached = it.paths.0.is_empty() || it.paths.0.iter().any(|it| holds(it, false));
            let key = if it.paths.0.is_empty() { "hosts" } else { "paths" };
            (reached && named(it.port.as_ref())).then(|| at.join("ingress").join(key))
        }
        // Metrics are no gRPC.
        Expose::Grpc(_) => None,
    };
    if let Some(at) = open {
        let message =
            format!("everybody who is let in here can read `{}` of `{}`", metrics.path, component.name);
        sink.push(
            Diagnostic::at_key(&CODE, &at, message)
                .also(
                    At::Node(component.route().join("metrics").join("port"), Part::Value),
                    "the metrics are there",
                )
                .help("give the metrics a port of their own, or name the paths that are meant"),
        );
    }
}
