//! Programs that pass for the proxy.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG568",
    name: "uid-of-the-proxy",
    severity: Error,
    docs: "\
## What it finds
A pod or container that runs as the user 1337.

## Why it matters
It is the user of Istio's proxy, whose traffic is left alone: all that the program sends goes past the mesh.

## Example
```yaml
securityContext: { runAsUser: 1337 }
```

## What to do
Use another user.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let own = pods.containers().into_iter().filter(|it| it.name != "istio-proxy").map(|it| it.spot);
    let places =
        std::iter::once(pods.spec.clone()).chain(own).map(|it| it.below("securityContext.runAsUser"));
    let mut places = places.filter(|it| it.value.as_i64() == Some(1337));
    let Some(first) = places.next() else { return };
    let mut found = first.found(&CODE, "what it sends goes past the mesh");
    for further in places {
        found = found.also(further.at(), "here as well");
    }
    sink.push(found.note("1337 is the user of Istio's proxy").help("use another user"));
}
