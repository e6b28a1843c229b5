//! `ObjectStore`: where the Barman Cloud plugin keeps base backups and WAL.

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::KeyReference;
use crate::k8s::crd::resource;

/// Where the plugin keeps base backups and WAL.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectStore {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Where, and for how long.
    pub spec: ObjectStoreSpec,
}

resource!(ObjectStore, "barmancloud.cnpg.io", |_| "v1");

/// Where, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectStoreSpec {
    /// Where, and how.
    pub configuration: Configuration,
    /// The plugin's container beside each server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_sidecar_configuration: Option<Sidecar>,
    /// How long: a number and `d`, `w` or `m` (months). Without it, for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<String>,
}

/// Where, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Base backups.
    pub data: Transfer,
    /// `s3://BUCKET/PATH`.
    pub destination_path: String,
    /// The CA of the endpoint, where it is not a public one.
    #[serde(rename = "endpointCA", skip_serializing_if = "Option::is_none")]
    pub endpoint_ca: Option<KeyReference>,
    /// The endpoint, where it is not Amazon's.
    #[serde(rename = "endpointURL", skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// How to log in.
    pub s3_credentials: S3Credentials,
    /// WAL.
    pub wal: Transfer,
}

/// How files are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// How they are compressed.
    pub compression: Compression,
}

/// How files are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// In every version of the plugin, for base backups and WAL alike.
    #[default]
    Gzip,
}

/// How to log in to an S3 server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Credentials {
    /// The id of the access key.
    pub access_key_id: KeyReference,
    /// Its secret.
    pub secret_access_key: KeyReference,
}

/// The plugin's container beside each server.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sidecar {
    /// What it asks for and may use.
    pub resources: ResourceRequirements,
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let key = |key: &str| KeyReference { key: key.into(), name: "s3".into() };
        let object = ObjectStore {
            metadata: named("db-backup"),
            spec: ObjectStoreSpec {
                configuration: Configuration {
                    destination_path: "s3://backups/db".into(),
                    endpoint_ca: Some(key("ca.crt")),
                    endpoint_url: Some("https://s3.example.com".into()),
                    s3_credentials: S3Credentials {
                        access_key_id: key("id"),
                        secret_access_key: key("secret"),
                    },
                    ..Configuration::default()
                },
                instance_sidecar_configuration: Some(Sidecar {
                    resources: ResourceRequirements {
                        limits: Some([("memory".to_owned(), Quantity("256Mi".into()))].into()),
                        ..ResourceRequirements::default()
                    },
                }),
                retention_policy: Some("30d".into()),
            },
        };
        let expected = json!({
            "apiVersion": "barmancloud.cnpg.io/v1",
            "kind": "ObjectStore",
            "metadata": {"name": "db-backup", "namespace": "apps"},
            "spec": {
                "configuration": {
                    "data": {"compression": "gzip"},
                    "destinationPath": "s3://backups/db",
                    "endpointCA": {"key": "ca.crt", "name": "s3"},
                    "endpointURL": "https://s3.example.com",
                    "s3Credentials": {
                        "accessKeyId": {"key": "id", "name": "s3"},
                        "secretAccessKey": {"key": "secret", "name": "s3"},
                    },
                    "wal": {"compression": "gzip"},
                },
                "instanceSidecarConfiguration": {"resources": {"limits": {"memory": "256Mi"}}},
                "retentionPolicy": "30d",
            },
        });
        assert_prints(&object, &expected);
    }
}
