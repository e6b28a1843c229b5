//! What cannot work.

use std::collections::BTreeMap;

use super::{Controllers, KafkaTier, access, settings, strimzi, topic};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::{Cluster, Resources};
use crate::stateful::codes::{
    HEAP_DOES_NOT_FIT, IMPOSSIBLE_REPLICATION, IMPOSSIBLE_TOPOLOGY, UNKNOWN_VERSION, even_quorum,
};
use crate::stateful::pieces;
use crate::stateful::setting::Setting;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &KafkaTier, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    topology(tier, at, sink);
    if tier.operated() {
        operator(tier, at, cluster, sink);
    } else {
        identity(tier, at, sink);
    }
    replication(tier, at, sink);
    topics(tier, at, sink);
    memory(tier, at, sink);
    access::check(tier, at, sink);
    settings::check_node(tier, &at.join("config"), sink);
}

fn topology(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let replicas = &at.join("replicas");
    match (tier.fields.controllers, tier.fields.replicas) {
        (_, 0 | 1000..) => {
            let message = format!("{} brokers are no cluster", tier.fields.replicas);
            sink.push(
                Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, replicas, message)
                    .note("node ids from 1000 on are those of controllers")
                    .help("use 1 broker, or 3 and more"),
            );
        }
        (Controllers::Combined, brokers) if brokers.is_multiple_of(2) => {
            sink.push(
                even_quorum(replicas, brokers)
                    .note("with `controllers: combined` every broker votes")
                    .help("or give the cluster controllers of its own: `controllers: 3`"),
            );
        }
        (Controllers::Separate(voters), _) if voters.is_multiple_of(2) => {
            sink.push(even_quorum(&at.join("controllers"), voters));
        }
        _ => {}
    }
}

fn identity(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    if fields.cluster_id.is_none() {
        sink.push(
            Diagnostic::at_key(&MISSING_FIELD, at, "`clusterId` is missing")
                .note("a generated one would be another at every run, and the disks know only the first")
                .help(topic::MAKE_AN_ID),
        );
    }
    let place = at.join("version");
    if fields.image.is_none() && fields.version.full().is_none() {
        let message = format!("`apache/kafka` has no tag `{}`", fields.version.as_str());
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &place, message)
                .help(format!("write all three numbers, such as `{}`", super::release::TABLE.default)),
        );
    }
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
}

/// What Strimzi decides itself, and what it cannot run.
fn operator(tier: &KafkaTier, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    let fields = &tier.fields;
    let asked = [
        ("clusterId", fields.cluster_id.is_some(), "it makes the cluster's id itself"),
        (
            "interBrokerPassword",
            tier.access.inter_broker_password.is_some(),
            "it gives each node a certificate of its own authority",
        ),
        (
            "volume",
            tier.storage.volume.is_some(),
            "it makes the claims itself, of names that change with the nodes",
        ),
        ("disruption", tier.common.disruption.is_some(), "it makes the budgets itself: one node at a time"),
    ];
    for (key, _, note) in asked.into_iter().filter(|(_, asked, _)| *asked) {
        sink.push(
            Diagnostic::at_key(&IMPOSSIBLE_TOPOLOGY, &at.join(key), format!("Strimzi takes no `{key}`"))
                .note(note)
                .help(format!("remove `{key}`")),
        );
    }
    if cluster.strimzi < strimzi::OLDEST {
        let message = format!("Strimzi {} does not know the API `kafka.strimzi.io/v1`", cluster.strimzi);
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("backend"), message)
                .help(format!("update Strimzi to {} or later, and say so in `cluster`", strimzi::OLDEST)),
        );
        return;
    }
    let version = fields.version.full();
    let known = strimzi::runs(cluster.strimzi);
    let unknown = version.is_none_or(|it| known.is_some_and(|known| !known.contains(&it)));
    if unknown {
        let message = format!("Strimzi {} does not run Kafka {}", cluster.strimzi, fields.version.as_str());
        let use_these = match known {
            Some(known) => crate::diag::and_list(known.iter().copied()),
            None => format!("all three numbers, such as `{}`", super::release::TABLE.default),
        };
        sink.push(
            Diagnostic::at_value(&UNKNOWN_VERSION, &at.join("version"), message)
                .help(format!("use {use_these}")),
        );
    }
}

