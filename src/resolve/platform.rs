//! What an environment compiles to, and what of a stack means something there.

use std::collections::BTreeMap;

use super::{Resolved, codes, edge};
use crate::diag::{At, Diagnostic, Part, Route, Sink, nearest};
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
            sink.push(unknown("component", name.as_str(), &at, Part::Key, names()));
            continue;
        };
        let known = &component.endpoints.ports;
        for port in ports.keys().filter(|port| known.iter().all(|it| it.name != **port)) {
            sink.push(edge::unknown_port(component, port.as_str(), &at.join(port.as_str())));
        }
    }
    for (profile, words) in &compose.profiles {
        let at = root.join("profiles").join(profile.as_str());
        let groups = || resolved.stack.affinity.keys().map(Name::as_str);
        for word in words.0.iter().filter(|it| names().chain(groups()).all(|known| known != it.as_str())) {
            let what = "component or affinity";
            sink.push(unknown(what, word.as_str(), &at, Part::Value, names().chain(groups())));
        }
    }
    for (secret, keys) in &compose.secrets {
        let at = root.join("secrets").join(secret.as_str());
        let Some((_, known, _)) = resolved.secret(secret) else {
            let all = resolved.stack.secrets.keys().map(Name::as_str);
            sink.push(unknown("secret", secret.as_str(), &at, Part::Key, all));
            continue;
        };
        for key in keys.keys().filter(|it| !known.contains(&it.as_str())) {
            let at = at.join(key.as_str());
            sink.push(unknown("key", key.as_str(), &at, Part::Key, known.iter().copied()));
        }
    }
}

fn unknown<'n>(
    what: &str,
    name: &str,
    at: &Route,
    part: Part,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let message = format!("there is no {what} `{name}`");
    let found = Diagnostic::new(&codes::UNKNOWN_NAME, At::Node(at.clone(), part), message);
    match nearest(name, known) {
        Some(near) => found.help(format!("write `{near}`")),
        None => found.help("remove it, or declare it"),
    }
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
        let mut endpoints = tier.endpoints(name.as_str(), &self.stack.cluster);
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
