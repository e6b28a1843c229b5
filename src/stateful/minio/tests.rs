use super::*;
use crate::stateful::testing::{decode, env, findings, lower, mounts_are_whole, row, tier};

const ONE: &str = "
kind: minio
storage: 10Gi
rootUser: { secret: files, key: user }
rootPassword: { secret: files, key: password }
";

const FOUR: &str = "
kind: minio
version: RELEASE.2024-12-18T13-15-44Z
replicas: 4
storage: 10Gi
rootUser: { secret: files, key: user }
rootPassword: { secret: files, key: password }
resources: { limits: { memory: 1Gi } }
config: { MINIO_SITE_REGION: eu-west-1, MINIO_BROWSER: false }
buckets: { invoices: { versioning: true, quota: 1Gi }, archive: { objectLock: true } }
";

fn arguments(plan: &Plan) -> Vec<String> {
    plan.parts[0].workload.pod.containers[0].args.clone().unwrap()
}

#[test]
fn a_single_server() {
    let plan = lower("files", ONE);
    let image = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z";
    assert_eq!(row(&plan), (image, Some(1000), "/data"));
    assert_eq!((plan.parts.len(), plan.parts[0].budget), (1, Budget::None));
    let expected =
        ["server", "--address=:9000", "--console-address=:9001", "--certs-dir=/tmp/certs", "/data"];
    assert_eq!(arguments(&plan), expected);
    assert!(tier(ONE).0.endpoints("files", &Cluster::standard()).peers.is_empty());
    assert_eq!(findings(ONE), "");
    mounts_are_whole(&plan);
}

#[test]
fn four_servers_share_objects_and_a_job_makes_the_buckets() {
    let plan = lower("files", FOUR);
    let [server, setup] = plan.parts.as_slice() else { panic!("{plan:?}") };
    assert_eq!((server.budget, setup.budget), (Budget::MaxUnavailable(1), Budget::None));
    assert!(setup.services.is_empty());
    let drives = "http://files-{0...3}.files-headless.data.svc.cluster.local:9000/data";
    assert_eq!(arguments(&plan).last().map(String::as_str), Some(drives));
    let endpoints = tier(FOUR).0.endpoints("files", &Cluster::standard());
    assert_eq!(endpoints.peers, [9000]);
    let names: Vec<_> = endpoints.ports.iter().map(|it| (it.name.as_str(), it.number)).collect();
    assert_eq!(names, [("api", 9000), ("console", 9001)]);
    let expected = [
        ("GOMEMLIMIT", "858993456"),
        ("HOME", "/tmp"),
        ("MINIO_BROWSER", "off"),
        ("MINIO_ROOT_PASSWORD_FILE", "/etc/minio/secrets/password"),
        ("MINIO_ROOT_USER_FILE", "/etc/minio/secrets/user"),
        ("MINIO_SITE_REGION", "eu-west-1"),
        ("MINIO_UPDATE", "off"),
    ];
    assert_eq!(env(&plan, 0), expected.into());
    assert_eq!(findings(FOUR), "");
    mounts_are_whole(&plan);
}

#[test]
fn the_script_says_what_each_bucket_is() {
    let plan = lower("files", FOUR);
    let script = &plan.files[0].files["setup.sh"];
    for line in [
        "mc --quiet mb --ignore-existing 'tier/invoices'\n",
        "mc --quiet version enable 'tier/invoices'\n",
        "mc --quiet quota set 'tier/invoices' --size 1073741824B\n",
        "mc --quiet mb --ignore-existing --with-lock 'tier/archive'\n",
        "mc --quiet quota clear 'tier/archive'\n",
    ] {
        assert!(script.contains(line), "{line} in {script}");
    }
    assert!(!script.contains("version enable 'tier/archive'"), "{script}");
}

#[test]
fn each_line_of_the_table() {
    for version in ["RELEASE.2024-12-18T13-15-44Z", "RELEASE.2025-09-07T16-13-09Z-cpuv1"] {
        let plan = lower("files", &format!("{ONE}version: {version}\n"));
        let image = format!("quay.io/minio/minio:{version}");
        assert_eq!(row(&plan), (image.as_str(), Some(1000), "/data"));
    }
    for version in ["RELEASE.2021-01-01T00-00-00Z", "2025-09-07", "latest"] {
        let (_, found) = decode(&format!("{ONE}version: {version}\n"));
        assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG304"], "{version}");
    }
}

#[test]
fn servers_that_cannot_share_objects() {
    for replicas in [0, 2, 3, 17, 22] {
        let expected = if replicas == 22 { "" } else { "SG303 replicas" };
        assert_eq!(findings(&format!("{ONE}replicas: {replicas}\n")), expected, "{replicas}");
    }
}

#[test]
fn what_cannot_be() {
    let quota = |it: &str| findings(&FOUR.replace("quota: 1Gi", it));
    assert_eq!(quota("quota: 20Gi"), "");
    assert_eq!(quota("quota: 21Gi"), "SG315 buckets/invoices/quota");
    let config = |it: &str| findings(&format!("{ONE}config: {{ {it} }}\n"));
    assert_eq!(config("MINIO_VOLUMES: /x"), "SG305 config/MINIO_VOLUMES (key)");
    assert_eq!(config("PATH: /x"), "SG111 config/PATH (key)");
    assert_eq!(config("MINIO_BROWSER: maybe"), "SG111 config/MINIO_BROWSER");
    let secret = "MINIO_IDENTITY_OPENID_CLIENT_SECRET";
    assert_eq!(config(&format!("{secret}: x")), format!("SG111 config/{secret} (key)"));
    let grace = format!("{ONE}terminationGracePeriodSeconds: 60\n");
    assert_eq!(findings(&grace), "SG314 terminationGracePeriodSeconds");
    let (_, found) = decode(&format!("{ONE}buckets: {{ Invoices: {{}} }}\n"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG104"]);
}
