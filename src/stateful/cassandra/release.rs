//! What is known of the official image of Cassandra.

use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};

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
}
