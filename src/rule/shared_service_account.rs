//! One identity for several components.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Warning, Sink};
use crate::model::{Authorization, Mesh};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG404",
    name: "shared-service-account",
    severity: Warning,
    docs: "\
## What it finds
Two components of a meshed namespace with one ServiceAccount while the mesh authorises by `uses`.

## Why it matters
The mesh knows callers by their ServiceAccount: what one of the two may call, the other may too.

## Example
```yaml
services: { web: {}, admin: { serviceAccount: web } }
```

## What to do
Give each component a ServiceAccount of its own: leave `serviceAccount` out.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if resolved.stack.mesh.as_ref().map(Mesh::authorization) != Some(Authorization::FromUses) {
        return;
    }
    let mut owners = std::collections::BTreeMap::new();
    let named = |it: &&crate::resolve::Component| resolved.common(it).service_account.is_some();
    // Components that keep their own name come first: they own it.
    let (given, own): (Vec<_>, Vec<_>) = resolved.components.values().partition(named);
    for component in own.into_iter().chain(given) {
        // The second version of a service is the same to others.
        if resolved.mesh_of(&component.namespace).is_none() || resolved.base(component).is_some() {
            continue;
        }
        let identity = (&component.namespace, &component.service_account);
        let Some(owner) = owners.get(&identity) else {
            owners.insert(identity, component);
            continue;
        };
        let message = format!("`{}` and `{}` are one identity to the mesh", owner.name, component.name);
        sink.push(
            Diagnostic::at_value(&CODE, &component.route().join("serviceAccount"), message)
                .also(At::Node(owner.route().clone(), Part::Key), "the other component")
                .note("what either may call, both may")
                .help("leave `serviceAccount` out: each component has one of its own"),
        );
    }
}
