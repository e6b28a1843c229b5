//! What runs with OpsTree's Redis operator: custom resources, a Service and settings, no pods of our own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::servers::Servers;
use super::{PORT, REDIS_PORT_NAME, SENTINEL_PORT, pod, settings};
use crate::k8s::crd::redis::sentinel::{RedisSentinel, SentinelConfig, SentinelSpec};
use crate::k8s::crd::redis::server::{
    ClaimTemplate, Redis, RedisConfig, RedisReplication, ServerSpec, Storage,
};
use crate::k8s::crd::redis::{KubernetesConfig, SecretReference};
use crate::k8s::{Object, content_suffix};
use crate::model::{Cluster, Image};
use crate::stateful::release::User;
use crate::stateful::{Plan, TierContext, pieces};
use crate::workload::{Caller, placement, resources};

mod check;
#[cfg(test)]
mod tests;

pub(super) use check::check;

/// The images, whose start writes the configuration from what the operator says: those of Redis' makers would only start
/// with a feature of the operator that is in alpha (`GenerateConfigInInitContainer`).
const IMAGE: &str = "quay.io/opstree/redis";
const SENTINEL_IMAGE: &str = "quay.io/opstree/redis-sentinel";
/// The release that both have.
const VERSION: &str = "8.6.2";
/// The user of both (<https://github.com/OT-CONTAINER-KIT/redis/blob/master/Dockerfile>).
const USER: User = User { uid: 1000, gid: 1000 };
/// The file of settings that the images' start includes last.
const SETTINGS: &str = "redis-additional.conf";
/// What the servers' resource has after the tier's name, which the Service of the primary keeps: the operator makes one
/// of the resource's name, for all servers.
const SERVERS: &str = "-redis";
/// What the operator's name of the Sentinels has after that of their resource.
const SENTINELS: &str = "-sentinel";

/// What only the operator reads of a tier.
#[derive(Debug)]
pub(super) struct Operator<'a> {
    /// The version, where the stack gives one.
    pub(super) version: Option<&'a str>,
    /// The image of the Sentinels, where another than that of the version.
    pub(super) sentinel_image: Option<&'a Image>,
}

impl Operator<'_> {
    /// The tag; one that the images do not have is reported, and then nothing is lowered.
    fn tag(&self) -> String {
        format!("v{}", self.version.unwrap_or(VERSION))
    }
}

/// The operator itself: it asks servers who is the primary, and tells Sentinels.
pub(super) fn caller(servers: &Servers<'_>, cluster: &Cluster) -> Caller {
    let ports = if servers.replicated() { vec![PORT, SENTINEL_PORT] } else { vec![PORT] };
    Caller::namespace(cluster.redis_namespace.as_str(), ports)
}

/// Each Service that the operator makes.
pub(super) fn objects(servers: &Servers<'_>, name: &str) -> Vec<(&'static str, String)> {
    let of = |base: &str, suffixes: &[&str]| {
        suffixes.iter().map(|it| ("Service", format!("{base}{it}"))).collect::<Vec<_>>()
    };
    if !servers.replicated() {
        return of(name, &["", "-headless", "-additional"]);
    }
    let suffixes = ["", "-headless", "-additional", "-master", "-replica"];
    let mut found = of(&format!("{name}{SERVERS}"), &suffixes);
    found.extend(of(&format!("{name}{SENTINELS}"), &suffixes[..3]));
    found
}

