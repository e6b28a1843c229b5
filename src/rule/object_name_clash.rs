//! Two objects of one name.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG407",
    name: "object-name-clash",
    severity: Error,
    docs: "\
## What it finds
Two objects of the same kind, namespace and name: two secrets with one `object`, a secret and a certificate of one name, a component whose name ends in what another adds (`web-public`, `db-headless`).

## Why it matters
Kustomize refuses the tree; applied otherwise, the later object replaces the earlier one.

## Example
```yaml
services: { web: { expose: { loadBalancer: { ports: { https: 443 } } } }, web-public: {} }
```

## What to do
Rename one of them.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    for (id, places) in facts.clashes {
        let Some((last, [first, ..])) = places.split_last() else { continue };
        let message = format!("two objects are `{id}`");
        sink.push(clash(At::Node(last.clone(), Part::Key), first, message));
    }
    // The operator and cert-manager make Secrets that the output does not hold.
    for (name, secret) in &stack.secrets {
        let Some(certificate) = stack.certificates.get(name) else { continue };
        let namespace = |it| facts.resolved.namespace_or_only(it);
        if namespace(secret.namespace.as_ref()) == namespace(certificate.namespace.as_ref()) {
            let at = At::Node(Route::of(&["certificates", name.as_str()]), Part::Key);
            let first = Route::of(&["secrets", name.as_str()]);
            sink.push(clash(at, &first, format!("a secret and a certificate both fill the Secret `{name}`")));
        }
    }
}

fn clash(at: At, first: &Route, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, at, message)
        .also(At::Node(first.clone(), Part::Key), "the other comes from here")
        .note("one would replace the other")
        .help("rename one of them")
}
