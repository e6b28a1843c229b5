//! Linkerd. Fields: linkerd.io/2-edge/reference/authorization-policy; annotations:
//! linkerd.io/2-edge/reference/proxy-configuration.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{ControlPlane, Paths, list, past_proxy};
use crate::k8s::Object;
use crate::k8s::crd::linkerd::authorization_policy::{AuthorizationPolicySpec, LinkerdAuthorizationPolicy};
use crate::k8s::crd::linkerd::mesh_tls_authentication::{MeshTLSAuthentication, MeshTlsAuthenticationSpec};
use crate::k8s::crd::linkerd::network_authentication::{
    Block, NetworkAuthentication, NetworkAuthenticationSpec,
};
use crate::k8s::crd::linkerd::server::{PodSelector, ProxyProtocol, Server, ServerSpec, ServerVersion};
use crate::k8s::crd::linkerd::{INBOUND, TargetRef};
use crate::model::{Authorization, Linkerd, MutualTls, Name, Protocol, Version};
use crate::resolve::{Component, Resolved, Section, metadata};
use crate::workload::Endpoint;

/// `Server` in `v1beta3` came with Linkerd 2.16.
const V1BETA3_SINCE: Version = Version::new(2, 16);
/// The annotation for native sidecars lost its `alpha` with Linkerd 2.19 (edge-25.10.2).
const BETA_SIDECAR_SINCE: Version = Version::new(2, 19);

/// The ports that are opaque unless something else is said (`proxy.opaquePorts` of the chart).
const OPAQUE: [u16; 8] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];

const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";
const LABEL: &str = "linkerd.io/control-plane-component";

/// What proxies call: certificates, then where to and who may. Ports: the chart's Services `linkerd-identity`,
/// `linkerd-dst` and `linkerd-policy`; the last two are of the same pods.
pub(super) fn paths(resolved: &Resolved) -> Paths<'_> {
    let namespace = resolved.stack.cluster.linkerd_namespace.as_str();
    Paths {
        control_plane: vec![
            ControlPlane { namespace, label: (LABEL, "identity"), ports: &[8080] },
            ControlPlane { namespace, label: (LABEL, "destination"), ports: &[8086, 8090] },
        ],
        probes: None,
    }
}

/// Proxies call the port itself, or that of the other proxy, which learns the port from the first bytes.
pub(super) fn wire_ports(mut ports: Vec<(u16, Protocol)>) -> Vec<(u16, Protocol)> {
    if ports.iter().any(|(_, protocol)| *protocol == Protocol::Tcp) {
        ports.push((INBOUND, Protocol::Tcp));
    }
    ports
}

/// How a namespace joins, and who is let in where no `Server` says it. Proxies are native sidecars: they start before init
/// containers and end with Jobs, also those that an operator makes.
pub(super) fn namespace_annotations(
    resolved: &Resolved,
    mesh: &Linkerd,
    namespace: &Name,
) -> BTreeMap<String, String> {
    let policy = match (mesh.authorization, resolved.mesh_of(namespace)) {
        (Authorization::FromUses, _) => "deny",
        (Authorization::None, Some(MutualTls::Strict)) => "all-authenticated",
        (Authorization::None, _) => "all-unauthenticated",
    };
    let stage = if resolved.stack.cluster.linkerd >= BETA_SIDECAR_SINCE { "beta" } else { "alpha" };
    BTreeMap::from([
        ("linkerd.io/inject".to_owned(), "enabled".to_owned()),
        ("config.linkerd.io/default-inbound-policy".to_owned(), policy.to_owned()),
        (format!("config.{stage}.linkerd.io/proxy-enable-native-sidecar"), "true".to_owned()),
    ])
}

/// What a pod says to the injector.
pub(super) fn pod_annotations(resolved: &Resolved, component: &Component) -> BTreeMap<String, String> {
    let mut found = service_annotations(resolved, component);
    let past = past_proxy(resolved, component);
    if !past.is_empty() {
        found.insert("config.linkerd.io/skip-inbound-ports".to_owned(), list(&past));
    }
    found
}

/// The ports on which a proxy must not wait for the caller to speak first. What is written replaces the default, so nothing
/// is where the default will do.
pub(super) fn service_annotations(resolved: &Resolved, component: &Component) -> BTreeMap<String, String> {
    let opaque = opaque_ports(resolved, component);
    if opaque.iter().all(|it| OPAQUE.contains(it)) {
        return BTreeMap::new();
    }
    BTreeMap::from([(OPAQUE_PORTS.to_owned(), list(&opaque))])
}

