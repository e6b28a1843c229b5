//! `Kafka`: a cluster, whose nodes are those of its node pools.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use super::{ContainerTemplate, GROUP, PodTemplate, VERSION};
use crate::k8s::crd::resource;

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kafka {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The cluster.
    pub spec: KafkaSpec,
}

resource!(Kafka, GROUP, |_| VERSION);

/// A cluster and what the operator runs beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaSpec {
    /// Makes topics from `KafkaTopic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_operator: Option<EntityOperator>,
    /// All nodes.
    pub kafka: KafkaCluster,
}

/// What makes topics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperator {
    /// Its pod.
    pub template: EntityOperatorTemplate,
    /// The part for topics; there is none for users.
    pub topic_operator: TopicOperator,
}

/// The pod that makes topics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperatorTemplate {
    /// The pod.
    pub pod: PodTemplate,
    /// Its container.
    pub topic_operator_container: ContainerTemplate,
}

/// The part for topics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TopicOperator {
    /// What it asks for and may use.
    pub resources: core::ResourceRequirements,
}

/// All nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KafkaCluster {
    /// Settings of all nodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, Value>,
    /// The image, built on one of the operator's; none is the operator's own of the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Where clients connect.
    pub listeners: Vec<Listener>,
    /// Kafka's version.
    pub version: String,
}

/// Where clients connect.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Its name: at most 11 lower-case letters and digits.
    pub name: String,
    /// Whom the operator's own policy lets in; everybody where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network_policy_peers: Vec<NetworkPolicyPeer>,
    /// Its port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// From where it can be reached.
    #[serde(rename = "type")]
    pub kind: ListenerType,
}

/// From where a listener can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenerType {
    /// From the cluster: each broker advertises its pod's name.
    #[default]
    Internal,
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let peer = NetworkPolicyPeer {
            pod_selector: Some(LabelSelector::default()),
            ..NetworkPolicyPeer::default()
        };
        let object = Kafka {
            metadata: named("events"),
            spec: KafkaSpec {
                entity_operator: Some(EntityOperator::default()),
                kafka: KafkaCluster {
                    config: [("num.partitions".into(), json!(6))].into(),
                    image: Some("mirror.example/strimzi/kafka:1".into()),
                    listeners: vec![Listener {
                        name: "client".into(),
                        network_policy_peers: vec![peer],
                        port: 9092,
                        tls: false,
                        kind: ListenerType::Internal,
                    }],
                    version: "4.3.1".into(),
                },
            },
        };
        let expected = json!({
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "Kafka",
            "metadata": {"name": "events", "namespace": "apps"},
            "spec": {
                "entityOperator": {
                    "template": {
                        "pod": {"metadata": {}, "securityContext": {}},
                        "topicOperatorContainer": {"securityContext": {}},
                    },
                    "topicOperator": {"resources": {}},
                },
                "kafka": {
                    "config": {"num.partitions": 6},
                    "image": "mirror.example/strimzi/kafka:1",
                    "listeners": [{
                        "name": "client",
                        "networkPolicyPeers": [{"podSelector": {}}],
                        "port": 9092,
                        "tls": false,
                        "type": "internal",
                    }],
                    "version": "4.3.1",
                },
            },
        });
        assert_prints(&object, &expected);
    }
}
