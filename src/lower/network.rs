//! NetworkPolicies: default deny, and exactly the declared paths on both ends.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use indexmap::map::Entry;
use k8s_openapi::api::networking::v1 as net;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::k8s::labels;
use crate::mesh;
use crate::model::{Client, Expose, Name, Policies, Protocol, Store};
use crate::resolve::{Component, Resolved, Target, meta, metadata};

/// The policies that hold for every pod of a namespace.
pub(super) fn defaults(resolved: &Resolved, key: &Name) -> Vec<net::NetworkPolicy> {
    let cluster = &resolved.stack.cluster;
    let both = || Some(vec!["Ingress".to_owned(), "Egress".to_owned()]);
    let policy = |name: &str, spec: net::NetworkPolicySpec| {
        let mut metadata = metadata(resolved, None, name);
        metadata.namespace = Some(resolved.namespace(key).to_owned());
        net::NetworkPolicy { metadata, spec: Some(spec) }
    };
    let everyone = Some(LabelSelector::default());
    let mut found = vec![policy(
        "default-deny",
        net::NetworkPolicySpec { pod_selector: everyone.clone(), policy_types: both(), ..Default::default() },
    )];
    let dns = net::NetworkPolicyEgressRule {
        to: Some(vec![pods_in(cluster.dns_namespace.as_str(), &[("k8s-app", "kube-dns")])]),
        ports: Some(vec![port(53, Protocol::Udp), port(53, Protocol::Tcp)]),
    };
    found.push(policy(
        "allow-dns",
        net::NetworkPolicySpec {
            pod_selector: everyone.clone(),
            policy_types: Some(vec!["Egress".to_owned()]),
            egress: Some(vec![dns]),
            ..Default::default()
        },
    ));
    let mesh = mesh::paths(resolved, key);
    if !mesh.is_empty() {
        let mut spec = net::NetworkPolicySpec { pod_selector: everyone, ..Default::default() };
        let types = spec.policy_types.get_or_insert_default();
        if let Some(cidr) = mesh.probes {
            types.push("Ingress".to_owned());
            let from = Some(vec![block(cidr, &[])]);
            spec.ingress = Some(vec![net::NetworkPolicyIngressRule { from, ports: None }]);
        }
        if !mesh.control_plane.is_empty() {
            types.push("Egress".to_owned());
            let rule = |it: &mesh::ControlPlane<'_>| net::NetworkPolicyEgressRule {
                to: Some(vec![pods_in(it.namespace, &[it.label])]),
                ports: Some(it.ports.iter().map(|it| port(*it, Protocol::Tcp)).collect()),
            };
            spec.egress = Some(mesh.control_plane.iter().map(rule).collect());
        }
        found.push(policy("allow-mesh", spec));
    }
    found
}

