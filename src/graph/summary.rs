//! What a reader sees once rather than at every workload: what policies of whole namespaces let out, as calls of DNS.

use super::{Edge, Graph, Kind};

/// Paths as they are shown: those of single callers, and those that all workloads of some namespaces have.
pub(super) struct Shown<'a> {
    /// Of single callers.
    pub(super) single: Vec<&'a Edge>,
    /// Of these, the first for each target and port.
    pub(super) common: Vec<&'a Edge>,
}

pub(super) fn shown(graph: &Graph) -> Shown<'_> {
    let is_common = |edge: &&Edge| {
        let routes = || edge.because.iter().map(|it| it.route.steps().next().unwrap_or_default());
        let of_namespaces = routes().next().is_some() && routes().all(|it| it == "network" || it == "mesh");
        of_namespaces && graph.nodes[edge.to].kind != Kind::Workload && !whole(graph, edge).is_empty()
    };
    let (all, single): (Vec<&Edge>, Vec<&Edge>) = graph.edges.iter().partition(is_common);
    let mut common: Vec<&Edge> = Vec::new();
    for edge in all {
        if !common.iter().any(|it| it.to == edge.to && it.ports == edge.ports) {
            common.push(edge);
        }
    }
    Shown { single, common }
}

/// The namespaces of those that have the same path as an edge, if they are all the workloads of these namespaces.
fn whole<'a>(graph: &'a Graph, edge: &Edge) -> Vec<&'a str> {
    let alike = |it: &&Edge| it.to == edge.to && it.ports == edge.ports;
    let callers: Vec<usize> = graph.edges.iter().filter(alike).map(|it| it.from).collect();
    let mut namespaces: Vec<&str> =
        callers.iter().filter_map(|it| graph.nodes[*it].namespace.as_deref()).collect();
    namespaces.dedup();
    let inside = workloads(graph).filter(|it| it.1.is_some_and(|it| namespaces.contains(&it)));
    if inside.count() == callers.len() { namespaces } else { Vec::new() }
}

fn workloads(graph: &Graph) -> impl Iterator<Item = (usize, Option<&str>)> {
    let all = graph.nodes.iter().enumerate().filter(|(_, it)| it.kind == Kind::Workload);
    all.map(|(index, it)| (index, it.namespace.as_deref()))
}

/// The arrows of a picture: who calls, whom, the ports; in the order of the paths.
pub(super) fn arrows(edges: &[&Edge]) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for edge in edges {
        match found.iter_mut().find(|it| (it.0, it.1) == (edge.from, edge.to)) {
            Some((_, _, ports)) => {
                ports.push_str(", ");
                ports.push_str(&edge.ports.to_string());
            }
            None => found.push((edge.from, edge.to, edge.ports.to_string())),
        }
    }
    found
}

/// The paths that all workloads of some namespaces have, one target a line:
/// `every workload → kube-system/k8s-app=kube-dns 53/TCP, 53/UDP`.
pub(super) fn common_lines(graph: &Graph, common: &[&Edge]) -> Vec<String> {
    let mut found: Vec<(usize, Vec<&str>, String)> = Vec::new();
    for edge in common {
        let namespaces = whole(graph, edge);
        match found.iter_mut().find(|it| it.0 == edge.to && it.1 == namespaces) {
            Some((_, _, ports)) => {
                ports.push_str(", ");
                ports.push_str(&edge.ports.to_string());
            }
            None => found.push((edge.to, namespaces, edge.ports.to_string())),
        }
    }
    let line = |(to, namespaces, ports): (usize, Vec<&str>, String)| {
        let all = workloads(graph).all(|it| it.1.is_some_and(|it| namespaces.contains(&it)));
        let of = if all { String::new() } else { format!(" of {}", namespaces.join(", ")) };
        format!("every workload{of} → {} {ports}", graph.nodes[to].id)
    };
    found.into_iter().map(line).collect()
}
