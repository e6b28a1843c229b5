//! Containers that must not run as root, and are told to.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::model::UserId;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG421",
    name: "root-refused",
    severity: Error,
    docs: "\
## What it finds
A container with `runAsUser: 0`, its own or, beside the main container, the component's, that must not run as root: `runAsNonRoot` is `true` unless given.

## Why it matters
The kubelet refuses to start it, and the pod stays in `CreateContainerConfigError`.

## Example
```yaml
services: { web: { securityContext: { runAsUser: 0, reason: \"...\" } } }      # runAsNonRoot is true
```

## What to do
Give it a user other than 0; or say `runAsNonRoot: false` as well, with the reason.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let containers = facts.resolved.containers(component);
    let Some(main) = containers.clone().next() else { return };
    for one in containers {
        let user = one.security.run_as_user.or(main.security.run_as_user);
        if !user.is_some_and(UserId::is_root) || !one.security.run_as_non_root {
            continue;
        }
        let own = one.security.run_as_user.is_some();
        let origin = if own { &one } else { &main }.at().join("securityContext").join("runAsUser");
        let message = format!("`{}` runs as root and must not", one.name);
        let found = if own {
            Diagnostic::at_value(&CODE, &origin, message)
        } else {
            Diagnostic::at_key(&CODE, &one.at(), message)
                .also(At::Node(origin, Part::Value), "the user of the pod")
        };
        sink.push(
            found
                .note("`runAsNonRoot` is true unless given, and the kubelet refuses to start it")
                .help("give it another user, or say `runAsNonRoot: false` with the reason"),
        );
    }
}
