use super::super::tests::{findings, findings_in, lower_with, tier};
use super::*;
use crate::model::Version;
use crate::stateful::PodTraits;
use crate::workload::{Budget, Endpoints};

const ONE: &str = "
kind: redis
backend: operator
mode: persistent
storage: 1Gi
storageClass: fast
password: { secret: db, key: pw }
resources: { limits: { memory: 256Mi } }
";

const THREE: &str = "
kind: redis
backend: operator
version: 8.2.5
mode: replicated
replicas: 3
storage: 5Gi
downAfterSeconds: 20
config: { maxclients: 500 }
password: { secret: db, key: pw }
";

fn traits() -> PodTraits {
    PodTraits {
        labels: [("app.kubernetes.io/name".to_owned(), "kv".to_owned())].into(),
        annotations: [("a".to_owned(), "b".to_owned())].into(),
        ..PodTraits::default()
    }
}

fn lower(yaml: &str) -> Plan {
    let plan = lower_with(yaml, &traits());
    assert!(plan.parts.is_empty() && plan.files.is_empty(), "the operator makes all pods");
    plan
}

fn settings(object: &Object) -> (&str, &str) {
    let Object::ConfigMap(map) = object else { panic!("{object:?}") };
    (map.metadata.name.as_deref().unwrap(), &map.data.as_ref().unwrap()["redis-additional.conf"])
}

#[test]
fn one_server() {
    let plan = lower(ONE);
    let [config, Object::Redis(redis)] = plan.objects.as_slice() else { panic!("{:?}", plan.objects) };
    assert_eq!((redis.metadata.name.as_deref(), plan.budget), (Some("kv"), Budget::None));
    let spec = &redis.spec;
    assert_eq!(spec.kubernetes_config.image, "quay.io/opstree/redis:v8.6.2");
    assert_eq!(spec.kubernetes_config.redis_secret.key, "pw");
    assert_eq!((spec.cluster_size, spec.topology_spread_constraints.len()), (None, 0), "it knows neither");
    let storage = spec.storage.as_ref().unwrap();
    assert!(storage.keep_after_delete, "a resource that goes must not take the data along");
    assert_eq!(storage.volume_claim_template.spec.storage_class_name.as_deref(), Some("fast"));
    let (name, text) = settings(config);
    assert_eq!(spec.redis_config.additional_redis_config, name);
    assert!(text.contains("maxmemory \"161061273\"\n") && text.contains("save \"\"\n"), "{text}");
}

#[test]
fn a_cache_keeps_nothing() {
    let yaml = ONE.replace("persistent\nstorage: 1Gi\nstorageClass: fast", "cache");
    let plan = lower(&yaml);
    let [config, Object::Redis(redis)] = plan.objects.as_slice() else { panic!("{:?}", plan.objects) };
    assert_eq!(redis.spec.storage, None);
    assert!(settings(config).1.contains("appendonly \"no\"\n"));
    assert_eq!(findings(&yaml), "");
}

#[test]
fn replicas_with_sentinels() {
    let plan = lower(THREE);
    let [
        config,
        Object::Service(service),
        Object::RedisReplication(servers),
        Object::RedisSentinel(sentinels),
    ] = plan.objects.as_slice()
    else {
        panic!("{:?}", plan.objects)
    };
    assert_eq!(plan.budget, Budget::Majority(3));
    assert_eq!(servers.metadata.name.as_deref(), Some("kv-redis"));
    assert_eq!((servers.spec.cluster_size, sentinels.spec.cluster_size), (Some(3), 3));
    assert_eq!(servers.spec.kubernetes_config.image, "quay.io/opstree/redis:v8.2.5");
    assert_eq!(sentinels.spec.kubernetes_config.image, "quay.io/opstree/redis-sentinel:v8.2.5");
    let watched = &sentinels.spec.redis_sentinel_config;
    assert_eq!(watched.redis_replication_name, "kv-redis");
    assert_eq!((watched.quorum.as_str(), watched.down_after_milliseconds.as_str()), ("2", "20000"));
    let secret = watched.redis_replication_password.secret_key_ref.as_ref().unwrap();
    assert_eq!((secret.name.as_str(), secret.key.as_str()), ("db", "pw"));
    assert!(settings(config).1.contains("maxclients \"500\"\n"));
    let service = service.spec.as_ref().unwrap();
    let selector = service.selector.as_ref().unwrap();
    assert_eq!((selector["app"].as_str(), selector["redis-role"].as_str()), ("kv-redis", "master"));
}

#[test]
fn another_setting_is_another_config_map() {
    let (one, other) = (lower(THREE), lower(&THREE.replace("500", "600")));
    assert_ne!(settings(&one.objects[0]).0, settings(&other.objects[0]).0);
}

