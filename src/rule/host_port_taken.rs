//! Two ports on one port of the host.

use std::collections::BTreeMap;

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{HostPorts, Protocol};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG550",
    name: "host-port-taken",
    severity: Error,
    docs: "\
## What it finds
Two ports of components that a Compose project publishes on one port of the host, of the same protocol.

## Why it matters
The second container does not start: the address is in use.

## Example
```yaml
environments: { dev: { target: compose, compose: { publish: { web: { http: 8080 }, api: { http: 8080 } } } } }
```

## What to do
Give each a port of the host of its own, or let the host choose all of them: `hostPorts: any`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let (resolved, compose) = (facts.resolved, &facts.resolved.stack.compose);
    if !resolved.is_compose() || compose.host_ports == HostPorts::Any {
        return;
    }
    let mut taken: BTreeMap<(u16, bool), (String, Route)> = BTreeMap::new();
    for (name, ports) in &compose.publish {
        let Some(component) = resolved.components.get(name) else { continue };
        for (port, number) in ports {
            let Some(endpoint) = component.endpoints.ports.iter().find(|it| it.name == *port) else {
                continue;
            };
            let at = Route::of(&["compose", "publish", name.as_str(), port.as_str()]);
            let key = (number.get(), endpoint.protocol == Protocol::Udp);
            let Some((first, place)) = taken.get(&key) else {
                taken.insert(key, (format!("{name}:{port}"), at));
                continue;
            };
            let message =
                format!("`{name}:{port}` and `{first}` are both published on port {number} of the host");
            sink.push(
                Diagnostic::at_value(&CODE, &at, message)
                    .also(At::Node(place.clone(), Part::Value), "the other")
                    .help("give each a port of its own, or write `hostPorts: any`"),
            );
        }
    }
}
