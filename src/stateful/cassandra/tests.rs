use super::*;
use crate::model::decode::Key as _;
use crate::stateful::testing::{development, env, findings, lower, mounts_are_whole, row, tier};

const ONE: &str = "
kind: cassandra
storage: 20Gi
password: { secret: store, key: pw }
superuserPassword: { secret: store, key: root }
";

const THREE: &str = "
kind: cassandra
version: 4.1.12
replicas: 3
clusterName: shop
datacenter: eu
rack: r1
superuser: operator
user: shop
storage: 20Gi
password: { secret: store, key: pw }
superuserPassword: { secret: store, key: root }
keyspaces: { shop: {}, audit: { replicationFactor: 3 } }
resources: { requests: { cpu: 500m }, limits: { memory: 4Gi } }
config: { concurrent_reads: 64, memtable.configurations.default.class_name: TrieMemtable }
";

#[test]
fn line_4_1() {
    let plan = lower("store", THREE);
    assert_eq!(row(&plan), ("cassandra:4.1.12", Some(999), "/var/lib/cassandra"));
}

#[test]
fn line_5_0() {
    let plan = lower("store", &format!("{ONE}version: 5.0.9-jammy\n"));
    assert_eq!(row(&plan), ("cassandra:5.0.9-jammy", Some(999), "/var/lib/cassandra"));
    assert_eq!(Release::standard().as_str(), "5.0.9");
}

#[test]
fn other_texts_are_no_version() {
    for text in ["latest", "4.0.21", "5", "5.1.0", "3.11.19"] {
        assert!(Release::parse(text).is_none(), "{text}");
    }
    assert_eq!(findings(&format!("{ONE}image: mirror.example/cassandra:4.1.12\n")), "SG111 image");
}

#[test]
fn nodes_start_in_order_and_the_job_is_of_the_same_image() {
    let plan = lower("store", THREE);
    let [nodes, job] = plan.parts.as_slice() else { panic!("{plan:?}") };
    let Controller::StatefulSet { replicas: 3, headless, parallel: false, .. } = &nodes.workload.controller
    else {
        panic!("{nodes:?}")
    };
    assert_eq!((headless.as_str(), nodes.budget), ("store-headless", Budget::MaxUnavailable(1)));
    assert!(matches!(job.workload.controller, Controller::Job(Run { retries: 6, .. })));
    assert_eq!(job.workload.pod.containers[0].image, nodes.workload.pod.containers[0].image);
    assert!(nodes.workload.part != job.workload.part && job.services.is_empty());
    mounts_are_whole(&plan);
    assert_eq!(lower("store", ONE).parts[0].budget, Budget::None);
    // Nothing of the heap: nodetool would take it for its own.
    assert!(!env(&plan, 0).contains_key("MAX_HEAP_SIZE"));
}

fn setting<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn settings_are_derived_and_the_stacks_own_come_in() {
    let plan = lower("store", THREE);
    let yaml = &plan.files[0].files["cassandra.yaml"];
    for (name, value) in [
        ("cluster_name", "\"shop\""),
        ("num_tokens", "16"),
        ("default_keyspace_rf", "3"),
        ("concurrent_reads", "64"),
        ("memtable", r#"{"configurations":{"default":{"class_name":"TrieMemtable"}}}"#),
        ("authenticator", "\"PasswordAuthenticator\""),
    ] {
        assert_eq!(setting(yaml, name), value, "{name}");
    }
    assert_eq!(plan.files[0].files["cassandra-rackdc.properties"], "dc=eu\nrack=r1\n");
    let start = &plan.files[0].files["start.sh"];
    assert!(start.contains("MAX_HEAP_SIZE=2048M HEAP_NEWSIZE=512M"), "{start}");
    assert!(start.contains("'store-2.store-headless.data.svc.cluster.local')"), "{start}");
    let alone = lower("store", ONE);
    assert_eq!(setting(&alone.files[0].files["cassandra.yaml"], "cluster_name"), "\"store\"");
}

#[test]
fn more_nodes_have_three_seeds_and_three_copies() {
    let plan = lower("store", &THREE.replace("replicas: 3\n", "replicas: 9\n"));
    let yaml = &plan.files[0].files["cassandra.yaml"];
    assert_eq!(setting(yaml, "allocate_tokens_for_local_replication_factor"), "3");
    assert!(!plan.files[0].files["start.sh"].contains("store-3."));
    let setup = &plan.files[1].files["setup.sh"];
    for line in
        ["nodes=9", "keyspace shop 3", "keyspace audit 3", "role 'shop' shop audit", "factor system_auth 3"]
    {
        assert!(setup.contains(line), "{line} in {setup}");
    }
}

#[test]
fn secrets_are_files_of_the_job_alone() {
    let plan = lower("store", THREE);
    for part in &plan.parts {
        let container = &part.workload.pod.containers[0];
        let secret = |it: &k8s_openapi::api::core::v1::EnvVar| {
            it.value_from.as_ref().is_some_and(|it| it.secret_key_ref.is_some())
        };
        assert!(!container.env.iter().flatten().any(secret));
    }
    let projected = |part: usize| {
        plan.parts[part].workload.pod.volumes.iter().filter(|it| it.projected.is_some()).count()
    };
    assert_eq!((projected(0), projected(1)), (0, 1));
    let keys = tier(THREE).0.credentials();
    assert_eq!(keys.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["pw", "root"]);
}

#[test]
fn clients_are_given_three_nodes_and_the_first_keyspace() {
    let endpoints = tier(THREE).0.endpoints("store", &Cluster::standard());
    assert_eq!((endpoints.path.as_str(), endpoints.peers.as_slice()), ("/shop", [7000, 9042].as_slice()));
    assert_eq!(endpoints.seeds.len(), 3);
    let found: Vec<_> = endpoints.properties.iter().map(|(name, it)| format!("{name}={it}")).collect();
    assert_eq!(found, ["datacenter=eu", "user=shop", "keyspace=shop"]);
    let alone = tier(ONE).0.endpoints("store", &Cluster::standard());
    assert_eq!((alone.path.as_str(), alone.seeds.len()), ("", 1));
}

#[test]
fn sound_tiers_have_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(THREE), "");
}

