//! What is no part of what somebody applies: what the API server and its controllers fill in, and defaults that are written
//! out.
//!
//! What is left out, wherever it stands:
//!
//! * `status`, and of `metadata`: `creationTimestamp`, `generateName`, `generation`, `managedFields`, `ownerReferences`,
//!   `resourceVersion`, `selfLink`, `uid`; `finalizers` that controllers add ([`FINALIZERS`]);
//! * annotations of controllers and of what applies ([`ANNOTATIONS`]), the labels that the API server sets ([`LABELS`]);
//! * defaults ([`defaults`](super::defaults));
//! * null, which is the same as nothing, and empty labels, annotations, `resources` and `securityContext`.
//!
//! What only one side can know is left out where the other says nothing ([`is_filled_in`]).

use serde_json::{Map, Value};

use super::defaults;
use crate::k8s::pods_at;

/// Annotations that nobody applies: by their whole name, or by a prefix that ends with `/`.
const ANNOTATIONS: [&str; 10] = [
    "argocd.argoproj.io/tracking-id",
    "autoscaling.alpha.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
    "pv.kubernetes.io/",
    "rollout.argoproj.io/",
    "volume.beta.kubernetes.io/",
    "volume.kubernetes.io/",
];

/// Labels that nobody applies.
const LABELS: [&str; 6] = [
    "argocd.argoproj.io/instance",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
    "kubernetes.io/metadata.name",
];

/// Finalizers that controllers of Kubernetes add.
const FINALIZERS: [&str; 4] = [
    "foregroundDeletion",
    "kubernetes.io/pv-protection",
    "kubernetes.io/pvc-protection",
    "service.kubernetes.io/load-balancer-cleanup",
];

const METADATA: [&str; 8] = [
    "creationTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Takes out of an object of a kind what is no part of what somebody applies.
pub(super) fn strip(group: &str, kind: &str, value: &mut Value) {
    strip_but_defaults(group, kind, value);
    defaults::strip(group, kind, value);
}

/// The same, but for defaults.
pub(super) fn strip_but_defaults(group: &str, kind: &str, value: &mut Value) {
    without_null(value);
    let Some(root) = value.as_object_mut() else { return };
    root.shift_remove("status");
    if let Some(Value::Object(it)) = root.get_mut("metadata") {
        metadata(it);
    }
    if let Some(Value::Object(it)) =
        pods_at(group, kind).and_then(|at| value.pointer_mut(&format!("{at}/metadata")))
    {
        metadata(it);
    }
    let claims = value.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
    for claim in claims.into_iter().flatten().filter_map(Value::as_object_mut) {
        claim.shift_remove("status");
        if let Some(Value::Object(it)) = claim.get_mut("metadata") {
            metadata(it);
        }
    }
}

fn without_null(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, it| !it.is_null());
            map.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn metadata(map: &mut Map<String, Value>) {
    for key in METADATA {
        map.shift_remove(key);
    }
    for (field, known) in [("annotations", &ANNOTATIONS[..]), ("labels", &LABELS[..])] {
        if let Some(Value::Object(entries)) = map.get_mut(field) {
            entries.retain(|key, _| {
                !known.iter().any(|it| key == it || it.ends_with('/') && key.starts_with(it))
            });
            if entries.is_empty() {
                map.shift_remove(field);
            }
        }
    }
    if let Some(Value::Array(finalizers)) = map.get_mut("finalizers") {
        finalizers.retain(|it| !it.as_str().is_some_and(|it| FINALIZERS.contains(&it)));
        if finalizers.is_empty() {
            map.shift_remove("finalizers");
        }
    }
}

/// Whether the cluster fills a field in where nobody says it, so that it is no difference when only the side that was there
/// before has it: what is asked for is a choice that the cluster makes once.
///
/// Addresses and families of a Service (but not `clusterIP: None`, which is a choice), its node ports, the volume of a claim,
/// who has a volume, the selector that a Job gets, the finalizer of a Namespace and the secrets of a ServiceAccount.
pub(super) fn is_filled_in(kind: &str, path: &[&str], before: &Value) -> bool {
    match (kind, path) {
        ("Service", ["spec", "clusterIP"]) => before != "None",
        (
            "Service",
            ["spec", "clusterIPs" | "ipFamilies" | "ipFamilyPolicy" | "healthCheckNodePort"]
            | ["spec", "ports", _, "nodePort"],
        )
        | ("PersistentVolumeClaim", ["spec", "volumeName"])
        | ("PersistentVolume", ["spec", "claimRef", "apiVersion" | "kind" | "resourceVersion" | "uid"])
        | ("Job", ["spec", "selector"])
        | ("Namespace", ["spec"])
        | ("ServiceAccount", ["secrets"]) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_fills_in_is_left_out() {
        let mut live = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "a",
                "uid": "1",
                "resourceVersion": "7",
                "creationTimestamp": null,
                "managedFields": [],
                "finalizers": ["kubernetes.io/pvc-protection"],
                "annotations": { "pv.kubernetes.io/bind-completed": "yes" },
                "labels": { "team": "shop", "argocd.argoproj.io/instance": "x" },
            },
            "spec": { "volumeMode": "Filesystem" },
            "status": { "phase": "Bound" },
        });
        strip("", "PersistentVolumeClaim", &mut live);
        let expected = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": { "name": "a", "labels": { "team": "shop" } },
            "spec": {},
        });
        assert_eq!(live, expected);
    }

    #[test]
    fn what_somebody_chose_stays() {
        let chosen = json!({
            "metadata": { "name": "a", "finalizers": ["shop.example/mine"], "annotations": { "team": "x" } },
            "spec": { "podSelector": {}, "ingress": [] },
        });
        let mut value = chosen.clone();
        strip("networking.k8s.io", "NetworkPolicy", &mut value);
        assert_eq!(value, chosen);
    }

    #[test]
    fn a_headless_service_is_a_choice() {
        assert!(is_filled_in("Service", &["spec", "clusterIP"], &json!("10.0.0.1")));
        assert!(!is_filled_in("Service", &["spec", "clusterIP"], &json!("None")));
        assert!(!is_filled_in("Deployment", &["spec", "replicas"], &json!(3)));
    }
}
