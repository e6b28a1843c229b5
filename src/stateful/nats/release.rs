//! What differs between the official images of NATS.

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
