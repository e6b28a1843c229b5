//! `stackgen list`: what there is to render.

use std::fmt::Write;

use serde::Serialize;

use super::args::{Global, List};
use super::console::{Console, shown};
use super::select::{Selection, Stack};
use crate::diag::on_one_line;
use crate::document::{self, declared_parameters};
use crate::syntax::Node;

#[derive(Serialize)]
struct Entry {
    stack: String,
    file: String,
    environments: Vec<Environment>,
    parameters: Vec<Parameter>,
}

#[derive(Serialize)]
struct Environment {
    name: String,
    description: Option<String>,
    extends: Option<String>,
    /// What it compiles to: `kubernetes` or `compose`.
    target: String,
    /// The name of each instance, as written.
    instance: Option<String>,
    /// What each call has to give.
    required: Vec<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    r#type: &'static str,
    default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    /// Whether an environment or `--set` has to give it.
    required: bool,
    allowed: Vec<String>,
    pattern: Option<String>,
    description: Option<String>,
}

pub(super) fn run(args: &List, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    let entries: Vec<Entry> = selection.stacks.iter().map(entry).collect();
    for stack in &mut selection.stacks {
        let findings = std::mem::take(&mut stack.project.findings);
        console.report(stack.sources(), findings, &[]);
    }
    let text =
        if args.json { serde_json::to_string_pretty(&entries)? + "\n" } else { shown(&table(&entries)) };
    console.result(&text)
}

fn entry(stack: &Stack) -> Entry {
    let root = stack.project.loaded.as_ref().map(|it| &it.root);
    let text = |node: &Node, key: &str| Some(node.get(key)?.as_scalar()?.text.to_string());
    let environments = root.and_then(|it| it.get("environments")).and_then(Node::as_map);
    let environments = environments.into_iter().flatten().map(|(name, it)| {
        let outline = stack.project.outline(name);
        let target = outline.as_ref().and_then(|it| it.target.as_deref()).unwrap_or("kubernetes").to_owned();
        let (instance, known) = outline.map(|it| (it.instance, it.parameters)).unwrap_or_default();
        Environment {
            name: name.to_string(),
            description: text(&it.value, "description"),
            extends: text(&it.value, "extends"),
            target,
            instance,
            required: known.into_iter().filter(|(_, it)| it.is_required()).map(parameter).collect(),
        }
    });
    let parameters = root.map(declared_parameters).unwrap_or_default().into_iter().map(parameter);
    Entry {
        stack: stack.name.clone(),
        file: stack.file(),
        environments: environments.collect(),
        parameters: parameters.collect(),
    }
}

fn parameter((name, it): (String, document::Parameter)) -> Parameter {
    let default = it.default.as_ref().and_then(Node::as_scalar).map(|it| it.text.to_string());
    let (minimum, maximum) = it.bounds;
    Parameter {
        name,
        r#type: it.kind.as_str(),
        required: default.is_none(),
        default,
        minimum,
        maximum,
        allowed: it.allowed,
        pattern: it.pattern,
        description: it.description,
    }
}

fn table(entries: &[Entry]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for entry in entries {
        let _ = writeln!(out, "{}", on_one_line(&format!("{}  ({})", entry.stack, entry.file)));
        let width = entry.environments.iter().map(|it| it.name.len()).max().unwrap_or(0);
        for it in &entry.environments {
            let extends = it.extends.as_ref().map(|it| format!("extends {it}"));
            let sets = it.required.iter().map(|it| format!("--set {}=VALUE", it.name)).collect::<Vec<_>>();
            let needs = it.instance.as_ref().map(|_| format!("needs {}", sets.join(" ")));
            let about = [extends, needs.filter(|_| !sets.is_empty()), it.description.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; ");
            let line = format!("  environment  {:width$}  {about}", it.name);
            let _ = writeln!(out, "{}", on_one_line(line.trim_end()));
        }
        let width = entry.parameters.iter().map(|it| it.name.len()).max().unwrap_or(0);
        for it in &entry.parameters {
            let value = match &it.default {
                Some(default) => format!("default {default:?}"),
                None => "required".to_owned(),
            };
            let about = it.description.as_deref().unwrap_or_default();
            let line = format!("  parameter    {:width$}  {}, {value}  {about}", it.name, it.r#type);
            let _ = writeln!(out, "{}", on_one_line(line.trim_end()));
        }
    }
    out
}
