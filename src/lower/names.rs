//! Calls of hosts by name, which a NetworkPolicy cannot allow: a `CiliumNetworkPolicy` for each component that makes some.
//!
//! It stands beside the component's NetworkPolicy. Cilium allows what either allows. A rule on DNS without names to refuse
//! is needed for Cilium to see which addresses a name has; a resolver asks for the name with each search domain first, so
//! that all names must be let through, or it ends there (docs.cilium.io, "DNS based").

use crate::k8s::crd::cilium::NAMESPACE;
use crate::k8s::crd::cilium::network_policy::{
    AppRules, CiliumNetworkPolicy, CiliumNetworkPolicySpec, EgressRule, EndpointSelector, HostName,
    PortProtocol, PortRule,
};
use crate::model::{External, Fqdn, Policies};
use crate::resolve::{Component, Resolved, Target, metadata};

/// The policy of a component that uses externals by name.
pub(super) fn policy(resolved: &Resolved, component: &Component) -> Option<CiliumNetworkPolicy> {
    let network = &resolved.stack.network;
    if network.policies == Policies::None || network.fqdn != Some(Fqdn::Cilium) {
        return None;
    }
    let mut hosts: Vec<EgressRule> = Vec::new();
    for edge in component.uses.iter().map(|it| &resolved.edges[*it]) {
        let Target::External(name) = &edge.to else { continue };
        let external = &resolved.stack.externals[name];
        if !external.cidrs.0.is_empty() {
            continue;
        }
        let (host, ports) = (host(external), vec![port(external)]);
        // One rule a port: names of several ports must not share theirs.
        match hosts.iter_mut().find(|it| it.ports == ports) {
            Some(known) if known.hosts.contains(&host) => {}
            Some(known) => known.hosts.push(host),
            None => hosts.push(EgressRule { hosts: vec![host], ports, ..EgressRule::default() }),
        }
    }
    if hosts.is_empty() {
        return None;
    }
    hosts.insert(0, dns(resolved));
    Some(CiliumNetworkPolicy {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: CiliumNetworkPolicySpec {
            egress: hosts,
            endpoint_selector: EndpointSelector { match_labels: resolved.selector(component, None) },
        },
    })
}

fn host(external: &External) -> HostName {
    // DNS ignores case; Cilium compares in lower case.
    let host = external.host.to_ascii_lowercase();
    if host.contains('*') { HostName::MatchPattern(host) } else { HostName::MatchName(host) }
}

fn port(external: &External) -> PortRule {
    let port = PortProtocol {
        port: external.port.get().to_string(),
        protocol: external.protocol.as_str().to_owned(),
    };
    PortRule { ports: vec![port], rules: None }
}

/// Calls of the name server go through Cilium's proxy.
fn dns(resolved: &Resolved) -> EgressRule {
    let labels = [
        (NAMESPACE.to_owned(), resolved.stack.cluster.dns_namespace.to_string()),
        ("k8s:k8s-app".to_owned(), "kube-dns".to_owned()),
    ];
    let port = |protocol: &str| PortProtocol { port: "53".to_owned(), protocol: protocol.to_owned() };
    EgressRule {
        endpoints: vec![EndpointSelector { match_labels: labels.into() }],
        ports: vec![PortRule {
            ports: vec![port("UDP"), port("TCP")],
            rules: Some(AppRules { dns: vec![HostName::MatchPattern("*".to_owned())] }),
        }],
        ..EgressRule::default()
    }
}
