//! Every value of every output object has a place in the stack, and an overridden one shows what it beat.

use std::collections::BTreeMap;

use stackgen::compile::Project;
use stackgen::document::{FileError, Files};
use stackgen::layout::{Form, Output};
use stackgen::provenance::{explain, find};

struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|it| it.as_bytes().to_vec()).ok_or(FileError::NotFound(None))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        Ok(self.0.contains_key(pattern).then(|| pattern.to_owned()).into_iter().collect())
    }
}

const STACK: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
profiles:
  web:
    image: registry.example/${name}:1
    scale: 3
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
services:
  cart:
    profile: web
    env: { LEVEL: info }
  shop:
    profile: web
    uses: [ cart ]
environments:
  prod:
    services:
      cart: { scale: 5, env: { LEVEL: warn } }
";

const OPERATED: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
externals: { kubernetes-api: { host: kubernetes.default.svc, port: 6443, cidrs: [ 192.0.2.10/32 ] } }
stores: { vault: { vault-secrets-operator: { address: \"https://vault.example\", auth: { role: shop } } } }
secrets: { db: { from: vault, path: db, keys: [ username, password, default_user.conf ] } }
stateful:
  db:
    kind: postgres
    backend: operator
    storage: 1Gi
    database: shop
    owner: shop
    password: { secret: db, key: password }
    uses: [ kubernetes-api ]
    config: { work_mem: 8MB }
  bus: { kind: rabbitmq, backend: operator, storage: 2Gi, plugins: [ rabbitmq_mqtt ], labels: { team: shop }, password: { secret: db, key: password } }
environments:
  prod:
    stateful:
      db: { replicas: 3 }
      bus: { replicas: 3 }
";

/// What controllers make of a cache and of streams, and who collects metrics.
const CONTROLLED: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
clients: { prometheus: { pods: { namespace: monitoring } } }
stores: { vault: { vault-secrets-operator: { address: \"https://vault.example\", auth: { role: shop } } } }
secrets: { db: { from: vault, path: db, keys: [ username, password, default_user.conf ] } }
stateful:
  cache:
    kind: redis
    backend: operator
    mode: replicated
    storage: 1Gi
    password: { secret: db, key: password }
    sentinelResources: { requests: { cpu: 10m, memory: 32Mi }, limits: { memory: 64Mi } }
  bus:
    kind: nats
    storage: 1Gi
    streamsBy: nack
    streams:
      ORDERS:
        subjects: [ orders ]
        maxMessages: 7
        consumers:
          billing: { maxDeliver: 5 }
  queue:
    kind: rabbitmq
    backend: operator
    storage: 1Gi
    password: { secret: db, key: password }
    monitor: { by: prometheus, interval: 30s, labels: { release: main } }
environments:
  prod:
    stateful:
      cache: { replicas: 3 }
";

const BESIDE: &str = "\
stackgen: 1
stack: shop
namespaces: { app: { podSecurity: privileged } }
services:
  cart:
    image: registry.example/cart:1
    scale: per-node
    rollout: { maxSurge: 1 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
  cart-ui:
    folder: cart
    image: registry.example/cart-ui:1
    envFrom: [ { config: flags } ]
    sidecars:
      logs:
        image: registry.example/logs:1
        resources: { requests: { cpu: 10m, memory: 8Mi }, limits: { memory: 8Mi } }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
configs: { flags: { data: { LEVEL: info } } }
environments: { prod: {} }
";

const STORED: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
storageClasses:
  nas: { provisioner: nfs.csi.k8s.io, parameters: { server: nas.lan } }
claims:
  cache:
    size: 1Gi
    storageClass: nas
    accessModes: [ ReadWriteMany ]
    volume:
      nfs: { server: nas.lan, path: /srv/cache }
services:
  cart:
    image: registry.example/cart:1
    scale: 1
    rollout: recreate
    volumes:
      /cache: { shared: cache }
stateful:
  files:
    kind: custom
    image: registry.example/files:1
    storage: 2Gi
    mountPath: /data
    volume:
      csi: { driver: ebs.csi.aws.com, volumeHandle: \"vol-{pod}\" }
    volumes:
      /tmp: { emptyDir: 1Gi }
      /more:
        claim: 3Gi
        volume: { nfs: { server: nas.lan, path: \"/srv/more/{ordinal}\" } }
environments:
  prod: {}
";

/// Three stores, two of which bring an account.
const FETCHED: &str = "\
stackgen: 1
stack: shop
cluster: { external-secrets: '0.20' }
namespaces: { app: {} }
stores:
  hand: { existing: {} }
  doppler: { external-secrets: { provider: { doppler: { token: { secret: token, key: t } } } } }
  aws:
    external-secrets:
      refreshInterval: 15m
      provider:
        aws:
          region: eu-central-1
          serviceAccount:
            annotations: { eks.amazonaws.com/role-arn: arn }
  vault:
    vault-secrets-operator:
      address: https://vault.example
      auth:
        role: shop
        serviceAccount: to-vault
secrets:
  token: { from: hand, keys: [ t ] }
  one: { from: doppler, keys: [ JWT ] }
  rds: { from: aws, path: prod/rds, keys: [ password ] }
  db: { from: vault, path: db, keys: [ password ] }
  pki: { from: vault, dynamic: { mount: database, path: creds/shop }, keys: [ user ] }
services:
  cart:
    image: registry.example/cart:1
    env:
      A: { secret: one, key: JWT }
      B: { secret: rds, key: password }
      C: { secret: db, key: password }
      D: { secret: pki, key: user }
gateways:
  edge:
    own:
      class: istio
      listeners:
        web: { port: 80, protocol: HTTP }
environments:
  prod: {}
";

/// A job that runs in the pods of another component, and one on a schedule.
const JOBS: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
services:
  cart: { image: registry.example/cart:1 }
jobs:
  migrate:
    image: registry.example/migrate:1
    run: { before-rollout: [ cart ] }
  report:
    image: registry.example/report:1
    retries: 2
    run:
      schedule:
        cron: '@daily'
        timeZone: Europe/Vienna
  sweep:
    image: registry.example/sweep:1
    run: { schedule: '@hourly' }
environments:
  prod: {}
";

const PATCHED: &str = "\
stackgen: 1
stack: shop
namespaces: { app: {} }
services:
  cart:
    image: registry.example/cart:1
    scale: 3
    ports: { http: 8080 }
    env: { LEVEL: info }
manifests: objects.yaml
patches:
  all:
    target: { kind: Deployment }
    merge:
      spec: { replicas: 4, minReadySeconds: 5 }
  cart:
    target: { kind: Deployment, name: cart, namespace: app, component: cart }
    merge:
      spec:
        replicas: 5
        template:
          spec:
            containers:
              - name: cart
                env: [{ name: LEVEL, value: warn }]
                ports: [{ containerPort: 8080, hostIP: 127.0.0.1 }]
  steps:
    target: { labels: { app.kubernetes.io/name: cart }, kind: Service }
    json:
      - { op: add, path: /metadata/annotations, value: { example.com/a: b } }
      - { op: replace, path: /spec/ports/0/port, value: 81 }
  foreign:
    target: { kind: ConfigMap, name: settings }
    merge: { data: { second: c } }
environments:
  prod:
    patches:
      cart:
        merge:
          spec:
            replicas: 6
";

const OBJECTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: app }
data:
  first: a
  second: b
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: agent, namespace: app }
imagePullSecrets:
  - name: registry
";

/// `path = value`, the lines (from 1) of its place and of what it beat, and whether it is written.
fn why(object: &str, path: &str) -> (String, usize, Vec<(usize, String)>, bool) {
    why_in(STACK, object, path)
}

fn why_in(stack: &'static str, object: &str, path: &str) -> (String, usize, Vec<(usize, String)>, bool) {
    let files = Memory(BTreeMap::from([("stack.yaml", stack), ("objects.yaml", OBJECTS)]));
    let mut project = Project::open(&files, "stack.yaml");
    let compilation = project.compile(&files, "prod", &[], Form::Tree);
    let Output::Tree(bundle) = compilation.laid.unwrap().output else { panic!("a tree was asked for") };
    let document = compilation.document.unwrap();
    let object = find(&bundle, object).pop().unwrap();
    let value = explain(&document, &object, path).into_iter().next().unwrap();
    let line = |at: stackgen::diag::Span| project.sources.line_column(at.file, at.start).0;
    let beat = value.beat.iter().map(|(at, text)| (line(*at), text.clone())).collect();
    (value.text, line(value.at), beat, value.written)
}

#[test]
fn an_override_shows_every_layer() {
    let layers = vec![(7, "3".to_owned())];
    assert_eq!(why("deployment/cart", "spec.replicas"), ("5".into(), 21, layers, true));
    let path = "spec.template.spec.containers[cart].env[LEVEL].value";
    assert_eq!(why("deployment/cart", path), ("warn".into(), 21, vec![(14, "info".into())], true));
}

#[test]
fn a_profile_is_the_place_of_what_it_gives() {
    let image = why("deployment/shop", "spec.template.spec.containers[shop].image");
    assert_eq!(image, ("registry.example/shop:1".into(), 6, vec![], true));
}

#[test]
fn a_path_that_is_let_in_is_the_callers_line() {
    assert_eq!(why("networkpolicy/cart", "spec.ingress[0].ports[0].port").1, 17);
    assert_eq!(why("networkpolicy/shop", "spec.egress[0].ports[0].port").1, 17);
}

#[test]
fn what_an_operator_is_told_has_its_place() {
    let of = |path: &str| {
        let (text, at, _, written) = why_in(OPERATED, "cluster/db", path);
        (text, at, written)
    };
    assert_eq!(of("spec.instances"), ("3".to_owned(), 21, true));
    assert_eq!(of("spec.storage.size"), ("1Gi".to_owned(), 11, true));
    assert_eq!(of("spec.postgresql.parameters.work_mem"), ("8MB".to_owned(), 16, true));
    assert_eq!(of("spec.bootstrap.initdb.secret.name"), ("db".to_owned(), 14, true));
    assert!(!of("spec.imageName").2, "the program's own default");
}

#[test]
fn so_does_what_the_operator_of_rabbitmq_is_told() {
    let of = |path: &str| {
        let (text, at, _, written) = why_in(OPERATED, "rabbitmqcluster/bus", path);
        (text, at, written)
    };
    assert_eq!(of("spec.replicas"), ("3".to_owned(), 22, true));
    assert_eq!(of("spec.persistence.storage"), ("2Gi".to_owned(), 17, true));
    assert_eq!(of("spec.rabbitmq.additionalPlugins[0]"), ("rabbitmq_mqtt".to_owned(), 17, true));
    assert_eq!(of("spec.secretBackend.externalSecret.name"), ("db".to_owned(), 17, true));
    let label = of("spec.override.statefulSet.spec.template.metadata.labels.team");
    assert_eq!(label, ("shop".to_owned(), 17, true));
    assert!(!of("spec.image").2, "the program's own default");
}

#[test]
fn what_controllers_make_has_its_place() {
    let of = |object: &str, path: &str| {
        let (text, at, _, written) = why_in(CONTROLLED, object, path);
        (text, at, written)
    };
    assert_eq!(of("redisreplication/cache-redis", "spec.clusterSize"), ("3".to_owned(), 34, true));
    let memory = of("redissentinel/cache", "spec.kubernetesConfig.resources.limits.memory");
    assert_eq!(memory, ("64Mi".to_owned(), 14, true));
    assert!(!of("redissentinel/cache", "spec.kubernetesConfig.image").2, "the program's own default");
    let stream = |path: &str| {
        let name = "bus-orders-775m2hd8bf";
        of(&format!("stream/{name}"), path)
    };
    assert_eq!(stream("spec.maxMsgs"), ("7".to_owned(), 22, true));
    let consumer = of("consumer/bus-orders-775m2hd8bf-billing", "spec.maxDeliver");
    assert_eq!(consumer, ("5".to_owned(), 24, true));
    assert_eq!(of("podmonitor/queue", "spec.podMetricsEndpoints[0].interval"), ("30s".to_owned(), 30, true));
    assert_eq!(of("podmonitor/queue", "metadata.labels.release"), ("main".to_owned(), 30, true));
}

#[test]
fn containers_and_folders_that_several_share_keep_their_places() {
    let of = |object: &str, path: &str| {
        let (text, at, _, written) = why_in(BESIDE, object, path);
        (text, at, written)
    };
    let pod = |path: &str| format!("spec.template.spec.{path}");
    assert_eq!(of("daemonset/cart", "spec.updateStrategy.rollingUpdate.maxSurge"), ("1".to_owned(), 8, true));
    let image = of("deployment/cart-ui", &pod("containers[cart-ui].image"));
    assert_eq!(image, ("registry.example/cart-ui:1".to_owned(), 12, true));
    let image = of("deployment/cart-ui", &pod("initContainers[logs].image"));
    assert_eq!(image, ("registry.example/logs:1".to_owned(), 16, true));
    let limit = of("deployment/cart-ui", &pod("initContainers[logs].resources.limits.memory"));
    assert_eq!(limit, ("8Mi".to_owned(), 17, true));
    assert_eq!(of("deployment/cart-ui", &pod("containers[cart-ui].envFrom[0].configMapRef.name")).1, 13);
}

#[test]
fn what_nobody_wrote_is_a_default() {
    let (value, line, _, written) =
        why("deployment/cart", "spec.template.spec.terminationGracePeriodSeconds");
    assert_eq!((value.as_str(), line, written), ("30", 12, false));
}

#[test]
fn a_patch_is_the_place_of_what_it_sets_and_shows_what_it_beat() {
    let place = |object, path| {
        let (value, line, beat, written) = why_in(PATCHED, object, path);
        assert!(written, "{path}");
        (value, line, beat.into_iter().map(|it| it.0).collect::<Vec<_>>())
    };
    let is = |value: &str, line, beat: &[usize]| (value.to_owned(), line, beat.to_vec());
    // The environment over the stack's patch, over the patch before it, over the service.
    assert_eq!(place("deployment/cart", "spec.replicas"), is("6", 41, &[20, 15, 7]));
    assert_eq!(place("deployment/cart", "spec.minReadySeconds"), is("5", 15, &[]));
    let env = "spec.template.spec.containers[cart].env[LEVEL].value";
    assert_eq!(place("deployment/cart", env), is("warn", 25, &[9]));
    let port = "spec.template.spec.containers[cart].ports[http].hostIP";
    assert_eq!(place("deployment/cart", port).1, 26);
    assert_eq!(place("service/cart", "metadata.annotations"), is("b", 30, &[]));
    assert_eq!(place("service/cart", "spec.ports[http].port").1, 31);
}

#[test]
fn an_object_that_is_taken_as_it_is_has_its_own_line() {
    let (value, line, _, written) = why_in(PATCHED, "configmap/settings", "data.first");
    assert_eq!((value.as_str(), line, written), ("a", 5, true));
    let (value, line, ..) = why_in(PATCHED, "serviceaccount/agent", "imagePullSecrets");
    assert_eq!((value.as_str(), line), ("registry", 12));
    let (value, line, ..) = why_in(PATCHED, "configmap/settings", "data.second");
    assert_eq!((value.as_str(), line), ("c", 34));
}

#[test]
fn every_value_of_every_object_has_a_place() {
    let values: usize =
        [STACK, OPERATED, CONTROLLED, STORED, FETCHED, PATCHED].into_iter().map(values_with_a_place).sum();
    assert!(values > 700, "only {values} values were looked at");
}

fn values_with_a_place(stack: &'static str) -> usize {
    let files = Memory(BTreeMap::from([("stack.yaml", stack), ("objects.yaml", OBJECTS)]));
    let mut project = Project::open(&files, "stack.yaml");
    let compilation = project.compile(&files, "prod", &[], Form::Tree);
    let Output::Tree(bundle) = compilation.laid.unwrap().output else { panic!("a tree was asked for") };
    let document = compilation.document.unwrap();
    let mut values = 0;
    for (_, file) in bundle.iter() {
        let Some(id) = &file.object else { continue };
        let (gvk, name) = id.rsplit_once(' ').unwrap();
        let wanted = format!("{}/{}", gvk.rsplit('/').next().unwrap(), name.rsplit('/').next().unwrap());
        for object in find(&bundle, &wanted) {
            for value in explain(&document, &object, "") {
                assert_ne!(value.route.as_str(), "", "{id} {} comes from nowhere", value.path);
                values += 1;
            }
        }
    }
    values
}

#[test]
fn a_gateway_has_its_place() {
    let of = |path: &str| why_in(FETCHED, "gateway/edge", path).1;
    assert_eq!((of("spec.gatewayClassName"), of("spec.listeners[web].port")), (39, 41));
}

#[test]
fn what_fetches_secrets_has_its_place() {
    let of = |object: &str, path: &str| {
        let (text, at, _, written) = why_in(FETCHED, object, path);
        (text, at, written)
    };
    assert_eq!(of("serviceaccount/to-vault", "metadata.name"), ("to-vault".to_owned(), 21, true));
    assert_eq!(of("serviceaccount/to-vault", "automountServiceAccountToken").1, 16);
    let aws = |path| of("serviceaccount/external-secrets", path);
    assert_eq!(aws("metadata.name"), ("external-secrets".to_owned(), 14, false));
    assert_eq!(aws("metadata.annotations"), ("arn".to_owned(), 15, true));
    assert_eq!(aws("metadata.namespace").1, 8);
    assert_eq!(of("vaultauth/vault", "spec.kubernetes.role"), ("shop".to_owned(), 20, true));
    assert_eq!(of("vaultauth/vault", "spec.kubernetes.serviceAccount"), ("to-vault".to_owned(), 21, true));
    assert_eq!(of("vaultconnection/vault", "spec.address").1, 18);
    assert_eq!(of("vaultstaticsecret/db", "spec.path"), ("db".to_owned(), 26, true));
    assert!(!of("vaultstaticsecret/db", "spec.mount").2, "the program's own default");
    assert_eq!(of("vaultdynamicsecret/pki", "spec.mount"), ("database".to_owned(), 27, true));
    assert_eq!(of("externalsecret/rds", "spec.refreshInterval"), ("15m".to_owned(), 10, true));
    assert_eq!(of("externalsecret/rds", "spec.secretStoreRef.name"), ("aws".to_owned(), 25, true));
    assert_eq!(of("secretstore/aws", "spec.provider.aws.region"), ("eu-central-1".to_owned(), 13, true));
    assert_eq!(of("secretstore/doppler", "spec.provider.doppler.auth").1, 7);
}

#[test]
fn storage_has_its_place() {
    let of = |object: &str, path: &str| {
        let (text, at, _, written) = why_in(STORED, object, path);
        (text, at, written)
    };
    assert_eq!(of("storageclass/nas", "parameters.server"), ("nas.lan".to_owned(), 5, true));
    assert!(!of("storageclass/nas", "reclaimPolicy").2, "the program's own default");
    assert_eq!(of("persistentvolumeclaim/cache", "spec.resources").1, 8);
    assert_eq!(of("persistentvolumeclaim/cache", "spec.volumeName"), ("app.cache".to_owned(), 11, true));
    let cache = |path| of("persistentvolume/app.cache", path);
    assert_eq!(cache("spec.storageClassName"), ("nas".to_owned(), 9, true));
    assert_eq!(cache("spec.capacity"), ("1Gi".to_owned(), 8, true));
    assert_eq!(cache("spec.accessModes"), ("ReadWriteMany".to_owned(), 10, true));
    assert_eq!(cache("spec.nfs.path"), ("/srv/cache".to_owned(), 12, true));
    assert_eq!(of("deployment/cart", "spec.strategy.type"), ("Recreate".to_owned(), 17, true));
    let data = |path| of("persistentvolume/app.data-files-0", path);
    assert_eq!(data("spec.csi.volumeHandle"), ("vol-files-0".to_owned(), 27, true));
    assert_eq!(data("spec.capacity"), ("2Gi".to_owned(), 24, true));
    let more = |path| of("persistentvolume/app.volume-1-files-0", path);
    assert_eq!(more("spec.nfs.path"), ("/srv/more/0".to_owned(), 32, true));
    assert_eq!(more("spec.capacity"), ("3Gi".to_owned(), 31, true));
}

#[test]
fn a_job_is_found_in_its_own_object_and_in_the_pods_that_wait_for_it() {
    let line = |object, path| {
        let (text, line, ..) = why_in(JOBS, object, path);
        (text.split(" = ").last().unwrap().to_owned(), line)
    };
    let image = "spec.template.spec.initContainers[migrate].image";
    assert_eq!(line("deployment/cart", image), ("registry.example/migrate:1".to_owned(), 8));
    let report = |path| line("cronjob/report", path);
    assert_eq!(report("spec.jobTemplate.spec.backoffLimit"), ("2".to_owned(), 12));
    assert_eq!(report("spec.schedule"), ("@daily".to_owned(), 15));
    assert_eq!(report("spec.timeZone"), ("Europe/Vienna".to_owned(), 16));
    assert_eq!(line("cronjob/sweep", "spec.schedule"), ("@hourly".to_owned(), 19));
}
