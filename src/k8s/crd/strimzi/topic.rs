//! `KafkaTopic`: a topic that the operator makes.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// A topic of a cluster, which the label [`CLUSTER`](super::CLUSTER) names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KafkaTopic {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The topic.
    pub spec: KafkaTopicSpec,
}

resource!(KafkaTopic, GROUP, |_| VERSION);

/// The topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaTopicSpec {
    /// Its settings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, Value>,
    /// How many partitions.
    pub partitions: u32,
    /// How many copies of each.
    pub replicas: u32,
    /// Its name in Kafka.
    pub topic_name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = KafkaTopic {
            metadata: named("events-orders"),
            spec: KafkaTopicSpec {
                config: [("retention.ms".into(), json!(1000))].into(),
                partitions: 6,
                replicas: 3,
                topic_name: "Orders".into(),
            },
        };
        let expected = json!({
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": "events-orders", "namespace": "apps"},
            "spec": {
                "config": {"retention.ms": 1000},
                "partitions": 6,
                "replicas": 3,
                "topicName": "Orders",
            },
        });
        assert_prints(&object, &expected);
    }
}
