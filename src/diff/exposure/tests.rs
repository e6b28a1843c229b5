//! The parts on objects that no shipped stack has.

#![expect(clippy::needless_pass_by_value, reason = "a test writes each value where it is used")]

use serde_json::{Value, json};

use super::*;
use crate::diff::read::stream;

/// What is opened and closed from one set of objects to another: `+ sentence`, `- sentence`.
fn found(before: &[Value], after: &[Value]) -> Vec<String> {
    let (found, unchecked) = all(before, after);
    assert_eq!(unchecked, [""; 0]);
    found
}

/// The same, and what is not checked.
fn all(before: &[Value], after: &[Value]) -> (Vec<String>, Vec<String>) {
    let side = |all: &[Value]| {
        stream("-", &json!({ "apiVersion": "v1", "kind": "List", "items": all }).to_string()).unwrap()
    };
    let pairs = crate::diff::identity::pairs(side(before), side(after));
    let exposures = find(subjects(&pairs, |_| false), false, &|_, _| None);
    let sign = |it: &Exposure| if it.way == Way::Opened { '+' } else { '-' };
    let found = exposures.all.iter().map(|it| format!("{} {it}", sign(it))).collect();
    (found, exposures.unchecked.into_iter().map(|it| it.reason).collect())
}

/// Both ways: what is opened one way is closed the other way.
#[track_caller]
fn check(before: &[Value], after: &[Value], opened: &[&str]) {
    let expected = |sign: char| opened.iter().map(|it| format!("{sign} {it}")).collect::<Vec<_>>();
    assert_eq!(found(before, after), expected('+'));
    assert_eq!(found(after, before), expected('-'));
}

