//! Two ports of one number.

use super::objects::Spot;
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Expose, Name, Protocol};
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG505",
    name: "duplicate-port",
    severity: Error,
    docs: "\
## What it finds
Two ports of a component with one number and protocol, in a container or in two of one pod, on the Service, or on the load balancer; two containers of a pod with a port of one name.

## Why it matters
The API server refuses a Service with two such ports; of a container, two names lead to one listener. The containers of a pod share one network: the second to bind the number fails.

## Example
```yaml
services: { web: { ports: { http: 8080, metrics: 8080 } } }
```

## What to do
Give each its own number, or remove one of the names.
",
};

/// A port under a name: its container where it has one, name, number and protocol.
type Named<'a> = (Option<&'a Described<'a>>, &'a str, u16, Protocol);

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let containers: Vec<_> = facts.resolved.containers(component).collect();
    let all = || containers.iter().flat_map(|one| one.container.ports.iter().map(move |it| (one, it)));
    let listens = all().map(|(one, (name, it))| (Some(one), name.as_str(), it.number.get(), it.protocol));
    let serves = all().map(|(one, (name, it))| (Some(one), name.as_str(), it.service.get(), it.protocol));
    let named = same_name(all().map(|(one, (name, _))| (one, name.as_str())), component, sink);
    if !named && !twice(listens, "listens on", component, sink) {
        twice(serves, "serves", component, sink);
    }
    let expose = facts.resolved.service(component).and_then(|it| it.fields.expose.as_ref());
    if let Some(Expose::LoadBalancer(balancer)) = expose {
        let protocol = |name: &Name| {
            all().find(|(_, (it, _))| *it == name).map_or(Protocol::Tcp, |(_, (_, it))| it.protocol)
        };
        let public = balancer.ports.iter().map(|(name, it)| (None, name.as_str(), it.get(), protocol(name)));
        twice(public, "exposes", component, sink);
    }
}

/// Where a port of a container is written, or one that the load balancer exposes.
fn place(component: &Component, one: Option<&Described<'_>>, name: &str) -> Route {
    let ports = match one {
        Some(one) => one.at(),
        None => component.route().join("expose").join("loadBalancer"),
    };
    ports.join("ports").join(name)
}

/// Two containers of a pod with a port of one name: Services and policies could mean either.
fn same_name<'a>(
    ports: impl Iterator<Item = (&'a Described<'a>, &'a str)>,
    component: &Component,
    sink: &mut Sink,
) -> bool {
    let mut seen: Vec<(&Described<'_>, &str)> = Vec::new();
    let before = sink.len();
    for (one, name) in ports {
        if let Some((first, _)) = seen.iter().find(|it| it.1 == name) {
            let message = format!("two containers of `{}` have a port `{name}`", component.name);
            sink.push(
                Diagnostic::at_key(&CODE, &place(component, Some(one), name), message)
                    .also(At::Node(place(component, Some(first), name), Part::Key), "the other port")
                    .note("the component's Service finds its ports by name")
                    .help("rename one of them"),
            );
        }
        seen.push((one, name));
    }
    sink.len() > before
}

fn twice<'a>(
    ports: impl Iterator<Item = Named<'a>>,
    does: &str,
    component: &Component,
    sink: &mut Sink,
) -> bool {
    let mut seen: Vec<Named<'a>> = Vec::new();
    let before = sink.len();
    for (one, name, number, protocol) in ports {
        if let Some((beside, first, ..)) = seen.iter().find(|it| (it.2, it.3) == (number, protocol)) {
            let message = format!(
                "`{}` {does} {number}/{} under two names, `{first}` and `{name}`",
                component.name,
                protocol.as_str()
            );
            sink.push(
                Diagnostic::at_key(&CODE, &place(component, one, name), message)
                    .also(At::Node(place(component, *beside, first), Part::Key), "the other port")
                    .help("give each its own number, or remove one of the names"),
            );
        }
        seen.push((one, name, number, protocol));
    }
    sink.len() > before
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let places = match object.pods() {
        Some(pods) => pods.containers().iter().map(|it| (it.spot.below("ports"), "containerPort")).collect(),
        None if object.is("", "Service") => vec![(object.root.below("spec.ports"), "port")],
        None => return,
    };
    for (ports, number) in places {
        let ports = ports.items();
        for (index, port) in ports.iter().enumerate() {
            let same = |it: &&Spot<'_>, key: &str| {
                it.below(key).is_written() && it.below(key).value == port.below(key).value
            };
            let protocol = |it: &Spot<'_>| it.below("protocol").text_or("TCP").to_owned();
            let twice =
                |it: &&Spot<'_>| same(it, "name") || (same(it, number) && protocol(it) == protocol(port));
            if let Some(first) = ports[..index].iter().find(twice) {
                let found =
                    port.below(number).found(&CODE, "another port has the same name, or number and protocol");
                sink.push(
                    found
                        .also(first.below(number).at(), "the other port")
                        .help("give each its own, or remove one"),
                );
            }
        }
    }
}
