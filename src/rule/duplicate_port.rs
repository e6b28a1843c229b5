//! Two ports of one number.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Expose, Protocol};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG505",
    name: "duplicate-port",
    severity: Error,
    docs: "\
## What it finds
Two ports of a component with one number and protocol, in the container, on the Service, or on the load balancer.

## Why it matters
The API server refuses a Service with two such ports; of a container, two names lead to one listener.

## Example
```yaml
services: { web: { ports: { http: 8080, metrics: 8080 } } }
```

## What to do
Give each its own number, or remove one of the names.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(container) = facts.resolved.container(component) else { return };
    let at = || component.route().join("ports");
    let listens = container.ports.iter().map(|(name, it)| (name.as_str(), it.number.get(), it.protocol));
    let serves = container.ports.iter().map(|(name, it)| (name.as_str(), it.service.get(), it.protocol));
    if !twice(listens, &at, "listens on", component, sink) {
        twice(serves, &at, "serves", component, sink);
    }
    let expose = facts.resolved.service(component).and_then(|it| it.fields.expose.as_ref());
    if let Some(Expose::LoadBalancer(balancer)) = expose {
        let protocol = |name| container.ports.get(name).map_or(Protocol::Tcp, |it| it.protocol);
        let public = balancer.ports.iter().map(|(name, it)| (name.as_str(), it.get(), protocol(name)));
        let at = || component.route().join("expose").join("loadBalancer").join("ports");
        twice(public, &at, "exposes", component, sink);
    }
}

fn twice<'a>(
    ports: impl Iterator<Item = (&'a str, u16, Protocol)>,
    at: &dyn Fn() -> Route,
    does: &str,
    component: &Component,
    sink: &mut Sink,
) -> bool {
    let mut seen: Vec<(&str, u16, Protocol)> = Vec::new();
    let before = sink.len();
    for (name, number, protocol) in ports {
        if let Some((first, ..)) = seen.iter().find(|it| (it.1, it.2) == (number, protocol)) {
            let message = format!(
                "`{}` {does} {number}/{} under two names, `{first}` and `{name}`",
                component.name,
                protocol.as_str()
            );
            sink.push(
                Diagnostic::at_key(&CODE, &at().join(name), message)
                    .also(At::Node(at().join(first), Part::Key), "the other port")
                    .help("give each its own number, or remove one of the names"),
            );
        }
        seen.push((name, number, protocol));
    }
    sink.len() > before
}
