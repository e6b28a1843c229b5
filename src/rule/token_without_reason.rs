//! Tokens for the Kubernetes API that nobody explains.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG405",
    name: "token-without-reason",
    severity: Warning,
    docs: "\
## What it finds
`automountServiceAccountToken: true` without `permissions` and without a `reason` in `securityContext`.

## Why it matters
Most programs never call the Kubernetes API. Who breaks into one that holds a token starts with a login to the cluster.

## Example
```yaml
services: { web: { automountServiceAccountToken: true } }
```

## What to do
Remove it, or say in `permissions` what the program asks the API for: the token then comes by itself. Where its rights come from elsewhere, say so in `securityContext.reason`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some((_, pod)) = facts.resolved.pod(component) else { return };
    let explained = pod.security.reason.as_ref().is_some_and(|it| !it.trim().is_empty());
    if !pod.token() || !pod.permissions.is_empty() || explained {
        return;
    }
    let message = format!("`{}` gets a token for the Kubernetes API without a reason", component.name);
    sink.push(
        Diagnostic::at_key(&CODE, &component.route().join("automountServiceAccountToken"), message)
            .note("who breaks into the program has the token")
            .help("remove it, or say in `permissions` what the program asks the API for")
            .help("or say in `securityContext.reason` where its rights come from"),
    );
}
