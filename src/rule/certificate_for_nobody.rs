//! Certificates of the mesh that nobody can be given.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Membership, Mesh, Name};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG542",
    name: "certificate-for-nobody",
    severity: Error,
    docs: "\
## What it finds
A name under `for` of a mesh of certificates that is a tier of an engine, or a component of a namespace without `mesh: true`.

## Why it matters
Its author counts on a certificate, and there is none: the pods of engines are not described in the stack, and a namespace outside the mesh gets nothing of it.

## Example
```yaml
mesh: { certificates: { issuer: { name: internal }, for: [ api, db ] } }
stateful: { db: { kind: postgres, … } }
```

## What to do
Take the name out. An engine that can serve TLS has a field for it (`tls: { certificate: NAME }`), and an entry of `certificates`. Where the namespace is outside the mesh, write `mesh: true` there.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(Mesh::Certificates(mesh)) = &resolved.stack.mesh else { return };
    let list = Route::of(&["mesh", "certificates", "for"]);
    for (index, name) in mesh.only.0.iter().enumerate() {
        let at = facts.item(&list, index);
        let Some(component) = resolved.components.get(name) else {
            if !resolved.is_written("stateful", name.as_str()) {
                let known = resolved.components.keys().map(Name::as_str);
                let removed = facts.document.removed.place("stateful", Some(name.as_str())).is_some();
                let section = if removed { "stateful" } else { "services" };
                sink.extend(resolved.unknown("service", name.as_str(), &at, section, known));
            }
            continue;
        };
        let namespace = Route::of(&["namespaces", component.namespace.as_str()]);
        let member = resolved.stack.namespaces.get(&component.namespace);
        if resolved.pod(component).is_none() {
            let message = format!("`{name}` is of an engine, whose pods are not described here");
            sink.push(
                Diagnostic::at_value(&CODE, &at, message)
                    .also(At::Node(component.route().clone(), Part::Key), "the tier")
                    .help(
                        "take it out; where the engine has `tls`, declare an entry of `certificates` for it",
                    ),
            );
        } else if member.is_some_and(|it| matches!(it.mesh, Membership::Outside)) {
            let message = format!("`{name}` is in a namespace outside the mesh");
            sink.push(
                Diagnostic::at_value(&CODE, &at, message)
                    .also(At::Node(namespace, Part::Key), "the namespace")
                    .help("write `mesh: true` at the namespace, or take the name out"),
            );
        }
    }
}