/// The ports of a component whose first bytes say nothing to a proxy: those that say so, those of the default, and the main
/// port of a tier that does not speak HTTP, with the ports of its own pods, which speak the same or less. Ports that the proxy does not see are none.
fn opaque_ports(resolved: &Resolved, component: &Component) -> Vec<u16> {
    let ports = &component.endpoints.ports;
    let opaque = |(index, port): (usize, &Endpoint)| {
        let speaks = match port.app_protocol.as_deref() {
            Some("tcp" | "linkerd.io/tcp" | "linkerd.io/opaque") => true,
            Some(_) => false,
            None => {
                let scheme = component.endpoints.scheme.filter(|_| component.section == Section::Stateful);
                let other = scheme.is_some_and(|it| !it.starts_with("http"));
                OPAQUE.contains(&port.number) || index == 0 && other
            }
        };
        (speaks && port.protocol == Protocol::Tcp).then_some(port.number)
    };
    let mut found: Vec<u16> = ports.iter().enumerate().filter_map(opaque).collect();
    let main = ports.first().is_some_and(|it| found.contains(&it.number));
    let unnamed = |it: &&u16| ports.iter().all(|port| port.number != **it);
    let peers = component.endpoints.peers.iter().filter(unnamed);
    let silent = |it: &u16| match component.section {
        // Gossip is no HTTP, whatever the service speaks to others.
        Section::Services | Section::Jobs => true,
        Section::Stateful => main || OPAQUE.contains(it),
    };
    found.extend(peers.filter(|it| silent(it)));
    let past = past_proxy(resolved, component);
    found.retain(|it| !past.contains(it));
    found
}

/// Who is let in to a port.
#[derive(Default)]
struct Callers {
    /// Identities.
    identities: Vec<TargetRef>,
    /// Whether callers without one are, too; the NetworkPolicy is what holds them to the port.
    anybody: bool,
}

impl Callers {
    fn add(&mut self, identity: Option<TargetRef>) {
        match identity {
            None => self.anybody = true,
            Some(it) if self.identities.contains(&it) => {}
            Some(it) => self.identities.push(it),
        }
    }
}

/// Who may call a component of the mesh: a `Server` for each port with callers. On other ports nobody is let in but probes
/// by HTTP, whose paths Linkerd reads from the pod.
pub(super) fn component(resolved: &Resolved, mesh: &Linkerd, component: &Component) -> Vec<Object> {
    if mesh.authorization == Authorization::None {
        return Vec::new();
    }
    let (past, opaque) = (past_proxy(resolved, component), opaque_ports(resolved, component));
    let callers = callers(resolved, component).into_iter().filter(|(port, _)| !past.contains(port));
    callers.flat_map(|(port, callers)| server(resolved, component, port, &opaque, callers)).collect()
}

fn callers(resolved: &Resolved, component: &Component) -> IndexMap<u16, Callers> {
    let mut found: IndexMap<u16, Callers> = IndexMap::new();
    let mut allow = |ports: &mut dyn Iterator<Item = u16>, identity: Option<TargetRef>| {
        for port in ports {
            found.entry(port).or_default().add(identity.clone());
        }
    };
    let account = |namespace: &Name, it: &str| TargetRef::account(it, resolved.namespace(namespace));
    for edge in component.used_by.iter().map(|it| &resolved.edges[*it]) {
        let Some(from) = resolved.components.get(&edge.from) else { continue };
        let member = resolved.mesh_of(&from.namespace).is_some();
        let identity = member.then(|| account(&from.namespace, &from.service_account));
        let tcp = edge.ports.iter().filter(|it| it.protocol == Protocol::Tcp);
        allow(&mut tcp.map(|it| it.number), identity);
    }
    let made = resolved.tier(component).map(|it| it.operator_objects(component.name.as_str()));
    let made = made.into_iter().flatten().filter(|(kind, _)| *kind == "ServiceAccount");
    for own in std::iter::once(component.service_account.clone()).chain(made.map(|(_, name)| name)) {
        let peers = &mut component.endpoints.peers.iter().copied();
        allow(peers, Some(account(&component.namespace, &own)));
    }
    for entry in &component.entries {
        let identity = entry.mesh.then(|| TargetRef::namespace(entry.namespace.clone()));
        allow(&mut std::iter::once(entry.port), identity);
    }
    for caller in &component.endpoints.callers {
        let identity = TargetRef::namespace(caller.namespace.clone());
        allow(&mut caller.ports.iter().copied(), caller.mesh.then_some(identity));
    }
    for guest in &component.guests {
        let pods = resolved.stack.clients[&guest.client].pods().filter(|it| it.mesh);
        let identity = pods.map(|it| match &it.service_account {
            Some(own) => TargetRef::account(own.as_str(), it.namespace.as_str()),
            None => TargetRef::namespace(it.namespace.to_string()),
        });
        let tcp = guest.ports.iter().filter(|it| it.protocol == Protocol::Tcp);
        allow(&mut tcp.map(|it| it.number), identity);
    }
    found
}

