//! `stackgen graph`: who may reach whom.

use anyhow::{Context, bail};

use super::args::{Global, Graph as Args, GraphFormat};
use super::console::Console;
use super::select::{Selection, unknown};
use crate::graph::{Filter, Graph, dot, json, matrix, mermaid, svg};
use crate::layout::{Form, Output};
use crate::model::Name;

pub(super) fn run(args: &Args, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    selection.require(&args.environment)?;
    let mut graphs = Vec::new();
    for mut stack in selection.with(&args.environment) {
        let mut compilation = stack.compile(&args.environment, &flags.set, Form::Objects);
        let mut findings = std::mem::take(&mut stack.project.findings);
        findings.append(&mut compilation.findings);
        // What else is wrong with the stack is not the question.
        let (Some(output), Some(resolved), Some(document)) =
            (compilation.laid.map(|it| it.output), compilation.resolved, compilation.document)
        else {
            console.report(stack.sources(), findings, std::slice::from_ref(&args.environment));
            return Ok(());
        };
        let sources = stack.sources();
        graphs.extend(match output {
            Output::Objects(objects) => Some(Graph::new(&objects, &resolved, &document, &sources)),
            Output::Project(project) => Some(Graph::of_project(&project, &resolved, &document, &sources)),
            Output::Tree(_) | Output::Stream(_) | Output::Count => None,
        });
    }
    if graphs.len() > 1 && args.format != GraphFormat::Matrix {
        let names: Vec<&str> = graphs.iter().map(|it| it.stack.as_str()).collect();
        bail!("a picture is of one stack: choose with `--stack` among {}", names.join(", "));
    }
    let filter = Filter { from: args.from.as_deref(), to: args.to.as_deref(), port: args.port.as_deref() };
    for word in [filter.from, filter.to].into_iter().flatten() {
        require(&graphs, word)?;
    }
    let whole = filter.from.or(filter.to).or(filter.port).is_none();
    let mut texts = Vec::new();
    for mut graph in graphs {
        graph.keep(filter);
        texts.push(match args.format {
            GraphFormat::Matrix => matrix(&graph, whole),
            GraphFormat::Mermaid => mermaid(&graph),
            GraphFormat::Dot => dot(&graph),
            GraphFormat::Svg => svg(&graph),
            GraphFormat::Json => json(&graph),
        });
    }
    let text = texts.join("\n");
    match &args.output {
        None => console.result(&text),
        Some(file) => std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display())),
    }
}

/// Makes sure that a word names a node of a graph.
fn require(graphs: &[Graph], word: &str) -> anyhow::Result<()> {
    let nodes = || graphs.iter().flat_map(|it| &it.nodes);
    if nodes().any(|it| it.is_called(word)) {
        return Ok(());
    }
    let names = nodes().flat_map(|it| {
        let own = it.id.rsplit('/').next().unwrap_or(&it.id);
        [own, &it.id].into_iter().chain(it.component.as_ref().map(Name::as_str))
    });
    bail!("{}", unknown("nothing in reach is called", word, names))
}
