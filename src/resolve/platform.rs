//! What an environment compiles to, and what of a stack means something there.

use std::collections::BTreeMap;

use super::{Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, it_has, nearest};
use crate::document::Document;
use crate::model::{HostPorts, Name, Platform, Topology};
use crate::stack::Stack;
use crate::stateful::{Development, Node, PodTraits, Tier, TierContext};
use crate::workload::Endpoints;

/// What a document is compiled to. A word that is none is reported where it is read.
pub(super) fn of(document: &Document) -> Platform {
    if document.is_compose() { Platform::Compose } else { Platform::Kubernetes }
}

/// The stack without what means nothing on its platform: a mesh, a tool that applies trees and how pods are replaced are of a
/// cluster.
pub(super) fn without_the_other(mut stack: Stack, platform: Platform) -> Stack {
    if platform == Platform::Compose {
        stack.mesh = None;
        stack.gitops = None;
        stack.network.fqdn = None;
        for service in stack.services.values_mut() {
            service.fields.rollout = None;
        }
    }
    stack
}

/// Reports names of the project that name nothing.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    if !resolved.is_compose() {
        return;
    }
    let (compose, components) = (&resolved.stack.compose, &resolved.components);
    let names = || components.keys().map(Name::as_str);
    let root = Route::of(&["compose"]);
    for (name, ports) in &compose.publish {
        let at = root.join("publish").join(name.as_str());
        let Some(component) = components.get(name) else {
            sink.extend(resolved.unknown_component(name, &at).map(at_key));
            continue;
        };
        let known = &component.endpoints.ports;
        for port in ports.keys().filter(|port| known.iter().all(|it| it.name != **port)) {
            sink.extend(resolved.unknown_port(component, port.as_str(), &at.join(port.as_str())).map(at_key));
        }
    }
    for (profile, words) in &compose.profiles {
        let at = root.join("profiles").join(profile.as_str());
        let groups = || resolved.stack.affinity.keys().map(Name::as_str);
        for word in words.0.iter().filter(|it| names().chain(groups()).all(|known| known != it.as_str())) {
            let found = match nearest(word.as_str(), groups()) {
                Some(_) => resolved.unknown("affinity", word.as_str(), &at, "affinity", groups()),
                None => resolved.unknown_component(word, &at),
            };
            sink.extend(found);
        }
    }
    for (secret, keys) in &compose.secrets {
        let at = root.join("secrets").join(secret.as_str());
        let Some((_, known, _)) = resolved.secret(secret) else {
            let all = resolved.stack.secrets.keys().map(Name::as_str);
            sink.extend(resolved.unknown("secret", secret.as_str(), &at, "secrets", all).map(at_key));
            continue;
        };
        for key in keys.keys().filter(|it| !known.contains(&it.as_str())) {
            let at = at.join(key.as_str());
            let message = format!("secret `{secret}` has no key `{key}`");
            let found = Diagnostic::at_key(&codes::UNKNOWN_NAME, &at, message);
            sink.push(match nearest(key.as_str(), known.iter().copied()) {
                Some(near) => found.help(format!("write `{near}`")),
                None => found.help(it_has(known.iter().copied())),
            });
        }
    }
}

/// What is found of a name that stands as a key.
fn at_key(mut found: Diagnostic) -> Diagnostic {
    if let At::Node(_, part) = &mut found.primary.at {
        *part = Part::Key;
    }
    found
}

impl Resolved {
    /// Whether the environment compiles to a Compose project.
    #[must_use]
    pub fn is_compose(&self) -> bool {
        self.platform == Platform::Compose
    }

    /// The name of the Compose project, which may be no good one.
    #[must_use]
    pub fn project(&self) -> String {
        let own = self.stack.compose.project.clone();
        own.unwrap_or_else(|| format!("{}-{}", self.stack.stack, self.instance()))
    }

    /// The node of a tier for development, where it runs as one.
    #[must_use]
    pub fn node(&self, name: &Name, tier: &dyn Tier, files: &BTreeMap<String, String>) -> Option<Node> {
        let compose = &self.stack.compose;
        if !self.is_compose() {
            return None;
        }
        // Pods that an operator makes are not in the output, and nobody makes them here.
        let full = compose.topology == Topology::Full && tier.standing().backend != Some("operator");
        if full {
            return None;
        }
        let declared = compose.publish.get(name).filter(|_| compose.host_ports == HostPorts::Declared);
        let published: Vec<(&Name, u16)> =
            declared.into_iter().flatten().map(|(port, it)| (port, it.get())).collect();
        let tier_context = TierContext {
            name: name.as_str(),
            adopted: None,
            namespace: self.namespace(&self.namespace_or_only(tier.common().namespace.as_ref())),
            cluster: &self.stack.cluster,
            service_account: name.as_str(),
            selector: &BTreeMap::new(),
            pods: &PodTraits::default(),
            bound: None,
            files,
        };
        let host = compose.host_address.to_clients();
        tier.development(&Development { tier: tier_context, published: &published, host })
    }

    /// Where clients find a tier.
    pub(super) fn tier_endpoints(&self, name: &Name, tier: &dyn Tier) -> Endpoints {
        let mut endpoints = self.endpoints_of(name, tier);
        if let Some(node) = self.node(name, tier, &BTreeMap::new()) {
            node.adjust(name.as_str(), &mut endpoints);
        }
        self.on_platform(endpoints)
    }

    /// Compose has no Services: a port is called by the number on which the container listens.
    pub(super) fn on_platform(&self, mut endpoints: Endpoints) -> Endpoints {
        if self.is_compose() {
            let alternatives = endpoints.alternatives.iter_mut().flat_map(|it| &mut it.ports);
            for port in endpoints.ports.iter_mut().chain(alternatives) {
                port.service = port.number;
            }
        }
        endpoints
    }
}
