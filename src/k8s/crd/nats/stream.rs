//! `Stream`: a stream of `JetStream`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// A stream that the controller makes and keeps as it is here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The stream.
    pub spec: StreamSpec,
}

resource!(Stream, GROUP, |_| VERSION);

/// A stream. Spans of time are texts of Go: `90s`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamSpec {
    /// The `Account` with the connection.
    pub account: String,
    /// What it does when it is full.
    pub discard: String,
    /// For how long a message id is remembered.
    pub duplicate_window: String,
    /// How old messages may get; none is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// How many bytes it may have; none is without limit, as below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<i64>,
    /// How many bytes a message may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_msg_size: Option<i64>,
    /// How many messages it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_msgs: Option<u32>,
    /// How many messages a subject may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_msgs_per_subject: Option<u32>,
    /// The name.
    pub name: String,
    /// Whether it stays, with its messages, when the resource goes.
    pub prevent_delete: bool,
    /// How many servers keep it.
    pub replicas: u32,
    /// When it lets go of a message.
    pub retention: String,
    /// Where it is kept.
    pub storage: String,
    /// What it keeps.
    pub subjects: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = Stream {
            metadata: named("bus-orders"),
            spec: StreamSpec {
                account: "bus".into(),
                discard: "old".into(),
                duplicate_window: "120s".into(),
                max_age: Some("60s".into()),
                max_bytes: Some(1),
                max_msg_size: Some(2),
                max_msgs: Some(3),
                max_msgs_per_subject: Some(4),
                name: "ORDERS".into(),
                prevent_delete: true,
                replicas: 3,
                retention: "limits".into(),
                storage: "file".into(),
                subjects: vec!["orders.>".into()],
            },
        };
        let expected = json!({
            "apiVersion": "jetstream.nats.io/v1beta2",
            "kind": "Stream",
            "metadata": {"name": "bus-orders", "namespace": "apps"},
            "spec": {
                "account": "bus",
                "discard": "old",
                "duplicateWindow": "120s",
                "maxAge": "60s",
                "maxBytes": 1,
                "maxMsgSize": 2,
                "maxMsgs": 3,
                "maxMsgsPerSubject": 4,
                "name": "ORDERS",
                "preventDelete": true,
                "replicas": 3,
                "retention": "limits",
                "storage": "file",
                "subjects": ["orders.>"],
            },
        });
        assert_prints(&object, &expected);
    }
}
