//! What a stack declares, read from the YAML that `stackgen resolve` prints; port numbers are those of rendered Services.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::policy::{Workload, in_block};

pub(crate) struct Declared {
    root: Value,
    /// The ports of each component's Service: name, target, protocol.
    served: BTreeMap<String, Vec<(String, u16, String)>>,
    /// The ports that the containers of each component list, by name.
    listed: BTreeMap<(String, String), u16>,
    /// How many pods the StatefulSets of each tier have together.
    servers: BTreeMap<String, u64>,
    /// The components with Jobs.
    jobs: BTreeSet<String>,
}

/// What the pods of a tier call each other on, by its engine's page: `servers` pods that stay, `jobs` that set them up.
fn peers(kind: &str, tier: &Value, servers: u64, jobs: bool) -> Vec<u16> {
    let several = servers > 1;
    let of = |those: &[(bool, &[u16])]| {
        those.iter().filter(|it| it.0).flat_map(|it| it.1).copied().collect::<Vec<u16>>()
    };
    if tier["backend"] == "operator" {
        let several = tier["replicas"].as_u64().unwrap_or(1) > 1;
        return match kind {
            "postgres" => {
                let pooler = tier["pooler"].is_mapping();
                of(&[(several || pooler, &[5432]), (several, &[8000])])
            }
            "kafka" => vec![9090, 9091],
            "rabbitmq" => of(&[(several, &[4369, 25672])]),
            "redis" => of(&[(several, &[6379, 26379])]),
            other => panic!("no operator runs {other}"),
        };
    }
    match kind {
        "cassandra" => vec![7000, 9042],
        "clickhouse" => of(&[(several, &[9000, 9009, 9181, 9234])]),
        "etcd" => of(&[(several, &[2379, 2380])]),
        "kafka" => vec![9092, 9093, 9094],
        "minio" => of(&[(several || jobs, &[9000])]),
        "mongodb" => vec![27017],
        "nats" => of(&[(several || jobs, &[4222]), (several, &[6222])]),
        "openbao" | "vault" => of(&[(several || jobs, &[8200]), (several, &[8201])]),
        "postgres" => of(&[(several || jobs, &[5432])]),
        "rabbitmq" => of(&[(several, &[4369, 5672, 25672])]),
        "redis" | "valkey" => of(&[(several, &[6379, 26379])]),
        "redpanda" => of(&[(several || jobs, &[9092]), (several, &[8081, 8082, 9644, 33145])]),
        "seaweedfs" => of(&[(several, &[8080, 8888, 9333, 18080, 18888, 19333])]),
        other => panic!("no page says what the pods of {other} call each other on"),
    }
}

/// What an operator's Service offers under the component's name, where none is rendered.
fn operated(kind: &str) -> &'static [(&'static str, u16)] {
    match kind {
        "postgres" => &[("postgres", 5432)],
        "rabbitmq" => &[("amqp", 5672)],
        "redis" => &[("redis", 6379)],
        _ => &[],
    }
}

/// The ports with metrics, by the engine's page; none of what shows none by itself.
fn metrics(tier: &Value) -> Option<Vec<String>> {
    let operated = tier["backend"] == "operator";
    let ports: &[u16] = match tier["kind"].as_str()? {
        "postgres" if operated && tier["pooler"].is_null() => &[9187],
        "postgres" if operated => &[9187, 9127],
        "rabbitmq" => &[15692],
        "etcd" => &[2381],
        "seaweedfs" if tier["metrics"] == true => &[9327],
        _ => return None,
    };
    Some(ports.iter().map(ToString::to_string).collect())
}

impl Declared {
    pub(crate) fn read(root: &str, objects: &[Value]) -> Self {
        let root: Value = serde_yaml::from_str(root).unwrap();
        let mut found = Self {
            root,
            served: BTreeMap::new(),
            listed: listed(objects),
            servers: BTreeMap::new(),
            jobs: BTreeSet::new(),
        };
        for object in objects {
            // What a file of objects holds may have another shape.
            let Some(name) = object["metadata"]["name"].as_str() else { continue };
            let label = &object["metadata"]["labels"]["app.kubernetes.io/name"];
            let owner = label.as_str().unwrap_or_default().to_owned();
            match object["kind"].as_str().unwrap() {
                "Service" if name == found.service(&owner) => found.serve(&owner, object),
                "StatefulSet" => {
                    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
                    *found.servers.entry(owner).or_default() += replicas;
                }
                "Job" | "CronJob" => _ = found.jobs.insert(owner),
                _ => {}
            }
        }
        found
    }

