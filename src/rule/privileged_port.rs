//! Low ports without root.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

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
