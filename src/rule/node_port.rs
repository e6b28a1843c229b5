//! Services on every node.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG561",
    name: "node-port",
    severity: Warning,
    docs: "\
## What it finds
A Service of the type `NodePort`.

## Why it matters
It is open on every address of every node, past the load balancer and what it checks, with a port that is in nobody's firewall.

## Example
```yaml
kind: Service
spec: { type: NodePort }
```

## What to do
Use `ClusterIP` behind an Ingress or Gateway, or `LoadBalancer`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let at = object.root.below("spec.type");
    if object.is("", "Service") && at.text() == "NodePort" {
        sink.push(
            at.found(&CODE, "it is open on every node")
                .help("use `ClusterIP` behind an Ingress, or `LoadBalancer`"),
        );
    }
}
