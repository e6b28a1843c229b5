//! The forms that a workload can have: on every node, without ports, with further containers.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod support;

use serde_yaml::Value;
use support::memory::{compile, get, stack};

const EVERYWHERE: &str = "
namespaces: { app: {} }
affinity:
  pool: { nodes: { pool: builders }, spread: [ hostname ], separate: hostname, tolerations: { builders: \"\" } }
services:
  agent: { profile: web, affinity: pool, scale: per-node, uses: [ three ] }
  three: { profile: web, affinity: pool }
environments:
  prod: {}
  surge: { services: { agent: { rollout: { maxSurge: 25% } } } }
  quick: { services: { agent: { rollout: { maxUnavailable: 0 } } } }
  fixed: { services: { agent: { scale: { fixed: 3 } } } }
  budget: { services: { agent: { disruption: { maxUnavailable: 1 } } } }
  word: { services: { agent: { scale: per-nod } } }
";

#[test]
fn one_pod_a_node_is_a_daemon_set_without_a_number() {
    let files = stack(EVERYWHERE, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let set = get(&objects, "DaemonSet", "agent");
    assert_eq!(set["spec"]["replicas"], Value::Null);
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["topologySpreadConstraints"], Value::Null);
    assert_eq!(pod["affinity"]["podAntiAffinity"], Value::Null);
    let nodes = &pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    assert_eq!(nodes["nodeSelectorTerms"][0]["matchExpressions"][0]["key"], "pool");
    assert_eq!(pod["tolerations"][0]["key"], "builders");
    let kinds = |kind: &str, name: &str| {
        objects.iter().any(|it| it["kind"] == kind && it["metadata"]["name"] == name)
    };
    assert!(kinds("Service", "agent") && kinds("PodDisruptionBudget", "three"));
    assert!(!kinds("PodDisruptionBudget", "agent") && !kinds("Deployment", "agent"));
    // Where a number is chosen instead, it is a Deployment again.
    let objects = compile(&files, "fixed", &[]).unwrap();
    assert_eq!(get(&objects, "Deployment", "agent")["spec"]["replicas"], 3);
}

/// Kubernetes takes a DaemonSet with one of the two above 0.
#[test]
fn of_surge_and_unavailable_one_is_zero() {
    let files = stack(EVERYWHERE, &[]);
    let cases = [
        ("prod", Value::from(0), Value::from(1)),
        ("surge", "25%".into(), 0.into()),
        ("quick", 1.into(), 0.into()),
    ];
    for (environment, surge, unavailable) in cases {
        let objects = compile(&files, environment, &[]).unwrap();
        let rolling = &get(&objects, "DaemonSet", "agent")["spec"]["updateStrategy"]["rollingUpdate"];
        assert_eq!(
            (&rolling["maxSurge"], &rolling["maxUnavailable"]),
            (&surge, &unavailable),
            "{environment}"
        );
    }
}

#[test]
fn one_pod_a_node_has_no_budget() {
    let files = stack(EVERYWHERE, &[]);
    assert_eq!(
        compile(&files, "budget", &[]).unwrap_err(),
        ["SG110 one pod a node has no disruption budget"]
    );
    assert_eq!(
        compile(&files, "word", &[]).unwrap_err(),
        [
            "SG102 expected a whole number, `per-node`, or a mapping with `fixed` or `hpa`, found the text `per-nod`"
        ]
    );
}

/// A worker listens on nothing: there is no Service, and nobody can use it.
#[test]
fn a_worker_has_no_service() {
    let worker = "
namespaces: { app: {} }
services:
  worker:
    profile: web
    ports: { http: null }
    probes: { readiness: null, liveness: { exec: [ alive ] } }
    uses: [ two ]
  two: { profile: web }
  three: { profile: web, uses: [ two ] }
stateful:
  cron: { kind: custom, profile: web, ports: { http: null }, probes: null }
environments: { prod: {}, called: { services: { three: { uses: [ worker ] } } } }
";
    let files = stack(worker, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let pod = &get(&objects, "Deployment", "worker")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["ports"], Value::Null);
    assert_eq!(pod["containers"][0]["livenessProbe"]["exec"]["command"][0], "alive");
    let services = objects
        .iter()
        .filter(|it| it["kind"] == "Service")
        .map(|it| it["metadata"]["name"].as_str().unwrap());
    assert_eq!(services.collect::<Vec<_>>(), ["two", "three", "cron-headless"]);
    assert_eq!(get(&objects, "Service", "cron-headless")["spec"]["ports"], Value::Null);
    assert_eq!(
        compile(&files, "called", &[]).unwrap_err(),
        ["SG209 `three` uses `worker`, which listens on no port"]
    );
}
