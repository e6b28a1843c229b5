use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Volume};

use super::*;
use crate::diag::{At, Diagnostic, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;
use crate::workload::{Budget, Controller, Part, ServiceKind};

const ONE: &str = "
kind: clickhouse
storage: 50Gi
database: events
user: app
password: { secret: ch, key: pw }
resources: { requests: { cpu: '1' }, limits: { memory: 8Gi } }
";

const REPLICATED: &str = "
kind: clickhouse
version: 25.3-alpine
replicas: 2
storage: 10Gi
storageClass: fast
cluster: events
password: { secret: ch, key: pw }
interserverSecret: { secret: ch, key: peer }
config: { max_concurrent_queries: 200, merge_tree.parts_to_throw_insert: 600 }
settings: { max_memory_usage: 4000000000 }
files: { config.d/ttl.xml: ch/ttl.xml, users.d/readers.yaml: ch/readers.yaml }
terminationGracePeriodSeconds: 90
";

const SHARDED: &str = "
kind: clickhouse
replicas: 2
shards: 3
storage: 10Gi
password: { secret: ch, key: pw }
keeper: { replicas: 5, storage: 20Gi, storageClass: slow, image: mirror.example/keeper:26.3 }
";

fn decode(yaml: &str) -> (Option<AnyTier>, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let tier = AnyTier::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    (tier, sink.findings().to_vec())
}

fn tier(yaml: &str) -> AnyTier {
    let (tier, found) = decode(yaml);
    assert_eq!(found, []);
    tier.unwrap()
}

fn lower(yaml: &str) -> Plan {
    let texts = [("ch/ttl.xml", "<clickhouse/>\n"), ("ch/readers.yaml", "users: {}\n")];
    let files = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "ch",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "ch",
        selector: &BTreeMap::new(),
        pods: &crate::stateful::PodTraits::default(),
        bound: None,
        files: &files,
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "ch"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, _) = &it.primary.at else { panic!("{it:?}") };
        format!("{} {}", it.code.id, route.as_str().trim_start_matches("/stateful/ch/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn env(container: &Container) -> BTreeMap<&str, &str> {
    let env = container.env.iter().flatten();
    env.filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?))).collect()
}

fn sets(plan: &Plan) -> Vec<(&str, Option<&str>, u32, Budget)> {
    let set = |it: &Part| {
        let Controller::StatefulSet { replicas, parallel: true, .. } = it.workload.controller else {
            panic!("{it:?}")
        };
        replicas
    };
    plan.parts.iter().map(|it| (it.workload.name.as_str(), it.workload.part, set(it), it.budget)).collect()
}

fn services(part: &Part) -> Vec<(&str, bool, Option<&str>)> {
    let shard = |it: &crate::workload::ServiceSpec| it.selector.get("clickhouse-shard").cloned();
    assert!(part.services.iter().all(|it| it.selector.len() <= 1));
    part.services
        .iter()
        .map(|it| {
            let own = shard(it).is_some_and(|it| part.workload.pod.identity["clickhouse-shard"] == it);
            (it.name.as_str(), it.kind == ServiceKind::Headless, own.then_some("own shard"))
        })
        .collect()
}

#[test]
fn a_single_server_without_keeper() {
    let plan = lower(ONE);
    assert_eq!(sets(&plan), [("ch", Some("server"), 1, Budget::None)]);
    assert_eq!(services(&plan.parts[0]), [("ch", false, None), ("ch-headless", true, None)]);
    let pod = &plan.parts[0].workload.pod;
    assert_eq!((pod.grace, pod.automount_token, pod.security.fs_group), (120, false, Some(101)));
    assert!(pod.identity.is_empty());
    let main = &pod.containers[0];
    assert_eq!(main.image.as_deref(), Some("clickhouse/clickhouse-server:26.3.32.14"));
    let security = main.security_context.as_ref().unwrap();
    assert_eq!((security.run_as_user, security.read_only_root_filesystem), (Some(101), Some(true)));
    let expected = [
        ("CLICKHOUSE_USER", "app"),
        ("CLICKHOUSE_WATCHDOG_ENABLE", "0"),
        ("POD_HOST", "$(POD_NAME).ch-headless.data.svc.cluster.local"),
        ("SHARD", "0"),
    ];
    assert_eq!(env(main), expected.into());
    let names: Vec<_> = main.env.iter().flatten().map(|it| it.name.as_str()).collect();
    // Kubernetes puts in only what is declared before.
    assert!(names.iter().position(|it| *it == "POD_NAME") < names.iter().position(|it| *it == "POD_HOST"));
    let server = &plan.files[0].files["server.xml"];
    assert!(!server.contains("<zookeeper>") && !server.contains("secret"), "{server}");
    assert!(server.contains("<default_database>events</default_database>"), "{server}");
    assert!(server.contains("<max_server_memory_usage>6871947672</max_server_memory_usage>"), "{server}");
    assert!(tier(ONE).0.endpoints("ch", &Cluster::standard()).peers.is_empty());
}

