//! `Consumer`: a durable consumer of a stream.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// A consumer that the controller makes and keeps as it is here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumer {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The consumer.
    pub spec: ConsumerSpec,
}

resource!(Consumer, GROUP, |_| VERSION);

/// A durable pull consumer. Spans of time are texts of Go: `90s`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerSpec {
    /// The `Account` with the connection.
    pub account: String,
    /// What must be acknowledged.
    pub ack_policy: String,
    /// After which time a message that is not acknowledged is delivered again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_wait: Option<String>,
    /// Where it begins.
    pub deliver_policy: String,
    /// The name.
    pub durable_name: String,
    /// The one subject that it delivers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_subject: Option<String>,
    /// The several subjects that it delivers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filter_subjects: Vec<String>,
    /// How many messages may wait for their acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ack_pending: Option<u32>,
    /// How often a message is delivered at most; none is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_deliver: Option<u32>,
    /// Whether it stays, with what it has delivered, when the resource goes.
    pub prevent_delete: bool,
    /// How fast it delivers what is there already.
    pub replay_policy: String,
    /// The stream.
    pub stream_name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = Consumer {
            metadata: named("bus-orders-billing"),
            spec: ConsumerSpec {
                account: "bus".into(),
                ack_policy: "explicit".into(),
                ack_wait: Some("30s".into()),
                deliver_policy: "all".into(),
                durable_name: "billing".into(),
                filter_subject: Some("orders.paid".into()),
                filter_subjects: vec!["orders.a".into(), "orders.b".into()],
                max_ack_pending: Some(1000),
                max_deliver: Some(5),
                prevent_delete: true,
                replay_policy: "instant".into(),
                stream_name: "ORDERS".into(),
            },
        };
        let expected = json!({
            "apiVersion": "jetstream.nats.io/v1beta2",
            "kind": "Consumer",
            "metadata": {"name": "bus-orders-billing", "namespace": "apps"},
            "spec": {
                "account": "bus",
                "ackPolicy": "explicit",
                "ackWait": "30s",
                "deliverPolicy": "all",
                "durableName": "billing",
                "filterSubject": "orders.paid",
                "filterSubjects": ["orders.a", "orders.b"],
                "maxAckPending": 1000,
                "maxDeliver": 5,
                "preventDelete": true,
                "replayPolicy": "instant",
                "streamName": "ORDERS",
            },
        });
        assert_prints(&object, &expected);
    }
}
