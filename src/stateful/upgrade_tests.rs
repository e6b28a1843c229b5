//! Pairs of tiers, engine by engine, and what the change from one to the other means.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use super::procedure::Procedures;
use super::testing::tier;
use super::upgrade::{What, changes, from_number};

/// The changes of a tier in which one text becomes another, one a line: keys, kind, values.
#[track_caller]
fn found(yaml: &str, from: &str, to: &str) -> String {
    assert!(yaml.contains(from), "{from} is not in {yaml}");
    between(yaml, &yaml.replace(from, to))
}

#[track_caller]
fn between(before: &str, after: &str) -> String {
    let line = |it: &super::upgrade::Change| {
        let (kind, pair) = match &it.what {
            What::Engine(pair) => ("engine".to_owned(), Some(pair)),
            What::Backend(pair) => ("backend".to_owned(), Some(pair)),
            What::Upgrade(pair) => ("upgrade".to_owned(), Some(pair)),
            What::MajorUpgrade(pair) => ("major".to_owned(), Some(pair)),
            What::SkippedLines(pair, stops) => (format!("skips {}", stops.join(" ")), Some(pair)),
            What::Downgrade(pair) => ("down".to_owned(), Some(pair)),
            What::ShrinkingClaim(pair) => ("shrinks".to_owned(), Some(pair)),
            What::GrowingClaim(pair) => ("grows".to_owned(), Some(pair)),
            What::StorageClass(pair) => ("class".to_owned(), Some(pair)),
            What::StorageGone => ("gone".to_owned(), None),
            What::FewerMembers(what, pair) => (format!("fewer {what}"), Some(pair)),
            What::MoreMembers(what, pair) => (format!("more {what}"), Some(pair)),
            What::FixedAtStart(pair) => ("fixed".to_owned(), Some(pair)),
        };
        assert!(!it.how.is_empty(), "{it:?}");
        let pair = pair.map(|it| format!(" {}>{}", it.from, it.to)).unwrap_or_default();
        format!("{}: {kind}{pair}", it.at.join("/"))
    };
    changes(&tier(before), &tier(after)).iter().map(line).collect::<Vec<_>>().join("\n")
}

const POSTGRES: &str = "{ kind: postgres, version: 16-alpine, storage: 10Gi, database: shop, owner: shop, \
                        password: { secret: db, key: password } }";

#[test]
fn postgres() {
    assert_eq!(found(POSTGRES, "16-alpine", "16.9-alpine"), "", "what is in a line reads each other");
    assert_eq!(found(POSTGRES, "16-alpine", "18-alpine"), "version: major 16-alpine>18-alpine");
    assert_eq!(found(POSTGRES, "16-alpine", "15-alpine"), "version: down 16-alpine>15-alpine");
    assert_eq!(found(POSTGRES, "16-alpine", "'16'"), "version: fixed alpine>debian");
    assert_eq!(found(POSTGRES, "database: shop", "database: other"), "database: fixed shop>other");
    let two = "replicas: 2, replicationPassword: { secret: db, key: r }, storage";
    assert_eq!(found(POSTGRES, "storage", two), "", "a standby copies the primary by itself");
    let two = POSTGRES.replace("storage", two);
    assert_eq!(between(&two, POSTGRES), "replicas: fewer servers 2>1");
}

#[test]
fn postgres_by_an_operator() {
    let operated =
        POSTGRES.replace("version: 16-alpine", "backend: operator, version: 16.12-standard-trixie");
    let major = "version: major 16.12-standard-trixie>18.6-standard-trixie";
    assert_eq!(found(&operated, "16.12-", "18.6-"), major);
    let how = &changes(&tier(&operated), &tier(&operated.replace("16.12-", "18.6-")))[0].how;
    assert!(how.starts_with("the operator stops the cluster and runs `pg_upgrade`"), "{how}");
    assert_eq!(between(POSTGRES, &operated), "backend: backend plain>operator");
}

