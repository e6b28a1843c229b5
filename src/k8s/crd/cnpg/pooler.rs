//! `Pooler`: PgBouncer in front of a [`Cluster`](super::cluster::Cluster).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, Reference, VERSION};
use crate::k8s::crd::resource;

/// PgBouncer in front of a cluster. Its Service, Deployment and ServiceAccount have its name, which no cluster of the
/// namespace may have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pooler {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Of what, how many.
    pub spec: PoolerSpec,
}

resource!(Pooler, GROUP, |_| VERSION);

/// Of what, how many.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PoolerSpec {
    /// The cluster.
    pub cluster: Reference,
    /// How many pods.
    pub instances: u32,
    /// PgBouncer's settings.
    pub pgbouncer: PgBouncer,
    /// The pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<PodTemplateSpec>,
    /// To which servers of the cluster.
    #[serde(rename = "type")]
    pub kind: PoolerType,
}

/// PgBouncer's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PgBouncer {
    /// Further settings, by their own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// When a server's connection is free for another client.
    pub pool_mode: PoolMode,
}

/// When a server's connection is free for another client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    /// When its client disconnects.
    #[default]
    Session,
    /// When its transaction ends.
    Transaction,
}

/// To which servers of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum PoolerType {
    /// The primary.
    #[default]
    #[serde(rename = "rw")]
    ReadWrite,
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::PodSpec;
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = Pooler {
            metadata: named("db-pooler"),
            spec: PoolerSpec {
                cluster: "db".into(),
                instances: 2,
                pgbouncer: PgBouncer {
                    parameters: [("max_client_conn".into(), "500".into())].into(),
                    pool_mode: PoolMode::Transaction,
                },
                template: Some(PodTemplateSpec {
                    metadata: Some(ObjectMeta {
                        labels: Some([("a".into(), "b".into())].into()),
                        ..ObjectMeta::default()
                    }),
                    spec: Some(PodSpec::default()),
                }),
                kind: PoolerType::ReadWrite,
            },
        };
        let expected = json!({
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Pooler",
            "metadata": {"name": "db-pooler", "namespace": "apps"},
            "spec": {
                "cluster": {"name": "db"},
                "instances": 2,
                "pgbouncer": {"parameters": {"max_client_conn": "500"}, "poolMode": "transaction"},
                // The API requires the list, empty or not.
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}},
                "type": "rw",
            },
        });
        assert_prints(&object, &expected);
    }
}
