//! What is known of the official image of Cassandra.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// Where the data lies; a volume of the image.
pub(super) const DATA: &str = "/var/lib/cassandra";

/// The table. User, paths and the place of the configuration follow the Dockerfiles
/// (<https://github.com/docker-library/cassandra>), the tags <https://github.com/docker-library/official-images/pull/22025>.
/// A line is supported until the third after it is released (<https://cassandra.apache.org/_/download.html>).
pub(super) static TABLE: Table = Table {
    title: "Cassandra",
    image: "cassandra",
    default: "5.0.9",
    prefix: "",
    user: User { uid: 999, gid: 999 },
    alpine: None,
    ports: &[super::CQL, super::GOSSIP],
    config: "/run/cassandra/cassandra.yaml",
    ready: "CQL is served, which a node does only when it has joined the ring",
    drain: 300,
    network_storage: NetworkStorage {
        ruled_out: true,
        known: "its makers neither support nor recommend network-attached storage: nodes write and compact all the time, and saturate it",
        source: "docs.datastax.com: Production deployment planning",
        instead: "use a class of local disks or of block storage",
    },
    lines: &[
        Line { version: "4.1", end_of_life: None, mount: DATA },
        Line { version: "5.0", end_of_life: None, mount: DATA },
    ],
};

/// A version of the official image.
pub type Release = Version<super::Cassandra>;

impl Released for super::Cassandra {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Each,
        up: "one major at a time, node by node, and no node joins or leaves meanwhile; then `nodetool upgradesstables` on each",
        down: "only while `storage_compatibility_mode` is that of the earlier major: else restore snapshots",
        source: "cassandra.apache.org: NEWS.txt, Upgrading",
    };
}

/// By hand (cassandra.apache.org/doc: Adding, replacing, moving and removing nodes; NEWS.txt, Upgrading).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "kubectl exec {pod} -n {namespace} -- nodetool snapshot",
        "on every node; then copies of the snapshots elsewhere",
    )],
    restore: &[],
    before_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- nodetool status",
        "every node is UN, and none joins or leaves until all have the new version",
    )],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- nodetool upgradesstables",
        "on every node, one at a time, once all have the new version",
    )],
    removals: &[Removal {
        what: "nodes",
        before: &[stage(
            "kubectl exec {last} -n {namespace} -- nodetool decommission",
            "its rows move to the others; wait until `nodetool status` does not show {last}, and before the next one",
        )],
        after: &[],
    }],
    without_data: &[],
};