    fn serve(&mut self, owner: &str, service: &Value) {
        for port in service["spec"]["ports"].as_sequence().into_iter().flatten() {
            let target = match &port["targetPort"] {
                Value::Number(it) => u16::try_from(it.as_u64().unwrap()).unwrap(),
                name => self.number(owner, name.as_str().unwrap()),
            };
            let name = port["name"].as_str().unwrap_or_default().to_owned();
            let protocol = port["protocol"].as_str().unwrap_or("TCP").to_owned();
            self.served.entry(owner.to_owned()).or_default().push((name, target, protocol));
        }
    }

    /// What the Service of a component is called: by what is there already, where it goes on with that.
    fn service(&self, owner: &str) -> String {
        let of = |section: &str| &self.root[section][owner]["adopt"];
        let adopted = ["services", "stateful"].map(of).into_iter().find(|it| it.is_mapping());
        let kept = adopted.and_then(|it| it["service"].as_str().or(it["name"].as_str()));
        kept.unwrap_or(owner).to_owned()
    }

    fn component(&self, name: &str) -> &Value {
        let of = |section: &str| Some(&self.root[section][name]).filter(|it| !it.is_null());
        let found = of("services").or_else(|| of("stateful")).or_else(|| of("jobs"));
        found.unwrap_or_else(|| panic!("no component {name}"))
    }

    fn number(&self, owner: &str, port: &str) -> u16 {
        let key = (owner.to_owned(), port.to_owned());
        *self.listed.get(&key).unwrap_or_else(|| panic!("no container of {owner} has the port {port}"))
    }

    pub(crate) fn has_policies(&self) -> bool {
        self.root["network"]["policies"] != "none"
    }

    /// The pods that clients stand for: namespace, labels, whether they are in the mesh.
    pub(crate) fn client_pods(&self) -> Vec<(String, Value, bool)> {
        let all = self.root["clients"].as_mapping().into_iter().flatten();
        let pods = all.map(|(_, it)| &it["pods"]).filter(|it| !it.is_null());
        let one = |it: &Value| {
            let namespace = it["namespace"].as_str().unwrap().to_owned();
            (namespace, it["labels"].clone(), it["mesh"] == true)
        };
        pods.map(one).collect()
    }

    /// An address of each block of each client, and one of each exception.
    pub(crate) fn client_addresses(&self) -> Vec<String> {
        let all = self.root["clients"].as_mapping().into_iter().flatten();
        let blocks = all.flat_map(|(_, it)| blocks(it));
        let networks = blocks.flat_map(|(cidr, except)| {
            // The first address may be left out itself; the middle of what these stacks declare is not.
            let middle = cidr.replace(".0/24", ".128/25");
            std::iter::once(middle).chain(except)
        });
        networks.map(|it| it.split_once('/').unwrap().0.to_owned()).collect()
    }

    /// The clients that a component lets in, and whoever collects its metrics.
    fn guests(&self, to: &Workload) -> Vec<(String, Vec<String>)> {
        let component = self.component(&to.component);
        let mut found = targets(&component["usedBy"]);
        let everywhere = &self.root["observability"]["metrics"];
        // Servers and poolers of the operator have the same annotations, which can name one port only.
        let unsaid = component["kind"] == "postgres" && everywhere["with"] != "prometheus-operator";
        let everywhere = everywhere["by"].as_str().filter(|_| !unsaid);
        if let Some(collector) = component["monitor"]["by"].as_str().or(everywhere) {
            let own = match &component["metrics"]["port"] {
                Value::Null => metrics(component).unwrap_or_default(),
                Value::Number(it) => vec![it.to_string()],
                name => vec![self.number(&to.component, name.as_str().unwrap()).to_string()],
            };
            // A target without ports stands for all of them.
            found.extend((!own.is_empty()).then(|| (collector.to_owned(), own)));
        }
        found
    }

