//! Proxies that come too late, and never go.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::{Mesh, Version};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG540",
    name: "linkerd-too-old",
    severity: Error,
    docs: "\
## What it finds
A Linkerd mesh with a Linkerd older than 2.15, or on a Kubernetes older than 1.29.

## Why it matters
Only from these on, Linkerd's proxy can be a native sidecar: it starts before init containers and ends with the others. Before, init containers call without an identity and are refused, and Jobs never end.

## Example
```yaml
cluster: { kubernetes: \"1.28\", linkerd: \"2.14\" }
mesh: { linkerd: {} }
```

## What to do
Use Linkerd 2.15 and Kubernetes 1.29 or newer, and declare them.
",
};

/// Native sidecars: Linkerd's announcement of 2.15, and KEP-753.
const OLDEST: [(&str, &str, Version); 2] =
    [("linkerd", "Linkerd", Version::new(2, 15)), ("kubernetes", "Kubernetes", Version::new(1, 29))];

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    let Some(Mesh::Linkerd(_)) = stack.mesh else { return };
    for ((key, name, oldest), version) in OLDEST.iter().zip([stack.cluster.linkerd, stack.cluster.kubernetes])
    {
        if version < *oldest {
            let message = format!("on {name} {version}, Linkerd's proxy cannot be a native sidecar");
            sink.push(
                Diagnostic::at_value(&CODE, &Route::of(&["cluster", key]), message)
                    .note("init containers would be refused, and Jobs would never end")
                    .help(format!("use {name} {oldest} or newer")),
            );
        }
    }
}
