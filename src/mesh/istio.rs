//! Istio, as sidecars and as ambient mesh. Fields: istio.io/latest/docs/reference/config.

use std::collections::BTreeMap;

use super::{ControlPlane, Paths, list, past_proxy};
use crate::k8s::crd::istio::authorization_policy::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, From, Operation, Rule, Source, To,
};
use crate::k8s::crd::istio::destination_rule::{
    ClientTls, ClientTlsMode, DestinationRule, DestinationRuleSpec, PortSelector, TrafficPolicy,
};
use crate::k8s::crd::istio::peer_authentication::{
    Mtls, MtlsMode, PeerAuthentication, PeerAuthenticationSpec,
};
use crate::k8s::crd::istio::virtual_service::{
    Destination, HttpRoute, RequestMatch, Share, VirtualService, VirtualServiceSpec,
};
use crate::k8s::crd::istio::{HBONE, IstioVersion, WorkloadSelector};
use crate::k8s::{Object, labels};
use crate::model::{Authorization, Expose, Istio, IstioMode, MutualTls, Name, Policies, Protocol, Version};
use crate::resolve::{Component, Resolved, metadata};
use crate::workload::Endpoint;

/// The `v1` APIs came with Istio 1.22.
const V1_SINCE: Version = Version::new(1, 22);

/// The annotation that makes the proxy a native sidecar came with Istio 1.24 (its change notes); every Kubernetes that we
/// write for runs them.
const NATIVE_SIDECAR_SINCE: Version = Version::new(1, 24);

/// The address from which ambient mode hands the kubelet's probes to pods (istio.io, "Ambient and Kubernetes NetworkPolicy").
pub(crate) const AMBIENT_PROBES: &str = "169.254.7.127/32";
/// istiod's secured configuration and certificate port.
const ISTIOD: u16 = 15012;

/// What the proxies, or the pods by themselves, must reach and be reached by.
pub(super) fn paths<'a>(resolved: &'a Resolved, mesh: &Istio) -> Paths<'a> {
    let namespace = resolved.stack.cluster.istio_namespace.as_str();
    match mesh.mode {
        IstioMode::Sidecar => Paths {
            control_plane: vec![ControlPlane { namespace, label: ("app", "istiod"), ports: &[ISTIOD] }],
            probes: None,
        },
        IstioMode::Ambient => Paths { control_plane: Vec::new(), probes: Some(AMBIENT_PROBES) },
    }
}

/// With ambient mode, pods of the mesh reach each other through the tunnel alone, which carries TCP. UDP goes beside it.
pub(super) fn wire_ports(mesh: &Istio, ports: Vec<(u16, Protocol)>) -> Vec<(u16, Protocol)> {
    if mesh.mode != IstioMode::Ambient {
        return ports;
    }
    let tunnel = ports.iter().any(|it| it.1 == Protocol::Tcp).then_some((HBONE, Protocol::Tcp));
    tunnel.into_iter().chain(ports.into_iter().filter(|it| it.1 == Protocol::Udp)).collect()
}

/// How a namespace joins.
pub(super) fn namespace_labels(mesh: &Istio) -> BTreeMap<String, String> {
    let (key, value) = match (mesh.mode, &mesh.revision) {
        (IstioMode::Ambient, _) => ("istio.io/dataplane-mode", "ambient".to_owned()),
        (IstioMode::Sidecar, Some(revision)) => ("istio.io/rev", revision.clone()),
        (IstioMode::Sidecar, None) => ("istio-injection", "enabled".to_owned()),
    };
    BTreeMap::from([(key.to_owned(), value)])
}

/// Whether proxies start only beside the main containers, and cannot be told otherwise.
pub(super) fn late_proxy(resolved: &Resolved, mesh: &Istio) -> bool {
    mesh.mode == IstioMode::Sidecar && resolved.stack.cluster.istio < NATIVE_SIDECAR_SINCE
}

/// What a pod says to the injector. Names: istio.io/latest/docs/reference/config/annotations.
pub(super) fn pod_annotations(
    resolved: &Resolved,
    mesh: &Istio,
    component: &Component,
    present: &BTreeMap<String, String>,
    early: bool,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if mesh.mode != IstioMode::Sidecar {
        return found;
    }
    if early && !late_proxy(resolved, mesh) {
        found.insert("sidecar.istio.io/nativeSidecar".to_owned(), "true".to_owned());
    }
    if present.contains_key("vault.hashicorp.com/agent-inject") {
        // The agent's init container logs in to Vault before the proxy would carry its traffic.
        found.insert("vault.hashicorp.com/agent-init-first".to_owned(), "true".to_owned());
    }
    if present.contains_key(labels::SCRAPE) {
        // By default the proxy would collect by itself, and send the collector to a port of its own.
        found.insert("prometheus.istio.io/merge-metrics".to_owned(), "false".to_owned());
    }
    let ports = past_proxy(resolved, component);
    if !ports.is_empty() {
        found.insert("traffic.sidecar.istio.io/excludeInboundPorts".to_owned(), list(&ports));
    }
    found
}

