//! Custom resources, one file per kind: only the fields that we write, in the order in which they are printed
//! (`apiVersion`, `kind`, `metadata`, then the spec by key).
//!
//! A field left empty is not written, so the operator's own default applies; the few that mean something when
//! empty say so.

pub mod argo_rollouts;
pub mod argocd;
pub mod cert_manager;
pub mod cilium;
pub mod cnpg;
pub mod external_secrets;
pub mod flux;
pub mod gateway_api;
pub mod istio;
pub mod keda;
pub mod linkerd;
pub mod nats;
pub mod prometheus;
pub mod rabbitmq;
pub mod redis;
pub mod strimzi;
pub mod vault;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// What every custom resource can say about itself.
pub trait Resource {
    /// API group (`security.istio.io`).
    const GROUP: &'static str;
    /// Kind (`PeerAuthentication`).
    const KIND: &'static str;

    /// API version without the group. A method, because which one Istio's kinds take depends on the declared
    /// release of Istio.
    fn version(&self) -> &'static str;

    /// Name, namespace, labels and annotations.
    fn metadata(&self) -> &ObjectMeta;

    /// The same, to add to.
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

/// Implements [`Resource`] and `Serialize` for a struct with the fields `metadata` and `spec`. The struct is called as its
/// kind, unless two groups have a kind of that name.
macro_rules! resource {
    ($type:ident, $group:expr, $version:expr) => {
        $crate::k8s::crd::resource!($type, stringify!($type), $group, $version);
    };
    ($type:ident, $kind:expr, $group:expr, $version:expr) => {
        impl $crate::k8s::crd::Resource for $type {
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;

            fn version(&self) -> &'static str {
                let version: fn(&Self) -> &'static str = $version;
                version(self)
            }

            fn metadata(&self) -> &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &mut self.metadata
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;

                use $crate::k8s::crd::Resource as _;
                let mut state = serializer.serialize_struct(Self::KIND, 4)?;
                state.serialize_field("apiVersion", &format_args!("{}/{}", Self::GROUP, self.version()))?;
                state.serialize_field("kind", Self::KIND)?;
                state.serialize_field("metadata", &self.metadata)?;
                state.serialize_field("spec", &self.spec)?;
                state.end()
            }
        }
    };
}
use resource;

/// For `skip_serializing_if` on switches that are off by default.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field by reference")]
fn is_false(switch: &bool) -> bool {
    !switch
}

#[cfg(test)]
mod testing {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use serde::Serialize;
    use serde_json::Value;

    /// Metadata with a name and the namespace `apps`.
    pub(super) fn named(name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.into()), namespace: Some("apps".into()), ..ObjectMeta::default() }
    }

    /// Compares the printed text, so that the order of the keys counts.
    #[track_caller]
    pub(super) fn assert_prints(object: &impl Serialize, expected: &Value) {
        let printed = serde_json::to_string_pretty(object).unwrap();
        assert_eq!(printed, serde_json::to_string_pretty(expected).unwrap());
    }
}
