//! What runs with Strimzi: custom resources and a Service, no pods of our own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::access::{Grant, KafkaUser, PatternType, ResourceType};
use super::{CLIENT, CLIENT_NAME, Controllers, KafkaTier, Topic, TopicName, settings};
use crate::k8s::crd::strimzi::kafka as cluster;
use crate::k8s::crd::strimzi::node_pool::{self as pool, Role};
use crate::k8s::crd::strimzi::topic::{KafkaTopic, KafkaTopicSpec};
use crate::k8s::crd::strimzi::{
    BROKER_ROLE, CLUSTER, ContainerTemplate, POOL_NAME, PodTemplate, TemplateMetadata, user,
};
use crate::k8s::{Object, content_suffix};
use crate::model::{Cluster, Name, Quantity, Resources, Version};
use crate::stateful::setting::Setting;
use crate::stateful::{Plan, Tier as _, TierContext};
use crate::workload::{Caller, placement, resources};

/// The ports that Strimzi adds: of controllers, of brokers among themselves, and of its agent in each pod.
const CONTROLLER: u16 = 9090;
const REPLICATION: u16 = 9091;
const AGENT: u16 = 8443;
/// All of them speak TLS with certificates of the operator's own.
pub(super) static OWN_TLS: [u16; 3] = [AGENT, CONTROLLER, REPLICATION];
/// What the tier's pods call each other on; what makes topics calls brokers.
pub(super) const PEERS: [u16; 2] = [CONTROLLER, REPLICATION];

/// The first release with the API `kafka.strimzi.io/v1`.
pub(super) const OLDEST: Version = Version::new(0, 49);
/// The Kafka releases that each release of Strimzi runs, by its release notes
/// (<https://github.com/strimzi/strimzi-kafka-operator/releases>).
static RUNS: [(Version, &[&str]); 3] = [
    (Version::new(1, 0), &["4.1.0", "4.1.1", "4.1.2", "4.2.0"]),
    (Version::new(1, 1), &["4.2.0", "4.2.1", "4.3.0"]),
    (Version::new(1, 2), &["4.2.0", "4.2.1", "4.3.0", "4.3.1"]),
];

/// The Kafka releases that a release of Strimzi runs; none where it is not known.
pub(super) fn runs(strimzi: Version) -> Option<&'static [&'static str]> {
    RUNS.iter().find(|(version, _)| *version == strimzi).map(|(_, found)| *found)
}

/// What all pods of a cluster have. The operator drops labels that begin with `app.kubernetes.io/` from what it is told
/// to put on pods (`mergeLabelsOrAnnotations` in its code), so ours would never be there.
pub(super) fn labels(name: &str) -> BTreeMap<String, String> {
    [(CLUSTER.to_owned(), name.to_owned())].into()
}

/// The operator itself.
pub(super) fn caller(cluster: &Cluster) -> Caller {
    Caller::namespace(cluster.strimzi_namespace.as_str(), OWN_TLS.to_vec())
}

/// Each Service, ServiceAccount and Secret of a user that the operator makes.
pub(super) fn objects(tier: &KafkaTier, name: &str) -> Vec<(&'static str, String)> {
    let mut found = vec![
        ("ServiceAccount", format!("{name}-kafka")),
        ("Service", format!("{name}-kafka-bootstrap")),
        ("Service", brokers_service(name)),
    ];
    if tier.calls_api() {
        found.push(("ServiceAccount", format!("{name}-entity-operator")));
    }
    found.extend(tier.access.users.keys().map(|user| ("Secret", format!("{}{user}", secret_prefix(name)))));
    found
}

/// The headless Service that gives brokers their names.
pub(super) fn brokers_service(name: &str) -> String {
    format!("{name}-kafka-brokers")
}

/// The pool of brokers.
fn broker_pool(name: &str) -> String {
    format!("{name}-broker")
}

/// What the names of its pods begin with, before `-` and a number: those of the cluster and of the pool.
pub(super) fn brokers(name: &str) -> String {
    format!("{name}-{}", broker_pool(name))
}

/// What the names of the Secrets begin with that the operator makes of users: a copy of the password, which nobody
/// here reads. Without it, a user's Secret would have the user's name, as the stack's own may.
fn secret_prefix(name: &str) -> String {
    format!("{name}-user-")
}

