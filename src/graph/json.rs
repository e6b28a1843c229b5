//! The graph as JSON, for programs. `docs/graph.md` documents the shape; a change that readers could notice raises
//! [`VERSION`].

use serde::Serialize;

use super::{Cause, Edge, Grant, Graph, Kind, Node};
use crate::k8s::reach::{Ports, Transport, Verdict};
use crate::model::Name;

/// The version of the shape.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    stack: &'a str,
    environment: &'a str,
    nodes: Vec<NodeJson<'a>>,
    paths: Vec<PathJson<'a>>,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    id: &'a str,
    kind: &'static str,
    namespace: Option<&'a str>,
    workload: Option<&'a str>,
    component: Option<&'a str>,
    wave: Option<u32>,
    listens: Vec<PortsJson<'a>>,
}

#[derive(Serialize)]
struct PortsJson<'a> {
    first: u16,
    last: u16,
    /// Null: every protocol.
    protocol: Option<&'static str>,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct PathJson<'a> {
    from: &'a str,
    to: &'a str,
    ports: PortsJson<'a>,
    services: &'a [String],
    tunnel: bool,
    /// Empty: no policy is about that side.
    egress: Vec<GrantJson<'a>>,
    ingress: Vec<GrantJson<'a>>,
    mesh: Option<MeshJson<'a>>,
    because: Vec<CauseJson<'a>>,
}

#[derive(Serialize)]
struct GrantJson<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    rule: usize,
}

#[derive(Serialize)]
struct MeshJson<'a> {
    verdict: &'static str,
    policies: &'a [String],
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct CauseJson<'a> {
    path: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
}

/// The graph as one JSON document.
///
/// # Panics
/// Never: it holds text, numbers and booleans under text keys.
#[must_use]
pub fn json(graph: &Graph) -> String {
    let document = Document {
        version: VERSION,
        stack: &graph.stack,
        environment: &graph.environment,
        nodes: graph.nodes.iter().map(node).collect(),
        paths: graph.edges.iter().map(|it| path(graph, it)).collect(),
    };
    serde_json::to_string_pretty(&document).expect("text, numbers and booleans have a JSON form") + "\n"
}

fn node(it: &Node) -> NodeJson<'_> {
    NodeJson {
        id: &it.id,
        kind: match it.kind {
            Kind::Workload => "workload",
            Kind::Pods => "pods",
            Kind::Addresses => "addresses",
            Kind::Host => "host",
            Kind::Anybody => "anybody",
        },
        namespace: it.namespace.as_deref(),
        workload: it.workload.as_deref(),
        component: it.component.as_ref().map(Name::as_str),
        wave: it.wave,
        listens: it.listens.iter().map(|(it, name)| ports(*it, name.as_deref())).collect(),
    }
}

fn ports(it: Ports, name: Option<&str>) -> PortsJson<'_> {
    PortsJson { first: it.first, last: it.last, protocol: it.transport.map(Transport::as_str), name }
}

fn path<'a>(graph: &'a Graph, it: &'a Edge) -> PathJson<'a> {
    PathJson {
        from: &graph.nodes[it.from].id,
        to: &graph.nodes[it.to].id,
        ports: ports(it.ports, it.name.as_deref()),
        services: &it.services,
        tunnel: it.tunnel,
        egress: it.egress.iter().map(grant).collect(),
        ingress: it.ingress.iter().map(grant).collect(),
        mesh: it.mesh.as_ref().map(|it| match it {
            Verdict::Allowed(by) => MeshJson { verdict: "allowed", policies: by, reason: None },
            Verdict::Refused(why) => MeshJson { verdict: "refused", policies: &[], reason: Some(why) },
            Verdict::NotChecked(why) => MeshJson { verdict: "not checked", policies: &[], reason: Some(why) },
        }),
        because: it.because.iter().map(cause).collect(),
    }
}

fn grant(it: &Grant) -> GrantJson<'_> {
    GrantJson { kind: it.kind, namespace: &it.namespace, name: &it.name, rule: it.rule }
}

fn cause(it: &Cause) -> CauseJson<'_> {
    CauseJson { path: it.route.as_str(), file: &it.file, line: it.line, column: it.column }
}