    /// The ports by which a component lets in those clients that `fits`.
    fn admitted(&self, to: &Workload, port: u16, fits: impl Fn(&Value) -> bool) -> bool {
        let guests = self.guests(to);
        let served = self.served.get(&to.component).cloned().unwrap_or_default();
        guests.iter().any(|(client, ports)| {
            let by_name = |name: &str| served.iter().any(|it| it.0 == name && it.1 == port);
            let named = |name: &String| name.parse() == Ok(port) || by_name(name);
            let all = ports.is_empty() && served.iter().any(|it| it.1 == port);
            fits(&self.root["clients"][client.as_str()]) && (all || ports.iter().any(named))
        })
    }

    /// The ports that a component's clients call by number.
    pub(crate) fn numbered(&self, to: &Workload) -> Vec<u16> {
        let guests = self.guests(to);
        guests.iter().flat_map(|it| &it.1).filter_map(|it| it.parse().ok()).collect()
    }

    /// Whether a workload lets in pods of a namespace with these labels.
    pub(crate) fn lets_in(&self, to: &Workload, namespace: &str, labels: &Value, port: u16) -> bool {
        self.admitted(to, port, |client| {
            let mut wanted = client["pods"]["labels"].as_mapping().into_iter().flatten();
            client["pods"]["namespace"] == namespace && wanted.all(|(key, it)| labels[key] == *it)
        })
    }

    pub(crate) fn lets_in_address(&self, to: &Workload, address: &str, port: u16) -> bool {
        self.admitted(to, port, |client| {
            blocks(client).iter().any(|(cidr, except)| {
                in_block(cidr, address) && !except.iter().any(|it| in_block(it, address))
            })
        })
    }

    /// The hosts that are called by name, with the port.
    pub(crate) fn hosts(&self) -> Vec<(String, u16, String)> {
        let by_name = self.externals().filter(|(_, it)| blocks(it).is_empty());
        let one = |it: &Value| {
            let (port, protocol) = endpoint(it);
            (it["host"].as_str().unwrap().to_owned(), port, protocol)
        };
        by_name.map(|(_, it)| one(it)).collect()
    }

    pub(crate) fn calls_host(&self, from: &Workload, host: &str, port: u16, protocol: &str) -> bool {
        let uses = self.uses(&from.component);
        self.externals().any(|(name, external)| {
            external["host"] == host
                && blocks(external).is_empty()
                && self.root["network"]["fqdn"] == "cilium"
                && endpoint(external) == (port, protocol.to_owned())
                && uses.iter().any(|it| it.0 == name)
        })
    }

    /// What a component uses, and what its roles are bound to: each target with the names of ports, none meaning all.
    fn uses(&self, name: &str) -> Vec<(String, Vec<String>)> {
        let component = self.component(name);
        let roles = component["bind"].as_mapping().into_iter().flatten();
        let bound = Value::Sequence(roles.map(|(_, it)| it.clone()).collect());
        let mut found = [targets(&component["uses"]), targets(&bound)].concat();
        // Without a tool that would run it, a job runs in the pods that wait for it.
        if self.root["gitops"].is_null() {
            let jobs = self.root["jobs"].as_mapping().into_iter().flatten();
            let waits = |job: &Value| list(&job["run"]["before-rollout"]).iter().any(|it| it == name);
            let gates = jobs.filter(|(_, job)| waits(job));
            found.extend(gates.flat_map(|(job, _)| self.uses(job.as_str().unwrap())));
        }
        if let Some(collector) = self.root["observability"]["otlp"]["to"].as_str() {
            let by_itself = !self.root["services"][name].is_null();
            let sends = component["otlp"].as_bool().unwrap_or(by_itself);
            let (to, port) = match collector.split_once(':') {
                Some((to, port)) => (to, Some(port.to_owned())),
                None => (collector, self.otlp_port(collector)),
            };
            if sends && to != name {
                found.push((to.to_owned(), port.into_iter().collect()));
            }
        }
        found
    }

    /// The port of a collector that is not named: by the number of the protocol, else by the first of its names.
    fn otlp_port(&self, collector: &str) -> Option<String> {
        let served = self.served.get(collector)?;
        let grpc = self.root["observability"]["otlp"]["protocol"].as_str() == Some("grpc");
        let number = if grpc { 4317 } else { 4318 };
        let names = ["otlp-grpc", "otlp-http", "otlp", "grpc", "http"];
        let by_name = || names.iter().find_map(|name| served.iter().find(|it| it.0 == *name));
        served.iter().find(|it| it.1 == number).or_else(by_name).map(|it| it.0.clone())
    }

