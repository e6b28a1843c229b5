//! Identities of clusters that a layer replaces.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Severity::Warning, Sink};
use crate::resolve::{Component, Section};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG343",
    name: "identity-of-a-layer",
    severity: Warning,
    docs: "\
## What it finds
The identity of a cluster (Cassandra's `clusterName`, `datacenter` and `rack`, Kafka's `clusterId`, MongoDB's
`replicaSet`) that an environment, an overlay or a component replaces by another.

## Why it matters
It is written to the disks at the first start and can never change: servers that find another one refuse to start. A value
with two truths changes as soon as somebody drops one of them.

## Example
```yaml
stateful: { bus: { kind: kafka, clusterId: iFuzZaKKhLr1KqIlkS0NNQ } }
environments:
  prod: { stateful: { bus: { clusterId: 5L6g3nShT-eMCtK--X86sw } } }
```

## What to do
Write it once, in the stack, for all environments: they are apart anyway. Where each must have its own, write it in each
environment and not in the stack.
",
};

/// The engines' fields that can never change.
const FIELDS: [(&str, &str); 5] = [
    ("cassandra", "clusterName"),
    ("cassandra", "datacenter"),
    ("cassandra", "rack"),
    ("kafka", "clusterId"),
    ("mongodb", "replicaSet"),
];

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    if component.section != Section::Stateful {
        return;
    }
    let at = component.route();
    let text = |key: &str| facts.document.find(&at.join(key));
    let Some(kind) = text("kind").and_then(|it| it.as_scalar()) else { return };
    for (_, field) in FIELDS.iter().filter(|(it, _)| *it == &*kind.text) {
        let Some(node) = text(field) else { continue };
        let (Some(new), Some(beat)) = (node.as_scalar(), &node.beat) else { continue };
        let Some(old) = beat.as_scalar().filter(|it| it.text != new.text) else { continue };
        let message = format!("`{field}` can never change, and is `{}` elsewhere", old.text);
        sink.push(
            Diagnostic::at_value(&CODE, &at.join(field), message)
                .also(At::Span(beat.span), "the value that this one replaces")
                .note("it is on the disks from the first start, and servers that find another one refuse to start")
                .help(format!("write `{field}` once, in the stack; or in each environment and not in the stack")),
        );
    }
}
