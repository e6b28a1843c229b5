use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::diag::{At, Diagnostic, Part as Spot, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;
use crate::workload::Budget;

const ONE: &str = "
kind: redpanda
storage: 20Gi
developerMode: true
resources: { requests: { cpu: 250m, memory: 1Gi }, limits: { memory: 1Gi } }
";

const THREE: &str = "
kind: redpanda
version: v25.3.9
replicas: 3
storage: 500Gi
resources: { limits: { cpu: 2, memory: 8Gi } }
config: { log_retention_ms: 86400000, auto_create_topics_enabled: true }
";

fn tier(yaml: &str) -> AnyTier {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let tier = AnyTier::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    assert_eq!(sink.findings(), []);
    tier.unwrap()
}

fn lower(yaml: &str) -> Plan {
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "bus",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "bus",
        selector: &BTreeMap::new(),
        pods: &crate::stateful::PodTraits::default(),
        bound: None,
        files: &BTreeMap::new(),
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "bus"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Spot::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/bus/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn json(plan: &Plan, file: &str) -> Value {
    serde_json::from_str(&plan.files[0].files[file]).unwrap()
}

fn started(plan: &Plan) -> &str {
    plan.files[0].files["start.sh"].lines().last().unwrap()
}

/// The row of each release line: image, user and where the data lies.
fn row(version: &str) {
    let plan = lower(&format!("{ONE}version: {version}\n"));
    let pod = &plan.parts[0].workload.pod;
    let main = &pod.containers[0];
    assert_eq!(main.image.as_deref(), Some(format!("redpandadata/redpanda:{version}").as_str()));
    let security = main.security_context.as_ref().unwrap();
    assert_eq!(
        (security.run_as_user, security.run_as_group, pod.security.fs_group),
        (Some(101), Some(101), Some(101))
    );
    assert_eq!(main.volume_mounts.as_ref().unwrap()[0].mount_path, "/var/lib/redpanda/data");
}

#[test]
fn line_24_2() {
    row("v24.2.10");
}

#[test]
fn line_24_3() {
    row("v24.3.20");
}

#[test]
fn line_25_1() {
    row("v25.1.12");
}

#[test]
fn line_25_2() {
    row("v25.2.9");
}

#[test]
fn line_25_3() {
    row("v25.3.9");
}

#[test]
fn line_26_1() {
    row("v26.1.14");
    assert_eq!(Release::standard().as_str(), "v26.1.14");
    assert!(Release::parse("26.1.14").is_none());
}

#[test]
fn brokers_know_all_seeds_and_have_no_number() {
    let plan = lower(THREE);
    let file = json(&plan, "redpanda.yaml");
    let host = |it: u32| format!("bus-{it}.bus-headless.data.svc.cluster.local");
    let seeds = [0, 1, 2].map(|it| json!({ "host": { "address": host(it), "port": 33145 } }));
    let redpanda = &file["redpanda"];
    assert_eq!(redpanda["seed_servers"], json!(seeds));
    assert_eq!((&redpanda["empty_seed_starts_cluster"], redpanda.get("node_id")), (&json!(false), None));
    let own = "@POD_NAME@.bus-headless.data.svc.cluster.local";
    assert_eq!(
        redpanda["advertised_kafka_api"],
        json!([{ "name": "internal", "address": own, "port": 9092 }])
    );
    assert_eq!(redpanda["advertised_rpc_api"], json!({ "address": own, "port": 33145 }));
    assert_eq!(plan.parts[0].budget, Budget::MaxUnavailable(1));
    let ports = |it: usize| plan.parts[0].services[it].ports.iter().map(|it| it.port).collect::<Vec<_>>();
    assert_eq!((ports(0), ports(1)), (vec![9092, 8082, 8081], vec![9092, 8082, 8081, 9644, 33145]));
    let endpoints = tier(THREE).0.endpoints("bus", &Cluster::standard());
    assert_eq!(endpoints.peers, [9092, 8082, 8081, 9644, 33145]);
    assert_eq!(tier(ONE).0.endpoints("bus", &Cluster::standard()).peers, [0_u16; 0]);
}

#[test]
fn properties_of_the_first_start() {
    let expected = json!({
        "auto_create_topics_enabled": true, "default_topic_replications": 3, "enable_metrics_reporter": false,
        "log_retention_ms": 86_400_000, "storage_min_free_bytes": 5_368_709_120_u64,
    });
    assert_eq!(json(&lower(THREE), "bootstrap.yaml"), expected);
    let one = json(&lower(ONE), "bootstrap.yaml");
    assert_eq!(
        (&one["default_topic_replications"], &one["storage_min_free_bytes"]),
        (&json!(1), &json!(1_073_741_824))
    );
}

#[test]
fn cores_and_memory_follow_the_limits() {
    let three = "exec rpk redpanda start --check=false --smp=2 --memory=6553M --reserve-memory=0M --default-log-level=info";
    assert_eq!(started(&lower(THREE)), three);
    let one = "exec rpk redpanda start --check=false --smp=1 --memory=819M --reserve-memory=0M --overprovisioned --default-log-level=info";
    assert_eq!(started(&lower(ONE)), one);
    let shared = lower(&THREE.replace("limits: { cpu: 2", "requests: { cpu: 1 }, limits: { cpu: 2"));
    assert!(started(&shared).contains(" --overprovisioned"));
    let unlimited = lower("{ kind: redpanda, storage: 1Gi }");
    assert!(!started(&unlimited).contains("--memory"), "{}", started(&unlimited));
}

const TOPICS: &str = "
topics:
  orders: { partitions: 6, config: { retention.ms: 604800000, cleanup.policy: 'compact,delete' } }
  audit.log: { partitions: 1, replicas: 1 }
";

#[test]
fn a_job_makes_topics() {
    let plan = lower(&format!("{THREE}{TOPICS}"));
    let [_, topics] = plan.parts.as_slice() else { panic!("{:?}", plan.parts.len()) };
    assert_eq!((topics.workload.part, topics.budget), (Some("topics"), Budget::None));
    let script = &plan.files[1].files["topics.sh"];
    assert!(script.contains("\nbrokers='bus.data.svc.cluster.local:9092'\n"), "{script}");
    let calls: Vec<_> = script.lines().filter_map(|it| it.strip_prefix("    topic ")).collect();
    let orders = "'orders' 6 3 'retention.ms=604800000' 'cleanup.policy=compact,delete'";
    assert_eq!(calls, [orders, "'audit.log' 1 1"]);
    assert_eq!(lower(THREE).parts.len(), 1);
    let alone = format!("{ONE}{TOPICS}");
    assert_eq!(tier(&alone).0.endpoints("bus", &Cluster::standard()).peers, [9092]);
    assert!(lower(&alone).files[1].files["topics.sh"].contains("    topic 'orders' 6 1 "));
    let five = THREE
        .replace("replicas: 3", "replicas: 5")
        .replace("config: { ", "config: { default_topic_replications: 5, ");
    assert!(
        lower(&format!("{five}{TOPICS}")).files[1].files["topics.sh"].contains("    topic 'orders' 6 5 ")
    );
}

#[test]
fn topics_that_cannot_be() {
    let with = |from: &str, to: &str| findings(&format!("{THREE}{}", TOPICS.replace(from, to)));
    assert_eq!(findings(&format!("{THREE}{TOPICS}")), "");
    assert_eq!(with("partitions: 6", "partitions: 0"), "SG111 topics/orders/partitions");
    assert_eq!(with("replicas: 1", "replicas: 5"), "SG303 topics/audit.log/replicas");
    assert_eq!(with("replicas: 1", "replicas: 2"), "SG302 topics/audit.log/replicas");
    assert_eq!(
        with("retention.ms: 604800000", "retention.ms: 7d"),
        "SG111 topics/orders/config/retention.ms"
    );
    assert_eq!(
        with("retention.ms: 604800000", "replication.factor: 3"),
        "SG305 topics/orders/config/replication.factor (key)"
    );
}

#[test]
fn every_mount_has_its_volume_and_every_item_its_file() {
    let plan = lower(THREE);
    let pod = &plan.parts[0].workload.pod;
    for mount in pod.containers[0].volume_mounts.iter().flatten() {
        assert!(mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name), "{}", mount.name);
    }
    let items = pod.volumes[0].config_map.as_ref().unwrap().items.iter().flatten().map(|it| it.key.as_str());
    assert!(items.eq(plan.files[0].files.keys()));
}

#[test]
fn sound_tiers_have_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(THREE), "");
}

#[test]
fn what_cannot_be() {
    let with = |from: &str, to: &str| findings(&THREE.replace(from, to));
    assert_eq!(with("replicas: 3", "replicas: 2"), "SG302 replicas");
    assert_eq!(with("replicas: 3", "replicas: 0"), "SG303 replicas");
    assert_eq!(
        with("log_retention_ms: 86400000", "default_topic_replications: 5"),
        "SG303 config/default_topic_replications"
    );
    assert_eq!(
        with("log_retention_ms: 86400000", "default_topic_replications: 2"),
        "SG302 config/default_topic_replications"
    );
    assert_eq!(with("log_retention_ms: 86400000", "node_id: 1"), "SG305 config/node_id (key)");
    assert_eq!(with("log_retention_ms: 86400000", "log_retention_ms: 1d"), "SG111 config/log_retention_ms");
    assert_eq!(with("memory: 8Gi", "memory: 3Gi"), "SG111 resources/limits/memory");
    assert_eq!(with("memory: 8Gi } }", "memory: 3Gi } }\ndeveloperMode: true"), "");
    assert_eq!(findings(&format!("{THREE}image: mirror.example/redpanda:v26.1.14\n")), "SG111 image");
}
