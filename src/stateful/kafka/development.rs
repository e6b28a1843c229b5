//! One node for development: a broker that is its own controller, without TLS or logins, as Apache's image starts it.

use std::fmt::Write as _;

use super::access::AccessFields;
use super::topic::Controllers;
use super::{BROKER, CLIENT, CLIENT_NAME, CONTROLLER, KafkaTier, settings, setup};
use crate::model::Named;
use crate::stateful::pieces::{env, tcp_probe};
use crate::stateful::{Development, Node};

/// The port by which the host reaches it: a broker tells its clients where to call it, and the host knows no names.
const HOST: u16 = 19092;
/// Where the image has the data of a node that says nothing else.
const DATA: &str = "/var/lib/kafka/data";

/// The node.
pub(super) fn node(tier: &KafkaTier, cx: &Development<'_>) -> Node {
    let mut one = tier.clone();
    one.access = AccessFields { certificate: None, users: Named::default(), inter_broker_password: None };
    one.fields.replicas = 1;
    one.fields.controllers = Controllers::Combined;
    (one.fields.replication_factor, one.fields.min_insync_replicas) = (None, None);
    for topic in one.fields.topics.values_mut() {
        topic.replicas = None;
    }
    let name = cx.tier.name;
    let host = cx.published(CLIENT_NAME);
    let (mut listeners, mut advertised) =
        (format!("PLAINTEXT://:{CLIENT},CONTROLLER://:{CONTROLLER}"), format!("PLAINTEXT://{name}:{CLIENT}"));
    let mut protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned();
    if let Some(port) = host {
        // Writing to a string cannot fail.
        let _ = write!(listeners, ",HOST://:{HOST}");
        let _ = write!(advertised, ",HOST://{}:{port}", cx.host);
        protocols.push_str(",HOST:PLAINTEXT");
    }
    let number = |name: &str, value: u32| env(name, value.to_string());
    let mut variables = vec![
        number("KAFKA_NODE_ID", 0),
        env("KAFKA_PROCESS_ROLES", "broker,controller"),
        env("KAFKA_LISTENERS", listeners),
        env("KAFKA_ADVERTISED_LISTENERS", advertised),
        env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", protocols),
        env("KAFKA_INTER_BROKER_LISTENER_NAME", "PLAINTEXT"),
        env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
        env("KAFKA_CONTROLLER_QUORUM_VOTERS", format!("0@localhost:{CONTROLLER}")),
        number("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", 1),
        number("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", 1),
        number("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", 1),
        number("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", 0),
        env("KAFKA_LOG_DIRS", DATA),
    ];
    variables.extend(one.fields.cluster_id.as_ref().map(|it| env("CLUSTER_ID", it.as_str())));
    // The image takes `KAFKA_NUM_PARTITIONS` for `num.partitions`: `_` is `.`, `__` is `_`, `___` is `-`.
    let settings = one.fields.config.iter();
    variables.extend(settings.map(|(name, it)| {
        let name = name.as_str().replace('_', "__").replace('-', "___").replace('.', "_");
        env(&format!("KAFKA_{}", name.to_ascii_uppercase()), settings::property(it))
    }));
    // The image's scripts take a gigabyte otherwise, whatever the limit.
    let heap = settings::heap(one.fields.heap.as_ref(), one.common.resources.as_deref());
    variables.push(env("KAFKA_HEAP_OPTS", format!("-Xms{heap}m -Xmx{heap}m")));
    Node {
        // The operator's images start by the operator alone.
        image: if tier.operated() { one.fields.version.image(None) } else { one.image() },
        env: variables,
        data: Some(DATA),
        // Not by Kafka's tools: each run would be a second Java within the same limit.
        ready: Some(tcp_probe(CLIENT_NAME, 5, 12)),
        ports: vec![(CLIENT_NAME, CLIENT)],
        from_host: host.map(|_| (CLIENT_NAME, HOST)).into_iter().collect(),
        properties: vec![("securityProtocol", "PLAINTEXT".to_owned())],
        setup: setup::job(&one, &cx.tier),
        ..Node::default()
    }
}

const _: () = assert!(HOST != CLIENT && HOST != CONTROLLER && HOST != BROKER, "each listener has a port");
