//! What leads into the cluster: hosts of routes, listeners of gateways, ports of Services that nodes or a load balancer
//! open.

use std::fmt;

use serde_json::Value;

use super::{Class, Fact, Look, Place, Side, Subject, apart, items, text, texts};
use crate::diff::object::Item;
use crate::k8s::reach::Network;

/// The kinds, with their groups.
const KINDS: [&str; 9] = [
    "/Service",
    "gateway.networking.k8s.io/GRPCRoute",
    "gateway.networking.k8s.io/Gateway",
    "gateway.networking.k8s.io/HTTPRoute",
    "gateway.networking.k8s.io/TLSRoute",
    "networking.istio.io/Gateway",
    "networking.istio.io/VirtualService",
    "networking.k8s.io/Ingress",
    "route.openshift.io/Route",
];

/// Where something leads, and to whom it is open.
struct Way {
    to: String,
    /// The addresses that may call; none: anybody.
    from: Option<String>,
    /// Whether the path leads there alone, and not what is below it.
    exact: bool,
}

impl Way {
    /// Whether whoever comes by another way comes by this one, too.
    fn covers(&self, other: &Self) -> bool {
        self.to == other.to
            && admits(self.from.as_deref(), other.from.as_deref())
            && (!self.exact || other.exact)
    }
}

/// As people read it.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to)?;
        if let Some(from) = &self.from {
            write!(f, ", from {from}")?;
        }
        f.write_str(if self.exact { ", that path alone" } else { "" })
    }
}

type Ways<'a> = Vec<Fact<'a, Way>>;

pub(super) fn find(look: &mut Look<'_>) {
    let all = look.of(&KINDS);
    if all.iter().all(|it| it.alike) {
        return;
    }
    // A kind that a stream does not have says nothing of the others.
    let known: Vec<&str> = KINDS.into_iter().filter(|it| !look.lacks(Class::Host, &[it])).collect();
    let all = look.of(&known);
    let facts = Side::BOTH.map(|side| {
        let each = all.iter().filter_map(|it| Some((*it, it.on(side)?)));
        each.flat_map(|(subject, item)| ways(subject, side, item.value())).collect::<Ways<'_>>()
    });
    for (side, fact) in apart([&facts[0], &facts[1]], Way::covers) {
        let what = fact.what.to_string();
        look.push(Class::Host, side, (fact.who.clone(), what), &fact.place, fact.reason.clone());
    }
}

/// Whether all addresses of another block are in a block; none is anybody.
fn admits(own: Option<&str>, other: Option<&str>) -> bool {
    match (own.map(Network::parse), other.map(Network::parse)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(Some(own)), Some(Some(other))) => own.holds(other),
        _ => own == other,
    }
}

fn ways<'a>(subject: Subject<'a>, side: Side, value: &'a Value) -> Ways<'a> {
    let Some(item) = subject.any() else { return Vec::new() };
    let spec = value.get("spec").unwrap_or(&Value::Null);
    match (&*item.id.group, &*item.id.kind) {
        (_, "Service") => service(subject, side, spec),
        (_, "Ingress") => ingress(subject, spec),
        ("networking.istio.io", "Gateway") => servers(subject, spec),
        (_, "Gateway") => listeners(subject, spec),
        (_, "VirtualService") => virtual_service(subject, spec),
        (_, "Route") => {
            let to = target(subject, text(spec.get("to").unwrap_or(&Value::Null), "name"));
            let who = address(text(spec, "host"), text(spec, "path"));
            vec![Fact {
                who,
                what: open(to),
                place: Place::new(subject, &["spec", "host"]),
                reason: "the route".into(),
            }]
        }
        _ => route(subject, spec),
    }
}

fn open(to: String) -> Way {
    Way { to, from: None, exact: false }
}

/// `Service shop/cart`, of the namespace of an object.
fn target(subject: Subject<'_>, name: &str) -> String {
    let namespace = subject.any().map(|it| it.text("/metadata/namespace")).unwrap_or_default();
    format!("Service {namespace}/{name}")
}

/// `shop.example/api`; any host where none is said.
fn address(host: &str, path: &str) -> String {
    let host = if host.is_empty() { "any host" } else { host };
    format!("{host}{}", if path.is_empty() { "/" } else { path })
}

