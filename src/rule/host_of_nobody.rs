//! Routes of Istio to hosts that nobody is.

use super::istio_hosts::{ISTIO, destinations, full};
use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG564",
    name: "host-of-nobody",
    severity: Warning,
    docs: "\
## What it finds
A destination or mirror of a VirtualService, or the host of a DestinationRule, that is neither a Service nor a host of a ServiceEntry among the objects that were given; a port that the Service does not have; and a destination that names none of several ports.

## Why it matters
Istio answers 503, and drops a DestinationRule of nobody without a word.

## Example
```yaml
kind: VirtualService
spec: { hosts: [ web ], http: [ { route: [ { destination: { host: wbe } } ] } ] }
```

## What to do
Name a Service or a ServiceEntry. Where it comes from elsewhere, check both together.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let hosts: Vec<Spot<'_>> = match (object.group, object.kind) {
        (ISTIO, "VirtualService") => destinations(object),
        (ISTIO, "DestinationRule") => vec![object.root.below("spec")],
        _ => return,
    };
    for at in hosts {
        let host = at.below("host");
        if host.text().is_empty() {
            continue;
        }
        let name = full(host.text(), object.namespace);
        if !objects.is_host(object.namespace, &name) {
            sink.push(
                host.found(&CODE, format!("`{}` is no Service and no ServiceEntry", host.text()))
                    .help("name one that is there, or check both together"),
            );
            continue;
        }
        let port = at.below("port.number");
        let Some(service) = objects.service_of(&name) else { continue };
        let ports = service.root.below("spec.ports");
        let has = |it: &Spot<'_>| it.below("port").value == port.value;
        if port.is_written() && !ports.items().iter().any(has) {
            let message = format!("the Service `{}` has no port {}", service.name, port.value);
            sink.push(port.found(&CODE, message).also(ports.at(), "its ports"));
        } else if object.kind == "VirtualService" && !port.is_written() && ports.items().len() > 1 {
            let message = format!("nothing says which of the ports of the Service `{}`", service.name);
            sink.push(
                host.found(&CODE, message).also(ports.at(), "its ports").help("write `port: { number: … }`"),
            );
        }
    }
}
