//! Fields that have another name now.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG418",
    name: "replaced-field",
    severity: Warning,
    docs: "\
## What it finds
`serviceAccount` of a pod, which is `serviceAccountName` now, unless that is there and says the same; and the annotations of seccomp, which are not read any more.

## Why it matters
Two names for one thing can disagree, and an annotation that nobody reads protects nobody.

## Example
```yaml
spec: { serviceAccount: web }
```

## What to do
Write `serviceAccountName`, and `securityContext.seccompProfile`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let account = pods.spec.below("serviceAccount");
    // The API server writes both.
    if account.is_written() && account.value != pods.spec.below("serviceAccountName").value {
        sink.push(account.found(&CODE, "`serviceAccount` is an old name").help("write `serviceAccountName`"));
    }
    for (key, at) in pods.template.below("metadata.annotations").entries() {
        if key.starts_with("seccomp.security.alpha.kubernetes.io/")
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
        {
            sink.push(
                at.found(&CODE, format!("`{key}` is not read any more"))
                    .help("write `securityContext.seccompProfile`"),
            );
        }
    }
}