/// The policy of a component's pods.
pub(super) fn policy(resolved: &Resolved, component: &Component) -> Option<net::NetworkPolicy> {
    if resolved.stack.network.policies == Policies::None {
        return None;
    }
    let mut paths = Paths::default();
    for edge in component.used_by.iter().map(|it| &resolved.edges[*it]) {
        if let Some(from) = resolved.components.get(&edge.from) {
            let ports = edge.ports.iter().map(|it| (it.number, it.protocol)).collect();
            paths.ingress(Peer::Component(&from.name), mesh::wire_ports(resolved, from, component, ports));
        }
    }
    for edge in component.uses.iter().map(|it| &resolved.edges[*it]) {
        let ports = edge.ports.iter().map(|it| (it.number, it.protocol));
        match &edge.to {
            Target::Component(name) => {
                if let Some(to) = resolved.components.get(name) {
                    let ports = mesh::wire_ports(resolved, component, to, ports.collect());
                    paths.egress(Peer::Component(&to.name), ports);
                }
            }
            Target::External(name) => {
                for it in &resolved.stack.externals[name].cidrs.0 {
                    paths.egress(Peer::Block(&it.cidr, &it.except), ports.clone().collect());
                }
            }
        }
    }
    let tcp = component.endpoints.peers.iter().map(|it| (*it, Protocol::Tcp));
    let udp = component.endpoints.peers_udp.iter().map(|it| (*it, Protocol::Udp));
    let peers = mesh::wire_ports(resolved, component, component, tcp.chain(udp).collect());
    paths.ingress(Peer::Own, peers.clone());
    paths.egress(Peer::Own, peers);
    if let Some(Expose::LoadBalancer(balancer)) = resolved.exposure(component) {
        let open = component.endpoints.ports.iter().filter(|it| balancer.ports.contains_key(&it.name));
        let ports: Vec<_> = open.map(|it| (it.number, it.protocol)).collect();
        for source in &balancer.sources.0 {
            paths.ingress(Peer::Block(source, &[]), ports.clone());
        }
    }
    for entry in &component.entries {
        let port = vec![(entry.port, Protocol::Tcp)];
        let ports = if entry.mesh { mesh::wire_ports(resolved, component, component, port) } else { port };
        paths.ingress(Peer::Namespace(&entry.namespace), ports);
    }
    for caller in &component.endpoints.callers {
        let ports: Vec<_> = caller.ports.iter().map(|it| (*it, Protocol::Tcp)).collect();
        let peer = Peer::pods(&caller.namespace, &caller.pods);
        // One that the mesh knows may yet be without a proxy.
        if caller.mesh {
            paths.ingress(peer, mesh::wire_ports(resolved, component, component, ports.clone()));
        }
        paths.ingress(peer, ports);
    }
    guests(resolved, component, &mut paths);
    store_paths(resolved, component, &mut paths);
    Some(net::NetworkPolicy {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: Some(net::NetworkPolicySpec {
            egress: paths.egress_rules(resolved, component),
            ingress: paths.ingress_rules(resolved, component),
            pod_selector: Some(meta::selector(resolved, component)),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        }),
    })
}

/// Callers outside the stack are let in to the ports that the component says.
fn guests<'a>(resolved: &'a Resolved, component: &'a Component, paths: &mut Paths<'a>) {
    for guest in &component.guests {
        let ports: Vec<_> = guest.ports.iter().map(|it| (it.number, it.protocol)).collect();
        match &resolved.stack.clients[&guest.client] {
            Client::Addresses(blocks) => {
                for it in &blocks.0 {
                    paths.ingress(Peer::Block(&it.cidr, &it.except), ports.clone());
                }
            }
            Client::Pods(pods) => {
                let peer = Peer::pods(pods.namespace.as_str(), &guest.labels);
                let ports =
                    if pods.mesh { mesh::wire_ports(resolved, component, component, ports) } else { ports };
                paths.ingress(peer, ports);
            }
        }
    }
}

/// An operator of a store that reads from a tier of the stack is let in.
fn store_paths<'a>(resolved: &'a Resolved, component: &Component, paths: &mut Paths<'a>) {
    for store in resolved.stack.stores.values() {
        let Store::VaultOperator(operator) = store else { continue };
        let called = operator.calls(&component.name);
        if let Some(first) = component.endpoints.ports.first().filter(|_| called) {
            let from = Peer::Namespace(resolved.stack.cluster.vso_namespace.as_str());
            paths.ingress(from, vec![(first.number, first.protocol)]);
        }
    }
}

/// Who stands at the other end of a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Peer<'a> {
    /// The pods of a component.
    Component(&'a Name),
    /// The pods of the policy's own component.
    Own,
    /// All pods of a namespace, by its name in the cluster.
    Namespace(&'a str),
    /// Some pods of a namespace, by their labels.
    Pods(&'a str, &'a BTreeMap<String, String>),
    /// Addresses, and those among them that are left out.
    Block(&'a str, &'a [String]),
}

/// Rules, one a peer, ports united; in the order of their first path.
#[derive(Default)]
struct Paths<'a> {
    ingress: IndexMap<Peer<'a>, Vec<(u16, Protocol)>>,
    egress: IndexMap<Peer<'a>, Vec<(u16, Protocol)>>,
}

impl<'a> Paths<'a> {
    fn ingress(&mut self, peer: Peer<'a>, ports: Vec<(u16, Protocol)>) {
        add(&mut self.ingress, peer, ports);
    }

    fn egress(&mut self, peer: Peer<'a>, ports: Vec<(u16, Protocol)>) {
        add(&mut self.egress, peer, ports);
    }