/// What runs.
pub(super) fn plan(tier: &KafkaTier, cx: &TierContext<'_>) -> Plan {
    let mut objects: Vec<Object> = vec![service(cx).into(), kafka(tier, cx).into()];
    objects.extend(pools(tier, cx).into_iter().map(Object::from));
    objects.extend(tier.access.users.iter().map(|(name, it)| user(cx, name, it).into()));
    objects.extend(tier.fields.topics.iter().map(|(name, it)| topic(tier, cx, name, it).into()));
    Plan { objects, ..Plan::default() }
}

fn named(name: String) -> ObjectMeta {
    ObjectMeta { name: Some(name), ..ObjectMeta::default() }
}

fn belonging(name: String, cx: &TierContext<'_>) -> ObjectMeta {
    ObjectMeta { labels: Some(labels(cx.name)), ..named(name) }
}

/// The address that clients have of a plain tier too.
fn service(cx: &TierContext<'_>) -> core::Service {
    let mut selector = labels(cx.name);
    selector.insert(BROKER_ROLE.to_owned(), "true".to_owned());
    core::Service {
        metadata: named(cx.name.to_owned()),
        spec: Some(core::ServiceSpec {
            ports: Some(vec![core::ServicePort {
                name: Some(CLIENT_NAME.to_owned()),
                port: i32::from(CLIENT),
                protocol: Some("TCP".to_owned()),
                target_port: Some(IntOrString::Int(i32::from(CLIENT))),
                ..core::ServicePort::default()
            }]),
            selector: Some(selector),
            type_: Some("ClusterIP".to_owned()),
            ..core::ServiceSpec::default()
        }),
        status: None,
    }
}

