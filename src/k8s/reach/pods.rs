//! The pods that objects become, those that an operator makes included.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Listed, Pod, Policies, Transport};
use crate::k8s::crd::cnpg;
use crate::k8s::crd::strimzi::{BROKER_ROLE, CLUSTER, POOL_NAME, node_pool::Role};
use crate::k8s::{Object, labels};

/// Pods that are alike: those of one controller.
#[derive(Debug)]
pub struct Group {
    /// The kind of what makes them.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub owner: BTreeMap<String, String>,
    /// Their ServiceAccount.
    pub account: String,
    /// Their annotations.
    pub annotations: BTreeMap<String, String>,
    /// What policies see of each.
    pub pod: Pod,
}

/// The pods of some objects, in their order.
#[must_use]
pub fn groups(objects: &[Object], policies: &Policies) -> Vec<Group> {
    let mut found = Vec::new();
    for object in objects {
        if let Some(pods) = object.pods() {
            found.push(templated(object, &pods, policies));
        } else {
            found.extend(operated(object, policies));
        }
    }
    found
}

fn group(object: &Object, policies: &Policies) -> Group {
    let id = object.id();
    let namespace = id.namespace.unwrap_or_else(|| "default".to_owned());
    Group {
        kind: object.kind().to_owned(),
        name: id.name,
        owner: object.metadata().and_then(|it| it.labels.clone()).unwrap_or_default(),
        account: "default".to_owned(),
        annotations: BTreeMap::new(),
        pod: Pod {
            namespace_labels: policies.namespace_labels(&namespace),
            namespace,
            labels: BTreeMap::new(),
            ports: Vec::new(),
        },
    }
}

fn templated(object: &Object, template: &PodTemplateSpec, policies: &Policies) -> Group {
    let mut group = group(object, policies);
    let metadata = template.metadata.clone().unwrap_or_default();
    group.pod.labels = metadata.labels.unwrap_or_default();
    group.annotations = metadata.annotations.unwrap_or_default();
    if let Some(spec) = &template.spec {
        let all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        group.pod.ports = all.flat_map(listed).collect();
        group.account = spec.service_account_name.clone().unwrap_or(group.account);
    }
    group
}

fn listed(container: &Container) -> impl Iterator<Item = Listed> {
    container.ports.iter().flatten().filter_map(|it| {
        Some(Listed {
            name: it.name.clone(),
            number: u16::try_from(it.container_port).ok()?,
            transport: Transport::parse(it.protocol.as_deref())?,
        })
    })
}

/// The labels of pods of the Redis operator: its own, and over them those of the resource.
fn redis(set: &str, kind: &str, resource: &ObjectMeta, label: &mut impl FnMut(&str, &str)) {
    label("app", set);
    label("redis_setup_type", kind);
    label("role", kind);
    resource.labels.iter().flatten().for_each(|(key, value)| label(key, value));
}

