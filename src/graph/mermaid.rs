//! A flowchart that Mermaid draws, and forges with it in Markdown.

use std::fmt::Write as _;

use super::{Graph, Kind, place, summary};

/// The flowchart: a frame for each namespace, an arrow for each pair.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let shown = summary::shown(graph);
    let arrows = summary::arrows(&shown.single);
    let mut out = String::from("flowchart TB\n");
    // Writing to a string cannot fail.
    for (index, (namespace, nodes)) in place::namespaces(graph, &arrows).into_iter().enumerate() {
        let indent = if let Some(name) = &namespace {
            let _ = writeln!(out, "  subgraph ns{index}[\"{}\"]", escaped(name));
            "    "
        } else {
            "  "
        };
        for node in nodes {
            let label = escaped(place::label(&graph.nodes[node]));
            let (open, close) = match graph.nodes[node].kind {
                Kind::Workload => ("[\"", "\"]"),
                Kind::Pods => ("([\"", "\"])"),
                Kind::Addresses | Kind::Host | Kind::Anybody => ("{{\"", "\"}}"),
            };
            let _ = writeln!(out, "{indent}n{node}{open}{label}{close}");
        }
        if namespace.is_some() {
            out.push_str("  end\n");
        }
    }
    for (from, to, ports) in &arrows {
        let _ = writeln!(out, "  n{from} -->|\"{}\"| n{to}", escaped(ports));
    }
    for line in summary::common_lines(graph, &shown.common) {
        let _ = writeln!(out, "  %% {line}");
    }
    out
}

/// Mermaid takes entities, by number or name, with `#` for `&`.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
