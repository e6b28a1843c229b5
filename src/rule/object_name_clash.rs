//! Two objects of one name.

use std::collections::BTreeMap;

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink, Span};
use crate::k8s::ObjectId;
use crate::model::Name;
use crate::resolve::Resolved;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Stack(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG407",
    name: "object-name-clash",
    severity: Error,
    docs: "\
## What it finds
Two objects of the same kind, namespace and name: two secrets with one `object`, a secret and a certificate of one name, a component whose name ends in what another, or its operator, adds (`web-public`, `db-headless`, `db-rw`); an object of `manifests` that is also made here, or is there twice; two written objects.

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
    for (id, places) in &facts.seen.clashes {
        let Some((last, [first, ..])) = places.split_last() else { continue };
        let message = format!("two objects are `{id}`");
        sink.push(clash(key(last), key(first), message));
    }
    made_by_operators(facts, sink);
    // The operator and cert-manager make Secrets that the output does not hold.
    for (name, secret) in &stack.secrets {
        let Some(certificate) = stack.certificates.get(name) else { continue };
        let namespace = |it| facts.resolved.namespace_or_only(it);
        if namespace(secret.namespace.as_ref()) == namespace(certificate.namespace.as_ref()) {
            let [at, first] = ["certificates", "secrets"].map(|it| key(&Route::of(&[it, name.as_str()])));
            sink.push(clash(at, first, format!("a secret and a certificate both fill the Secret `{name}`")));
        }
    }
}

fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let first = objects.find(object.group, object.kind, object.namespace, object.name);
    let Some(first) = first else { return };
    if object.named().is_written() && first.named().at() != object.named().at() {
        let message = format!("two objects are the {}", object.title());
        sink.push(clash(object.named().at(), first.named().at(), message));
    }
}

/// That an object that the stack has as it is would be another one.
pub(super) fn taken(id: &ObjectId, at: Span, first: At) -> Diagnostic {
    clash(At::Span(at), first, format!("two objects are `{id}`"))
}

/// What operators of tiers make, against the output and each other.
fn made_by_operators(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let mut seen = BTreeMap::new();
    for component in resolved.components.values() {
        let made = resolved.tier(component).map(|it| it.operator_objects(component.name.as_str()));
        let namespace = resolved.namespace(&component.namespace);
        for (kind, name) in made.unwrap_or_default() {
            let written = match kind {
                "Secret" => filled(resolved, &component.namespace, &name),
                _ => facts.seen.place(resolved, kind, namespace, &name),
            };
            let other = seen.entry((kind, namespace, name.clone())).or_insert_with(|| component.route());
            let first = written.as_ref().unwrap_or(other);
            if first != component.route() {
                let message = format!("the operator of `{}` makes the {kind} `{name}`, too", component.name);
                sink.push(clash(key(component.route()), key(first), message));
            }
        }
    }
}

/// What of the stack fills a Secret, which is no object of the output.
fn filled(resolved: &Resolved, namespace: &Name, secret: &str) -> Option<Route> {
    let name = Name::parse(secret).ok()?;
    let (own, ..) = resolved.secret(&name)?;
    let section = if resolved.stack.secrets.contains_key(&name) { "secrets" } else { "certificates" };
    (own == *namespace).then(|| Route::of(&[section, secret]))
}

fn key(route: &Route) -> At {
    At::Node(route.clone(), Part::Key)
}

fn clash(at: At, first: At, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, at, message)
        .also(first, "the other comes from here")
        .note("one would replace the other")
        .help("rename one of them")
}
