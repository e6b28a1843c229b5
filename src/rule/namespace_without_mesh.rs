//! Members of a mesh that is not there.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::Membership;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG508",
    name: "namespace-without-mesh",
    severity: Error,
    docs: "\
## What it finds
A namespace with `mesh` in a stack without one, unless the environment took the mesh away: `mesh: null`.

## Why it matters
Its author counts on mutual TLS and authorisation, and there is neither.

## Example
```yaml
namespaces: { app: { mesh: true } }        # and no `mesh:`
```

## What to do
Declare the mesh (`mesh: { istio: {} }` or `mesh: { linkerd: {} }`), or remove `mesh` from the namespace. Where only some environments have a mesh, declare it in the stack and write `mesh: null` in the others: there, `mesh: true` of a namespace means nothing.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    if stack.mesh.is_some() || facts.document.removed.place("mesh", None).is_some() {
        return;
    }
    for (name, _) in stack.namespaces.iter().filter(|(_, it)| matches!(it.mesh, Membership::Member(_))) {
        let at = Route::of(&["namespaces", name.as_str(), "mesh"]);
        sink.push(
            Diagnostic::at_value(
                &CODE,
                &at,
                format!("namespace `{name}` joins a mesh, and the stack has none"),
            )
            .note("there is neither mutual TLS nor authorisation")
            .help("declare `mesh: { istio: {} }` or `mesh: { linkerd: {} }`, or remove `mesh` here"),
        );
    }
}
