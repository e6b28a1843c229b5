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
    assert_eq!((server.budget, setup.budget), (Budget::Majority(3), Budget::None));
    assert!(matches!(
        server.workload.controller,
        Controller::StatefulSet { replicas: 3, parallel: true, .. }
    ));
    assert!(matches!(setup.workload.controller, Controller::Job(_)) && setup.services.is_empty());
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

const BY_NACK: &str = "
kind: nats
storage: 10Gi
user: app
password: { secret: bus, key: pw }
streamsBy: nack
streams:
  ORDERS:
    subjects: [ orders.> ]
    maxAge: 90m
    maxBytes: 1Gi
    consumers:
      billing: { subjects: [ orders.*.paid ], ackWait: 1500ms, maxDeliver: 5 }
      audit: { ackPolicy: none, subjects: [ orders.a, orders.b ] }
  work: { subjects: [ work ], storage: memory, retention: workqueue, discard: new, maxMessages: 7, maxMessagesPerSubject: 1 }
";

#[test]
fn nack_makes_streams_in_the_place_of_the_job() {
    use crate::k8s::Object;
    let plan = lower("bus", BY_NACK);
    assert_eq!((plan.parts.len(), plan.files.len()), (1, 1), "no Job, no files for it");
    let [
        Object::Account(account),
        Object::Stream(orders),
        Object::Consumer(billing),
        Object::Consumer(audit),
        Object::Stream(work),
    ] = plan.objects.as_slice()
    else {
        panic!("{:?}", plan.objects)
    };
    assert_eq!(
        account.spec.servers,
        ["nats://bus.data.svc.cluster.local:4222"],
        "it is in another namespace"
    );
    let user = account.spec.user.as_ref().unwrap();
    assert_eq!(
        (user.secret.name.as_str(), user.password.as_str(), user.user.as_str()),
        ("bus", "pw", "username")
    );
    let (name, spec) = (orders.metadata.name.as_deref().unwrap(), &orders.spec);
    assert!(name.starts_with("bus-orders-") && name.len() > "bus-orders-".len(), "{name}");
    assert_eq!((spec.name.as_str(), spec.account.as_str(), spec.replicas), ("ORDERS", "bus", 1));
    assert_eq!(
        (spec.max_age.as_deref(), spec.max_bytes, spec.max_msgs),
        (Some("5400s"), Some(1 << 30), None)
    );
    assert!(spec.prevent_delete && billing.spec.prevent_delete, "messages outlive the resource");
    assert_eq!((billing.spec.ack_wait.as_deref(), billing.spec.max_deliver), (Some("1500ms"), Some(5)));
    assert_eq!(billing.spec.filter_subject.as_deref(), Some("orders.*.paid"));
    assert_eq!((&audit.spec.ack_wait, audit.spec.max_ack_pending), (&None, None));
    assert_eq!(audit.spec.filter_subjects, ["orders.a", "orders.b"]);
    assert_eq!(work.metadata.name.as_deref(), Some("bus-work"));
    let spec = &work.spec;
    assert_eq!(
        (spec.retention.as_str(), spec.storage.as_str(), spec.discard.as_str()),
        ("workqueue", "memory", "new")
    );
    assert_eq!((spec.max_msgs, spec.max_msgs_per_subject), (Some(7), Some(1)));
}

#[test]
fn nack_is_let_in_and_reads_the_user_from_the_secret() {
    let cluster = Cluster::standard();
    let endpoints = tier(BY_NACK).0.endpoints("bus", &cluster);
    let callers: Vec<_> =
        endpoints.callers.iter().map(|it| (it.namespace.as_str(), it.ports.as_slice())).collect();
    assert_eq!(callers, [("nack", &[4222][..])]);
    assert!(endpoints.peers.is_empty(), "no Job calls the server");
    let keys = |yaml: &str| {
        tier(yaml).0.secret_forms().into_iter().flat_map(|it| it.keys.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(keys(BY_NACK), ["username"]);
    let job = BY_NACK.replace("nack", "job");
    assert!(keys(&job).is_empty() && tier(&job).0.endpoints("bus", &cluster).callers.is_empty());
    let open = BY_NACK.replace("user: app\npassword: { secret: bus, key: pw }\n", "");
    assert!(keys(&open).is_empty());
    assert!(
        matches!(&lower("bus", &open).objects[0], crate::k8s::Object::Account(it) if it.spec.user.is_none())
    );
}

#[test]
fn what_nack_leaves_idle() {
    assert_eq!(findings(BY_NACK), "");
    assert_eq!(findings(&format!("{BY_NACK}setupImage: mirror/box:1\n")), "SG111 setupImage (key)");
    let old = Cluster { nack: crate::model::Version::new(0, 21), ..Cluster::standard() };
    let mut sink = Sink::default();
    tier(BY_NACK).0.check(&Route::of(&["it"]), &old, &mut sink);
    let found: Vec<_> = sink.findings().iter().map(|it| it.code.id).collect();
    assert_eq!(found, ["SG303"]);
}
