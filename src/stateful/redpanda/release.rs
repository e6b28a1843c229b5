//! What is known of the official image of Redpanda.

use super::{ADMIN, KAFKA, PROXY, REGISTRY, RPC};
use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Ports follow <https://docs.redpanda.com/current/deploy/redpanda/manual/production/>, user and folders the
/// makers' chart (<https://github.com/redpanda-data/redpanda-operator/tree/main/charts/redpanda>), the ends of lines the list of
/// releases at <https://docs.redpanda.com/streaming/current/>.
pub(super) static TABLE: Table = Table {
    title: "Redpanda",
    image: "redpandadata/redpanda",
    default: "v26.1.14",
    prefix: "v",
    user: User { uid: 101, gid: 101 },
    alpine: None,
    ports: &[KAFKA, PROXY, REGISTRY, ADMIN, RPC],
    config: "/etc/redpanda/redpanda.yaml",
    ready: "`/v1/status/ready` of the admin API",
    drain: 120,
    network_storage: NetworkStorage {
        ruled_out: true,
        known: "it needs XFS, or ext4, and asynchronous I/O on it; on NFS the broker does not start, or may lose what it confirmed",
        source: "docs.redpanda.com: Requirements, Storage; redpanda-data/redpanda#8504",
        instead: "use a class of block storage or of local disks, formatted with XFS",
    },
    lines: &[
        line("24.2", Some("2025-07")),
        line("24.3", Some("2025-12")),
        line("25.1", Some("2026-04")),
        line("25.2", Some("2026-07")),
        line("25.3", None),
        line("26.1", Some("2027-03")),
    ],
};

const fn line(version: &'static str, end_of_life: Option<&'static str>) -> Line {
    Line { version, end_of_life, mount: super::settings::DATA }
}

/// A version of the official image.
pub type Release = Version<super::Redpanda>;

impl Released for super::Redpanda {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Each,
        up: "one feature release at a time, each broker in maintenance mode while it is replaced",
        down: "only while not all brokers have the later release",
        source: "docs.redpanda.com: Upgrade; Rolling Upgrade",
    };
}

/// By hand (docs.redpanda.com: Upgrade; Decommission Brokers).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "copy the topics to another cluster, by MirrorMaker 2",
        "Redpanda has no backup of its own but tiered storage",
    )],
    restore: &[],
    before_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- rpk cluster health",
        "healthy before each broker that is replaced",
    )],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- rpk redpanda admin brokers list",
        "every broker has the new release; there is no way back",
    )],
    removals: &[Removal {
        what: "brokers",
        before: &[
            stage(
                "kubectl exec {pod} -n {namespace} -- rpk redpanda admin brokers list",
                "the first column is the id of {last}",
            ),
            stage(
                "kubectl exec {pod} -n {namespace} -- rpk redpanda admin brokers decommission ID",
                "with the id of {last}: its partitions move to the others",
            ),
            stage(
                "kubectl exec {pod} -n {namespace} -- rpk redpanda admin brokers decommission-status ID",
                "until nothing is left on {last}, and before the next one: two at once may have the only copies",
            ),
        ],
        after: &[],
    }],
    without_data: &[],
};
