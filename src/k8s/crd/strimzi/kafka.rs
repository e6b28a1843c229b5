//! `Kafka`: a cluster, whose nodes are those of its node pools.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use super::{Authentication, Authorization, ContainerTemplate, GROUP, PodTemplate, VERSION};
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
    /// Makes topics from `KafkaTopic`, and users from `KafkaUser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_operator: Option<EntityOperator>,
    /// All nodes.
    pub kafka: KafkaCluster,
}

/// What makes topics and users.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperator {
    /// Its pod.
    pub template: EntityOperatorTemplate,
    /// The part for topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_operator: Option<TopicOperator>,
    /// The part for users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_operator: Option<UserOperator>,
}

/// The pod that makes topics and users.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityOperatorTemplate {
    /// The pod.
    pub pod: PodTemplate,
    /// Its container for topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_operator_container: Option<ContainerTemplate>,
    /// Its container for users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_operator_container: Option<ContainerTemplate>,
}

/// The part for topics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TopicOperator {
    /// What it asks for and may use.
    pub resources: core::ResourceRequirements,
}

/// The part for users.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOperator {
    /// What it asks for and may use.
    pub resources: core::ResourceRequirements,
    /// What the name of each Secret that it makes of a user has before the user's.
    pub secret_prefix: String,
}

/// All nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KafkaCluster {
    /// Who decides what users may do; everybody may do everything where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<ClusterAuthorization>,
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

/// Who decides what users may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClusterAuthorization {
    /// `simple`.
    #[serde(rename = "type")]
    pub kind: Authorization,
}

/// Where clients connect.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// How clients log in; they need not where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<ListenerAuthentication>,
    /// What else there is to say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ListenerConfiguration>,
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

/// How clients log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListenerAuthentication {
    /// `scram-sha-512`.
    #[serde(rename = "type")]
    pub kind: Authentication,
}

/// What else there is to say of a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerConfiguration {
    /// The certificate with which it serves; one of the operator's own authority where none is given.
    pub broker_cert_chain_and_key: CertAndKey,
}

/// A certificate in a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertAndKey {
    /// The key of the chain.
    pub certificate: String,
    /// The key of the private key.
    pub key: String,
    /// The Secret's name.
    pub secret_name: String,
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
                entity_operator: Some(EntityOperator {
                    template: EntityOperatorTemplate {
                        topic_operator_container: Some(ContainerTemplate::default()),
                        user_operator_container: Some(ContainerTemplate::default()),
                        ..EntityOperatorTemplate::default()
                    },
                    topic_operator: Some(TopicOperator::default()),
                    user_operator: Some(UserOperator {
                        secret_prefix: "events-".into(),
                        ..UserOperator::default()
                    }),
                }),
                kafka: KafkaCluster {
                    authorization: Some(ClusterAuthorization::default()),
                    config: [("num.partitions".into(), json!(6))].into(),
                    image: Some("mirror.example/strimzi/kafka:1".into()),
                    listeners: vec![Listener {
                        name: "client".into(),
                        network_policy_peers: vec![peer],
                        port: 9092,
                        tls: true,
                        authentication: Some(ListenerAuthentication::default()),
                        configuration: Some(ListenerConfiguration {
                            broker_cert_chain_and_key: CertAndKey {
                                certificate: "tls.crt".into(),
                                key: "tls.key".into(),
                                secret_name: "events-tls".into(),
                            },
                        }),
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
                        "userOperatorContainer": {"securityContext": {}},
                    },
                    "topicOperator": {"resources": {}},
                    "userOperator": {"resources": {}, "secretPrefix": "events-"},
                },
                "kafka": {
                    "authorization": {"type": "simple"},
                    "config": {"num.partitions": 6},
                    "image": "mirror.example/strimzi/kafka:1",
                    "listeners": [{
                        "authentication": {"type": "scram-sha-512"},
                        "configuration": {
                            "brokerCertChainAndKey": {
                                "certificate": "tls.crt",
                                "key": "tls.key",
                                "secretName": "events-tls",
                            },
                        },
                        "name": "client",
                        "networkPolicyPeers": [{"podSelector": {}}],
                        "port": 9092,
                        "tls": true,
                        "type": "internal",
                    }],
                    "version": "4.3.1",
                },
            },
        });
        assert_prints(&object, &expected);
    }
}
