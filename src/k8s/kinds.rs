//! What a manifest is: an object that we write, one of Kubernetes' other kinds, or something that is known to its controller alone.

use std::any::TypeId;

use k8s_openapi::{NamespaceResourceScope, Resource};
use serde_json::Value;

use super::Object;
use super::strict::{self, Fault};

/// What a manifest is.
#[derive(Debug)]
pub enum Known {
    /// An object whose fields are checked, and whether its kind is in namespaces.
    Checked(Object, bool),
    /// A kind of Kubernetes', with what it does not have.
    Faulty(Vec<Fault>),
    /// A kind of Kubernetes' that is in other versions only.
    Version(Vec<&'static str>, Object),
    /// A kind that is not known.
    Unknown(Object),
}

macro_rules! kinds {
    ($($($step:ident)::+;)*) => {
        /// API version and kind of each, and whether it is in namespaces.
        fn table() -> &'static [(&'static str, &'static str, TypeId)] {
            static TABLE: std::sync::LazyLock<Vec<(&'static str, &'static str, TypeId)>> = std::sync::LazyLock::new(|| vec![$((
                <k8s_openapi::api::$($step)::+ as Resource>::API_VERSION,
                <k8s_openapi::api::$($step)::+ as Resource>::KIND,
                TypeId::of::<<k8s_openapi::api::$($step)::+ as Resource>::Scope>(),
            )),*]);
            &TABLE
        }

        /// What a manifest has that its kind has not; none where the kind is not among these.
        fn faults(api_version: &str, kind: &str, manifest: &Value) -> Option<Vec<Fault>> {
            match (api_version, kind) {
                $((<k8s_openapi::api::$($step)::+ as Resource>::API_VERSION, <k8s_openapi::api::$($step)::+ as Resource>::KIND) => {
                    Some(strict::read::<k8s_openapi::api::$($step)::+>(manifest).err().unwrap_or_default())
                })*
                _ => None,
            }
        }
    };
}

// Everything that a person may want to apply; what controllers and the API server write is not here.
kinds! {
    admissionregistration::v1::MutatingWebhookConfiguration;
    admissionregistration::v1::ValidatingAdmissionPolicy;
    admissionregistration::v1::ValidatingAdmissionPolicyBinding;
    admissionregistration::v1::ValidatingWebhookConfiguration;
    apps::v1::DaemonSet;
    apps::v1::Deployment;
    apps::v1::ReplicaSet;
    apps::v1::StatefulSet;
    autoscaling::v1::HorizontalPodAutoscaler;
    autoscaling::v2::HorizontalPodAutoscaler;
    batch::v1::CronJob;
    batch::v1::Job;
    coordination::v1::Lease;
    core::v1::ConfigMap;
    core::v1::Endpoints;
    core::v1::LimitRange;
    core::v1::Namespace;
    core::v1::PersistentVolume;
    core::v1::PersistentVolumeClaim;
    core::v1::Pod;
    core::v1::PodTemplate;
    core::v1::ReplicationController;
    core::v1::ResourceQuota;
    core::v1::Secret;
    core::v1::Service;
    core::v1::ServiceAccount;
    discovery::v1::EndpointSlice;
    networking::v1::Ingress;
    networking::v1::IngressClass;
    networking::v1::NetworkPolicy;
    node::v1::RuntimeClass;
    policy::v1::PodDisruptionBudget;
    rbac::v1::ClusterRole;
    rbac::v1::ClusterRoleBinding;
    rbac::v1::Role;
    rbac::v1::RoleBinding;
    scheduling::v1::PriorityClass;
    storage::v1::CSIDriver;
    storage::v1::StorageClass;
}

/// What a manifest is.
#[must_use]
pub fn read(manifest: Value) -> Known {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let namespaced = table().iter().any(|(version, name, scope)| {
        *version == api_version && *name == kind && *scope == TypeId::of::<NamespaceResourceScope>()
    });
    match Object::read(&manifest) {
        Some(Ok(object)) => return Known::Checked(object, namespaced),
        Some(Err(faults)) => return Known::Faulty(faults),
        None => {}
    }
    match faults(api_version, kind, &manifest) {
        Some(faults) if faults.is_empty() => Known::Checked(Object::from(manifest), namespaced),
        Some(faults) => Known::Faulty(faults),
        None => {
            // Kinds of others have groups with a domain of their own.
            let own = !api_version.split('/').next().unwrap_or_default().contains('.')
                || table().iter().any(|it| group(it.0) == group(api_version));
            let versions: Vec<&str> =
                table().iter().filter(|it| it.1 == kind && own).map(|it| it.0).collect();
            let object = Object::from(manifest);
            if versions.is_empty() { Known::Unknown(object) } else { Known::Version(versions, object) }
        }
    }
}

/// The group of an API version; empty for the core group.
#[must_use]
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The kinds of an API version.
pub fn of_version(api_version: &str) -> impl Iterator<Item = &'static str> {
    table().iter().filter(move |it| it.0 == api_version).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let of = |version: &str, kind: &str| {
            read(json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "a" } }))
        };
        assert!(matches!(of("v1", "ServiceAccount"), Known::Checked(Object::ServiceAccount(_), true)));
        assert!(matches!(of("v1", "Namespace"), Known::Checked(Object::Namespace(_), false)));
        assert!(matches!(of("networking.k8s.io/v1", "IngressClass"), Known::Checked(Object::Raw(_), false)));
        assert!(
            matches!(of("policy/v1beta1", "PodDisruptionBudget"), Known::Version(it, _) if it == ["policy/v1"])
        );
        assert!(matches!(of("apps.example.com/v1", "Deployment"), Known::Unknown(_)));
        assert!(matches!(of("cilium.io/v2", "CiliumNetworkPolicy"), Known::Unknown(_)));
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": { "container": [] } });
        assert!(matches!(read(pod), Known::Faulty(it) if it[0].path == ["spec", "container"]));
    }
}
