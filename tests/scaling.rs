//! How many pods: what autoscalers name of the stack, and what follows from their floors.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

#[path = "support/memory.rs"]
mod memory;

use memory::{compile, get, stack};

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
