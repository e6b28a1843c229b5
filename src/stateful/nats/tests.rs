use super::*;
use crate::stateful::testing::{decode, env, findings, lower, mounts_are_whole, row, tier};

const ONE: &str = "
kind: nats
storage: 10Gi
";

const THREE: &str = "
kind: nats
version: 2.14-alpine
replicas: 3
storage: 10Gi
user: app
password: { secret: bus, key: pw }
resources: { limits: { memory: 1Gi } }
config: { max_payload: 2MB, write_deadline: 5s, jetstream.max_file_store: 1GB, cluster.pool_size: 3 }
streams:
  ORDERS: { subjects: [ orders.> ], maxAge: 1h, maxBytes: 1Gi, consumers: { billing: { subjects: [ orders.*.paid ] } } }
  LIVE: { subjects: [ live ], storage: memory, replicas: 1, maxBytes: 64Mi }
";

#[test]
fn a_single_server_needs_nobody() {
    let plan = lower("bus", ONE);
    assert_eq!((plan.parts.len(), plan.files.len(), plan.parts[0].budget), (1, 1, Budget::None));
    assert_eq!(row(&plan), ("nats:2.12.15-alpine", Some(1000), "/data"));
    let conf = &plan.files[0].files["nats.conf"];
    assert!(!conf.contains("cluster {") && !conf.contains("authorization"), "{conf}");
    assert!(
        conf.contains("max_file_store: 8589934592\n") && conf.contains("max_memory_store: 134217728\n"),
        "{conf}"
    );
    assert_eq!(env(&plan, 0), [("SERVER_NAME", "'$(POD_NAME)'")].into());
    let endpoints = tier(ONE).0.endpoints("bus", &Cluster::standard());
    assert!(endpoints.peers.is_empty() && endpoints.login.is_none());
    assert_eq!(findings(ONE), "");
    mounts_are_whole(&plan);
}

#[test]
fn a_cluster_votes_and_a_job_makes_the_streams() {
    let plan = lower("bus", THREE);
    let [server, setup] = plan.parts.as_slice() else { panic!("{plan:?}") };
    assert_eq!((server.workload.part, setup.workload.part), (Some("server"), Some("setup")));
    assert_eq!((server.budget, setup.budget), (Budget::MaxUnavailable(1), Budget::None));
    assert!(matches!(
        server.workload.controller,
        Controller::StatefulSet { replicas: 3, parallel: true, .. }
    ));
    assert!(matches!(setup.workload.controller, Controller::Job { .. }) && setup.services.is_empty());
    let endpoints = tier(THREE).0.endpoints("bus", &Cluster::standard());
    assert_eq!(endpoints.peers, [4222, 6222]);
    assert_eq!(endpoints.login.unwrap().user, "app");
    let names: Vec<_> = endpoints.ports.iter().map(|it| (it.name.as_str(), it.number)).collect();
    assert_eq!(names, [("client", 4222), ("monitor", 8222)]);
    assert_eq!(findings(THREE), "");
    mounts_are_whole(&plan);
}

#[test]
fn the_password_is_text_whatever_it_looks_like_and_in_no_file() {
    let plan = lower("bus", THREE);
    let expected = [
        ("GOMEMLIMIT", "858993456"),
        ("NATS_PASSWORD_QUOTED", "'$(NATS_PASSWORD)'"),
        ("SERVER_NAME", "'$(POD_NAME)'"),
    ];
    assert_eq!(env(&plan, 0), expected.into());
    assert!(plan.files[0].files["nats.conf"].contains("password: $NATS_PASSWORD_QUOTED\n"));
    let credentials = tier(THREE).0.credentials();
    assert_eq!(
        (credentials.len(), credentials[0].secret.as_str(), credentials[0].key.as_str()),
        (1, "bus", "pw")
    );
}

#[test]
fn the_configuration_has_routes_by_name_and_the_stacks_own_settings() {
    let plan = lower("bus", THREE);
    let conf = &plan.files[0].files["nats.conf"];
    for line in [
        "\"nats://bus-2.bus-headless.data.svc.cluster.local:6222\"",
        "  max_file_store: 1GB\n",
        "  max_memory_store: 268435456\n",
        "  pool_size: 3\n}",
        "max_payload: 2MB\n",
        "write_deadline: \"5s\"\n",
    ] {
        assert!(conf.contains(line), "{line} in {conf}");
    }
}

