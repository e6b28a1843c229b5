//! Roles and what they are bound to; pods that find each other.

use crate::support::memory::{compile, get, stack};
use serde_yaml::Value;

const SWAP: &str = "
namespaces: { app: {}, data: {} }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets:
  db: { namespace: data, from: vault, path: shop/db, keys: [ password ] }
  login: { namespace: app, from: vault, path: shop/db, keys: { secret: password } }
  cache: { namespace: data, from: vault, path: shop/cache, keys: [ password ] }
  token: { namespace: app, from: vault, path: shop/outside, keys: [ token ] }
externals: { outside: { host: db.example.com, port: 5432, cidrs: 192.0.2.16/28, onDemand: true } }
services:
  one:
    profile: web
    namespace: app
    bind: { store: db }
    whenBound:
      store:
        postgres: { env: { KIND: \"${bind.store.kind}\", STORE_PASSWORD: { bind: store }, URL: \"${bind.store.url}\", MARK: form } }
        valkey: { env: { KIND: redis, HOST: \"${bind.store.host}\" }, ports: { http: null } }
        external: { env: { HOST: \"${bind.store.host}\", TOKEN: { secret: token, key: token } } }
    env: { MARK: own }
stateful:
  db: { kind: postgres, namespace: data, onDemand: true, storage: 1Gi, database: shop, password: { secret: db, key: password } }
  cache: { kind: valkey, namespace: data, onDemand: true, mode: cache, password: { secret: cache, key: password } }
environments:
  prod: {}
  outside: { services: { one: { bind: { store: outside } } } }
  parameter: { parameters: { store: { type: string, default: outside } }, services: { one: { bind: { store: \"${parameters.store}\" } } } }
  both: { services: { one: { uses: [ db ], bind: { store: outside } } } }
  unknown: { services: { one: { bind: { store: dbs } } } }
  port: { services: { one: { bind: { store: \"db:postgress\" } } } }
  kind: { services: { one: { bind: { store: cache }, whenBound: { store: { valkey: null } } } } }
  none: { services: { one: { bind: { store: null }, whenBound: { store: null } } } }
";

fn names(objects: &[Value], kind: &str) -> Vec<String> {
    let of = objects.iter().filter(|it| it["kind"] == kind);
    of.map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn env<'a>(objects: &'a [Value], name: &str) -> Option<&'a Value> {
    let all = &get(objects, "Deployment", "one")["spec"]["template"]["spec"]["containers"][0]["env"];
    all.as_sequence().unwrap().iter().find(|it| it["name"] == name)
}

#[test]
fn one_line_changes_environment_policies_and_secrets() {
    let files = stack(SWAP, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    assert_eq!(env(&objects, "KIND").unwrap()["value"], "postgres");
    let url = "postgresql://postgres:$(STORE_PASSWORD)@db.data.svc.cluster.local:5432/shop";
    assert_eq!(env(&objects, "URL").unwrap()["value"], url);
    // The tier's secret is in another namespace: the one with its value here is taken.
    let key = &env(&objects, "STORE_PASSWORD").unwrap()["valueFrom"]["secretKeyRef"];
    assert_eq!((&key["name"], &key["key"]), (&Value::from("login"), &Value::from("secret")));
    assert_eq!(env(&objects, "MARK").unwrap()["value"], "own", "the component beats what a role gives");
    assert_eq!(names(&objects, "ExternalSecret"), ["db", "login"]);
    assert_eq!(names(&objects, "StatefulSet"), ["db"]);
    let egress = &get(&objects, "NetworkPolicy", "one")["spec"]["egress"];
    assert_eq!(egress[0]["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"], "db");

    for environment in ["outside", "parameter"] {
        let objects = compile(&files, environment, &[]).unwrap();
        assert_eq!(env(&objects, "HOST").unwrap()["value"], "db.example.com");
        assert!(env(&objects, "URL").is_none());
        assert_eq!(names(&objects, "ExternalSecret"), ["token"]);
        assert!(names(&objects, "StatefulSet").is_empty());
        let egress = &get(&objects, "NetworkPolicy", "one")["spec"]["egress"];
        assert_eq!(egress[0]["to"][0]["ipBlock"]["cidr"], "192.0.2.16/28");
    }
    // What is still used stays.
    assert_eq!(names(&compile(&files, "both", &[]).unwrap(), "StatefulSet"), ["db"]);
    // What `null` removes is the environment's to follow up: its secrets are removed by name.
    assert_eq!(names(&compile(&files, "none", &[]).unwrap(), "ExternalSecret"), ["token"]);
}

#[test]
fn bindings_that_are_none_are_found() {
    let files = stack(SWAP, &[]);
    let closed = "SG210 `${bind.store.url}` is port `postgres` of `db`, and `one` uses `postgress` of it";
    let cases: [(&str, &[&str]); 3] = [
        ("unknown", &["SG203 `one` is bound to `dbs`, which this stack does not declare"]),
        ("port", &["SG209 `db` has no port `postgress`", closed]),
        ("kind", &["SG252 `store` is bound to `cache`, of kind `valkey`, for which `one` has nothing"]),
    ];
    for (environment, expected) in cases {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), expected, "{environment}");
    }
}

const PEERS: &str = "
namespaces: { app: { mesh: true } }
mesh: { linkerd: {} }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets: { gossip: { from: vault, path: shop/gossip, keys: [ key ] } }
services:
  one:
    profile: web
    ports: { admin: 9091 }
    peers: { port: 7946, calls: http, secret: { secret: gossip, key: key } }
    env: { KEY: { secret: gossip, key: key }, SEEDS: \"${peers.address}\" }
  two: { profile: web, uses: [ one ] }
environments:
  plain: { mesh: null, namespaces: { app: { mesh: null } } }
  sidecar: { mesh: { istio: { mode: sidecar } } }
  ambient: { mesh: { istio: { mode: ambient } } }
  linkerd: {}
  tcp: { services: { one: { peers: { protocols: TCP } } } }
  taken: { services: { one: { ports: { gossip: 7946 } } } }
  called: { services: { one: { peers: { calls: [ http, grcp ] } } } }
  nothing: { services: { one: { peers: { port: null, calls: null, secret: null }, env: { SEEDS: null } } } }
  named: { services: { one: { ports: { peers: 7000 } } } }
";

/// The ports of the rules whose other end is the component itself.
fn own_ports(objects: &[Value], direction: &str, end: &str) -> Vec<(u64, String)> {
    let rules = get(objects, "NetworkPolicy", "one")["spec"][direction].as_sequence().unwrap();
    let own = rules.iter().filter(|it| {
        let labels = &it[end][0]["podSelector"]["matchLabels"];
        labels["app.kubernetes.io/name"] == "one" && it[end][0]["namespaceSelector"].is_null()
    });
    let ports = own.flat_map(|it| it["ports"].as_sequence().unwrap());
    ports.map(|it| (it["port"].as_u64().unwrap(), it["protocol"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn pods_reach_each_other_on_their_own_ports_alone() {
    let files = stack(PEERS, &[]);
    let tcp = |it: u64| (it, "TCP".to_owned());
    let udp = (7946, "UDP".to_owned());
    let cases = [
        ("plain", vec![tcp(7946), tcp(8080), udp.clone()]),
        ("sidecar", vec![tcp(7946), tcp(8080), udp.clone()]),
        // UDP is not in the tunnel.
        ("ambient", vec![tcp(15008), udp.clone()]),
        ("linkerd", vec![tcp(7946), tcp(8080), udp, tcp(4143)]),
        ("tcp", vec![tcp(7946), tcp(8080), tcp(4143)]),
    ];
    for (environment, expected) in cases {
        let objects = compile(&files, environment, &[]).unwrap();
        assert_eq!(own_ports(&objects, "ingress", "from"), expected, "{environment}");
        assert_eq!(own_ports(&objects, "egress", "to"), expected, "{environment}");
        let service = &get(&objects, "Service", "one-peers")["spec"];
        assert_eq!(
            (&service["clusterIP"], &service["publishNotReadyAddresses"]),
            (&"None".into(), &true.into())
        );
        // Others never see the port of gossip.
        let ports = get(&objects, "Service", "one")["spec"]["ports"].as_sequence().unwrap();
        assert!(ports.iter().all(|it| it["port"] != 7946), "{environment}");
        assert_eq!(env(&objects, "SEEDS").unwrap()["value"], "one-peers.app.svc.cluster.local:7946");
    }
}

#[test]
fn the_mesh_knows_pods_of_one_service() {
    let files = stack(PEERS, &[]);
    for environment in ["sidecar", "ambient"] {
        let objects = compile(&files, environment, &[]).unwrap();
        let rules = get(&objects, "AuthorizationPolicy", "one")["spec"]["rules"].as_sequence().unwrap();
        let own = rules
            .iter()
            .filter(|it| it["from"][0]["source"]["principals"][0] == "cluster.local/ns/app/sa/one");
        let ports: Vec<&Value> = own.map(|it| &it["to"][0]["operation"]["ports"]).collect();
        assert_eq!(ports, [&serde_yaml::from_str::<Value>("['7946', '8080']").unwrap()], "{environment}");
    }
    // A sidecar knows calls to a pod's address where the headless port is one of bytes.
    let http = |environment: &str| {
        let objects = compile(&files, environment, &[]).unwrap();
        let ports = get(&objects, "Service", "one-peers")["spec"]["ports"].as_sequence().unwrap();
        ports.iter().find(|it| it["name"] == "http").unwrap()["appProtocol"].clone()
    };
    assert_eq!((http("sidecar"), http("ambient")), ("tcp".into(), Value::Null));
    let objects = compile(&files, "linkerd", &[]).unwrap();
    let server = get(&objects, "Server", "one-7946");
    assert_eq!(server["spec"]["proxyProtocol"], "opaque");
}

#[test]
fn peers_without_a_port_of_their_own_are_found() {
    let files = stack(PEERS, &[]);
    let cases = [
        ("taken", "SG111 port 7946 is also `gossip`, which others call"),
        ("called", "SG209 `one` has no port `grcp`"),
        ("nothing", "SG110 the pods have no port on which they meet"),
        ("named", "SG211 the port of the pods among themselves is named `peers`, too"),
    ];
    for (environment, expected) in cases {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), [expected], "{environment}");
    }
}