#[test]
fn replicas_come_with_keeper() {
    let plan = lower(REPLICATED);
    let one = Budget::MaxUnavailable(1);
    assert_eq!(
        sets(&plan),
        [("ch", Some("server"), 2, one), ("ch-keeper", Some("keeper"), 3, Budget::Majority(3))]
    );
    let keeper = &plan.parts[1];
    assert_eq!(services(keeper), [("ch-keeper-headless", true, None)]);
    let container = &keeper.workload.pod.containers[0];
    assert_eq!(container.image.as_deref(), Some("clickhouse/clickhouse-keeper:25.3-alpine"));
    assert_eq!(container.command.as_deref(), Some(&["/etc/clickhouse-keeper/start.sh".to_owned()][..]));
    let Controller::StatefulSet { claims, .. } = &keeper.workload.controller else { panic!("{keeper:?}") };
    assert_eq!((claims[0].size.as_str(), claims[0].class.as_deref()), ("10Gi", Some("fast")));
    let endpoints = tier(REPLICATED).0.endpoints("ch", &Cluster::standard());
    assert_eq!(endpoints.peers, [9000, 9009, 9181, 9234]);
    let credentials = tier(REPLICATED).0.credentials();
    let named: Vec<_> = credentials.iter().map(|it| (it.key.as_str(), &*it.at[0])).collect();
    assert_eq!(named, [("pw", "password"), ("peer", "interserverSecret")]);
}

#[test]
fn the_servers_know_the_cluster_and_the_voters() {
    let plan = lower(REPLICATED);
    let server = &plan.files[0].files["server.xml"];
    let after =
        |tag: &str| server.split(tag).skip(1).map(|it| it.split('<').next().unwrap()).collect::<Vec<_>>();
    let hosts = [
        "ch-0.ch-headless.data.svc.cluster.local",
        "ch-1.ch-headless.data.svc.cluster.local",
        "ch-keeper-0.ch-keeper-headless.data.svc.cluster.local",
        "ch-keeper-1.ch-keeper-headless.data.svc.cluster.local",
        "ch-keeper-2.ch-keeper-headless.data.svc.cluster.local",
    ];
    assert_eq!(after("<host>"), hosts);
    assert_eq!(after("<port>"), ["9000", "9000", "9181", "9181", "9181"]);
    assert_eq!(after("<cluster>"), ["events"]);
    assert_eq!(after("<shutdown_wait_unfinished>"), ["60"]);
    for element in [
        "<secret from_env=\"INTERSERVER_SECRET\" hide_in_preprocessed=\"true\"/>",
        "<shard from_env=\"SHARD\"/>",
        "<replica from_env=\"POD_NAME\"/>",
        "<interserver_http_host from_env=\"POD_HOST\"/>",
    ] {
        assert!(server.contains(element), "{element} in {server}");
    }
    // With the secret, the initiator's own user goes along: no password of a user is needed.
    assert!(!server.contains("CLICKHOUSE_PASSWORD"), "{server}");
    let bare = lower(&REPLICATED.replace("interserverSecret: { secret: ch, key: peer }\n", ""));
    let server = &bare.files[0].files["server.xml"];
    let password = "<password from_env=\"CLICKHOUSE_PASSWORD\" hide_in_preprocessed=\"true\"/>";
    assert_eq!(server.matches(password).count(), 2, "{server}");
    assert!(!server.contains("INTERSERVER_SECRET"), "{server}");
}

