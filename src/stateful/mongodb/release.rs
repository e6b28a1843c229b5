//! What is known of the official image of `MongoDB`.

use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. User, paths and volumes follow the Dockerfiles (<https://github.com/docker-library/mongo>), last releases
/// <https://www.mongodb.com/legal/support-policy/lifecycles>.
pub(super) static TABLE: Table = Table {
    title: "MongoDB",
    image: "mongo",
    default: "8.0.17",
    prefix: "",
    user: User { uid: 999, gid: 999 },
    alpine: None,
    ports: &[(super::PORT_NAME, super::PORT)],
    config: "/etc/mongodb/mongod.conf",
    ready: "`mongosh` pings it, in whatever state the member is",
    drain: 120,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "WiredTiger works on remote file systems that are POSIX, and is slower there; NFS wants `bg`, `hard`, `nolock`, `noatime` and `nointr`",
        source: "mongodb.com/docs: Production Notes, Remote Filesystems (NFS)",
        instead: "use a class of block storage or of local disks; or say `mountOptions: [hard, nolock, noatime]`, and accept the finding",
    },
    lines: &[
        Line { version: "7.0", end_of_life: Some("2027-08"), mount: super::settings::DATA },
        Line { version: "8.0", end_of_life: Some("2029-10"), mount: super::settings::DATA },
    ],
};

/// A version of the official image.
pub type Release = Version<super::Mongodb>;

impl Released for super::Mongodb {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Each,
        up: "one major at a time; after the last member `setFeatureCompatibilityVersion`, without which the next major does not start",
        down: "not supported in the Community edition: restore a dump",
        source: "mongodb.com/docs: Release Notes, upgrade and downgrade",
    };
}