fn replication(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let (factor, in_sync) = (tier.replication_factor(), tier.min_insync_replicas());
    if fields.replication_factor.is_some() {
        copies(factor, fields.replicas, &at.join("replicationFactor"), sink);
    }
    if fields.min_insync_replicas.is_some() {
        in_sync_copies(in_sync, factor, &at.join("minInsyncReplicas"), sink);
    }
}

/// Copies need brokers.
fn copies(copies: u32, brokers: u32, at: &Route, sink: &mut Sink) {
    if (1..=brokers).contains(&copies) {
        return;
    }
    let message = format!("{copies} copies of each partition on {brokers} brokers");
    sink.push(
        Diagnostic::at_value(&IMPOSSIBLE_REPLICATION, at, message)
            .note("a broker holds one copy of a partition at most")
            .help(format!("use 1 to {}, or more brokers", brokers.max(1))),
    );
}

/// Copies that must have a record need one that may be away.
fn in_sync_copies(in_sync: u32, copies: u32, at: &Route, sink: &mut Sink) {
    let most = copies.saturating_sub(1).max(1);
    if (1..=most).contains(&in_sync) {
        return;
    }
    let message = format!("{in_sync} of {copies} copies must have every record");
    sink.push(
        Diagnostic::at_value(&IMPOSSIBLE_REPLICATION, at, message)
            .note("producers with `acks=all` would stop whenever one broker is away, for an update too")
            .help(if most == 1 { "use 1".to_owned() } else { format!("use 1 to {most}") }),
    );
}

fn topics(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for (name, topic) in &tier.fields.topics {
        let at = at.join("topics").join(name.as_str());
        let replicas = tier.topic_replicas(topic);
        if topic.replicas.is_some() {
            copies(replicas, tier.fields.replicas, &at.join("replicas"), sink);
        }
        if topic.partitions == 0 {
            let message = "a topic has one partition at least";
            sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("partitions"), message));
        }
        let config = at.join("config");
        settings::check_topic(&topic.config, &config, sink);
        let named = |key: &str| topic.config.iter().find(|(name, _)| name.as_str() == key);
        let own = named("min.insync.replicas").map(|(_, it)| it);
        if let Some(in_sync) = own.map(Setting::text).and_then(|it| it.parse().ok()) {
            in_sync_copies(in_sync, replicas, &config.join("min.insync.replicas"), sink);
        } else if own.is_none() && tier.min_insync_replicas() > replicas {
            let message = format!(
                "the topic has {replicas} copies, and {} must have every record",
                tier.min_insync_replicas()
            );
            sink.push(
                Diagnostic::at_key(&IMPOSSIBLE_REPLICATION, &at, message)
                    .note("no producer with `acks=all` could ever write to it")
                    .help("set its `config: { min.insync.replicas: 1 }`, or give it more `replicas`"),
            );
        }
        if let Some(other) = seen.insert(name.in_metrics(), name.as_str()) {
            let message = format!("Kafka takes `{}` and `{other}` for the same", name.as_str());
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at, message)
                    .note("in the names of its metrics `.` and `_` are one, so it refuses the second topic"),
            );
        }
    }
}

fn memory(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let common = tier.common.resources.as_deref();
    let place = if fields.heap.is_some() { "heap" } else { "resources" };
    heap(settings::heap(fields.heap.as_ref(), common), common, &at.join(place), sink);
    // The brokers' resources are reported already.
    if let Some(own) = &fields.controller_resources {
        heap(settings::heap(None, Some(own)), Some(own), &at.join("controllerResources"), sink);
    }
}

fn heap(heap: u64, resources: Option<&Resources>, at: &Route, sink: &mut Sink) {
    let Some(limit) = pieces::memory_limit(resources).map(|it| it >> 20) else { return };
    let beside = settings::beside_heap(limit);
    if heap > 0 && heap + beside <= limit {
        return;
    }
    let message = format!("a heap of {heap} MiB does not fit into a limit of {limit} MiB");
    sink.push(
        Diagnostic::at_value(&HEAP_DOES_NOT_FIT, at, message)
            .note(format!("{beside} MiB must stay for Java itself, buffers and the page cache"))
            .help("raise the memory limit to 512Mi or more, or lower `heap`"),
    );
}
