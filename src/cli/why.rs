//! `stackgen why`: which line set each value of an output object, and what it beat.

use anyhow::bail;

use super::args::{Global, Why};
use super::console::Console;
use super::select::Selection;
use crate::diag::{Sources, Span, nearest};
use crate::provenance::{Value, explain, find};

pub(super) fn run(args: &Why, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    selection.require(&args.environment)?;
    let mut out = String::new();
    let mut seen = Vec::new();
    for mut stack in selection.with(&args.environment) {
        let mut compilation = stack.compile(&args.environment, &flags.set);
        let mut findings = std::mem::take(&mut stack.project.findings);
        findings.append(&mut compilation.findings);
        // What is wrong with the rest of the stack is not the question.
        if compilation.laid.is_none() {
            console.report(&stack, findings, std::slice::from_ref(&args.environment));
            return Ok(());
        }
        let (Some(laid), Some(document)) = (compilation.laid, compilation.document) else { continue };
        let sources = stack.sources();
        for object in find(&laid.bundle, &args.object) {
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
        seen.extend(laid.bundle.iter().filter_map(|(_, file)| {
            let (gvk, name) = file.object.as_deref()?.rsplit_once(' ')?;
            let kind = gvk.rsplit('/').next()?.to_lowercase();
            Some(format!("{kind}/{}", name.rsplit('/').next()?))
        }));
    }
    if out.is_empty() {
        match nearest(&args.object.to_lowercase(), seen.iter().map(String::as_str)) {
            Some(near) => bail!("there is no object `{}`; there is `{near}`", args.object),
            None => bail!("there is no object `{}`; name one as `deployment/iam`", args.object),
        }
    }
    console.result(&out)
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
