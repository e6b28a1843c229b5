//! What the rendered policies let pass is what the stack declares, and nothing more: for every ordered pair of workloads
//! and every port that a container lists, in every shipped stack and environment.
//!
//! Nothing here is the program's own: `policy.rs` reads the YAML and asks of one packet at a time, `declared.rs` reads
//! `uses` from `stackgen resolve`. Mutations of the rendered policies show that each difference is found.

mod declared;
mod policy;

use std::collections::BTreeSet;

use self::declared::Declared;
use self::policy::{Cluster, End, Packet};
use crate::support::Root;
use serde_yaml::Value;

/// HBONE: between pods of Istio's ambient mode, the network sees this port alone.
const TUNNEL: u16 = 15008;
/// Linkerd's proxy, which its pods call beside the port itself.
const PROXY: u16 = 4143;
/// An address that no stack declares (RFC 5737).
const STRANGE: &str = "203.0.113.9";

/// Everything that passes and is not declared, or is declared and does not pass; with `of`, of one component alone.
fn differences(cluster: &Cluster, declared: &Declared, of: Option<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let concerns = |end: End<'_>| of.is_none_or(|name| matches!(end, End::Pod(it) if it.component == name));
    let mut compare = |expected: bool, packet: &Packet<'_>| {
        if !concerns(packet.from) && !concerns(packet.to) {
            return;
        }
        if cluster.passes(packet) != expected {
            let verb = if expected { "does not reach" } else { "reaches" };
            found.insert(format!(
                "{} {verb} {} on {}/{}",
                packet.from, packet.to, packet.port, packet.protocol
            ));
        }
    };
    for to in &cluster.workloads {
        let mut ports = to.ports.clone();
        ports.extend([(1, "TCP".to_owned()), (TUNNEL, "TCP".to_owned()), (PROXY, "TCP".to_owned())]);
        ports.extend(declared.numbered(to).into_iter().map(|it| (it, "TCP".to_owned())));
        for (port, protocol) in &ports {
            let packet = |from| Packet { from, to: End::Pod(to), port: *port, protocol };
            for from in &cluster.workloads {
                let tunnelled = from.ambient && to.ambient;
                // The tunnel carries TCP alone.
                let carried = || ports.iter().filter(|(_, protocol)| protocol == "TCP");
                let any = || carried().any(|(port, protocol)| declared.path(from, to, *port, protocol));
                let expected = match *port {
                    TUNNEL => tunnelled && any(),
                    PROXY => from.linkerd && to.linkerd && any(),
                    _ => (!tunnelled || protocol == "UDP") && declared.path(from, to, *port, protocol),
                };
                compare(expected, &packet(End::Pod(from)));
            }
            // A pod that nobody declared, elsewhere and beside the workload.
            let elsewhere = cluster.stranger("elsewhere");
            compare(false, &packet(End::Pod(&elsewhere)));
            let beside = cluster.stranger(&to.namespace);
            compare(false, &packet(End::Pod(&beside)));
            let open = protocol == "TCP" && declared.enters(to, STRANGE, *port);
            compare(open, &packet(End::Address(STRANGE)));
            // Clients outside the stack: exactly their ports. In ambient mode, those of the mesh come by the tunnel.
            for (namespace, labels, mesh) in declared.client_pods() {
                let client = cluster.labelled(&namespace, &labels);
                let tunnelled = mesh && to.ambient;
                let named = |port: u16| declared.lets_in(to, &namespace, &labels, port);
                let any = || (1..=u16::MAX).any(named);
                let expected = match *port {
                    TUNNEL => tunnelled && any(),
                    PROXY => mesh && to.linkerd && any(),
                    _ => protocol == "TCP" && !tunnelled && named(*port),
                };
                compare(
                    expected,
                    &Packet { from: End::Pod(&client), to: End::Pod(to), port: *port, protocol },
                );
            }
            for address in declared.client_addresses() {
                let expected = protocol == "TCP"
                    && (declared.lets_in_address(to, &address, *port)
                        || declared.enters(to, &address, *port));
                let from = End::Address(&address);
                compare(expected, &Packet { from, to: End::Pod(to), port: *port, protocol });
            }
        }
    }
    for from in &cluster.workloads {
        let strange = declared.addresses().map(|(_, port, protocol)| (STRANGE.to_owned(), port, protocol));
        let called = declared.addresses().chain(strange).chain([(STRANGE.to_owned(), 443, "TCP".to_owned())]);
        for (address, port, protocol) in called {
            let packet =
                Packet { from: End::Pod(from), to: End::Address(&address), port, protocol: &protocol };
            compare(declared.leaves(from, &address, port, &protocol), &packet);
        }
        for (host, port, protocol) in declared.hosts() {
            for host in [&host, "stranger.example.net"] {
                let packet = Packet { from: End::Pod(from), to: End::Host(host), port, protocol: &protocol };
                compare(declared.calls_host(from, host, port, &protocol), &packet);
            }
        }
        let (dns, beside) = (cluster.dns(), cluster.stranger("kube-system"));
        compare(false, &Packet { from: End::Pod(from), to: End::Pod(&beside), port: 53, protocol: "UDP" });
        for (port, protocol, expected) in [(53, "UDP", true), (53, "TCP", true), (443, "TCP", false)] {
            compare(expected, &Packet { from: End::Pod(from), to: End::Pod(&dns), port, protocol });
        }
    }
    // What is made later and has no policy of its own is shut from the first moment.
    for namespace in cluster.own_namespaces() {
        let new = cluster.stranger(&namespace);
        let elsewhere = cluster.stranger("elsewhere");
        compare(
            false,
            &Packet { from: End::Pod(&elsewhere), to: End::Pod(&new), port: 443, protocol: "TCP" },
        );
        compare(
            false,
            &Packet { from: End::Pod(&new), to: End::Pod(&elsewhere), port: 443, protocol: "TCP" },
        );
        compare(
            false,
            &Packet { from: End::Pod(&new), to: End::Address(STRANGE), port: 443, protocol: "TCP" },
        );
    }
    found
}

