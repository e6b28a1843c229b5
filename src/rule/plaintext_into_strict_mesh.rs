//! Callers without the mesh's identity.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{Expose, MutualTls, Name, Scale};
use crate::resolve::Target;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG502",
    name: "plaintext-into-strict-mesh",
    severity: Error,
    docs: "\
## What it finds
A component outside the mesh that uses one in a namespace with STRICT mutual TLS, or a load balancer in front of one; KEDA outside the mesh that asks one.

## Why it matters
With STRICT, only callers with a certificate of the mesh are let in; TLS of their own does not count. The connection is reset.

## Example
```yaml
namespaces: { app: { mesh: true }, batch: {} }
services: { api: { namespace: app }, job: { namespace: batch, uses: [ api ] } }
```

## What to do
Bring the caller into the mesh (`mesh: true` on its namespace), or let the called namespace take both: `mesh: { mtls: PERMISSIVE }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let strict = |namespace: &Name| resolved.mesh_of(namespace) == Some(MutualTls::Strict);
    // Without a mesh nobody is refused.
    let edges = resolved.stack.mesh.iter().flat_map(|_| &resolved.edges);
    for edge in edges {
        let Target::Component(to) = &edge.to else { continue };
        let (Some(from), Some(to)) = (resolved.components.get(&edge.from), resolved.components.get(to))
        else {
            continue;
        };
        if resolved.mesh_of(&from.namespace).is_none() && strict(&to.namespace) {
            let message = format!(
                "`{}` is outside the mesh and calls `{}`, which lets in only the mesh",
                from.name, to.name
            );
            sink.push(refused(&edge.at, message, &to.namespace));
        }
    }
    for component in resolved.components.values().filter(|it| strict(&it.namespace)) {
        let past = crate::mesh::collected_past(resolved, component);
        for guest in &component.guests {
            if guest.collects && guest.ports.iter().all(|it| past.contains(&it.number)) {
                continue;
            }
            if !resolved.stack.clients[&guest.client].pods().is_some_and(|it| it.mesh) {
                let (name, client) = (&component.name, &guest.client);
                let message = format!(
                    "`{name}` lets in `{client}`, which is outside the mesh, but its namespace only the mesh"
                );
                let help = if guest.collects {
                    "where the collector is in the mesh, say `mesh: true` at the client; beside a proxy of the pod, a port for metrics alone is let be"
                } else {
                    "where the client's pods are in the mesh, say `mesh: true` at the client"
                };
                sink.push(refused(&guest.at, message, &component.namespace).help(help));
            }
        }
        let expose = resolved.service(component).and_then(|it| it.fields.expose.as_ref());
        let balanced = matches!(expose, Some(Expose::LoadBalancer(_)));
        if balanced || component.entries.iter().any(|it| !it.mesh) {
            let message = format!(
                "`{}` is open to callers outside the cluster but lets in only the mesh",
                component.name
            );
            let entry = component.entries.iter().find(|it| !it.mesh).map(|it| it.at.clone());
            let at = entry.unwrap_or_else(|| component.route().join("expose"));
            let found = refused(&at, message, &component.namespace);
            sink.push(if balanced {
                found
            } else {
                found.help("where the gateway's proxies are in the mesh, say `mesh: true` at the gateway")
            });
        }
    }
    if !resolved.stack.cluster.keda_mesh {
        self::keda(facts, sink);
    }
}

/// Triggers with which KEDA asks from outside the mesh.
fn keda(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    for service in resolved.watched.keys().filter_map(|it| resolved.components.get(it)) {
        let Some(Scale::Keda(keda)) = resolved.service(service).map(|it| &it.fields.scale) else { continue };
        for (name, trigger) in &keda.triggers {
            let Some(to) = trigger.from().and_then(|it| resolved.components.get(it)) else { continue };
            if resolved.mesh_of(&to.namespace) != Some(MutualTls::Strict) {
                continue;
            }
            let at = service.route().join("scale").join("keda").join("triggers").join(name.as_str());
            let message =
                format!("KEDA is outside the mesh and asks `{}`, which lets in only the mesh", to.name);
            sink.push(
                refused(&at.join(trigger.word()).join("from"), message, &to.namespace)
                    .help("where KEDA is in the mesh, say `cluster: { kedaMesh: true }`"),
            );
        }
    }
}

fn refused(at: &Route, message: String, namespace: &Name) -> Diagnostic {
    let place = Route::of(&["namespaces", namespace.as_str(), "mesh"]);
    Diagnostic::at_value(&CODE, at, message)
        .also(At::Node(place, Part::Key), "mutual TLS is STRICT here")
        .note("connections without a certificate of the mesh are reset, TLS of their own or not")
        .help(format!("bring the caller into the mesh, or give the namespace `{namespace}` `mesh: {{ mtls: PERMISSIVE }}`"))
}