/// What runs.
pub(super) fn plan(servers: &Servers<'_>, operator: &Operator<'_>, cx: &TierContext<'_>) -> Plan {
    let settings = config_map(servers, cx);
    let config = settings.metadata.name.clone().unwrap_or_default();
    let mut objects: Vec<Object> = vec![settings.into()];
    if servers.replicated() {
        objects.push(service(cx).into());
        let name = format!("{}{SERVERS}", cx.name);
        let labels = labels(&name, "replication");
        objects.push(
            RedisReplication {
                metadata: inherited(name, cx),
                spec: ServerSpec {
                    cluster_size: Some(servers.fields.replicas),
                    topology_spread_constraints: spread(cx, &labels),
                    ..server(servers, operator, cx, config, labels)
                },
            }
            .into(),
        );
        objects.push(sentinel(servers, operator, cx).into());
    } else {
        let labels = labels(cx.name, "standalone");
        objects.push(
            Redis {
                metadata: inherited(cx.name.to_owned(), cx),
                spec: server(servers, operator, cx, config, labels),
            }
            .into(),
        );
    }
    // Of servers and Sentinels together: as many may go at once as either bears.
    Plan { objects, budget: pieces::quorum_budget(servers.fields.replicas), ..Plan::default() }
}

/// The operator puts labels and annotations of a resource on its pods, beside its own.
fn inherited(name: String, cx: &TierContext<'_>) -> ObjectMeta {
    let (labels, annotations) = (cx.pods.labels.clone(), cx.pods.annotations.clone());
    ObjectMeta {
        name: Some(name),
        labels: (!labels.is_empty()).then_some(labels),
        annotations: (!annotations.is_empty()).then_some(annotations),
        ..ObjectMeta::default()
    }
}

/// The operator's own labels of the pods of a StatefulSet (`getRedisStableLabels` of its code).
fn labels(set: &str, kind: &str) -> LabelSelector {
    let labels = [("app", set), ("redis_setup_type", kind), ("role", kind)];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    LabelSelector { match_labels: Some(labels.into()), ..LabelSelector::default() }
}