fn service<'a>(subject: Subject<'a>, side: Side, spec: &'a Value) -> Ways<'a> {
    let Some(item) = subject.any() else { return Vec::new() };
    let kind = text(spec, "type");
    let outer = texts(spec, "externalIPs");
    let balanced = kind == "LoadBalancer";
    let sources = texts(spec, "loadBalancerSourceRanges");
    let mut found = Vec::new();
    let mut add = |who: String, from: Option<&str>, keys: &[&str], reason: &str| {
        let what = Way { from: from.map(str::to_owned), ..open(item.title()) };
        found.push(Fact { who, what, place: Place::new(subject, keys), reason: reason.to_owned() });
    };
    for port in items(spec, "ports") {
        let number = port.get("port").map(ToString::to_string).unwrap_or_default();
        let protocol = protocol(port);
        if balanced {
            let who = || format!("a load balancer's port {number}/{protocol}");
            if sources.is_empty() {
                add(who(), None, &["spec", "type"], "type LoadBalancer, open to all addresses");
            }
            for source in &sources {
                add(
                    who(),
                    Some(source),
                    &["spec", "loadBalancerSourceRanges"],
                    "type LoadBalancer, with sources",
                );
            }
        }
        // Where one side does not say it, the cluster keeps what the other side has.
        let node = port.get("nodePort").or_else(|| node_port(subject.on(side.other())?, port));
        if kind == "NodePort"
            || balanced
                && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false))
                && node.is_some()
        {
            let node = node.map_or_else(|| "some".to_owned(), ToString::to_string);
            add(
                format!("port {node}/{protocol} of every node"),
                None,
                &["spec", "type"],
                "a port of every node",
            );
        }
        for outer in &outer {
            add(
                format!("{outer}:{number}/{protocol}"),
                None,
                &["spec", "externalIPs"],
                "an external address",
            );
        }
    }
    found
}

fn protocol(port: &Value) -> &str {
    match text(port, "protocol") {
        "" => "TCP",
        it => it,
    }
}

/// What a Service that opens ports of nodes says of the one for a port.
fn node_port<'a>(service: &'a Item, port: &Value) -> Option<&'a Value> {
    if !matches!(service.text("/spec/type"), "NodePort" | "LoadBalancer") {
        return None;
    }
    let is = |it: &&Value| it.get("port") == port.get("port") && protocol(it) == protocol(port);
    items(service.at("/spec")?, "ports").iter().find(is)?.get("nodePort")
}

