//! `RedisSentinel`: those that choose another primary.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, KubernetesConfig, VERSION};
use crate::k8s::crd::resource;

/// Sentinels. The operator makes a StatefulSet and a Service `NAME-sentinel`, and puts its labels and annotations on the
/// pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RedisSentinel {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The Sentinels.
    pub spec: SentinelSpec,
}

resource!(RedisSentinel, GROUP, |_| VERSION);

/// Sentinels.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelSpec {
    /// Where pods may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<core::Affinity>,
    /// How many.
    pub cluster_size: u32,
    /// Image, password and resources.
    pub kubernetes_config: KubernetesConfig,
    /// The security of the pods.
    pub pod_security_context: core::PodSecurityContext,
    /// The priority of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// What they watch.
    pub redis_sentinel_config: SentinelConfig,
    /// The security of the container.
    pub security_context: core::SecurityContext,
    /// The ServiceAccount of the pods.
    pub service_account_name: String,
    /// Taints that are borne.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<core::Toleration>,
    /// How the pods spread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<core::TopologySpreadConstraint>,
}

/// What Sentinels watch. Numbers are texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentinelConfig {
    /// Milliseconds that a primary may be silent.
    pub down_after_milliseconds: String,
    /// Milliseconds that a failover may take.
    pub failover_timeout: String,
    /// What they call the primary.
    pub master_group_name: String,
    /// How many must agree that it is gone.
    pub quorum: String,
    /// The `RedisReplication`.
    pub redis_replication_name: String,
    /// Its password.
    pub redis_replication_password: core::EnvVarSource,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::redis::SecretReference;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = RedisSentinel {
            metadata: named("cache"),
            spec: SentinelSpec {
                affinity: Some(core::Affinity::default()),
                cluster_size: 3,
                kubernetes_config: KubernetesConfig {
                    image: "quay.io/opstree/redis-sentinel:v8.6.2".into(),
                    redis_secret: SecretReference { key: "password".into(), name: "redis".into() },
                    resources: Some(core::ResourceRequirements::default()),
                },
                priority_class_name: Some("high".into()),
                redis_sentinel_config: SentinelConfig {
                    down_after_milliseconds: "15000".into(),
                    failover_timeout: "30000".into(),
                    master_group_name: "cache".into(),
                    quorum: "2".into(),
                    redis_replication_name: "cache-redis".into(),
                    ..SentinelConfig::default()
                },
                service_account_name: "cache".into(),
                tolerations: vec![core::Toleration { key: Some("a".into()), ..core::Toleration::default() }],
                topology_spread_constraints: vec![core::TopologySpreadConstraint::default()],
                ..SentinelSpec::default()
            },
        };
        let expected = json!({
            "apiVersion": "redis.redis.opstreelabs.in/v1beta2",
            "kind": "RedisSentinel",
            "metadata": {"name": "cache", "namespace": "apps"},
            "spec": {
                "affinity": {},
                "clusterSize": 3,
                "kubernetesConfig": {
                    "image": "quay.io/opstree/redis-sentinel:v8.6.2",
                    "redisSecret": {"key": "password", "name": "redis"},
                    "resources": {},
                },
                "podSecurityContext": {},
                "priorityClassName": "high",
                "redisSentinelConfig": {
                    "downAfterMilliseconds": "15000",
                    "failoverTimeout": "30000",
                    "masterGroupName": "cache",
                    "quorum": "2",
                    "redisReplicationName": "cache-redis",
                    "redisReplicationPassword": {},
                },
                "securityContext": {},
                "serviceAccountName": "cache",
                "tolerations": [{"key": "a"}],
                "topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": ""}],
            },
        });
        assert_prints(&object, &expected);
    }
}
