use std::collections::BTreeMap;

use super::*;
use crate::diag::{At, Diagnostic, Part as Piece, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;
use crate::workload::Budget;

const ONE: &str = "
kind: rabbitmq
storage: 10Gi
user: shop
password: { secret: mq, key: pw }
resources: { limits: { memory: 1Gi } }
";

const THREE: &str = "
kind: rabbitmq
version: 4.2.6-alpine
replicas: 3
storage: 10Gi
password: { secret: mq, key: pw }
erlangCookie: { secret: mq, key: cookie }
plugins: [rabbitmq_management, rabbitmq_federation]
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
    lower_with(yaml, &BTreeMap::new(), &crate::stateful::PodTraits::default())
}

pub(super) fn lower_with(
    yaml: &str,
    selector: &BTreeMap<String, String>,
    pods: &crate::stateful::PodTraits,
) -> Plan {
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "mq",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "mq",
        selector,
        pods,
        bound: None,
        files: &BTreeMap::new(),
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
pub(super) fn findings(yaml: &str) -> String {
    findings_in(yaml, &Cluster::standard())
}

pub(super) fn findings_in(yaml: &str, cluster: &Cluster) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "mq"]), cluster, &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Piece::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/mq/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn conf(yaml: &str) -> String {
    lower(yaml).files[0].files["rabbitmq.conf"].clone()
}

/// The image, user, group and data mount of a version's pod.
fn row(version: &str) -> (String, i64, i64, String) {
    let plan = lower(&format!("{ONE}version: {version}\n"));
    let pod = &plan.parts[0].workload.pod;
    let main = &pod.containers[0];
    let user = main.security_context.clone().unwrap();
    assert_eq!(pod.security.fs_group, user.run_as_group);
    let data = main.volume_mounts.iter().flatten().find(|it| it.name == "data").unwrap();
    let (uid, gid) = (user.run_as_user.unwrap(), user.run_as_group.unwrap());
    (main.image.clone().unwrap(), uid, gid, data.mount_path.clone())
}

/// A test for each row of the table: on Ubuntu and on Alpine.
macro_rules! rows {
    ($($test:ident: $version:literal;)*) => { $(
        #[test]
        fn $test() {
            let (image, home) = (|tag: &str| format!("rabbitmq:{tag}"), || "/var/lib/rabbitmq".to_owned());
            let alpine = concat!($version, ".1-alpine");
            assert_eq!(row($version), (image($version), 999, 999, home()));
            assert_eq!(row(alpine), (image(alpine), 100, 101, home()));
        }
    )* };
}

rows! {
    version_4_0: "4.0";
    version_4_1: "4.1";
    version_4_2: "4.2";
    version_4_3: "4.3";
}

#[test]
fn other_texts_are_no_version() {
    for text in ["3.13", "4", "4.30", "management", "latest"] {
        assert!(Release::parse(text).is_none(), "{text}");
    }
    assert_eq!(Release::standard().as_str(), "4.3.6");
}

#[test]
fn a_single_node_waits_for_nobody() {
    let plan = lower(ONE);
    let part = &plan.parts[0];
    let pod = &part.workload.pod;
    assert_eq!((part.budget, pod.init.len(), pod.grace), (Budget::None, 0, 600));
    assert!(pod.containers[0].lifecycle.is_none());
    let conf = conf(ONE);
    assert!(conf.contains("vm_memory_high_watermark.absolute = 644245092\n"), "{conf}");
    assert!(conf.contains("disk_free_limit.absolute = 1073741824\n"), "{conf}");
    assert!(!conf.contains("cluster") && !conf.contains("quorum"), "{conf}");
    let script = &plan.files[0].files["start.sh"];
    assert!(!script.contains("wait_for_cluster") && !script.contains("cookie"), "{script}");
    assert_eq!(plan.files[0].files["enabled_plugins"], "[].\n");
    let endpoints = tier(ONE).0.endpoints("mq", &Cluster::standard());
    assert_eq!((endpoints.scheme, endpoints.path.as_str(), endpoints.peers.len()), (Some("amqp"), "/%2F", 0));
    assert_eq!(endpoints.login.unwrap().user, "shop");
}

