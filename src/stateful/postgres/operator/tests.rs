use super::super::tests::{findings, lower_with, shown, tier};
use super::*;
use crate::diag::{Route, Sink};
use crate::k8s::crd::cnpg::pooler::PoolMode;
use crate::model::{Affinity, Domain, LabelKey, Version};
use crate::stateful::pieces::object_name;
use crate::stateful::{PodTraits, Target};

const ONE: &str = "
kind: postgres
backend: operator
storage: 200Gi
database: kernel
owner: app
password: { secret: db, key: password }
resources: { requests: { memory: 128Mi }, limits: { memory: 1Gi } }
config: { work_mem: 8MB, jit: false, shared_preload_libraries: 'a, b' }
init: { b.sql: sql/b.sql, a.sql: sql/a.sql }
databases: [audit, Billing_2]
";

const THREE: &str = "
kind: postgres
backend: operator
version: 18.6-minimal-trixie
replicas: 3
storage: 10Gi
storageClass: fast
database: kernel
owner: app
password: { secret: db, key: password }
terminationGracePeriodSeconds: 300
pooler: { mode: transaction, config: { max_client_conn: 500, log_connections: false } }
backup:
  schedule: 30 2 * * *
  keep: 30d
  to:
    objectStore:
      path: s3://backups/shop
      endpoint: https://s3.example.com
      accessKeyId: { secret: s3, key: id }
      secretAccessKey: { secret: s3, key: secret }
";

fn traits() -> PodTraits {
    let key = |text: &str| <LabelKey as crate::model::decode::Key>::key(text).unwrap();
    PodTraits {
        labels: [("cnpg.io/cluster", "pg"), ("team", "data")]
            .map(|(key, it)| (key.to_owned(), it.to_owned()))
            .into(),
        annotations: [("a".to_owned(), "b".to_owned())].into(),
        affinity: Some(Affinity {
            nodes: [(key("disk"), crate::model::decode::OneOrMany(vec!["ssd".to_owned()]))].into(),
            spread: crate::model::decode::OneOrMany(vec![Domain::Zone]),
            separate: Some(Domain::Hostname),
            tolerations: [(key("dedicated"), String::new())].into(),
            priority_class: None,
        }),
        late_proxy: false,
        policies: true,
    }
}

fn kinds(plan: &Plan) -> Vec<String> {
    assert!(plan.parts.is_empty() && plan.files.is_empty(), "the operator makes all pods");
    let name = |it: &Object| it.metadata().and_then(|it| it.name.clone()).unwrap();
    plan.objects.iter().map(|it| format!("{} {}", it.kind(), name(it))).collect()
}

