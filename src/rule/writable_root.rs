//! Containers that may change their own program.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG415",
    name: "writable-root",
    severity: Info,
    docs: "\
## What it finds
A container without `readOnlyRootFilesystem: true`.

## Why it matters
Whoever takes over the program can put another in its place, and what it writes by mistake fills the node's disk.

## Example
```yaml
containers: [ { name: web, securityContext: { runAsNonRoot: true } } ]
```

## What to do
Write `readOnlyRootFilesystem: true`, with an `emptyDir` for each folder that the program writes to.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let at = container.spot.below("securityContext.readOnlyRootFilesystem");
        if !at.is_true() {
            let message = format!("`{}` may write to its own root", container.name);
            sink.push(
                at.found(&CODE, message)
                    .help("write `readOnlyRootFilesystem: true`, and give it an `emptyDir` to write to"),
            );
        }
    }
}