    /// The services whose second version a component is, or has.
    fn other_version(&self, name: &str) -> Option<String> {
        let second = |service: &str| {
            let rollout = &self.root["services"][service]["rollout"];
            let coloured = rollout["blue-green"].is_mapping() && rollout["blue-green"]["promotion"].is_null();
            let suffix = match () {
                () if rollout["canary"]["weights"].is_mapping() => "canary",
                () if coloured => "green",
                () => return None,
            };
            Some(format!("{service}-{suffix}"))
        };
        let first = || is_second(name).then(|| name.rsplit_once('-').map(|(first, _)| first)).flatten();
        second(name).or_else(|| first().filter(|it| second(it).as_deref() == Some(name)).map(str::to_owned))
    }

    /// Whether who calls a service reaches its second version: by its name where that may be the active colour, else where a
    /// proxy beside the pod shares the requests out.
    fn reaches_second(from: &Workload, second: &Workload) -> bool {
        second.component.ends_with("-green") || from.sidecar && second.sidecar
    }

    /// Whether a stack says that one workload may call another on a port of its pods.
    pub(crate) fn path(&self, from: &Workload, to: &Workload, port: u16, protocol: &str) -> bool {
        if self.other_version(&from.component).as_ref() == Some(&to.component)
            && self.gossip(&to.component).contains(&(port, protocol.to_owned()))
        {
            return true;
        }
        if from.component == to.component {
            let service = self.gossip(&to.component).contains(&(port, protocol.to_owned()));
            return service || protocol == "TCP" && self.peers(&to.component).contains(&port);
        }
        let kind = self.component(&to.component)["kind"].as_str().unwrap_or_default();
        let mut served = self.served.get(&to.component).cloned().unwrap_or_default();
        if served.is_empty() {
            let own = operated(kind).iter();
            served.extend(own.map(|(name, port)| ((*name).to_owned(), *port, "TCP".to_owned())));
        }
        let fits = |names: &[String]| {
            served.iter().any(|(name, target, transport)| {
                (*target, transport.as_str()) == (port, protocol)
                    && (names.is_empty() || names.contains(name))
            })
        };
        let meant = |target: &str| {
            target == to.component
                || is_second(&to.component)
                    && self.other_version(target).as_ref() == Some(&to.component)
                    && Self::reaches_second(from, to)
        };
        self.uses(&from.component).iter().any(|(target, ports)| meant(target) && fits(ports))
    }

    /// What the pods of a service say that they call each other on.
    fn gossip(&self, name: &str) -> Vec<(u16, String)> {
        let peers = &self.component(name)["peers"];
        let protocols = match &peers["protocols"] {
            Value::Null => vec!["TCP".into(), "UDP".into()],
            some => list(some),
        };
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let own = peers["port"].as_u64().map(|it| u16::try_from(it).unwrap());
        let gossip = own.into_iter().flat_map(|port| protocols.iter().map(move |it| (port, text(it))));
        let called = list(&peers["calls"]);
        let called = called.iter().map(|it| (self.number(name, it.as_str().unwrap()), "TCP".to_owned()));
        gossip.chain(called).collect()
    }

    fn peers(&self, name: &str) -> Vec<u16> {
        let component = self.component(name);
        let servers = self.servers.get(name).copied().unwrap_or_default();
        match component["kind"].as_str() {
            None => Vec::new(),
            Some("custom") => {
                let only: Vec<&str> = match &component["peerPorts"] {
                    Value::Sequence(all) => all.iter().map(|it| it.as_str().unwrap()).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                let ports = component["ports"].as_mapping().into_iter().flatten();
                let names = ports.map(|(name, _)| name.as_str().unwrap());
                let called = names.filter(|it| servers > 1 || only.contains(it));
                called.map(|it| self.number(name, it)).collect()
            }
            Some(kind) => peers(kind, component, servers, self.jobs.contains(name)),
        }
    }

    /// An address of each block of each external (the first, and the first of each exception), with its port.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (String, u16, String)> {
        let all = self.externals().flat_map(|(_, external)| {
            let (port, protocol) = endpoint(external);
            let blocks = blocks(external).into_iter().flat_map(|(cidr, except)| {
                std::iter::once(cidr).chain(except).map(|it| it.split_once('/').unwrap().0.to_owned())
            });
            blocks.map(|it| (it, port, protocol.clone())).collect::<Vec<_>>()
        });
        all.collect::<Vec<_>>().into_iter()
    }

