//! Load balancers for ports that are not there.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink, and_list, nearest};
use crate::model::Expose;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG507",
    name: "expose-unknown-port",
    severity: Error,
    docs: "\
## What it finds
`expose.loadBalancer.ports` with a name that is none of the service's ports, or without any port.

## Why it matters
The load balancer would be refused, or lead nowhere.

## Example
```yaml
services: { web: { ports: { http: 8080 }, expose: { loadBalancer: { ports: { https: 443 } } } } }
```

## What to do
Name ports of the service: `NAME OF THE PORT: PUBLIC NUMBER`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let expose = facts.resolved.service(component).and_then(|it| it.fields.expose.as_ref());
    let Some(Expose::LoadBalancer(balancer)) = expose else { return };
    let at = component.route().join("expose").join("loadBalancer");
    let names = || component.endpoints.ports.iter().map(|it| it.name.as_str());
    if balancer.ports.is_empty() {
        let message = format!("the load balancer of `{}` has no ports", component.name);
        let help = format!("add `ports`; the service has {}", and_list(names()));
        sink.push(Diagnostic::at_key(&CODE, &at, message).help(help));
    }
    for name in
        balancer.ports.keys().map(crate::model::Name::as_str).filter(|it| !names().any(|name| name == *it))
    {
        let found = Diagnostic::at_key(
            &CODE,
            &at.join("ports").join(name),
            format!("`{}` has no port `{name}`", component.name),
        );
        sink.push(match nearest(name, names()) {
            Some(near) => found.help(format!("write `{near}`")),
            None => found.help(format!("the service has {}", and_list(names()))),
        });
    }
}
