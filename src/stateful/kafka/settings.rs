//! Settings of nodes and topics: what is derived, and what the stack may say itself.

use indexmap::IndexMap;

use super::KafkaTier;
use crate::diag::{Route, Sink};
use crate::model::{Quantity, Resources};
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known, Setting, SettingName, reserved};

const FACTOR: &str = "use `replicationFactor`";
const IN_SYNC: &str = "use `minInsyncReplicas`";
const USERS: &str = "use `users`";

/// Settings of a node (<https://kafka.apache.org/43/configuration/broker-configs/>).
static NODE: Known = Known {
    kinds: &[
        ("auto.create.topics.enable", Kind::Switch),
        ("compression.type", Kind::Word(&["gzip", "snappy", "lz4", "zstd", "uncompressed", "producer"])),
        ("delete.topic.enable", Kind::Switch),
        ("group.initial.rebalance.delay.ms", Kind::Integer),
        ("log.cleaner.enable", Kind::Switch),
        ("log.cleanup.policy", CLEANUP),
        ("log.message.timestamp.type", Kind::Word(&["CreateTime", "LogAppendTime"])),
        ("log.retention.bytes", Kind::Integer),
        ("log.retention.hours", Kind::Integer),
        ("log.retention.minutes", Kind::Integer),
        ("log.retention.ms", Kind::Integer),
        ("log.segment.bytes", Kind::Integer),
        ("message.max.bytes", Kind::Integer),
        ("num.io.threads", Kind::Integer),
        ("num.network.threads", Kind::Integer),
        ("num.partitions", Kind::Integer),
        ("num.recovery.threads.per.data.dir", Kind::Integer),
        ("num.replica.fetchers", Kind::Integer),
        ("offsets.retention.minutes", Kind::Integer),
        ("offsets.topic.num.partitions", Kind::Integer),
        ("replica.fetch.max.bytes", Kind::Integer),
        ("socket.request.max.bytes", Kind::Integer),
        ("transaction.state.log.num.partitions", Kind::Integer),
        ("unclean.leader.election.enable", Kind::Switch),
    ],
    reserved: &[
        ("advertised.listeners", ""),
        ("broker.id", ""),
        ("broker.rack", ""),
        ("config.providers", ""),
        ("control.plane.listener.name", ""),
        ("controller.listener.names", ""),
        ("controller.quorum.bootstrap.servers", ""),
        ("controller.quorum.voters", "use `controllers` and `replicas`"),
        ("default.replication.factor", FACTOR),
        ("initial.broker.registration.timeout.ms", ""),
        ("inter.broker.listener.name", ""),
        ("listener.security.protocol.map", ""),
        ("listeners", ""),
        ("log.dir", ""),
        ("log.dirs", ""),
        ("metadata.log.dir", ""),
        ("min.insync.replicas", IN_SYNC),
        ("node.id", ""),
        ("offsets.topic.replication.factor", FACTOR),
        ("process.roles", "use `controllers`"),
        ("security.inter.broker.protocol", ""),
        ("share.coordinator.state.topic.min.isr", IN_SYNC),
        ("share.coordinator.state.topic.replication.factor", FACTOR),
        ("transaction.state.log.min.isr", IN_SYNC),
        ("transaction.state.log.replication.factor", FACTOR),
        ("zookeeper.connect", ""),
    ],
};

/// Settings whose names begin so are about TLS, logins and access lists, with what to do instead.
const ACCESS: [(&str, &str); 9] = [
    ("allow.everyone.", USERS),
    ("authorizer.", USERS),
    ("config.providers.", ""),
    ("listener.name.", "use `certificate` and `users`"),
    ("sasl.", USERS),
    ("security.", "use `certificate` and `users`"),
    ("ssl.", "use `certificate`"),
    ("super.users", USERS),
    ("zookeeper.", ""),
];

/// What may be said of TLS where there is a certificate.
const OF_TLS: [&str; 3] = ["ssl.cipher.suites", "ssl.enabled.protocols", "ssl.protocol"];

