//! `kafka`: Kafka in its `KRaft` mode, from Apache's own image, or a cluster that Strimzi runs. What it does and why is in `docs/engines/kafka.md`.

use indexmap::IndexMap;

use super::fields::{Storage, Stored};
use super::procedure::Procedures;
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, Running, Standing};
use super::{
    Asked, Credential, Development, Gauge, Node, Plan, ServedName, Tier, TierContext, engine, pieces,
};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Image, Name, Quantity, Resources};
use crate::workload::Endpoints;

mod access;
#[cfg(test)]
mod access_tests;
mod check;
mod development;
pub(super) mod gauge;
mod node;
mod release;
mod security;
mod settings;
mod setup;
mod strimzi;
#[cfg(test)]
mod tests;
mod topic;

pub use access::{AccessFields, KafkaUser};
pub use release::Release;
pub use topic::{ClusterId, Controllers, Topic, TopicName};

/// Where clients connect.
const CLIENT: u16 = 9092;
const CLIENT_NAME: &str = "client";
/// Where controllers meet each other and the brokers.
const CONTROLLER: u16 = 9093;
const CONTROLLER_NAME: &str = "controller";
/// Where brokers copy from each other.
const BROKER: u16 = 9094;
const BROKER_NAME: &str = "broker";
/// Seconds until a node that is told to stop is killed. A broker that finds no controller any more, because all nodes
/// stop at once, waits for one for five minutes.
const GRACE: u32 = 330;

words! {
    /// Who runs the nodes.
    pub enum KafkaBackend {
        /// StatefulSets.
        "plain" Plain,
        /// Strimzi, which restarts a node only when its partitions bear it, and refuses to remove one that holds data.
        "operator" Operator,
    }
}

model! {
    /// What only a Kafka tier has.
    pub struct KafkaFields {
        /// The kind: `kafka`.
        "kind" kind: String,
        /// Who runs the nodes: `plain` or `operator`.
        "backend" backend: KafkaBackend = KafkaBackend::Plain,
        /// The version, as the tags of Apache's image write it: `4.3.1`.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many brokers. With `controllers: combined` each is a controller too, and their number is odd.
        "replicas" replicas: u32 = 1,
        /// Who votes about the cluster's metadata: `combined`, where every broker does, or a number of nodes of their own.
        "controllers" controllers: Controllers = Controllers::Combined,
        /// Storage of each controller, where they are nodes of their own.
        "controllerStorage" controller_storage: Quantity = Quantity::parse("10Gi").expect("a literal quantity"),
        /// What each controller asks for and may use, where they are nodes of their own; as `resources` unless given.
        "controllerResources" controller_resources: Option<Resources>,
        /// The cluster's id, chosen once: 16 bytes in base64 for URLs, 22 characters. The operator makes one itself.
        "clusterId" cluster_id: Option<ClusterId>,
        /// How many brokers have a copy of each partition, where a topic does not say; 3, or all brokers where they are fewer.
        "replicationFactor" replication_factor: Option<u32>,
        /// How many copies must have a record before a producer with `acks=all` has an answer; one less than `replicationFactor`.
        "minInsyncReplicas" min_insync_replicas: Option<u32>,
        /// Topics, which a Job or the operator makes.
        "topics" topics: IndexMap<TopicName, Topic>,
        /// Java's heap of each broker; half of the memory limit, 6Gi at most.
        "heap" heap: Option<Quantity>,
        /// Settings of all nodes, as in `server.properties`; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = GRACE,
    }
}

parts! {
    /// A tier of Kafka.
    pub struct KafkaTier {
        /// What every component has.
        common: Common,
        /// The storage of each broker.
        storage: Storage,
        /// Who connects, and how.
        access: AccessFields,
        /// What only a Kafka tier has.
        fields: KafkaFields,
    }
}

engine!(
    /// The engine.
    Kafka, "kafka", KafkaTier, Some(&release::TABLE)
);

impl Tier for KafkaTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, cluster: &Cluster) -> Endpoints {
        let operated = self.operated();
        Endpoints {
            ports: vec![pieces::endpoint(CLIENT_NAME, CLIENT)],
            // Kafka's clients take `host:port` without a scheme.
            scheme: None,
            properties: self.properties(),
            users: self.access.users.keys().cloned().collect(),
            full_name: self.security().tls,
            // The Job that makes users and topics connects to brokers too.
            peers: if operated { strimzi::PEERS.to_vec() } else { vec![CLIENT, CONTROLLER, BROKER] },
            callers: if operated { vec![strimzi::caller(cluster)] } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        self.needed_secrets()
    }

