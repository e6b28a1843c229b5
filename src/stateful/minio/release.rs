//! What differs between the images of `MinIO`.

use crate::stateful::procedure::{Procedures, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. The maker publishes no images since October 2025 (<https://github.com/minio/minio/issues/21647>) and took
/// those on Docker Hub away; the default is the last that is left on quay.io. Paths follow its Dockerfile.release
/// (<https://github.com/minio/minio/blob/master/Dockerfile.release>), which names no user; `mc` and `sh` are in it.
pub(super) static TABLE: Table = Table {
    title: "MinIO",
    image: "quay.io/minio/minio",
    default: "RELEASE.2025-09-07T16-13-09Z",
    prefix: "RELEASE.",
    user: User { uid: 1000, gid: 1000 },
    alpine: None,
    ports: &[(super::API, super::API_PORT), (super::CONSOLE, super::CONSOLE_PORT)],
    config: "arguments, MINIO_ variables",
    ready: "`/minio/health/ready`",
    drain: 75,
    network_storage: NetworkStorage {
        ruled_out: true,
        known: "its consistency of reading what was just written needs local file systems, and cannot be had on NFS",
        source: "min.io/docs: Hardware Checklist, Storage",
        instead: "use a class of block storage or of local disks, formatted with XFS",
    },
    lines: &[
        Line { version: "2024", end_of_life: Some("2025-10"), mount: MOUNT },
        Line { version: "2025", end_of_life: Some("2025-10"), mount: MOUNT },
    ],
};

const MOUNT: &str = "/data";

/// A version of the image.
pub type Release = Version<super::Minio>;

impl Released for super::Minio {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Any,
        up: "all servers at once, which do not work beside others of another release",
        down: "not supported: a later release may have written what an earlier one does not read",
        source: "min.io/docs: Upgrade a MinIO Deployment",
    };
}

/// By hand (min.io/docs: mc mirror; Upgrade a MinIO Deployment).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage("mc mirror --preserve {name}/BUCKET COPY/BUCKET", "for each bucket, to another store")],
    restore: &[stage(
        "mc mirror --preserve COPY/BUCKET {name}/BUCKET",
        "for each bucket: the new servers began empty",
    )],
    before_upgrade: &[],
    after_upgrade: &[],
    removals: &[],
    without_data: &[],
};
