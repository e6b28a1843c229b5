//! Each statement of Kubernetes' documentation, on small sets of objects.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::{Value, json};

use super::*;

/// A policy of the namespace `a` on the pods with `app: web`.
fn policy(spec: Value) -> Object {
    let mut spec = spec;
    if spec.get("podSelector").is_none() {
        spec["podSelector"] = json!({ "matchLabels": { "app": "web" } });
    }
    let object = json!({ "metadata": { "name": "one", "namespace": "a" }, "spec": spec });
    serde_json::from_value::<NetworkPolicy>(object).unwrap().into()
}

fn namespace(name: &str, labels: &Value) -> Object {
    let object = json!({ "metadata": { "name": name, "labels": labels } });
    serde_json::from_value::<Namespace>(object).unwrap().into()
}

fn objects(policies: Vec<Object>) -> Vec<Object> {
    let mut all = vec![namespace("a", &json!({ "team": "x" })), namespace("b", &json!({ "team": "y" }))];
    all.extend(policies);
    all
}

fn pod(policies: &Policies, namespace: &str, app: &str) -> Party {
    Party::Pod(Box::new(Pod {
        namespace: namespace.to_owned(),
        namespace_labels: policies.namespace_labels(namespace),
        labels: [("app".to_owned(), app.to_owned())].into(),
        ports: vec![
            Listed { name: Some("http".to_owned()), number: 8080, transport: Transport::Tcp },
            Listed { name: Some("dns".to_owned()), number: 53, transport: Transport::Udp },
        ],
    }))
}

/// The ways from one pod (`namespace/app`) to another, as text.
fn ways(policies: Vec<Object>, from: &str, to: &str) -> Vec<String> {
    let policies = Policies::read(&objects(policies));
    let party = |text: &str| {
        let (namespace, app) = text.split_once('/').unwrap();
        match Network::parse(text) {
            Some(network) => Party::Block(Block { network, except: Vec::new() }),
            None => pod(&policies, namespace, app),
        }
    };
    let (from, to) = (party(from), party(to));
    policies.seat(&from).paths(&policies.seat(&to)).iter().map(|it| it.ports.to_string()).collect()
}

#[test]
fn without_policies_everything_passes() {
    assert_eq!(ways(vec![], "a/web", "b/db"), ["every port"]);
}

#[test]
fn a_policy_isolates_its_pods_alone_and_its_directions_alone() {
    let deny = || policy(json!({ "policyTypes": ["Ingress"] }));
    assert!(ways(vec![deny()], "b/db", "a/web").is_empty());
    assert_eq!(ways(vec![deny()], "a/web", "b/db"), ["every port"]);
    assert_eq!(ways(vec![deny()], "b/db", "a/other"), ["every port"]);
    assert_eq!(ways(vec![deny()], "b/db", "b/web"), ["every port"]);
}

#[test]
fn an_empty_selector_takes_all_pods_of_its_own_namespace() {
    let deny = || policy(json!({ "podSelector": {}, "policyTypes": ["Egress"] }));
    assert!(ways(vec![deny()], "a/anything", "b/db").is_empty());
    assert_eq!(ways(vec![deny()], "b/db", "a/anything"), ["every port"]);
}

#[test]
fn types_default_to_ingress_and_to_egress_where_it_has_rules() {
    assert!(ways(vec![policy(json!({}))], "b/db", "a/web").is_empty());
    assert_eq!(ways(vec![policy(json!({}))], "a/web", "b/db"), ["every port"]);
    assert_eq!(ways(vec![policy(json!({ "egress": [] }))], "a/web", "b/db"), ["every port"]);
    let out =
        || policy(json!({ "egress": [{ "to": [{ "namespaceSelector": {} }], "ports": [{ "port": 1 }] }] }));
    assert_eq!(ways(vec![out()], "a/web", "b/db"), ["1/TCP"]);
    assert!(ways(vec![out()], "b/db", "a/web").is_empty());
    let written = policy(json!({ "policyTypes": ["Ingress"], "egress": [{ "ports": [{ "port": 1 }] }] }));
    assert_eq!(ways(vec![written], "a/web", "b/db"), ["every port"]);
}

#[test]
fn an_empty_rule_lets_everything_pass() {
    for rule in [json!([{}]), json!([{ "from": [], "ports": [] }])] {
        assert_eq!(ways(vec![policy(json!({ "ingress": rule }))], "b/db", "a/web"), ["every port"]);
    }
}

#[test]
fn peers_are_alternatives_and_the_selectors_of_one_hold_together() {
    let allow = |peers: Value| policy(json!({ "ingress": [{ "from": peers }] }));
    let db = json!({ "matchLabels": { "app": "db" } });
    let y = json!({ "matchLabels": { "team": "y" } });
    // A pod selector alone means the policy's own namespace.
    let own = || allow(json!([{ "podSelector": db }]));
    assert_eq!(ways(vec![own()], "a/db", "a/web"), ["every port"]);
    assert!(ways(vec![own()], "b/db", "a/web").is_empty());
    let both = || allow(json!([{ "podSelector": db, "namespaceSelector": y }]));
    assert_eq!(ways(vec![both()], "b/db", "a/web"), ["every port"]);
    assert!(ways(vec![both()], "b/other", "a/web").is_empty());
    assert!(ways(vec![both()], "a/db", "a/web").is_empty());
    let either = || allow(json!([{ "podSelector": db }, { "namespaceSelector": y }]));
    assert_eq!(ways(vec![either()], "b/other", "a/web"), ["every port"]);
    assert_eq!(ways(vec![either()], "a/db", "a/web"), ["every port"]);
    assert!(ways(vec![either()], "a/other", "a/web").is_empty());
    // The empty namespace selector means every namespace, and an empty peer is none.
    assert_eq!(ways(vec![allow(json!([{ "namespaceSelector": {} }]))], "b/db", "a/web"), ["every port"]);
    assert!(ways(vec![allow(json!([{}]))], "b/db", "a/web").is_empty());
}

