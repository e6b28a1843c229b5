//! What tools must know of objects that Argo Rollouts changes.

use serde::Serialize;

use crate::k8s::Object;
use crate::k8s::crd::argo_rollouts::rollout::POD_HASH;
use crate::k8s::crd::argocd::application::IgnoredDifference;
use crate::k8s::crd::{argo_rollouts, gateway_api, istio};
use crate::lower::Unit;
use crate::model::Expose;
use crate::resolve::Resolved;

/// The file that tells Kustomize where a `Rollout` names ConfigMaps, which it knows of Kubernetes' own kinds only
/// (argo-rollouts.readthedocs.io/en/stable/features/kustomize).
pub(super) const REFERENCES: &str = "rollout-references.yaml";

/// Where an object of a kind names others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct References {
    name_reference: Vec<NameReference>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NameReference {
    field_specs: Vec<FieldSpec>,
    kind: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct FieldSpec {
    group: &'static str,
    kind: &'static str,
    path: String,
}

/// Where the pods of a `Rollout` name ConfigMaps.
const PATHS: [&str; 5] = [
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "initContainers/envFrom/configMapRef/name",
];

/// The file for a unit; none where it has no `Rollout`.
pub(super) fn references(unit: &Unit) -> Option<References> {
    // One that is patched has no type.
    let is_rollout = |it: &Object| it.kind() == "Rollout" && it.id().group == argo_rollouts::GROUP;
    if !unit.objects.iter().any(is_rollout) {
        return None;
    }
    let spec = |path: &str| FieldSpec {
        group: argo_rollouts::GROUP,
        kind: "Rollout",
        path: format!("spec/template/spec/{path}"),
    };
    let field_specs = PATHS.into_iter().map(spec).collect();
    Some(References { name_reference: vec![NameReference { field_specs, kind: "ConfigMap", version: "v1" }] })
}

/// What of the objects is Argo Rollouts' to change: the selectors of the two Services, and the weights of the routes.
pub(super) fn ignored(resolved: &Resolved) -> Vec<IgnoredDifference> {
    let mut found = Vec::new();
    for component in resolved.components.values().filter(|it| resolved.is_stepped(it)) {
        let mut add =
            |group: &str, kind: &'static str, name: &str, pointers: Vec<String>, expressions: Vec<String>| {
                found.push(IgnoredDifference {
                    group: group.to_owned(),
                    jq_path_expressions: expressions,
                    json_pointers: pointers,
                    kind,
                    name: name.to_owned(),
                    namespace: resolved.namespace(&component.namespace).to_owned(),
                });
            };
        let name = component.called.as_str();
        let split = resolved.split(component);
        let second = match &split {
            Some(it) => Some(it.service.clone()),
            None => {
                resolved.rollout(component).and_then(|it| it.promoted()).map(|_| component.preview_service())
            }
        };
        let Some(second) = second else { continue };
        let pointer = format!("/spec/selector/{POD_HASH}");
        for service in [component.service.as_str(), &second] {
            add("", "Service", service, vec![pointer.clone()], Vec::new());
        }
        if split.is_none() {
            continue;
        }
        let route = match resolved.exposure(component) {
            Some(Expose::Http(_)) => Some("HTTPRoute"),
            Some(Expose::Grpc(_)) => Some("GRPCRoute"),
            _ => None,
        };
        if let Some(kind) = route {
            let weights = ".spec.rules[].backendRefs[].weight".to_owned();
            add(gateway_api::GROUP, kind, name, Vec::new(), vec![weights]);
        }
        if resolved.split_ports(component).next().is_some() {
            let weights = ".spec.http[].route[].weight".to_owned();
            add(istio::NETWORKING, "VirtualService", name, Vec::new(), vec![weights]);
        }
    }
    found
}
