//! Departures from a hardened pod without a word why.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink, and_list};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG401",
    name: "undeclared-departure",
    severity: Error,
    docs: "\
## What it finds
A `securityContext` that departs from the defaults towards less security (root, privilege, capabilities, a writable root file system, no seccomp or AppArmor profile or one of the node's own) and gives no `reason`.

## Why it matters
A departure that nobody explains is copied to the next component, and nobody dares to remove it.

## Example
```yaml
services: { web: { securityContext: { readOnlyRootFilesystem: false } } }
```

## What to do
Remove the departure, or say in `reason` why the component cannot do without it.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for one in facts.resolved.containers(component) {
        let departures = one.security.departures();
        let explained = one.security.reason.as_ref().is_some_and(|it| !it.trim().is_empty());
        let Some(first) = departures.first().filter(|_| !explained) else { continue };
        let at = one.at().join("securityContext").join(first);
        let message = format!(
            "`{}` departs from the secure defaults in {} without a reason",
            one.name,
            and_list(departures.iter().copied())
        );
        sink.push(
            Diagnostic::at_key(&CODE, &at, message)
                .note("what nobody explains is copied, and nobody dares to remove it")
                .help("remove the departure, or add `reason` beside it"),
        );
    }
}
