//! A graph in Graphviz' language.

use std::fmt::Write as _;

use super::{Graph, Kind, place, summary};

/// The graph: a cluster for each namespace, an edge for each pair, ranked by the boot order.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let shown = summary::shown(graph);
    let arrows = summary::arrows(&shown.single);
    let title = format!("{} {}", graph.stack, graph.environment);
    let mut out = format!("digraph {} {{\n  rankdir=TB;\n  node [shape=box];\n", quoted(&title));
    // Writing to a string cannot fail.
    for (index, (namespace, nodes)) in place::namespaces(graph, &arrows).into_iter().enumerate() {
        let indent = if let Some(name) = &namespace {
            let _ = writeln!(out, "  subgraph cluster_{index} {{\n    label={};", quoted(name));
            "    "
        } else {
            "  "
        };
        for node in nodes {
            let label = quoted(place::label(&graph.nodes[node]));
            let shape = match graph.nodes[node].kind {
                Kind::Workload => "",
                Kind::Pods => ", shape=oval",
                Kind::Addresses | Kind::Host | Kind::Anybody => ", shape=hexagon",
            };
            let _ = writeln!(out, "{indent}n{node} [label={label}{shape}];");
        }
        if namespace.is_some() {
            out.push_str("  }\n");
        }
    }
    for (from, to, ports) in &arrows {
        let _ = writeln!(out, "  n{from} -> n{to} [label={}];", quoted(ports));
    }
    for line in summary::common_lines(graph, &shown.common) {
        let _ = writeln!(out, "  // {line}");
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
