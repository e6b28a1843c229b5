//! Definitions that nobody uses.

use std::collections::BTreeSet;

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Warning, Sink};
use crate::model::{Expose, Gateway, Name, Scale, Store, Trigger};
use crate::resolve::Target;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG220",
    name: "unused-definition",
    severity: Warning,
    docs: "\
## What it finds
A parameter, profile, affinity, store, secret, certificate, config, claim, storage class, external or client that nothing refers to, and nothing that the environment removes did.

## Why it matters
It is either left over, or the component that should use it has the name wrong.

## Example
```yaml
secrets: { old-api-key: { from: vault, path: app/old, keys: [ key ] } }      # no component takes it
```

## What to do
Remove it, or use it.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let (resolved, stack) = (facts.resolved, &facts.resolved.stack);
    let mut unused = |section: &str, name: &str| {
        // The environment left out what uses it.
        if facts.document.removed.names(name) {
            return;
        }
        let at = Route::of(&[section, name]);
        let what = match section {
            "storageClasses" => "storage class",
            _ => section.strip_suffix('s').unwrap_or(section),
        };
        sink.push(
            Diagnostic::at_key(&CODE, &at, format!("nothing uses the {what} `{name}`"))
                .help("remove it, or use it"),
        );
    };
    for name in facts.document.parameters.keys() {
        if !facts.document.used.contains(&format!("parameters.{name}")) {
            unused("parameters", name);
        }
    }
    let profiles = facts.document.root.get("profiles").and_then(crate::syntax::Node::as_map);
    for (name, _) in profiles.into_iter().flatten() {
        if !facts.document.used.contains(&format!("profiles.{name}")) {
            unused("profiles", name);
        }
    }
    let components = resolved.components.values();
    let affinities: BTreeSet<&Name> =
        components.filter_map(|it| resolved.common(it).affinity.as_ref()).collect();
    for name in stack.affinity.keys().filter(|it| !affinities.contains(it)) {
        unused("affinity", name.as_str());
    }
    let stores: BTreeSet<&Name> = stack.secrets.values().map(|it| &it.from).collect();
    for name in stack.stores.keys().filter(|it| !stores.contains(it)) {
        unused("stores", name.as_str());
    }
    let called = resolved.edges.iter().filter_map(|it| match &it.to {
        Target::External(name) => Some(name),
        Target::Component(_) => None,
    });
    let mut externals: BTreeSet<&Name> = called.collect();
    // KEDA asks some for the services that it scales.
    for name in resolved.watched.keys() {
        if let Some(Scale::Keda(keda)) = stack.services.get(name).map(|it| &it.fields.scale) {
            externals.extend(keda.triggers.values().filter_map(Trigger::from));
        }
    }
    externals.extend(stack.observability.iter().flat_map(|it| &it.otlp).map(|it| &it.to.name));
    for (name, _) in stack.externals.iter().filter(|(name, it)| !externals.contains(name) && !it.on_demand) {
        unused("externals", name.as_str());
    }
    let collector = stack.observability.as_ref().and_then(|it| it.metrics.as_ref()).map(|it| &it.by);
    let guests = resolved.components.values().flat_map(|it| &it.guests).map(|it| &it.client);
    let guests: BTreeSet<&Name> = guests.chain(collector).collect();
    for name in stack.clients.keys().filter(|it| !guests.contains(it)) {
        unused("clients", name.as_str());
    }
    let asked = |section: &str, name: &Name| facts.used.contains(&format!("{section}/{name}"));
    let opens = |name: &Name| {
        let token = |it: &Store| matches!(it, Store::ExternalSecrets(it) if it.token().is_some_and(|it| it.secret == *name));
        stack.stores.values().any(token)
    };
    for name in stack.secrets.keys().filter(|it| !asked("secrets", it) && !opens(it)) {
        unused("secrets", name.as_str());
    }
    let exposes = || stack.services.values().filter_map(|it| it.fields.expose.as_ref());
    let listens = |name: &Name| {
        let on_gateway = stack.gateways.values().any(|it| match it {
            Gateway::Own(it) => it.listeners.values().any(|it| it.certificate.as_ref() == Some(name)),
            Gateway::Existing(_) => false,
        });
        let on_ingress =
            |it: &Expose| matches!(it, Expose::Ingress(it) if it.certificate.as_ref() == Some(name));
        on_gateway || exposes().any(on_ingress)
    };
    for name in stack.gateways.keys() {
        if !exposes().any(|it| it.gateway() == Some(name)) {
            unused("gateways", name.as_str());
        }
    }
    for name in stack.certificates.keys().filter(|it| !asked("certificates", it) && !listens(it)) {
        unused("certificates", name.as_str());
    }
    for name in stack.configs.keys().filter(|it| !asked("configs", it)) {
        unused("configs", name.as_str());
    }
    for name in stack.claims.keys().filter(|it| !asked("claims", it)) {
        unused("claims", name.as_str());
    }
    let classes = facts.classes();
    for name in stack.storage_classes.keys().filter(|it| !classes.iter().any(|(_, class)| class == *it)) {
        unused("storageClasses", name.as_str());
    }
}
