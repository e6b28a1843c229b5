//! Sleeps that need a program of the image.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::{Stop, Version};
use crate::resolve::{Component, SLEEP_ACTION};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG364",
    name: "sleep-of-the-image",
    severity: Warning,
    docs: "\
## What it finds
A `preStop: { sleep: … }` on a cluster whose kubelet cannot sleep by itself: before Kubernetes 1.30.

## Why it matters
The program `sleep` of the image is run instead. An image without one, such as a distroless one, fails the hook: the container is told to stop at once, while requests still come.

## Example
```yaml
cluster: { kubernetes: \"1.29\" }
services: { web: { preStop: { sleep: 5s } } }
```

## What to do
Where the image has the program, write `preStop: { exec: [sleep, \"5\"] }`: it says so. Else let the program itself wait, or raise `cluster.kubernetes`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let version: Version = facts.resolved.stack.cluster.kubernetes;
    if version >= SLEEP_ACTION {
        return;
    }
    for one in facts.resolved.containers(component) {
        let Some(Stop::Sleep(sleep)) = &one.container.pre_stop else { continue };
        let message = format!("on Kubernetes {version} the program `sleep` of the image is run");
        sink.push(
            Diagnostic::at_value(&CODE, &one.at().join("preStop").join("sleep"), message)
                .note("without one in the image, the container is told to stop at once")
                .help(format!("write `exec: [sleep, \"{}\"]` where the image has it", sleep.seconds())),
        );
    }
}
