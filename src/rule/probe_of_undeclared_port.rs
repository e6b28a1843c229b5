//! Probes of ports that a container does not have.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG380",
    name: "probe-of-undeclared-port",
    severity: Warning,
    docs: "\
## What it finds
A probe of a port that its container does not declare: a name that is none of its TCP ports, or a number that is not among them.

## Why it matters
A name that is nobody's makes every probe fail. A number may work, but then no Service, policy or person knows the port; most often it was changed in one place only.

## Example
```yaml
ports: [ { name: http, containerPort: 8080 } ]
readinessProbe: { httpGet: { path: /ready, port: 8081 } }
```

## What to do
Name the port as the container declares it, or declare it.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let mut ports = container.spot.below("ports").items();
        ports.retain(|it| it.below("protocol").text_or("TCP") == "TCP");
        let declared = |port: &Spot<'_>| {
            ports.iter().any(|it| {
                [it.below("containerPort"), it.below("name")].iter().any(|it| it.value == port.value)
            })
        };
        for (key, port) in container.asked().into_iter().filter(|it| !declared(&it.1)) {
            let message = format!(
                "the {key} of `{}` asks port {}, which it does not declare",
                container.name, port.value
            );
            let found = port.found(&CODE, message);
            sink.push(found.help("name a port that the container declares, or declare it"));
        }
    }
}
