//! Policies as YAML, asked of one packet at a time. Written from kubernetes.io's "Network Policies", on purpose in
//! another way than the program's own evaluator, which computes sets of ports.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::Deserialize as _;
use serde_yaml::Value;

pub(crate) fn documents(stream: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(stream).map(|it| Value::deserialize(it).unwrap()).collect()
}

/// The pods of one controller.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The component that the controller says it is of.
    pub(crate) component: String,
    /// Whether its node carries it in Istio's mesh.
    pub(crate) ambient: bool,
    /// Whether it has a proxy of Istio beside it.
    pub(crate) sidecar: bool,
    /// Whether it has Linkerd's proxy.
    pub(crate) linkerd: bool,
    /// What its containers list.
    pub(crate) ports: Vec<(u16, String)>,
    labels: Value,
    namespace_labels: Value,
}

#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Pod(&'a Workload),
    Address(&'a str),
    /// Outside the cluster, by name.
    Host(&'a str),
}

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(it) => write!(f, "{}/{}", it.namespace, it.name),
            Self::Address(it) | Self::Host(it) => f.write_str(it),
        }
    }
}

/// What is sent: to a port of the called pod.
pub(crate) struct Packet<'a> {
    pub(crate) from: End<'a>,
    pub(crate) to: End<'a>,
    pub(crate) port: u16,
    pub(crate) protocol: &'a str,
}

pub(crate) struct Cluster {
    pub(crate) workloads: Vec<Workload>,
    /// By namespace.
    policies: BTreeMap<String, Vec<Value>>,
    namespaces: Vec<Value>,
}

impl Cluster {
    pub(crate) fn read(objects: &[Value]) -> Self {
        let of = |kind: &str| objects.iter().filter(|it| it["kind"] == kind).cloned().collect::<Vec<_>>();
        let mut cluster =
            Self { workloads: Vec::new(), policies: BTreeMap::new(), namespaces: of("Namespace") };
        for policy in of("NetworkPolicy").into_iter().chain(of("CiliumNetworkPolicy").iter().map(plain)) {
            let namespace = policy["metadata"]["namespace"].as_str().unwrap().to_owned();
            cluster.policies.entry(namespace).or_default().push(policy);
        }
        cluster.workloads = objects.iter().filter_map(|it| cluster.workload(it)).collect();
        cluster
    }

    /// The pods of an object. Those that operators make have the labels of `docs/engines/`.
    fn workload(&self, object: &Value) -> Option<Workload> {
        let name = object["metadata"]["name"].as_str()?;
        let spec = &object["spec"];
        let (labels, ports): (Value, Vec<(u16, String)>) = match object["kind"].as_str()? {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => templated(&spec["template"]),
            "CronJob" => templated(&spec["jobTemplate"]["spec"]["template"]),
            "Cluster" => (
                serde_yaml::from_str(&format!("cnpg.io/cluster: {name}")).unwrap(),
                listed(&[5432, 8000, 9187]),
            ),
            "KafkaNodePool" => {
                let own = &object["metadata"]["labels"]["strimzi.io/cluster"];
                let broker = spec["roles"].as_sequence()?.iter().any(|it| it == "broker");
                let mut labels: Value = serde_yaml::from_str("{}").unwrap();
                labels["strimzi.io/cluster"] = own.clone();
                (labels, listed(if broker { &[9091, 9092] } else { &[9090] }))
            }
            "RabbitmqCluster" => {
                let text = format!("app.kubernetes.io/name: {name}\napp.kubernetes.io/component: rabbitmq");
                (serde_yaml::from_str(&text).unwrap(), listed(&[4369, 5672, 15672, 15692]))
            }
            "Redis" | "RedisReplication" | "RedisSentinel" => {
                let port = if object["kind"] == "RedisSentinel" { 26379 } else { 6379 };
                (object["metadata"]["labels"].clone(), listed(&[port]))
            }
            _ => return None,
        };
        let namespace = object["metadata"]["namespace"].as_str()?.to_owned();
        let namespace_labels = self.namespace_labels(&namespace);
        Some(Workload {
            name: name.to_owned(),
            component: object["metadata"]["labels"]["app.kubernetes.io/name"].as_str()?.to_owned(),
            ambient: namespace_labels["istio.io/dataplane-mode"] == "ambient",
            sidecar: namespace_labels["istio-injection"] == "enabled",
            linkerd: self.namespace(&namespace)["metadata"]["annotations"]["linkerd.io/inject"] == "enabled",
            namespace,
            namespace_labels,
            ports,
            labels,
        })
    }

