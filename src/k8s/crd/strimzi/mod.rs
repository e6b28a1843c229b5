//! The kinds of Strimzi (`kafka.strimzi.io/v1`, which came with its 0.49). Fields:
//! <https://strimzi.io/docs/operators/latest/configuring>.

pub mod kafka;
pub mod node_pool;
pub mod topic;
pub mod user;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

/// The API group.
pub const GROUP: &str = "kafka.strimzi.io";
const VERSION: &str = "v1";

/// The label that says to which `Kafka` a node pool or a topic belongs.
pub const CLUSTER: &str = "strimzi.io/cluster";
/// The label that says to which node pool a pod belongs.
pub const POOL_NAME: &str = "strimzi.io/pool-name";
/// The label of pods that serve clients.
pub const BROKER_ROLE: &str = "strimzi.io/broker-role";

/// How one logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Authentication {
    /// With a password that neither side sends.
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// Who decides what one may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Authorization {
    /// Kafka's own access lists.
    #[default]
    Simple,
}

/// What the operator's pods are made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodTemplate {
    /// Where they may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<core::Affinity>,
    /// Their labels and annotations.
    pub metadata: TemplateMetadata,
    /// Their priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// Security for all their containers.
    pub security_context: core::PodSecurityContext,
    /// Seconds from the request to stop until the kill; none is 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<u32>,
    /// Taints that they bear.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<core::Toleration>,
    /// How they spread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<core::TopologySpreadConstraint>,
}

/// Labels and annotations beside the operator's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TemplateMetadata {
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What a container of the operator's pods is made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerTemplate {
    /// Its security.
    pub security_context: core::SecurityContext,
}
