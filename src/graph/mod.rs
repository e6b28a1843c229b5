//! Who may reach whom: the reachability of one environment, as text and pictures.
//!
//! What passes is decided from the rendered objects alone ([`crate::k8s::reach`]). The stack says only why: which lines
//! declare a path. A path without such a line is shown as one that nobody declared.

mod cause;
mod compose;
mod dot;
mod json;
mod matrix;
mod mermaid;
mod place;
mod summary;
mod svg;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diag::{Part, Route, Sources};
use crate::document::Document;
use crate::k8s::reach::{
    Block, By, Call, Caller, Group, Mesh, Network, Party, Path, Policies, Ports, Transport, Verdict, groups,
};
use crate::k8s::{Object, labels};
use crate::model::Name;
use crate::resolve::Resolved;

pub use dot::dot;
pub use json::json;
pub use matrix::matrix;
pub use mermaid::mermaid;
pub use svg::svg;

/// What stands at the ends of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pods of the stack, those of one controller.
    Workload,
    /// Pods outside the stack that policies name.
    Pods,
    /// Addresses that policies name.
    Addresses,
    /// Hosts that policies name.
    Host,
    /// Whoever is not named: reaches what is open to all.
    Anybody,
}

/// An end of paths.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its name, unique in the graph: `NAMESPACE/NAME` for a workload.
    pub id: String,
    /// Its namespace's name in the cluster; none for addresses.
    pub namespace: Option<String>,
    /// What makes its pods, such as `Deployment`; none outside the stack.
    pub workload: Option<String>,
    /// The component that it belongs to.
    pub component: Option<Name>,
    /// Its place in the boot order, from 1.
    pub wave: Option<u32>,
    /// The ports that its containers list, with their names.
    pub listens: Vec<(Ports, Option<String>)>,
    /// The addresses, if it is those.
    pub block: Option<Block>,
}

/// A rule that lets a path pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The policy's kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The rule's index in its direction.
    pub rule: usize,
}

/// A line of the stack that declares a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it is, by keys.
    pub route: Route,
    /// Its file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
}

/// A way from one node to another.
#[derive(Debug)]
pub struct Edge {
    /// Index of who calls.
    pub from: usize,
    /// Index of whom.
    pub to: usize,
    /// On which ports of the called pod.
    pub ports: Ports,
    /// What the called container calls the port.
    pub name: Option<String>,
    /// Services that lead there, as `NAME:PORT`.
    pub services: Vec<String>,
    /// What lets it out; none: no policy is about what leaves there.
    pub egress: Vec<Grant>,
    /// What lets it in; none: no policy is about what arrives there.
    pub ingress: Vec<Grant>,
    /// Whether it is seen on the network as the mesh's tunnel.
    pub tunnel: bool,
    /// What the mesh says; none where it has no part in it.
    pub mesh: Option<Verdict>,
    /// The lines that declare it.
    pub because: Vec<Cause>,
}

/// The reachability of one environment.
#[derive(Debug)]
pub struct Graph {
    /// The stack's name.
    pub stack: String,
    /// The environment's name.
    pub environment: String,
    /// Workloads in the order of the output, then what is outside.
    pub nodes: Vec<Node>,
    /// Paths by who is called, then who calls, then port.
    pub edges: Vec<Edge>,
}

/// Which paths are wanted. An end is named by its id, its name, its namespace or its component; an address or a block
/// means all that hold it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Who calls.
    pub from: Option<&'a str>,
    /// Whom.
    pub to: Option<&'a str>,
    /// On which port, by number or name.
    pub port: Option<&'a str>,
}

impl Node {
    /// Whether a word names it.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        let own = self.id.rsplit_once('/').filter(|_| self.kind == Kind::Workload).map(|(_, own)| own);
        let holds = |block: &Block| {
            let network = Network::parse(word).or_else(|| word.parse().ok().map(Network::of));
            network.is_some_and(|network| block.holds(&Block { network, except: Vec::new() }))
        };
        self.id == word
            || self.block.as_ref().is_some_and(holds)
            || own == Some(word)
            || self.namespace.as_deref() == Some(word)
            || self.component.as_ref().is_some_and(|it| it.as_str() == word)
    }
}

