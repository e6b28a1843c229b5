//! Sockets of the container runtime in a pod.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG411",
    name: "runtime-socket-mounted",
    severity: Error,
    docs: "\
## What it finds
A container that mounts the socket of Docker, containerd, CRI-O or Podman from its node.

## Why it matters
Whoever may talk to the runtime starts what it likes, as root of the node: the pod is the node.

## Example
```yaml
volumes: [ { name: docker, hostPath: { path: /var/run/docker.sock } } ]
```

## What to do
Build images without a daemon (BuildKit rootless, Kaniko); read logs and metrics from the kubelet.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for (container, mount, path) in pods.host_mounts() {
        if SOCKETS.iter().any(|it| path.ends_with(it)) {
            let message =
                format!("`{}` has the node: it talks to its container runtime by `{path}`", container.name);
            sink.push(mount.found(&CODE, message).help("remove the mount"));
        }
    }
}

/// How the paths of such sockets end.
const SOCKETS: [&str; 4] = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock"];