#[test]
fn what_the_job_reads() {
    let plan = lower("bus", THREE);
    let files = &plan.files[1].files;
    let keys: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(keys, ["consumer.ORDERS.billing.json", "setup.sh", "stream.LIVE.json", "stream.ORDERS.json"]);
    let json = |key: &str| serde_json::from_str::<serde_json::Value>(&files[key]).unwrap();
    let orders = json("stream.ORDERS.json");
    assert_eq!((&orders["num_replicas"], &orders["max_age"]), (&3.into(), &3_600_000_000_000_u64.into()));
    assert_eq!((&orders["max_msgs"], &orders["max_bytes"]), (&(-1).into(), &1_073_741_824.into()));
    assert_eq!(json("stream.LIVE.json")["num_replicas"], 1);
    assert_eq!(json("consumer.ORDERS.billing.json")["filter_subject"], "orders.*.paid");
    assert!(files["setup.sh"].contains("retry consumer 'ORDERS' 'billing'\n"));
}

#[test]
fn each_line_of_the_table() {
    for (version, image) in [
        ("2.10", "nats:2.10"),
        ("2.11-alpine", "nats:2.11-alpine"),
        ("2.12.15", "nats:2.12.15"),
        ("2.14.5", "nats:2.14.5"),
    ] {
        let plan = lower("bus", &format!("{ONE}version: '{version}'\n"));
        assert_eq!(row(&plan), (image, Some(1000), "/data"));
    }
    let (_, found) = decode(&format!("{ONE}version: '2.9'\n"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG304"]);
}

#[test]
fn servers_and_copies_that_cannot_be() {
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 4")), "SG302 replicas");
    assert_eq!(findings(&format!("{ONE}replicas: 0\n")), "SG303 replicas");
    let copies = |it: &str| findings(&THREE.replace("replicas: 1", it));
    assert_eq!(copies("replicas: 5"), "SG303 streams/LIVE/replicas");
    assert_eq!(copies("replicas: 2"), "SG302 streams/LIVE/replicas");
}

#[test]
fn sizes_that_do_not_fit() {
    let size = |storage: &str, max: &str| {
        findings(&format!(
            "{ONE}replicas: 3\nstreams: {{ A: {{ subjects: [ a ], storage: {storage}, maxBytes: {max} }} }}\n"
        ))
    };
    assert_eq!(size("file", "8Gi"), "");
    assert_eq!(size("file", "9Gi"), "SG315 streams (key)");
    assert_eq!(size("memory", "128Mi"), "");
    assert_eq!(size("memory", "129Mi"), "SG315 streams (key)");
}

#[test]
fn subjects_belong_to_one_stream() {
    let subjects = |it: &str| findings(&THREE.replace("[ live ]", it));
    assert_eq!(subjects("[ orders.a ]"), "SG111 streams/LIVE/subjects/0");
    assert_eq!(subjects("[ 'a..b' ]"), "SG111 streams/LIVE/subjects/0");
    assert_eq!(subjects("[]"), "SG103 streams/LIVE (key)");
    let consumer = THREE.replace("orders.*.paid", "live");
    assert_eq!(findings(&consumer), "SG111 streams/ORDERS/consumers/billing/subjects/0");
}

#[test]
fn stopping_takes_its_time() {
    let grace = |duck: &str, grace: u32| {
        findings(&format!("{ONE}lameDuckDuration: {duck}\nterminationGracePeriodSeconds: {grace}\n"))
    };
    assert_eq!(grace("45s", 60), "");
    assert_eq!(grace("46s", 60), "SG314 terminationGracePeriodSeconds");
    assert_eq!(grace("5s", 60), "SG111 lameDuckDuration");
}

#[test]
fn settings_and_users_that_cannot_be() {
    let config = |it: &str| findings(&THREE.replace("max_payload: 2MB", it));
    assert_eq!(config("port: 1"), "SG305 config/port (key)");
    assert_eq!(config("Port: 1"), "SG111 config/Port (key)");
    assert_eq!(config("websocket.port: 1"), "SG111 config/websocket.port (key)");
    assert_eq!(config("max_connections: many"), "SG111 config/max_connections");
    assert_eq!(findings(&format!("{ONE}user: app\n")), "SG103 user (key)");
    assert_eq!(findings(&THREE.replace("user: app", "user: 'a:b'")), "SG111 user");
    assert_eq!(findings(&format!("{ONE}image: mirror.example/nats:2.10\n")), "SG111 image");
}
