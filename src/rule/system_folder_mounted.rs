//! Folders of the node that others live by.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG412",
    name: "system-folder-mounted",
    severity: Warning,
    docs: "\
## What it finds
A container that mounts `/`, `/boot`, `/dev`, `/etc`, `/lib`, `/proc`, `/root`, `/sys`, `/usr`, `/var`, `/var/run` or `/var/lib/kubelet` of its node.

## Why it matters
It reads the node's keys and every other pod's Secrets there, and may change what the node runs if it can write.

## Example
```yaml
volumes: [ { name: etc, hostPath: { path: /etc } } ]
```

## What to do
Mount the one file or folder that the program needs, read-only.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for (container, mount, path) in pods.host_mounts() {
        let folder = if path == "/" { path } else { path.trim_end_matches('/') };
        if FOLDERS.contains(&folder) {
            let message = format!("`{}` has the folder `{folder}` of its node", container.name);
            sink.push(mount.found(&CODE, message).help("mount what the program needs of it, read-only"));
        }
    }
}

const FOLDERS: [&str; 12] = [
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/proc",
    "/root",
    "/sys",
    "/usr",
    "/var",
    "/var/run",
    "/var/lib/kubelet",
];
