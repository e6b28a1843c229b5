//! The graph of a Compose project: who shares a network, and which ports the host reaches.

use std::collections::BTreeMap;

use super::{Cause, Edge, Grant, Graph, Kind, Node, Ports, Transport};
use crate::compose::Project;
use crate::compose::network::outside;
use crate::diag::{Part, Route, Sources};
use crate::document::Document;
use crate::model::{Name, Protocol};
use crate::resolve::{Resolved, Target};
use crate::workload::Endpoint;

impl Graph {
    /// The graph of a project. Its networks say who reaches whom, and the stack says on which ports and why: a network knows
    /// neither ports nor directions.
    #[must_use]
    pub fn of_project(
        project: &Project,
        resolved: &Resolved,
        document: &Document,
        sources: &Sources,
    ) -> Self {
        let waves = resolved.waves();
        let mut nodes: Vec<Node> = resolved
            .components
            .values()
            .map(|it| Node {
                workload: Some("Service".to_owned()),
                component: Some(it.name.clone()),
                wave: waves.get(&it.name).copied(),
                listens: it.endpoints.ports.iter().map(|it| (ports(it), Some(it.name.to_string()))).collect(),
                ..node(Kind::Workload, it.name.to_string())
            })
            .collect();
        let cause = |route: &Route| {
            let (span, _) = document.locate(route, Part::Key);
            let (line, column) = sources.line_column(span.file, span.start);
            Cause { route: route.clone(), file: sources.path(span.file).to_owned(), line, column }
        };
        let mut edges = Vec::new();
        for (network, members) in shared(project) {
            for (at, from) in members.iter().enumerate() {
                for to in &members[at + 1..] {
                    edges.extend(between(resolved, &nodes, network, (from, to), &cause));
                }
            }
        }
        for edge in &resolved.edges {
            let Target::External(name) = &edge.to else { continue };
            let to = index(&mut nodes, Kind::Host, name.as_str());
            let Some(from) = find(&nodes, &edge.from) else { continue };
            let network = outside(&edge.from);
            edges.extend(
                edge.ports.iter().map(|port| Edge {
                    because: vec![cause(&edge.at)],
                    ..path(from, to, Some(port), &network)
                }),
            );
        }
        for (name, published) in &resolved.stack.compose.publish {
            let Some(component) = resolved.components.get(name) else { continue };
            let (from, to) = (index(&mut nodes, Kind::Anybody, "host"), find(&nodes, name));
            for (port, to) in published.keys().filter_map(|it| Some((it, to?))) {
                let endpoint = component.endpoints.ports.iter().find(|it| it.name == *port);
                let at = Route::of(&["compose", "publish", name.as_str(), port.as_str()]);
                let network = outside(name);
                edges.push(Edge { because: vec![cause(&at)], ..path(from, to, endpoint, &network) });
            }
        }
        edges.sort_by_key(|it| (it.to, it.from, it.ports));
        Self {
            stack: resolved.stack.stack.to_string(),
            environment: resolved.environment.clone(),
            nodes,
            edges,
        }
    }
}

/// The components of each network, in the order of the project.
fn shared(project: &Project) -> BTreeMap<&str, Vec<&Name>> {
    let mut found: BTreeMap<&str, Vec<&Name>> = BTreeMap::new();
    for (service, it) in &project.file.services {
        let Some(owner) = project.owners.get(service) else { continue };
        for network in it.networks.keys() {
            let members = found.entry(network).or_default();
            if !members.contains(&owner) {
                members.push(owner);
            }
        }
    }
    found
}

/// The paths of a network between two components: what the stack declares, or that nobody did.
fn between(
    resolved: &Resolved,
    nodes: &[Node],
    network: &str,
    pair: (&Name, &Name),
    cause: &dyn Fn(&Route) -> Cause,
) -> Vec<Edge> {
    let mut found = Vec::new();
    for (one, other) in [pair, (pair.1, pair.0)] {
        let (Some(from), Some(to)) = (find(nodes, one), find(nodes, other)) else { continue };
        let declared = resolved.edges.iter().filter(|it| it.from == *one && it.to.name() == other);
        for edge in declared {
            let because = || vec![cause(&edge.at)];
            let all =
                edge.ports.iter().map(|it| Edge { because: because(), ..path(from, to, Some(it), network) });
            found.extend(all);
        }
    }
    if let (true, Some(from), Some(to)) = (found.is_empty(), find(nodes, pair.0), find(nodes, pair.1)) {
        found.push(path(from, to, None, network));
    }
    found
}

fn path(from: usize, to: usize, port: Option<&Endpoint>, network: &str) -> Edge {
    let grant = || Grant { kind: "network", namespace: String::new(), name: network.to_owned(), rule: 0 };
    Edge {
        from,
        to,
        ports: port.map_or(Ports::ALL, ports),
        name: port.map(|it| it.name.to_string()),
        services: Vec::new(),
        egress: vec![grant()],
        ingress: vec![grant()],
        tunnel: false,
        mesh: None,
        because: Vec::new(),
    }
}

fn ports(it: &Endpoint) -> Ports {
    let transport = match it.protocol {
        Protocol::Tcp => Transport::Tcp,
        Protocol::Udp => Transport::Udp,
    };
    Ports::one(it.number, transport)
}

fn find(nodes: &[Node], name: &Name) -> Option<usize> {
    nodes.iter().position(|it| it.component.as_ref() == Some(name))
}

/// A node outside, made where there is none of its name.
fn index(nodes: &mut Vec<Node>, kind: Kind, id: &str) -> usize {
    let known = nodes.iter().position(|it| it.kind == kind && it.id == id);
    known.unwrap_or_else(|| {
        nodes.push(node(kind, id.to_owned()));
        nodes.len() - 1
    })
}

fn node(kind: Kind, id: String) -> Node {
    Node {
        kind,
        id,
        namespace: None,
        workload: None,
        component: None,
        wave: None,
        listens: Vec::new(),
        block: None,
    }
}
