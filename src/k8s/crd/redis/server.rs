//! `Redis` and `RedisReplication`: one server, and servers of which one is the primary.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, KubernetesConfig, VERSION};
use crate::k8s::crd::resource;

/// One server. The operator makes a StatefulSet and a Service of its name, and puts its labels and annotations on the pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Redis {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The server.
    pub spec: ServerSpec,
}

resource!(Redis, GROUP, |_| VERSION);

/// Servers of which the operator makes one the primary, and labels it `redis-role: master`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RedisReplication {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The servers.
    pub spec: ServerSpec,
}

resource!(RedisReplication, GROUP, |_| VERSION);

/// What servers of both kinds have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerSpec {
    /// Where pods may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<core::Affinity>,
    /// How many servers; only `RedisReplication` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_size: Option<u32>,
    /// Image, password and resources.
    pub kubernetes_config: KubernetesConfig,
    /// When a server is killed. The operator's own kills one that still loads its data.
    pub liveness_probe: core::Probe,
    /// The security of the pods.
    pub pod_security_context: core::PodSecurityContext,
    /// The priority of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// Settings.
    pub redis_config: RedisConfig,
    /// The security of the server's container.
    pub security_context: core::SecurityContext,
    /// The ServiceAccount of the pods.
    pub service_account_name: String,
    /// The storage of each server; none keeps nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// Seconds from the request to stop until the kill.
    pub termination_grace_period_seconds: u32,
    /// Taints that are borne.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<core::Toleration>,
    /// How the pods spread; only `RedisReplication` has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<core::TopologySpreadConstraint>,
}

/// Settings of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisConfig {
    /// A ConfigMap whose key `redis-additional.conf` is read after all that the image's start writes.
    pub additional_redis_config: String,
}

/// The storage of each server.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Whether the claims stay when the resource goes.
    pub keep_after_delete: bool,
    /// The claim.
    pub volume_claim_template: ClaimTemplate,
}

/// A claim without a name, which the operator gives it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClaimTemplate {
    /// The claim.
    pub spec: core::PersistentVolumeClaimSpec,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::redis::SecretReference;
    use crate::k8s::crd::testing::{assert_prints, named};

    fn spec() -> ServerSpec {
        ServerSpec {
            kubernetes_config: KubernetesConfig {
                image: "quay.io/opstree/redis:v8.6.2".into(),
                redis_secret: SecretReference { key: "password".into(), name: "redis".into() },
                resources: None,
            },
            redis_config: RedisConfig { additional_redis_config: "cache-config".into() },
            service_account_name: "cache".into(),
            termination_grace_period_seconds: 60,
            ..ServerSpec::default()
        }
    }

    #[test]
    fn one_server_prints() {
        let expected = json!({
            "apiVersion": "redis.redis.opstreelabs.in/v1beta2",
            "kind": "Redis",
            "metadata": {"name": "cache", "namespace": "apps"},
            "spec": {
                "kubernetesConfig": {
                    "image": "quay.io/opstree/redis:v8.6.2",
                    "redisSecret": {"key": "password", "name": "redis"},
                },
                "livenessProbe": {},
                "podSecurityContext": {},
                "redisConfig": {"additionalRedisConfig": "cache-config"},
                "securityContext": {},
                "serviceAccountName": "cache",
                "terminationGracePeriodSeconds": 60,
            },
        });
        assert_prints(&Redis { metadata: named("cache"), spec: spec() }, &expected);
    }

    #[test]
    fn several_print() {
        let object = RedisReplication {
            metadata: named("cache-redis"),
            spec: ServerSpec {
                affinity: Some(core::Affinity::default()),
                cluster_size: Some(3),
                priority_class_name: Some("high".into()),
                storage: Some(Storage { keep_after_delete: true, ..Storage::default() }),
                tolerations: vec![core::Toleration { key: Some("a".into()), ..core::Toleration::default() }],
                topology_spread_constraints: vec![core::TopologySpreadConstraint::default()],
                ..spec()
            },
        };
        let expected = json!({
            "apiVersion": "redis.redis.opstreelabs.in/v1beta2",
            "kind": "RedisReplication",
            "metadata": {"name": "cache-redis", "namespace": "apps"},
            "spec": {
                "affinity": {},
                "clusterSize": 3,
                "kubernetesConfig": {
                    "image": "quay.io/opstree/redis:v8.6.2",
                    "redisSecret": {"key": "password", "name": "redis"},
                },
                "livenessProbe": {},
                "podSecurityContext": {},
                "priorityClassName": "high",
                "redisConfig": {"additionalRedisConfig": "cache-config"},
                "securityContext": {},
                "serviceAccountName": "cache",
                "storage": {"keepAfterDelete": true, "volumeClaimTemplate": {"spec": {}}},
                "terminationGracePeriodSeconds": 60,
                "tolerations": [{"key": "a"}],
                "topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": ""}],
            },
        });
        assert_prints(&object, &expected);
    }
}
