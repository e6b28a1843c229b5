//! Hosts of which two entries say different things.

use super::istio_hosts::{ISTIO, exported};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG593",
    name: "entries-of-two-protocols",
    severity: Warning,
    docs: "\
## What it finds
Two ServiceEntries, seen by the same namespaces, that give one port of one host different protocols.

## Why it matters
Istio merges entries of a host and takes one of the protocols: encrypted bytes are read as HTTP, or requests are sent without the routes that are for them.

## Example
```yaml
kind: ServiceEntry
spec: { hosts: [ example.com ], ports: [ { number: 443, name: http, protocol: HTTP } ] }   # and another says HTTPS
```

## What to do
Say the same in both, keep one, or hide one of them by `exportTo`.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !object.is(ISTIO, "ServiceEntry") {
        return;
    }
    let hosts = object.root.below("spec.hosts").texts();
    let shares = |other: &&Written<'_>| {
        (exported(object, other.namespace) || exported(other, object.namespace))
            && other.root.below("spec.hosts").texts().any(|it| hosts.clone().any(|own| own == it))
    };
    let others: Vec<&Written<'_>> = objects.all_of(ISTIO, "ServiceEntry").filter(shares).collect();
    for port in object.root.below("spec.ports").items() {
        let (number, protocol) = (port.below("number"), port.below("protocol"));
        let ports = others.iter().flat_map(|it| it.root.below("spec.ports").items());
        let other = ports
            .map(|it| (it.below("number"), it.below("protocol")))
            .find(|it| it.0.value == number.value && !it.1.text().eq_ignore_ascii_case(protocol.text()));
        if let Some((_, other)) = other {
            let message =
                format!("another entry says `{}` of port {} of this host", other.text(), number.value);
            sink.push(
                protocol
                    .found(&CODE, message)
                    .also(other.at(), "the other")
                    .help("say the same in both, or hide one of them by `exportTo`"),
            );
        }
    }
}