#[test]
fn pods_bear_the_labels_of_the_stack_and_satisfy_the_restricted_standard() {
    let plan = lower(THREE);
    let [.., Object::RedisReplication(servers), Object::RedisSentinel(sentinels)] = plan.objects.as_slice()
    else {
        panic!("{:?}", plan.objects)
    };
    for metadata in [&servers.metadata, &sentinels.metadata] {
        assert_eq!(metadata.labels, Some(traits().labels));
        assert_eq!(metadata.annotations, Some(traits().annotations));
    }
    assert_eq!(tier(THREE).0.operator_labels("kv"), None, "the stack's own hold");
    for (pod, container) in [
        (&servers.spec.pod_security_context, &servers.spec.security_context),
        (&sentinels.spec.pod_security_context, &sentinels.spec.security_context),
    ] {
        assert_eq!(
            (pod.run_as_user, pod.run_as_non_root, pod.fs_group),
            (Some(1000), Some(true), Some(1000))
        );
        assert_eq!(pod.seccomp_profile.as_ref().map(|it| it.type_.as_str()), Some("RuntimeDefault"));
        assert_eq!(container.allow_privilege_escalation, Some(false));
        assert_eq!(
            container.capabilities.as_ref().and_then(|it| it.drop.clone()),
            Some(vec!["ALL".to_owned()])
        );
        assert_eq!(container.read_only_root_filesystem, None, "its start writes below /etc");
    }
}

#[test]
fn servers_and_sentinels_are_apart_among_themselves_alone() {
    let mut pods = traits();
    let affinity = "{ separate: hostname, spread: [zone] }";
    pods.affinity = Some(crate::stateful::testing::read(affinity));
    let plan = lower_with(THREE, &pods);
    let [.., Object::RedisReplication(servers), Object::RedisSentinel(sentinels)] = plan.objects.as_slice()
    else {
        panic!("{:?}", plan.objects)
    };
    for (spec, spread, app) in [
        (&servers.spec.affinity, &servers.spec.topology_spread_constraints, "kv-redis"),
        (&sentinels.spec.affinity, &sentinels.spec.topology_spread_constraints, "kv-sentinel"),
    ] {
        let apart = spec.as_ref().unwrap().pod_anti_affinity.as_ref().unwrap();
        let terms = apart.required_during_scheduling_ignored_during_execution.as_ref().unwrap();
        for selector in [&terms[0].label_selector, &spread[0].label_selector] {
            assert_eq!(selector.as_ref().unwrap().match_labels.as_ref().unwrap()["app"], app);
        }
    }
}

#[test]
fn clients_reach_the_primary_by_the_name_of_the_tier() {
    let endpoints: Endpoints = tier(THREE).0.endpoints("kv", &Cluster::standard());
    let ports: Vec<_> = endpoints.ports.iter().map(|it| (it.name.as_str(), it.number)).collect();
    assert_eq!((ports, endpoints.scheme), (vec![("redis", 6379)], Some("redis")));
    assert!(endpoints.properties.is_empty(), "nobody asks a Sentinel");
    assert_eq!(endpoints.peers, [6379, 26379]);
    let [caller] = endpoints.callers.as_slice() else { panic!("{:?}", endpoints.callers) };
    assert_eq!((caller.namespace.as_str(), caller.ports.as_slice()), ("ot-operators", &[6379, 26379][..]));
    let one = tier(ONE).0.endpoints("kv", &Cluster::standard());
    assert_eq!((one.callers[0].ports.as_slice(), one.peers.len()), (&[6379][..], 0));
}

#[test]
fn it_says_what_the_operator_makes() {
    let names = |yaml| tier(yaml).0.operator_objects("kv").into_iter().map(|(_, it)| it).collect::<Vec<_>>();
    assert_eq!(names(ONE), ["kv", "kv-headless", "kv-additional"]);
    let made = names(THREE);
    assert!(made.contains(&"kv-redis-master".to_owned()) && made.contains(&"kv-sentinel".to_owned()));
    assert!(!made.contains(&"kv".to_owned()), "that one is ours");
    assert_eq!(names(&ONE.replace("backend: operator", "")), Vec::<String>::new());
}

#[test]
fn what_the_operator_cannot_run() {
    assert_eq!((findings(ONE), findings(THREE)), (String::new(), String::new()));
    for tag in ["8.2", "8.10.2-alpine", "7.4-bookworm"] {
        assert_eq!(findings(&THREE.replace("8.2.5", tag)), "SG111 version", "{tag}");
    }
    let mirrored = THREE.replace("8.2.5", "8.2.5\nimage: mirror/redis:v8.2.5");
    assert_eq!(findings(&mirrored), "SG103 image");
    assert_eq!(findings(&format!("{mirrored}sentinelImage: mirror/sentinel:v8.2.5\n")), "");
    assert_eq!(findings(&format!("{THREE}labels: {{ role: x, team: y }}\n")), "SG111 labels/role (key)");
    let volume = "volume: { nfs: { server: nas.lan, path: /srv/kv } }\n";
    assert_eq!(findings(&format!("{THREE}{volume}")), "SG111 volume (key)");
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 4")), "SG302 replicas");
    assert_eq!(
        findings(&format!("{THREE}terminationGracePeriodSeconds: 10\n")),
        "",
        "nothing is handed over"
    );
    let old = Cluster { redis_operator: Version::new(0, 21), ..Cluster::standard() };
    assert_eq!(findings_in(THREE, "kv", &old), "SG303 backend");
    let (fits, long) = ("k".repeat(43), "k".repeat(44));
    assert_eq!(findings_in(THREE, &fits, &Cluster::standard()), "");
    assert_eq!(findings_in(THREE, &long, &Cluster::standard()), "SG111  (key)");
}

#[test]
fn what_only_the_operator_reads() {
    let plain = ONE.replace("backend: operator\n", "sentinelImage: mirror/sentinel:v8.2.5\n");
    assert_eq!(findings(&plain), "SG111 sentinelImage (key)");
}
