//! What differs between the official images of Postgres.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Paths and users follow the Dockerfiles (<https://github.com/docker-library/postgres>; the mount of 18 is
/// its pull request 1259), last releases <https://www.postgresql.org/support/versioning/>.
pub(super) static TABLE: Table = Table {
    title: "PostgreSQL",
    image: "postgres",
    default: "17-alpine",
    prefix: "",
    user: User { uid: 999, gid: 999 },
    alpine: Some(User { uid: 70, gid: 70 }),
    ports: &[(super::PORT_NAME, super::PORT)],
    config: "/etc/postgres/postgresql.conf",
    ready: "`pg_isready` on the database",
    drain: 120,
    network_storage: NETWORK_STORAGE,
    lines: &[
        Line { version: "14", end_of_life: Some("2026-11"), mount: OLD_MOUNT },
        Line { version: "15", end_of_life: Some("2027-11"), mount: OLD_MOUNT },
        Line { version: "16", end_of_life: Some("2028-11"), mount: OLD_MOUNT },
        Line { version: "17", end_of_life: Some("2029-11"), mount: OLD_MOUNT },
        Line { version: "18", end_of_life: Some("2030-11"), mount: "/var/lib/postgresql" },
    ],
};

const OLD_MOUNT: &str = "/var/lib/postgresql/data";

/// The same whoever runs it.
pub(super) const DOWN: &str =
    "an earlier major reads neither the data nor, as a rule, a dump: restore a backup of its own time";

/// A version of the official image.
pub type Release = Version<super::Postgres>;

/// The same whoever runs it.
pub(super) const NETWORK_STORAGE: NetworkStorage = NetworkStorage {
    ruled_out: false,
    known: "NFS works where it is mounted with `hard` and exported with `sync`: without the one a slow network is an I/O error, without the other a crash of the file server may corrupt data",
    source: "postgresql.org/docs: Creating a Database Cluster, File Systems",
    instead: "use a class of block storage or of local disks; or see to `mountOptions: [hard]` and to the server's `sync`, and accept the finding",
};

impl Released for super::Postgres {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Converted,
        up: "a later major does not read the data: restore a backup into a new tier, or run `pg_upgrade` by hand",
        down: DOWN,
        source: "postgresql.org/docs: Upgrading a PostgreSQL Cluster",
    };
}

impl Release {
    fn major(&self) -> u32 {
        self.line().version.parse().unwrap_or_default()
    }

    /// The data folder, inside the volume.
    #[must_use]
    pub fn pgdata(&self) -> String {
        match self.major() {
            ..18 => format!("{OLD_MOUNT}/pgdata"),
            major => format!("/var/lib/postgresql/{major}/docker"),
        }
    }

    /// `POSTGRES_INITDB_ARGS`: while it initialises, the server does not read the rendered configuration yet.
    /// `initdb` knows `--set` from 16 on.
    #[must_use]
    pub fn initdb_args(&self) -> Option<&'static str> {
        (self.major() >= 16).then_some("--set huge_pages=off")
    }
}

/// By hand (postgresql.org/docs/current/upgrading.html).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "kubectl exec {pod} -n {namespace} -- sh -c 'pg_dumpall -U \"$POSTGRES_USER\"' > {name}.sql",
        "every database and role, as text that any later server reads",
    )],
    restore: &[
        stage(
            "kubectl exec -i {pod} -n {namespace} -- sh -c 'psql -U \"$POSTGRES_USER\" -d postgres' < {name}.sql",
            "the new server began empty; what exists already is said, and left alone",
        ),
        stage(
            "kubectl exec {pod} -n {namespace} -- sh -c 'vacuumdb -U \"$POSTGRES_USER\" --all --analyze-in-stages'",
            "a restored database has no statistics yet",
        ),
    ],
    before_upgrade: &[],
    after_upgrade: &[],
    removals: &[Removal {
        what: "servers",
        before: &[],
        after: &[
            stage(
                "kubectl rollout status statefulset {set} -n {namespace}",
                "the standbys that go have gone, and nothing reads their slots",
            ),
            stage(
                "kubectl exec {pod} -n {namespace} -- sh -c 'psql -U \"$POSTGRES_USER\" -d postgres -c \"select pg_drop_replication_slot(\\$\\$standby_{ordinal}\\$\\$)\"'",
                "the slot of a standby that is gone keeps WAL until the disk is full",
            ),
        ],
    }],
    without_data: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, uid: i64, mount: &str, pgdata: &str, initdb_args: bool) {
        let release = Release::parse(text).unwrap();
        assert_eq!((release.user().uid, release.line().mount), (uid, mount));
        assert_eq!((release.pgdata().as_str(), release.initdb_args().is_some()), (pgdata, initdb_args));
    }

    #[test]
    fn major_14() {
        row("14", 999, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", false);
    }

    #[test]
    fn major_15() {
        row("15-alpine3.21", 70, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", false);
    }

    #[test]
    fn major_16() {
        row("16.9", 999, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", true);
    }

    #[test]
    fn major_17() {
        row("17-alpine", 70, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", true);
    }

    #[test]
    fn major_18() {
        row("18-bookworm", 999, "/var/lib/postgresql", "/var/lib/postgresql/18/docker", true);
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["9.6", "13", "19", "latest", "", "17alpine", "17 x", "17/x", "-17"] {
            assert!(Release::parse(text).is_none(), "{text}");
        }
        assert_eq!(Release::standard().as_str(), "17-alpine");
    }
}