    fn namespace(&self, name: &str) -> Value {
        self.namespaces.iter().find(|it| it["metadata"]["name"] == name).cloned().unwrap_or_default()
    }

    fn namespace_labels(&self, name: &str) -> Value {
        let mut labels = self.namespace(name)["metadata"]["labels"].clone();
        if labels.is_null() {
            labels = Value::Mapping(serde_yaml::Mapping::new());
        }
        labels["kubernetes.io/metadata.name"] = name.into();
        labels
    }

    pub(crate) fn own_namespaces(&self) -> Vec<String> {
        let names = self.workloads.iter().map(|it| it.namespace.clone());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        names
    }

    /// A pod without labels.
    pub(crate) fn stranger(&self, namespace: &str) -> Workload {
        let labels = Value::Mapping(serde_yaml::Mapping::new());
        Workload {
            namespace: namespace.to_owned(),
            name: "stranger".to_owned(),
            component: String::new(),
            ambient: false,
            sidecar: false,
            linkerd: false,
            ports: Vec::new(),
            labels,
            namespace_labels: self.namespace_labels(namespace),
        }
    }

    /// A pod with these labels.
    pub(crate) fn labelled(&self, namespace: &str, labels: &Value) -> Workload {
        let mut found = self.stranger(namespace);
        for (key, value) in labels.as_mapping().into_iter().flatten() {
            found.labels[key] = value.clone();
        }
        found
    }

    pub(crate) fn dns(&self) -> Workload {
        let labels = serde_yaml::from_str("k8s-app: kube-dns").unwrap();
        Workload { name: "dns".to_owned(), labels, ..self.stranger("kube-system") }
    }

    /// Whether both ends let a packet pass.
    pub(crate) fn passes(&self, packet: &Packet<'_>) -> bool {
        self.allows(packet, "Egress", packet.from, packet.to)
            && self.allows(packet, "Ingress", packet.to, packet.from)
    }

    fn allows(&self, packet: &Packet<'_>, direction: &str, own: End<'_>, other: End<'_>) -> bool {
        let End::Pod(own) = own else { return true };
        let key = direction.to_lowercase();
        let mut isolated = false;
        for policy in self.policies.get(&own.namespace).into_iter().flatten() {
            let spec = &policy["spec"];
            if !selected(&spec["podSelector"], &own.labels) {
                continue;
            }
            let types = spec["policyTypes"].as_sequence();
            let about = match types {
                Some(types) => types.iter().any(|it| it == direction),
                None => {
                    direction == "Ingress" || spec["egress"].as_sequence().is_some_and(|it| !it.is_empty())
                }
            };
            if !about {
                continue;
            }
            isolated = true;
            for rule in spec[key.as_str()].as_sequence().into_iter().flatten() {
                let peers = &rule[if direction == "Egress" { "to" } else { "from" }];
                let peer = empty(peers) || items(peers).any(|it| named(it, &own.namespace, other));
                let ports = &rule["ports"];
                if peer && (empty(ports) || items(ports).any(|it| port_fits(it, packet))) {
                    return true;
                }
            }
        }
        !isolated
    }
}

