use std::collections::BTreeMap;

use super::*;
use crate::diag::{At, Diagnostic, Part as Spot, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;

const ONE: &str = "
kind: mongodb
storage: 20Gi
password: { secret: db, key: pw }
keyFile: { secret: cluster, key: shared }
";

const THREE: &str = "
kind: mongodb
version: 7.0.28
replicas: 3
replicaSet: shop
database: orders
user: admin
storage: 20Gi
password: { secret: db, key: pw }
keyFile: { secret: cluster, key: shared }
resources: { requests: { cpu: 500m }, limits: { memory: 4Gi } }
config: { net.maxIncomingConnections: 500, operationProfiling.mode: slowOp, storage.directoryPerDB: true }
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
        name: "db",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "db",
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
    tier(yaml).0.check(&Route::of(&["stateful", "db"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Spot::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/db/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The row of each release line: image, user and where the data lies.
fn row(version: &str) {
    let plan = lower(&format!("{ONE}version: '{version}'\n"));
    let pod = &plan.parts[0].workload.pod;
    let main = &pod.containers[0];
    assert_eq!(main.image.as_deref(), Some(format!("mongo:{version}").as_str()));
    assert_eq!(pod.init[0].image, main.image);
    let security = main.security_context.as_ref().unwrap();
    assert_eq!(
        (security.run_as_user, security.run_as_group, pod.security.fs_group),
        (Some(999), Some(999), Some(999))
    );
    assert_eq!(main.volume_mounts.as_ref().unwrap()[0].mount_path, "/data/db");
}

#[test]
fn line_7_0() {
    row("7.0.28");
}

#[test]
fn line_8_0() {
    row("8.0.17-noble");
    assert_eq!(Release::standard().as_str(), "8.0.17");
}

#[test]
fn members_and_the_job_that_joins_them() {
    let plan = lower(THREE);
    let [servers, job] = plan.parts.as_slice() else { panic!("{plan:?}") };
    let Controller::StatefulSet { replicas: 3, headless, parallel: true, .. } = &servers.workload.controller
    else {
        panic!("{servers:?}")
    };
    assert_eq!((headless.as_str(), servers.budget), ("db-headless", Budget::Majority(3)));
    assert!(matches!(job.workload.controller, Controller::Job(Run { retries: 20, .. })));
    assert!(servers.workload.part != job.workload.part && job.services.is_empty());
    let script = &plan.files[0].files["init.js"];
    let hosts = [0, 1, 2].map(|it| format!("\"db-{it}.db-headless.data.svc.cluster.local:27017\"")).join(",");
    for line in [
        format!("const hosts = [{hosts}];"),
        "const set = \"shop\";".to_owned(),
        "const user = \"admin\";".to_owned(),
    ] {
        assert!(script.contains(&line), "{line} in {script}");
    }
}

#[test]
fn the_configuration_nests_dotted_names_and_the_stacks_own_come_in() {
    let conf: serde_json::Value = serde_json::from_str(&lower(THREE).files[0].files["mongod.conf"]).unwrap();
    let expected = serde_json::json!({
        "net": { "bindIpAll": true, "maxIncomingConnections": 500, "port": 27017, "unixDomainSocket": { "enabled": false } },
        "operationProfiling": { "mode": "slowOp" },
        "replication": { "replSetName": "shop" },
        "security": { "authorization": "enabled", "keyFile": "/run/mongodb/keyfile" },
        "storage": { "dbPath": "/data/db", "directoryPerDB": true, "wiredTiger": { "engineConfig": { "cacheSizeGB": 1.5 } } },
    });
    assert_eq!(conf, expected);
    let unlimited = &lower(ONE).files[0].files["mongod.conf"];
    assert!(!unlimited.contains("cacheSizeGB"), "{unlimited}");
}

#[test]
fn secrets_are_files_and_members_do_not_see_the_password() {
    let plan = lower(THREE);
    let items = |part: usize| {
        let volumes = &plan.parts[part].workload.pod.volumes;
        let found = serde_json::to_value(volumes.iter().find(|it| it.name == "secrets")).unwrap();
        let sources = found["projected"]["sources"].as_array().unwrap().iter();
        sources.map(|it| it["secret"]["items"][0]["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (items(0), items(1)),
        (vec!["keyfile".to_owned()], vec!["keyfile".to_owned(), "password".to_owned()])
    );
    for part in &plan.parts {
        let pod = &part.workload.pod;
        for container in pod.init.iter().chain(&pod.containers) {
            for mount in container.volume_mounts.iter().flatten() {
                assert!(
                    mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name),
                    "{}",
                    mount.name
                );
            }
            assert!(container.env.iter().flatten().all(|it| it.value_from.is_none()));
        }
    }
    let keys = tier(THREE).0.credentials();
    assert_eq!(keys.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["pw", "shared"]);
}

#[test]
fn the_address_names_every_member() {
    let endpoints = tier(THREE).0.endpoints("db", &Cluster::standard());
    assert_eq!(endpoints.path, "/orders?replicaSet=shop&authSource=admin");
    let seeds =
        endpoints.seeds.iter().map(|it| format!("{}.{}", it.pod, it.headless.as_deref().unwrap_or_default()));
    assert_eq!(seeds.collect::<Vec<_>>(), ["db-0.db-headless", "db-1.db-headless", "db-2.db-headless"]);
    assert_eq!(endpoints.peers, [27017]);
}

#[test]
fn sound_tiers_have_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(THREE), "");
}

#[test]
fn impossible_numbers_of_members() {
    let with = |replicas: &str| findings(&THREE.replace("replicas: 3", &format!("replicas: {replicas}")));
    assert_eq!(with("2"), "SG302 replicas");
    assert_eq!(with("4"), "SG302 replicas");
    assert_eq!(with("0"), "SG303 replicas");
    assert_eq!(with("9"), "SG303 replicas");
    assert_eq!(with("5"), "");
}

#[test]
fn names_settings_memory_and_time_that_do_not_fit() {
    let with = |from: &str, to: &str| findings(&THREE.replace(from, to));
    assert_eq!(with("database: orders", "database: a/b"), "SG111 database");
    assert_eq!(with("user: admin", "user: 'a:b'"), "SG111 user");
    assert_eq!(with("replicaSet: shop", "replicaSet: 'a&b'"), "SG111 replicaSet");
    assert_eq!(with("net.maxIncomingConnections: 500", "net.port: 1"), "SG305 config/net.port (key)");
    assert_eq!(with("mode: slowOp", "mode: some"), "SG111 config/operationProfiling.mode");
    assert_eq!(with("memory: 4Gi", "memory: 256Mi"), "SG111 resources/limits/memory");
    let cache = "storage.wiredTiger.engineConfig.cacheSizeGB";
    assert_eq!(
        with("storage.directoryPerDB: true", &format!("{cache}: 3.5")),
        format!("SG111 config/{cache}")
    );
    assert_eq!(with("storage.directoryPerDB: true", &format!("{cache}: 3")), "");
    assert_eq!(
        with("config:", "terminationGracePeriodSeconds: 10\nconfig:"),
        "SG314 terminationGracePeriodSeconds"
    );
}

#[test]
fn versions_and_images() {
    assert!(Release::parse("6.0.1").is_none() && Release::parse("8").is_none());
    assert_eq!(findings(&format!("{ONE}image: mirror.example/mongo:7.0.28\n")), "SG111 image");
}
