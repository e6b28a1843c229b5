//! Labels that identify pods.

use super::{Check, Facts, Rule, described};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::k8s::labels::COMPONENT;
use crate::resolve::meta::RESERVED;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG604",
    name: "reserved-label",
    severity: Error,
    docs: "\
## What it finds
A component that gives its pods a label by which stackgen selects them: `app.kubernetes.io/name`, `part-of` or `managed-by`, and of a tier also `component`.

## Why it matters
Selectors are immutable and go by these labels. The value written in the stack is not used.

## Example
```yaml
services: { web: { labels: { app.kubernetes.io/name: shop-web } } }
```

## What to do
Remove the label, or use a key of your own.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let of_component = |at: &str| ["/services/", "/stateful/"].iter().any(|it| at.starts_with(it));
    for (at, key, _) in described(facts).into_iter().filter(|(at, ..)| of_component(at.as_str())) {
        let of_tier = key == COMPONENT && at.as_str().starts_with("/stateful/");
        if (of_tier || RESERVED.contains(&key)) && at.as_str().contains("/labels/") {
            sink.push(
                Diagnostic::at_key(&CODE, &at, format!("`{key}` identifies the pods and is stackgen's"))
                    .note("Services, budgets and policies select by it")
                    .help("remove the label, or use a key of your own"),
            );
        }
    }
}