    fn served_names(&self, name: &str, namespace: &str, cluster: &Cluster) -> Vec<ServedName> {
        if self.security().tls { self.certified_names(name, namespace, cluster) } else { Vec::new() }
    }

    fn reads_pkcs8(&self) -> Option<&Name> {
        self.access.certificate.as_ref()
    }

    fn calls_api(&self) -> bool {
        // Only what makes users and topics does.
        self.operated() && !(self.fields.topics.is_empty() && self.access.users.is_empty())
    }

    fn own_tls_ports(&self) -> &'static [u16] {
        if self.operated() { &strimzi::OWN_TLS } else { &[] }
    }

    fn operator_objects(&self, name: &str) -> Vec<(&'static str, String)> {
        if self.operated() { strimzi::objects(self, name) } else { Vec::new() }
    }

    fn operator_labels(&self, name: &str) -> Option<std::collections::BTreeMap<String, String>> {
        self.operated().then(|| strimzi::labels(name))
    }

    fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink) {
        check::check(self, at, cluster, sink);
    }

    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        gauge::gauge(self, asked)
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let mut members = vec![Members {
            at: &["replicas"],
            what: "brokers",
            parts: &["", "broker"],
            number: fields.replicas,
            fewer: "move its partitions away first, by `kafka-reassign-partitions.sh`",
            more: Some("partitions stay where they are until `kafka-reassign-partitions.sh` moves some"),
        }];
        let voters = match fields.controllers {
            Controllers::Combined => "combined",
            Controllers::Separate(number) => {
                let by_hand = "the voters are those of the first start: change them one at a time, as docs/engines/kafka.md says";
                members.push(Members {
                    at: &["controllers"],
                    what: "voters",
                    parts: &["controller"],
                    number,
                    fewer: by_hand,
                    more: Some(by_hand),
                });
                "separate"
            }
        };
        let mut fixed = vec![Fixed {
            at: &["controllers"],
            value: voters.to_owned(),
            why: "the metadata is with the old voters: move the data to a new tier",
        }];
        fixed.extend(fields.cluster_id.as_ref().map(|it| Fixed {
            at: &["clusterId"],
            value: it.as_str().to_owned(),
            why: "a node does not start on a volume of another cluster: keep the id for as long as the data",
        }));
        Standing {
            backend: Some(fields.backend.as_str()),
            release: Some(Running::of(&fields.version)),
            members,
            fixed,
        }
    }

    fn procedures(&self) -> &'static Procedures {
        if self.operated() { &Procedures::NONE } else { &release::PROCEDURES }
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        Some(development::node(self, cx))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        if self.operated() {
            return strimzi::plan(self, cx);
        }
        let mut plan = Plan::default();
        for node in node::nodes(self, cx) {
            plan.files.push(node.files(self, cx));
            plan.parts.push(node.part(self, cx));
        }
        if let Some((part, files)) = setup::job(self, cx) {
            plan.files.push(files);
            plan.parts.push(part);
        }
        plan
    }
}

impl KafkaTier {
    fn operated(&self) -> bool {
        self.fields.backend == KafkaBackend::Operator
    }

    /// What a client must know beside the address, its user and its password.
    fn properties(&self) -> Vec<(&'static str, String)> {
        let security = self.security();
        let mut found = vec![("securityProtocol", security.protocol.to_owned())];
        if security.login {
            found.push(("saslMechanism", "SCRAM-SHA-512".to_owned()));
        }
        found
    }

    fn image(&self) -> String {
        self.fields.version.image(self.fields.image.as_ref())
    }

    fn replication_factor(&self) -> u32 {
        self.fields.replication_factor.unwrap_or_else(|| self.fields.replicas.min(3))
    }

    fn min_insync_replicas(&self) -> u32 {
        let standard = || self.replication_factor().saturating_sub(1).max(1);
        self.fields.min_insync_replicas.unwrap_or_else(standard)
    }

    fn topic_replicas(&self, topic: &Topic) -> u32 {
        topic.replicas.unwrap_or_else(|| self.replication_factor())
    }

    /// What a controller of its own asks for and may use.
    fn controller_resources(&self) -> Option<&Resources> {
        self.fields.controller_resources.as_ref().or(self.common.resources.as_deref())
    }
}
