//! Permissions that say `*`.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

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