impl Graph {
    /// The graph of an environment's objects; the rest says why.
    #[must_use]
    pub fn new(objects: &[Object], resolved: &Resolved, document: &Document, sources: &Sources) -> Self {
        let policies = Policies::read(objects);
        let groups = groups(objects, &policies);
        let mut parties: Vec<Party> = groups.iter().map(|it| Party::Pod(Box::new(it.pod.clone()))).collect();
        let strangers = policies.strangers(&parties);
        let waves = resolved.waves();
        let mut nodes: Vec<Node> = groups.iter().map(|it| workload(it, resolved, &waves)).collect();
        for (id, party) in strangers {
            nodes.push(outside(id, &party));
            parties.push(party);
        }
        let anybody = nodes.len();
        nodes.push(Node { kind: Kind::Anybody, ..outside("anybody".to_owned(), &Party::Anybody) });
        parties.push(Party::Anybody);
        let walk =
            Walk { groups: &groups, mesh: Mesh::read(objects), services: services(objects), nodes: &nodes };
        let seats: Vec<_> = parties.iter().map(|it| policies.seat(it)).collect();
        let mut edges = Vec::new();
        for (to, called) in seats.iter().enumerate() {
            for (from, caller) in seats.iter().enumerate() {
                // What happens between two that are outside is not the stack's business.
                if nodes[from].kind != Kind::Workload && nodes[to].kind != Kind::Workload {
                    continue;
                }
                for path in caller.paths(called) {
                    edges.extend(walk.edges(from, to, &path));
                }
            }
        }
        repeated(&nodes, &parties, &mut edges);
        for edge in &mut edges {
            let routes = cause::routes(resolved, &nodes[edge.from], &nodes[edge.to], edge);
            let place = |route: Route| {
                let (span, _) = document.locate(&route, Part::Key);
                let (line, column) = sources.line_column(span.file, span.start);
                Cause { route, file: sources.path(span.file).to_owned(), line, column }
            };
            edge.because = routes.into_iter().map(place).collect();
        }
        if !edges.iter().any(|it| it.from == anybody || it.to == anybody) {
            nodes.pop();
        }
        Self {
            stack: resolved.stack.stack.to_string(),
            environment: resolved.environment.clone(),
            nodes,
            edges,
        }
    }

    /// Keeps the paths that are wanted; all nodes stay.
    pub fn keep(&mut self, filter: Filter<'_>) {
        let Self { nodes, edges, .. } = self;
        let called = |index: usize, word: Option<&str>| word.is_none_or(|it| nodes[index].is_called(it));
        edges.retain(|it| {
            let port = filter.port.is_none_or(|word| match word.parse::<u16>() {
                Ok(number) => it.ports.holds(number),
                Err(_) => it.name.as_deref() == Some(word),
            });
            port && called(it.from, filter.from) && called(it.to, filter.to)
        });
    }
}

/// Removes what holds for anybody or for a wider block and is said there.
fn repeated(nodes: &[Node], parties: &[Party], edges: &mut Vec<Edge>) {
    let wider = |own: usize, other: usize| {
        nodes[own].kind != Kind::Workload && parties[own].is_within(&parties[other])
    };
    let outside = |it: &&Edge| nodes[it.from].kind != Kind::Workload || nodes[it.to].kind != Kind::Workload;
    let outer: Vec<&Edge> = edges.iter().filter(outside).collect();
    let kept: Vec<bool> = edges
        .iter()
        .map(|edge| {
            !outside(&edge)
                || !outer.iter().any(|it| {
                    it.ports == edge.ports
                        && (it.from == edge.from && wider(edge.to, it.to)
                            || it.to == edge.to && wider(edge.from, it.from))
                })
        })
        .collect();
    let mut kept = kept.into_iter();
    edges.retain(|_| kept.next().unwrap_or(true));
}