#[test]
fn copies_and_nodes() {
    let with = |replicas: &str, more: &str| {
        findings(&format!("{}{more}\n", THREE.replace("replicas: 3\n", &format!("replicas: {replicas}\n"))))
    };
    assert_eq!(with("0", ""), "SG303 replicas");
    assert_eq!(with("2", ""), "SG352 replicas\nSG307 keyspaces/audit/replicationFactor");
    assert_eq!(with("3", "replicationFactor: 1"), "SG351 replicationFactor");
    assert_eq!(with("3", "replicationFactor: 2"), "SG352 replicationFactor");
    assert_eq!(with("5", "replicationFactor: 4"), "SG352 replicationFactor");
    assert_eq!(with("5", "replicationFactor: 5"), "");
    assert_eq!(with("5", "replicationFactor: 6"), "SG307 replicationFactor");
    assert_eq!(with("3", "replicationFactor: 0"), "SG307 replicationFactor");
}

#[test]
fn names_settings_memory_and_time_that_do_not_fit() {
    let with = |from: &str, to: &str| findings(&THREE.replace(from, to));
    assert_eq!(with("clusterName: shop", "clusterName: 'a b'"), "SG111 clusterName");
    assert_eq!(with("datacenter: eu", "datacenter: \"e'u\""), "SG111 datacenter");
    assert_eq!(with("rack: r1", "rack: ''"), "SG111 rack");
    assert_eq!(with("user: shop", "user: Shop"), "SG111 user");
    assert_eq!(with("user: shop", "user: operator"), "SG111 user");
    assert_eq!(with("superuser: operator", "superuser: cassandra"), "SG111 superuser");
    assert_eq!(with("concurrent_reads: 64", "num_tokens: 4"), "SG305 config/num_tokens (key)");
    assert_eq!(
        with("concurrent_reads: 64", "client_encryption_options.enabled: true"),
        "SG305 config/client_encryption_options.enabled (key)"
    );
    assert_eq!(with("concurrent_reads: 64", "concurrent_reads: many"), "SG111 config/concurrent_reads");
    assert_eq!(with("memory: 4Gi", "memory: 768Mi"), "SG308 resources");
    assert_eq!(with("memory: 4Gi", "memory: 1Gi"), "");
    assert_eq!(with("config:", "heap: 3Gi\nconfig:"), "SG308 heap");
    assert_eq!(with("config:", "heap: 100Mi\nconfig:"), "SG308 heap");
    assert_eq!(
        with("config:", "terminationGracePeriodSeconds: 30\nconfig:"),
        "SG314 terminationGracePeriodSeconds"
    );
}

#[test]
fn names_of_keyspaces() {
    for name in ["shop", "a_1"] {
        assert!(KeyspaceName::key(name).is_ok(), "{name}");
    }
    let long = "a".repeat(49);
    for name in ["", "Shop", "1a", "a-b", "system", "system_auth", &long] {
        assert!(KeyspaceName::key(name).is_err(), "{name}");
    }
}

#[test]
fn a_single_node_has_each_row_once() {
    let plan = development("store", THREE);
    let setup = plan.files.iter().find(|it| it.name == "store-setup").unwrap();
    let texts: String = setup.files.values().map(String::as_str).collect();
    assert!(texts.contains("keyspace audit 1") && !texts.contains("keyspace audit 3"), "{texts}");
}
