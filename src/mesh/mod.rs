//! The service mesh: one file a mesh.

mod certificates;
mod istio;
mod linkerd;

use std::collections::BTreeMap;

use crate::k8s::Object;
use crate::model::{Expose, IstioMode, Mesh, MutualTls, Name, Protocol};
use crate::resolve::{Component, Guest, Resolved};
use crate::stateful::{Bound, Tier};

pub(crate) use istio::AMBIENT_PROBES;

/// The mesh of a namespace that is in it.
fn of<'a>(resolved: &'a Resolved, namespace: &Name) -> Option<&'a Mesh> {
    resolved.mesh_of(namespace).and(resolved.stack.mesh.as_ref())
}

/// Labels by which a namespace joins the mesh.
#[must_use]
pub fn namespace_labels(resolved: &Resolved, namespace: &Name) -> BTreeMap<String, String> {
    match of(resolved, namespace) {
        Some(Mesh::Istio(mesh)) => istio::namespace_labels(mesh),
        Some(Mesh::Linkerd(_) | Mesh::Certificates(_)) | None => BTreeMap::new(),
    }
}

/// Annotations by which a namespace joins the mesh.
#[must_use]
pub fn namespace_annotations(resolved: &Resolved, namespace: &Name) -> BTreeMap<String, String> {
    match of(resolved, namespace) {
        Some(Mesh::Linkerd(mesh)) => linkerd::namespace_annotations(resolved, mesh, namespace),
        Some(Mesh::Istio(_) | Mesh::Certificates(_)) | None => BTreeMap::new(),
    }
}

/// Annotations of a component's pods. `early`: a container of the pod runs before the others, or the pod ends by itself; a
/// proxy among the containers would come too late, or never end.
#[must_use]
pub fn pod_annotations(
    resolved: &Resolved,
    component: &Component,
    present: &BTreeMap<String, String>,
    early: bool,
) -> BTreeMap<String, String> {
    match of(resolved, &component.namespace) {
        Some(Mesh::Istio(mesh)) => istio::pod_annotations(resolved, mesh, component, present, early),
        Some(Mesh::Linkerd(_)) => linkerd::pod_annotations(resolved, component),
        Some(Mesh::Certificates(_)) | None => BTreeMap::new(),
    }
}

/// Annotations of a component's Services, from which callers in the mesh learn what is spoken there, wherever it runs.
#[must_use]
pub fn service_annotations(resolved: &Resolved, component: &Component) -> BTreeMap<String, String> {
    let callers = component.used_by.iter().map(|it| &resolved.edges[*it].from);
    let callers = callers.filter_map(|it| resolved.components.get(it));
    let mut inside = std::iter::once(component).chain(callers).map(|it| &it.namespace);
    let mut guests = component.guests.iter().filter_map(|it| resolved.stack.clients[&it.client].pods());
    match &resolved.stack.mesh {
        Some(Mesh::Linkerd(_))
            if inside.any(|it| resolved.mesh_of(it).is_some()) || guests.any(|it| it.mesh) =>
        {
            linkerd::service_annotations(resolved, component)
        }
        _ => BTreeMap::new(),
    }
}

/// Whether proxies beside a component's pods know where an HTTP call leads by its host name alone, not by the address of a pod.
#[must_use]
pub fn calls_by_host(resolved: &Resolved, component: &Component) -> bool {
    matches!(of(resolved, &component.namespace), Some(Mesh::Istio(mesh)) if mesh.mode == IstioMode::Sidecar)
}

/// Whether a component's pods get a proxy that starts only beside their main containers.
#[must_use]
pub fn late_proxy(resolved: &Resolved, component: &Component) -> bool {
    match of(resolved, &component.namespace) {
        Some(Mesh::Istio(mesh)) => istio::late_proxy(resolved, mesh),
        // A Linkerd without early proxies is refused.
        Some(Mesh::Linkerd(_) | Mesh::Certificates(_)) | None => false,
    }
}

/// Whether the kubelet may not ask what a probe asks, because it has no identity: nobody without one is let in, and the mesh
/// knows probes by plain HTTP alone.
#[must_use]
pub fn refuses_probe(
    resolved: &Resolved,
    component: &Component,
    container: &k8s_openapi::api::core::v1::Container,
    probe: &k8s_openapi::api::core::v1::Probe,
) -> bool {
    match of(resolved, &component.namespace) {
        Some(Mesh::Linkerd(mesh)) => linkerd::refuses_probe(resolved, mesh, component, container, probe),
        Some(Mesh::Istio(_) | Mesh::Certificates(_)) | None => false,
    }
}

/// Objects of whole namespaces.
#[must_use]
pub fn shared(resolved: &Resolved) -> Vec<Object> {
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) => istio::shared(resolved, mesh),
        Some(Mesh::Linkerd(_) | Mesh::Certificates(_)) | None => Vec::new(),
    }
}