fn read(root: Root, stack: &str, environment: &str) -> (Vec<Value>, Declared) {
    let objects = policy::documents(&root.stream(stack, environment));
    let declared = Declared::read(&root.resolve(stack, environment), &objects);
    (objects, declared)
}

#[test]
fn what_is_reachable_is_what_is_declared() {
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    for root in Root::ALL {
        for (stack, environment) in root.stacks() {
            let (objects, declared) = read(root, &stack, &environment);
            if !declared.has_policies() {
                continue;
            }
            let cluster = Cluster::read(&objects);
            pairs += cluster.workloads.len().pow(2);
            let found = differences(&cluster, &declared, None).into_iter();
            wrong.extend(found.map(|it| format!("{stack} {environment}: {it}")));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(pairs > 1000, "{pairs} pairs only");
}

/// Every change to a policy that a person could make by mistake is noticed.
/// The same for callers outside the stack and for hosts by name, with every rule that lets one pass gone or wider.
#[test]
fn mutations_of_what_is_outside_are_found() {
    let (objects, declared) = read(Root::Forms, "paths", "cilium");
    assert_eq!(differences(&Cluster::read(&objects), &declared, None), BTreeSet::new());
    let (mut tried, mut missed) = (0, Vec::new());
    for (index, object) in objects.iter().enumerate() {
        let kind = object["kind"].as_str().unwrap();
        if !["NetworkPolicy", "CiliumNetworkPolicy"].contains(&kind) {
            continue;
        }
        for direction in ["ingress", "egress"] {
            let rules = object["spec"][direction].as_sequence().map_or(0, Vec::len);
            for rule in 0..rules {
                let mut gone = objects.clone();
                gone[index]["spec"][direction].as_sequence_mut().unwrap().remove(rule);
                let mut wide = objects.clone();
                let own = &object["spec"][direction][rule];
                wide[index]["spec"][direction][rule] = wider(own);
                // Towards a pod of the stack, the other end still refuses; the test below opens both.
                let peer = &own[if direction == "ingress" { "from" } else { "to" }][0];
                let inside = !peer["podSelector"]["matchLabels"]["app.kubernetes.io/part-of"].is_null();
                for (what, changed) in [("gone", gone), ("wider", wide)] {
                    if inside && what == "wider" {
                        continue;
                    }
                    tried += 1;
                    if differences(&Cluster::read(&changed), &declared, None).is_empty() {
                        missed.push(format!(
                            "{kind} {direction} {rule} {what}: {:?}",
                            object["metadata"]["name"]
                        ));
                    }
                }
            }
        }
    }
    // The name server is called by NetworkPolicy, too: what Cilium's rule adds is that it looks on.
    missed.retain(|it| !it.starts_with("CiliumNetworkPolicy egress 0"));
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(tried > 20, "{tried} mutants only");
}

/// A rule on one port more, without exceptions, of every pod of the namespace.
fn wider(rule: &Value) -> Value {
    let mut found = rule.clone();
    for peer in ["from", "to"] {
        for it in found[peer].as_sequence_mut().into_iter().flatten() {
            if let Some(block) = it.get_mut("ipBlock").and_then(Value::as_mapping_mut) {
                block.remove("except");
            } else if let Some(it) = it.as_mapping_mut() {
                it.remove("podSelector");
            }
        }
    }
    let extra: Value = serde_yaml::from_str("{ port: 1, protocol: TCP }").unwrap();
    if let Some(ports) = found["ports"].as_sequence_mut() {
        ports.push(extra);
    }
    for ports in found["toPorts"].as_sequence_mut().into_iter().flatten() {
        ports["ports"][0]["port"] = "1".into();
    }
    found
}

#[test]
fn each_mutation_of_the_policies_is_found() {
    let (objects, declared) = read(Root::Shipped, "platform-kernel", "prod");
    assert_eq!(differences(&Cluster::read(&objects), &declared, None), BTreeSet::new());
    let (mut tried, mut missed) = (0, Vec::new());
    for (index, object) in objects.iter().enumerate() {
        let name = object["metadata"]["name"].as_str().unwrap();
        // What lets proxies call Istio is of no stack's workload.
        if object["kind"] != "NetworkPolicy" || name == "allow-mesh" {
            continue;
        }
        let component = &object["metadata"]["labels"]["app.kubernetes.io/name"];
        let mut check = |what: &str, changed: &[Value]| {
            tried += 1;
            if differences(&Cluster::read(changed), &declared, component.as_str()).is_empty() {
                missed.push(format!("{name}: {what}"));
            }
        };
        for (what, mutant) in mutants(object) {
            let mut changed = objects.clone();
            changed[index] = mutant;
            check(&what, &changed);
        }
        let mut gone = objects.clone();
        gone.remove(index);
        check("removed", &gone);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(tried > 100, "{tried} mutants only");
}

/// A policy with one rule less, a rule without its ports, another port, a wider selector, a missing direction.
fn mutants(policy: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let rules = policy["spec"][direction].as_sequence().cloned().unwrap_or_default();
        for (index, rule) in rules.iter().enumerate() {
            // Pods that are of no stack are asked about by name alone; see `declared.rs`.
            let peer = &rule[peers][0];
            let own = !peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"].is_null();
            let address = direction == "egress" && !peer["ipBlock"].is_null();
            if !own && !address {
                continue;
            }
            let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
                let mut mutant = policy.clone();
                change(&mut mutant["spec"][direction]);
                found.push((format!("{direction} {index}: {what}"), mutant));
            };
            add("removed", &|it| _ = it.as_sequence_mut().unwrap().remove(index));
            add("another port", &|it| it[index]["ports"][0]["port"] = 2.into());
            add("another protocol", &|it| it[index]["ports"][0]["protocol"] = "SCTP".into());
            if address {
                add("everywhere", &|it| it[index][peers][0]["ipBlock"]["cidr"] = "0.0.0.0/0".into());
            }
            if own {
                add("another pod", &|it| {
                    it[index][peers][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] = "x".into();
                });
                add("another namespace", &|it| {
                    it[index][peers][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] =
                        "x".into();
                });
            }
        }
    }
    found
}

/// A policy alone may be too wide without effect, as the other end refuses; wide on both ends, it is found.
#[test]
fn what_is_open_on_both_ends_is_found() {
    let (objects, declared) = read(Root::Shipped, "platform-kernel", "prod");
    let policy = |name: &str| {
        let named = |it: &Value| it["kind"] == "NetworkPolicy" && it["metadata"]["name"] == name;
        objects.iter().position(named).unwrap()
    };
    let (audit, postgres) = (policy("audit"), policy("postgres"));
    let open: Value = serde_yaml::from_str("[{}]").unwrap();
    let mut out = objects.clone();
    out[audit]["spec"]["egress"] = open.clone();
    let found = differences(&Cluster::read(&out), &declared, None);
    assert!(!found.iter().any(|it| it.contains("platform-infra/postgres on 5432")), "{found:?}");
    assert!(found.contains("platform-services/audit reaches 203.0.113.9 on 443/TCP"), "{found:?}");
    out[postgres]["spec"]["ingress"] = open;
    let found = differences(&Cluster::read(&out), &declared, None);
    assert!(
        found.contains("platform-services/audit reaches platform-infra/postgres on 5432/TCP"),
        "{found:?}"
    );
}
