//! How many pods: what autoscalers name of the stack, and what follows from their floors.

use crate::support::memory::{compile, get, stack};

const OBJECTS: &str = "
namespaces: { app: {}, other: {} }
services:
  far: { profile: web, namespace: other }
  mute: { profile: web, namespace: app, ports: null, probes: null }
  near: { profile: web, namespace: app }
  web: { profile: web, namespace: app, scale: { hpa: { min: 1, max: 2, objects: { load: { of: { service: web }, value: 3 } } } } }
environments:
  own: { services: { web: { scale: { hpa: { objects: { load: { of: { service: near } } } } } } } }
  typo: { services: { web: { scale: { hpa: { objects: { load: { of: { service: neer } } } } } } } }
  far: { services: { web: { scale: { hpa: { objects: { load: { of: { service: far } } } } } } } }
  mute: { services: { web: { scale: { hpa: { objects: { load: { of: { service: mute } } } } } } } }
  route: { services: { web: { scale: { hpa: { objects: { load: { of: { route: near } } } } } } } }
  path: { services: { web: { scale: { hpa: { pods: { a/b: { average: 1 } } } } } } }
";

#[test]
fn the_object_of_a_metric_is_one_of_the_namespace() {
    let files = stack(OBJECTS, &[]);
    let errors = |environment| compile(&files, environment, &[]).unwrap_err();
    let objects = compile(&files, "own", &[]).unwrap();
    let metric = &get(&objects, "HorizontalPodAutoscaler", "web")["spec"]["metrics"][0]["object"];
    assert_eq!(metric["describedObject"]["name"], "near");
    assert_eq!(metric["target"]["value"], "3");
    assert_eq!(errors("typo"), ["SG208 there is no service `neer`"]);
    assert_eq!(errors("far"), ["SG212 `far` is in namespace `other`, `web` in `app`"]);
    assert_eq!(errors("mute"), ["SG111 `mute` listens on no port and has no Service"]);
    assert_eq!(errors("route"), ["SG111 `near` has no route"]);
    assert!(errors("path")[0].contains("`a/b` is no name of a metric"), "{:?}", errors("path"));
}

const TRIGGERS: &str = "
namespaces: { app: {}, data: {} }
stateful:
  nats: { kind: nats, namespace: data, storage: 1Gi, streams: { JOBS: { subjects: [ \"jobs.>\" ], consumers: { worker: {} } } } }
  etcd: { kind: etcd, namespace: data, storage: 1Gi }
externals: { far: { host: far.example.com, port: 8222, cidrs: 198.51.100.4/32 } }
services:
  worker: { profile: web, namespace: app, uses: [ nats ], scale: { keda: { min: 1, max: 5, triggers: { t: { nats-jetstream: { stream: JOBS, consumer: worker, lagThreshold: 9 } } } } } }
environments:
  own: { services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: nats } } } } } } } }
  far: { services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: far } } } } } } } }
  three: { stateful: { nats: { replicas: 3 } }, services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: nats } } } } } } } }
  typo: { services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: natz } } } } } } } }
  kind: { services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: etcd } } } } } } } }
  self: { services: { worker: { scale: { keda: { triggers: { t: { nats-jetstream: { from: worker } } } } } } } }
  rows: { services: { worker: { scale: { keda: { triggers: { t: { postgresql: { from: far, query: q, targetQueryValue: 1 } } } } } } } }
  other: { services: { worker: { scale: 3 } } }
";

#[test]
fn a_trigger_asks_whom_it_names() {
    let files = stack(TRIGGERS, &[]);
    let errors = |environment| compile(&files, environment, &[]).unwrap_err();
    let told = |environment, key| {
        let objects = compile(&files, environment, &[]).unwrap();
        assert!(get(&objects, "Deployment", "worker")["spec"]["replicas"].is_null());
        get(&objects, "ScaledObject", "worker")["spec"]["triggers"][0]["metadata"][key].clone()
    };
    let key = "natsServerMonitoringEndpoint";
    assert_eq!(told("own", key), "nats.data.svc.cluster.local:8222");
    // KEDA asks the server that leads, by its pod's name.
    assert_eq!(told("three", key), "nats-headless.data.svc.cluster.local:8222");
    assert_eq!(told("far", key), "far.example.com:8222");
    assert_eq!(errors("typo"), ["SG208 there is no tier or external `natz` to ask"]);
    assert_eq!(errors("kind"), ["SG111 a trigger `nats-jetstream` cannot ask `etcd`, a tier of kind `etcd`"]);
    assert_eq!(errors("self"), ["SG111 a trigger `nats-jetstream` cannot ask `worker`, a service"]);
    assert_eq!(
        errors("rows"),
        ["dbName", "userName"]
            .map(|it| format!("SG103 `{it}` is missing: of a database outside the stack it is not known"))
    );
}

