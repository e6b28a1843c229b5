//! Pods in the namespace of nobody.

use super::objects::DEFAULT;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG384",
    name: "default-namespace",
    severity: Info,
    docs: "\
## What it finds
Pods whose object names no namespace, or `default`.

## Why it matters
`default` is where everything lands that nobody thought about: no policy, quota or level of Pod Security is for it alone, and it cannot be removed.

## Example
```yaml
kind: Deployment
metadata: { name: web }
```

## What to do
Write `metadata.namespace`, or let the tool that applies it say one.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if object.namespace == DEFAULT && object.template().is_some() {
        let message = format!("the {} is in the namespace `{DEFAULT}`", object.title());
        sink.push(
            object.root.below("metadata.namespace").found(&CODE, message).help("write `metadata.namespace`"),
        );
    }
}
