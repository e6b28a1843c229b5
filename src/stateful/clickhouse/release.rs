//! What is known of the official images of ClickHouse.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table, for servers and Keeper alike. Users and paths follow `docker/server/Dockerfile.*` and `docker/keeper/Dockerfile`
/// of <https://github.com/ClickHouse/ClickHouse>, the lines its `utils/list-versions/version_date.tsv` and its changelog. Only
/// lines with long-term support (of March and August) are here; each is supported for a year
/// (<https://clickhouse.com/docs/faq/operations/production>).
pub(super) static TABLE: Table = Table {
    title: "ClickHouse",
    image: "clickhouse/clickhouse-server",
    default: "26.3.32.14",
    prefix: "",
    user: User { uid: 101, gid: 101 },
    alpine: None,
    ports: &[super::server::NATIVE, super::server::HTTP, super::server::INTERSERVER],
    config: "/etc/clickhouse-server/config.d/",
    ready: "`/ping` answers",
    drain: 120,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "ext4, and then XFS, is what it is tested on; parts are renamed and hard-linked by the thousand, which a file server does slowly",
        source: "clickhouse.com/docs: Usage Recommendations, File System; ClickHouse/ClickHouse#42337",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[
        Line { version: "24.8", end_of_life: Some("2025-08"), mount: super::server::DATA_PATH },
        Line { version: "25.3", end_of_life: Some("2026-03"), mount: super::server::DATA_PATH },
        Line { version: "25.8", end_of_life: Some("2026-08"), mount: super::server::DATA_PATH },
        Line { version: "26.3", end_of_life: Some("2027-03"), mount: super::server::DATA_PATH },
        Line { version: "26.8", end_of_life: Some("2027-08"), mount: super::server::DATA_PATH },
    ],
};

/// The official image of Keeper, whose tags are those of the server's.
pub(super) const KEEPER_IMAGE: &str = "clickhouse/clickhouse-keeper";

/// A version of the official images.
pub type Release = Version<super::Clickhouse>;

impl Released for super::Clickhouse {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::AtMost(2),
        up: "a year at most, of which two lines are: so far servers of one cluster understand each other; the servers first, then Keeper",
        down: "within a year, and only while nothing new was used",
        source: "clickhouse.com/docs/operations/update",
    };
}

/// By hand (clickhouse.com/docs/operations/update; clickhouse.com/docs/operations/backup; clickhouse.com/docs/guides/sre/keeper/clickhouse-keeper).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[stage(
        "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"BACKUP ALL TO S3('URL', 'KEY', 'SECRET')\"",
        "each shard has rows of its own: on one server of each; a replica is no backup",
    )],
    restore: &[stage(
        "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"RESTORE ALL FROM S3('URL', 'KEY', 'SECRET')\"",
        "the new servers began empty",
    )],
    before_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"select table, absolute_delay from system.replicas where is_readonly or absolute_delay > 60\"",
        "nothing is printed where all replicas are up to date",
    )],
    after_upgrade: &[stage(
        "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"select version()\"",
        "on each server: all have the new version before anything new is used",
    )],
    removals: &[
        Removal {
            what: "servers",
            before: &[
                stage(
                    "kubectl exec {last} -n {namespace} -- clickhouse-client -q \"select database, name, engine from system.tables where engine like '%MergeTree' and engine not like 'Replicated%' and database != 'system'\"",
                    "what is printed is not replicated: its rows are on {last} alone, and are copied first",
                ),
                stage(
                    "kubectl exec {last} -n {namespace} -- clickhouse-client -q \"select database, table, queue_size from system.replicas where queue_size > 0\"",
                    "nothing is printed once {last} has nothing that the others have not",
                ),
                stage(
                    "kubectl scale statefulset {set} -n {namespace} --replicas={ordinal}",
                    "a replica is dropped only once {last} has stopped",
                ),
                stage(
                    "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"SYSTEM DROP REPLICA '{last}'\"",
                    "the others stop keeping what it has not read; replicated tables, and this, need the Keeper: where that goes with the second server, copy them into tables of `MergeTree` first",
                ),
            ],
            after: &[],
        },
        Removal {
            what: "shards",
            before: &[stage(
                "kubectl exec {pod} -n {namespace} -- clickhouse-client -q \"select * from DATABASE.TABLE format Native\" | kubectl exec -i STAYS -n {namespace} -- clickhouse-client -q \"insert into DATABASE.TABLE format Native\"",
                "rows are on one shard alone: for each table that keeps rows itself, while nobody writes; STAYS is a server of a shard that stays; where none does, as a single shard has a StatefulSet of another name, the backups are restored into that",
            )],
            after: &[],
        },
    ],
    without_data: &["keeper"],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, line: &str) {
        let release = Release::parse(text).unwrap();
        assert_eq!((release.line().version, release.line().mount), (line, "/var/lib/clickhouse"));
        assert_eq!((release.user().uid, release.user().gid), (101, 101));
        assert_eq!(release.image(None), format!("clickhouse/clickhouse-server:{text}"));
    }

    #[test]
    fn line_24_8() {
        row("24.8.14.39", "24.8");
    }

    #[test]
    fn line_25_3() {
        row("25.3-alpine", "25.3");
    }

    #[test]
    fn line_25_8() {
        row("25.8.20.4", "25.8");
    }

    #[test]
    fn line_26_3() {
        row("26.3.32.14-alpine", "26.3");
    }

    #[test]
    fn line_26_8() {
        row("26.8", "26.8");
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["latest", "head", "25", "25.30", "v25.3", "23.8", "25.3alpine", "25.3/x", ""] {
            assert!(Release::parse(text).is_none(), "{text}");
        }
        assert_eq!(Release::standard().line().version, "26.3");
    }
}
