//! The paths as a table for a terminal, by who is called.

use std::fmt::Write as _;

use super::{Cause, Edge, Grant, Graph, Kind, summary};
use crate::k8s::reach::Verdict;

const HEADS: [&str; 6] = ["from", "port", "let out by", "let in by", "mesh", "because"];

/// The paths, one a line. `whole`: nothing was filtered away, so that what all workloads have is said once.
#[must_use]
pub fn matrix(graph: &Graph, whole: bool) -> String {
    let shown = summary::shown(graph);
    let edges: Vec<&Edge> = if whole { shown.single } else { graph.edges.iter().collect() };
    let mesh = graph.edges.iter().any(|it| it.mesh.is_some());
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    let (all, count) =
        (edges.len(), |n: usize| if n == 1 { "1 path".to_owned() } else { format!("{n} paths") });
    line(&format!("{} {}: {}", graph.stack, graph.environment, count(all)));
    for (to, node) in graph.nodes.iter().enumerate() {
        let rows: Vec<[String; 6]> = edges.iter().filter(|it| it.to == to).map(|it| row(graph, it)).collect();
        if rows.is_empty() {
            continue;
        }
        let mut about: Vec<String> = node.workload.iter().cloned().collect();
        about.extend(node.listens.iter().map(|(ports, name)| match name {
            Some(name) => format!("{ports} {name}"),
            None => ports.to_string(),
        }));
        let kind =
            if node.kind == Kind::Workload { about.join(", ") } else { "outside the stack".to_owned() };
        line("");
        line(&format!("→ {}  ({kind})", node.id));
        table(rows, mesh, &mut line);
    }
    if whole && !shown.common.is_empty() {
        line("");
        for text in summary::common_lines(graph, &shown.common) {
            line(&text);
        }
    }
    out
}

/// Columns as wide as their widest cell.
fn table(rows: Vec<[String; 6]>, mesh: bool, line: &mut impl FnMut(&str)) {
    let mut rows = rows;
    rows.insert(0, HEADS.map(str::to_owned));
    let columns: Vec<usize> = (0..6).filter(|it| mesh || *it != 4).collect();
    let width = |column: usize| rows.iter().map(|it| it[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(|it| width(*it)).collect();
    for row in &rows {
        let mut text = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "  {:width$}", row[*column]);
        }
        line(&text);
    }
}

fn row(graph: &Graph, edge: &Edge) -> [String; 6] {
    let mut port = edge.ports.to_string();
    if let Some(name) = &edge.name {
        port.push(' ');
        port.push_str(name);
    }
    if edge.tunnel {
        port.push_str(" in the tunnel");
    }
    let because = edge.because.iter().map(cause).collect::<Vec<_>>().join(", ");
    [
        graph.nodes[edge.from].id.clone(),
        port,
        grants(&edge.egress, graph.nodes[edge.from].kind == Kind::Workload),
        grants(&edge.ingress, graph.nodes[edge.to].kind == Kind::Workload),
        match &edge.mesh {
            None => "-".to_owned(),
            Some(Verdict::Allowed(by)) => format!("allowed by {}", by.join(", ")),
            Some(Verdict::Refused(why)) => format!("refused: {why}"),
            Some(Verdict::NotChecked(why)) => format!("not checked: {why}"),
        },
        if because.is_empty() { "nobody declared it".to_owned() } else { because },
    ]
}

/// The policies of one side; `own`: that side is the stack's.
fn grants(all: &[Grant], own: bool) -> String {
    if all.is_empty() {
        return if own { "no policy" } else { "-" }.to_owned();
    }
    let mut names: Vec<String> = Vec::new();
    for it in all {
        let kind = if it.kind == "NetworkPolicy" { String::new() } else { format!("{} ", it.kind) };
        let namespace = if it.namespace.is_empty() { String::new() } else { format!("{}/", it.namespace) };
        let name = format!("{kind}{namespace}{}", it.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn cause(it: &Cause) -> String {
    format!("{}:{} {}", it.file, it.line, it.route.as_str().trim_start_matches('/'))
}
