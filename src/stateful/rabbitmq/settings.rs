//! Settings of a node: what is derived, and what the stack may say itself.

use super::{Plugin, RabbitMqTier};
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known};

/// What is known of the settings.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("channel_max", Kind::Integer),
        ("cluster_partition_handling", Kind::Word(&["autoheal", "ignore", "pause_minority"])),
        ("collect_statistics_interval", Kind::Integer),
        ("consumer_timeout", Kind::Integer),
        ("default_queue_type", Kind::Word(&["classic", "quorum", "stream"])),
        ("disk_free_limit.relative", Kind::Number),
        ("frame_max", Kind::Integer),
        ("heartbeat", Kind::Integer),
        ("log.console.level", Kind::Word(&["critical", "debug", "error", "info", "none", "warning"])),
        ("max_message_size", Kind::Integer),
        ("queue_leader_locator", Kind::Word(&["balanced", "client-local"])),
        ("vm_memory_high_watermark.relative", Kind::Number),
    ],
    reserved: &[
        ("default_pass", "use `password`"),
        ("default_user", "use `user`"),
        ("default_vhost", "use `vhost`"),
        ("log.console", ""),
        ("log.file", ""),
    ],
};

/// What settings of the tier's own begin with, each with what to do instead, which may be empty.
pub(super) static RESERVED_PREFIXES: [(&str, &str); 9] = [
    ("cluster_formation.", "the nodes follow from `replicas`"),
    ("distribution.listener.", ""),
    ("listeners.", ""),
    ("management.listener.", ""),
    ("management.tcp.", ""),
    ("mqtt.listeners.", ""),
    ("prometheus.tcp.", ""),
    ("stomp.listeners.", ""),
    ("stream.listeners.", ""),
];

/// Groups of settings of which one counts: what is derived gives way to any of the stack's.
const GROUPS: [&str; 2] = ["disk_free_limit.", "vm_memory_high_watermark."];

/// The lines of `rabbitmq.conf`: what is derived, unless the stack says it, and then what the stack says.
pub(super) fn lines(tier: &RabbitMqTier, name: &str) -> Vec<(String, String)> {
    let config = &tier.fields.config;
    let group = |name: &str| GROUPS.into_iter().find(|it| name.starts_with(it));
    let said = |name: &str| {
        config
            .keys()
            .any(|it| it.as_str() == name || group(name).is_some_and(|group| it.as_str().starts_with(group)))
    };
    let own = derived(tier, name).into_iter().filter(|(name, _)| !said(name));
    let own = own.map(|(name, value)| (name.to_owned(), value));
    own.chain(config.iter().map(|(name, it)| (name.as_str().to_owned(), it.text().to_owned()))).collect()
}

fn derived(tier: &RabbitMqTier, name: &str) -> Vec<(&'static str, String)> {
    let plugins = &tier.fields.plugins;
    let mut found = vec![("log.console", "true".to_owned()), ("log.file", "false".to_owned())];
    let memory = pieces::memory_limit(tier.common.resources.as_deref());
    if let Some(memory) = memory {
        found.push(("vm_memory_high_watermark.absolute", (memory / 5 * 3).to_string()));
    }
    let storage = u64::try_from(tier.storage.size.whole()).unwrap_or_default();
    found.push(("disk_free_limit.absolute", free_limit(memory, storage).to_string()));
    if plugins.contains(&Plugin::Prometheus) && !plugins.contains(&Plugin::Management) {
        // As in the image: what only the pages of `rabbitmq_management` show is not collected.
        found.push(("management_agent.disable_metrics_collector", "true".to_owned()));
    }
    if tier.clustered() {
        let copies = tier.fields.replicas.min(3);
        found.push(("cluster_name", name.to_owned()));
        if tier.fields.version.may_partition() {
            found.push(("cluster_partition_handling", "pause_minority".to_owned()));
        }
        found.push(("default_queue_type", "quorum".to_owned()));
        found.push(("queue_leader_locator", "balanced".to_owned()));
        // A queue that is declared while a node is away would have too few copies for ever.
        found.push(("quorum_queue.continuous_membership_reconciliation.enabled", "true".to_owned()));
        let target = "quorum_queue.continuous_membership_reconciliation.target_group_size";
        found.push((target, copies.to_string()));
    }
    found
}

/// As much as the memory limit, because that may have to be written; not more than a quarter of a small volume.
fn free_limit(memory: Option<u64>, storage: u64) -> u64 {
    memory.unwrap_or(1 << 30).min(storage / 4).max(50_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_keeps_room_for_the_memory() {
        assert_eq!(free_limit(Some(1 << 30), 10 << 30), 1 << 30);
        assert_eq!(free_limit(Some(8 << 30), 10 << 30), (10 << 30) / 4);
        assert_eq!(free_limit(None, 100 << 30), 1 << 30);
        assert_eq!(free_limit(None, 0), 50_000_000);
    }
}
