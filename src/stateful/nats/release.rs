//! What differs between the official images of NATS.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Paths follow the Dockerfiles (<https://github.com/nats-io/nats-docker>). They name no user, so the program
/// runs as any; 1000 is that of the chart's own tools.
pub(super) static TABLE: Table = Table {
    title: "NATS",
    image: "nats",
    default: "2.12.15-alpine",
    prefix: "",
    user: User { uid: 1000, gid: 1000 },
    alpine: None,
    ports: &[
        (super::CLIENT, super::CLIENT_PORT),
        (super::MONITOR, super::MONITOR_PORT),
        (super::CLUSTER, super::CLUSTER_PORT),
    ],
    config: "/etc/nats/nats.conf",
    ready: "`/healthz?js-server-only=true`, after `/healthz` once",
    drain: 60,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "the maintainers do not support JetStream on network-attached storage: JetStream did not recover from a stale file handle",
        source: "nats-io/nats.docs#547; nats-io/nats-server#2792",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[
        Line { version: "2.10", end_of_life: None, mount: MOUNT },
        Line { version: "2.11", end_of_life: None, mount: MOUNT },
        Line { version: "2.12", end_of_life: None, mount: MOUNT },
        Line { version: "2.14", end_of_life: None, mount: MOUNT },
    ],
};

const MOUNT: &str = "/data";

/// A version of the official image.
pub type Release = Version<super::Nats>;

impl Released for super::Nats {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Any,
        up: "servers of neighbouring lines form one cluster; JetStream's files are taken over",
        down: "the notes of the later release say which patch of an earlier line reads its files",
        source: "docs.nats.io: What's New, Upgrade considerations",
    };
}

/// By hand (docs.nats.io: disaster recovery; Clustering administration).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[
        stage(
            "kubectl port-forward service/{name} -n {namespace} 4222:4222 &",
            "the copy is made here, with a user of the account",
        ),
        stage("nats account backup {name}-backup", "every stream with its consumers"),
    ],
    restore: &[
        stage(
            "kubectl port-forward service/{name} -n {namespace} 4222:4222 &",
            "the restore runs here, with a user of the account",
        ),
        stage("nats account restore {name}-backup", "the new servers began empty"),
    ],
    before_upgrade: &[],
    after_upgrade: &[],
    removals: &[Removal {
        what: "servers",
        before: &[
            stage(
                "nats stream report",
                "it says where each stream has its copies: one that is on {last} alone needs a copy elsewhere first, by `nats stream edit STREAM --replicas=COPIES`",
            ),
            stage(
                "nats stream cluster step-down STREAM",
                "for each stream that {last} leads, until a server that stays does: the leader's copy is the one that is kept",
            ),
            stage(
                "nats stream edit STREAM --replicas=COPIES",
                "for each stream with more copies than servers are left; wait with `nats stream report` until nothing is on {last}",
            ),
            stage(
                "nats server cluster peer-remove {last}",
                "with a user of the system account, while a majority runs: afterwards nobody could any more",
            ),
            stage(
                "nats server report jetstream",
                "without {last}, the others have a leader before the next one",
            ),
        ],
        after: &[],
    }],
    without_data: &[],
};
