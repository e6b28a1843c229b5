//! Who looks on: what one block of the stack changes in the objects, and what it refuses.

use crate::support::memory::{compile, get, stack};
use serde_yaml::Value;

const STACK: &str = "
namespaces: { app: {} }
clients: { prometheus: { pods: { namespace: monitoring } } }
stores: { vault: { existing: {} } }
secrets: { token: { from: vault, keys: [bearer] } }
gateways: { public: { existing: { namespace: ingress, listener: https } } }
services:
  one: { profile: web, ports: { admin: 9090 }, metrics: { port: admin }, uses: [two] }
  two: { profile: web, metrics: { port: http }, otlp: false }
  collector: { profile: web, ports: { http: null, otlp-grpc: 4317 }, probes: null }
environments:
  prod: { observability: { metrics: { by: prometheus, with: annotations } } }
  mesh:
    mesh: { istio: {} }
    namespaces: { app: { mesh: true } }
    services: { two: { metrics: null } }
    observability: { metrics: { by: prometheus, with: annotations } }
  shared:
    mesh: { istio: {} }
    namespaces: { app: { mesh: true } }
    observability: { metrics: { by: prometheus, with: annotations } }
  boot:
    services: { collector: { uses: [one] } }
    observability: { otlp: { to: collector, protocol: grpc } }
  nobody: { observability: { metrics: { by: prometeus, with: annotations } } }
  inside: { observability: { metrics: { by: two, with: annotations } } }
  port: { observability: { metrics: { by: prometheus, with: annotations } }, services: { one: { metrics: { port: admn } } } }
  interval: { observability: { metrics: { by: prometheus, with: annotations, interval: 30s } } }
  target: { observability: { otlp: { to: colector } } }
  protocol: { observability: { otlp: { to: collector } } }
  ratio: { observability: { otlp: { to: collector, protocol: grpc, sampler: always_on, ratio: 0.5 } } }
  share: { observability: { otlp: { to: collector, protocol: grpc, ratio: 1.5 } } }
  node: { observability: { otlp: { to: collector, protocol: grpc, nodeLocal: true } } }
  rule: { observability: { metrics: { by: prometheus, with: prometheus-operator }, alerts: { rules: { DiskFiling: false } } } }
  bearer: { observability: { metrics: { by: prometheus, with: annotations } }, services: { one: { metrics: { bearer: { secret: token, key: bearer } } } } }
  key: { observability: { metrics: { by: prometheus, with: prometheus-operator } }, services: { one: { metrics: { bearer: { secret: token, key: baerer } } } } }
  token: { observability: { metrics: { by: prometheus, with: prometheus-operator } }, services: { one: { metrics: { bearer: { secret: token, key: bearer } } } } }
  canary: { observability: { otlp: { to: collector, protocol: grpc } }, services: { one: { expose: { http: { gateway: public, hosts: one.example.com } }, rollout: { canary: { image: registry.example/one:2, weights: { stable: 50, canary: 50 } } } } } }
  unit: { observability: { metrics: { by: prometheus, with: prometheus-operator }, alerts: { rules: { DiskFilling: { threshold: 5m } } } } }
  steps:
    cluster: { argo-rollouts: \"1.8\" }
    observability: { metrics: { by: prometheus, with: prometheus-operator }, alerts: { rules: { PodRestarting: false } } }
    services:
      one: { scale: { hpa: { min: 3, max: 9, cpu: 70 } }, rollout: { canary: { steps: [ { weight: 50 }, { pause: 5m } ] } } }
      two: { scale: 4, rollout: { canary: { steps: [ { weight: 50 }, { pause: 5m } ] } } }
  level: { services: { one: { env: { LEVEL: \"${observability.logLevel}\" } } } }
";

fn annotations(environment: &str, name: &str) -> Value {
    let objects = compile(&stack(STACK, &[]), environment, &[]).unwrap();
    get(&objects, "Deployment", name)["spec"]["template"]["metadata"]["annotations"].clone()
}

#[test]
fn the_collector_is_let_in_to_the_port_of_metrics_alone() {
    let objects = compile(&stack(STACK, &[]), "prod", &[]).unwrap();
    let ingress = &get(&objects, "NetworkPolicy", "one")["spec"]["ingress"];
    assert_eq!(ingress.as_sequence().unwrap().len(), 1);
    assert_eq!(ingress[0]["ports"].as_sequence().unwrap().len(), 1);
    assert_eq!(ingress[0]["ports"][0]["port"], 9090);
    assert_eq!(annotations("prod", "one")["prometheus.io/port"], "9090");
    // Without the block nobody collects, and nobody is let in.
    let objects = compile(&stack(STACK, &[]), "boot", &[]).unwrap();
    let ingress = &get(&objects, "NetworkPolicy", "two")["spec"]["ingress"];
    assert_eq!(ingress.as_sequence().unwrap().len(), 1);
    assert_eq!(annotations("boot", "one")["prometheus.io/scrape"], Value::Null);
}

#[test]
fn a_port_of_metrics_goes_past_the_proxy_where_nobody_else_calls_it() {
    let found = annotations("mesh", "one");
    assert_eq!(found["traffic.sidecar.istio.io/excludeInboundPorts"], "9090");
    assert_eq!(found["prometheus.istio.io/merge-metrics"], "false");
    // `one` calls `two` on the port on which it shows metrics, with a certificate that only the proxy knows.
    assert_eq!(
        compile(&stack(STACK, &[]), "shared", &[]).unwrap_err(),
        ["SG502 `two` lets in `prometheus`, which is outside the mesh, but its namespace only the mesh"]
    );
}

#[test]
fn a_service_that_takes_no_part_has_neither_variables_nor_a_path() {
    let objects = compile(&stack(STACK, &[]), "boot", &[]).unwrap();
    let env =
        |name: &str| &get(&objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]["env"];
    let egress = |name: &str| &get(&objects, "NetworkPolicy", name)["spec"]["egress"];
    let names: Vec<&str> =
        env("one").as_sequence().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    // Kubernetes puts a variable into those after it only.
    let at = |name: &str| names.iter().position(|it| *it == name).unwrap();
    assert!(at("OTEL_RESOURCE_ATTRIBUTES_POD_NAME") < at("OTEL_RESOURCE_ATTRIBUTES"));
    assert_eq!(egress("one").as_sequence().unwrap().len(), 2);
    assert_eq!((env("two"), egress("two")), (&Value::Null, &Value::Null));
    // The collector calls `one`, and sends nothing to itself.
    assert_eq!((env("collector"), egress("collector").as_sequence().unwrap().len()), (&Value::Null, 1));
}

#[test]
fn the_collector_shows_the_token_that_a_port_asks_for() {
    let objects = compile(&stack(STACK, &[]), "token", &[]).unwrap();
    let credentials = |name: &str| {
        get(&objects, "PodMonitor", name)["spec"]["podMetricsEndpoints"][0]["authorization"]["credentials"]
            .clone()
    };
    assert_eq!(
        (&credentials("one")["name"], &credentials("one")["key"]),
        (&"token".into(), &"bearer".into())
    );
    assert_eq!(credentials("two"), Value::Null);
}

#[test]
fn both_versions_of_a_service_have_its_name() {
    let objects = compile(&stack(STACK, &[]), "canary", &[]).unwrap();
    for version in ["one", "one-canary"] {
        let env = &get(&objects, "Deployment", version)["spec"]["template"]["spec"]["containers"][0]["env"];
        let name = env.as_sequence().unwrap().iter().find(|it| it["name"] == "OTEL_SERVICE_NAME").unwrap();
        assert_eq!(name["value"], "one", "{version}");
    }
}

#[test]
fn of_a_rollout_the_fewest_pods_must_be_ready() {
    let objects = compile(&stack(STACK, &[]), "steps", &[]).unwrap();
    for (name, least) in [("one", "< 3"), ("two", "< 4")] {
        let rules = &get(&objects, "PrometheusRule", name)["spec"]["groups"][0]["rules"];
        let ready = rules.as_sequence().unwrap().iter().find(|it| it["alert"] == "PodsNotReady").unwrap();
        assert!(ready["expr"].as_str().unwrap().ends_with(least), "{ready:?}");
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let files = stack(STACK, &[]);
    let cases = [
        ("bearer", "SG111 annotations do not say `bearer`: the collector would be refused"),
        ("key", "SG208 secret `token` has no key `baerer`"),
        ("nobody", "SG208 there is no client `prometeus`"),
        ("inside", "SG208 `two` is a component of the stack, not a client outside it"),
        ("port", "SG209 `one` has no port `admn`"),
        ("interval", "SG111 annotations do not say `interval`"),
        ("target", "SG208 there is no service, tier or external `colector` to send telemetry to"),
        ("protocol", "SG209 none of the ports of `collector` is one for OTLP by `http/protobuf`"),
        ("ratio", "SG111 `always_on` takes no share"),
        ("share", "SG111 `1.5` is no share: 0 to 1, such as `0.1`"),
        ("node", "SG111 `collector` does not have a pod on each node"),
        ("rule", "SG109 `DiskFiling` is not known here"),
        ("unit", "SG111 the threshold of `DiskFilling` is a percentage"),
        ("level", "SG204 `${observability.logLevel}`: the stack says no log level"),
    ];
    for (environment, expected) in cases {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), [expected], "{environment}");
    }
}