#[test]
fn claims() {
    assert_eq!(found(POSTGRES, "10Gi", "10240Mi"), "", "the same size");
    assert_eq!(found(POSTGRES, "10Gi", "5Gi"), "storage: shrinks 10Gi>5Gi");
    assert_eq!(found(POSTGRES, "10Gi", "20Gi"), "storage: grows 10Gi>20Gi");
    assert_eq!(found(POSTGRES, "10Gi", "10Gi, storageClass: fast"), "storageClass: class >fast");
    let valkey = "{ kind: valkey, mode: persistent, storage: 1Gi, password: { secret: db, key: password } }";
    assert_eq!(found(valkey, "mode: persistent, storage: 1Gi", "mode: cache"), "storage: gone");
}

#[test]
fn another_engine() {
    assert_eq!(between(POSTGRES, "{ kind: etcd, storage: 1Gi }"), "kind: engine postgres>etcd");
}

#[test]
fn etcd() {
    let etcd = "{ kind: etcd, version: v3.5.21, replicas: 5, storage: 2Gi }";
    assert_eq!(found(etcd, "v3.5.21", "v3.6.5"), "version: upgrade v3.5.21>v3.6.5");
    let newer = etcd.replace("v3.5.21", "v3.6.5");
    assert_eq!(between(&newer, etcd), "version: down v3.6.5>v3.5.21");
    assert_eq!(found(etcd, "replicas: 5", "replicas: 3"), "replicas: fewer voters 5>3");
    assert_eq!(found(etcd, "replicas: 5", "replicas: 7"), "replicas: more voters 5>7");
}

#[test]
fn kafka() {
    let kafka =
        "{ kind: kafka, version: 3.9.0, replicas: 3, storage: 10Gi, clusterId: iFuzZaKKhLr1KqIlkS0NNQ }";
    assert_eq!(found(kafka, "3.9.0", "4.1.0"), "version: upgrade 3.9.0>4.1.0");
    let other = found(kafka, "iFuzZaKKhLr1KqIlkS0NNQ", "jFuzZaKKhLr1KqIlkS0NNQ");
    assert_eq!(other, "clusterId: fixed iFuzZaKKhLr1KqIlkS0NNQ>jFuzZaKKhLr1KqIlkS0NNQ");
    let separate = kafka.replace("replicas: 3", "replicas: 3, controllers: 5");
    assert_eq!(found(&separate, "controllers: 5", "controllers: 3"), "controllers: fewer voters 5>3");
    assert_eq!(between(kafka, &separate), "controllers: fixed combined>separate");
    assert_eq!(found(kafka, "replicas: 3", "replicas: 4"), "replicas: more brokers 3>4");
}

#[test]
fn mongodb() {
    let mongodb = "{ kind: mongodb, version: 7.0.28, replicas: 3, replicaSet: shop, storage: 2Gi, \
                   password: { secret: db, key: p }, keyFile: { secret: db, key: k } }";
    assert_eq!(found(mongodb, "7.0.28", "8.0.4"), "version: upgrade 7.0.28>8.0.4");
    assert_eq!(found(mongodb, "replicaSet: shop", "replicaSet: rs0"), "replicaSet: fixed shop>rs0");
    assert_eq!(found(mongodb, "replicas: 3", "replicas: 1"), "replicas: fewer voters 3>1");
}

#[test]
fn rabbitmq() {
    let rabbitmq = "{ kind: rabbitmq, version: 4.0.9, replicas: 3, storage: 2Gi, password: { secret: q, key: p }, \
                    erlangCookie: { secret: q, key: c } }";
    assert_eq!(found(rabbitmq, "4.0.9", "4.2.6"), "version: upgrade 4.0.9>4.2.6");
    assert_eq!(found(rabbitmq, "4.0.9", "4.3.1"), "version: skips 4.2 4.0.9>4.3.1");
    assert_eq!(found(rabbitmq, "storage", "vhost: shop, storage"), "vhost: fixed />shop");
    assert_eq!(found(rabbitmq, "replicas: 3", "replicas: 1"), "replicas: fewer members 3>1");
}