/// Mutual TLS and the default of nobody calling anybody, for each namespace of the mesh.
pub(super) fn shared(resolved: &Resolved, mesh: &Istio) -> Vec<Object> {
    let mut found: Vec<Object> = Vec::new();
    for key in resolved.stack.namespaces.keys() {
        let Some(mode) = resolved.mesh_of(key) else { continue };
        let namespace = resolved.namespace(key);
        let metadata = |name: &str| {
            let mut metadata = metadata(resolved, None, name);
            metadata.namespace = Some(namespace.to_owned());
            metadata
        };
        let mode = match mode {
            MutualTls::Strict => MtlsMode::Strict,
            MutualTls::Permissive => MtlsMode::Permissive,
        };
        found.push(
            PeerAuthentication {
                metadata: metadata("default"),
                spec: PeerAuthenticationSpec { mtls: Some(Mtls { mode }), ..Default::default() },
                version: version(resolved),
            }
            .into(),
        );
        if mesh.mode == IstioMode::Sidecar {
            found.push(
                DestinationRule {
                    metadata: metadata(&format!("{namespace}-mtls")),
                    spec: DestinationRuleSpec {
                        host: format!("*.{namespace}.svc.{}", resolved.stack.cluster.domain),
                        traffic_policy: Some(TrafficPolicy {
                            tls: Some(ClientTls {
                                mode: ClientTlsMode::IstioMutual,
                                ca_certificates: None,
                                client_certificate: None,
                                credential_name: None,
                                private_key: None,
                                sni: None,
                                subject_alt_names: Vec::new(),
                            }),
                            ..Default::default()
                        }),
                        ..Default::default()
                    },
                    version: version(resolved),
                }
                .into(),
            );
        }
        if mesh.authorization == Authorization::FromUses {
            // A policy without rules allows nothing; the components' own policies allow what is declared.
            found.push(
                AuthorizationPolicy {
                    metadata: metadata("allow-nothing"),
                    spec: AuthorizationPolicySpec::default(),
                    version: version(resolved),
                }
                .into(),
            );
        }
    }
    found
}

