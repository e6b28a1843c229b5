//! `mongod.conf`: what is derived, and what the stack may say itself.

use serde_json::json;

use super::{MongodbTier, PORT};
use crate::stateful::nested::{put, scalar};
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known};

/// Where the data lies.
pub(super) const DATA: &str = "/data/db";
/// The folder of the copy of the key that only its owner may read, as the server demands.
pub(super) const RUN: &str = "/run/mongodb";

/// The configuration as JSON, which is YAML.
pub(super) fn file(tier: &MongodbTier) -> String {
    let mut root = json!({
        "net": { "bindIpAll": true, "port": PORT, "unixDomainSocket": { "enabled": false } },
        "replication": { "replSetName": tier.fields.replica_set },
        "security": { "authorization": "enabled", "keyFile": format!("{RUN}/keyfile") },
        "storage": { "dbPath": DATA },
    });
    if let Some(limit) = pieces::memory_limit(tier.common.resources.as_deref()) {
        put(&mut root, CACHE, json!(hundredths(limit)));
    }
    for (name, value) in &tier.fields.config {
        put(&mut root, name.as_str(), scalar(value));
    }
    let mut text = serde_json::to_string_pretty(&root).expect("a tree of text and numbers is JSON");
    text.push('\n');
    text
}

/// The setting of `WiredTiger`'s cache.
pub(super) const CACHE: &str = "storage.wiredTiger.engineConfig.cacheSizeGB";

/// The server's own rule, half of what is above 1 GiB and 0.25 at least, in GiB; of the container's limit and down to
/// hundredths.
fn hundredths(limit: u64) -> f64 {
    let part = (limit >> 20).saturating_sub(1024) / 2 * 100 / 1024;
    f64::from(u32::try_from(part.max(25)).unwrap_or(u32::MAX)) / 100.0
}

/// The settings that the tier decides, and the kinds of those that people write most.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("net.maxIncomingConnections", Kind::Integer),
        ("operationProfiling.mode", Kind::Word(&["off", "slowOp", "all"])),
        ("operationProfiling.slowOpThresholdMs", Kind::Integer),
        ("replication.oplogSizeMB", Kind::Integer),
        ("storage.directoryPerDB", Kind::Switch),
        (CACHE, Kind::Number),
        ("systemLog.quiet", Kind::Switch),
        ("systemLog.verbosity", Kind::Integer),
    ],
    reserved: &[
        ("net.bindIp", ""),
        ("net.bindIpAll", ""),
        ("net.port", ""),
        ("processManagement.fork", ""),
        ("processManagement.pidFilePath", ""),
        ("replication.replSetName", "use `replicaSet`"),
        ("security.authorization", ""),
        ("security.clusterAuthMode", ""),
        ("security.keyFile", "use `keyFile`"),
        ("sharding.clusterRole", ""),
        ("storage.dbPath", ""),
        ("systemLog.destination", ""),
        ("systemLog.path", ""),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_half_of_what_is_above_one_gibibyte() {
        let of = |mebibytes: u64| hundredths(mebibytes << 20).to_string();
        assert_eq!(
            [of(512), of(1024), of(2048), of(4096), of(65_536)],
            ["0.25", "0.25", "0.5", "1.5", "31.5"]
        );
    }
}
