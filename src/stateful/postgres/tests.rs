use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;

use super::*;
use crate::diag::{At, Diagnostic, Part, Severity, Sources};
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::{AnyTier, PodTraits};
use crate::workload::{Budget, Controller, ServiceKind};

const ONE: &str = "
kind: postgres
storage: 200Gi
database: kernel
owner: app
password: { secret: db, key: pw }
resources: { requests: { cpu: 250m }, limits: { memory: 1Gi } }
config: { work_mem: 8MB, jit: false, random_page_cost: 1.1 }
init: { b.sql: sql/b.sql, a.sql: sql/a.sql }
databases: [audit]
";

const TWO: &str = "
kind: postgres
version: 18-bookworm
replicas: 2
storage: 10Gi
password: { secret: db, key: pw }
replicationPassword: { secret: replication, key: rpw }
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
    lower_with(yaml, &PodTraits::default())
}

pub(super) fn lower_with(yaml: &str, pods: &PodTraits) -> Plan {
    let texts = [("sql/a.sql", "select 'a';\n"), ("sql/b.sql", "select 'b';\n")];
    let files = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "pg",
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: "pg",
        selector: &BTreeMap::new(),
        pods,
        bound: None,
        files: &files,
    };
    tier(yaml).0.lower(&cx)
}

/// The code, severity and place of all that `check` reports, one a line.
pub(super) fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "pg"]), &Cluster::standard(), &mut sink);
    shown(&sink)
}

/// The findings, one a line.
pub(super) fn shown(sink: &Sink) -> String {
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Part::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/pg/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn env(container: &Container) -> BTreeMap<&str, &str> {
    let env = container.env.iter().flatten();
    env.filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?))).collect()
}

fn selectors(plan: &Plan) -> Vec<(&str, bool, Option<&str>)> {
    let services = plan.parts[0].services.iter();
    services
        .map(|it| {
            let pod = it.selector.get(crate::k8s::labels::POD_NAME);
            (it.name.as_str(), it.kind == ServiceKind::Headless, pod.map(String::as_str))
        })
        .collect()
}

#[test]
fn a_single_server() {
    let plan = lower(ONE);
    let [crate::workload::Part { workload, budget, .. }] = plan.parts.as_slice() else { panic!("{plan:?}") };
    let Controller::StatefulSet { replicas: 1, headless, parallel: true, claims, .. } = &workload.controller
    else {
        panic!("{workload:?}")
    };
    assert_eq!((headless.as_str(), claims[0].name.as_str()), ("pg-headless", "data"));
    let pod = &workload.pod;
    assert_eq!((pod.grace, pod.init.len(), pod.automount_token), (120, 0, false));
    assert_eq!(pod.security.fs_group, Some(70));
    let main = &pod.containers[0];
    assert_eq!((main.name.as_str(), main.image.as_deref()), ("pg", Some("postgres:17-alpine")));
    let expected = [
        ("PGDATA", "/var/lib/postgresql/data/pgdata"),
        ("POSTGRES_DB", "kernel"),
        ("POSTGRES_INITDB_ARGS", "--set huge_pages=off"),
        ("POSTGRES_PASSWORD_FILE", "/etc/postgres/secrets/password"),
        ("POSTGRES_USER", "app"),
    ];
    assert_eq!(env(main), expected.into());
    let live = serde_json::to_value(&main.liveness_probe).unwrap();
    let alive = "pg_isready -q -h 127.0.0.1 -U app -d kernel || [ $? -eq 1 ]";
    assert_eq!(live["exec"]["command"], serde_json::json!(["sh", "-c", alive]));
    let resources = serde_json::to_value(&main.resources).unwrap();
    let written = serde_json::json!({ "limits": { "memory": "1Gi" }, "requests": { "cpu": "250m" } });
    assert_eq!(resources, written);
    assert_eq!(selectors(&plan), [("pg", false, Some("pg-0")), ("pg-headless", true, None)]);
    assert_eq!(*budget, Budget::None);
    let tier = tier(ONE);
    assert_eq!((tier.0.endpoints("pg", &Cluster::standard()).peers, tier.0.credentials().len()), (vec![], 1));
}

