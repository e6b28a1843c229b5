//! Ports of which Istio has to guess.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG569",
    name: "port-without-protocol",
    severity: Info,
    docs: "\
## What it finds
A TCP port of a Service with neither `appProtocol` nor a name that begins with a protocol that Istio knows (`http`, `grpc-web`, `tcp`, `mongo` …), alone or before a hyphen.

## Why it matters
Istio looks at the first bytes and waits for them. Where the server speaks first (MySQL, SMTP), it waits for nothing; and policies of HTTP do not hold.

## Example
```yaml
kind: Service
spec: { ports: [ { name: foo, port: 8080 } ] }
```

## What to do
Write `appProtocol`, or begin the name with the protocol.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !object.is("", "Service")
        || object.namespace.starts_with("kube-")
        || object.namespace == "istio-system"
        || !objects.has_mesh()
    {
        return;
    }
    for port in object.root.below("spec.ports").items() {
        let (name, known) = (port.below("name"), port.below("appProtocol").is_written());
        let protocol = name.text().split('-').next().unwrap_or_default();
        let named = PROTOCOLS.iter().any(|it| it.eq_ignore_ascii_case(protocol))
            || name.text().starts_with("grpc-web");
        if !known && !named && port.below("protocol").text_or("TCP") == "TCP" {
            sink.push(
                name.found(&CODE, "Istio has to guess the protocol of the port")
                    .help("write `appProtocol`, or begin the name with the protocol"),
            );
        }
    }
}

/// Istio's `pkg/config/protocol`.
const PROTOCOLS: [&str; 11] =
    ["http", "http2", "https", "grpc", "tcp", "tls", "udp", "mongo", "mysql", "redis", "hbone"];