/// Settings of a topic (<https://kafka.apache.org/43/configuration/topic-configs/>).
static TOPIC: Known = Known {
    kinds: &[
        ("cleanup.policy", CLEANUP),
        ("compression.type", Kind::Word(&["gzip", "snappy", "lz4", "zstd", "uncompressed", "producer"])),
        ("delete.retention.ms", Kind::Integer),
        ("max.compaction.lag.ms", Kind::Integer),
        ("max.message.bytes", Kind::Integer),
        ("message.timestamp.type", Kind::Word(&["CreateTime", "LogAppendTime"])),
        ("min.cleanable.dirty.ratio", Kind::Number),
        ("min.compaction.lag.ms", Kind::Integer),
        ("min.insync.replicas", Kind::Integer),
        ("retention.bytes", Kind::Integer),
        ("retention.ms", Kind::Integer),
        ("segment.bytes", Kind::Integer),
        ("segment.ms", Kind::Integer),
        ("unclean.leader.election.enable", Kind::Switch),
    ],
    reserved: &[
        ("follower.replication.throttled.replicas", "a reassignment sets it"),
        ("leader.replication.throttled.replicas", "a reassignment sets it"),
    ],
};

const CLEANUP: Kind = Kind::Word(&["delete", "compact", "compact,delete", "delete,compact"]);

/// Reports settings of nodes that cannot be.
pub(super) fn check_node(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let config = &tier.fields.config;
    NODE.check(config, at, sink);
    for name in config.keys().map(SettingName::as_str) {
        let listed = NODE.reserved.iter().any(|(key, _)| *key == name);
        let allowed = tier.security().tls && OF_TLS.contains(&name);
        if let Some((_, instead)) = ACCESS.iter().find(|(it, _)| name.starts_with(it) && !listed && !allowed)
        {
            sink.push(reserved(name, instead, &at.join(name)));
        }
    }
}

/// Reports settings of a topic that cannot be.
pub(super) fn check_topic(config: &IndexMap<SettingName, Setting>, at: &Route, sink: &mut Sink) {
    TOPIC.check(config, at, sink);
}

/// A value in a properties file: one line, exactly the text.
#[must_use]
pub(super) fn property(value: &Setting) -> String {
    let mut out = String::new();
    for c in value.text().chars() {
        match c {
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            ' ' if out.is_empty() => out.push_str(r"\ "),
            '\u{20}'..='\u{7e}' => out.push(c),
            // Properties files are Latin-1.
            c => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|it| format!("\\u{it:04x}"))),
        }
    }
    out
}

/// MiB of Java's heap: what the stack says; else half of the limit and 6 GiB at most, because Kafka reads through the
/// page cache, which is the other half; 1 GiB, as Kafka's own scripts have it, without a limit.
#[must_use]
pub(super) fn heap(own: Option<&Quantity>, resources: Option<&Resources>) -> u64 {
    match (own, pieces::memory_limit(resources)) {
        (Some(own), _) => mebibytes(own),
        (None, Some(limit)) => ((limit >> 20) / 2).clamp(1, 6 * 1024),
        (None, None) => 1024,
    }
}

/// MiB that must stay outside of the heap for a limit: what the server itself takes beside it, and some page cache.
#[must_use]
pub(super) fn beside_heap(limit: u64) -> u64 {
    (limit / 4).max(192)
}

/// An amount of bytes in whole MiB.
#[must_use]
pub(super) fn mebibytes(bytes: &Quantity) -> u64 {
    u64::try_from(bytes.whole() >> 20).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_is_half_of_the_limit() {
        let of = |limit: &str| {
            let limits = [("memory".to_owned(), Quantity::parse(limit).unwrap())].into_iter().collect();
            heap(None, Some(&Resources { requests: IndexMap::new(), limits }))
        };
        assert_eq!([of("512Mi"), of("4Gi"), of("64Gi")], [256, 2048, 6144]);
        assert_eq!(heap(None, None), 1024);
        assert_eq!(heap(Some(&Quantity::parse("300Mi").unwrap()), None), 300);
        assert_eq!([beside_heap(512), beside_heap(4096)], [192, 1024]);
    }

    #[test]
    fn a_value_stays_on_its_line() {
        let text = |it: &str| property(&Setting::Text(it.to_owned()));
        assert_eq!(text("a b\\c\nd"), r"a b\\c\nd");
        assert_eq!(text("  x"), r"\  x");
        assert_eq!(text("ü😀"), r"\u00fc\ud83d\ude00");
        assert_eq!(property(&Setting::Switch(false)), "false");
    }

    #[test]
    fn known_names_are_sorted() {
        for known in [&NODE, &TOPIC] {
            assert!(known.kinds.is_sorted_by_key(|it| it.0) && known.reserved.is_sorted_by_key(|it| it.0));
        }
    }
}
