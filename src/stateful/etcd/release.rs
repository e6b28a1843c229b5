//! What differs between the official images of etcd.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. The image is the one that the project's release pushes first (<https://github.com/etcd-io/etcd/issues/13303>,
/// <https://github.com/kubernetes/k8s.io/pull/8596>); `registry.k8s.io/etcd` is a copy of it. Paths follow its Dockerfile
/// (<https://github.com/etcd-io/etcd/blob/main/Dockerfile>), a distroless image that names no user: 65532 is that image's
/// `nonroot`.
pub(super) static TABLE: Table = Table {
    title: "etcd",
    image: "gcr.io/etcd-development/etcd",
    default: "v3.6.15",
    prefix: "v",
    user: User { uid: 65532, gid: 65532 },
    alpine: None,
    ports: &[
        (super::CLIENT, super::CLIENT_PORT),
        (super::METRICS, super::METRICS_PORT),
        (super::PEER, super::PEER_PORT),
    ],
    config: "arguments",
    ready: "`/readyz`: a read that a majority confirms",
    drain: 30,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "each write waits for the disk of a majority, and its lock on the log has outlived the process on NFS",
        source: "etcd.io/docs: Hardware recommendations, Disks; etcd-io/etcd#12419",
        instead: "use a class of block storage or of local disks, with 500 sequential writes a second at least",
    },
    lines: &[
        Line { version: "3.5", end_of_life: None, mount: MOUNT },
        Line { version: "3.6", end_of_life: None, mount: MOUNT },
    ],
};

const MOUNT: &str = "/var/lib/etcd";

/// The first patch of 3.5 that answers `/livez` and `/readyz`.
pub(super) const PROBED_3_5: u32 = 12;

/// A version of the official image.
pub type Release = Version<super::Etcd>;

impl Released for super::Etcd {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Each,
        up: "one minor at a time, and not while a member is away",
        down: "from 3.6 to 3.5 by `etcdctl downgrade enable`; else restore a snapshot",
        source: "etcd.io/docs: Upgrading etcd; Downgrading etcd",
    };
}

impl Release {
    /// The third number; none where the tag has none. The project publishes no tags without it.
    #[must_use]
    pub fn patch(&self) -> Option<u32> {
        let third = self.as_str().split('.').nth(2)?;
        let digits = third.find(|c: char| !c.is_ascii_digit()).unwrap_or(third.len());
        third[..digits].parse().ok()
    }
}

/// By hand (etcd.io/docs: Upgrading etcd; Runtime reconfiguration).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[
        stage(
            "kubectl port-forward {pod} -n {namespace} 2379:2379 &",
            "the image has no shell: the snapshot is taken here",
        ),
        stage("etcdctl --endpoints=localhost:2379 snapshot save {name}.db", "the way back"),
    ],
    restore: &[],
    before_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- etcdctl endpoint health --cluster",
        "no member is away",
    )],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- etcdctl endpoint status --cluster -w table",
        "every member has the new version; the cluster's own version rises by itself",
    )],
    removals: &[Removal {
        what: "voters",
        before: &[
            stage(
                "kubectl exec {pod} -n {namespace} -- etcdctl member list",
                "the first column is the id of {last}",
            ),
            stage(
                "kubectl exec {pod} -n {namespace} -- etcdctl member remove ID",
                "with the id of {last}: a member that is only gone still counts to the majority; of two, one that fails meanwhile stops the other as well, so a snapshot comes first",
            ),
            stage(
                "kubectl exec {pod} -n {namespace} -- etcdctl endpoint health --cluster",
                "without {last}, all are healthy before the next one is taken out",
            ),
        ],
        after: &[],
    }],
    without_data: &[],
};