#[test]
fn redpanda() {
    let redpanda = "{ kind: redpanda, version: v24.2.10, replicas: 3, storage: 10Gi, resources: { limits: { cpu: 1, memory: 2Gi } } }";
    assert_eq!(found(redpanda, "v24.2.10", "v24.3.2"), "version: upgrade v24.2.10>v24.3.2");
    assert_eq!(found(redpanda, "v24.2.10", "v25.2.1"), "version: skips 24.3 25.1 v24.2.10>v25.2.1");
}

#[test]
fn clickhouse() {
    let clickhouse = "{ kind: clickhouse, version: 24.8-alpine, storage: 10Gi, shards: 2, password: { secret: c, key: p }, \
                      interserverSecret: { secret: c, key: i }, keeper: { replicas: 5, storage: 1Gi } }";
    assert_eq!(found(clickhouse, "24.8", "25.8"), "version: upgrade 24.8-alpine>25.8-alpine");
    assert_eq!(found(clickhouse, "24.8", "26.3"), "version: skips 25.8 24.8-alpine>26.3-alpine");
    assert_eq!(found(clickhouse, "shards: 2", "shards: 1"), "shards: fewer shards 2>1");
    assert_eq!(found(clickhouse, "replicas: 5", "replicas: 3"), "keeper/replicas: fewer voters 5>3");
    assert_eq!(found(clickhouse, "1Gi", "500Mi"), "keeper/storage: shrinks 1Gi>500Mi");
    assert_eq!(found(clickhouse, "shards: 2", "shards: 2, cluster: main"), "cluster: fixed default>main");
}

#[test]
fn vault_and_openbao() {
    let vault = "{ kind: vault, version: 1.20.4, storage: 1Gi, tls: { certificate: t }, unseal: manual }";
    assert_eq!(found(vault, "1.20.4", "2.0.0"), "version: upgrade 1.20.4>2.0.0");
    assert_eq!(found(vault, "1.20.4", "1.19.5"), "version: down 1.20.4>1.19.5");
    let key = "{ transit: { address: 'https://v', keyName: k, token: { secret: t, key: t } } }";
    let moved = vault.replace("unseal: manual", &format!("unseal: {key}"));
    assert_eq!(between(vault, &moved), "unseal: fixed manual>transit");
    let bao = "{ kind: openbao, version: 2.7.2, storage: 1Gi, tls: { certificate: t }, unseal: manual }";
    assert_eq!(found(bao, "2.7.2", "2.6.0"), "version: down 2.7.2>2.6.0");
    assert_eq!(found(bao, "storage", "replicas: 1, storage"), "replicas: fewer voters 3>1");
}

#[test]
fn valkey_and_redis() {
    let valkey = "{ kind: valkey, version: 8.1-alpine, mode: persistent, storage: 1Gi, password: { secret: s, key: p } }";
    assert_eq!(found(valkey, "8.1", "9.0"), "version: upgrade 8.1-alpine>9.0-alpine");
    assert_eq!(found(valkey, "8.1", "7.2"), "version: down 8.1-alpine>7.2-alpine");
    let redis = "{ kind: redis, version: 7.4-alpine, mode: persistent, storage: 1Gi, password: { secret: s, key: p } }";
    assert_eq!(found(redis, "7.4", "8.2"), "version: upgrade 7.4-alpine>8.2-alpine");
    assert_eq!(found(valkey, "valkey, version: 8.1", "redis, version: 8.2"), "kind: engine valkey>redis");
}