/// A `CiliumNetworkPolicy` in the words of a NetworkPolicy, but for hosts.
fn plain(policy: &Value) -> Value {
    let mut found = policy.clone();
    let rules = items(&policy["spec"]["egress"]).map(|rule| {
        let (mut to, mut ports) = (Vec::new(), Vec::new());
        for endpoints in items(&rule["toEndpoints"]) {
            let mut peer: Value = serde_yaml::from_str("{ podSelector: { matchLabels: {} } }").unwrap();
            for (key, value) in endpoints["matchLabels"].as_mapping().unwrap() {
                match key.as_str().unwrap().trim_start_matches("k8s:") {
                    "io.kubernetes.pod.namespace" => {
                        let key = "kubernetes.io/metadata.name";
                        peer["namespaceSelector"]["matchLabels"][key] = value.clone();
                    }
                    key => peer["podSelector"]["matchLabels"][key] = value.clone(),
                }
            }
            to.push(peer);
        }
        for host in items(&rule["toFQDNs"]) {
            let mut peer = Value::Mapping(serde_yaml::Mapping::new());
            peer["host"] = host.as_mapping().unwrap().values().next().unwrap().clone();
            to.push(peer);
        }
        for port in items(&rule["toPorts"]).flat_map(|it| items(&it["ports"])) {
            let mut port = port.clone();
            port["port"] = port["port"].as_str().unwrap().parse::<u16>().unwrap().into();
            ports.push(port);
        }
        let mut rule = Value::Mapping(serde_yaml::Mapping::new());
        (rule["to"], rule["ports"]) = (Value::Sequence(to), Value::Sequence(ports));
        rule
    });
    found["spec"]["egress"] = Value::Sequence(rules.collect());
    found["spec"]["podSelector"] = policy["spec"]["endpointSelector"].clone();
    found["spec"]["policyTypes"] = Value::Sequence(vec!["Egress".into()]);
    found
}

fn named(peer: &Value, namespace: &str, other: End<'_>) -> bool {
    match other {
        End::Host(host) => peer["host"] == host,
        End::Address(address) => {
            let inside = |block: &Value| in_block(block.as_str().unwrap(), address);
            !peer["ipBlock"].is_null()
                && inside(&peer["ipBlock"]["cidr"])
                && !items(&peer["ipBlock"]["except"]).any(inside)
        }
        End::Pod(pod) => {
            let (namespaces, pods) = (&peer["namespaceSelector"], &peer["podSelector"]);
            if namespaces.is_null() && pods.is_null() {
                return false;
            }
            let there = if namespaces.is_null() {
                pod.namespace == namespace
            } else {
                selected(namespaces, &pod.namespace_labels)
            };
            there && (pods.is_null() || selected(pods, &pod.labels))
        }
    }
}

fn templated(template: &Value) -> (Value, Vec<(u16, String)>) {
    let spec = &template["spec"];
    let mut ports = Vec::new();
    for container in items(&spec["containers"]).chain(items(&spec["initContainers"])) {
        for port in items(&container["ports"]) {
            let number = u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap();
            ports.push((number, port["protocol"].as_str().unwrap_or("TCP").to_owned()));
        }
    }
    (template["metadata"]["labels"].clone(), ports)
}

fn listed(ports: &[u16]) -> Vec<(u16, String)> {
    ports.iter().map(|it| (*it, "TCP".to_owned())).collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_sequence().into_iter().flatten()
}

fn empty(list: &Value) -> bool {
    items(list).next().is_none()
}

fn selected(selector: &Value, labels: &Value) -> bool {
    assert!(selector["matchExpressions"].is_null(), "no shipped policy has expressions");
    let mut wanted = selector["matchLabels"].as_mapping().into_iter().flatten();
    wanted.all(|(key, value)| labels[key] == *value)
}

fn port_fits(rule: &Value, packet: &Packet<'_>) -> bool {
    assert!(!rule["port"].is_string() && rule["endPort"].is_null(), "no shipped policy has such ports");
    rule["protocol"].as_str().unwrap_or("TCP") == packet.protocol
        && (rule["port"].is_null() || rule["port"] == packet.port)
}

/// Whether an address is in a block; of the other family it never is.
pub(crate) fn in_block(block: &str, address: &str) -> bool {
    let (network, length) = block.split_once('/').unwrap();
    let (network, address): (IpAddr, IpAddr) = (network.parse().unwrap(), address.parse().unwrap());
    // The bits from the left, in as many as the longer family has.
    let bits = |it: IpAddr| match it {
        IpAddr::V4(it) => u128::from(it.to_bits()) << 96,
        IpAddr::V6(it) => it.to_bits(),
    };
    let length: u32 = length.parse().unwrap();
    let differ = bits(network) ^ bits(address);
    network.is_ipv4() == address.is_ipv4() && (length == 0 || differ >> (128 - length) == 0)
}
