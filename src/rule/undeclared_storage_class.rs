//! Names of storage classes that are nearly declared.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink, nearest};
use crate::model::Name;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG342",
    name: "undeclared-storage-class",
    severity: Warning,
    docs: "\
## What it finds
A `storageClass` that the stack does not declare, whose name is nearly that of a class which it does.

## Why it matters
Classes of the cluster's own need no declaration, so any name may be meant. A misspelt one is found only when the claim waits for ever.

## Example
```yaml
storageClasses: { fast-ssd: { provisioner: ebs.csi.aws.com } }
stateful: { db: { kind: postgres, storage: 20Gi, storageClass: fast-sdd } }
```

## What to do
Write the name of the declared class. Where a class of the cluster's own is meant, accept the finding.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let declared = &facts.resolved.stack.storage_classes;
    for (at, class) in facts.classes() {
        if facts.resolved.is_written("storageClasses", class.as_str()) {
            continue;
        }
        let Some(near) = nearest(class.as_str(), declared.keys().map(Name::as_str)) else { continue };
        sink.push(
            Diagnostic::at_value(&CODE, &at, format!("the stack declares no storage class `{class}`"))
                .also(
                    At::Node(Route::of(&["storageClasses", near]), Part::Key),
                    "a similar name is declared here",
                )
                .fix(format!("write `{near}`"), At::Node(at.clone(), Part::Value), near)
                .help("or accept the finding, where a class of the cluster's own is meant"),
        );
    }
}
