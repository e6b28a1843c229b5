use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Probe};

use super::*;
use crate::diag::{At, Diagnostic, Part as Place_, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;
use crate::workload::{Budget, Controller, Part, Run, ServiceKind};

const ONE: &str = "
kind: kafka
storage: 20Gi
clusterId: iFuzZaKKhLr1KqIlkS0NNQ
";

const THREE: &str = "
kind: kafka
version: 3.9.0
replicas: 3
storage: 200Gi
storageClass: fast
clusterId: iFuzZaKKhLr1KqIlkS0NNQ
resources: { requests: { cpu: 500m }, limits: { memory: 512Mi } }
config: { num.partitions: 6, message.max.bytes: 1048576, log.cleaner.enable: true }
topics:
  orders: { partitions: 6, config: { retention.ms: 604800000, cleanup.policy: \"compact,delete\" } }
  cache: { partitions: 1, replicas: 1, config: { min.insync.replicas: 1 } }
";

const SEPARATE: &str = "
kind: kafka
replicas: 2
storage: 20Gi
storageClass: fast
clusterId: iFuzZaKKhLr1KqIlkS0NNQ
controllers: 3
controllerStorage: 5Gi
controllerResources: { limits: { memory: 1Gi } }
resources: { limits: { memory: 4Gi } }
";

pub(super) fn decode(yaml: &str) -> (Option<AnyTier>, Vec<Diagnostic>) {
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

pub(super) fn lower(yaml: &str) -> Plan {
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "kafka",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "kafka",
        selector: &BTreeMap::new(),
        pods: &crate::stateful::PodTraits::default(),
        bound: None,
        files: &BTreeMap::new(),
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
pub(super) fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "kafka"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Place_::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/kafka"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn container(part: &Part) -> &Container {
    &part.workload.pod.containers[0]
}

pub(super) fn file<'a>(plan: &'a Plan, map: &str, name: &str) -> &'a str {
    &plan.files.iter().find(|it| it.name == map).unwrap().files[name]
}

pub(super) fn has(text: &str, line: &str) {
    assert!(text.lines().any(|it| it.trim() == line), "no line {line:?} in:\n{text}");
}

fn port(probe: Option<&Probe>) -> Option<String> {
    let value = serde_json::to_value(&probe?.tcp_socket.as_ref()?.port).unwrap();
    value.as_str().map(str::to_owned)
}

fn services(part: &Part) -> Vec<(&str, bool, Vec<u16>)> {
    let one = |it: &crate::workload::ServiceSpec| it.ports.iter().map(|it| it.port).collect();
    part.services.iter().map(|it| (it.name.as_str(), it.kind == ServiceKind::Headless, one(it))).collect()
}

#[test]
fn a_single_broker_is_its_own_controller() {
    let plan = lower(ONE);
    let [part] = plan.parts.as_slice() else { panic!("{plan:?}") };
    assert_eq!((part.budget, part.workload.part), (Budget::None, Some("broker")));
    assert_eq!(container(part).image.as_deref(), Some("apache/kafka:4.3.1"));
    let properties = file(&plan, "kafka-config", "server.properties");
    for line in [
        "process.roles=broker,controller",
        "controller.quorum.voters=0@kafka-0.kafka-headless.data.svc.cluster.local:9093",
        "default.replication.factor=1",
        "min.insync.replicas=1",
        "share.coordinator.state.topic.replication.factor=1",
    ] {
        has(properties, line);
    }
    assert!(file(&plan, "kafka-config", "start.sh").contains("-Xms1024m -Xmx1024m"));
    assert!(file(&plan, "kafka-config", "log4j2.yaml").contains("STDOUT"));
}

#[test]
fn three_brokers_that_are_controllers() {
    let plan = lower(THREE);
    let part = &plan.parts[0];
    let Controller::StatefulSet { replicas: 3, headless, parallel: true, claims, .. } =
        &part.workload.controller
    else {
        panic!("{part:?}")
    };
    assert_eq!((headless.as_str(), claims[0].class.as_deref()), ("kafka-headless", Some("fast")));
    assert_eq!(part.budget, Budget::MaxUnavailable(1));
    let expected = [("kafka", false, vec![9092]), ("kafka-headless", true, vec![9092, 9094, 9093])];
    assert_eq!(services(part), expected);
    let main = container(part);
    assert_eq!(main.image.as_deref(), Some("apache/kafka:3.9.0"));
    assert_eq!(main.security_context.as_ref().unwrap().run_as_user, Some(1000));
    assert_eq!(main.volume_mounts.as_ref().unwrap()[0].mount_path, "/var/lib/kafka/data");
    assert_eq!((part.workload.pod.grace, part.workload.pod.security.fs_group), (330, Some(1000)));
    assert_eq!(port(main.startup_probe.as_ref()).as_deref(), Some("controller"));
    assert_eq!(port(main.liveness_probe.as_ref()).as_deref(), Some("controller"));
    assert_eq!(port(main.readiness_probe.as_ref()).as_deref(), Some("client"));
    let properties = file(&plan, "kafka-config", "server.properties");
    let voters = "controller.quorum.voters=0@kafka-0.kafka-headless.data.svc.cluster.local:9093,\
                  1@kafka-1.kafka-headless.data.svc.cluster.local:9093,\
                  2@kafka-2.kafka-headless.data.svc.cluster.local:9093";
    has(properties, voters);
    has(properties, "listeners=CLIENT://:9092,BROKER://:9094,CONTROLLER://:9093");
    has(properties, "default.replication.factor=3");
    has(properties, "min.insync.replicas=2");
    has(properties, "log.dirs=/var/lib/kafka/data/log");
    // 3.9 knows no share groups.
    assert!(!properties.contains("share."));
    let (_, own) = properties.split_once("# The stack's own settings\n").unwrap();
    assert_eq!(own, "num.partitions=6\nmessage.max.bytes=1048576\nlog.cleaner.enable=true\n");
    let start = file(&plan, "kafka-config", "start.sh");
    has(start, "cluster_id='iFuzZaKKhLr1KqIlkS0NNQ'");
    has(start, "host=$POD_NAME.kafka-headless.data.svc.cluster.local");
    has(start, "export KAFKA_HEAP_OPTS='-Xms256m -Xmx256m'");
    has(start, "export KAFKA_LOG4J_OPTS='-Dlog4j.configuration=file:/etc/kafka-tier/log4j.properties'");
    let peers = tier(THREE).0.endpoints("kafka", &Cluster::standard()).peers;
    assert_eq!(peers, [9092, 9093, 9094]);
}

#[test]
fn a_job_makes_the_topics() {
    let plan = lower(THREE);
    let job = &plan.parts[1];
    assert!(
        matches!(job.workload.controller, Controller::Job(Run { retries: 6, .. })) && job.services.is_empty()
    );
    assert_eq!((job.workload.name.as_str(), job.workload.part), ("kafka-setup", Some("setup")));
    let script = file(&plan, "kafka-setup", "setup.sh");
    has(script, "server='kafka.data.svc.cluster.local:9092'");
    has(script, "topic 'orders' 6 3 'retention.ms=604800000' 'cleanup.policy=compact,delete'");
    has(script, "topic 'cache' 1 1 'min.insync.replicas=1'");
    assert_eq!(lower(ONE).parts.len(), 1);
}

#[test]
fn controllers_of_their_own() {
    let plan = lower(SEPARATE);
    let [brokers, controllers] = plan.parts.as_slice() else { panic!("{plan:?}") };
    assert_eq!(services(brokers)[0], ("kafka", false, vec![9092]));
    assert_eq!(services(brokers)[1], ("kafka-headless", true, vec![9092, 9094]));
    assert_eq!(services(controllers), [("kafka-controller-headless", true, vec![9093])]);
    assert_eq!((brokers.budget, controllers.budget), (Budget::MaxUnavailable(1), Budget::Majority(3)));
    assert_eq!(
        (controllers.workload.name.as_str(), controllers.workload.part),
        ("kafka-controller", Some("controller"))
    );
    let Controller::StatefulSet { replicas: 3, claims, .. } = &controllers.workload.controller else {
        panic!("{controllers:?}")
    };
    assert_eq!((claims[0].size.as_str(), claims[0].class.as_deref()), ("5Gi", Some("fast")));
    // A broker that recovers its logs has no port open: nothing may kill it.
    let broker = container(brokers);
    assert!(broker.startup_probe.is_none() && broker.liveness_probe.is_none());
    assert_eq!(port(container(controllers).readiness_probe.as_ref()).as_deref(), Some("controller"));
    let voters = "controller.quorum.voters=\
        1000@kafka-controller-0.kafka-controller-headless.data.svc.cluster.local:9093,\
        1001@kafka-controller-1.kafka-controller-headless.data.svc.cluster.local:9093,\
        1002@kafka-controller-2.kafka-controller-headless.data.svc.cluster.local:9093";
    for (map, roles, listeners, heap) in [
        ("kafka-config", "broker", "CLIENT://:9092,BROKER://:9094", "2048"),
        ("kafka-controller-config", "controller", "CONTROLLER://:9093", "512"),
    ] {
        let properties = file(&plan, map, "server.properties");
        has(properties, voters);
        has(properties, &format!("process.roles={roles}"));
        has(properties, &format!("listeners={listeners}"));
        has(properties, "default.replication.factor=2");
        has(properties, "min.insync.replicas=1");
        assert!(file(&plan, map, "start.sh").contains(&format!("-Xmx{heap}m")));
    }
    has(file(&plan, "kafka-controller-config", "start.sh"), "node_id=$((1000 + ${POD_NAME##*-}))");
    assert!(!file(&plan, "kafka-controller-config", "start.sh").contains("advertised"));
}

#[test]
fn every_mount_has_its_volume() {
    for yaml in [ONE, THREE, SEPARATE] {
        for part in &lower(yaml).parts {
            let pod = &part.workload.pod;
            for mount in container(part).volume_mounts.iter().flatten() {
                let found = mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name);
                assert!(found, "{}", mount.name);
            }
        }
    }
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    for yaml in [ONE, THREE, SEPARATE] {
        assert_eq!(findings(yaml), "");
    }
}

#[test]
fn an_even_number_of_voters() {
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 4")), "SG302 /replicas");
    assert_eq!(findings(&SEPARATE.replace("controllers: 3", "controllers: 2")), "SG302 /controllers");
    assert_eq!(findings(&format!("{ONE}replicas: 0\n")), "SG303 /replicas");
    let (_, found) = decode(&format!("{ONE}controllers: separate\n"));
    assert_eq!(found[0].code.id, "SG111");
}

#[test]
fn an_id_is_asked_for_and_explained() {
    let without = ONE.replace("clusterId: iFuzZaKKhLr1KqIlkS0NNQ\n", "");
    assert_eq!(findings(&without), "SG103  (key)");
    let (_, found) = decode(&ONE.replace("iFuzZaKKhLr1KqIlkS0NNQ", "kernel"));
    assert_eq!(found[0].code.id, "SG111");
    assert!(found[0].helps[0].text.contains("/dev/urandom"), "{found:?}");
}

#[test]
fn copies_follow_the_brokers() {
    let set = |line: &str| findings(&format!("{THREE}{line}\n"));
    assert_eq!(set("replicationFactor: 4"), "SG307 /replicationFactor");
    assert_eq!(set("minInsyncReplicas: 3"), "SG307 /minInsyncReplicas");
    assert_eq!(set("minInsyncReplicas: 0"), "SG307 /minInsyncReplicas");
    assert_eq!(set("replicationFactor: 2"), "");
    let topic = |old: &str, new: &str| findings(&THREE.replace(old, new));
    assert_eq!(topic("replicas: 1,", "replicas: 5,"), "SG307 /topics/cache/replicas");
    assert_eq!(topic(", config: { min.insync.replicas: 1 }", ""), "SG307 /topics/cache (key)");
    assert_eq!(
        topic("min.insync.replicas: 1", "min.insync.replicas: 2"),
        "SG307 /topics/cache/config/min.insync.replicas"
    );
    assert_eq!(topic("{ partitions: 1,", "{ partitions: 0,"), "SG111 /topics/cache/partitions");
    let same = format!("{ONE}topics: {{ a.b: {{ partitions: 1 }}, a_b: {{ partitions: 1 }} }}\n");
    assert_eq!(findings(&same), "SG111 /topics/a_b (key)");
}

#[test]
fn the_heap_fits_into_the_limit() {
    assert_eq!(findings(&format!("{THREE}heap: 384Mi\n")), "SG308 /heap");
    assert_eq!(findings(&format!("{THREE}heap: 320Mi\n")), "");
    assert_eq!(findings(&THREE.replace("memory: 512Mi", "memory: 256Mi")), "SG308 /resources");
    assert_eq!(findings(&SEPARATE.replace("memory: 1Gi", "memory: 256Mi")), "SG308 /controllerResources");
}

#[test]
fn settings_that_cannot_be() {
    let config = |new: &str| findings(&THREE.replace("num.partitions: 6", new));
    assert_eq!(config("node.id: 1"), "SG305 /config/node.id (key)");
    assert_eq!(config("min.insync.replicas: 1"), "SG305 /config/min.insync.replicas (key)");
    assert_eq!(config("sasl.enabled.mechanisms: PLAIN"), "SG305 /config/sasl.enabled.mechanisms (key)");
    assert_eq!(config("num.partitions: six"), "SG111 /config/num.partitions");
    assert_eq!(config("log.cleanup.policy: keep"), "SG111 /config/log.cleanup.policy");
    let topic = THREE.replace("retention.ms: 604800000", "retention.ms: 7d");
    assert_eq!(findings(&topic), "SG111 /topics/orders/config/retention.ms");
}

#[test]
fn versions_and_images() {
    assert_eq!(findings(&THREE.replace("3.9.0", "\"4.3\"")), "SG111 /version");
    let (_, found) = decode(&THREE.replace("3.9.0", "3.8.1"));
    assert_eq!(found[0].code.id, "SG304");
    let image = |text: &str| findings(&format!("{THREE}image: {text}\n"));
    assert_eq!(image("mirror.example/apache/kafka:3.9.1"), "");
    assert_eq!(image("mirror.example/apache/kafka:4.3.1"), "SG111 /image");
}

const OPERATED: &str = "
kind: kafka
backend: operator
replicas: 3
storage: 20Gi
resources: { limits: { memory: 4Gi } }
config: { num.partitions: 6, log.cleaner.enable: true }
topics: { order.events: { partitions: 6, config: { retention.ms: 1000 } } }
";

#[test]
fn strimzi_gets_a_cluster_a_pool_and_topics() {
    let plan = lower(OPERATED);
    let kinds: Vec<&str> = plan.objects.iter().map(crate::k8s::Object::kind).collect();
    assert_eq!(kinds, ["Service", "Kafka", "KafkaNodePool", "KafkaTopic"]);
    assert!(plan.parts.is_empty() && plan.files.is_empty());
    let value = |index: usize| serde_json::to_value(&plan.objects[index]).unwrap();
    assert_eq!(value(0)["metadata"]["name"], "kafka");
    let selector = serde_json::json!({ "strimzi.io/broker-role": "true", "strimzi.io/cluster": "kafka" });
    assert_eq!(value(0)["spec"]["selector"], selector);
    assert_eq!(tier(OPERATED).0.operator_labels("kafka").unwrap()["strimzi.io/cluster"], "kafka");
    let spec = &value(1)["spec"];
    assert_eq!(spec["kafka"]["version"], "4.3.1");
    assert_eq!(spec["kafka"]["config"]["min.insync.replicas"], 2);
    assert_eq!(spec["kafka"]["config"]["log.cleaner.enable"], true);
    assert!(spec["entityOperator"]["topicOperator"].is_object());
    let pool = value(2);
    assert_eq!(pool["metadata"]["labels"]["strimzi.io/cluster"], "kafka");
    assert_eq!(pool["spec"]["roles"], serde_json::json!(["controller", "broker"]));
    assert_eq!(pool["spec"]["jvmOptions"]["-Xmx"], "2048m");
    assert_eq!(value(3)["spec"]["topicName"], "order.events");
    let tier = tier(OPERATED).0;
    let endpoints = tier.endpoints("kafka", &Cluster::standard());
    assert_eq!((endpoints.peers, endpoints.callers[0].namespace.as_str()), (vec![9090, 9091], "strimzi"));
    assert!(tier.calls_api() && tier.own_tls_ports().contains(&9091));
}

#[test]
fn strimzi_with_controllers_of_their_own() {
    let yaml = SEPARATE.replace("clusterId: iFuzZaKKhLr1KqIlkS0NNQ", "backend: operator");
    assert_eq!(findings(&yaml), "");
    let pools: Vec<_> =
        lower(&yaml).objects[2..].iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    let of = |index: usize| {
        let spec = &pools[index]["spec"];
        (
            spec["roles"].to_string(),
            spec["replicas"].to_string(),
            spec["storage"]["volumes"][0]["size"].to_string(),
        )
    };
    assert_eq!(of(0), ("[\"broker\"]".to_owned(), "2".to_owned(), "\"20Gi\"".to_owned()));
    assert_eq!(of(1), ("[\"controller\"]".to_owned(), "3".to_owned(), "\"5Gi\"".to_owned()));
    assert!(serde_json::to_value(&lower(&yaml).objects[1]).unwrap()["spec"]["entityOperator"].is_null());
}

#[test]
fn what_strimzi_cannot_do_is_said() {
    assert_eq!(findings(OPERATED), "");
    let with = |line: &str| findings(&format!("{OPERATED}{line}\n"));
    assert_eq!(with("clusterId: iFuzZaKKhLr1KqIlkS0NNQ"), "SG303 /clusterId (key)");
    assert_eq!(with("disruption: { maxUnavailable: 1 }"), "SG303 /disruption (key)");
    assert_eq!(with("version: 3.9.0"), "SG304 /version");
    let volume = "volume: { csi: { driver: ebs.csi.aws.com, volumeHandle: \"vol-{pod}\" } }";
    assert_eq!(with(volume), "SG303 /volume (key)");
    let mut sink = Sink::default();
    let old = Cluster { strimzi: crate::model::Version::new(0, 48), ..Cluster::standard() };
    tier(OPERATED).0.check(&Route::of(&["x"]), &old, &mut sink);
    assert_eq!(sink.findings()[0].code.id, "SG303");
}
