//! Permissions that say `*`.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Stack(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG430",
    name: "wildcard-permission",
    severity: Error,
    docs: "\
## What it finds
`*` in the `verbs`, `resources`, `apiGroups` or `nonResourceURLs` of a permission, also as a part (`*/scale`, `/healthz/*`).

## Why it matters
It allows what exists and whatever a later version of Kubernetes or an operator adds, Secrets and the means to become somebody else among it. Nobody can tell from it what the program needs.

## Example
```yaml
services: { web: { permissions: { all: { resources: [ \"*\" ], verbs: [ get ] } } } }
```

## What to do
Write what the program uses. Where a program's own documentation asks for `*`, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for granted in facts.resolved.all_granted() {
        let it = granted.permission;
        let lists = [
            ("verbs", &it.verbs, "may be done"),
            ("resources", &it.resources, "may be touched"),
            ("apiGroups", &it.api_groups, "may be touched, of any operator's resources, too"),
            ("nonResourceURLs", &it.urls, "may be asked for"),
        ];
        for (key, list, what) in lists {
            for (index, text) in list.iter().enumerate().filter(|(_, text)| text.contains('*')) {
                let message = format!("`{}` may do more than is written: `{text}` in `{key}`", granted.to);
                sink.push(
                    Diagnostic::at_value(&CODE, &granted.at.join(key).index(index), message)
                        .note(format!("whatever a later version adds {what}"))
                        .help("write what is used, one by one"),
                );
            }
        }
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !matches!(object.kind, "Role" | "ClusterRole") {
        return;
    }
    for rule in object.root.below("rules").items() {
        for key in ["verbs", "resources", "apiGroups", "nonResourceURLs"] {
            for at in rule.below(key).items().iter().filter(|it| it.text().contains('*')) {
                let message = format!(
                    "whoever has the {} may do more than is written: `{}` in `{key}`",
                    object.title(),
                    at.text()
                );
                sink.push(
                    at.found(&CODE, message)
                        .note("whatever a later version adds is allowed")
                        .help("write what is used, one by one"),
                );
            }
        }
    }
}
