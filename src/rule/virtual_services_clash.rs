//! Hosts that Istio has two sets of routes for.

use super::istio_hosts::{ISTIO, covers, exported, full};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG563",
    name: "virtual-services-clash",
    severity: Warning,
    docs: "\
## What it finds
Two VirtualServices without a gateway, or with `mesh`, that are for one host and seen by the same namespaces.

## Why it matters
Istio takes the routes of one of them, the older, and says so nowhere.

## Example
```yaml
kind: VirtualService
metadata: { name: canary }
spec: { hosts: [ web ] }   # and the VirtualService web is for it, too
```

## What to do
Put the routes into one, or hide one of them by `exportTo`.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !object.is(ISTIO, "VirtualService") || !in_mesh(object) {
        return;
    }
    let own = hosts(object);
    for other in objects.all_of(ISTIO, "VirtualService").filter(|it| in_mesh(it)) {
        let same = (other.namespace, other.name) == (object.namespace, object.name);
        let seen = exported(object, other.namespace) || exported(other, object.namespace);
        let both = |one: &String, other: &String| covers(one, other) || covers(other, one);
        let shared = own.iter().find(|it| hosts(other).iter().any(|other| both(it, other)));
        if let Some(host) = shared.filter(|_| !same && seen) {
            let message = format!("another VirtualService is for `{host}` as well");
            let found =
                object.root.below("spec.hosts").found(&CODE, message).also(other.named().at(), "the other");
            sink.push(found.help("put the routes into one"));
            return;
        }
    }
}

/// Whether it is for callers inside the mesh.
fn in_mesh(object: &Written<'_>) -> bool {
    let gateways = object.root.below("spec.gateways");
    !gateways.is_written() || gateways.texts().any(|it| it == "mesh")
}

/// Its hosts in full.
fn hosts(object: &Written<'_>) -> Vec<String> {
    object.root.below("spec.hosts").texts().map(|it| full(it, object.namespace)).collect()
}