/// The settings. Servers read them when they start, so the name follows the content: another one is a rollout.
fn config_map(servers: &Servers<'_>, cx: &TierContext<'_>) -> core::ConfigMap {
    let fields = servers.fields;
    let memory = pieces::memory_limit(servers.common.resources.as_deref());
    let lines = settings::lines(fields.mode, memory, &fields.config);
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let data = BTreeMap::from([(SETTINGS.to_owned(), format!("{}\n", lines.join("\n")))]);
    core::ConfigMap {
        metadata: ObjectMeta {
            name: Some(format!("{}-config-{}", cx.name, content_suffix(&data))),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..core::ConfigMap::default()
    }
}

/// The tier's own address: the server that the operator has labelled as the primary.
fn service(cx: &TierContext<'_>) -> core::Service {
    let mut selector =
        labels(&format!("{}{SERVERS}", cx.name), "replication").match_labels.unwrap_or_default();
    selector.insert("redis-role".to_owned(), "master".to_owned());
    core::Service {
        metadata: ObjectMeta { name: Some(cx.name.to_owned()), ..ObjectMeta::default() },
        spec: Some(core::ServiceSpec {
            ports: Some(vec![core::ServicePort {
                name: Some(REDIS_PORT_NAME.to_owned()),
                port: i32::from(PORT),
                protocol: Some("TCP".to_owned()),
                target_port: Some(IntOrString::Int(i32::from(PORT))),
                ..core::ServicePort::default()
            }]),
            selector: Some(selector),
            type_: Some("ClusterIP".to_owned()),
            ..core::ServiceSpec::default()
        }),
        status: None,
    }
}

fn password(servers: &Servers<'_>) -> SecretReference {
    let password = &servers.fields.password;
    SecretReference { key: password.key.to_string(), name: password.secret.to_string() }
}

fn server(
    servers: &Servers<'_>,
    operator: &Operator<'_>,
    cx: &TierContext<'_>,
    config: String,
    labels: LabelSelector,
) -> ServerSpec {
    let wanted = cx.pods.affinity.as_ref();
    let image = servers.fields.image.as_ref();
    ServerSpec {
        affinity: affinity(cx, labels),
        kubernetes_config: KubernetesConfig {
            image: image.map_or_else(|| format!("{IMAGE}:{}", operator.tag()), ToString::to_string),
            redis_secret: password(servers),
            resources: servers.common.resources.as_deref().map(resources),
        },
        liveness_probe: pod::alive(servers.brand, PORT),
        pod_security_context: pod_security(),
        priority_class_name: wanted.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
        redis_config: RedisConfig { additional_redis_config: config },
        security_context: security(),
        service_account_name: cx.service_account.to_owned(),
        storage: servers.storage().map(|it| Storage {
            keep_after_delete: true,
            volume_claim_template: ClaimTemplate {
                spec: core::PersistentVolumeClaimSpec {
                    access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
                    resources: Some(core::VolumeResourceRequirements {
                        requests: Some(
                            [(
                                "storage".to_owned(),
                                k8s_openapi::apimachinery::pkg::api::resource::Quantity(it.size.to_string()),
                            )]
                            .into(),
                        ),
                        ..core::VolumeResourceRequirements::default()
                    }),
                    storage_class_name: it.class.as_ref().map(ToString::to_string),
                    ..core::PersistentVolumeClaimSpec::default()
                },
            },
        }),
        termination_grace_period_seconds: servers.fields.grace,
        tolerations: wanted.and_then(placement::tolerations).unwrap_or_default(),
        ..ServerSpec::default()
    }
}

fn sentinel(servers: &Servers<'_>, operator: &Operator<'_>, cx: &TierContext<'_>) -> RedisSentinel {
    let fields = servers.fields;
    let wanted = cx.pods.affinity.as_ref();
    let labels = labels(&format!("{}{SENTINELS}", cx.name), "sentinel");
    let image = operator.sentinel_image;
    let down_after = u64::from(fields.down_after) * 1000;
    RedisSentinel {
        metadata: inherited(cx.name.to_owned(), cx),
        spec: SentinelSpec {
            topology_spread_constraints: spread(cx, &labels),
            affinity: affinity(cx, labels),
            cluster_size: fields.replicas,
            kubernetes_config: KubernetesConfig {
                image: image
                    .map_or_else(|| format!("{SENTINEL_IMAGE}:{}", operator.tag()), ToString::to_string),
                redis_secret: password(servers),
                resources: Some(fields.sentinel_resources.as_ref().map_or_else(pod::small, resources)),
            },
            pod_security_context: pod_security(),
            priority_class_name: wanted.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            redis_sentinel_config: SentinelConfig {
                down_after_milliseconds: down_after.to_string(),
                failover_timeout: (down_after * 2).to_string(),
                master_group_name: cx.name.to_owned(),
                quorum: (fields.replicas / 2 + 1).to_string(),
                redis_replication_name: format!("{}{SERVERS}", cx.name),
                redis_replication_password: core::EnvVarSource {
                    secret_key_ref: Some(core::SecretKeySelector {
                        key: fields.password.key.to_string(),
                        name: fields.password.secret.to_string(),
                        optional: None,
                    }),
                    ..core::EnvVarSource::default()
                },
            },
            security_context: security(),
            service_account_name: cx.service_account.to_owned(),
            tolerations: wanted.and_then(placement::tolerations).unwrap_or_default(),
        },
    }
}

fn affinity(cx: &TierContext<'_>, labels: LabelSelector) -> Option<core::Affinity> {
    let wanted = cx.pods.affinity.as_ref()?;
    placement::affinity(placement::nodes(wanted), placement::separate(wanted, labels))
}

fn spread(cx: &TierContext<'_>, labels: &LabelSelector) -> Vec<core::TopologySpreadConstraint> {
    let wanted = cx.pods.affinity.as_ref();
    wanted.and_then(|it| placement::spread(it, labels, None)).unwrap_or_default()
}

fn pod_security() -> core::PodSecurityContext {
    core::PodSecurityContext {
        run_as_group: Some(USER.gid),
        run_as_non_root: Some(true),
        run_as_user: Some(USER.uid),
        ..pieces::pod_security(USER)
    }
}

/// The images' start writes below `/etc/redis`, so the root file system is theirs to write.
fn security() -> core::SecurityContext {
    core::SecurityContext { read_only_root_filesystem: None, ..pieces::security(USER) }
}
