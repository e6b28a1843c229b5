//! Entries of Istio that take more than their hosts.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG590",
    name: "entry-without-addresses",
    severity: Warning,
    docs: "\
## What it finds
A ServiceEntry without `addresses` that has a port of TCP, or one without a protocol.

## Why it matters
Of a connection without a name in it, the proxy sees the address alone: without one, the entry takes every connection to that port, wherever it was meant to go.

## Example
```yaml
kind: ServiceEntry
spec: { hosts: [ db.example.com ], ports: [ { number: 5432, name: tcp, protocol: TCP } ] }
```

## What to do
Give `addresses`, or a protocol that says the host (`TLS`, `HTTP`). Where the proxies allocate addresses themselves (`ISTIO_META_DNS_AUTO_ALLOCATE`), there is nothing to do.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if object.kind != "ServiceEntry" || object.root.below("spec.addresses").texts().next().is_some() {
        return;
    }
    for port in object.root.below("spec.ports").items() {
        let protocol = port.below("protocol");
        if protocol.text().is_empty() || protocol.text().eq_ignore_ascii_case("TCP") {
            sink.push(
                protocol
                    .found(&CODE, "the entry takes every connection to this port")
                    .help("give `addresses`, or a protocol that says the host"),
            );
        }
    }
}
