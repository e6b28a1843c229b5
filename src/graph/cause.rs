//! Which lines of the stack declare a path.

use super::{Edge, Kind, Node};
use crate::diag::Route;
use crate::k8s::crd::istio::HBONE;
use crate::k8s::crd::linkerd::INBOUND;
use crate::k8s::reach::{Block, Network, Transport};
use crate::model::{AddressBlock, Client, Expose, Store};
use crate::resolve::{Component, Resolved, Target};

/// The declarations behind a path; none where nobody declared it.
pub(super) fn routes(resolved: &Resolved, from: &Node, to: &Node, edge: &Edge) -> Vec<Route> {
    let component = |it: &Node| it.component.as_ref().and_then(|it| resolved.components.get(it));
    let mut found = match (component(from), component(to)) {
        (Some(from), Some(to)) if from.name == to.name => own(resolved, to, edge),
        (Some(from), Some(to)) => used(resolved, from, to, edge),
        (Some(from), None) => leaving(resolved, from, to, edge),
        (None, Some(to)) => arriving(resolved, from, to, edge),
        (None, None) => beside(resolved, to, edge),
    };
    // Who is in a file of objects may be let in and out by policies of such files.
    let raw = |it: &Node| it.kind == Kind::Workload && it.component.is_none();
    if found.is_empty() && !resolved.stack.manifests.0.is_empty() && (raw(from) || raw(to)) {
        found.push(Route::of(&["manifests"]));
    }
    if found.is_empty() && edge.egress.is_empty() && edge.ingress.is_empty() {
        found.push(Route::of(&["network", "policies"]));
    }
    found
}

/// Pods of one component among themselves.
fn own(resolved: &Resolved, component: &Component, edge: &Edge) -> Vec<Route> {
    let (peers, udp) = (&component.endpoints.peers, &component.endpoints.peers_udp);
    let ports = if edge.ports.transport == Some(Transport::Udp) { udp } else { peers };
    let named = ports.iter().any(|it| edge.ports.holds(*it));
    let at = || match resolved.peers(component) {
        Some(_) => component.route().join("peers"),
        None => component.route().clone(),
    };
    let found = (named || on_wire(edge) && !peers.is_empty()).then(at);
    found.into_iter().collect()
}

fn used(resolved: &Resolved, from: &Component, to: &Component, edge: &Edge) -> Vec<Route> {
    let edges = from.uses.iter().map(|it| &resolved.edges[*it]);
    let edges = edges.filter(|it| it.to == Target::Component(to.name.clone()));
    edges
        .filter(|it| on_wire(edge) || it.ports.iter().any(|it| edge.ports.holds(it.number)))
        .map(|it| it.at.clone())
        .collect()
}

fn leaving(resolved: &Resolved, from: &Component, to: &Node, edge: &Edge) -> Vec<Route> {
    match to.kind {
        Kind::Addresses => {
            let edges = from.uses.iter().map(|it| &resolved.edges[*it]);
            let declares = |it: &&crate::resolve::Edge| {
                let Target::External(name) = &it.to else { return false };
                let external = &resolved.stack.externals[name];
                edge.ports.holds(external.port.get()) && external.cidrs.0.iter().any(|it| holds(it, to))
            };
            edges.filter(declares).map(|it| it.at.clone()).collect()
        }
        Kind::Host => {
            let edges = from.uses.iter().map(|it| &resolved.edges[*it]);
            let declares = |it: &&crate::resolve::Edge| {
                let Target::External(name) = &it.to else { return false };
                let external = &resolved.stack.externals[name];
                external.host.eq_ignore_ascii_case(&to.id) && edge.ports.first == external.port.get()
            };
            edges.filter(declares).map(|it| it.at.clone()).collect()
        }
        _ => beside(resolved, to, edge),
    }
}

/// What all pods reach that is beside the stack.
fn beside(resolved: &Resolved, to: &Node, edge: &Edge) -> Vec<Route> {
    let cluster = &resolved.stack.cluster;
    match (to.kind, to.namespace.as_deref()) {
        (Kind::Pods, Some(it)) if it == cluster.dns_namespace.as_str() && edge.ports.first == 53 => {
            vec![Route::of(&["network", "policies"])]
        }
        (Kind::Pods, Some(it)) if it == cluster.istio_namespace.as_str() => {
            vec![Route::of(&["mesh", "istio"])]
        }
        (Kind::Pods, Some(it)) if it == cluster.linkerd_namespace.as_str() => {
            vec![Route::of(&["mesh", "linkerd"])]
        }
        _ => Vec::new(),
    }
}

fn arriving(resolved: &Resolved, from: &Node, to: &Component, edge: &Edge) -> Vec<Route> {
    let there = |namespace: &str| from.namespace.as_deref() == Some(namespace);
    let mut found = Vec::new();
    for entry in to.entries.iter().filter(|it| there(&it.namespace)) {
        if (edge.ports.holds(entry.port) || on_wire(edge)) && !found.contains(&entry.at) {
            found.push(entry.at.clone());
        }
    }
    let calls = |it: &&crate::workload::Caller| {
        there(&it.namespace) && (on_wire(edge) || it.ports.iter().any(|it| edge.ports.holds(*it)))
    };
    found.extend(to.endpoints.callers.iter().find(calls).map(|_| to.route().clone()));
    for (name, store) in &resolved.stack.stores {
        let Store::VaultOperator(it) = store else { continue };
        if there(resolved.stack.cluster.vso_namespace.as_str()) && it.calls(&to.name) {
            found.push(Route::of(&["stores", name.as_str()]));
        }
    }
    for guest in
        to.guests.iter().filter(|it| on_wire(edge) || it.ports.iter().any(|it| edge.ports.holds(it.number)))
    {
        let named = match &resolved.stack.clients[&guest.client] {
            Client::Pods(pods) => there(pods.namespace.as_str()),
            Client::Addresses(blocks) => blocks.0.iter().any(|it| holds(it, from)),
        };
        found.extend(named.then(|| guest.at.clone()));
    }
    let expose = resolved.exposure(to);
    if let (Kind::Addresses, Some(Expose::LoadBalancer(balancer))) = (from.kind, expose)
        && balancer.sources.0.iter().any(|it| Network::parse(it).is_some_and(|it| within(from, it, &[])))
    {
        found.push(to.route().join("expose").join("loadBalancer").join("sources"));
    }
    if from.kind == Kind::Addresses && from.id == crate::mesh::AMBIENT_PROBES {
        found.push(Route::of(&["mesh", "istio", "mode"]));
    }
    found
}

/// Whether it is the port of a mesh's tunnel, which stands for the others.
fn on_wire(edge: &Edge) -> bool {
    matches!(edge.ports.first, HBONE | INBOUND)
}

/// Whether a node's addresses are all in a block of the stack.
fn holds(block: &AddressBlock, node: &Node) -> bool {
    let except: Vec<Network> = block.except.iter().filter_map(|it| Network::parse(it)).collect();
    Network::parse(&block.cidr).is_some_and(|it| within(node, it, &except))
}

fn within(node: &Node, network: Network, except: &[Network]) -> bool {
    node.block.as_ref().is_some_and(|it| Block { network, except: except.to_vec() }.holds(it))
}