fn ingress<'a>(subject: Subject<'a>, spec: &'a Value) -> Ways<'a> {
    let name = |backend: Option<&Value>| {
        backend
            .and_then(|it| it.pointer("/service/name"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut found = Vec::new();
    if let Some(backend) = spec.get("defaultBackend") {
        let place = Place::new(subject, &["spec", "defaultBackend"]);
        let what = open(target(subject, &name(Some(backend))));
        found.push(Fact {
            who: address("", ""),
            what,
            place,
            reason: "the default of the Ingress".to_owned(),
        });
    }
    for (index, rule) in items(spec, "rules").iter().enumerate() {
        for path in rule.get("http").map(|it| items(it, "paths")).unwrap_or_default() {
            let place = Place::new(subject, &["spec", "rules"]).item(index).key("host");
            let to = target(subject, &name(path.get("backend")));
            let what = Way { exact: text(path, "pathType") == "Exact", ..open(to) };
            let who = address(text(rule, "host"), text(path, "path"));
            found.push(Fact { who, what, place, reason: "a rule of the Ingress".to_owned() });
        }
    }
    found
}

/// A route of Gateway API: hosts by paths or methods by backends.
fn route<'a>(subject: Subject<'a>, spec: &'a Value) -> Ways<'a> {
    let namespace = subject.any().map(|it| it.text("/metadata/namespace")).unwrap_or_default();
    let mut hosts = texts(spec, "hostnames");
    if hosts.is_empty() {
        hosts.push("");
    }
    let mut found = Vec::new();
    for (index, rule) in items(spec, "rules").iter().enumerate() {
        let mut paths: Vec<(String, bool)> = items(rule, "matches").iter().map(matched).collect();
        if paths.is_empty() {
            paths.push((String::new(), false));
        }
        for backend in items(rule, "backendRefs") {
            let own =
                if text(backend, "namespace").is_empty() { namespace } else { text(backend, "namespace") };
            let to = format!("Service {own}/{}", text(backend, "name"));
            for host in &hosts {
                for (path, exact) in &paths {
                    let place = if host.is_empty() {
                        Place::new(subject, &["spec", "rules"]).item(index)
                    } else {
                        Place::new(subject, &["spec", "hostnames"])
                    };
                    let who = address(host, path);
                    found.push(Fact {
                        who,
                        what: Way { exact: *exact, ..open(to.clone()) },
                        place,
                        reason: format!("rule {} of the route", index + 1),
                    });
                }
            }
        }
    }
    found
}

/// The path of a match of a route, or its method, and whether it is that path alone.
fn matched(it: &Value) -> (String, bool) {
    let at = |pointer: &str| it.pointer(pointer).and_then(Value::as_str);
    match (at("/path/value"), at("/method/service")) {
        (Some(path), _) if at("/path/type") == Some("RegularExpression") => (format!("/~ {path}"), false),
        (Some(path), _) => (path.to_owned(), at("/path/type") == Some("Exact")),
        (None, Some(service)) => (format!("/{service}/{}", at("/method/method").unwrap_or("*")), false),
        (None, None) => (String::new(), false),
    }
}

/// The path of a match of a `VirtualService`, and whether it is that path alone.
fn uri(it: &Value) -> (String, bool) {
    let at = |pointer: &str| it.pointer(pointer).and_then(Value::as_str);
    match (at("/uri/prefix"), at("/uri/exact"), at("/uri/regex")) {
        (Some(path), ..) => (path.to_owned(), false),
        (None, Some(path), _) => (path.to_owned(), true),
        (None, None, Some(path)) => (format!("/~ {path}"), false),
        (None, None, None) => (String::new(), false),
    }
}

fn listeners<'a>(subject: Subject<'a>, spec: &'a Value) -> Ways<'a> {
    let Some(item) = subject.any() else { return Vec::new() };
    let one = |it: &Value| {
        let port = it.get("port").map(ToString::to_string).unwrap_or_default();
        let host = if text(it, "hostname").is_empty() { "any host" } else { text(it, "hostname") };
        Fact {
            who: format!("{host}:{port} {}", text(it, "protocol")),
            what: open(item.title()),
            place: Place::new(subject, &["spec", "listeners"]).item(text(it, "name")),
            reason: "a listener".to_owned(),
        }
    };
    items(spec, "listeners").iter().map(one).collect()
}

fn servers<'a>(subject: Subject<'a>, spec: &'a Value) -> Ways<'a> {
    let Some(item) = subject.any() else { return Vec::new() };
    let mut found = Vec::new();
    for (index, server) in items(spec, "servers").iter().enumerate() {
        let at = |pointer: &str| {
            server.pointer(pointer).map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
        };
        let (port, protocol) =
            (at("/port/number").unwrap_or_default(), at("/port/protocol").unwrap_or_default());
        for host in texts(server, "hosts") {
            let place = Place::new(subject, &["spec", "servers"]).item(index);
            let who = format!("{host}:{port} {protocol}");
            found.push(Fact {
                who,
                what: open(item.title()),
                place,
                reason: "a server of the gateway".to_owned(),
            });
        }
    }
    found
}

/// Only what a gateway takes in; the mesh's own calls are paths, not hosts.
fn virtual_service<'a>(subject: Subject<'a>, spec: &'a Value) -> Ways<'a> {
    if !texts(spec, "gateways").iter().any(|it| *it != "mesh") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for host in texts(spec, "hosts") {
        for list in ["http", "tcp", "tls"] {
            for (index, rule) in items(spec, list).iter().enumerate() {
                let mut paths: Vec<(String, bool)> = items(rule, "match").iter().map(uri).collect();
                if paths.is_empty() {
                    paths.push((String::new(), false));
                }
                for route in items(rule, "route") {
                    let to = route.pointer("/destination/host").and_then(Value::as_str).unwrap_or_default();
                    found.extend(paths.iter().map(|(path, exact)| Fact {
                        who: address(host, path),
                        what: Way { exact: *exact, ..open(format!("Service {to}")) },
                        place: Place::new(subject, &["spec", list]).item(index),
                        reason: "a rule for a gateway".to_owned(),
                    }));
                }
            }
        }
    }
    found
}
