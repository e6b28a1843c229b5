//! What is known of the official images of Valkey and Redis.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// Debian's image; on Alpine the group 999 is taken.
const DEBIAN: User = User { uid: 999, gid: 999 };
const ALPINE: User = User { uid: 999, gid: 1000 };

/// Users, volume and entrypoint follow the Dockerfiles (<https://github.com/valkey-io/valkey-container>). No line has a
/// month of its last release fixed there.
pub(super) static VALKEY: Table = Table {
    title: "Valkey",
    image: "valkey/valkey",
    default: "9.1.3-alpine",
    prefix: "",
    user: DEBIAN,
    alpine: Some(ALPINE),
    ports: PORTS,
    config: "/etc/valkey/server.conf",
    ready: READY,
    drain: super::GRACE,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "the log of writes is flushed every second, and a flush that takes long holds up every client",
        source: "valkey.io/topics: Latency, AOF and disk I/O",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[line("7.2"), line("8.0"), line("8.1"), line("9.0"), line("9.1")],
};

/// Users, volume and entrypoint follow the Dockerfiles (<https://github.com/redis/docker-library-redis>).
pub(super) static REDIS: Table = Table {
    title: "Redis",
    image: "redis",
    default: "8.10.2-alpine",
    prefix: "",
    user: DEBIAN,
    alpine: Some(ALPINE),
    ports: PORTS,
    config: "/etc/redis/server.conf",
    ready: READY,
    drain: super::GRACE,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "the log of writes is flushed every second, and a flush that takes long holds up every client; Redis Software, the paid one, rules NFS out",
        source: "redis.io/docs: Diagnosing latency issues; Persistent and ephemeral node storage",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[
        // The tag that moves with 7, of which 7.4 is the last.
        line("7"),
        line("7.2"),
        line("7.4"),
        line("8.0"),
        line("8.2"),
        line("8.4"),
        line("8.6"),
        line("8.8"),
        line("8.10"),
    ],
};

const PORTS: &[(&str, u16)] =
    &[(super::REDIS_PORT_NAME, super::PORT), (super::SENTINEL_NAME, super::SENTINEL_PORT)];
const READY: &str = "`PING` is answered with `PONG`, not while it loads";

const fn line(version: &'static str) -> Line {
    Line { version, end_of_life: None, mount: super::DATA_PATH }
}

/// A version of Valkey's official image.
pub type ValkeyRelease = Version<super::Valkey>;

/// A version of Redis' official image.
pub type RedisRelease = Version<super::Redis>;

/// The same for both: the file formats have a version each, which an earlier server refuses.
const UPGRADES: Upgrades = Upgrades {
    steps: Steps::Any,
    up: "replicas first, then a failover: a replica reads what an earlier primary sends, and not the other way round",
    down: "an earlier server does not read the RDB and AOF files of a later one: start it empty, or restore a file of its own time",
    source: "redis.io/docs: Administration, Upgrading; valkey.io/topics/replication",
};

impl Released for super::Valkey {
    const TABLE: &'static Table = &VALKEY;
    const UPGRADES: Upgrades = UPGRADES;
}

impl Released for super::Redis {
    const TABLE: &'static Table = &REDIS;
    const UPGRADES: Upgrades = UPGRADES;
}

/// The same for both but the name of the program.
macro_rules! procedures {
    ($cli:literal) => {
        Procedures {
            backup: &[stage(
                "kubectl cp {namespace}/{pod}:/data {name}-data",
                "the files of one server that has everything: an earlier server does not read those of a later one",
            )],
            restore: &[stage(
                "put {name}-data onto the volume of {pod} while the tier is scaled to 0",
                "a server reads its files only when it starts; the others copy from it, with empty claims",
            )],
            before_upgrade: &[],
            after_upgrade: &[],
            removals: &[Removal {
                what: "servers",
                before: &[
                    stage(
                        concat!("kubectl exec -it {last} -n {namespace} -- ", $cli, " --askpass CONFIG SET replica-priority 0"),
                        "no failover makes {last} the primary",
                    ),
                    stage(
                        concat!("kubectl exec -it {pod} -n {namespace} -c sentinel -- ", $cli, " -p 26379 --askpass SENTINEL MASTERS"),
                        "where {last} is the primary, `SENTINEL FAILOVER` with the name shown, until one that stays is",
                    ),
                ],
                after: &[
                    stage(
                        concat!("kubectl exec -it {pod} -n {namespace} -c sentinel -- ", $cli, " -p 26379 --askpass SENTINEL RESET '*'"),
                        "on each pod that is left, half a minute apart: Sentinels remember those that are gone, and count them in a failover",
                    ),
                    stage(
                        concat!("kubectl exec -it {pod} -n {namespace} -c sentinel -- ", $cli, " -p 26379 --askpass SENTINEL MASTERS"),
                        "`num-other-sentinels` is that of the pods that are left, and `quorum` a majority of them; else `SENTINEL SET` with the name shown on each",
                    ),
                ],
            }],
            without_data: &[],
        }
    };
}

/// By hand (valkey.io/topics/sentinel; valkey.io/topics/cli).
pub(super) static PROCEDURES: Procedures = procedures!("valkey-cli");

/// By hand (redis.io/docs: Sentinel; redis-cli).
pub(super) static REDIS_PROCEDURES: Procedures = procedures!("redis-cli");
