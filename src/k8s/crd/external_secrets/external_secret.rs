//! `ExternalSecret`: a Secret that the operator writes from an outside store.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{ApiVersion, GROUP};
use crate::k8s::crd::resource;

/// A Secret that the operator writes from an outside store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExternalSecret {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// What to fetch.
    pub spec: ExternalSecretSpec,
    /// The version of the API.
    pub version: ApiVersion,
}

resource!(ExternalSecret, GROUP, |it| it.version.as_str());

/// What to fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// The keys.
    pub data: Vec<Data>,
    /// How often the operator looks for changes (`1h0m0s`).
    pub refresh_interval: String,
    /// The store.
    pub secret_store_ref: StoreRef,
    /// The Secret.
    pub target: Target,
}

/// A key of the Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// What it is in the store.
    pub remote_ref: RemoteRef,
    /// The key.
    pub secret_key: String,
}

/// A value in the store. What the API server would fill in is written, or a tool that compares would see a difference
/// for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteRef {
    /// `Default`: names of keys are changed where Kubernetes allows no such key.
    pub conversion_strategy: &'static str,
    /// `None`: the value is taken as it is.
    pub decoding_strategy: &'static str,
    /// The entry.
    pub key: String,
    /// `None`: the value, not what is said of it.
    pub metadata_policy: &'static str,
    /// The field of an entry that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}

impl RemoteRef {
    /// An entry, or one of its fields.
    #[must_use]
    pub fn new(key: String, property: Option<String>) -> Self {
        Self {
            conversion_strategy: "Default",
            decoding_strategy: "None",
            key,
            metadata_policy: "None",
            property,
        }
    }
}

/// A store by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreRef {
    /// `ClusterSecretStore` or `SecretStore`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// The Secret to write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Who owns it: `Owner` makes and deletes it with the `ExternalSecret`.
    pub creation_policy: &'static str,
    /// What happens when the store's entry is gone: `Retain` keeps the last value.
    pub deletion_policy: &'static str,
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_keys_in_order() {
        let object = ExternalSecret {
            metadata: named("app"),
            spec: ExternalSecretSpec {
                data: vec![Data {
                    remote_ref: RemoteRef::new("K".into(), Some("p".into())),
                    secret_key: "k".into(),
                }],
                refresh_interval: "1h".into(),
                secret_store_ref: StoreRef { kind: "SecretStore", name: "s".into() },
                target: Target { creation_policy: "Owner", deletion_policy: "Retain", name: "app".into() },
            },
            version: ApiVersion::V1Beta1,
        };
        let expected = json!({
            "apiVersion": "external-secrets.io/v1beta1",
            "kind": "ExternalSecret",
            "metadata": { "name": "app", "namespace": "apps" },
            "spec": {
                "data": [{ "remoteRef": { "conversionStrategy": "Default", "decodingStrategy": "None", "key": "K", "metadataPolicy": "None", "property": "p" }, "secretKey": "k" }],
                "refreshInterval": "1h",
                "secretStoreRef": { "kind": "SecretStore", "name": "s" },
                "target": { "creationPolicy": "Owner", "deletionPolicy": "Retain", "name": "app" },
            },
        });
        assert_prints(&object, &expected);
    }
}