#[test]
fn a_cluster_knows_its_nodes() {
    let plan = lower(THREE);
    let part = &plan.parts[0];
    let pod = &part.workload.pod;
    let (main, prepare) = (&pod.containers[0], &pod.init[0]);
    assert_eq!(part.budget, Budget::Majority(3));
    assert_eq!(
        (&prepare.volume_mounts, &prepare.env, &prepare.image),
        (&main.volume_mounts, &main.env, &main.image)
    );
    assert!(prepare.startup_probe.is_none() && prepare.lifecycle.is_none() && prepare.ports.is_none());
    let name = main.env.iter().flatten().find(|it| it.name == "RABBITMQ_NODENAME").unwrap();
    assert_eq!(name.value.as_deref(), Some("rabbit@$(POD_NAME).mq-headless.data.svc.cluster.local"));
    let stop = serde_json::to_value(&main.lifecycle).unwrap();
    let command = "rabbitmq-upgrade await_online_quorum_plus_one -t 540; rabbitmq-upgrade drain -t 30";
    assert_eq!(stop["preStop"]["exec"]["command"][2], command);
    let conf = conf(THREE);
    for line in [
        "cluster_formation.classic_config.nodes.3 = rabbit@mq-2.mq-headless.data.svc.cluster.local",
        "cluster_formation.target_cluster_size_hint = 3",
        "cluster_partition_handling = pause_minority",
        "default_queue_type = quorum",
        "quorum_queue.continuous_membership_reconciliation.target_group_size = 3",
    ] {
        assert!(conf.lines().any(|it| it == line), "{line} in {conf}");
    }
    assert_eq!(plan.files[0].files["enabled_plugins"], "[rabbitmq_management,rabbitmq_federation].\n");
    let endpoints = tier(THREE).0.endpoints("mq", &Cluster::standard());
    let ports: Vec<_> = endpoints.ports.iter().map(|it| (it.name.as_str(), it.number)).collect();
    assert_eq!(
        (ports, endpoints.peers),
        (vec![("amqp", 5672), ("management", 15672)], vec![5672, 4369, 25672])
    );
    let credentials = tier(THREE).0.credentials();
    assert_eq!(credentials.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["pw", "cookie"]);
}

#[test]
fn partitions_are_handled_where_the_version_asks_for_it() {
    assert!(!conf(&THREE.replace("4.2.6-alpine", "4.3.6")).contains("cluster_partition_handling"));
}

#[test]
fn what_the_stack_says_replaces_what_is_derived() {
    let conf = conf(&format!("{ONE}config: {{ vm_memory_high_watermark.relative: 0.5, heartbeat: 30 }}\n"));
    assert!(conf.contains("vm_memory_high_watermark.relative = 0.5\nheartbeat = 30\n"), "{conf}");
    assert!(!conf.contains("vm_memory_high_watermark.absolute"), "{conf}");
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    assert_eq!((findings(ONE).as_str(), findings(THREE).as_str()), ("", ""));
}

#[test]
fn impossible_topologies() {
    let with = |count: u32| findings(&THREE.replace("replicas: 3", &format!("replicas: {count}")));
    assert_eq!(
        [0, 2, 4, 9].map(with),
        ["SG303 replicas", "SG302 replicas", "SG302 replicas", "SG303 replicas"]
    );
    assert_eq!([1, 5, 7].map(with), ["", "", ""]);
    let cookie = "erlangCookie: { secret: mq, key: cookie }\n";
    assert_eq!(findings(&THREE.replace(cookie, "")), "SG103 replicas");
    assert_eq!(
        findings(&format!("{THREE}terminationGracePeriodSeconds: 60\n")),
        "SG314 terminationGracePeriodSeconds"
    );
}

#[test]
fn names_settings_and_plugins_that_cannot_be() {
    let with = |line: &str| findings(&ONE.replace("user: shop", line));
    assert_eq!(with("user: guest"), "SG111 user");
    assert_eq!(with("user: \"a b\"\nvhost: \"a/b\""), "SG111 user\nSG111 vhost");
    assert_eq!(
        with("config: { listeners.tcp.default: 1, default_pass: x }"),
        "SG305 config/default_pass (key)\nSG305 config/listeners.tcp.default (key)"
    );
    assert_eq!(
        with("config: { heartbeat: soon, motd: \"a # b\" }"),
        "SG111 config/heartbeat\nSG111 config/motd"
    );
    assert_eq!(with("plugins: [rabbitmq_mqtt, rabbitmq_mqtt]"), "SG111 plugins/1");
    assert_eq!(with("version: 4.1-management"), "SG111 version");
    assert_eq!(with("version: 4.1-management\nplugins: [rabbitmq_management]"), "");
    let (_, found) = decode(&ONE.replace("user: shop", "plugins: [rabbitmq_ldap]"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG109"]);
}
