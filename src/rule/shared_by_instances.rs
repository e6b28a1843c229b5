//! What two instances of an environment would both take for their own.

use std::collections::BTreeSet;

use super::{Check, Facts, Rule, origin};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::k8s::ObjectId;
use crate::model::{Expose, Gateway, Name};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG231",
    name: "shared-by-instances",
    severity: Error,
    docs: "\
## What it finds
In an environment with an `instance`: a namespace, a host, or an object outside the stack's namespaces whose name does not follow the instance, that is, holds none of the parameters of `instance.name`. As a warning: a volume that exists before its claim, and is the same for all instances.

## Why it matters
All instances run in one cluster. What has one name for two of them belongs to the one that was applied last, and goes when the first of them goes.

## Example
```yaml
namespaces: { app: { name: shop-preview } }
environments:
  preview:
    parameters: { pr: { type: integer, minimum: 1 } }
    instance: { name: \"preview-pr-${parameters.pr}\" }
```

## What to do
Put the parameter into the name, in the environment: `namespaces: { app: { name: \"shop-preview-pr-${parameters.pr}\" } }`. Leave out what all share, such as storage classes, and make it once elsewhere.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(instance) = &resolved.stack.instance else { return };
    let by = facts.document.parameters_at(&Route::of(&["instance", "name"]));
    // That is said already.
    if by.is_empty() {
        return;
    }
    let cx = Instances { facts, by };
    let mut telling: Vec<&str> = vec![instance.name.as_str()];
    let (told, same): (Vec<&Name>, Vec<&Name>) =
        resolved.stack.namespaces.keys().partition(|key| cx.differs(&namespace_at(key)));
    telling.extend(told.iter().map(|it| resolved.namespace(it)));
    let tells = |id: &ObjectId| telling.iter().any(|it| id.name.contains(it));
    // What is named after such a namespace follows it: one finding says it.
    let mut said: Vec<&str> = Vec::new();
    for key in same {
        if cx.namespace(key, &tells, sink) {
            said.push(resolved.namespace(key));
        }
    }
    for (id, owner) in &facts.seen.objects {
        let own = |name: &String| resolved.stack.namespaces.keys().any(|it| resolved.namespace(it) == name);
        let follows = said.iter().any(|it| id.name.contains(it));
        if id.kind == "Namespace" || id.namespace.as_ref().is_some_and(own) || tells(id) || follows {
            continue;
        }
        let component = owner.as_ref().and_then(|it| resolved.components.get(it));
        let at = component.map_or_else(|| origin(resolved, id, 0), |it| it.route().clone());
        let place =
            id.namespace.as_ref().map_or_else(|| "in no namespace".to_owned(), |it| format!("in `{it}`"));
        let message = format!("all instances have the {} `{}` {place}", id.kind, id.name);
        sink.push(
            cx.found(At::Node(at, Part::Key), message).help("leave it out here, and make it once elsewhere"),
        );
    }
    for component in resolved.components.values() {
        for at in hosts(facts, component) {
            cx.host(&at, sink);
        }
    }
    for (name, gateway) in &resolved.stack.gateways {
        let Gateway::Own(own) = gateway else { continue };
        for listener in own.listeners.iter().filter(|(_, it)| it.host.is_some()).map(|(it, _)| it) {
            cx.host(
                &Route::of(&["gateways", name.as_str(), "own", "listeners", listener.as_str(), "host"]),
                sink,
            );
        }
    }
    cx.volumes(sink);
}

fn namespace_at(key: &Name) -> Route {
    Route::of(&["namespaces", key.as_str(), "name"])
}

/// The places of the hosts by which a component is reached from outside.
fn hosts(facts: &Facts<'_>, component: &Component) -> Vec<Route> {
    let Some(expose) = facts.resolved.service(component).and_then(|it| it.fields.expose.as_ref()) else {
        return Vec::new();
    };
    let (key, hosts) = match expose {
        Expose::Http(it) => ("http", &it.hosts),
        Expose::Grpc(it) => ("grpc", &it.hosts),
        Expose::Ingress(it) => ("ingress", &it.hosts),
        Expose::LoadBalancer(_) => return Vec::new(),
    };
    let at = component.route().join("expose").join(key).join("hosts");
    (0..hosts.0.len()).map(|index| facts.item(&at, index)).collect()
}

/// What tells the instances of the environment apart.
struct Instances<'a> {
    facts: &'a Facts<'a>,
    /// The parameters.
    by: BTreeSet<&'a str>,
}

impl Instances<'_> {
    /// Whether a value is another for each instance.
    fn differs(&self, at: &Route) -> bool {
        !self.by.is_disjoint(&self.facts.document.parameters_at(at))
    }

    /// The parameter that a name lacks.
    fn parameter(&self) -> &str {
        self.by.first().copied().unwrap_or_default()
    }

    fn found(&self, at: At, message: String) -> Diagnostic {
        let instance = Route::of(&["instance", "name"]);
        Diagnostic::new(&CODE, at, message)
            .also(At::Node(instance, Part::Value), format!("one for each `{}`", self.parameter()))
    }

    /// A namespace that all instances have, where they put something of one name into it; tells whether that is so.
    fn namespace(&self, key: &Name, tells: &dyn Fn(&ObjectId) -> bool, sink: &mut Sink) -> bool {
        let resolved = self.facts.resolved;
        let name = resolved.namespace(key);
        let clash = |id: &&ObjectId| {
            let itself = id.kind == "Namespace" && id.name == name;
            itself || id.namespace.as_deref() == Some(name) && !tells(id)
        };
        let Some(first) = self.facts.seen.objects.keys().find(clash) else { return false };
        let message = format!("all instances have the namespace `{name}`");
        let at = namespace_at(key);
        let at = if self.facts.is_written(&at) {
            At::Node(at, Part::Value)
        } else {
            At::Node(Route::of(&["namespaces", key.as_str()]), Part::Key)
        };
        sink.push(
            self.found(at, message)
                .note(format!(
                    "each would replace the `{first}` of the other, and take it along when it goes"
                ))
                .help(format!(
                    "name it in the environment: `name: \"{name}-${{parameters.{}}}\"`",
                    self.parameter()
                )),
        );
        true
    }

    fn host(&self, at: &Route, sink: &mut Sink) {
        if self.differs(at) {
            return;
        }
        let host = self.facts.document.find(at).and_then(|it| it.as_scalar());
        let host = host.map(|it| it.text.to_string()).unwrap_or_default();
        sink.push(
            self.found(At::Node(at.clone(), Part::Value), format!("all instances answer to `{host}`"))
                .note("requests go to any of them")
                .help(format!(
                    "put `${{parameters.{}}}` into the host, in the environment",
                    self.parameter()
                )),
        );
    }

    fn volumes(&self, sink: &mut Sink) {
        for (identity, claims) in &self.facts.seen.volumes {
            let Some(claim) = claims.first().filter(|it| !it.read_only) else { continue };
            let at = claim.told_by.iter().fold(claim.at.clone(), |at, key| at.join(key));
            if self.differs(&at) {
                continue;
            }
            let message = format!("all instances keep their data on {identity}");
            let mut found = self
                .found(At::Node(at, Part::Value), message)
                .help("use a volume of its own, a storage class instead, or `readOnly`");
            found.severity = Warning;
            sink.push(found);
        }
    }
}
