//! Containers that may fill the disk of their node.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG386",
    name: "disk-without-limit",
    severity: Info,
    docs: "\
## What it finds
A container without a limit for `ephemeral-storage` that may write as much as it likes: into its own root, or into an `emptyDir` without a `sizeLimit` that is not memory.

## Why it matters
What it writes is on the disk of its node. When that is full, the node evicts pods, those of others among them, and runs no new ones.

## Example
```yaml
containers: [ { name: web, volumeMounts: [ { name: cache, mountPath: /cache } ] } ]
volumes: [ { name: cache, emptyDir: {} } ]
```

## What to do
Make the root read-only and give each `emptyDir` a `sizeLimit`; where the root is written to, limit `ephemeral-storage`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let volumes = pods.spec.below("volumes").items();
    let endless = |name: &str| {
        let volume = volumes.iter().find(|it| it.below("name").text() == name);
        volume.map(|it| it.below("emptyDir")).filter(|it| {
            it.is_written() && !it.below("sizeLimit").is_written() && it.below("medium").text() != "Memory"
        })
    };
    for container in pods.containers() {
        let limits = container.spot.below("resources.limits");
        if limits.key("ephemeral-storage").is_written() {
            continue;
        }
        let root = container.spot.below("securityContext.readOnlyRootFilesystem");
        let mounts = container.spot.below("volumeMounts").items();
        let found = if root.is_true() {
            let written = mounts.iter().filter(|it| !it.below("readOnly").is_true());
            let volume = written.map(|it| it.below("name").text()).find_map(endless);
            volume.map(|it| (it, "one of its volumes"))
        } else {
            Some((root, "its own root"))
        };
        if let Some((at, what)) = found {
            let message = format!("`{}` may fill the disk of its node: {what} has no limit", container.name);
            sink.push(
                at.found(&CODE, message)
                    .also(container.spot.below("name").at(), "the container")
                    .help("limit it, or write `resources.limits.ephemeral-storage`"),
            );
        }
    }
}
