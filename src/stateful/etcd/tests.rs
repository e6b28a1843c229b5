use super::*;
use crate::stateful::testing::{decode, env, findings, lower, row, tier};
use crate::workload::Budget;

const ONE: &str = "
kind: etcd
storage: 10Gi
";

const THREE: &str = "
kind: etcd
version: v3.5.21
replicas: 3
storage: 100Gi
certificate: keys
clientCertAuth: true
resources: { limits: { memory: 2Gi } }
config: { snapshot-count: 5000, auto-compaction-retention: 30m }
";

fn arguments(plan: &Plan) -> Vec<String> {
    plan.parts[0].workload.pod.containers[0].args.clone().unwrap()
}

#[test]
fn a_single_member() {
    let plan = lower("kv", ONE);
    assert_eq!(row(&plan), ("gcr.io/etcd-development/etcd:v3.6.15", Some(65532), "/var/lib/etcd"));
    assert_eq!((plan.parts[0].budget, plan.files.len()), (Budget::None, 0));
    let arguments = arguments(&plan);
    for argument in [
        "--name=$(POD_NAME)",
        "--data-dir=/var/lib/etcd/data",
        "--initial-cluster=kv-0=http://kv-0.kv-headless.data.svc.cluster.local:2380",
        "--initial-cluster-state=new",
        "--initial-cluster-token=kv.data",
        "--quota-backend-bytes=4294967296",
        "--auto-compaction-retention=1h",
    ] {
        assert!(arguments.iter().any(|it| it == argument), "{argument} in {arguments:?}");
    }
    assert!(tier(ONE).0.endpoints("kv", &Cluster::standard()).peers.is_empty());
    assert_eq!(findings(ONE), "");
}

#[test]
fn a_cluster_that_serves_with_a_certificate() {
    let plan = lower("kv", THREE);
    assert_eq!(plan.parts[0].budget, Budget::Majority(3));
    let arguments = arguments(&plan);
    for argument in [
        "--listen-client-urls=https://0.0.0.0:2379",
        "--advertise-client-urls=https://$(POD_NAME).kv-headless.data.svc.cluster.local:2379",
        "--listen-metrics-urls=http://0.0.0.0:2381",
        "--cert-file=/etc/etcd/tls/tls.crt",
        "--client-cert-auth=true",
        "--snapshot-count=5000",
        "--auto-compaction-retention=30m",
        // three quarters of the memory, less than two fifths of the volume
        "--quota-backend-bytes=1610612736",
    ] {
        assert!(arguments.iter().any(|it| it == argument), "{argument} in {arguments:?}");
    }
    let members = arguments.iter().find(|it| it.starts_with("--initial-cluster=")).unwrap();
    assert!(members.ends_with(",kv-2=http://kv-2.kv-headless.data.svc.cluster.local:2380"), "{members}");
    assert_eq!(env(&plan, 0)["ETCDCTL_CERT"], "/etc/etcd/tls/tls.crt");
    let tier = tier(THREE);
    let endpoints = tier.0.endpoints("kv", &Cluster::standard());
    assert_eq!((endpoints.scheme, endpoints.peers), (Some("https"), vec![2379, 2380]));
    let keys: Vec<_> = tier.0.credentials().iter().map(|it| it.key.to_string()).collect();
    assert_eq!(keys, CERTIFICATE);
    assert_eq!(findings(THREE), "");
}

#[test]
fn no_database_is_larger_than_the_project_suggests() {
    let plan = lower("kv", &ONE.replace("10Gi", "1Ti"));
    assert!(arguments(&plan).contains(&"--quota-backend-bytes=8589934592".to_owned()));
}

#[test]
fn each_line_of_the_table() {
    for version in ["v3.5.12", "v3.6.0"] {
        let plan = lower("kv", &format!("{ONE}version: {version}\n"));
        let image = format!("gcr.io/etcd-development/etcd:{version}");
        assert_eq!(row(&plan), (image.as_str(), Some(65532), "/var/lib/etcd"));
    }
    for version in ["3.6.0", "v3.4.30", "latest"] {
        let (_, found) = decode(&format!("{ONE}version: {version}\n"));
        assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG304"], "{version}");
    }
}

#[test]
fn tags_that_are_not_published_or_do_not_answer_the_probes() {
    let version = |it: &str| findings(&format!("{ONE}version: {it}\n"));
    assert_eq!(version("v3.6"), "SG304 version");
    assert_eq!(version("v3.5.11"), "SG304 version");
    assert_eq!(version("v3.6.1-rc.0"), "");
    assert_eq!(findings(&format!("{ONE}image: mirror.example/etcd:v3.5.21\n")), "SG111 image");
}

#[test]
fn what_cannot_be() {
    assert_eq!(findings(&format!("{ONE}replicas: 2\n")), "SG302 replicas");
    assert_eq!(findings(&format!("{ONE}replicas: 0\n")), "SG303 replicas");
    assert_eq!(findings(&format!("{ONE}clientCertAuth: true\n")), "SG103 clientCertAuth");
    assert_eq!(
        findings(&format!("{ONE}terminationGracePeriodSeconds: 5\n")),
        "SG314 terminationGracePeriodSeconds"
    );
    let config = |it: &str| findings(&format!("{ONE}config: {{ {it} }}\n"));
    assert_eq!(config("quota-backend-bytes: 6000000000"), "SG315 config/quota-backend-bytes");
    assert_eq!(config("quota-backend-bytes: 0"), "SG111 config/quota-backend-bytes");
    assert_eq!(config("quota-backend-bytes: 8Gi"), "SG111 config/quota-backend-bytes");
    assert_eq!(config("data-dir: /x"), "SG305 config/data-dir (key)");
    assert_eq!(config("Data_dir: /x"), "SG111 config/Data_dir (key)");
}