/// Who is not scaled by KEDA does not let it in, and another choice of a layer takes the place of all of it.
#[test]
fn keda_is_let_in_where_it_asks_and_nowhere_else() {
    let files = stack(TRIGGERS, &[]);
    let sources = |environment| {
        let objects = compile(&files, environment, &[]).unwrap();
        let policy = &get(&objects, "NetworkPolicy", "nats")["spec"]["ingress"];
        let rules = policy.as_sequence().unwrap().iter();
        let from = "kubernetes.io/metadata.name";
        let keda = rules.filter(|it| it["from"][0]["namespaceSelector"]["matchLabels"][from] == "keda");
        keda.map(|it| it["ports"][0]["port"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(sources("own"), [8222]);
    assert_eq!(sources("far"), [0_u64; 0]);
    assert_eq!(sources("other"), [0_u64; 0]);
    let objects = compile(&files, "other", &[]).unwrap();
    assert_eq!(get(&objects, "Deployment", "worker")["spec"]["replicas"], 3);
    assert!(!objects.iter().any(|it| it["kind"] == "ScaledObject"));
}

const LOGINS: &str = "
namespaces: { app: {}, data: {} }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets:
  kafka: { namespace: data, from: vault, path: shop/kafka, keys: [ nodes, night, tls.crt, tls.key, ca.crt ] }
  night: { namespace: app, from: vault, path: shop/kafka, keys: [ user, night, ca.crt ] }
stateful:
  kafka:
    kind: kafka
    namespace: data
    storage: 1Gi
    clusterId: c2NhbGluZy1zY2FsaW5nMQ
    topics: { mails: { partitions: 6 } }
    certificate: kafka
    interBrokerPassword: { secret: kafka, key: nodes }
    users: { night: { password: { secret: kafka, key: night }, topics: { mails: [ Read ] }, groups: { night: [ Read ] } } }
services:
  night: { profile: web, namespace: app, uses: [ kafka ], scale: { keda: { min: 1, max: 5, triggers: { t: { kafka: { from: kafka, topic: mails, consumerGroup: night, lagThreshold: 9 } } } } } }
environments:
  bare: {}
  given: { services: { night: { scale: { keda: { triggers: { t: { kafka: { authentication: { username: { secret: night, key: user }, password: { secret: night, key: night }, ca: { secret: night, key: ca.crt } } } } } } } } } }
  beside: { services: { night: { namespace: data, scale: { keda: { triggers: { t: { kafka: { authentication: { username: { secret: kafka, key: night }, password: { secret: kafka, key: night } } } } } } } } } }
  typo: { services: { night: { scale: { keda: { triggers: { t: { kafka: { authentication: { username: { secret: night, key: user }, password: { secret: night, key: nihgt }, ca: { secret: kafka, key: ca.crt } } } } } } } } } }
";

/// What can be known of a tier's login is; the rest is asked for, and nothing is a value.
#[test]
fn a_trigger_logs_in_as_its_tier_wants() {
    let files = stack(LOGINS, &[]);
    let errors = |environment| compile(&files, environment, &[]).unwrap_err();
    let missing = |it: &str| format!("SG361 KEDA asks `kafka` with no `{it}`");
    assert_eq!(errors("bare"), ["ca", "username", "password"].map(missing));
    let keys = |environment| {
        let objects = compile(&files, environment, &[]).unwrap();
        let told = &get(&objects, "ScaledObject", "night")["spec"]["triggers"][0];
        assert_eq!(
            (told["metadata"]["tls"].as_str(), told["metadata"]["sasl"].as_str()),
            (Some("enable"), Some("scram_sha512"))
        );
        assert_eq!(told["authenticationRef"]["name"], "night-t");
        let taken = &get(&objects, "TriggerAuthentication", "night-t")["spec"]["secretTargetRef"];
        let text = |it: &serde_yaml::Value, key| it[key].as_str().unwrap().to_owned();
        let one = |it| format!("{} {}/{}", text(it, "parameter"), text(it, "name"), text(it, "key"));
        taken.as_sequence().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(keys("given"), ["username night/user", "password night/night", "ca night/ca.crt"]);
    // Where its secret is near, the tier's own authority is taken.
    assert_eq!(keys("beside"), ["username kafka/night", "password kafka/night", "ca kafka/ca.crt"]);
    assert_eq!(
        errors("typo"),
        [
            "SG208 secret `night` has no key `nihgt`",
            "SG212 secret `kafka` is in namespace `data`, `night` in `app`"
        ]
    );
}

const FLOORS: &str = "
namespaces: { app: {} }
services:
  api: { profile: web, scale: { hpa: { min: 3, max: 9, cpu: 60 } }, disruption: { minAvailable: 50% } }
environments:
  prod: {}
  staging: { services: { api: { scale: { hpa: { min: 2 } } } } }
  dev: { services: { api: { scale: { hpa: { min: 1 } } } } }
  fixed: { services: { api: { scale: 1 } } }
  idle: { services: { api: { scale: { keda: { min: 4, max: 9, idle: 0, cpu: 60, triggers: { day: { cron: { timezone: UTC, start: 0 6 * * *, end: 0 7 * * *, desiredReplicas: 4 } } } } } } } }
  zero: { services: { api: { scale: { keda: { min: 0, max: 9, triggers: { day: { cron: { timezone: UTC, start: 0 6 * * *, end: 0 7 * * *, desiredReplicas: 4 } } } } } } } }
";

/// The same budget is judged by the floor of each environment.
#[test]
fn a_budget_lets_a_pod_go_at_every_floor() {
    let files = stack(FLOORS, &[]);
    for environment in ["prod", "staging", "idle"] {
        let objects = compile(&files, environment, &[]).unwrap();
        assert_eq!(get(&objects, "PodDisruptionBudget", "api")["spec"]["minAvailable"], "50%");
    }
    for environment in ["dev", "fixed", "zero"] {
        let found = compile(&files, environment, &[]).unwrap_err();
        assert_eq!(found, ["SG321 `minAvailable: 50%` of 1 pod lets none go"], "{environment}");
    }
}
