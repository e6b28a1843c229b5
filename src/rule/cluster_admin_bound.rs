//! Programs that may do everything.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG414",
    name: "cluster-admin-bound",
    severity: Warning,
    docs: "\
## What it finds
A binding of the role `cluster-admin`.

## Why it matters
Whoever takes over the program has the cluster, with all Secrets of all namespaces.

## Example
```yaml
kind: ClusterRoleBinding
roleRef: { kind: ClusterRole, name: cluster-admin }
```

## What to do
Write a role with what the program uses.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let name = object.root.below("roleRef.name");
    if matches!(object.kind, "ClusterRoleBinding" | "RoleBinding") && name.text() == "cluster-admin" {
        sink.push(
            name.found(&CODE, "whom it binds may do everything")
                .help("bind a role with what the program uses"),
        );
    }
}