/// What an operator makes of a custom resource. Labels and ports are those of its documentation and code; labels that it
/// gives for its own use and that no policy can need (revisions, roles that change) are left out.
fn operated(object: &Object, policies: &Policies) -> Option<Group> {
    let mut group = group(object, policies);
    let name = group.name.clone();
    let mut label = |key: &str, value: &str| _ = group.pod.labels.insert(key.to_owned(), value.to_owned());
    let ports: &[(&str, u16)] = match object {
        // cloudnative-pg.io/docs/current/labels_annotations; ports: "Networking" there.
        Object::Cluster(it) => {
            label(cnpg::CLUSTER, &name);
            label(cnpg::POD_ROLE, "instance");
            if let Some(inherited) = &it.spec.inherited_metadata {
                inherited.labels.iter().for_each(|(key, value)| label(key, value));
                group.annotations.clone_from(&inherited.annotations);
            }
            group.account = name;
            &[("postgresql", 5432), ("metrics", 9187), ("status", 8000)]
        }
        Object::Pooler(it) => {
            let template = it.spec.template.as_ref().and_then(|it| it.metadata.clone()).unwrap_or_default();
            label(cnpg::CLUSTER, &it.spec.cluster.name);
            label(cnpg::POOLER_NAME, &name);
            label(cnpg::POD_ROLE, "pooler");
            template.labels.iter().flatten().for_each(|(key, value)| label(key, value));
            group.annotations = template.annotations.unwrap_or_default();
            group.account = name;
            &[("pgbouncer", 5432), ("metrics", 9127)]
        }
        // The pods of Strimzi: `Labels` and `KafkaCluster` of its code.
        Object::KafkaNodePool(it) => {
            let metadata = it.metadata.labels.clone().unwrap_or_default();
            let cluster = metadata.get(CLUSTER).cloned().unwrap_or_default();
            let (serves, votes) =
                (it.spec.roles.contains(&Role::Broker), it.spec.roles.contains(&Role::Controller));
            label(CLUSTER, &cluster);
            label("strimzi.io/kind", "Kafka");
            label("strimzi.io/name", &format!("{cluster}-kafka"));
            label(POOL_NAME, &name);
            label(BROKER_ROLE, if serves { "true" } else { "false" });
            label("strimzi.io/controller-role", if votes { "true" } else { "false" });
            it.spec.template.pod.metadata.labels.iter().for_each(|(key, value)| label(key, value));
            group.annotations.clone_from(&it.spec.template.pod.metadata.annotations);
            group.account = format!("{cluster}-kafka");
            match (serves, votes) {
                (true, true) => &[("tcp-ctrlplane", 9090), ("tcp-replication", 9091), ("tcp-clients", 9092)],
                (true, false) => &[("tcp-replication", 9091), ("tcp-clients", 9092)],
                _ => &[("tcp-ctrlplane", 9090)],
            }
        }
        Object::Kafka(it) => {
            let entity = it.spec.entity_operator.as_ref()?;
            let own = format!("{name}-entity-operator");
            label(CLUSTER, &name);
            label("strimzi.io/kind", "Kafka");
            label("strimzi.io/name", &own);
            entity.template.pod.metadata.labels.iter().for_each(|(key, value)| label(key, value));
            group.name.clone_from(&own);
            group.account = own;
            &[]
        }
        // `internal/metadata/label.go` and `internal/resource/statefulset.go` of the RabbitMQ Cluster Operator.
        Object::RabbitmqCluster(it) => {
            label(labels::NAME, &name);
            label(labels::COMPONENT, "rabbitmq");
            label(labels::PART_OF, "rabbitmq");
            let template = &it.spec.patches.stateful_set.spec.template;
            let account = template.spec.as_ref().and_then(|it| it.service_account_name.clone());
            let patched = template.metadata.clone().unwrap_or_default();
            patched.labels.iter().flatten().for_each(|(key, value)| label(key, value));
            group.annotations = patched.annotations.unwrap_or_default();
            group.account = account.unwrap_or_else(|| format!("{name}-server"));
            &[("epmd", 4369), ("amqp", 5672), ("management", 15672), ("prometheus", 15692)]
        }
        // `internal/k8sutils/labels.go` and `statefulset.go` of OpsTree's Redis operator.
        Object::Redis(it) => {
            redis(&name, "standalone", &it.metadata, &mut label);
            group.annotations = it.metadata.annotations.clone().unwrap_or_default();
            group.account.clone_from(&it.spec.service_account_name);
            &[("redis", 6379)]
        }
        Object::RedisReplication(it) => {
            redis(&name, "replication", &it.metadata, &mut label);
            // One of them is the primary, to which a Service of the tier leads.
            label("redis-role", "master");
            group.annotations = it.metadata.annotations.clone().unwrap_or_default();
            group.account.clone_from(&it.spec.service_account_name);
            &[("redis", 6379)]
        }
        Object::RedisSentinel(it) => {
            let own = format!("{name}-sentinel");
            redis(&own, "sentinel", &it.metadata, &mut label);
            group.annotations = it.metadata.annotations.clone().unwrap_or_default();
            group.account.clone_from(&it.spec.service_account_name);
            group.name = own;
            &[("sentinel", 26379)]
        }
        _ => return None,
    };
    let listed = |(name, number): &(&str, u16)| Listed {
        name: Some((*name).to_owned()),
        number: *number,
        transport: Transport::Tcp,
    };
    group.pod.ports = ports.iter().map(listed).collect();
    Some(group)
}