#[test]
fn expressions_match_as_the_api_server_matches() {
    let allow = |operator: &str, key: &str, values: Value| {
        let expression = json!({ "key": key, "operator": operator, "values": values });
        policy(json!({ "ingress": [{ "from": [{ "podSelector": { "matchExpressions": [expression] } }] }] }))
    };
    let passes = |it: Object, from: &str| !ways(vec![it], from, "a/web").is_empty();
    assert!(passes(allow("In", "app", json!(["db", "x"])), "a/db"));
    assert!(!passes(allow("In", "app", json!(["x"])), "a/db"));
    assert!(!passes(allow("NotIn", "app", json!(["db"])), "a/db"));
    assert!(passes(allow("NotIn", "absent", json!(["db"])), "a/db"));
    assert!(passes(allow("Exists", "app", Value::Null), "a/db"));
    assert!(!passes(allow("Exists", "absent", Value::Null), "a/db"));
    assert!(passes(allow("DoesNotExist", "absent", Value::Null), "a/db"));
    assert!(!passes(allow("DoesNotExist", "app", Value::Null), "a/db"));
    assert!(!passes(allow("Near", "app", json!(["db"])), "a/db"));
}

#[test]
fn ports_by_number_range_name_and_protocol() {
    let allow = |ports: Value| policy(json!({ "ingress": [{ "ports": ports }] }));
    let all = |ports: Value| ways(vec![allow(ports)], "b/db", "a/web");
    assert_eq!(all(json!([{ "port": 8080 }])), ["8080/TCP"]);
    assert_eq!(all(json!([{ "port": 53, "protocol": "UDP" }])), ["53/UDP"]);
    assert_eq!(all(json!([{ "protocol": "UDP" }])), ["every port/UDP"]);
    assert_eq!(all(json!([{ "port": 8000, "endPort": 8999 }])), ["8000-8999/TCP"]);
    assert_eq!(all(json!([{ "port": "http" }])), ["8080/TCP"]);
    // A name means the port that the called pod gives it, of that protocol.
    assert!(all(json!([{ "port": "dns" }])).is_empty());
    assert_eq!(all(json!([{ "port": "dns", "protocol": "UDP" }])), ["53/UDP"]);
    assert!(all(json!([{ "port": "absent" }])).is_empty());
    let out = policy(json!({ "egress": [{ "ports": [{ "port": "http" }] }] }));
    assert_eq!(ways(vec![out], "a/web", "b/db"), ["8080/TCP"]);
    let block = policy(json!({ "egress": [{ "ports": [{ "port": "http" }] }] }));
    assert!(ways(vec![block], "a/web", "192.0.2.0/24").is_empty());
}

#[test]
fn both_ends_must_let_it_pass_and_policies_add_up() {
    let out = || {
        let to = json!([{ "namespaceSelector": {} }]);
        policy(
            json!({ "egress": [{ "to": to, "ports": [{ "port": 1, "endPort": 10 }] }], "policyTypes": ["Egress"] }),
        )
    };
    let into = |port: u16| {
        let spec = json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": port }] }] });
        let object = json!({ "metadata": { "name": format!("in-{port}"), "namespace": "b" }, "spec": spec });
        Object::from(serde_json::from_value::<NetworkPolicy>(object).unwrap())
    };
    assert_eq!(ways(vec![out(), into(5)], "a/web", "b/db"), ["5/TCP"]);
    assert_eq!(ways(vec![out(), into(5), into(7)], "a/web", "b/db"), ["5/TCP", "7/TCP"]);
    assert!(ways(vec![out(), into(11)], "a/web", "b/db").is_empty());
}

#[test]
fn blocks_pass_with_their_exceptions() {
    let out = || {
        let block = json!({ "cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"] });
        policy(json!({ "egress": [{ "to": [{ "ipBlock": block }], "ports": [{ "port": 443 }] }] }))
    };
    assert_eq!(ways(vec![out()], "a/web", "10.2.0.0/16"), ["443/TCP"]);
    assert!(ways(vec![out()], "a/web", "10.1.2.0/24").is_empty());
    assert!(ways(vec![out()], "a/web", "11.0.0.0/8").is_empty());
    // A block means no pods.
    assert!(ways(vec![out()], "a/web", "b/db").is_empty());
}

#[test]
fn strangers_are_those_that_policies_name_and_the_objects_lack() {
    let rule = json!({ "from": [
        { "namespaceSelector": { "matchLabels": { NAMESPACE: "ingress" } } },
        { "namespaceSelector": { "matchLabels": { NAMESPACE: "b" } }, "podSelector": { "matchLabels": { "app": "db" } } },
        { "namespaceSelector": { "matchLabels": { NAMESPACE: "b" } }, "podSelector": { "matchLabels": { "app": "no" } } },
        { "namespaceSelector": {} },
        { "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"] } },
    ] });
    let policies = Policies::read(&objects(vec![policy(json!({ "ingress": [rule] }))]));
    let inside = [pod(&policies, "a", "web"), pod(&policies, "b", "db")];
    let names: Vec<String> = policies.strangers(&inside).into_iter().map(|(name, _)| name).collect();
    let expected = ["ingress/any pod", "b/app=no", "any namespace/any pod", "10.0.0.0/8 except 10.1.0.0/16"];
    assert_eq!(names, expected);
    for (_, stranger) in policies.strangers(&inside) {
        assert_eq!(policies.seat(&stranger).paths(&policies.seat(&inside[0])).len(), 1);
    }
}
