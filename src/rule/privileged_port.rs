//! Low ports without root.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG509",
    name: "privileged-port",
    severity: Warning,
    docs: "\
## What it finds
A container port below 1024 in a container that does not run as root and keeps no `NET_BIND_SERVICE`.

## Why it matters
Whether such a process may bind the port depends on the runtime's setting of `net.ipv4.ip_unprivileged_port_start`: it starts on one node and not on the next.

## Example
```yaml
services: { web: { ports: { http: 80 } } }
```

## What to do
Let the program listen on 1024 or above and give the Service the low port: `{ port: 8080, service: 80 }`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for one in facts.resolved.containers(component) {
        let kept = one.security.capabilities.iter().flat_map(|it| &it.add);
        let binds = kept.into_iter().any(|it| it == "NET_BIND_SERVICE" || it == "ALL");
        if !one.security.run_as_non_root || binds || one.security.privileged {
            continue;
        }
        for (name, port) in one.container.ports.iter().filter(|(_, it)| it.number.get() < 1024) {
            let message = format!("`{}` listens on port {} and is not root", one.name, port.number);
            sink.push(
                Diagnostic::at_value(&CODE, &one.at().join("ports").join(name.as_str()), message)
                    .note("whether it may depends on how each node's runtime is set up")
                    .help(format!(
                        "listen on 1024 or above and keep the Service's port: `{{ port: {}, service: {} }}`",
                        8000 + port.number.get(),
                        port.service
                    )),
            );
        }
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let security = container.spot.below("securityContext");
        let kept = security.below("capabilities.add");
        let binds = kept.texts().any(|it| it == "NET_BIND_SERVICE" || it == "ALL")
            || security.below("privileged").is_true();
        let user = [security.below("runAsUser"), pods.spec.below("securityContext.runAsUser")];
        let root = user.iter().find_map(|it| it.value.as_i64()) == Some(0);
        for port in container.spot.below("ports").items() {
            let at = port.below("containerPort");
            if !binds && !root && at.value.as_i64().is_some_and(|it| (1..1024).contains(&it)) {
                let message =
                    format!("`{}` listens on port {} and need not be root", container.name, at.value);
                sink.push(
                    at.found(&CODE, message)
                        .note("whether it may depends on how each node's runtime is set up")
                        .help("listen on 1024 or above, and give the Service the low port"),
                );
            }
        }
    }
}
