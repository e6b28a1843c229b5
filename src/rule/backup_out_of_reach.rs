//! Backups to a server that a policy keeps the tier from.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Policies;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG461",
    name: "backup-out-of-reach",
    severity: Error,
    docs: "\
## What it finds
A tier whose backups go to an object store and that uses nothing at all, while policies are made from `uses`.

## Why it matters
A policy lets its pods out to what is declared alone. The first backup, and each after it, waits until it times out; nobody sees that before the day of a restore.

## Example
```yaml
network: { policies: from-uses }
stateful: { db: { kind: postgres, backup: { schedule: \"@daily\", to: { objectStore: { path: s3://backups/db } } } } }
```

## What to do
Declare the store under `externals`, with its addresses, and add it to the tier's `uses`; or add the tier that is the store.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let backup = resolved.tier(component).and_then(|it| it.backup());
    let stored = backup.is_some_and(|it| it.store().is_some());
    if !stored || resolved.stack.network.policies == Policies::None || !component.uses.is_empty() {
        return;
    }
    let at = component.route().join("backup").join("to").join("objectStore");
    let message = format!("no path leads from `{}` to the object store", component.name);
    sink.push(
        Diagnostic::at_key(&CODE, &at, message)
            .note("the policy made from `uses` lets its pods out to what is declared alone")
            .help("declare the store under `externals`, and add it to the tier's `uses`"),
    );
}