/// Objects of one component.
#[must_use]
pub fn component(resolved: &Resolved, component: &Component) -> Vec<Object> {
    match of(resolved, &component.namespace) {
        Some(Mesh::Istio(mesh)) => {
            let policy = istio::component(resolved, mesh, component);
            policy.into_iter().chain(istio::split(resolved, component)).collect()
        }
        Some(Mesh::Linkerd(mesh)) => linkerd::component(resolved, mesh, component),
        Some(Mesh::Certificates(_)) | None => {
            certificates::component(resolved, component).into_iter().collect()
        }
    }
}

/// The containers of a component with what the mesh mounts.
#[must_use]
pub fn bind(resolved: &Resolved, component: &Component, bound: Bound) -> Bound {
    match resolved.certified(component) {
        Some(mesh) => certificates::bind(mesh, component, bound),
        None => bound,
    }
}

/// What the pods of a mesh need of the network beside the declared paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths<'a> {
    /// The pods that proxies call.
    pub control_plane: Vec<ControlPlane<'a>>,
    /// The address that hands the kubelet's probes to pods, where the mesh stands between.
    pub probes: Option<&'static str>,
}

impl Paths<'_> {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.control_plane.is_empty() && self.probes.is_none()
    }
}

/// Pods of a control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane<'a> {
    /// Their namespace's name in the cluster.
    pub namespace: &'a str,
    /// The label that they are known by.
    pub label: (&'static str, &'static str),
    /// Their containers' ports.
    pub ports: &'static [u16],
}

/// What every pod of a namespace needs of the network for its mesh.
#[must_use]
pub fn paths<'a>(resolved: &'a Resolved, namespace: &Name) -> Paths<'a> {
    match of(resolved, namespace) {
        Some(Mesh::Istio(mesh)) => istio::paths(resolved, mesh),
        Some(Mesh::Linkerd(_)) => linkerd::paths(resolved),
        Some(Mesh::Certificates(_)) | None => Paths::default(),
    }
}

/// Ports with metrics that are asked past the proxy: who collects has no identity, the namespace lets in nobody without one,
/// and nobody else calls there. The NetworkPolicy holds the collector to them. A proxy of the node cannot be passed by.
#[must_use]
pub fn collected_past(resolved: &Resolved, component: &Component) -> Vec<u16> {
    let beside = match of(resolved, &component.namespace) {
        Some(Mesh::Istio(mesh)) => mesh.mode == IstioMode::Sidecar,
        Some(Mesh::Linkerd(_)) => true,
        Some(Mesh::Certificates(_)) | None => false,
    };
    if !beside || resolved.mesh_of(&component.namespace) != Some(MutualTls::Strict) {
        return Vec::new();
    }
    let anonymous =
        |it: &&Guest| it.collects && !resolved.stack.clients[&it.client].pods().is_some_and(|it| it.mesh);
    let shown = component.guests.iter().filter(anonymous).flat_map(|it| &it.ports).map(|it| it.number);
    let used = component.used_by.iter().flat_map(|it| &resolved.edges[*it].ports);
    let other = component.guests.iter().filter(|it| !it.collects).flat_map(|it| &it.ports);
    let mut others: Vec<u16> = used.chain(other).map(|it| it.number).collect();
    others.extend(&component.endpoints.peers);
    others.extend(component.entries.iter().map(|it| it.port));
    others.extend(component.endpoints.callers.iter().flat_map(|it| &it.ports));
    shown.filter(|it| !others.contains(it)).collect()
}

/// Ports that callers reach without the proxy: those with TLS of their own, those of a load balancer, whose callers have no
/// identity and would all seem to come from the pod itself, and those of [`collected_past`].
fn past_proxy(resolved: &Resolved, component: &Component) -> Vec<u16> {
    let mut found = resolved.tier(component).map(Tier::own_tls_ports).unwrap_or_default().to_vec();
    if let Some(Expose::LoadBalancer(balancer)) = resolved.exposure(component) {
        let open = component.endpoints.ports.iter().filter(|it| balancer.ports.contains_key(&it.name));
        found.extend(open.map(|it| it.number));
    }
    let new = collected_past(resolved, component).into_iter().filter(|it| !found.contains(it));
    found.extend(new.collect::<Vec<_>>());
    found
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The ports that the network sees where one component calls another on some.
#[must_use]
pub fn wire_ports(
    resolved: &Resolved,
    from: &Component,
    to: &Component,
    ports: Vec<(u16, Protocol)>,
) -> Vec<(u16, Protocol)> {
    match of(resolved, &from.namespace).and(of(resolved, &to.namespace)) {
        Some(Mesh::Istio(mesh)) => istio::wire_ports(mesh, ports),
        Some(Mesh::Linkerd(_)) => linkerd::wire_ports(ports),
        Some(Mesh::Certificates(_)) | None => ports,
    }
}
