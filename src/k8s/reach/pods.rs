//! The pods that objects become, those that an operator makes included.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use serde_json::Value;

use super::{Listed, Pod, Policies, Transport};
use crate::k8s::crd::strimzi::{BROKER_ROLE, CLUSTER, POOL_NAME};
use crate::k8s::crd::{cnpg, rabbitmq, redis, strimzi};
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

/// What an operator makes of a custom resource. Labels and ports are those of its documentation and code; labels that it
/// gives for its own use and that no policy can need (revisions, roles that change) are left out. Read from the resource as
/// it is written, so that one of a cluster says the same.
fn operated(object: &Object, policies: &Policies) -> Option<Group> {
    let resource = Resource::read(object)?;
    let mut group = group(object, policies);
    let name = group.name.clone();
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    let mut label = |key: &str, value: &str| _ = labels.insert(key.to_owned(), value.to_owned());
    let own = |word: &str| format!("{name}-{word}");
    let ports: &[(&str, u16)] = match object.kind() {
        // cloudnative-pg.io/docs/current/labels_annotations; ports: "Networking" there.
        "Cluster" => {
            label(cnpg::CLUSTER, &name);
            label(cnpg::POD_ROLE, "instance");
            labels.extend(resource.texts("/spec/inheritedMetadata/labels"));
            group.annotations = resource.texts("/spec/inheritedMetadata/annotations");
            group.account = name;
            &[("postgresql", 5432), ("metrics", 9187), ("status", 8000)]
        }
        "Pooler" => {
            label(cnpg::CLUSTER, resource.text("/spec/cluster/name"));
            label(cnpg::POOLER_NAME, &name);
            label(cnpg::POD_ROLE, "pooler");
            labels.extend(resource.texts("/spec/template/metadata/labels"));
            group.annotations = resource.texts("/spec/template/metadata/annotations");
            group.account = name;
            &[("pgbouncer", 5432), ("metrics", 9127)]
        }
        // The pods of Strimzi: `Labels` and `KafkaCluster` of its code.
        "KafkaNodePool" => {
            let cluster = resource.texts("/metadata/labels").remove(CLUSTER).unwrap_or_default();
            let has = |role: &str| {
                let roles = resource.0.pointer("/spec/roles").and_then(Value::as_array);
                roles.is_some_and(|it| it.iter().any(|it| it == role))
            };
            let (serves, votes) = (has("broker"), has("controller"));
            label(CLUSTER, &cluster);
            label("strimzi.io/kind", "Kafka");
            label("strimzi.io/name", &format!("{cluster}-kafka"));
            label(POOL_NAME, &name);
            label(BROKER_ROLE, if serves { "true" } else { "false" });
            label("strimzi.io/controller-role", if votes { "true" } else { "false" });
            labels.extend(resource.texts("/spec/template/pod/metadata/labels"));
            group.annotations = resource.texts("/spec/template/pod/metadata/annotations");
            group.account = format!("{cluster}-kafka");
            match (serves, votes) {
                (true, true) => &[("tcp-ctrlplane", 9090), ("tcp-replication", 9091), ("tcp-clients", 9092)],
                (true, false) => &[("tcp-replication", 9091), ("tcp-clients", 9092)],
                _ => &[("tcp-ctrlplane", 9090)],
            }
        }
        "Kafka" => {
            resource.0.pointer("/spec/entityOperator")?;
            label(CLUSTER, &name);
            label("strimzi.io/kind", "Kafka");
            label("strimzi.io/name", &own("entity-operator"));
            labels.extend(resource.texts("/spec/entityOperator/template/pod/metadata/labels"));
            group.name = own("entity-operator");
            group.account = own("entity-operator");
            &[]
        }
        // `internal/metadata/label.go` and `internal/resource/statefulset.go` of the RabbitMQ Cluster Operator.
        "RabbitmqCluster" => {
            const TEMPLATE: &str = "/spec/override/statefulSet/spec/template";
            label(labels::NAME, &name);
            label(labels::COMPONENT, "rabbitmq");
            label(labels::PART_OF, "rabbitmq");
            labels.extend(resource.texts(&format!("{TEMPLATE}/metadata/labels")));
            group.annotations = resource.texts(&format!("{TEMPLATE}/metadata/annotations"));
            group.account = match resource.text(&format!("{TEMPLATE}/spec/serviceAccountName")) {
                "" => own("server"),
                account => account.to_owned(),
            };
            &[("epmd", 4369), ("amqp", 5672), ("management", 15672), ("prometheus", 15692)]
        }
        // `internal/k8sutils/labels.go` and `statefulset.go` of OpsTree's Redis operator: its own labels, and over them
        // those of the resource.
        kind @ ("Redis" | "RedisReplication" | "RedisSentinel") => {
            let (set, word) = match kind {
                "Redis" => (name.clone(), "standalone"),
                "RedisReplication" => (name.clone(), "replication"),
                _ => (own("sentinel"), "sentinel"),
            };
            label("app", &set);
            label("redis_setup_type", word);
            label("role", word);
            labels.extend(resource.texts("/metadata/labels"));
            // One of them is the primary, to which a Service of the tier leads.
            if kind == "RedisReplication" {
                labels.insert("redis-role".to_owned(), "master".to_owned());
            }
            group.annotations = resource.texts("/metadata/annotations");
            resource.text("/spec/serviceAccountName").clone_into(&mut group.account);
            group.name = set;
            if kind == "RedisSentinel" { &[("sentinel", 26379)] } else { &[("redis", 6379)] }
        }
        _ => return None,
    };
    group.pod.labels = labels;
    let listed = |(name, number): &(&str, u16)| Listed {
        name: Some((*name).to_owned()),
        number: *number,
        transport: Transport::Tcp,
    };
    group.pod.ports = ports.iter().map(listed).collect();
    Some(group)
}

/// A custom resource as it is written.
struct Resource<'a>(Cow<'a, Value>);

impl<'a> Resource<'a> {
    /// The groups of the operators that are known.
    const GROUPS: [&'static str; 4] = [cnpg::GROUP, strimzi::GROUP, rabbitmq::GROUP, redis::GROUP];

    fn read(object: &'a Object) -> Option<Self> {
        let known = Self::GROUPS.contains(&&*object.id().group);
        match object {
            Object::Raw(it) => known.then(|| Self(Cow::Borrowed(it))),
            _ => known.then(|| Self(Cow::Owned(object.to_value()))),
        }
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn texts(&self, pointer: &str) -> BTreeMap<String, String> {
        let map = self.0.pointer(pointer).and_then(Value::as_object);
        let text = |(key, it): (&String, &Value)| Some((key.clone(), it.as_str()?.to_owned()));
        map.into_iter().flatten().filter_map(text).collect()
    }
}