fn kafka(tier: &KafkaTier, cx: &TierContext<'_>) -> cluster::Kafka {
    let fields = &tier.fields;
    let (factor, in_sync) = (tier.replication_factor(), tier.min_insync_replicas());
    let mut config: BTreeMap<String, Value> = [
        ("auto.create.topics.enable", json!(false)),
        ("default.replication.factor", json!(factor)),
        ("min.insync.replicas", json!(in_sync)),
        ("offsets.topic.replication.factor", json!(factor)),
        ("share.coordinator.state.topic.min.isr", json!(in_sync)),
        ("share.coordinator.state.topic.replication.factor", json!(factor)),
        ("transaction.state.log.min.isr", json!(in_sync)),
        ("transaction.state.log.replication.factor", json!(factor)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    config.extend(values(&fields.config));
    // Strimzi makes a policy of its own, which lets everybody in unless it is told whom. Policies add up: that of the
    // component lets in who uses it.
    let own = || NetworkPolicyPeer {
        pod_selector: Some(LabelSelector {
            match_labels: Some(cx.selector.clone()),
            ..LabelSelector::default()
        }),
        ..NetworkPolicyPeer::default()
    };
    let security = tier.security();
    let certificate = |secret: &Name| cluster::ListenerConfiguration {
        broker_cert_chain_and_key: cluster::CertAndKey {
            certificate: "tls.crt".to_owned(),
            key: "tls.key".to_owned(),
            secret_name: secret.to_string(),
        },
    };
    let listener = cluster::Listener {
        authentication: security.login.then(cluster::ListenerAuthentication::default),
        configuration: tier.access.certificate.as_ref().map(certificate),
        tls: security.tls,
        name: CLIENT_NAME.to_owned(),
        network_policy_peers: cx.pods.policies.then(own).into_iter().collect(),
        port: CLIENT,
        ..cluster::Listener::default()
    };
    cluster::Kafka {
        metadata: named(cx.name.to_owned()),
        spec: cluster::KafkaSpec {
            entity_operator: tier.calls_api().then(|| entity_operator(tier, cx)),
            kafka: cluster::KafkaCluster {
                authorization: security.login.then(cluster::ClusterAuthorization::default),
                config,
                image: fields.image.as_ref().map(ToString::to_string),
                listeners: vec![listener],
                // A shorter one is reported, and then nothing is lowered.
                version: fields.version.full().unwrap_or_default().to_owned(),
            },
        },
    }
}

fn values(
    config: &indexmap::IndexMap<crate::stateful::setting::SettingName, Setting>,
) -> impl Iterator<Item = (String, Value)> {
    config.iter().map(|(name, it)| {
        let value = match it {
            Setting::Switch(it) => json!(it),
            Setting::Text(text) => text.parse::<i64>().map_or_else(|_| json!(text), |it| json!(it)),
        };
        (name.as_str().to_owned(), value)
    })
}

fn entity_operator(tier: &KafkaTier, cx: &TierContext<'_>) -> cluster::EntityOperator {
    let amounts = |all: &[(&str, &str)]| {
        Some(all.iter().map(|(key, it)| ((*key).to_owned(), Amount((*it).to_owned()))).collect())
    };
    let resources = || core::ResourceRequirements {
        requests: amounts(&[("cpu", "100m"), ("memory", "384Mi")]),
        limits: amounts(&[("memory", "384Mi")]),
        ..core::ResourceRequirements::default()
    };
    let (topics, users) = (!tier.fields.topics.is_empty(), !tier.access.users.is_empty());
    cluster::EntityOperator {
        template: cluster::EntityOperatorTemplate {
            pod: pod(cx, None, None),
            topic_operator_container: topics.then(container),
            user_operator_container: users.then(container),
        },
        topic_operator: topics.then(|| cluster::TopicOperator { resources: resources() }),
        user_operator: users
            .then(|| cluster::UserOperator { resources: resources(), secret_prefix: secret_prefix(cx.name) }),
    }
}

fn pools(tier: &KafkaTier, cx: &TierContext<'_>) -> Vec<pool::KafkaNodePool> {
    let fields = &tier.fields;
    let common = tier.common.resources.as_deref();
    let heap = settings::heap(fields.heap.as_ref(), common);
    let brokers = |roles: &[Role]| {
        one_pool(tier, cx, &broker_pool(cx.name), fields.replicas, roles, heap, common, &tier.storage.size)
    };
    match fields.controllers {
        Controllers::Combined => vec![brokers(&[Role::Controller, Role::Broker])],
        Controllers::Separate(count) => {
            let own = tier.controller_resources();
            let (name, roles) = (format!("{}-controller", cx.name), &[Role::Controller]);
            let heap = settings::heap(None, own);
            let controllers = one_pool(tier, cx, &name, count, roles, heap, own, &fields.controller_storage);
            vec![brokers(&[Role::Broker]), controllers]
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what two pools of a tier differ in")]
fn one_pool(
    tier: &KafkaTier,
    cx: &TierContext<'_>,
    name: &str,
    replicas: u32,
    roles: &[Role],
    heap: u64,
    own: Option<&Resources>,
    size: &Quantity,
) -> pool::KafkaNodePool {
    let heap = format!("{heap}m");
    let volume = pool::Volume {
        class: tier.storage.class.as_ref().map(ToString::to_string),
        size: size.to_string(),
        ..pool::Volume::default()
    };
    pool::KafkaNodePool {
        metadata: belonging(name.to_owned(), cx),
        spec: pool::KafkaNodePoolSpec {
            jvm_options: pool::JvmOptions { initial: heap.clone(), maximum: heap },
            replicas,
            resources: own.map(resources),
            roles: roles.to_vec(),
            storage: pool::Storage { volumes: vec![volume], ..pool::Storage::default() },
            template: pool::NodePoolTemplate {
                kafka_container: container(),
                pod: pod(cx, Some(name), Some(tier.fields.grace)),
            },
        },
    }
}

/// The pods of a pool, which keep apart from each other, or the pod that makes topics, which may stand anywhere.
fn pod(cx: &TierContext<'_>, pool: Option<&str>, grace: Option<u32>) -> PodTemplate {
    let selector = pool.map(|it| LabelSelector {
        match_labels: Some([(POOL_NAME.to_owned(), it.to_owned())].into()),
        ..LabelSelector::default()
    });
    let own = |(key, value): (&String, &String)| (key.clone(), value.clone());
    let wanted = cx.pods.affinity.as_ref();
    let apart = wanted.zip(selector.as_ref());
    PodTemplate {
        affinity: placement::affinity(
            wanted.and_then(placement::nodes),
            apart.and_then(|(it, selector)| placement::separate(it, selector.clone())),
        ),
        metadata: TemplateMetadata {
            annotations: cx.pods.annotations.clone(),
            // The operator puts its own ones on, and refuses to be told them.
            labels: cx
                .pods
                .labels
                .iter()
                .filter(|(key, _)| !cx.selector.contains_key(*key))
                .map(own)
                .collect(),
        },
        priority_class_name: wanted.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
        security_context: core::PodSecurityContext {
            // The group of the operator's images, in which their files can be written.
            fs_group: pool.map(|_| 0),
            fs_group_change_policy: pool.map(|_| "OnRootMismatch".to_owned()),
            run_as_non_root: Some(true),
            seccomp_profile: Some(core::SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..core::SeccompProfile::default()
            }),
            ..core::PodSecurityContext::default()
        },
        termination_grace_period_seconds: grace,
        tolerations: wanted.and_then(placement::tolerations).unwrap_or_default(),
        topology_spread_constraints: apart
            .and_then(|(it, selector)| placement::spread(it, selector, None))
            .unwrap_or_default(),
    }
}

fn container() -> ContainerTemplate {
    ContainerTemplate {
        security_context: core::SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(core::Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..core::Capabilities::default()
            }),
            run_as_non_root: Some(true),
            ..core::SecurityContext::default()
        },
    }
}

/// The object has the user's name: the operator takes it from there.
fn user(cx: &TierContext<'_>, name: &Name, user: &KafkaUser) -> user::KafkaUser {
    let password =
        user::KeyRef { key: user.password.key.to_string(), name: user.password.secret.to_string() };
    user::KafkaUser {
        metadata: belonging(name.to_string(), cx),
        spec: user::KafkaUserSpec {
            authentication: user::UserAuthentication {
                password: user::Password { value_from: user::PasswordSource { secret_key_ref: password } },
                ..user::UserAuthentication::default()
            },
            authorization: user::UserAuthorization {
                acls: user.grants().iter().map(acl).collect(),
                ..user::UserAuthorization::default()
            },
        },
    }
}

fn acl(grant: &Grant<'_>) -> user::Acl {
    let kind = match grant.resource {
        ResourceType::Topic => user::ResourceType::Topic,
        ResourceType::Group => user::ResourceType::Group,
        ResourceType::TransactionalId => user::ResourceType::TransactionalId,
        ResourceType::Cluster => user::ResourceType::Cluster,
    };
    let pattern = match grant.pattern {
        PatternType::Literal => user::PatternType::Literal,
        PatternType::Prefixed => user::PatternType::Prefix,
    };
    // There is one cluster, so that it has no name.
    let named = grant.resource != ResourceType::Cluster;
    user::Acl {
        operations: grant.operations.iter().map(|it| (*it).to_owned()).collect(),
        resource: user::AclResource {
            name: named.then(|| grant.name.to_owned()),
            pattern_type: named.then_some(pattern),
            kind,
        },
    }
}

fn topic(tier: &KafkaTier, cx: &TierContext<'_>, name: &TopicName, topic: &Topic) -> KafkaTopic {
    KafkaTopic {
        metadata: belonging(format!("{}-{}", cx.name, object_name(name.as_str())), cx),
        spec: KafkaTopicSpec {
            config: values(&topic.config).collect(),
            partitions: topic.partitions,
            replicas: tier.topic_replicas(topic),
            topic_name: name.as_str().to_owned(),
        },
    }
}

/// A topic's name as part of an object's; one that cannot be, gets its digest.
fn object_name(topic: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = topic.len() <= 150
        && topic.chars().all(|c| plain(c) || c == '-')
        && topic.starts_with(plain)
        && topic.ends_with(plain);
    if fits {
        return topic.to_owned();
    }
    let near: String =
        topic.to_ascii_lowercase().chars().map(|c| if plain(c) { c } else { '-' }).take(150).collect();
    format!("{}-{}", near.trim_matches('-'), content_suffix(&topic)).trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_topics_become_names_of_objects() {
        assert_eq!(object_name("orders-v1"), "orders-v1");
        let names = ["orders.v1", "orders_v1", "Orders-v1", "_", &"x".repeat(249)].map(object_name);
        for name in &names {
            let parsed = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            assert!(parsed && name.len() <= 180 && !name.starts_with('-'), "{name}");
        }
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }
}