/// One port, and what lets its callers in.
fn server(
    resolved: &Resolved,
    component: &Component,
    port: u16,
    opaque: &[u16],
    callers: Callers,
) -> Vec<Object> {
    let known = component.endpoints.ports.iter().find(|it| it.number == port);
    let name = match known {
        Some(known) => format!("{}-{}", component.called, known.name),
        None => format!("{}-{port}", component.called),
    };
    let metadata = |name: &str| metadata(resolved, Some(component), name);
    let version = if resolved.stack.cluster.linkerd >= V1BETA3_SINCE {
        ServerVersion::V1Beta3
    } else {
        ServerVersion::V1Beta1
    };
    let spec = ServerSpec {
        pod_selector: PodSelector { match_labels: resolved.selector(component, None) },
        port,
        proxy_protocol: opaque.contains(&port).then_some(ProxyProtocol::Opaque),
    };
    let mut found: Vec<Object> = vec![Server { metadata: metadata(&name), spec, version }.into()];
    let policy = |own: &str, kind: &'static str| {
        let spec = AuthorizationPolicySpec {
            required_authentication_refs: vec![TargetRef::policy(kind, own)],
            target_ref: TargetRef::policy("Server", name.clone()),
        };
        Object::from(LinkerdAuthorizationPolicy { metadata: metadata(own), spec })
    };
    if !callers.identities.is_empty() {
        found.push(policy(&name, "MeshTLSAuthentication"));
        let spec = MeshTlsAuthenticationSpec { identity_refs: callers.identities };
        found.push(MeshTLSAuthentication { metadata: metadata(&name), spec }.into());
    }
    if callers.anybody {
        let own = format!("{name}-network");
        found.push(policy(&own, "NetworkAuthentication"));
        let networks = ["0.0.0.0/0", "::/0"].map(|it| Block { cidr: it.to_owned() });
        let spec = NetworkAuthenticationSpec { networks: networks.into() };
        found.push(NetworkAuthentication { metadata: metadata(&own), spec }.into());
    }
    found
}

/// Linkerd lets probes in by the path of an HTTP request that it can read (`pod_http_probes` of its policy controller). A
/// TCP probe asks no more than that somebody listens, and that is the proxy.
pub(super) fn refuses_probe(
    resolved: &Resolved,
    mesh: &Linkerd,
    component: &Component,
    container: &core::Container,
    probe: &core::Probe,
) -> bool {
    let open = mesh.authorization == Authorization::None
        && resolved.mesh_of(&component.namespace) != Some(MutualTls::Strict);
    if open {
        return false;
    }
    let number = |port: &IntOrString| match port {
        IntOrString::Int(number) => u16::try_from(*number).ok(),
        IntOrString::String(name) => {
            let named = |it: &&core::ContainerPort| it.name.as_ref() == Some(name);
            let found = container.ports.iter().flatten().find(named);
            found.and_then(|it| u16::try_from(it.container_port).ok())
        }
    };
    let (asked, plain) = match (&probe.http_get, &probe.grpc) {
        (Some(http), _) => (number(&http.port), http.scheme.as_deref() != Some("HTTPS")),
        (None, Some(grpc)) => (u16::try_from(grpc.port).ok(), false),
        (None, None) => return false,
    };
    let is = |ports: Vec<u16>| asked.is_some_and(|it| ports.contains(&it));
    !is(past_proxy(resolved, component)) && (!plain || is(opaque_ports(resolved, component)))
}
