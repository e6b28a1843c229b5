//! `cassandra.yaml`: what is derived, and what the stack may say itself; and the sizes of Java's heap.

use serde_json::{Value, json};

use super::release::DATA;
use super::{CQL, CassandraTier, GOSSIP};
use crate::model::{Quantity, Resources};
use crate::stateful::TierContext;
use crate::stateful::nested::{put, scalar};
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known};

/// The words that the node's start replaces, because only the pod knows what they stand for.
pub(super) const POD_IP: &str = "@POD_IP@";
pub(super) const SEED_HOSTS: &str = "@SEEDS@";

/// The settings by name, each with its value as JSON, which is YAML.
pub(super) fn settings(tier: &CassandraTier, cx: &TierContext<'_>) -> Vec<(String, String)> {
    let fields = &tier.fields;
    let copies = tier.replication_factor();
    let folder = |name: &str| format!("{DATA}/{name}");
    let mut root = json!({
        "cluster_name": fields.cluster_name.as_deref().unwrap_or(cx.name),
        "num_tokens": 16,
        "allocate_tokens_for_local_replication_factor": copies,
        // The keyspaces of roles and rights are made with it: their rows are on as many nodes from the first one on.
        "default_keyspace_rf": copies,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "GossipingPropertyFileSnitch",
        "seed_provider": [{
            "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
            "parameters": [{ "seeds": SEED_HOSTS }],
        }],
        "listen_address": POD_IP,
        "storage_port": GOSSIP.1,
        // On localhost too, for a person's shell and for probes; what others are told is the pod's address.
        "rpc_address": "0.0.0.0",
        "broadcast_rpc_address": POD_IP,
        "native_transport_port": CQL.1,
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        "data_file_directories": [folder("data")],
        "commitlog_directory": folder("commitlog"),
        "hints_directory": folder("hints"),
        "saved_caches_directory": folder("saved_caches"),
        "cdc_raw_directory": folder("cdc_raw"),
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "10000ms",
        // A node whose disk fails stops serving and stays for a person to look at.
        "disk_failure_policy": "stop",
        "commit_failure_policy": "stop",
        // What the file that comes with Cassandra has, where the program's own value is another.
        "compaction_throughput": "64MiB/s",
        "internode_compression": "dc",
    });
    for (name, value) in &fields.config {
        put(&mut root, name.as_str(), scalar(value));
    }
    let Value::Object(map) = root else { return Vec::new() };
    map.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// MiB of Java's heap: what the stack says; else half of the limit and 16 GiB at most; 1 GiB without a limit.
#[must_use]
pub(super) fn heap(own: Option<&Quantity>, resources: Option<&Resources>) -> u64 {
    match (own, pieces::memory_limit(resources)) {
        (Some(own), _) => u64::try_from(own.whole() >> 20).unwrap_or_default(),
        (None, Some(limit)) => ((limit >> 20) / 2).min(16 * 1024),
        (None, None) => 1024,
    }
}

/// MiB that must stay outside of a heap: code, classes, threads and `nodetool`, a second Java; and buffers that grow with it.
#[must_use]
pub(super) fn beside_heap(heap: u64) -> u64 {
    384 + heap / 4
}

/// The kinds of the settings that people write most, sorted by name.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("auto_snapshot", Kind::Switch),
        ("cdc_enabled", Kind::Switch),
        ("commit_failure_policy", Kind::Word(&["die", "ignore", "stop", "stop_commit"])),
        ("concurrent_compactors", Kind::Integer),
        ("concurrent_counter_writes", Kind::Integer),
        ("concurrent_reads", Kind::Integer),
        ("concurrent_writes", Kind::Integer),
        ("disk_failure_policy", Kind::Word(&["best_effort", "die", "ignore", "stop", "stop_paranoid"])),
        ("dynamic_snitch", Kind::Switch),
        ("hinted_handoff_enabled", Kind::Switch),
        ("incremental_backups", Kind::Switch),
        ("materialized_views_enabled", Kind::Switch),
        ("native_transport_max_threads", Kind::Integer),
        ("storage_compatibility_mode", Kind::Word(&["CASSANDRA_4", "NONE", "UPGRADING"])),
        ("user_defined_functions_enabled", Kind::Switch),
    ],
    reserved: &[],
};

/// Settings, by what stands before the first dot, that the tier's start, Services and Job rely on, each with what to do instead;
/// sorted by name.
pub(super) static RESERVED: &[(&str, &str)] = &[
    ("allocate_tokens_for_keyspace", ""),
    ("allocate_tokens_for_local_replication_factor", "use `replicationFactor`"),
    ("authenticator", ""),
    ("authorizer", ""),
    ("auto_bootstrap", ""),
    ("broadcast_address", ""),
    ("broadcast_rpc_address", ""),
    ("cdc_raw_directory", ""),
    ("client_encryption_options", "encrypt by the mesh"),
    ("cluster_name", "use `clusterName`"),
    ("commitlog_directory", ""),
    ("data_file_directories", ""),
    ("default_keyspace_rf", "use `replicationFactor`"),
    ("endpoint_snitch", "use `datacenter` and `rack`"),
    ("hints_directory", ""),
    ("initial_token", ""),
    ("listen_address", ""),
    ("listen_interface", ""),
    ("native_transport_port", ""),
    ("num_tokens", "it is 16, and can never change"),
    ("partitioner", ""),
    ("role_manager", ""),
    ("rpc_address", ""),
    ("rpc_interface", ""),
    ("saved_caches_directory", ""),
    ("seed_provider", ""),
    ("server_encryption_options", "encrypt by the mesh"),
    ("ssl_storage_port", ""),
    ("start_native_transport", ""),
    ("storage_port", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_is_half_of_the_limit() {
        let of = |limit: &str| {
            let limits = [("memory".to_owned(), Quantity::parse(limit).unwrap())].into_iter().collect();
            heap(None, Some(&Resources { requests: indexmap::IndexMap::new(), limits }))
        };
        assert_eq!([of("1Gi"), of("8Gi"), of("64Gi")], [512, 4096, 16_384]);
        assert_eq!(heap(None, None), 1024);
        assert_eq!(heap(Some(&Quantity::parse("300Mi").unwrap()), None), 300);
        assert_eq!([beside_heap(512), beside_heap(4096)], [512, 1408]);
    }

    #[test]
    fn known_names_are_sorted() {
        assert!(KNOWN.kinds.is_sorted_by_key(|it| it.0) && RESERVED.is_sorted_by_key(|it| it.0));
    }
}