    fn ingress_rules(
        &self,
        resolved: &Resolved,
        own: &Component,
    ) -> Option<Vec<net::NetworkPolicyIngressRule>> {
        let rules = self.ingress.iter().map(|(peer, ports)| net::NetworkPolicyIngressRule {
            from: Some(vec![peer.selected(resolved, own)]),
            ports: Some(ports.iter().map(|(number, protocol)| port(*number, *protocol)).collect()),
        });
        (!self.ingress.is_empty()).then(|| rules.collect())
    }

    fn egress_rules(
        &self,
        resolved: &Resolved,
        own: &Component,
    ) -> Option<Vec<net::NetworkPolicyEgressRule>> {
        let rules = self.egress.iter().map(|(peer, ports)| net::NetworkPolicyEgressRule {
            to: Some(vec![peer.selected(resolved, own)]),
            ports: Some(ports.iter().map(|(number, protocol)| port(*number, *protocol)).collect()),
        });
        (!self.egress.is_empty()).then(|| rules.collect())
    }
}

fn add<'a>(
    rules: &mut IndexMap<Peer<'a>, Vec<(u16, Protocol)>>,
    peer: Peer<'a>,
    ports: Vec<(u16, Protocol)>,
) {
    // A rule without ports would open all of them.
    if ports.is_empty() {
        return;
    }
    match rules.entry(peer) {
        Entry::Occupied(mut known) => {
            for port in ports {
                if !known.get().contains(&port) {
                    known.get_mut().push(port);
                }
            }
        }
        Entry::Vacant(free) => {
            free.insert(ports);
        }
    }
}

impl<'a> Peer<'a> {
    /// The pods of a namespace with these labels; all where none.
    fn pods(namespace: &'a str, labels: &'a BTreeMap<String, String>) -> Self {
        if labels.is_empty() { Self::Namespace(namespace) } else { Self::Pods(namespace, labels) }
    }

    fn selected(self, resolved: &Resolved, own: &Component) -> net::NetworkPolicyPeer {
        match self {
            Self::Component(name) => component_peer(resolved, &resolved.components[name]),
            Self::Own => net::NetworkPolicyPeer {
                pod_selector: Some(meta::selector(resolved, own)),
                ..Default::default()
            },
            Self::Namespace(name) => net::NetworkPolicyPeer {
                namespace_selector: Some(namespace_selector(name)),
                ..Default::default()
            },
            Self::Pods(namespace, labels) => pods_with(namespace, labels.clone()),
            Self::Block(cidr, except) => block(cidr, except),
        }
    }
}

fn component_peer(resolved: &Resolved, component: &Component) -> net::NetworkPolicyPeer {
    net::NetworkPolicyPeer {
        namespace_selector: Some(namespace_selector(resolved.namespace(&component.namespace))),
        pod_selector: Some(meta::selector(resolved, component)),
        ..Default::default()
    }
}

fn pods_in(namespace: &str, labels: &[(&str, &str)]) -> net::NetworkPolicyPeer {
    pods_with(namespace, labels.iter().map(|(key, it)| ((*key).to_owned(), (*it).to_owned())).collect())
}

fn pods_with(namespace: &str, labels: BTreeMap<String, String>) -> net::NetworkPolicyPeer {
    net::NetworkPolicyPeer {
        namespace_selector: Some(namespace_selector(namespace)),
        pod_selector: Some(LabelSelector { match_labels: Some(labels), ..Default::default() }),
        ..Default::default()
    }
}

fn namespace_selector(name: &str) -> LabelSelector {
    let selected = [(labels::NAMESPACE.to_owned(), name.to_owned())];
    LabelSelector { match_labels: Some(selected.into()), ..Default::default() }
}

fn block(cidr: &str, except: &[String]) -> net::NetworkPolicyPeer {
    let except = (!except.is_empty()).then(|| except.to_vec());
    net::NetworkPolicyPeer {
        ip_block: Some(net::IPBlock { cidr: cidr.to_owned(), except }),
        ..Default::default()
    }
}

fn port(number: u16, protocol: Protocol) -> net::NetworkPolicyPort {
    net::NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.as_str().to_owned()),
        end_port: None,
    }
}
