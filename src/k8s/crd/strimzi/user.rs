//! `KafkaUser`: a user that the operator makes, of the same name.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// A user of a cluster, which the label [`CLUSTER`](super::CLUSTER) names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KafkaUser {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The user.
    pub spec: KafkaUserSpec,
}

resource!(KafkaUser, GROUP, |_| VERSION);

/// The user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaUserSpec {
    /// How it logs in.
    pub authentication: UserAuthentication,
    /// What it may do.
    pub authorization: UserAuthorization,
}

/// How a user logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserAuthentication {
    /// The password; the operator makes one where none is given.
    pub password: Password,
    /// `scram-sha-512`.
    #[serde(rename = "type")]
    pub kind: super::Authentication,
}

/// A password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Password {
    /// Where it is.
    pub value_from: PasswordSource,
}

/// Where a password is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordSource {
    /// The key of a Secret.
    pub secret_key_ref: KeyRef,
}

/// The key of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyRef {
    /// The key.
    pub key: String,
    /// The Secret's name.
    pub name: String,
}

/// What a user may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserAuthorization {
    /// The access list.
    pub acls: Vec<Acl>,
    /// `simple`.
    #[serde(rename = "type")]
    pub kind: super::Authorization,
}

/// What a user may do with some resources, from anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acl {
    /// In Kafka's words: `Read`, `AlterConfigs`.
    pub operations: Vec<String>,
    /// The resources.
    pub resource: AclResource,
}

/// What is protected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AclResource {
    /// The name, or the beginning of names; a cluster has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which of both; none is the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern_type: Option<PatternType>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ResourceType,
}

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PatternType {
    /// One name; `*` is all.
    Literal,
    /// The beginning of names.
    Prefix,
}

/// What is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceType {
    /// The cluster itself.
    Cluster,
    /// A consumer group.
    Group,
    /// A topic.
    Topic,
    /// A transactional id.
    TransactionalId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let acl = |name: Option<&str>, pattern_type, kind| Acl {
            operations: vec!["Read".into()],
            resource: AclResource { name: name.map(str::to_owned), pattern_type, kind },
        };
        let object = KafkaUser {
            metadata: named("app"),
            spec: KafkaUserSpec {
                authentication: UserAuthentication {
                    password: Password {
                        value_from: PasswordSource {
                            secret_key_ref: KeyRef { key: "app".into(), name: "kafka".into() },
                        },
                    },
                    ..UserAuthentication::default()
                },
                authorization: UserAuthorization {
                    acls: vec![
                        acl(Some("orders"), Some(PatternType::Prefix), ResourceType::Topic),
                        acl(Some("app"), Some(PatternType::Literal), ResourceType::TransactionalId),
                        acl(None, None, ResourceType::Cluster),
                    ],
                    ..UserAuthorization::default()
                },
            },
        };
        let expected = json!({
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": "app", "namespace": "apps"},
            "spec": {
                "authentication": {
                    "password": {"valueFrom": {"secretKeyRef": {"key": "app", "name": "kafka"}}},
                    "type": "scram-sha-512",
                },
                "authorization": {
                    "acls": [
                        {"operations": ["Read"], "resource": {"name": "orders", "patternType": "prefix", "type": "topic"}},
                        {"operations": ["Read"], "resource": {"name": "app", "patternType": "literal", "type": "transactionalId"}},
                        {"operations": ["Read"], "resource": {"type": "cluster"}},
                    ],
                    "type": "simple",
                },
            },
        });
        assert_prints(&object, &expected);
    }
}
