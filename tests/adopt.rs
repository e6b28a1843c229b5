//! Components that go on with what is in the cluster.

use serde_yaml::Value;

use crate::support::memory::{compile, get, stack};

/// A canary and a change of colours of what is in the cluster, who calls it, and somebody who does not.
const SHOP: &str = "
mesh: { istio: {} }
namespaces: { app: { podSecurity: restricted, mesh: true } }
services:
  cart:
    profile: web
    adopt: { name: shop-cart, service: cart-svc, selector: { app: cart, tier: backend } }
    scale: { hpa: { min: 2, max: 5, cpu: 70 } }
  front: { profile: web, uses: [ cart ], env: { CART: { value: \"${services.cart.url}\" } } }
environments:
  prod: {}
  new: { services: { cart: { adopt: null } } }
  canary: { services: { cart: { rollout: { canary: { weights: { stable: 90, canary: 10 } } } } } }
  green:
    services:
      cart:
        rollout: { blue-green: { active: green, blue: { image: \"registry.example/cart:1.2\" }, green: { image: \"registry.example/cart:1.3\" } } }
";

fn labels(of: &[(&str, &str)]) -> Value {
    of.iter().map(|(key, it)| (Value::from(*key), Value::from(*it))).collect::<serde_yaml::Mapping>().into()
}

#[test]
fn names_and_selectors_are_those_of_the_cluster() {
    let objects = compile(&stack(SHOP, &[]), "prod", &[]).unwrap();
    let kept = labels(&[("app", "cart"), ("tier", "backend")]);
    let deployment = get(&objects, "Deployment", "shop-cart");
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], kept);
    let pods = &deployment["spec"]["template"]["metadata"]["labels"];
    for (key, value) in [("app", "cart"), ("tier", "backend"), ("app.kubernetes.io/name", "cart")] {
        assert_eq!(pods[key], value, "{key}");
    }
    assert_eq!(deployment["metadata"]["labels"]["app.kubernetes.io/name"], "cart", "whose it is");
    // What selects takes pods from before, too, which have neither other labels nor names of ports.
    let service = get(&objects, "Service", "cart-svc");
    assert_eq!(service["spec"]["selector"], kept);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], 8080);
    assert_eq!(get(&objects, "PodDisruptionBudget", "shop-cart")["spec"]["selector"]["matchLabels"], kept);
    assert_eq!(get(&objects, "NetworkPolicy", "shop-cart")["spec"]["podSelector"]["matchLabels"], kept);
    let egress = &get(&objects, "NetworkPolicy", "front")["spec"]["egress"][0]["to"][0];
    assert_eq!(egress["podSelector"]["matchLabels"], kept);
    let scaled = &get(&objects, "HorizontalPodAutoscaler", "shop-cart")["spec"]["scaleTargetRef"];
    assert_eq!(scaled["name"], "shop-cart");
    let env = &get(&objects, "Deployment", "front")["spec"]["template"]["spec"]["containers"][0]["env"];
    assert!(env.as_sequence().unwrap().iter().any(|it| it["value"] == "http://cart-svc:8080"), "{env:?}");
}

#[test]
fn what_begins_anew_has_the_names_of_the_stack() {
    let objects = compile(&stack(SHOP, &[]), "new", &[]).unwrap();
    let own = labels(&[("app.kubernetes.io/name", "cart"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(get(&objects, "Deployment", "cart")["spec"]["selector"]["matchLabels"], own);
    assert_eq!(get(&objects, "Service", "cart")["spec"]["ports"][0]["targetPort"], "http");
}

#[test]
fn a_second_version_has_a_name_and_labels_of_its_own() {
    let objects = compile(&stack(SHOP, &[]), "canary", &[]).unwrap();
    let canary = get(&objects, "Deployment", "cart-canary");
    let own = labels(&[("app.kubernetes.io/name", "cart-canary"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(canary["spec"]["selector"]["matchLabels"], own);
    assert_eq!(canary["spec"]["template"]["metadata"]["labels"].get("app"), None);

    let hosts = &get(&objects, "VirtualService", "shop-cart")["spec"]["hosts"];
    assert_eq!(hosts[0], "cart-svc.app.svc.cluster.local");

    let objects = compile(&stack(SHOP, &[]), "green", &[]).unwrap();
    let green = labels(&[("app.kubernetes.io/name", "cart-green"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(get(&objects, "Service", "cart-svc")["spec"]["selector"], green, "the active one");
    let blue = labels(&[("app", "cart"), ("tier", "backend")]);
    assert_eq!(get(&objects, "Service", "cart-blue")["spec"]["selector"], blue);
}