fn object(api: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut object =
        json!({ "apiVersion": api, "kind": kind, "metadata": { "name": name, "namespace": "n" } });
    if kind.starts_with("Cluster") {
        object["metadata"] = json!({ "name": name });
    }
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn role(kind: &str, groups: &[&str], resources: &[&str], verbs: &[&str], names: &[&str]) -> Value {
    let mut rule = json!({ "apiGroups": groups, "resources": resources, "verbs": verbs });
    if !names.is_empty() {
        rule["resourceNames"] = json!(names);
    }
    object(RBAC, kind, "r", json!({ "rules": [rule] }))
}

fn binding(kind: &str, role: &str, name: &str) -> Value {
    let subjects = json!([{ "kind": "ServiceAccount", "name": "a", "namespace": "n" }]);
    object(RBAC, kind, "b", json!({ "roleRef": { "kind": role, "name": name }, "subjects": subjects }))
}

#[test]
fn rules_are_compared_by_what_they_allow() {
    let bound = || binding("RoleBinding", "Role", "r");
    let of = |groups: &[&str], resources: &[&str], verbs: &[&str], names: &[&str]| {
        vec![role("Role", groups, resources, verbs, names), bound()]
    };
    let narrow = of(&[""], &["pods"], &["get"], &[]);
    check(&narrow, &of(&[""], &["pods"], &["get", "list"], &[]), &["ServiceAccount n/a may list pods in n"]);
    check(
        &narrow,
        &of(&["", "apps"], &["pods"], &["get"], &[]),
        &["ServiceAccount n/a may get pods.apps in n"],
    );
    check(
        &of(&[""], &["pods"], &["get"], &["x"]),
        &of(&[""], &["pods"], &["get"], &["x", "y"]),
        &["ServiceAccount n/a may get pods named y in n"],
    );
    check(&of(&[""], &["pods"], &["get"], &["x"]), &narrow, &["ServiceAccount n/a may get pods in n"]);
    check(
        &narrow,
        &of(&["*"], &["*"], &["*"], &[]),
        &["ServiceAccount n/a may do everything with every resource in n"],
    );
    check(
        &of(&["apps"], &["deployments/scale"], &["update"], &[]),
        &of(&["apps"], &["*/scale"], &["update"], &[]),
        &["ServiceAccount n/a may update */scale.apps in n"],
    );
    // Two rules for one, and the same in another order.
    let split = object(
        RBAC,
        "Role",
        "r",
        json!({ "rules": [
        { "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] },
        { "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] },
    ] }),
    );
    assert_eq!(found(&of(&[""], &["pods"], &["get", "list"], &[]), &[split, bound()]), [""; 0]);
}

#[test]
fn bindings_count_and_the_cluster_is_more_than_a_namespace() {
    let pods = |kind: &str| role(kind, &[""], &["pods"], &["get"], &[]);
    check(
        &[pods("Role")],
        &[pods("Role"), binding("RoleBinding", "Role", "r")],
        &["ServiceAccount n/a may get pods in n"],
    );
    check(
        &[pods("ClusterRole"), binding("RoleBinding", "ClusterRole", "r")],
        &[pods("ClusterRole"), binding("ClusterRoleBinding", "ClusterRole", "r")],
        &["ServiceAccount n/a may get pods in every namespace"],
    );
    check(
        &[],
        &[binding("ClusterRoleBinding", "ClusterRole", "cluster-admin")],
        &["ServiceAccount n/a may do what ClusterRole cluster-admin says in every namespace"],
    );
    // Of a role that is not among the objects, the kind is part of the name.
    assert_eq!(
        found(&[binding("RoleBinding", "Role", "r")], &[binding("RoleBinding", "ClusterRole", "r")]),
        [
            "+ ServiceAccount n/a may do what ClusterRole r says in n",
            "- ServiceAccount n/a may do what Role r says in n"
        ]
    );
    // A role that nobody is bound to allows nothing.
    assert_eq!(found(&[], &[pods("Role")]), [""; 0]);
}

fn pods(spec: Value) -> Value {
    let mut spec = spec;
    spec["automountServiceAccountToken"] =
        spec.get("automountServiceAccountToken").cloned().unwrap_or(json!(false));
    object("apps/v1", "Deployment", "x", json!({ "spec": { "template": { "spec": spec } } }))
}

#[test]
fn bare_pods_hold_and_read_as_others_do_and_foreign_jobs_do_not() {
    let spec = |variable: Value| {
        let container =
            json!({ "name": "c", "env": variable, "securityContext": { "allowPrivilegeEscalation": false } });
        json!({ "automountServiceAccountToken": false, "containers": [container] })
    };
    let variable = json!([{ "name": "V", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } }]);
    let pod = |env: &Value| [object("v1", "Pod", "p", json!({ "spec": spec(env.clone()) }))];
    let templated = |api: &str, kind: &str, env: &Value| {
        [object(api, kind, "p", json!({ "spec": { "template": { "spec": spec(env.clone()) } } }))]
    };
    let none = json!([]);
    check(&pod(&none), &pod(&variable), &["Pod n/p reads k of Secret n/s"]);
    let controller = |env: &Value| templated("v1", "ReplicationController", env);
    check(&controller(&none), &controller(&variable), &["ReplicationController n/p reads k of Secret n/s"]);
    let foreign = |env: &Value| templated("batch.volcano.sh/v1alpha1", "Job", env);
    assert_eq!(found(&foreign(&none), &foreign(&variable)), [""; 0]);
}

fn reads(container: Value) -> Value {
    let mut container = container;
    container["name"] = json!("c");
    container["securityContext"] = json!({ "allowPrivilegeEscalation": false });
    pods(json!({ "containers": [container] }))
}

#[test]
fn secrets_are_read_in_every_way() {
    let nothing = || reads(json!({}));
    let variable = |key: &str| json!({ "env": [{ "name": "V", "valueFrom": { "secretKeyRef": { "name": "s", "key": key } } }] });
    check(&[nothing()], &[reads(variable("k"))], &["Deployment n/x reads k of Secret n/s"]);
    check(
        &[nothing()],
        &[reads(json!({ "envFrom": [{ "secretRef": { "name": "s" } }] }))],
        &["Deployment n/x reads Secret n/s"],
    );
    // All of it has been there before the one key.
    let mut whole = reads(json!({}));
    whole["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "v", "secret": { "secretName": "s" } }]);
    check(&[nothing()], std::slice::from_ref(&whole), &["Deployment n/x reads Secret n/s"]);
    let mut more = reads(variable("k"));
    more["spec"]["template"]["spec"]["volumes"] = whole["spec"]["template"]["spec"]["volumes"].clone();
    assert_eq!(found(&[whole], &[more]), [""; 0]);
    let projected = json!([{ "name": "v", "projected": { "sources": [{ "secret": { "name": "s", "items": [{ "key": "a" }, { "key": "b" }] } }] } }]);
    let mut some = reads(json!({}));
    some["spec"]["template"]["spec"]["volumes"] = projected;
    some["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{ "name": "pull" }]);
    check(
        &[nothing()],
        &[some],
        &["Deployment n/x reads Secret n/pull", "Deployment n/x reads a, b of Secret n/s"],
    );
}

#[test]
fn a_role_lets_the_pods_of_its_account_read() {
    let of = |verbs: &[&str], names: &[&str]| {
        let mut pods = reads(json!({}));
        pods["spec"]["template"]["spec"]["serviceAccountName"] = json!("a");
        vec![pods, role("Role", &[""], &["secrets"], verbs, names), binding("RoleBinding", "Role", "r")]
    };
    check(
        &of(&["create"], &[]),
        &of(&["create", "get"], &[]),
        &["ServiceAccount n/a may get secrets in n", "Deployment n/x reads every Secret of n"],
    );
    check(
        &of(&["get"], &["s"]),
        &of(&["get"], &["s", "t"]),
        &["ServiceAccount n/a may get secrets named t in n", "Deployment n/x reads Secret n/t"],
    );
    assert_eq!(found(&of(&["get"], &[]), &of(&["get"], &["s"])).len(), 2);
}

#[test]
fn tokens_are_held_unless_somebody_says_no() {
    let of = |says: Value| {
        let mut pods = reads(json!({}));
        pods["spec"]["template"]["spec"]["automountServiceAccountToken"] = says;
        pods
    };
    let account = |says: bool| {
        object("v1", "ServiceAccount", "default", json!({ "automountServiceAccountToken": says }))
    };
    let held = "Deployment n/x holds the token of ServiceAccount n/default for the API server";
    check(&[of(json!(false))], &[of(json!(true))], &[held]);
    check(&[of(json!(false))], &[of(Value::Null)], &[held]);
    check(&[of(Value::Null), account(false)], &[of(Value::Null), account(true)], &[held]);
    assert_eq!(found(&[of(json!(false)), account(false)], &[of(json!(false)), account(true)]), [""; 0]);
    let mut other = of(json!(false));
    other["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "t", "projected": { "sources": [{ "serviceAccountToken": { "audience": "vault", "path": "t" } }] } }]);
    check(
        &[of(json!(false))],
        &[other],
        &["Deployment n/x holds the token of ServiceAccount n/default for vault"],
    );
}

#[test]
fn pods_that_ask_for_more_are_named() {
    let of = |security: Value| {
        let mut pods = reads(json!({}));
        pods["spec"]["template"]["spec"]["containers"][0]["securityContext"] = security;
        pods
    };
    let hard = of(json!({
        "allowPrivilegeEscalation": false, "runAsNonRoot": true,
        "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
    }));
    let plain = of(json!({}));
    let privileged = of(json!({ "privileged": true }));
    let all = [hard.clone(), plain.clone(), privileged.clone()];
    assert_eq!(found(&all[..1], &all[1..2]), ["+ Deployment n/x asks for `baseline`, and met `restricted`"]);
    assert_eq!(found(&all[1..2], &all[2..]), ["+ Deployment n/x asks for `privileged`, and met `baseline`"]);
    assert_eq!(
        found(&all[2..], &all[..1]),
        ["- Deployment n/x meets `restricted`, and asked for `privileged`"]
    );
    assert_eq!(found(&[], &all[2..]), ["+ Deployment n/x asks for `privileged`"]);
    assert_eq!(found(&[], &all[1..2]), [""; 0]);
}

#[test]
fn an_older_standard_refuses_less() {
    let of = |version: &str| {
        let labels = json!({ "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": version });
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "n", "labels": labels } })
    };
    assert_eq!(
        found(&[of("latest")], &[of("v1.20")]),
        ["+ Namespace n enforces the standard of 1.20 instead of the newest"]
    );
    assert_eq!(
        found(&[of("v1.20")], &[of("v1.30")]),
        ["- Namespace n enforces the standard of 1.30 instead of 1.20"]
    );
}

#[test]
fn services_gateways_and_routes_lead_in() {
    let service = |spec: Value| object("v1", "Service", "s", json!({ "spec": spec }));
    let ports = json!([{ "port": 80 }]);
    let plain = service(json!({ "ports": ports }));
    check(
        std::slice::from_ref(&plain),
        &[service(json!({ "ports": ports, "type": "LoadBalancer" }))],
        &["a load balancer's port 80/TCP → Service n/s"],
    );
    check(
        std::slice::from_ref(&plain),
        &[service(json!({ "ports": [{ "port": 80, "nodePort": 30080 }], "type": "NodePort" }))],
        &["port 30080/TCP of every node → Service n/s"],
    );
    check(
        std::slice::from_ref(&plain),
        &[service(json!({ "ports": ports, "externalIPs": ["192.0.2.1"] }))],
        &["192.0.2.1:80/TCP → Service n/s"],
    );
    let sources = |source: &str| {
        service(json!({ "ports": ports, "type": "LoadBalancer", "loadBalancerSourceRanges": [source] }))
    };
    check(
        &[sources("10.1.0.0/16")],
        &[sources("10.0.0.0/8")],
        &["a load balancer's port 80/TCP → Service n/s, from 10.0.0.0/8"],
    );
    let gateway = |listeners: Value| {
        object("gateway.networking.k8s.io/v1", "Gateway", "g", json!({ "spec": { "listeners": listeners } }))
    };
    let one = json!({ "name": "a", "hostname": "a.example", "port": 443, "protocol": "HTTPS" });
    let two = json!({ "name": "b", "port": 80, "protocol": "HTTP" });
    check(&[gateway(json!([one]))], &[gateway(json!([one, two]))], &["any host:80 HTTP → Gateway n/g"]);
    let tls = object(
        "gateway.networking.k8s.io/v1",
        "TLSRoute",
        "t",
        json!({ "spec": { "hostnames": ["t.example"], "rules": [{ "backendRefs": [{ "name": "s" }] }] } }),
    );
    check(&[], &[tls], &["t.example/ → Service n/s"]);
    let istio = object(
        "networking.istio.io/v1",
        "Gateway",
        "g",
        json!({ "spec": { "servers": [{ "hosts": ["i.example"], "port": { "number": 443, "protocol": "TLS" } }] } }),
    );
    check(&[], &[istio], &["i.example:443 TLS → Gateway n/g"]);
    let ingress = |name: &str| {
        object(
            "networking.k8s.io/v1",
            "Ingress",
            name,
            json!({ "spec": { "rules": [{ "host": "h.example", "http": { "paths": [{ "path": "/a", "backend": { "service": { "name": "s" } } }] } }] } }),
        )
    };
    check(&[], &[ingress("i")], &["h.example/a → Service n/s"]);
    // Another object that leads the same way.
    assert_eq!(found(&[ingress("i")], &[ingress("j")]), [""; 0]);
}

#[test]
fn the_cluster_chooses_ports_of_nodes_that_nobody_says() {
    let of = |kind: &str, port: u16, node: Option<u16>| {
        let mut one = json!({ "port": port, "targetPort": "http" });
        if let Some(node) = node {
            one["nodePort"] = json!(node);
        }
        [object("v1", "Service", "s", json!({ "spec": { "type": kind, "ports": [one] } }))]
    };
    for kind in ["NodePort", "LoadBalancer"] {
        let (live, ours) = (of(kind, 80, Some(30123)), of(kind, 80, None));
        assert_eq!((found(&live, &ours), found(&ours, &live)), (Vec::new(), Vec::new()), "{kind}");
    }
    // Where both sides say one, or the port is another one, it counts.
    check(
        &of("ClusterIP", 80, None),
        &of("NodePort", 80, Some(30123)),
        &["port 30123/TCP of every node → Service n/s"],
    );
    assert_eq!(
        found(&of("NodePort", 80, Some(30123)), &of("NodePort", 80, Some(30124))),
        ["+ port 30124/TCP of every node → Service n/s", "- port 30123/TCP of every node → Service n/s"]
    );
    assert_eq!(
        found(&of("NodePort", 80, Some(30123)), &of("NodePort", 81, None)),
        ["+ port some/TCP of every node → Service n/s", "- port 30123/TCP of every node → Service n/s"]
    );
}

#[test]
fn a_path_alone_is_less_than_what_is_below_it() {
    let ingress = |kind: &str| {
        let path = json!({ "path": "/a", "pathType": kind, "backend": { "service": { "name": "s" } } });
        let spec = json!({ "rules": [{ "host": "h.example", "http": { "paths": [path] } }] });
        [object("networking.k8s.io/v1", "Ingress", "i", json!({ "spec": spec }))]
    };
    let route = |kind: &str| {
        let rule = json!({ "matches": [{ "path": { "type": kind, "value": "/a" } }], "backendRefs": [{ "name": "s" }] });
        let spec = json!({ "hostnames": ["h.example"], "rules": [rule] });
        [object("gateway.networking.k8s.io/v1", "HTTPRoute", "r", json!({ "spec": spec }))]
    };
    let opened = ["h.example/a → Service n/s"];
    check(&ingress("Exact"), &ingress("Prefix"), &opened);
    check(&route("Exact"), &route("PathPrefix"), &opened);
    check(&[], &ingress("Exact"), &["h.example/a → Service n/s, that path alone"]);
}

#[test]
fn every_match_of_a_virtual_service_leads_in() {
    let of = |matches: Value| {
        let rule = json!({ "match": matches, "route": [{ "destination": { "host": "s" } }] });
        let spec = json!({ "gateways": ["g"], "hosts": ["h.example"], "http": [rule] });
        [object("networking.istio.io/v1", "VirtualService", "v", json!({ "spec": spec }))]
    };
    let one = json!({ "uri": { "prefix": "/a" } });
    check(
        &of(json!([one])),
        &of(json!([one, { "uri": { "exact": "/b" } }, { "uri": { "regex": "/c.*" } }])),
        &["h.example/b → Service s, that path alone", "h.example/~ /c.* → Service s"],
    );
    check(
        &of(json!([one])),
        &of(json!([one, { "method": { "exact": "GET" } }])),
        &["h.example/ → Service s"],
    );
}

fn policy(name: &str, spec: Value) -> Value {
    object("networking.k8s.io/v1", "NetworkPolicy", name, json!({ "spec": spec }))
}

fn workload(name: &str) -> Value {
    let template = json!({ "metadata": { "labels": { "app": name } }, "spec": { "automountServiceAccountToken": false, "containers": [] } });
    object("apps/v1", "Deployment", name, json!({ "spec": { "template": template } }))
}

#[test]
fn an_equal_path_by_another_policy_opens_nothing() {
    let from = |app: &str| json!([{ "podSelector": { "matchLabels": { "app": app } } }]);
    let into = |name: &str, ports: Value| {
        policy(
            name,
            json!({ "podSelector": { "matchLabels": { "app": "a" } }, "ingress": [{ "from": from("b"), "ports": ports }] }),
        )
    };
    let all = |policies: &[Value]| [&[workload("a"), workload("b"), workload("c")], policies].concat();
    let (narrow, range) = (json!([{ "port": 80 }]), json!([{ "port": 80, "endPort": 90 }]));
    let before = all(&[into("p", range.clone())]);
    assert_eq!(found(&before, &all(&[into("q", range.clone())])), [""; 0]);
    assert_eq!(found(&before, &all(&[into("p", range.clone()), into("q", narrow.clone())])), [""; 0]);
    check(&all(&[into("p", narrow)]), &before, &["n/b → n/a 81-90/TCP"]);
    // Without any policy about it, it is open, which is said once and not of each.
    let other = policy("o", json!({ "podSelector": { "matchLabels": { "app": "c" } } }));
    let held = all(&[into("p", range), other.clone()]);
    check(&held, &all(&[other]), &["anybody → n/a every port"]);
}

#[test]
fn workloads_of_one_name_are_two() {
    let labelled = |kind: &str, app: &str| {
        let mut it = workload("x");
        it["kind"] = json!(kind);
        it["spec"]["template"]["metadata"]["labels"]["app"] = json!(app);
        it
    };
    let into = |app: &str, from: &[&str]| {
        let peer = |it: &&str| json!({ "from": [{ "podSelector": { "matchLabels": { "app": it } } }] });
        let rules: Vec<Value> = from.iter().map(peer).collect();
        policy(app, json!({ "podSelector": { "matchLabels": { "app": app } }, "ingress": rules }))
    };
    let kinds = ["DaemonSet", "Deployment", "StatefulSet"];
    for (own, other) in kinds.iter().flat_map(|own| kinds.iter().map(move |other| (own, other))) {
        if own == other {
            continue;
        }
        let of = |from: &[&str]| {
            let both = [labelled(own, "own"), labelled(other, "other"), workload("b")];
            [&both[..], &[into("own", from), into("other", &[])]].concat()
        };
        check(&of(&[]), &of(&["b"]), &["n/b → n/x every port"]);
    }
    // One that becomes another kind is the same to those who call it; of two, one may go.
    let alone = |kind: &str| vec![labelled(kind, "own"), workload("b"), into("own", &["b"])];
    assert_eq!(found(&alone("Deployment"), &alone("StatefulSet")), [""; 0]);
    let both = [alone("Deployment"), vec![labelled("StatefulSet", "other"), into("other", &[])]].concat();
    assert_eq!(found(&both, &alone("Deployment")), ["- n/x → anybody every port"]);
}

#[test]
fn hosts_by_name_are_paths() {
    let of = |hosts: &[&str]| {
        let hosts: Vec<Value> = hosts.iter().map(|it| json!({ "matchName": it })).collect();
        let rule =
            json!({ "toFQDNs": hosts, "toPorts": [{ "ports": [{ "port": "443", "protocol": "TCP" }] }] });
        let spec = json!({ "endpointSelector": { "matchLabels": { "app": "a" } }, "egress": [rule] });
        vec![workload("a"), object("cilium.io/v2", "CiliumNetworkPolicy", "p", json!({ "spec": spec }))]
    };
    check(&of(&["a.example"]), &of(&["a.example", "b.example"]), &["n/a → b.example 443/TCP"]);
}

#[test]
fn labels_of_cilium_may_name_their_source() {
    let of = |source: &str, callees: &[&str]| {
        let key = |key: &str| format!("{source}{key}");
        let to: Vec<Value> = callees
            .iter()
            .map(|it| json!({ "matchLabels": { key("app"): it, key("io.kubernetes.pod.namespace"): "n" } }))
            .collect();
        let rule =
            json!({ "toEndpoints": to, "toPorts": [{ "ports": [{ "port": "80", "protocol": "TCP" }] }] });
        let labels = json!({ key("app"): "a", key("io.kubernetes.pod.namespace"): "n" });
        let spec = json!({ "endpointSelector": { "matchLabels": labels }, "egress": [rule] });
        let policy = object("cilium.io/v2", "CiliumNetworkPolicy", "p", json!({ "spec": spec }));
        vec![workload("a"), workload("b"), workload("c"), policy]
    };
    for source in ["", "any:", "k8s:"] {
        check(&of(source, &["b"]), &of(source, &["b", "c"]), &["n/a → n/c 80/TCP"]);
    }
    assert_eq!(found(&of("k8s:", &["b"]), &of("any:", &["b"])), [""; 0]);
    for source in ["container:", "reserved:"] {
        let said = "not all that these say is known here: CiliumNetworkPolicy n/p";
        assert_eq!(all(&of(source, &["b"]), &of(source, &["b", "c"])), (vec![], vec![said.to_owned()]));
    }
}

/// Two workloads of Istio's mesh, the second with a port, and what is about the second.
fn meshed(policies: &[Value]) -> Vec<Value> {
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "n", "labels": { "istio-injection": "enabled" } } });
    let of = |name: &str| {
        let mut it = workload(name);
        let pods = &mut it["spec"]["template"]["spec"];
        pods["serviceAccountName"] = json!(name);
        pods["containers"] = json!([{ "name": "c", "ports": [{ "containerPort": 8080 }] }]);
        it
    };
    [&[namespace, of("a"), of("b"), of("c")], policies].concat()
}

