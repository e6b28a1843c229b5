//! What is known of the operator's images of PostgreSQL.

use super::super::release::{DOWN, NETWORK_STORAGE};
use super::super::{PORT, PORT_NAME, PostgresFields};
use crate::model::Image;
use crate::stateful::procedure::{Procedures, stage};
use crate::stateful::release::{Line, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// An image that the operator can run.
pub(super) struct Operated;

/// The table. Images and tags: <https://github.com/cloudnative-pg/postgres-containers>; user and paths:
/// `pkg/specs/pods.go` of the operator, the same for every major; majors: release notes of 1.30.
static TABLE: Table = Table {
    title: "PostgreSQL for CloudNativePG",
    image: "ghcr.io/cloudnative-pg/postgresql",
    default: "17.11-standard-trixie",
    prefix: "",
    user: User { uid: 26, gid: 26 },
    alpine: None,
    ports: &[(PORT_NAME, PORT), ("status", super::STATUS)],
    config: "`spec.postgresql.parameters`",
    ready: "the instance manager's `/readyz`",
    drain: 1800,
    network_storage: NETWORK_STORAGE,
    lines: &[
        Line { version: "14", end_of_life: Some("2026-11"), mount: MOUNT },
        Line { version: "15", end_of_life: Some("2027-11"), mount: MOUNT },
        Line { version: "16", end_of_life: Some("2028-11"), mount: MOUNT },
        Line { version: "17", end_of_life: Some("2029-11"), mount: MOUNT },
        Line { version: "18", end_of_life: Some("2030-11"), mount: MOUNT },
    ],
};

const MOUNT: &str = "/var/lib/postgresql/data";

impl Released for Operated {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Converted,
        up: "the operator stops the cluster and runs `pg_upgrade`; backups begin anew, so take one right after",
        down: DOWN,
        source: "cloudnative-pg.io/docs: PostgreSQL upgrades, offline in-place major upgrades",
    };
}

/// The version as the stack gives it, if these images have such.
pub(super) fn given(fields: &PostgresFields) -> Option<Version<Operated>> {
    let version = Version::parse(fields.version.as_ref()?.as_str())?;
    (!version.alpine()).then_some(version)
}

/// The version that an image's tag begins with.
pub(super) fn tagged(image: &Image) -> Option<Version<Operated>> {
    Version::parse(image.tag()?)
}

/// The version that runs; what cannot run is reported by `check`.
pub(super) fn version(fields: &PostgresFields) -> Version<Operated> {
    given(fields).unwrap_or_else(Version::standard)
}

/// By hand (cloudnative-pg.io/docs: PostgreSQL upgrades).
pub(in crate::stateful::postgres) static PROCEDURES: Procedures = Procedures {
    backup: &[
        stage(
            "kubectl cnpg backup {name} -n {namespace} --backup-name {name}-before{method}",
            "the way back, where the cluster keeps its backups",
        ),
        stage(
            "kubectl wait --for=jsonpath='{.status.phase}'=completed backup.postgresql.cnpg.io/{name}-before -n {namespace} --timeout=6h",
            "a backup that is only asked for is none: go on when it is complete",
        ),
    ],
    restore: &[],
    before_upgrade: &[],
    after_upgrade: &[
        stage(
            "kubectl cnpg status {name} -n {namespace}",
            "the operator stops the cluster, runs `pg_upgrade` in a Job and starts it again",
        ),
        stage(
            "kubectl cnpg backup {name} -n {namespace} --backup-name {name}-after{method}",
            "backups of the old major do not go on: the new line needs one of its own",
        ),
    ],
    removals: &[],
    without_data: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn row(tag: &str) {
        let version = Version::<Operated>::parse(tag).unwrap();
        assert_eq!(version.image(None), format!("ghcr.io/cloudnative-pg/postgresql:{tag}"));
        assert_eq!((version.user().uid, version.line().mount), (26, "/var/lib/postgresql/data"));
        assert!(tag.starts_with(version.line().version));
    }

    #[test]
    fn major_14() {
        row("14.21-standard-trixie");
    }

    #[test]
    fn major_15() {
        row("15.14-system-trixie");
    }

    #[test]
    fn major_16() {
        row("16.12-standard-trixie");
    }

    #[test]
    fn major_17() {
        row("17.11-standard-trixie");
    }

    #[test]
    fn major_18() {
        row("18.6-minimal-trixie");
    }

    #[test]
    fn both_backends_know_the_same_majors() {
        let lines = |table: &Table| table.lines.iter().map(|it| it.version).collect::<Vec<_>>();
        assert_eq!(lines(&TABLE), lines(&super::super::super::release::TABLE));
        assert_eq!(Version::<Operated>::standard().as_str(), TABLE.default);
    }
}