#[test]
fn a_primary_and_a_standby() {
    let plan = lower(TWO);
    let pod = &plan.parts[0].workload.pod;
    let (main, prepare) = (&pod.containers[0], &pod.init[0]);
    assert_eq!(
        (prepare.name.as_str(), prepare.args.as_deref()),
        ("prepare", Some(&["prepare".to_owned()][..]))
    );
    assert_eq!((&prepare.volume_mounts, &prepare.env), (&main.volume_mounts, &main.env));
    assert_eq!((&prepare.resources, &prepare.security_context), (&main.resources, &main.security_context));
    assert!(prepare.startup_probe.is_none() && prepare.liveness_probe.is_none() && prepare.ports.is_none());
    assert_eq!(main.security_context.as_ref().unwrap().run_as_user, Some(999));
    assert_eq!(env(main)["PGDATA"], "/var/lib/postgresql/18/docker");
    assert_eq!(main.volume_mounts.as_ref().unwrap()[0].mount_path, "/var/lib/postgresql");
    let expected = [("pg", false, Some("pg-0")), ("pg-ro", false, Some("pg-1")), ("pg-headless", true, None)];
    assert_eq!(selectors(&plan), expected);
    assert_eq!(plan.parts[0].budget, Budget::MaxUnavailable(1));
    let start = &plan.files[0].files["start.sh"];
    let hosts =
        "hosts='pg-0.pg-headless.data.svc.cluster.local:5432 pg-1.pg-headless.data.svc.cluster.local:5432'";
    assert!(start.contains(hosts) && start.contains("volume='/var/lib/postgresql'\n"), "{start}");
    let tier = tier(TWO);
    assert_eq!(tier.0.endpoints("pg", &Cluster::standard()).peers, [5432]);
    let credentials = tier.0.credentials();
    let named: Vec<_> = credentials.iter().map(|it| (it.secret.as_str(), it.key.as_str())).collect();
    assert_eq!(named, [("db", "pw"), ("replication", "rpw")]);
}

#[test]
fn passwords_are_mounted_files_for_the_group_only() {
    let plan = lower(TWO);
    let secrets = plan.parts[0].workload.pod.volumes.iter().find(|it| it.name == "secrets");
    let expected = serde_json::json!({
        "name": "secrets",
        "projected": { "defaultMode": 0o440, "sources": [
            { "secret": { "name": "db", "items": [{ "key": "pw", "path": "password" }] } },
            { "secret": { "name": "replication", "items": [{ "key": "rpw", "path": "replication-password" }] } },
        ] },
    });
    assert_eq!(serde_json::to_value(secrets).unwrap(), expected);
}