fn authorization(callers: &[&str], operation: Value) -> Value {
    let principals: Vec<String> = callers.iter().map(|it| format!("cluster.local/ns/n/sa/{it}")).collect();
    let rules =
        json!([{ "from": [{ "source": { "principals": principals } }], "to": [{ "operation": operation }] }]);
    let spec = json!({ "selector": { "matchLabels": { "app": "b" } }, "action": "ALLOW", "rules": rules });
    object("security.istio.io/v1", "AuthorizationPolicy", "b", json!({ "spec": spec }))
}

fn tls(mode: &str) -> Value {
    object(
        "security.istio.io/v1",
        "PeerAuthentication",
        "default",
        json!({ "spec": { "mtls": { "mode": mode } } }),
    )
}

#[test]
fn the_mesh_alone_keeps_a_path_shut() {
    let allow = |callers: &[&str]| authorization(callers, json!({ "ports": ["8080"] }));
    let one = meshed(&[tls("STRICT"), allow(&["a"])]);
    // A new principal.
    check(&one, &meshed(&[tls("STRICT"), allow(&["a", "c"])]), &["n/c → n/b 8080/TCP"]);
    // No policy any more: whoever has a certificate.
    check(&one, &meshed(&[tls("STRICT")]), &["any pod of the mesh → n/b every port"]);
    check(&meshed(&[allow(&["a"])]), &meshed(&[]), &["anybody → n/b every port"]);
    let each: Vec<String> = ["a", "b", "c"].map(|it| format!("anybody → n/{it} every port")).to_vec();
    let each: Vec<&str> = each.iter().map(String::as_str).collect();
    check(&meshed(&[tls("STRICT")]), &meshed(&[tls("PERMISSIVE")]), &each);
    // Who has no certificate is refused by the authorization still.
    let permissive = meshed(&[tls("PERMISSIVE"), allow(&["a"])]);
    check(&one, &permissive, &["anybody → n/a every port", "anybody → n/c every port"]);
}

#[test]
fn what_the_mesh_decides_by_more_than_ports_is_not_checked() {
    let path = |it: &str| {
        meshed(&[tls("STRICT"), authorization(&["a"], json!({ "ports": ["8080"], "paths": [it] }))])
    };
    let said = vec!["the objects do not say whom the mesh refuses: n/a → n/b".to_owned()];
    assert_eq!(all(&path("/a"), &path("/*")), (Vec::new(), said));
    let server =
        |port: u16| object("policy.linkerd.io/v1beta3", "Server", "b", json!({ "spec": { "port": port } }));
    let said = vec!["Linkerd's policies are not looked at: Server n/b".to_owned()];
    assert_eq!(all(&[server(1)], &[server(2)]), (Vec::new(), said));
}