fn workload(group: &Group, resolved: &Resolved, waves: &BTreeMap<Name, u32>) -> Node {
    let named = group.owner.get(labels::NAME);
    let component = named.and_then(|it| resolved.components.values().find(|one| one.name.as_str() == it));
    let listed = |it: &crate::k8s::reach::Listed| (Ports::one(it.number, it.transport), it.name.clone());
    Node {
        kind: Kind::Workload,
        id: format!("{}/{}", group.pod.namespace, group.name),
        namespace: Some(group.pod.namespace.clone()),
        workload: Some(group.kind.clone()),
        component: component.map(|it| it.name.clone()),
        wave: component.and_then(|it| waves.get(&it.name)).copied(),
        listens: group.pod.ports.iter().map(listed).collect(),
        block: None,
    }
}

fn outside(id: String, party: &Party) -> Node {
    let (kind, namespace, block) = match party {
        Party::Pod(pod) => (Kind::Pods, Some(pod.namespace.clone()).filter(|it| !it.is_empty()), None),
        Party::Block(block) => (Kind::Addresses, None, Some(block.clone())),
        Party::Host(_) => (Kind::Host, None, None),
        Party::Anybody => (Kind::Anybody, None, None),
    };
    Node { kind, id, namespace, workload: None, component: None, wave: None, listens: Vec::new(), block }
}

fn services(objects: &[Object]) -> Vec<&Service> {
    let mut found = Vec::new();
    for object in objects {
        if let Object::Service(it) = object {
            found.push(&**it);
        }
    }
    found
}

/// What paths become edges with.
struct Walk<'a> {
    groups: &'a [Group],
    mesh: Mesh<'a>,
    services: Vec<&'a Service>,
    nodes: &'a [Node],
}

impl Walk<'_> {
    fn edges(&self, from: usize, to: usize, path: &Path<'_>) -> Vec<Edge> {
        let called = self.groups.get(to);
        let plain = || vec![Call { ports: path.ports, tunnel: false, verdict: None }];
        let calls = called.map_or_else(plain, |it| self.mesh.calls(self.caller(from), it, path.ports));
        let edge = |Call { ports, tunnel, verdict }| Edge {
            from,
            to,
            ports,
            name: self.nodes[to].listens.iter().find(|it| it.0 == ports).and_then(|it| it.1.clone()),
            services: called.map(|it| self.leading(it, ports)).unwrap_or_default(),
            egress: path.out.iter().map(grant).collect(),
            ingress: path.into.iter().map(grant).collect(),
            tunnel,
            mesh: verdict,
            because: Vec::new(),
        };
        calls.into_iter().map(edge).collect()
    }

    fn caller(&self, index: usize) -> Caller<'_> {
        match (self.groups.get(index), &self.nodes[index].namespace) {
            (Some(group), _) => Caller::Known(group),
            (None, Some(namespace)) => Caller::Stranger(namespace),
            (None, None) => Caller::Address,
        }
    }

    /// The Services that lead to a port of a group.
    fn leading(&self, group: &Group, ports: Ports) -> Vec<String> {
        let mut found = Vec::new();
        for service in &self.services {
            let Some(spec) = &service.spec else { continue };
            let selector = spec.selector.iter().flatten();
            let has = |(key, value): (&String, &String)| group.pod.labels.get(key) == Some(value);
            let there = service.metadata.namespace.as_deref() == Some(&group.pod.namespace);
            if !there || spec.selector.iter().flatten().next().is_none() || !selector.into_iter().all(has) {
                continue;
            }
            for port in spec.ports.iter().flatten() {
                let Some(transport) = Transport::parse(port.protocol.as_deref()) else { continue };
                let listed = |name: &String| {
                    group.pod.ports.iter().find(|it| it.name.as_ref() == Some(name)).map(|it| it.number)
                };
                let target = match &port.target_port {
                    None => u16::try_from(port.port).ok(),
                    Some(IntOrString::Int(it)) => u16::try_from(*it).ok(),
                    Some(IntOrString::String(name)) => listed(name),
                };
                if target.is_some_and(|it| ports.has(it, transport)) {
                    let name = service.metadata.name.as_deref().unwrap_or_default();
                    found.push(format!("{name}:{}", port.port));
                }
            }
        }
        found
    }
}

fn grant(&(policy, rule): &By<'_>) -> Grant {
    Grant { kind: policy.kind, namespace: policy.namespace.clone(), name: policy.name.clone(), rule }
}