#[test]
fn a_voters_number_is_its_ordinal_and_one() {
    let plan = lower(SHARDED);
    let files = &plan.files[1].files;
    let config = &files["keeper_config.xml"];
    for ordinal in 0..5 {
        let server = format!(
            "<id>{}</id>\n                <hostname>ch-keeper-{ordinal}.ch-keeper-headless.data.svc.cluster.local</hostname>",
            ordinal + 1
        );
        assert!(config.contains(&server), "{server} in {config}");
    }
    assert_eq!(config.matches("<server>").count(), 5);
    assert!(config.contains("<server_id from_env=\"KEEPER_SERVER_ID\"/>"), "{config}");
    assert!(files["start.sh"].contains("KEEPER_SERVER_ID=$((${POD_NAME##*-} + 1))"), "{files:?}");
}

#[test]
fn a_shard_is_a_statefulset_of_its_own() {
    let plan = lower(SHARDED);
    let one = Budget::MaxUnavailable(1);
    let expected = [
        ("ch-shard-0", Some("server"), 2, one),
        ("ch-shard-1", Some("server"), 2, one),
        ("ch-shard-2", Some("server"), 2, one),
        ("ch-keeper", Some("keeper"), 5, Budget::Majority(5)),
    ];
    assert_eq!(sets(&plan), expected);
    // Clients reach all shards by one name; peers each by its own.
    let first = [("ch", false, None), ("ch-shard-0-headless", true, Some("own shard"))];
    assert_eq!(services(&plan.parts[0]), first);
    assert_eq!(services(&plan.parts[1]), [("ch-shard-1-headless", true, Some("own shard"))]);
    let shards: Vec<_> =
        plan.parts.iter().map(|it| it.workload.pod.identity.get("clickhouse-shard")).collect();
    assert_eq!(
        shards,
        [Some("0"), Some("1"), Some("2"), None]
            .map(|it| it.map(str::to_owned))
            .each_ref()
            .map(Option::as_ref)
    );
    let second = &plan.parts[1].workload.pod.containers[0];
    assert_eq!(env(second)["SHARD"], "1");
    assert_eq!(env(second)["POD_HOST"], "$(POD_NAME).ch-shard-1-headless.data.svc.cluster.local");
    let server = &plan.files[0].files["server.xml"];
    assert_eq!(server.matches("<internal_replication>true</internal_replication>").count(), 3);
    let host = "<host>ch-shard-2-1.ch-shard-2-headless.data.svc.cluster.local</host>";
    assert!(server.contains(host), "{server}");
    let keeper = &plan.parts[3].workload;
    let Controller::StatefulSet { claims, .. } = &keeper.controller else { panic!("{keeper:?}") };
    assert_eq!((claims[0].size.as_str(), claims[0].class.as_deref()), ("20Gi", Some("slow")));
    assert_eq!(keeper.pod.containers[0].image.as_deref(), Some("mirror.example/keeper:26.3"));
}

#[test]
fn keeper_is_there_when_asked_for_and_when_needed() {
    let keeper = |yaml: &str| lower(yaml).parts.iter().any(|it| it.workload.part == Some("keeper"));
    assert!(!keeper(ONE));
    assert!(keeper(&format!("{ONE}keeper: {{ replicas: 1 }}\n")));
    // Distributed DDL goes by Keeper even where nothing is replicated.
    assert!(keeper(&format!("{ONE}shards: 2\n")));
    assert!(!keeper(&format!("{ONE}shards: 2\nkeeper: {{ replicas: 0 }}\n")));
}

