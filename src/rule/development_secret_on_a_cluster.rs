//! Values for development where they have no business.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG556",
    name: "development-secret-on-a-cluster",
    severity: Error,
    docs: "\
## What it finds
Values of secrets under `compose` in an environment that compiles to Kubernetes.

## Why it matters
They are for a project on the machine of a developer: whoever reads the repository knows them. On a cluster nothing uses them, so somebody took them for the real ones.

## Example
```yaml
compose: { secrets: { db: { password: dev } } }     # of the whole stack, and not of the environment `dev`
```

## What to do
Move them into the environment with `target: compose`, or remove them here by `null`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if resolved.is_compose() || resolved.stack.compose.secrets.is_empty() {
        return;
    }
    let message = "values of secrets for development, in an environment on a cluster";
    sink.push(
        Diagnostic::at_key(&CODE, &Route::of(&["compose", "secrets"]), message)
            .help("move them into the environment with `target: compose`"),
    );
}
