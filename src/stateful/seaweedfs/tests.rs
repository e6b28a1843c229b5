use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;

use super::*;
use crate::diag::{At, Diagnostic, Part as Spot, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;

const ONE: &str = "
kind: seaweedfs
storage: 200Gi
s3Config: { secret: s3, key: s3.json }
resources: { requests: { cpu: 250m }, limits: { memory: 1Gi } }
";

const MANY: &str = "
kind: seaweedfs
mode: distributed
replicas: 3
replication: 001
storage: 64Gi
storageClass: fast
s3Config: { secret: s3, key: identities.json }
master: { resources: { limits: { memory: 256Mi } } }
filer: { storage: 20Gi, storageClass: slow }
metrics: true
config: { volume.minFreeSpace: 10, filer.maxMB: 8, s3.domainName: s3.example.com, master.garbageThreshold: 0.4 }
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
        name: "files",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "files",
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
    tier(yaml).0.check(&Route::of(&["stateful", "files"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Spot::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/files/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn container(plan: &Plan, part: usize) -> &Container {
    &plan.parts[part].workload.pod.containers[0]
}

fn command(plan: &Plan, part: usize) -> String {
    container(plan, part).command.as_ref().unwrap().join(" ")
}

fn env(container: &Container) -> BTreeMap<&str, &str> {
    container.env.iter().flatten().filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?))).collect()
}

/// The row of each release line: image, user and where the data lies.
fn row(version: &str, telemetry: bool) {
    let plan = lower(&format!("{ONE}version: '{version}'\n"));
    let main = container(&plan, 0);
    assert_eq!(main.image.as_deref(), Some(format!("chrislusf/seaweedfs:{version}").as_str()));
    let security = main.security_context.as_ref().unwrap();
    assert_eq!((security.run_as_user, security.run_as_group), (Some(1000), Some(1000)));
    assert_eq!(main.volume_mounts.as_ref().unwrap()[0].mount_path, "/data");
    assert_eq!(command(&plan, 0).contains(" -master.telemetry=false"), telemetry);
}

#[test]
fn line_3() {
    row("3.84", false);
}

#[test]
fn line_4() {
    row("4.48", true);
    assert_eq!(Release::standard().as_str(), "4.48");
}

#[test]
fn one_process() {
    let plan = lower(ONE);
    let [part] = plan.parts.as_slice() else { panic!("{plan:?}") };
    assert_eq!((part.workload.name.as_str(), part.workload.part), ("files", Some("server")));
    assert_eq!(part.budget, Budget::None);
    assert_eq!(
        command(&plan, 0),
        "weed -logtostderr=true server -ip=localhost -ip.bind=0.0.0.0 -dir=/data -filer -s3 \
         -master.defaultReplication=000 -master.resumeState=true -master.volumeSizeLimitMB=1600 -volume.max=0 \
         -volume.minFreeSpace=5 -s3.config=/etc/seaweedfs/secrets/s3.json -master.telemetry=false"
    );
    assert_eq!(env(container(&plan, 0)), [("GOMEMLIMIT", "921MiB")].into());
    let services: Vec<_> = part.services.iter().map(|it| (it.name.as_str(), it.ports.len())).collect();
    assert_eq!(services, [("files", 2), ("files-headless", 2)]);
    let endpoints = tier(ONE).0.endpoints("files", &Cluster::standard());
    assert_eq!((endpoints.peers, endpoints.ports[0].number), (vec![], 8333));
    assert_eq!(findings(ONE), "");
}

#[test]
fn a_pod_for_each_role() {
    let plan = lower(MANY);
    let parts = plan.parts.iter().map(|it| {
        let Controller::StatefulSet { replicas, headless, claims, parallel: true, .. } =
            &it.workload.controller
        else {
            panic!("{it:?}")
        };
        let class = claims[0].class.as_deref().unwrap_or_default();
        (it.workload.name.as_str(), *replicas, headless.as_str(), claims[0].size.as_str(), class, it.budget)
    });
    let expected = [
        ("files-filer", 1, "files-filer-headless", "20Gi", "slow", Budget::None),
        ("files-master", 3, "files-master-headless", "1Gi", "fast", Budget::Majority(3)),
        ("files-volume", 3, "files-volume-headless", "64Gi", "fast", Budget::MaxUnavailable(1)),
    ];
    assert_eq!(parts.collect::<Vec<_>>(), expected);
    let masters =
        [0, 1, 2].map(|it| format!("files-master-{it}.files-master-headless.data.svc.cluster.local:9333"));
    let masters = masters.join(",");
    assert_eq!(
        command(&plan, 0),
        format!(
            "weed -logtostderr=true filer -ip=$(POD_NAME).files-filer-headless.data.svc.cluster.local \
             -ip.bind=0.0.0.0 -s3 -master={masters} -s3.config=/etc/seaweedfs/secrets/s3.json -maxMB=8 \
             -s3.domainName=s3.example.com -metricsPort=9327"
        )
    );
    assert_eq!(
        command(&plan, 1),
        format!(
            "weed -logtostderr=true master -ip=$(POD_NAME).files-master-headless.data.svc.cluster.local \
             -ip.bind=0.0.0.0 -mdir=/data -peers={masters} -defaultReplication=001 -resumeState=true \
             -volumeSizeLimitMB=512 -telemetry=false -garbageThreshold=0.4 -metricsPort=9327"
        )
    );
    assert_eq!(
        command(&plan, 2),
        format!(
            "weed -logtostderr=true volume -ip=$(POD_NAME).files-volume-headless.data.svc.cluster.local \
             -ip.bind=0.0.0.0 -dir=/data -master={masters} -max=0 -minFreeSpace=5 -minFreeSpace=10 -metricsPort=9327"
        )
    );
    assert_eq!(env(container(&plan, 1)), [("GOMEMLIMIT", "230MiB")].into());
    let peers = tier(MANY).0.endpoints("files", &Cluster::standard()).peers;
    assert_eq!(peers, [9333, 19333, 8080, 18080, 8888, 18888]);
    assert_eq!(findings(MANY), "");
}

#[test]
fn only_the_filer_is_behind_the_clients_service_and_sees_the_identities() {
    let plan = lower(MANY);
    for part in &plan.parts {
        let filer = part.workload.part == Some("filer");
        assert_eq!(part.services.iter().any(|it| it.name == "files"), filer);
        let secrets = part.workload.pod.volumes.iter().find(|it| it.name == "secrets");
        assert_eq!(secrets.is_some(), filer);
        for mount in part.workload.pod.containers[0].volume_mounts.iter().flatten() {
            let known =
                mount.name == "data" || part.workload.pod.volumes.iter().any(|it| it.name == mount.name);
            assert!(known, "{}", mount.name);
        }
    }
    let secrets = plan.parts[0].workload.pod.volumes.iter().find(|it| it.name == "secrets");
    let found = serde_json::to_value(secrets).unwrap();
    let items = &found["projected"]["sources"][0]["secret"]["items"];
    assert_eq!(*items, serde_json::json!([{ "key": "identities.json", "path": "s3.json" }]));
    assert_eq!(tier(MANY).0.credentials()[0].key.as_str(), "identities.json");
}

#[test]
fn a_volume_is_a_small_part_of_the_disk() {
    let size = |text| flags::volume_size(&Quantity::parse(text).unwrap());
    assert_eq!([size("1Gi"), size("20Gi"), size("200Gi"), size("100Ti")], [64, 160, 1600, 30_000]);
}

#[test]
fn one_process_is_no_cluster() {
    assert_eq!(findings(&format!("{ONE}replicas: 2\n")), "SG303 replicas");
    assert_eq!(findings(&format!("{ONE}master: {{ replicas: 3 }}\n")), "SG303 master (key)");
    assert_eq!(findings(&format!("{ONE}replication: '001'\n")), "SG303 replication");
}

#[test]
fn topologies_that_cannot_be() {
    let with = |from: &str, to: &str| findings(&MANY.replace(from, to));
    assert_eq!(with("master: {", "master: { replicas: 2,"), "SG302 master/replicas");
    assert_eq!(with("master: {", "master: { replicas: 1,"), "");
    assert_eq!(with("filer: {", "filer: { replicas: 2,"), "SG303 filer/replicas");
    assert_eq!(with("replicas: 3", "replicas: 1"), "SG303 replication");
    assert_eq!(with("replicas: 3", "replicas: 2"), "SG316 replicas");
    assert_eq!(with("replicas: 3", "replicas: 0"), "SG303 replicas\nSG303 replication");
    assert_eq!(with("001", "010"), "SG303 replication");
    assert_eq!(with("001", "1"), "SG111 replication");
    assert_eq!(with("001", "000"), "");
}

#[test]
fn flags_that_cannot_be() {
    let with = |config: &str| findings(&format!("{ONE}config: {{ {config} }}\n"));
    assert_eq!(with("master.peers: none"), "SG305 config/master.peers (key)");
    assert_eq!(with("idleTimeout: 60"), "SG111 config/idleTimeout (key)");
    assert_eq!(with("volume.max: many"), "SG111 config/volume.max");
    assert_eq!(with("volume.preStopSeconds: 60"), "SG314 terminationGracePeriodSeconds");
    assert_eq!(with("volume.preStopSeconds: 40"), "");
}

#[test]
fn an_image_of_another_version() {
    assert_eq!(findings(&format!("{ONE}image: mirror.example/seaweedfs:3.84\n")), "SG111 image");
    assert_eq!(findings(&format!("{ONE}image: mirror.example/seaweedfs:4.40\n")), "");
}
