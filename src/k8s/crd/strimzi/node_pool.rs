//! `KafkaNodePool`: nodes of a cluster with the same roles, storage and size.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{ContainerTemplate, GROUP, PodTemplate, VERSION};
use crate::k8s::crd::resource;

/// Nodes of a cluster, which the label [`CLUSTER`](super::CLUSTER) names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KafkaNodePool {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The nodes.
    pub spec: KafkaNodePoolSpec,
}

resource!(KafkaNodePool, GROUP, |_| VERSION);

/// The nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaNodePoolSpec {
    /// Java's heap.
    pub jvm_options: JvmOptions,
    /// How many.
    pub replicas: u32,
    /// What each asks for and may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<core::ResourceRequirements>,
    /// What they do.
    pub roles: Vec<Role>,
    /// The storage of each.
    pub storage: Storage,
    /// Their pods.
    pub template: NodePoolTemplate,
}

/// Java's heap, such as `256m`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JvmOptions {
    /// At the start.
    #[serde(rename = "-Xms")]
    pub initial: String,
    /// At most.
    #[serde(rename = "-Xmx")]
    pub maximum: String,
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Votes about metadata.
    Controller,
    /// Serves clients.
    Broker,
}

/// The storage of a node: volumes that can become more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// `jbod`.
    #[serde(rename = "type")]
    pub kind: StorageType,
    /// The volumes.
    pub volumes: Vec<Volume>,
}

/// How the storage of a node is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageType {
    /// Of volumes side by side.
    #[default]
    Jbod,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Its StorageClass; the cluster's default where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Whether the claim goes with the cluster.
    pub delete_claim: bool,
    /// Its number.
    pub id: u32,
    /// That metadata is kept on it too.
    pub kraft_metadata: KraftMetadata,
    /// Its size.
    pub size: String,
    /// `persistent-claim`.
    #[serde(rename = "type")]
    pub kind: VolumeType,
}

/// Where metadata is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KraftMetadata {
    /// Beside records.
    #[default]
    Shared,
}

/// What a volume is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeType {
    /// A claim.
    #[default]
    PersistentClaim,
}

/// The pods of the nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodePoolTemplate {
    /// The container.
    pub kafka_container: ContainerTemplate,
    /// The pod.
    pub pod: PodTemplate,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = KafkaNodePool {
            metadata: named("events-broker"),
            spec: KafkaNodePoolSpec {
                jvm_options: JvmOptions { initial: "256m".into(), maximum: "256m".into() },
                replicas: 3,
                resources: Some(core::ResourceRequirements::default()),
                roles: vec![Role::Controller, Role::Broker],
                storage: Storage {
                    kind: StorageType::Jbod,
                    volumes: vec![Volume {
                        class: Some("fast".into()),
                        size: "20Gi".into(),
                        ..Volume::default()
                    }],
                },
                template: NodePoolTemplate {
                    pod: PodTemplate {
                        termination_grace_period_seconds: Some(330),
                        ..PodTemplate::default()
                    },
                    ..NodePoolTemplate::default()
                },
            },
        };
        let expected = json!({
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaNodePool",
            "metadata": {"name": "events-broker", "namespace": "apps"},
            "spec": {
                "jvmOptions": {"-Xms": "256m", "-Xmx": "256m"},
                "replicas": 3,
                "resources": {},
                "roles": ["controller", "broker"],
                "storage": {
                    "type": "jbod",
                    "volumes": [{
                        "class": "fast",
                        "deleteClaim": false,
                        "id": 0,
                        "kraftMetadata": "shared",
                        "size": "20Gi",
                        "type": "persistent-claim",
                    }],
                },
                "template": {
                    "kafkaContainer": {"securityContext": {}},
                    "pod": {
                        "metadata": {},
                        "securityContext": {},
                        "terminationGracePeriodSeconds": 330,
                    },
                },
            },
        });
        assert_prints(&object, &expected);
    }
}
