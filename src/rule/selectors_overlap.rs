//! Selectors that take the pods of another component.

use std::collections::BTreeSet;

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::k8s::reach::takes;
use crate::resolve::{Component, meta};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG606",
    name: "selectors-overlap",
    severity: Error,
    docs: "\
## What it finds
A selector that a component keeps (`adopt.selector`), and that takes the pods of another component of the namespace as well; or pods with labels of a selector that is kept, which another component's selector takes.

## Why it matters
The Service of the one sends requests to pods of the other, the policies of both hold for them, and no drain gets past two budgets.

## Example
```yaml
services:
  web: { adopt: { selector: { app: shop } } }
  api: { adopt: { selector: { app: shop, tier: api } } }
```

## What to do
Adopt the one whose selector takes no others, and let the wider one be made anew: `stackgen diff` says how. Where the label comes from `labels` of the other component, take it away there.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let kept = |it: &Component| resolved.adopted(it).is_some_and(|it| it.labels().is_some());
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for owner in resolved.components.values() {
        let selector = meta::selector(resolved, owner);
        for pods in facts.seen.pods.iter().filter(|it| it.component != owner.name) {
            let Some(other) = resolved.components.get(&pods.component) else { continue };
            let apart = resolved.namespace(&owner.namespace) != resolved.namespace(&other.namespace);
            if apart || !(kept(owner) || kept(other)) || !takes(&selector, &pods.labels) {
                continue;
            }
            // Both ways is one finding, and so are several sorts of pods.
            let pair = (owner.name.as_str(), other.name.as_str());
            if told.contains(&(pair.1, pair.0)) || !told.insert(pair) {
                continue;
            }
            let (at, also) = if kept(owner) { (owner, other) } else { (other, owner) };
            let message = format!("what selects the pods of `{}` takes those of `{}`, too", pair.0, pair.1);
            sink.push(
                Diagnostic::at_key(&CODE, &at.route().join("adopt").join("selector"), message)
                    .also(At::Node(also.route().clone(), Part::Key), "the other component")
                    .note("one would get the requests, policies and budgets of the other")
                    .help("keep the selector of one that takes no others; without `adopt.selector`, stackgen's own labels keep them apart"),
            );
        }
    }
}
