//! `redpanda.yaml` and the cluster's properties at its first start. Both are JSON, which is YAML.

use serde_json::{Map, Value, json};

use super::{ADMIN, HOST, KAFKA, PROXY, REGISTRY, RPC, RedpandaTier};
use crate::stateful::TierContext;
use crate::stateful::nested::scalar;
use crate::stateful::setting::{Kind, Known};

/// Where the data lies.
pub(super) const DATA: &str = "/var/lib/redpanda/data";
/// What `start.sh` replaces by the pod's name.
pub(super) const POD: &str = "@POD_NAME@";

/// The configuration of a broker. No id: brokers are numbered by the cluster, because a number can never be used again.
/// `from_host`: where clients on the host of a developer's machine find it.
pub(super) fn broker(tier: &RedpandaTier, cx: &TierContext<'_>, from_host: Option<&(String, u16)>) -> String {
    let host = |ordinal| cx.pod_host(ordinal);
    let replicas = 0..tier.fields.replicas;
    let at = |address: &str, port: u16| json!({ "address": address, "port": port });
    let listen = |port: u16| json!([{ "name": "internal", "address": "0.0.0.0", "port": port }]);
    let own = format!("{POD}.{}", cx.pods_domain());
    let advertise = |port: u16| json!([{ "name": "internal", "address": own, "port": port }]);
    let seeds: Vec<_> = replicas.clone().map(|it| json!({ "host": at(&host(it), RPC.1) })).collect();
    let brokers: Vec<_> = replicas.map(|it| at(&host(it), KAFKA.1)).collect();
    let (mut listens, mut advertised) = (listen(KAFKA.1), advertise(KAFKA.1));
    if let (Some((address, port)), Some(listens), Some(advertised)) =
        (from_host, listens.as_array_mut(), advertised.as_array_mut())
    {
        // A client is told the address of the listener by whose name it came.
        listens.push(json!({ "name": "host", "address": "0.0.0.0", "port": HOST }));
        advertised.push(json!({ "name": "host", "address": address.trim_matches(['[', ']']), "port": port }));
    }
    text(&json!({
        "redpanda": {
            "data_directory": DATA,
            "developer_mode": tier.fields.developer_mode,
            // All brokers have the same list, and the cluster is made when all of them are there: none can begin a
            // second one.
            "empty_seed_starts_cluster": false,
            "seed_servers": seeds,
            "rpc_server": at("0.0.0.0", RPC.1),
            "advertised_rpc_api": at(&own, RPC.1),
            "kafka_api": listens,
            "advertised_kafka_api": advertised,
            "admin": listen(ADMIN.1),
        },
        "pandaproxy": { "pandaproxy_api": listen(PROXY.1), "advertised_pandaproxy_api": advertise(PROXY.1) },
        "pandaproxy_client": { "brokers": brokers },
        "schema_registry": { "schema_registry_api": listen(REGISTRY.1) },
        "schema_registry_client": { "brokers": brokers },
    }))
}

/// The cluster's properties, of which the first start takes notice.
pub(super) fn bootstrap(tier: &RedpandaTier) -> String {
    let mut properties = Map::new();
    properties.insert("auto_create_topics_enabled".to_owned(), json!(false));
    properties.insert("default_topic_replications".to_owned(), json!(tier.copies()));
    properties.insert("enable_metrics_reporter".to_owned(), json!(false));
    let disk = u64::try_from(tier.storage.size.whole()).unwrap_or(u64::MAX);
    properties.insert("storage_min_free_bytes".to_owned(), json!((disk / 20).min(5 << 30)));
    for (name, value) in &tier.fields.config {
        properties.insert(name.as_str().to_owned(), scalar(value));
    }
    text(&Value::Object(properties))
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a tree of text and numbers is JSON");
    text.push('\n');
    text
}

/// The property of copies.
pub(super) const COPIES: &str = "default_topic_replications";

/// The properties that are no cluster properties, and the kinds of those that people write most.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("auto_create_topics_enabled", Kind::Switch),
        ("default_topic_partitions", Kind::Integer),
        (COPIES, Kind::Integer),
        ("enable_metrics_reporter", Kind::Switch),
        ("internal_topic_replication_factor", Kind::Integer),
        ("kafka_batch_max_bytes", Kind::Integer),
        ("log_retention_ms", Kind::Integer),
        ("log_segment_size", Kind::Integer),
        ("retention_bytes", Kind::Integer),
        ("storage_min_free_bytes", Kind::Integer),
        ("write_caching_default", Kind::Word(&["true", "false", "disabled"])),
    ],
    reserved: &[
        ("admin", ""),
        ("advertised_kafka_api", ""),
        ("advertised_rpc_api", ""),
        ("data_directory", ""),
        ("developer_mode", "use `developerMode`"),
        ("empty_seed_starts_cluster", ""),
        ("kafka_api", ""),
        ("node_id", "the cluster numbers its brokers"),
        ("rpc_server", ""),
        ("seed_servers", "use `replicas`"),
    ],
};