#[test]
fn every_mount_has_its_volume_and_every_item_its_file() {
    for yaml in [ONE, REPLICATED, SHARDED] {
        let plan = lower(yaml);
        for part in &plan.parts {
            let pod = &part.workload.pod;
            let Controller::StatefulSet { claims, .. } = &part.workload.controller else {
                panic!("{part:?}")
            };
            let names: Vec<_> = pod.volumes.iter().map(|it| it.name.as_str()).collect();
            for mount in pod.containers[0].volume_mounts.iter().flatten() {
                assert!(names.contains(&mount.name.as_str()) || mount.name == claims[0].name, "{mount:?}");
            }
        }
        for files in &plan.files {
            let read = |it: &&Volume| it.config_map.as_ref().is_some_and(|it| it.name == files.name);
            let part =
                plan.parts.iter().find(|it| it.workload.pod.volumes.iter().any(|it| read(&it))).unwrap();
            let maps = part.workload.pod.volumes.iter().filter(read).filter_map(|it| it.config_map.as_ref());
            let mut used: Vec<_> =
                maps.flat_map(|it| it.items.iter().flatten()).map(|it| it.key.as_str()).collect();
            used.sort_unstable();
            assert_eq!(used, files.files.keys().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_the_stack_says_is_merged_last() {
    let plan = lower(REPLICATED);
    let files = &plan.files[0].files;
    let own = "<merge_tree><parts_to_throw_insert>600</parts_to_throw_insert></merge_tree>";
    assert!(files["config.xml"].contains(own), "{files:?}");
    assert!(files["users.xml"].contains("<max_memory_usage>4000000000</max_memory_usage>"), "{files:?}");
    assert_eq!(files["users.d.readers.yaml"], "users: {}\n");
    for (volume, expected) in [
        ("config", &["00-stackgen.xml", "01-config.xml", "ttl.xml"][..]),
        ("users", &["00-stackgen.xml", "readers.yaml"]),
    ] {
        let found = plan.parts[0].workload.pod.volumes.iter().find(|it| it.name == volume).unwrap();
        let items = found.config_map.as_ref().unwrap().items.iter().flatten();
        assert_eq!(items.map(|it| it.path.as_str()).collect::<Vec<_>>(), expected);
    }
    let routes = tier(REPLICATED).0.files();
    assert_eq!(routes[0], (Route::of(&["files", "config.d/ttl.xml"]), "ch/ttl.xml".to_owned()));
}

#[test]
fn the_images_user_without_a_password_goes() {
    let users = &lower(ONE).files[0].files["users.xml"];
    assert!(users.contains("<default remove=\"remove\"/>") && users.contains("<app>"), "{users}");
    let users = &lower(REPLICATED).files[0].files["users.xml"];
    assert!(users.contains("<default replace=\"replace\">") && !users.contains("remove="), "{users}");
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(REPLICATED), "");
    assert_eq!(findings(SHARDED), "");
}

#[test]
fn impossible_topologies() {
    let keeper = |number: u32| findings(&format!("{REPLICATED}keeper: {{ replicas: {number} }}\n"));
    assert_eq!(keeper(0), "SG301 keeper/replicas");
    assert_eq!(keeper(1), "");
    assert_eq!(keeper(4), "SG302 keeper/replicas");
    assert_eq!(findings(&format!("{ONE}replicas: 0\n")), "SG303 replicas");
    assert_eq!(findings(&format!("{ONE}shards: 0\n")), "SG303 shards");
    assert_eq!(findings(&format!("{ONE}shards: 2\nkeeper: {{ replicas: 0 }}\n")), "");
}

#[test]
fn names_and_settings_that_cannot_be() {
    let names = ONE.replace("events", "a.b").replace("user: app", "user: \"it's\"");
    assert_eq!(findings(&format!("{names}cluster: 9x\n")), "SG111 cluster\nSG111 database\nSG111 user");
    assert_eq!(findings(&ONE.replace("events", "system")), "SG111 database");
    let config = "config: { tcp_port: 9001, zookeeper.root: /x, max_connections: many, a.9: 1 }\n";
    let expected =
        "SG305 config/tcp_port\nSG305 config/zookeeper.root\nSG111 config/max_connections\nSG111 config/a.9";
    assert_eq!(findings(&format!("{ONE}{config}")), expected);
    let (_, found) = decode(&format!("{ONE}files: {{ x.xml: x.xml }}\n"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn images_times_and_sizes_that_do_not_fit() {
    let image = |text: &str| findings(&format!("{ONE}image: {text}\n"));
    assert_eq!(image("mirror.example/clickhouse-server:26.3.1"), "");
    assert_eq!(image("mirror.example/clickhouse-server:25.3"), "SG111 image");
    assert_eq!(image("mirror.example/clickhouse-server:26.3-distroless"), "SG111 image");
    assert_eq!(findings(&format!("{ONE}version: 26.3-distroless\n")), "SG111 version");
    let grace = |seconds: u32| findings(&format!("{ONE}terminationGracePeriodSeconds: {seconds}\n"));
    assert_eq!((grace(31).as_str(), grace(30).as_str()), ("", "SG314 terminationGracePeriodSeconds"));
    assert_eq!(findings(&ONE.replace("8Gi", "2Gi")), "SG309 resources/limits/memory");
}
