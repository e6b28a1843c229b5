//! The service mesh: one file a mesh.

mod istio;

use std::collections::BTreeMap;

use crate::k8s::Object;
use crate::model::{IstioMode, Mesh, Name};
use crate::resolve::{Component, Resolved};

/// Labels by which a namespace joins the mesh.
#[must_use]
pub fn namespace_labels(resolved: &Resolved, namespace: &Name) -> BTreeMap<String, String> {
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) if resolved.mesh_of(namespace).is_some() => istio::namespace_labels(mesh),
        _ => BTreeMap::new(),
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
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) if resolved.mesh_of(&component.namespace).is_some() => {
            istio::pod_annotations(resolved, mesh, component, present, early)
        }
        _ => BTreeMap::new(),
    }
}

/// Whether a component's pods get a proxy that starts only beside their main containers.
#[must_use]
pub fn late_proxy(resolved: &Resolved, component: &Component) -> bool {
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) => {
            resolved.mesh_of(&component.namespace).is_some() && istio::late_proxy(resolved, mesh)
        }
        None => false,
    }
}

/// Objects of whole namespaces.
#[must_use]
pub fn shared(resolved: &Resolved) -> Vec<Object> {
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) => istio::shared(resolved, mesh),
        None => Vec::new(),
    }
}

/// Objects of one component.
#[must_use]
pub fn component(resolved: &Resolved, component: &Component) -> Vec<Object> {
    match &resolved.stack.mesh {
        Some(Mesh::Istio(mesh)) => istio::component(resolved, mesh, component).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whether two components talk through a tunnel, so that their ports are not seen on the network.
#[must_use]
pub fn tunnels(resolved: &Resolved, from: &Component, to: &Component) -> bool {
    let Some(Mesh::Istio(mesh)) = &resolved.stack.mesh else { return false };
    let member = |it: &Component| resolved.mesh_of(&it.namespace).is_some();
    mesh.mode == IstioMode::Ambient && member(from) && member(to)
}
