//! `stackgen why`: which line set each value of an output object, and what it beat.

use anyhow::bail;

use super::args::{Global, Why};
use super::console::Console;
use super::select::Selection;
use crate::diag::{Sources, Span, nearest};
use crate::layout::{Form, Output};
use crate::provenance::{Value, explain, find, words};

pub(super) fn run(args: &Why, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    selection.require(&args.environment)?;
    let mut out = String::new();
    let (mut seen, mut composed) = (Vec::new(), false);
    for mut stack in selection.with(&args.environment) {
        let mut compilation = stack.compile(&args.environment, &flags.set, Form::Tree);
        let mut findings = std::mem::take(&mut stack.project.findings);
        findings.append(&mut compilation.findings);
        // What is wrong with the rest of the stack is not the question.
        if compilation.laid.is_none() {
            console.report(stack.sources(), findings, std::slice::from_ref(&args.environment));
            return Ok(());
        }
        let bundle = compilation.laid.map(|it| it.output);
        let (Some(Output::Tree(bundle)), Some(document)) = (bundle, compilation.document) else { continue };
        let sources = stack.sources();
        for object in find(&bundle, &args.object) {
            let values = explain(&document, &object, args.path.as_deref().unwrap_or_default());
            if values.is_empty() {
                bail!("{} has no `{}`", object.id, args.path.as_deref().unwrap_or_default());
            }
            out.push_str(&object.id);
            out.push('\n');
            for value in &values {
                write(&mut out, value, &sources);
            }
        }
        composed |= document.is_compose();
        seen.extend(words(&bundle));
    }
    if out.is_empty() {
        let why =
            if composed { format!(": `{}` is a Compose project", args.environment) } else { String::new() };
        let example = if composed { "service/iam" } else { "deployment/iam" };
        match closest(&args.object.to_lowercase(), &seen) {
            Some(near) => bail!("there is no object `{}`{why}; there is `{near}`", args.object),
            None => bail!("there is no object `{}`{why}; name one as `{example}`", args.object),
        }
    }
    console.result(&out)
}

/// What somebody may have meant: what is spelt alike, or else another kind of the same name.
fn closest<'a>(wanted: &str, seen: &'a [String]) -> Option<&'a str> {
    let name = wanted.split_once('/').map_or(wanted, |(_, name)| name);
    let named =
        || seen.iter().map(String::as_str).find(|it| it.split_once('/').is_some_and(|(_, it)| it == name));
    nearest(wanted, seen.iter().map(String::as_str)).or_else(named)
}

fn write(out: &mut String, value: &Value, sources: &Sources) {
    let text: String = value.text.lines().next().unwrap_or_default().chars().take(100).collect();
    let mut line = |it: String| {
        out.push_str(&it);
        out.push('\n');
    };
    line(format!("  {} = {text}", value.path));
    let place = place(value.at, sources);
    if value.written {
        line(format!("      {place}  {}", value.route));
    } else {
        line(format!("      default; {} is not written, its part of the stack is at {place}", value.route));
    }
    for (at, text) in &value.beat {
        line(format!("      over {}  {text}", self::place(*at, sources)));
    }
}

fn place(at: Span, sources: &Sources) -> String {
    let (line, column) = sources.line_column(at.file, at.start);
    format!("{}:{line}:{column}", sources.path(at.file))
}