#[test]
fn every_mount_has_its_volume_and_every_item_its_file() {
    for yaml in [ONE, TWO] {
        let plan = lower(yaml);
        let pod = &plan.parts[0].workload.pod;
        for mount in pod.containers[0].volume_mounts.iter().flatten() {
            let found = mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name);
            assert!(found, "{}", mount.name);
        }
        let mut used: Vec<&str> = Vec::new();
        for map in pod.volumes.iter().filter_map(|it| it.config_map.as_ref()) {
            assert_eq!(map.name, plan.files[0].name);
            used.extend(map.items.iter().flatten().map(|it| it.key.as_str()));
        }
        used.sort_unstable();
        assert_eq!(used, plan.files[0].files.keys().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn scripts_of_the_stack_run_after_its_own_in_the_order_of_their_keys() {
    let plan = lower(ONE);
    let init = plan.parts[0].workload.pod.volumes.iter().find(|it| it.name == "init").unwrap();
    let items = init.config_map.as_ref().unwrap().items.iter().flatten();
    let mounted: Vec<_> = items.map(|it| (it.key.as_str(), it.path.as_str())).collect();
    let expected =
        [("init.sh", "00-stackgen.sh"), ("initdb.a.sql", "10-a.sql"), ("initdb.b.sql", "10-b.sql")];
    assert_eq!(mounted, expected);
    assert_eq!(plan.files[0].files["initdb.a.sql"], "select 'a';\n");
    assert!(plan.files[0].files["init.sh"].contains("create_database 'audit'\n"));
    let files = tier(ONE).0.files();
    assert_eq!(files[0], (Route::of(&["init", "b.sql"]), "sql/b.sql".to_owned()));
}

#[test]
fn the_configuration_follows_memory_and_disk_and_ends_with_the_stacks_own() {
    let plan = lower(ONE);
    let conf = &plan.files[0].files["postgresql.conf"];
    for line in ["shared_buffers = '256MB'", "max_wal_size = '4096MB'", "max_slot_wal_keep_size = '51200MB'"]
    {
        assert!(conf.contains(line), "{line} in {conf}");
    }
    let (_, own) = conf.split_once("# The stack's own settings\n").unwrap();
    let mut own: Vec<&str> = own.lines().collect();
    own.sort_unstable();
    assert_eq!(own, ["jit = 'off'", "random_page_cost = '1.1'", "work_mem = '8MB'"]);
}

#[test]
fn an_unknown_version_is_told_the_known_ones() {
    let (_, found) = decode(&ONE.replace("storage", "version: '9.6'\nstorage"));
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(one.code.id, "SG304");
    assert!(one.helps[0].text.contains("14") && one.helps[0].text.contains("18"), "{one:?}");
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(TWO), "SG306 replicas");
    assert_eq!(crate::stateful::codes::NO_FAILOVER.severity, Severity::Info);
}

#[test]
fn impossible_topologies() {
    assert_eq!(findings(&TWO.replace("replicas: 2", "replicas: 3")), "SG303 replicas");
    assert_eq!(findings(&TWO.replace("replicas: 2", "replicas: 0")), "SG303 replicas");
    let alone = TWO.replace("replicationPassword: { secret: replication, key: rpw }\n", "");
    assert_eq!(findings(&alone), "SG103 replicas\nSG306 replicas");
}

#[test]
fn settings_scripts_and_names_that_cannot_be() {
    let reserved = ONE.replace("jit: false", "port: 5433, max_connections: 9");
    assert_eq!(findings(&reserved), "SG305 config/port (key)\nSG305 config/max_connections (key)");
    assert_eq!(findings(&ONE.replace("b.sql: sql", "b.txt: sql")), "SG111 init/b.txt (key)");
    let names = ONE.replace("[audit]", "[ok, \"it's\"]").replace("owner: app", "owner: replicator");
    assert_eq!(findings(&names), "SG111 databases/1\nSG111 owner");
    let (_, found) = decode(&ONE.replace("work_mem: 8MB", "work_mem: [8MB]"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG102"]);
}

#[test]
fn preparing_is_left_to_the_server_where_it_would_be_off_the_network() {
    let late = PodTraits { late_proxy: true, ..PodTraits::default() };
    let pods = [lower(TWO), lower_with(TWO, &late)].map(|it| it.parts[0].workload.pod.clone());
    let failures = pods.each_ref().map(|it| {
        let probe = it.containers[0].startup_probe.as_ref().unwrap();
        (it.init.len(), probe.failure_threshold)
    });
    assert_eq!(
        failures,
        [(1, Some(240)), (0, Some(240 + 102))],
        "10 GiB at 20 MiB a second, every 5 seconds"
    );
}

#[test]
fn what_only_the_operator_can_do() {
    let more = "pooler: {}\nbackup: { schedule: '@daily', to: { snapshot: {} } }\n";
    assert_eq!(findings(&format!("{ONE}{more}")), "SG303 pooler (key)\nSG303 backup/to/snapshot (key)");
}

const CLAIM: &str = "backup: { schedule: '0 3 * * *', timeZone: Europe/Berlin, keep: 3, to: { claim: { size: 20Gi, storageClass: slow } } }\n";
const STORE: &str = "backup: { schedule: '@daily', keep: 4w, deadline: 90m, to: { objectStore: { path: s3://b/p/, endpoint: \
                     'https://s3', accessKeyId: { secret: s3, key: id }, secretAccessKey: { secret: s3, key: it } } } }\n";

#[test]
fn backups_into_a_claim() {
    let yaml = format!("{ONE}{CLAIM}");
    assert_eq!(findings(&yaml), "");
    let plan = lower(&yaml);
    let names: Vec<_> = plan.parts.iter().map(|it| (it.workload.name.as_str(), it.workload.part)).collect();
    assert_eq!(
        names,
        [
            ("pg", Some("server")),
            ("pg-backup", Some("backup")),
            ("pg-restore", Some("restore")),
            ("pg-backup-check", Some("backup-check")),
        ]
    );
    let check = &plan.parts[3].workload;
    assert!(matches!(check.controller, Controller::Job(_)), "{check:?}");
    assert_eq!(check.pod.containers[0].command.as_ref().unwrap()[1..], ["check"]);
    let jobs = plan.parts[1..3].iter().map(|it| match &it.workload.controller {
        Controller::CronJob { schedule, run } => (schedule.suspend, run.retries, run.deadline),
        other => panic!("{other:?}"),
    });
    assert_eq!(jobs.collect::<Vec<_>>(), [(false, 2, Some(21_600)), (true, 0, None)]);
    let dump = &plan.parts[1].workload.pod;
    assert_eq!((dump.init.len(), dump.containers.len(), dump.security.fs_group), (0, 1, Some(70)));
    assert_eq!(dump.containers[0].image.as_deref(), Some("postgres:17-alpine"));
    assert_eq!(env(&dump.containers[0])["PGUSER"], "app");
    let crate::k8s::Object::PersistentVolumeClaim(claim) = &plan.objects[0] else { panic!("{plan:?}") };
    assert_eq!(claim.metadata.name.as_deref(), Some("pg-backup"));
    let script = &plan.files[1].files["pg_dump.sh"];
    assert!(script.contains("\nkeep_count=3\nkeep_days=\ndeadline=21600\n"), "{script}");
    let peers = tier(&yaml).0.endpoints("pg", &Cluster::standard()).peers;
    assert_eq!(peers, [5432], "the Jobs call the server");
    crate::stateful::testing::mounts_are_whole(&plan);
}

#[test]
fn backups_into_a_store() {
    let yaml = format!("{ONE}{STORE}");
    assert_eq!(findings(&yaml), "");
    let plan = lower(&yaml);
    assert!(plan.objects.is_empty(), "what is on its way has a claim of the pod's own");
    let order = |part: usize| {
        let pod = &plan.parts[part].workload.pod;
        pod.init.iter().chain(&pod.containers).map(|it| it.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((order(1), order(2)), (vec!["pg-dump", "store-put"], vec!["store-get", "pg-restore"]));
    let script = &plan.files[1].files["store.sh"];
    assert!(script.contains("\nstore=STORE:'b/p/pg'\nkeep_count=\nkeep_days=28\n"), "{script}");
    let secrets: Vec<_> = tier(&yaml).0.credentials().iter().map(|it| it.key.to_string()).collect();
    assert_eq!(secrets, ["pw", "id", "it"]);
    let at = yaml.replace("endpoint: 'https://s3', ", "");
    assert_eq!(findings(&at), "SG103 backup/to/objectStore (key)");
    assert_eq!(findings(&yaml.replace("90m", "0s")), "SG111 backup/deadline");
    let (_, found) = decode(&yaml.replace("@daily", "0 0 30 2 *"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG111"], "the 30th of February");
    crate::stateful::testing::mounts_are_whole(&plan);
}

#[test]
fn an_image_of_another_version() {
    let image = |text: &str| findings(&format!("{ONE}image: {text}\n"));
    assert_eq!(image("mirror.example:5000/library/postgres:17.5-alpine"), "");
    assert_eq!(image("mirror.example/postgres:17.5"), "SG111 image");
    assert_eq!(image("mirror.example/postgres:16-alpine"), "SG111 image");
    assert_eq!(image("mirror.example/own-postgres:3"), "");
}
