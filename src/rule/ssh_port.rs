//! Containers with an SSH server.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG417",
    name: "ssh-port",
    severity: Warning,
    docs: "\
## What it finds
A container that declares the TCP port 22.

## Why it matters
Containers are reached by `kubectl exec`, which asks who may and keeps a record. An SSH server has users, keys and faults of its own.

## Example
```yaml
ports: [ { name: ssh, containerPort: 22 } ]
```

## What to do
Remove the server and the port. Where SSH is the service itself (git), let it listen on a high port.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        for port in container.spot.below("ports").items() {
            let number = port.below("containerPort");
            if number.value.as_i64() == Some(22) && port.below("protocol").text_or("TCP") == "TCP" {
                let message = format!("`{}` is reached by SSH", container.name);
                sink.push(number.found(&CODE, message).help("remove the port"));
            }
        }
    }
}
