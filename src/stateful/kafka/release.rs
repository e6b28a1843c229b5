//! What is known of the releases of Kafka's own image.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Paths, the user and the volume follow the Dockerfile (<https://github.com/apache/kafka>, `docker/jvm`);
/// Kafka supports its last three minor releases, without a fixed date for any
/// (<https://kafka.apache.org/community/downloads/>).
pub(super) static TABLE: Table = Table {
    title: "Kafka",
    image: "apache/kafka",
    default: "4.3.1",
    prefix: "",
    user: User { uid: 1000, gid: 1000 },
    alpine: None,
    ports: &[
        (super::CLIENT_NAME, super::CLIENT),
        (super::CONTROLLER_NAME, super::CONTROLLER),
        (super::BROKER_NAME, super::BROKER),
    ],
    config: "/run/kafka/server.properties",
    ready: "the client port answers six times in a row",
    drain: super::GRACE,
    network_storage: NetworkStorage {
        ruled_out: true,
        known: "block storage is required: a segment that is deleted while it is open is renamed on NFS, and the broker stops",
        source: "strimzi.io/docs: Data storage considerations; NetApp: Kafka and the NFS silly rename",
        instead: "use a class of block storage or of local disks, formatted with XFS or ext4",
    },
    lines: &[
        Line { version: "3.9", end_of_life: None, mount: MOUNT },
        Line { version: "4.0", end_of_life: None, mount: MOUNT },
        Line { version: "4.1", end_of_life: None, mount: MOUNT },
        Line { version: "4.2", end_of_life: None, mount: MOUNT },
        Line { version: "4.3", end_of_life: None, mount: MOUNT },
    ],
};

/// The image declares a volume here: a claim mounted above it would be covered.
const MOUNT: &str = "/var/lib/kafka/data";

/// A version of the official image.
pub type Release = Version<super::Kafka>;

impl Released for super::Kafka {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Any,
        up: "after the last broker, raise the level of the features: `kafka-features.sh upgrade --release-version`",
        down: "only while the level of the features was not raised",
        source: "kafka.apache.org/documentation: Upgrading",
    };
}

impl Release {
    /// Whether it is of the line 4.0 or later: its own log goes through Log4j 2, and it knows share groups.
    #[must_use]
    pub fn since_4(&self) -> bool {
        !self.line().version.starts_with("3.")
    }

    /// The full version, `4.3.1`; none where the text is shorter, as no tag of the official image is.
    #[must_use]
    pub fn full(&self) -> Option<&str> {
        let version = self.as_str().split('-').next()?;
        (version.split('.').count() == 3).then_some(version)
    }

    /// The folder of all logs, below the mount.
    #[must_use]
    pub fn log_dir(&self) -> String {
        format!("{}/log", self.line().mount)
    }
}

/// By hand (kafka.apache.org/documentation: Upgrading; Basic Kafka Operations).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "copy the topics to another cluster, by MirrorMaker 2",
        "Kafka has no backup of its own",
    )],
    restore: &[],
    before_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-topics.sh --bootstrap-server {pod}.{domain}:9092 --describe --under-replicated-partitions",
        "nothing is printed where every partition has all its copies",
    )],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-features.sh --bootstrap-server {pod}.{domain}:9092 upgrade --release-version {to}",
        "when all brokers run well: the level of the metadata is raised, and there is no way back",
    )],
    removals: &[
        Removal {
            what: "brokers",
            before: &[
                stage(
                    "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-reassign-partitions.sh --bootstrap-server {pod}.{domain}:9092 --broker-list REMAINING --topics-to-move-json-file TOPICS --generate",
                    "a plan that leaves nothing on {last}, those topics included that begin with `__`; where a topic has more copies than brokers remain, shorten its `replicas` in the plan by hand, and see to `min.insync.replicas`",
                ),
                stage(
                    "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-reassign-partitions.sh --bootstrap-server {pod}.{domain}:9092 --reassignment-json-file PLAN --execute",
                    "then the same with `--verify` until nothing is left on {last}, and before the next one",
                ),
                stage(
                    "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server {pod}.{domain}:9092 describe --status",
                    "where {last} is among the voters, it is a controller as well, and they are those of the first start: leave the number, or fill another cluster by MirrorMaker 2",
                ),
            ],
            after: &[stage(
                "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-cluster.sh unregister --bootstrap-server {pod}.{domain}:9092 --id {ordinal}",
                "the cluster forgets the broker",
            )],
        },
        Removal {
            what: "voters",
            before: &[stage(
                "kubectl exec {pod} -n {namespace} -- /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server {pod}.{domain}:9092 describe --status",
                "{last} is among the voters, which are those of the first start: leave the number, or fill another cluster by MirrorMaker 2",
            )],
            after: &[],
        },
    ],
    without_data: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn row(text: &str, since_4: bool, full: Option<&str>) {
        let release = Release::parse(text).unwrap();
        assert_eq!((release.user().uid, release.user().gid), (1000, 1000));
        assert_eq!(release.log_dir(), "/var/lib/kafka/data/log");
        assert_eq!((release.since_4(), release.full()), (since_4, full));
    }

    #[test]
    fn line_3_9() {
        row("3.9.0", false, Some("3.9.0"));
    }

    #[test]
    fn line_4_0() {
        row("4.0.1", true, Some("4.0.1"));
    }

    #[test]
    fn line_4_1() {
        row("4.1", true, None);
    }

    #[test]
    fn line_4_2() {
        row("4.2.0-rc1", true, Some("4.2.0"));
    }

    #[test]
    fn line_4_3() {
        row("4.3.1", true, Some("4.3.1"));
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["3.8.1", "2.13-3.9.0", "4", "latest", "5.0.0"] {
            assert!(Release::parse(text).is_none(), "{text}");
        }
        assert_eq!(Release::standard().as_str(), "4.3.1");
    }

    #[test]
    fn what_is_proven_by_running_is_the_default() {
        let jars = include_str!("../../../tests/engines/kafka/pom.xml");
        assert!(jars.contains(&format!("<kafka.version>{}</kafka.version>", TABLE.default)));
    }
}
