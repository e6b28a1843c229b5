//! Pods that are not hardened.

use super::pod_security_violation::{LATEST, caused};
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};
use crate::k8s::pod_security::{Level, evaluate};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG416",
    name: "not-restricted",
    severity: Info,
    docs: "\
## What it finds
Pods below the level `restricted` of the Pod Security Standards, a finding for each control: a user that may be root, capabilities that are kept, privilege escalation, no seccomp profile.

## Why it matters
What the standard asks for costs most programs nothing, and takes the usual second step from whoever gets in.

## Example
```yaml
containers: [ { name: web, securityContext: { allowPrivilegeEscalation: true } } ]
```

## What to do
Write `runAsNonRoot: true`, `allowPrivilegeEscalation: false`, `capabilities: { drop: [ ALL ] }` and `seccompProfile: { type: RuntimeDefault }`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for violation in pods.typed().map(|it| evaluate(&it, Level::Restricted, LATEST)).unwrap_or_default() {
        // What is below `baseline` as well is said elsewhere.
        if violation.control.level == Level::Restricted {
            let message = format!("not `restricted`: {} ({})", violation.reason, violation.detail);
            sink.push(caused(pods, &violation).found(&CODE, message).help(violation.control.remedy));
        }
    }
}
