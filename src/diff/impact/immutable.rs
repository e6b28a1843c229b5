//! Fields that the API server refuses to change.
//!
//! From the validation of Kubernetes 1.34 (`pkg/apis/*/validation/validation.go`): `ValidateDeploymentUpdate` and
//! `ValidateDaemonSetUpdate` (selector), `ValidateStatefulSetUpdate` (all of `spec` but
//! `replicas`, `ordinals`, `template`, `updateStrategy`, `revisionHistoryLimit`, `persistentVolumeClaimRetentionPolicy`,
//! `minReadySeconds`), `ValidateJobSpecUpdate`, `ValidateRoleBindingUpdate`, `ValidateServiceUpdate` (`clusterIP`),
//! `ValidateConfigMapUpdate` and `ValidateSecretUpdate`, `ValidatePriorityClassUpdate`, `ValidateStorageClassUpdate`,
//! `ValidatePersistentVolumeUpdate`. `revisionHistoryLimit` of a StatefulSet is mutable from 1.33 on, and is not told apart
//! by version here. Claims are in [`storage`](super::storage).

use serde_json::Value;

use crate::diff::compare::{Change, What};
use crate::diff::object::Item;

/// Why a change is refused; none where it is not.
pub(super) fn reason(before: &Item, words: &[&str], change: &Change) -> Option<String> {
    let what = match (&*before.id.kind, words) {
        ("DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "StatefulSet", ["spec", "selector", ..]) => {
            "the selector"
        }
        (
            "StatefulSet",
            [
                "spec",
                "minReadySeconds"
                | "ordinals"
                | "persistentVolumeClaimRetentionPolicy"
                | "replicas"
                | "revisionHistoryLimit"
                | "template"
                | "updateStrategy",
                ..,
            ],
        ) => return None,
        ("StatefulSet", ["spec", field, ..])
        | (
            "Job",
            [
                "spec",
                field @ ("backoffLimitPerIndex"
                | "completionMode"
                | "completions"
                | "managedBy"
                | "podFailurePolicy"
                | "successPolicy"
                | "template"),
                ..,
            ],
        ) => return Some(refused(&format!("`{field}`"))),
        ("RoleBinding" | "ClusterRoleBinding", ["roleRef", ..]) => "the role that it binds",
        ("Service", ["spec", "clusterIP"]) => "whether a Service has an address",
        ("ConfigMap" | "Secret", ["data" | "binaryData" | "stringData", ..])
            if before.at("/immutable") == Some(&Value::Bool(true)) =>
        {
            "it says that it is immutable: its content"
        }
        ("ConfigMap" | "Secret", ["immutable"]) if before.at("/immutable") == Some(&Value::Bool(true)) => {
            "that it is immutable"
        }
        ("Secret", ["type"]) => "the type of a Secret",
        ("PriorityClass", ["value" | "preemptionPolicy"]) => "the priority of a class",
        ("StorageClass", ["parameters" | "provisioner" | "reclaimPolicy" | "volumeBindingMode", ..]) => {
            return Some(
                "a class cannot change: it is deleted and made anew; volumes that exist stay as they are"
                    .to_owned(),
            );
        }
        ("PersistentVolume", ["spec", "nodeAffinity", ..]) if !matches!(change.what, What::Added(_)) => {
            "where a volume is"
        }
        ("PersistentVolume", ["spec", "volumeMode"]) => "the mode of a volume",
        ("PersistentVolume", ["spec", source, ..]) if !VOLUME.contains(source) => "what a volume is",
        _ => return None,
    };
    Some(refused(what))
}

/// The fields of a `PersistentVolumeSpec` that are not its source.
const VOLUME: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

fn refused(what: &str) -> String {
    format!("{what} cannot change: the object is deleted and made anew")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{changes, item};

    /// Whether any change between two objects is refused.
    fn refuses(kind: &str, before: &Value, after: &Value) -> bool {
        let (before, after) = (item(kind, before.clone()), item(kind, after.clone()));
        changes(&before, &after).iter().any(|it| reason(&before, &it.path.words(), it).is_some())
    }

    #[test]
    fn what_the_api_server_refuses() {
        let spec = |it: Value| json!({ "spec": it });
        let labels = |it: &str| json!({ "matchLabels": { "app": it } });
        for kind in ["Deployment", "DaemonSet", "StatefulSet", "Job"] {
            let of = |it: &str| spec(json!({ "selector": labels(it) }));
            assert!(refuses(kind, &of("a"), &of("b")), "{kind}");
        }
        for (field, old, new) in
            [("serviceName", "a", "b"), ("podManagementPolicy", "OrderedReady", "Parallel")]
        {
            assert!(
                refuses("StatefulSet", &spec(json!({ field: old })), &spec(json!({ field: new }))),
                "{field}"
            );
        }
        for (kind, old, new) in [
            ("Job", spec(json!({ "template": 1 })), spec(json!({ "template": 2 }))),
            ("RoleBinding", json!({ "roleRef": { "name": "a" } }), json!({ "roleRef": { "name": "b" } })),
            ("Service", spec(json!({ "clusterIP": "None" })), spec(json!({}))),
            (
                "ConfigMap",
                json!({ "immutable": true, "data": { "a": "1" } }),
                json!({ "immutable": true, "data": { "a": "2" } }),
            ),
            ("ConfigMap", json!({ "immutable": true }), json!({})),
            ("Secret", json!({ "type": "Opaque" }), json!({ "type": "kubernetes.io/tls" })),
            ("PriorityClass", json!({ "value": 1 }), json!({ "value": 2 })),
            ("StorageClass", json!({ "parameters": { "a": "1" } }), json!({ "parameters": { "a": "2" } })),
            ("StorageClass", json!({ "provisioner": "a" }), json!({ "provisioner": "b" })),
            (
                "PersistentVolume",
                spec(json!({ "nfs": { "path": "/a" } })),
                spec(json!({ "nfs": { "path": "/b" } })),
            ),
            ("PersistentVolume", spec(json!({ "nodeAffinity": 1 })), spec(json!({ "nodeAffinity": 2 }))),
        ] {
            assert!(refuses(kind, &old, &new), "{kind} {old}");
        }
    }

    #[test]
    fn what_it_lets_pass() {
        let spec = |it: Value| json!({ "spec": it });
        for (kind, old, new) in [
            ("StatefulSet", spec(json!({ "replicas": 2 })), spec(json!({ "replicas": 3 }))),
            ("StatefulSet", spec(json!({ "updateStrategy": { "type": "OnDelete" } })), spec(json!({}))),
            ("Job", spec(json!({ "parallelism": 2 })), spec(json!({ "parallelism": 3 }))),
            ("ConfigMap", json!({ "data": { "a": "1" } }), json!({ "data": { "a": "2" } })),
            ("ConfigMap", json!({ "data": {} }), json!({ "immutable": true, "data": {} })),
            ("RoleBinding", json!({ "subjects": [{ "name": "a" }] }), json!({ "subjects": [] })),
            ("StorageClass", json!({ "allowVolumeExpansion": true }), json!({})),
            ("PersistentVolume", spec(json!({ "mountOptions": ["a"] })), spec(json!({ "mountOptions": [] }))),
            ("PersistentVolume", spec(json!({})), spec(json!({ "nodeAffinity": 1 }))),
            ("Service", spec(json!({ "type": "NodePort" })), spec(json!({}))),
        ] {
            assert!(!refuses(kind, &old, &new), "{kind} {old}");
        }
    }
}
