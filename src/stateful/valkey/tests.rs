use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;

use super::*;
use crate::diag::{At, Diagnostic, Part, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;
use crate::workload::{Budget, Controller, ServiceKind};

const CACHE: &str = "
kind: valkey
mode: cache
password: { secret: db, key: pw }
resources: { limits: { memory: 256Mi } }
";

const REPLICATED: &str = "
kind: redis
version: 7.4-bookworm
mode: replicated
replicas: 3
storage: 5Gi
password: { secret: db, key: pw }
";

fn decode(yaml: &str) -> (Option<AnyTier>, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let tier = AnyTier::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    (tier, sink.findings().to_vec())
}

pub(super) fn tier(yaml: &str) -> AnyTier {
    let (tier, found) = decode(yaml);
    assert_eq!(found, []);
    tier.unwrap()
}

fn lower(yaml: &str) -> Plan {
    lower_with(yaml, &crate::stateful::PodTraits::default())
}

/// What runs, as `kv`, where the stack wants `pods`.
pub(super) fn lower_with(yaml: &str, pods: &crate::stateful::PodTraits) -> Plan {
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "kv",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "kv",
        selector: &BTreeMap::new(),
        pods,
        bound: None,
        files: &BTreeMap::new(),
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
pub(super) fn findings(yaml: &str) -> String {
    findings_in(yaml, "kv", &Cluster::standard())
}

/// The same, for another name and cluster.
pub(super) fn findings_in(yaml: &str, name: &str, cluster: &Cluster) -> String {
    let mut sink = Sink::default();
    let at = Route::of(&["stateful", name]);
    tier(yaml).0.check(&at, cluster, &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Part::Key { " (key)" } else { "" };
        format!(
            "{} {}{part}",
            it.code.id,
            route.as_str().trim_start_matches(at.as_str()).trim_start_matches('/')
        )
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn mounts(container: &Container) -> Vec<&str> {
    container.volume_mounts.iter().flatten().map(|it| it.mount_path.as_str()).collect()
}

/// The image, user, group and data mount of a version's pod.
fn row(kind: &str, version: &str) -> (String, i64, i64, String) {
    let plan = lower(&format!("kind: {kind}\nversion: {version}\n{}", &CACHE["\nkind: valkey\n".len()..]));
    let pod = &plan.parts[0].workload.pod;
    let main = &pod.containers[0];
    let user = main.security_context.clone().unwrap();
    let data = main.volume_mounts.iter().flatten().find(|it| it.name == "data").unwrap();
    assert_eq!(pod.security.fs_group, user.run_as_group);
    let (uid, gid) = (user.run_as_user.unwrap(), user.run_as_group.unwrap());
    (main.image.clone().unwrap(), uid, gid, data.mount_path.clone())
}

/// A test for each row of a table: on Debian and on Alpine.
macro_rules! rows {
    ($($test:ident: $kind:literal $image:literal $version:literal;)*) => { $(
        #[test]
        fn $test() {
            let image = |tag: &str| format!("{}:{tag}", $image);
            let alpine = concat!($version, ".1-alpine");
            assert_eq!(row($kind, $version), (image($version), 999, 999, "/data".to_owned()));
            assert_eq!(row($kind, alpine), (image(alpine), 999, 1000, "/data".to_owned()));
        }
    )* };
}

#[test]
fn the_tag_that_moves_with_redis_7() {
    assert_eq!(row("redis", "7"), ("redis:7".to_owned(), 999, 999, "/data".to_owned()));
    assert_eq!(row("redis", "7-alpine"), ("redis:7-alpine".to_owned(), 999, 1000, "/data".to_owned()));
}

rows! {
    valkey_7_2: "valkey" "valkey/valkey" "7.2";
    valkey_8_0: "valkey" "valkey/valkey" "8.0";
    valkey_8_1: "valkey" "valkey/valkey" "8.1";
    valkey_9_0: "valkey" "valkey/valkey" "9.0";
    valkey_9_1: "valkey" "valkey/valkey" "9.1";
    redis_7_2: "redis" "redis" "7.2";
    redis_7_4: "redis" "redis" "7.4";
    redis_8_0: "redis" "redis" "8.0";
    redis_8_2: "redis" "redis" "8.2";
    redis_8_4: "redis" "redis" "8.4";
    redis_8_6: "redis" "redis" "8.6";
    redis_8_8: "redis" "redis" "8.8";
    redis_8_10: "redis" "redis" "8.10";
}

#[test]
fn other_texts_are_no_version() {
    for text in ["6.2", "7.0", "8", "8.100", "latest", "alpine"] {
        assert!(RedisRelease::parse(text).is_none() && ValkeyRelease::parse(text).is_none(), "{text}");
    }
    assert_eq!(ValkeyRelease::standard().as_str(), "9.1.3-alpine");
    assert_eq!(RedisRelease::standard().as_str(), "8.10.2-alpine");
}

#[test]
fn a_cache_is_one_server_without_a_claim() {
    let plan = lower(CACHE);
    let [part] = plan.parts.as_slice() else { panic!("{plan:?}") };
    let Controller::StatefulSet { replicas: 1, claims, .. } = &part.workload.controller else {
        panic!("{part:?}")
    };
    assert!(claims.is_empty());
    assert_eq!((part.budget, part.workload.pod.containers.len()), (Budget::None, 1));
    let pod = &part.workload.pod;
    assert_eq!(
        mounts(&pod.containers[0]),
        ["/data", "/etc/valkey", "/etc/valkey/secrets", "/run/valkey", "/tmp"]
    );
    let conf = &plan.files[0].files["server.conf"];
    for line in
        ["maxmemory \"201326592\"", "maxmemory-policy \"allkeys-lru\"", "appendonly \"no\"", "save \"\""]
    {
        assert!(conf.lines().any(|it| it == line), "{line} in {conf}");
    }
    assert!(!plan.files[0].files.contains_key("sentinel.conf"));
    assert!(!plan.files[0].files["node.sh"].contains("sentinel"));
    let endpoints = tier(CACHE).0.endpoints("kv", &Cluster::standard());
    assert_eq!((endpoints.scheme, endpoints.path.as_str(), endpoints.peers), (Some("redis"), "/0", vec![]));
    assert_eq!(endpoints.ports[0].name.as_str(), "redis");
}

#[test]
fn a_replicated_tier_has_a_sentinel_beside_each_server() {
    let plan = lower(REPLICATED);
    let part = &plan.parts[0];
    let Controller::StatefulSet { replicas: 3, parallel: true, claims, headless, .. } =
        &part.workload.controller
    else {
        panic!("{part:?}")
    };
    assert_eq!((claims.len(), headless.as_str(), part.budget), (1, "kv-headless", Budget::Majority(3)));
    let [server, sentinel] = part.workload.pod.containers.as_slice() else { panic!("{part:?}") };
    assert_eq!((server.name.as_str(), sentinel.name.as_str()), ("kv", "sentinel"));
    assert_eq!(mounts(server), mounts(sentinel));
    assert!(server.lifecycle.is_some() && sentinel.lifecycle.is_none());
    assert!(sentinel.resources.as_ref().is_some_and(|it| it.limits.is_some()));
    let script = &plan.files[0].files["node.sh"];
    let hosts = "hosts='kv-0.kv-headless.data.svc.cluster.local kv-1.kv-headless.data.svc.cluster.local \
                 kv-2.kv-headless.data.svc.cluster.local'\n";
    assert!(script.contains(hosts) && script.contains("\nquorum=2\n"), "{script}");
    assert!(script.contains("exec redis-sentinel") && !script.contains("valkey"), "{script}");
    let kinds: Vec<_> = part.services.iter().map(|it| (it.name.as_str(), &it.kind)).collect();
    assert_eq!(kinds, [("kv", &ServiceKind::ClusterIp), ("kv-headless", &ServiceKind::Headless)]);
    let endpoints = tier(REPLICATED).0.endpoints("kv", &Cluster::standard());
    let ports: Vec<_> = endpoints.ports.iter().map(|it| (it.name.as_str(), it.number)).collect();
    assert_eq!(ports, [("sentinel", 26379), ("server", 6379)]);
    assert_eq!((endpoints.scheme, endpoints.peers), (Some("redis-sentinel"), vec![6379, 26379]));
    assert_eq!(endpoints.properties, [("primaryName", "kv".to_owned())]);
}

#[test]
fn the_password_is_a_mounted_file_and_nowhere_else() {
    for yaml in [CACHE, REPLICATED] {
        let plan = lower(yaml);
        let pod = &plan.parts[0].workload.pod;
        let secrets = pod.volumes.iter().find(|it| it.name == "secrets").unwrap();
        let text = serde_json::to_value(secrets).unwrap();
        assert_eq!(text["projected"]["sources"][0]["secret"]["name"], "db");
        for container in &pod.containers {
            let env = container.env.iter().flatten();
            assert!(env.filter_map(|it| it.value_from.as_ref()).all(|it| it.secret_key_ref.is_none()));
        }
    }
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    assert_eq!(findings(CACHE), "");
    assert_eq!(findings(&CACHE.replace("cache", "persistent\nstorage: 1Gi")), "");
    assert_eq!(findings(REPLICATED), "SG312 replicas");
}

#[test]
fn impossible_topologies() {
    let cache = |replicas| findings(&format!("{CACHE}replicas: {replicas}\n"));
    assert_eq!(
        (cache(0).as_str(), cache(2).as_str(), cache(3).as_str()),
        ("SG303 replicas", "SG301 replicas", "SG301 replicas")
    );
    let replicated = |count: u32| findings(&REPLICATED.replace("replicas: 3", &format!("replicas: {count}")));
    assert_eq!(
        [0, 1, 2, 4].map(replicated),
        ["SG303 replicas", "SG303 replicas", "SG303 replicas", "SG302 replicas"]
    );
    assert_eq!(replicated(5), "SG312 replicas");
}

#[test]
fn storage_follows_the_mode() {
    assert_eq!(findings(&format!("{CACHE}storage: 1Gi\n")), "SG111 storage (key)");
    let volume = "volume: { nfs: { server: nas.lan, path: /srv/cache } }\n";
    assert_eq!(findings(&format!("{CACHE}{volume}")), "SG111 volume (key)");
    assert_eq!(findings(&CACHE.replace("cache", "persistent")), "SG103 mode");
    assert_eq!(findings(&REPLICATED.replace("storage: 5Gi\n", "")), "SG312 replicas\nSG103 mode");
}

#[test]
fn settings_that_cannot_be() {
    let config = |text: &str| findings(&format!("{CACHE}config: {{ {text} }}\n"));
    assert_eq!(
        config("maxmemory: 100mb, maxmemory-policy: volatile-ttl, hz: 10, lazyfree-lazy-expire: true"),
        ""
    );
    assert_eq!(config("port: 1, requirepass: x"), "SG305 config/port (key)\nSG305 config/requirepass (key)");
    assert_eq!(
        config("maxmemory-policy: lru, appendfsync: never"),
        "SG111 config/maxmemory-policy\nSG111 config/appendfsync"
    );
    for beyond in ["256mb", "1gb", "0", "1Gi", "half"] {
        assert_eq!(config(&format!("maxmemory: {beyond}")), "SG111 config/maxmemory", "{beyond}");
    }
}

#[test]
fn times_that_are_too_short() {
    let with = |line: &str| findings(&format!("{REPLICATED}{line}\n"));
    assert_eq!(
        with("terminationGracePeriodSeconds: 30"),
        "SG312 replicas\nSG314 terminationGracePeriodSeconds"
    );
    assert_eq!(with("downAfterSeconds: 5"), "SG312 replicas\nSG111 downAfterSeconds");
    assert_eq!(with("terminationGracePeriodSeconds: 40"), "SG312 replicas");
    assert_eq!(findings(&format!("{CACHE}terminationGracePeriodSeconds: 5\n")), "");
}

#[test]
fn the_mode_must_be_said() {
    let (_, found) = decode(&CACHE.replace("mode: cache\n", ""));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG103"]);
    let (_, found) = decode(&CACHE.replace("mode: cache", "mode: sentinel"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG109"]);
}
