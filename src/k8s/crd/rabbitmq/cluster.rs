//! `RabbitmqCluster`: a cluster of RabbitMQ's nodes.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// A cluster. The operator makes a Service of its name, one for peers (`NAME-nodes`) and pods `NAME-server-0`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RabbitmqCluster {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The cluster.
    pub spec: RabbitmqClusterSpec,
}

resource!(RabbitmqCluster, GROUP, |_| VERSION);

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RabbitmqClusterSpec {
    /// Where pods may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<core::Affinity>,
    /// The image.
    pub image: String,
    /// What the operator's own objects are patched with.
    #[serde(rename = "override")]
    pub patches: Override,
    /// The storage of each node.
    pub persistence: Persistence,
    /// RabbitMQ's own configuration.
    pub rabbitmq: Configuration,
    /// How many nodes.
    pub replicas: u32,
    /// What each node asks for and may use; none is 1 CPU and 2Gi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<core::ResourceRequirements>,
    /// Where the first user comes from.
    pub secret_backend: SecretBackend,
    /// Seconds from the request to stop until the kill; none is a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<u32>,
    /// Taints that are borne.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<core::Toleration>,
}

/// What the operator's own objects are patched with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// The StatefulSet.
    pub stateful_set: StatefulSetOverride,
}

/// What the operator's StatefulSet is patched with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatefulSetOverride {
    /// The specification.
    pub spec: StatefulSetOverrideSpec,
}

/// What the operator's StatefulSet is patched with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatefulSetOverrideSpec {
    /// A strategic merge patch of its pods: containers are told apart by name, and must be there, be it an empty list.
    pub template: core::PodTemplateSpec,
}

/// The storage of each node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Persistence {
    /// Its size.
    pub storage: String,
    /// Its StorageClass; the cluster's default where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
}

/// RabbitMQ's own configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Lines of `rabbitmq.conf`, read after the operator's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub additional_config: String,
    /// Plugins beside those that the operator needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_plugins: Vec<String>,
}

/// Where the first user comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretBackend {
    /// A Secret with the key `default_user.conf`.
    pub external_secret: ExternalSecretName,
}

/// The name of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExternalSecretName {
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let template = core::PodTemplateSpec {
            metadata: None,
            spec: Some(core::PodSpec {
                priority_class_name: Some("high".into()),
                ..core::PodSpec::default()
            }),
        };
        let object = RabbitmqCluster {
            metadata: named("bus"),
            spec: RabbitmqClusterSpec {
                affinity: Some(core::Affinity::default()),
                image: "rabbitmq:4.3.6".into(),
                patches: Override {
                    stateful_set: StatefulSetOverride { spec: StatefulSetOverrideSpec { template } },
                },
                persistence: Persistence { storage: "10Gi".into(), storage_class_name: Some("fast".into()) },
                rabbitmq: Configuration {
                    additional_config: "heartbeat = 30\n".into(),
                    additional_plugins: vec!["rabbitmq_shovel".into()],
                },
                replicas: 3,
                resources: Some(core::ResourceRequirements::default()),
                secret_backend: SecretBackend {
                    external_secret: ExternalSecretName { name: "rabbitmq".into() },
                },
                termination_grace_period_seconds: Some(600),
                tolerations: vec![core::Toleration { key: Some("a".into()), ..core::Toleration::default() }],
            },
        };
        let expected = json!({
            "apiVersion": "rabbitmq.com/v1beta1",
            "kind": "RabbitmqCluster",
            "metadata": {"name": "bus", "namespace": "apps"},
            "spec": {
                "affinity": {},
                "image": "rabbitmq:4.3.6",
                "override": {"statefulSet": {"spec": {"template": {
                    "spec": {"containers": [], "priorityClassName": "high"},
                }}}},
                "persistence": {"storage": "10Gi", "storageClassName": "fast"},
                "rabbitmq": {"additionalConfig": "heartbeat = 30\n", "additionalPlugins": ["rabbitmq_shovel"]},
                "replicas": 3,
                "resources": {},
                "secretBackend": {"externalSecret": {"name": "rabbitmq"}},
                "terminationGracePeriodSeconds": 600,
                "tolerations": [{"key": "a"}],
            },
        });
        assert_prints(&object, &expected);
    }
}