fn spec(plan: &Plan) -> &cnpg::ClusterSpec {
    let found = plan.objects.iter().find_map(|it| match it {
        Object::Cluster(cluster) => Some(&cluster.spec),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_single_server() {
    let plan = lower_with(ONE, &PodTraits::default());
    let expected =
        ["ConfigMap pg-init", "Cluster pg", "Database pg-audit", "Database pg-billing-2-dm25t68487"];
    assert_eq!(kinds(&plan), expected);
    let spec = spec(&plan);
    assert_eq!(spec.image_name, "ghcr.io/cloudnative-pg/postgresql:17.11-standard-trixie");
    // A budget for one server would keep its node from ever being drained.
    assert_eq!((spec.instances, spec.enable_pdb), (1, false));
    assert_eq!((spec.stop_delay, spec.smart_shutdown_timeout, spec.affinity.clone()), (None, None, None));
    let initdb = &spec.bootstrap.as_ref().unwrap().initdb;
    assert_eq!((initdb.database.as_str(), initdb.owner.as_str()), ("kernel", "app"));
    assert_eq!(initdb.secret.name, "db");
    let refs = &initdb.post_init_application_sql_refs.as_ref().unwrap().config_map_refs;
    let refs: Vec<_> = refs.iter().map(|it| (it.name.as_str(), it.key.as_str())).collect();
    assert_eq!(refs, [("pg-init", "a.sql"), ("pg-init", "b.sql")]);
    let services = &spec.managed.as_ref().unwrap().services;
    assert_eq!(services.additional[0].service_template.metadata.name, "pg");
    assert_eq!(services.disabled_default_services, [Role::Standby, Role::Any]);
}

#[test]
fn settings_are_text_and_buffers_within_the_request() {
    let plan = lower_with(ONE, &PodTraits::default());
    let postgresql = &spec(&plan).postgresql;
    let parameter = |name: &str| postgresql.parameters.get(name).map(String::as_str);
    assert_eq!((parameter("jit"), parameter("work_mem")), (Some("off"), Some("8MB")));
    assert_eq!(
        (parameter("max_connections"), parameter("effective_cache_size")),
        (Some("100"), Some("512MB"))
    );
    assert_eq!(parameter("shared_buffers"), Some("128MB"), "a quarter of the limit is above the request");
    assert_eq!(parameter("shared_preload_libraries"), None, "the operator refuses it among the parameters");
    assert_eq!(postgresql.shared_preload_libraries, ["a", "b"]);
    let own = ONE.replace("work_mem", "shared_buffers");
    let plan = lower_with(&own, &PodTraits::default());
    assert_eq!(spec(&plan).postgresql.parameters["shared_buffers"], "8MB");
}

#[test]
fn three_servers_with_everything() {
    let plan = lower_with(THREE, &traits());
    let expected = [
        "Cluster pg",
        "Pooler pg-pooler",
        "PodDisruptionBudget pg-pooler",
        "ObjectStore pg-backup",
        "ScheduledBackup pg-backup",
    ];
    assert_eq!(kinds(&plan), expected);
    let spec = spec(&plan);
    assert_eq!((spec.instances, spec.enable_pdb), (3, true));
    assert_eq!((spec.stop_delay, spec.smart_shutdown_timeout), (Some(300), Some(30)));
    let inherited = spec.inherited_metadata.as_ref().unwrap();
    assert_eq!(
        inherited.labels,
        [("team".to_owned(), "data".to_owned())].into(),
        "the other is the operator's"
    );
    assert_eq!(inherited.annotations, traits().annotations);
    assert_eq!(tier(THREE).0.operator_labels("pg"), Some(labels("pg")));
    assert_eq!(tier(&THREE.replace("backend: operator", "")).0.operator_labels("pg"), None);
    let affinity = spec.affinity.as_ref().unwrap();
    assert_eq!(affinity.pod_anti_affinity_type, Some(cnpg::AntiAffinity::Required));
    assert_eq!(affinity.topology_key.as_deref(), Some("kubernetes.io/hostname"));
    assert!(affinity.node_affinity.is_some() && affinity.tolerations.len() == 1);
    let spread = &spec.topology_spread_constraints[0];
    let of = spread.label_selector.as_ref().and_then(|it| it.match_labels.as_ref()).unwrap();
    // The pods of the pooler have the stack's labels, too, and must not count.
    assert_eq!(of["cnpg.io/podRole"], "instance");
    assert_eq!(spec.plugins[0].parameters["barmanObjectName"], "pg-backup");
    assert_eq!(spec.managed.as_ref().unwrap().services.disabled_default_services, [Role::Any]);
}

#[test]
fn the_pooler_is_of_the_tier_for_policies_and_apart_for_budgets() {
    let plan = lower_with(THREE, &traits());
    let pooler = plan.objects.iter().find_map(|it| match it {
        Object::Pooler(it) => Some(&it.spec),
        _ => None,
    });
    let pooler = pooler.unwrap();
    assert_eq!((pooler.instances, pooler.pgbouncer.pool_mode), (2, PoolMode::Transaction));
    let parameters: Vec<_> =
        pooler.pgbouncer.parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(parameters, [("log_connections", "0"), ("max_client_conn", "500")]);
    let template = pooler.template.as_ref().unwrap();
    assert_eq!(template.metadata.as_ref().unwrap().labels, Some(traits().labels));
    let one = lower_with(&THREE.replace("{ mode:", "{ instances: 1, mode:"), &traits());
    assert!(!kinds(&one).contains(&"PodDisruptionBudget pg-pooler".to_owned()));
}

#[test]
fn clients_meet_it_where_they_met_the_plain_tier() {
    let cluster = Cluster::standard();
    let of = |yaml: &str| tier(yaml).0.endpoints("pg", &cluster);
    let plain = THREE.replace("backend: operator", "").replace("replicas: 3", "replicas: 2");
    let (plain, operated) = (of(&plain), of(THREE));
    let ports = |it: &crate::workload::Endpoints| {
        it.ports.iter().map(|it| (it.name.to_string(), it.service)).collect::<Vec<_>>()
    };
    assert_eq!(ports(&plain), ports(&operated));
    let word = |it: &crate::workload::Endpoints| {
        it.alternatives.iter().map(|it| (it.word, it.suffix)).collect::<Vec<_>>()
    };
    assert_eq!(word(&plain), [("readOnly", "-ro")]);
    assert_eq!(word(&operated), [("readOnly", "-ro"), ("pooler", "-pooler")]);
    assert_eq!((operated.scheme, &operated.path), (plain.scheme, &plain.path));
    assert_eq!(operated.peers, [5432, 8000]);
    let callers: Vec<_> = operated.callers.iter().map(|it| (it.namespace.as_str(), &*it.ports)).collect();
    assert_eq!(callers, [("cnpg-system", [5432, 8000].as_slice())]);
    assert!(of(ONE).peers.is_empty() && of(ONE).alternatives.is_empty());
    let pooled =
        of(&format!("{ONE}pooler: {{ mode: session, resources: {{ requests: {{ cpu: 10m }} }} }}\n"));
    assert_eq!(pooled.peers, [5432], "a single server has nobody to ask");
}

#[test]
fn secrets_that_it_reads() {
    let secrets = |yaml: &str| {
        let found = tier(yaml).0.credentials().into_iter();
        found.map(|it| format!("{}/{} {}", it.secret, it.key, it.at.join("/"))).collect::<Vec<_>>()
    };
    let ignored = ONE.replace("databases", "replicationPassword: { secret: r, key: p }\ndatabases");
    assert_eq!(secrets(&ignored), ["db/password password"]);
    let expected = [
        "db/password password",
        "s3/id backup/to/objectStore/accessKeyId",
        "s3/secret backup/to/objectStore/secretAccessKey",
    ];
    assert_eq!(secrets(THREE), expected);
    let forms = tier(ONE).0.secret_forms();
    assert_eq!((forms.len(), forms[0].keys), (1, ["username", "password"].as_slice()));
}

#[test]
fn names_of_databases_become_names_of_objects() {
    assert_eq!(object_name("audit-2"), "audit-2");
    let [upper, lower] = ["A_b", "a_b"].map(object_name);
    assert!(upper.starts_with("a-b-") && lower.starts_with("a-b-") && upper != lower, "{upper} {lower}");
    assert!(!object_name("_").starts_with('-') || object_name("_").len() > 2);
}

#[test]
fn a_sound_tier_has_nothing_to_answer_for() {
    assert_eq!(findings(ONE), "");
    assert_eq!(findings(THREE), "");
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 2")), "", "failover is the operator's");
}

#[test]
fn what_the_operator_would_refuse() {
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 0")), "SG303 replicas");
    let superuser = ONE.replace("database: kernel\nowner: app\n", "");
    assert_eq!(findings(&superuser), "SG111 owner\nSG111 database");
    let names = ONE.replace("[audit, Billing_2]", "[kernel, template1, a, a]");
    assert_eq!(findings(&names), "SG111 databases/0\nSG111 databases/1\nSG111 databases/3");
    let fixed = ONE.replace("work_mem: 8MB", "ssl: true, port: 5433");
    assert_eq!(findings(&fixed), "SG305 config/ssl (key)\nSG305 config/port (key)");
    assert_eq!(findings(&ONE.replace("b.sql: sql", "b.sh: sql")), "SG111 init/b.sh (key)");
    assert_eq!(findings(&ONE.replace("key: password", "key: pw")), "SG111 password/key");
    let said = format!("{ONE}serviceAccount: other\ndisruption: {{ maxUnavailable: 1 }}\n");
    assert_eq!(findings(&said), "SG111 serviceAccount\nSG111 disruption (key)");
    assert_eq!(findings(&format!("{ONE}serviceAccount: pg\n")), "");
    let kept = format!("{ONE}volume: {{ nfs: {{ server: nas.lan, path: /srv/db }} }}\n");
    assert_eq!(findings(&kept), "SG111 volume (key)");
    let short = THREE.replace("Seconds: 300", "Seconds: 16");
    assert_eq!(findings(&short), "SG314 terminationGracePeriodSeconds");
    let pooler =
        THREE.replace("mode: transaction, config: { ", "instances: 0, config: { pool_mode: session, ");
    assert_eq!(findings(&pooler), "SG111 pooler/instances\nSG305 pooler/config/pool_mode (key)");
}

#[test]
fn images_of_the_operator() {
    assert_eq!(findings(&THREE.replace("18.6-minimal-trixie", "18-alpine")), "SG111 version");
    let image = |text: &str| findings(&format!("{THREE}image: {text}\n"));
    assert_eq!(image("mirror.example:5000/postgresql:18.4-system-trixie"), "");
    assert_eq!(image("mirror.example/postgresql:17.11-standard-trixie"), "SG111 image");
    assert_eq!(image("mirror.example/own:3"), "SG111 image");
    assert_eq!(image("mirror.example/own"), "SG111 image");
}

#[test]
fn backups_that_cannot_be() {
    let one = |from: &str, to: &str| findings(&THREE.replace(from, to));
    let store = "backup/to/objectStore";
    assert_eq!(one("30 2 * * *", "'@daily'"), "");
    assert_eq!(one("keep: 30d", "keep: 7"), "SG111 backup/keep");
    assert_eq!(one("keep: 30d", "timeZone: Europe/Berlin"), "SG111 backup/timeZone (key)");
    assert_eq!(one("keep: 30d", "deadline: 1h"), "SG111 backup/deadline (key)");
    assert_eq!(one("s3://backups/shop", "/backups"), format!("SG111 {store}/path"));
    assert_eq!(one("https://s3.example.com", "s3.example.com"), format!("SG111 {store}/endpoint"));
    let region = one("endpoint: https://s3.example.com", "region: eu-central-1");
    assert_eq!(region, format!("SG111 {store}/region (key)"));
    let image = one("endpoint:", "image: mirror.example/rclone:1.75.1\n      endpoint:");
    assert_eq!(image, format!("SG111 {store}/image (key)"));
}

#[test]
fn snapshots_are_cold_and_of_a_standby() {
    let snapshot = |replicas: u32, more: &str| {
        let backup =
            format!("backup: {{ schedule: '0 3 * * *', to: {{ snapshot: {{ class: fast }} }}{more} }}\n");
        format!("{ONE}replicas: {replicas}\n{backup}")
    };
    assert_eq!(findings(&snapshot(2, "")), "");
    assert_eq!(findings(&snapshot(1, "")), "SG462 backup/to/snapshot (key)");
    let resources = ", resources: { limits: { memory: 1Gi } }";
    assert_eq!(findings(&snapshot(2, ", keep: 7")), "SG111 backup/keep (key)");
    assert_eq!(findings(&snapshot(2, resources)), "SG111 backup/resources (key)");
    let claim = snapshot(2, "").replace("snapshot: { class: fast }", "claim: { size: 1Gi }");
    assert_eq!(findings(&claim), "SG303 backup/to/claim (key)");
    let plan = lower_with(&snapshot(2, ""), &PodTraits::default());
    let made = &spec(&plan).backup.as_ref().unwrap().volume_snapshot;
    assert_eq!((made.class_name.as_deref(), made.online), (Some("fast"), false));
    assert!(spec(&plan).plugins.is_empty() && !kinds(&plan).contains(&"ObjectStore pg-backup".to_owned()));
    let schedule = plan.objects.iter().find_map(|it| match it {
        Object::ScheduledBackup(it) => Some(&it.spec),
        _ => None,
    });
    let schedule = schedule.unwrap();
    assert_eq!((schedule.schedule.as_str(), schedule.backup_owner_reference), ("0 0 3 * * *", None));
}

#[test]
fn an_operator_that_is_too_old() {
    let cluster = Cluster { cloudnative_pg: Version::new(1, 25), ..Cluster::standard() };
    let mut sink = Sink::default();
    tier(ONE).0.check(&Route::of(&["stateful", "pg"]), &cluster, &mut sink);
    assert_eq!(shown(&sink), "SG303 backend");
}

#[test]
fn names_that_the_operator_refuses() {
    let of = |name: &str| {
        let mut sink = Sink::default();
        tier(ONE).0.check(&Route::of(&["stateful", name]), &Cluster::standard(), &mut sink);
        sink.findings().len()
    };
    assert_eq!([of("pg"), of("1pg"), of(&"p".repeat(50)), of(&"p".repeat(51))], [0, 1, 0, 1]);
}

#[test]
fn metrics_are_collected_from_servers_and_poolers_by_their_own_labels() {
    let tier = tier(&format!("{THREE}monitor: {{ by: prometheus, interval: 30s }}\n"));
    let by = tier.0.monitor().and_then(|it| it.by.as_ref());
    assert_eq!(by.unwrap().as_str(), "prometheus");
    let found = tier.0.targets("pg");
    let pods = |label: &str| {
        let port = |it: &Target| (it.port.0.to_string(), it.port.1);
        found.iter().find_map(|it| Some((it.pods.as_ref()?.get(label)?.as_str(), it.suffix, port(it))))
    };
    assert_eq!(pods("cnpg.io/podRole"), Some(("instance", "", ("metrics".to_owned(), 9187))));
    assert_eq!(pods("cnpg.io/poolerName"), Some(("pg-pooler", "-pooler", ("metrics".to_owned(), 9127))));
    assert_eq!(found.len(), 2);
}
