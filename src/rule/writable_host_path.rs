//! Files of the node that a pod may write.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG413",
    name: "writable-host-path",
    severity: Warning,
    docs: "\
## What it finds
A container that mounts a file or folder of its node and may write to it.

## Why it matters
What it writes outlives the pod and is seen by every other pod that mounts it: whoever takes over the one has a way to the others, and to the node.

## Example
```yaml
volumeMounts: [ { name: config, mountPath: /config } ]
volumes: [ { name: config, hostPath: { path: /config } } ]
```

## What to do
Write `readOnly: true` beside the mount, or use a claim.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for (container, mount, path) in pods.host_mounts() {
        if !mount.below("readOnly").is_true() {
            let message = format!("`{}` may write to `{path}` of its node", container.name);
            sink.push(mount.found(&CODE, message).help("write `readOnly: true`, or use a claim"));
        }
    }
}