    fn externals(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.root["externals"].as_mapping().into_iter().flatten();
        all.map(|(name, it)| (name.as_str().unwrap(), it))
    }

    /// Whether a workload may call an address.
    pub(crate) fn leaves(&self, from: &Workload, address: &str, port: u16, protocol: &str) -> bool {
        let uses = self.uses(&from.component);
        self.externals().any(|(name, external)| {
            let held = blocks(external).iter().any(|(cidr, except)| {
                in_block(cidr, address) && !except.iter().any(|it| in_block(it, address))
            });
            held && endpoint(external) == (port, protocol.to_owned()) && uses.iter().any(|it| it.0 == name)
        })
    }

    /// Whether a workload is open to an address through a load balancer.
    pub(crate) fn enters(&self, to: &Workload, address: &str, port: u16) -> bool {
        let balancer = &self.component(&to.component)["expose"]["loadBalancer"];
        let sources: Vec<&str> = match &balancer["sources"] {
            Value::Sequence(all) => all.iter().map(|it| it.as_str().unwrap()).collect(),
            Value::Null => vec!["0.0.0.0/0"],
            one => vec![one.as_str().unwrap()],
        };
        let mut ports = balancer["ports"].as_mapping().into_iter().flatten();
        ports.any(|(name, _)| self.number(&to.component, name.as_str().unwrap()) == port)
            && sources.iter().any(|it| in_block(it, address))
    }
}

fn is_second(name: &str) -> bool {
    name.ends_with("-canary") || name.ends_with("-green")
}

fn list(it: &Value) -> Vec<Value> {
    match it {
        Value::Sequence(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// A list of `target` or `target:port`, or a mapping of targets to ports.
fn targets(written: &Value) -> Vec<(String, Vec<String>)> {
    let text = |it: &Value| it.as_str().map_or_else(|| it.as_u64().unwrap().to_string(), str::to_owned);
    match written {
        Value::Sequence(items) => items
            .iter()
            .map(|it| match it.as_str().unwrap().split_once(':') {
                Some((target, port)) => (target.to_owned(), vec![port.to_owned()]),
                None => (text(it), Vec::new()),
            })
            .collect(),
        Value::Mapping(map) => map
            .iter()
            .map(|(target, ports)| match ports {
                Value::Sequence(ports) => (text(target), ports.iter().map(text).collect()),
                port => (text(target), vec![text(port)]),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The ports that containers list, by the component's name and their own.
fn listed(objects: &[Value]) -> BTreeMap<(String, String), u16> {
    let mut found = BTreeMap::new();
    for object in objects {
        let pod = &object["spec"]["template"]["spec"];
        let Some(owner) = object["metadata"]["labels"]["app.kubernetes.io/name"].as_str() else { continue };
        for container in
            ["containers", "initContainers"].iter().filter_map(|it| pod[*it].as_sequence()).flatten()
        {
            for port in container["ports"].as_sequence().into_iter().flatten() {
                let name = port["name"].as_str().unwrap_or_default().to_owned();
                let number = u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap();
                found.insert((owner.to_owned(), name), number);
            }
        }
    }
    found
}

fn endpoint(external: &Value) -> (u16, String) {
    let port = u16::try_from(external["port"].as_u64().unwrap_or(443)).unwrap();
    (port, external["protocol"].as_str().unwrap_or("TCP").to_owned())
}

/// The blocks of an external, with what is left out of each.
fn blocks(external: &Value) -> Vec<(String, Vec<String>)> {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let block = |it: &Value| match it {
        Value::Mapping(_) => (text(&it["cidr"]), list(&it["except"]).iter().map(text).collect()),
        one => (text(one), Vec::new()),
    };
    list(&external["cidrs"]).iter().map(block).collect()
}