/// Who may call a component of the mesh.
pub(super) fn component(resolved: &Resolved, mesh: &Istio, component: &Component) -> Option<Object> {
    resolved.mesh_of(&component.namespace)?;
    if mesh.authorization == Authorization::None {
        return None;
    }
    let mut rules: Vec<Rule> = Vec::new();
    // The NetworkPolicy holds callers without an identity to their ports. Where it cannot, because there is none or it sees
    // the tunnel alone, a rule for everybody would let in the mesh, too.
    let held = mesh.mode == IstioMode::Sidecar && resolved.stack.network.policies != Policies::None;
    let anonymous = || Source { not_principals: vec!["*".to_owned()], ..Default::default() };
    let mut allow = |source: Option<Source>, ports: Vec<String>| {
        if ports.is_empty() {
            return;
        }
        let source = source.or_else(|| (!held).then(anonymous));
        let to = vec![To { operation: Operation { ports, ..Default::default() } }];
        // Within one source, principals and namespaces would both have to hold.
        let named = |it: &Source| !it.principals.is_empty();
        let joins = source.as_ref().is_some_and(named);
        let fits = |it: &&mut Rule| it.to == to && it.from.first().is_some_and(|it| named(&it.source));
        match rules.iter_mut().find(|it| joins && fits(it)) {
            Some(rule) => {
                if let (Some(known), Some(source)) = (rule.from.first_mut(), source) {
                    let last = known.source.principals.last().cloned();
                    let new = source.principals.into_iter().filter(|it| Some(it) != last.as_ref());
                    known.source.principals.extend(new);
                }
            }
            None => rules.push(Rule {
                from: source.map(|source| From { source }).into_iter().collect(),
                to,
                when: Vec::new(),
            }),
        }
    };
    for edge in component.used_by.iter().map(|it| &resolved.edges[*it]) {
        let Some(from) = resolved.components.get(&edge.from) else { continue };
        if resolved.mesh_of(&from.namespace).is_some() {
            let principals = vec![principal(resolved, mesh, &from.namespace, &from.service_account)];
            let ports = edge.ports.iter().map(|it| it.number.to_string()).collect();
            allow(Some(Source { principals, ..Default::default() }), ports);
        } else {
            // Callers outside the mesh have no identity; the NetworkPolicy is what holds them to their ports.
            allow(None, edge.ports.iter().map(|it| it.number.to_string()).collect());
        }
    }
    if !component.endpoints.peers.is_empty() {
        let made = resolved.tier(component).map(|it| it.operator_objects(component.name.as_str()));
        let made = made.into_iter().flatten().filter(|(kind, _)| *kind == "ServiceAccount");
        let mut accounts = vec![component.service_account.clone()];
        accounts.extend(made.map(|(_, name)| name).filter(|it| *it != component.service_account));
        let one = |it: &String| principal(resolved, mesh, &component.namespace, it);
        let principals = accounts.iter().map(one).collect();
        let ports = component.endpoints.peers.iter().map(ToString::to_string).collect();
        allow(Some(Source { principals, ..Default::default() }), ports);
    }
    for entry in &component.entries {
        // Proxies outside the mesh have no identity; the NetworkPolicy is what holds them to the port.
        let source =
            entry.mesh.then(|| Source { namespaces: vec![entry.namespace.clone()], ..Default::default() });
        allow(source, vec![entry.port.to_string()]);
    }
    for caller in &component.endpoints.callers {
        // Without an identity it is the NetworkPolicy that holds them to the ports.
        let source =
            caller.mesh.then(|| Source { namespaces: vec![caller.namespace.clone()], ..Default::default() });
        allow(source, caller.ports.iter().map(ToString::to_string).collect());
    }
    let past = super::collected_past(resolved, component);
    for guest in &component.guests {
        let pods = resolved.stack.clients[&guest.client].pods().filter(|it| it.mesh);
        let source = pods.map(|it| match &it.service_account {
            Some(account) => {
                let principals = vec![identity(mesh, it.namespace.as_str(), account.as_str())];
                Source { principals, ..Default::default() }
            }
            None => Source { namespaces: vec![it.namespace.to_string()], ..Default::default() },
        });
        let proxied = guest.ports.iter().filter(|it| !guest.collects || !past.contains(&it.number));
        allow(source, proxied.map(|it| it.number.to_string()).collect());
    }
    if let Some(Expose::LoadBalancer(balancer)) = resolved.exposure(component) {
        let open = component.endpoints.ports.iter().filter(|it| balancer.ports.contains_key(&it.name));
        allow(None, open.map(|it| it.number.to_string()).collect());
    }
    if rules.is_empty() {
        return None;
    }
    let policy = AuthorizationPolicy {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: AuthorizationPolicySpec {
            action: Action::Allow,
            rules,
            selector: Some(WorkloadSelector { match_labels: resolved.selector(component, None) }),
            ..Default::default()
        },
        version: version(resolved),
    };
    Some(policy.into())
}

/// How callers' proxies share requests out among the versions of a component. They go to the Services of the versions, not to
/// subsets of one Service: callers without a proxy, who go by the Service, would get the new version by chance, and a route to
/// a subset fails until its `DestinationRule` has arrived (istio.io/latest/docs/ops/best-practices/traffic-management).
pub(super) fn split(resolved: &Resolved, component: &Component) -> Option<Object> {
    let split = resolved.split(component)?;
    let full = |service: &str| {
        let namespace = resolved.namespace(&component.namespace);
        format!("{service}.{namespace}.svc.{}", resolved.stack.cluster.domain)
    };
    let share = |service: &str, port: u16, weight| Share {
        destination: Destination { host: full(service), port: PortSelector { number: port } },
        weight,
    };
    let route = |port: &Endpoint| HttpRoute {
        matches: vec![RequestMatch { port: port.service }],
        name: port.name.to_string(),
        route: vec![
            share(component.service.as_str(), port.service, split.stable),
            share(&split.service, port.service, split.canary),
        ],
    };
    let http: Vec<HttpRoute> = resolved.split_ports(component).map(route).collect();
    let service = VirtualService {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: VirtualServiceSpec { hosts: vec![full(component.service.as_str())], http },
        version: version(resolved),
    };
    (!service.spec.http.is_empty()).then(|| service.into())
}

fn principal(resolved: &Resolved, mesh: &Istio, namespace: &Name, account: &str) -> String {
    identity(mesh, resolved.namespace(namespace), account)
}

/// A ServiceAccount of a namespace, by its name in the cluster.
fn identity(mesh: &Istio, namespace: &str, account: &str) -> String {
    format!("{}/ns/{namespace}/sa/{account}", mesh.trust_domain)
}

fn version(resolved: &Resolved) -> IstioVersion {
    if resolved.stack.cluster.istio >= V1_SINCE { IstioVersion::V1 } else { IstioVersion::V1Beta1 }
}
