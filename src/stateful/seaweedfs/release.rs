//! What is known of the official image of `SeaweedFS`.

use super::flags::{FILER, MASTER, S3, VOLUME};
use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Ports, `/data` and `/etc/seaweedfs/filer.toml` follow the Dockerfiles in
/// <https://github.com/seaweedfs/seaweedfs/tree/master/docker>. Images before 4 run as root unless told otherwise, later
/// ones as `seaweed` (1000); the program itself asks for no particular user.
pub(super) static TABLE: Table = Table {
    title: "SeaweedFS",
    image: "chrislusf/seaweedfs",
    default: "4.48",
    prefix: "",
    user: User { uid: 1000, gid: 1000 },
    alpine: None,
    ports: &[S3, FILER, MASTER, VOLUME],
    config: "/etc/seaweedfs/filer.toml",
    ready: "S3 `/status`, master `/cluster/healthz`, volume server `/healthz`",
    drain: 60,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "its documentation speaks of disks of its own and says nothing of file servers; volumes are large files that are written in place",
        source: "github.com/seaweedfs/seaweedfs/wiki: Optimization",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[
        Line { version: "3", end_of_life: None, mount: super::flags::DATA },
        Line { version: "4", end_of_life: None, mount: super::flags::DATA },
    ],
};

/// A version of the official image.
pub type Release = Version<super::Seaweedfs>;

impl Released for super::Seaweedfs {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Any,
        up: "its makers have no procedure: read the notes of each release between",
        down: "its makers say nothing of it: take a copy first",
        source: "github.com/seaweedfs/seaweedfs/releases",
    };
}

impl Release {
    /// Whether masters may send statistics to the makers, which they do unless told not to. The flag is unknown to most
    /// of version 3, and an unknown flag stops the process.
    #[must_use]
    pub fn reports_home(&self) -> bool {
        self.line().version != "3"
    }
}

/// By hand (github.com/seaweedfs/seaweedfs/wiki: weed shell).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage("rclone sync {name}: COPY:", "every bucket, through S3, to another store")],
    restore: &[stage("rclone sync COPY: {name}:", "the new servers began empty")],
    before_upgrade: &[],
    after_upgrade: &[],
    removals: &[
        Removal {
            what: "volume servers",
            // The shell looks for a master beside itself.
            before: &[stage(
                "kubectl exec -it {name}-master-0 -n {namespace} -- weed shell",
                "in it: `lock`, `volumeServer.evacuate -node {last}.{domain}:8080`, `unlock`",
            )],
            after: &[],
        },
        Removal {
            what: "voters",
            before: &[stage(
                "kubectl exec -it {pod} -n {namespace} -- weed shell",
                "in it: `cluster.raft.ps`, then `cluster.raft.remove -id` with the id of {last}",
            )],
            after: &[],
        },
    ],
    without_data: &[],
};