#[test]
fn nats_minio_seaweedfs_and_custom() {
    let nats = "{ kind: nats, version: 2.14-alpine, replicas: 5, storage: 1Gi }";
    assert_eq!(found(nats, "2.14", "2.12"), "version: down 2.14-alpine>2.12-alpine");
    assert_eq!(found(nats, "replicas: 5", "replicas: 3"), "replicas: fewer servers 5>3");
    let minio = "{ kind: minio, version: RELEASE.2024-12-18T13-15-44Z, replicas: 4, storage: 1Gi, \
                 rootUser: { secret: m, key: u }, rootPassword: { secret: m, key: p } }";
    assert_eq!(found(minio, "replicas: 4", "replicas: 8"), "replicas: more servers 4>8");
    let seaweedfs = "{ kind: seaweedfs, mode: distributed, replicas: 3, storage: 1Gi, master: { replicas: 3 }, \
                     s3Config: { secret: s, key: j } }";
    assert_eq!(
        found(seaweedfs, "master: { replicas: 3 }", "master: { replicas: 1 }"),
        "master/replicas: fewer voters 3>1"
    );
    let custom =
        "{ kind: custom, image: 'a.example/b:1', storage: 1Gi, mountPath: /d, quorum: true, replicas: 5 }";
    assert_eq!(found(custom, "replicas: 5", "replicas: 3"), "replicas: fewer voters 5>3");
}

#[test]
fn cassandra() {
    let cassandra = "{ kind: cassandra, version: 4.1.9, replicas: 5, storage: 1Gi, clusterName: a, \
                     password: { secret: c, key: p }, superuserPassword: { secret: c, key: s } }";
    assert_eq!(found(cassandra, "4.1.9", "5.0.9"), "version: upgrade 4.1.9>5.0.9");
    assert_eq!(found(cassandra, "replicas: 5", "replicas: 3"), "replicas: fewer nodes 5>3");
    assert_eq!(found(cassandra, "clusterName: a", "clusterName: b"), "clusterName: fixed a>b");
}

#[test]
fn a_number_is_that_of_its_controller() {
    let what = |yaml: &str, from: u32, to: u32, part: &str| {
        from_number(from, to, part, &tier(yaml)).map(|it| match it.what {
            What::FewerMembers(what, _) => format!("fewer {what}"),
            other => panic!("{other:?}"),
        })
    };
    let clickhouse = "{ kind: clickhouse, replicas: 3, shards: 3, storage: 1Gi, database: d, user: u, \
                      password: { secret: c, key: p }, keeper: { replicas: 3, storage: 1Gi, \
                      resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { memory: 1Gi } } } }";
    assert_eq!(what(clickhouse, 5, 3, "keeper").as_deref(), Some("fewer voters"));
    assert_eq!(what(clickhouse, 5, 3, "shard-12").as_deref(), Some("fewer servers"));
    assert_eq!(what(clickhouse, 5, 3, "shard-x"), None);
    let seaweedfs = "{ kind: seaweedfs, mode: distributed, replicas: 3, storage: 1Gi, master: { replicas: 3 }, \
                     filer: { replicas: 3 }, s3Config: { secret: s, key: j } }";
    assert_eq!(what(seaweedfs, 5, 3, "master").as_deref(), Some("fewer voters"));
    assert_eq!(what(seaweedfs, 5, 3, "volume").as_deref(), Some("fewer volume servers"));
    assert_eq!(what(seaweedfs, 5, 3, "filer"), None, "filers share what they know");
    let kafka =
        "{ kind: kafka, replicas: 3, controllers: 3, storage: 1Gi, clusterId: iFuzZaKKhLr1KqIlkS0NNQ }";
    assert_eq!(what(kafka, 5, 3, "controller").as_deref(), Some("fewer voters"));
    assert_eq!(what(kafka, 5, 3, "").as_deref(), Some("fewer brokers"));
}

#[test]
fn commands_for_our_own_pods_are_not_for_those_of_an_operator() {
    let secret = "password: { secret: s, key: p }";
    for tier_of in [
        "kind: kafka, replicas: 3, storage: 1Gi".to_owned(),
        format!("kind: rabbitmq, storage: 1Gi, {secret}"),
        format!("kind: redis, mode: persistent, storage: 1Gi, {secret}"),
    ] {
        let removals = |yaml: &str| tier(yaml).0.procedures().removals.len();
        assert_ne!(removals(&format!("{{ {tier_of} }}")), 0, "{tier_of}");
        let operated = tier(&format!("{{ {tier_of}, backend: operator }}"));
        let known = operated.0.procedures();
        assert_eq!((known.removals.len(), known.backup), (0, Procedures::NONE.backup), "{tier_of}");
    }
}
