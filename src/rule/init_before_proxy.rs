//! Init containers that a proxy of the mesh cuts off.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::mesh;
use crate::model::{Role, UserId};
use crate::resolve::Component;

/// The user of Istio's proxy, whose traffic is let past it.
const PROXY: i64 = 1337;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG520",
    name: "init-before-proxy",
    severity: Warning,
    docs: "\
## What it finds
An init container in a mesh of sidecars whose Istio is older than 1.24.

## Why it matters
The pod's traffic is led to the proxy from the start, but the proxy is a container like the others and starts after the init containers: they reach nobody. From 1.24 on, stackgen asks for a proxy that starts before them.

## Example
```yaml
cluster: { istio: \"1.23\" }
mesh: { istio: { mode: sidecar } }
services: { web: { initContainers: { migrate: { image: ghcr.io/acme/migrate:1.0.0 } } } }
```

## What to do
Use Istio 1.24 or newer; or run the init container as the proxy's user, `securityContext: { runAsUser: 1337 }`, which is led past it. Where it needs no network, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    if !mesh::late_proxy(facts.resolved, component) {
        return;
    }
    for one in facts.resolved.containers(component) {
        if one.role == Role::Init && one.security.run_as_user.map(UserId::get) != Some(PROXY) {
            let message = format!("`{}` runs before the proxy that all its traffic goes to", one.name);
            sink.push(
                Diagnostic::at_key(&CODE, &one.at(), message)
                    .note("it reaches nobody, and the pod never starts if it must")
                    .help("use Istio 1.24 or newer, or run it as the proxy's user: `runAsUser: 1337`"),
            );
        }
    }
}
