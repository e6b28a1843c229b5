//! What cannot work, and what works only while nothing fails.

use super::CassandraTier;
use super::settings::{KNOWN, RESERVED, beside_heap, heap};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{
    EVEN_COPIES, HEAP_DOES_NOT_FIT, IMPOSSIBLE_REPLICATION, IMPOSSIBLE_TOPOLOGY, SINGLE_COPY, check_grace,
};
use crate::stateful::pieces;
use crate::stateful::setting::reserved;

/// The least seconds to stop: what is in memory is written, and that is a quarter of the heap.
const STOPPING: u32 = 60;
/// The least heap, in MiB, that a node starts and serves with.
const LEAST_HEAP: u64 = 256;
/// The superuser that a new cluster has.
const DEFAULT_SUPERUSER: &str = "cassandra";

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &CassandraTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    if fields.replicas == 0 {
        let message = "a ring of no nodes holds nothing";
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("replicas"), message)
                .help("use 1 for a single node, or 3 and more"),
        );
    } else {
        replication(tier, at, sink);
    }
    names(tier, at, sink);
    settings(tier, at, sink);
    memory(tier, at, sink);
    let why = "a node writes what it has in memory, a quarter of the heap, before it stops";
    check_grace(fields.grace, STOPPING, why, at, sink);
}

fn replication(tier: &CassandraTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let own = if fields.replication_factor.is_some() { "replicationFactor" } else { "replicas" };
    copies(tier.replication_factor(), fields.replicas, &at.join(own), sink);
    for (name, keyspace) in &fields.keyspaces {
        if let Some(factor) = keyspace.replication_factor {
            let at = at.join("keyspaces").join(name.as_str()).join("replicationFactor");
            copies(factor, fields.replicas, &at, sink);
        }
    }
}

/// Whether nodes can hold so many copies of each row, and what a quorum of them bears.
fn copies(copies: u32, nodes: u32, at: &Route, sink: &mut Sink) {
    if !(1..=nodes).contains(&copies) {
        let message = format!("{copies} copies of each row on {nodes} nodes");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_REPLICATION, at, message)
                .note("a node holds one copy of a row at most")
                .help(format!("use 1 to {nodes}, or more `replicas`")),
        );
    } else if copies == 1 && nodes > 1 {
        let message = format!("each of {nodes} nodes has the only copy of a part of all rows");
        sink.push(
            Diagnostic::at_value(&SINGLE_COPY, at, message)
                .note("while one is away, every table lacks that part; when its disk is lost, for good")
                .help(if nodes < 3 { "use 3 nodes with 3 copies" } else { "use 3" }),
        );
    } else if copies.is_multiple_of(2) {
        let message = if copies == 2 {
            "a quorum of 2 copies is both of them".to_owned()
        } else {
            format!(
                "a quorum of {copies} copies bears the loss of {}, as one of {} does",
                copies / 2 - 1,
                copies - 1
            )
        };
        let more = copies + 1;
        let away = if copies == 2 { "one node is".to_owned() } else { format!("{} nodes are", copies / 2) };
        sink.push(
            Diagnostic::at_value(&EVEN_COPIES, at, message)
                .note(format!("reads and writes at `QUORUM` of some rows stop when {away} away"))
                .help(match (copies, more <= nodes) {
                    (2, true) => "use 3".to_owned(),
                    (2, false) => "use 3 nodes with 3 copies".to_owned(),
                    (_, true) => format!("use {} or {more}", copies - 1),
                    (_, false) => format!("use {}", copies - 1),
                }),
        );
    }
}

/// The names reach CQL, addresses and files: only those that mean the same in all.
fn names(tier: &CassandraTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let places = [
        ("clusterName", fields.cluster_name.as_ref()),
        ("datacenter", Some(&fields.datacenter)),
        ("rack", Some(&fields.rack)),
    ];
    for (key, name) in places {
        let Some(name) = name else { continue };
        if name.is_empty() || name.len() > 63 || !name.chars().all(word) {
            let message = format!("`{name}` cannot be told the same way to nodes and clients");
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join(key), message)
                    .help("use at most 63 letters, digits, `_` and `-`"),
            );
        }
    }
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    for (key, name) in [("superuser", &fields.superuser), ("user", &fields.user)] {
        let at = at.join(key);
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 48 || !name.chars().all(inner)
        {
            let message = format!("`{name}` is no role's name");
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, message)
                    .help("use at most 48 lower-case letters, digits and `_`, beginning with a letter"),
            );
        } else if name == DEFAULT_SUPERUSER {
            let message = "the role `cassandra` is locked, because its first password is the same everywhere";
            sink.push(Diagnostic::at_value(&BAD_VALUE, &at, message).help("use another name"));
        }
    }
    if fields.superuser == fields.user {
        let message = format!("`{}` is the superuser", fields.user);
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("user"), message)
                .note("an application that may do anything may also take every other role's rights")
                .help("use another name for one of them"),
        );
    }
}

fn settings(tier: &CassandraTier, at: &Route, sink: &mut Sink) {
    let config = &tier.fields.config;
    let at = at.join("config");
    for name in config.keys() {
        let first = name.as_str().split('.').next().unwrap_or_default();
        if let Some((_, instead)) = RESERVED.iter().find(|(key, _)| *key == first) {
            sink.push(reserved(name.as_str(), instead, &at.join(name.as_str())));
        }
    }
    KNOWN.check(config, &at, sink);
}

fn memory(tier: &CassandraTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let resources = tier.common.resources.as_deref();
    let heap = heap(fields.heap.as_ref(), resources);
    let place = at.join(if fields.heap.is_some() { "heap" } else { "resources" });
    if heap < LEAST_HEAP {
        let message = format!("a node needs a heap of {LEAST_HEAP} MiB at least, not {heap}");
        sink.push(
            Diagnostic::at_value(&HEAP_DOES_NOT_FIT, &place, message)
                .help("use a memory limit of 1Gi or more, and 8Gi or more in production"),
        );
        return;
    }
    let Some(limit) = pieces::memory_limit(resources).map(|it| it >> 20) else { return };
    if heap + beside_heap(heap) > limit {
        let message = format!("a heap of {heap} MiB does not fit into a limit of {limit} MiB");
        sink.push(
            Diagnostic::at_value(&HEAP_DOES_NOT_FIT, &place, message)
                .note(format!("{} MiB must stay for Java itself, buffers and `nodetool`", beside_heap(heap)))
                .help("raise the memory limit to 1Gi or more, or lower `heap`"),
        );
    }
}
