//! `stackgen diff`: what applying an environment would change, and what that does.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Outcome;
use super::args::{Diff, DiffFormat, FailOn, Global};
use super::console::{Console, colors_results, result_columns};
use super::render::folder;
use super::select::{Selection, Stack};
use crate::bundle::Bundle;
use crate::diff::{
    BUDGET, Cache, Item, Look, Question, Report, Section, diff, human, json, markdown, stream, tree,
};
use crate::document::Document;
use crate::layout::{Form, Laid, Output};
use crate::sync::{OWNERSHIP_FILE, owned};

/// One environment, compiled.
struct Compiled {
    bundle: Bundle,
    /// The name of its folder.
    folder: String,
    document: Document,
}

/// Where what is there comes from.
enum There {
    /// A folder: a tree, or what holds trees.
    Folder(PathBuf),
    /// A stream: what it is called, and its text.
    Stream(String, String),
}

pub(super) fn run(args: &Diff, flags: &Global, console: &mut Console) -> anyhow::Result<Outcome> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(Outcome::Done);
    }
    let environment = args.other.as_ref().unwrap_or(&args.environment);
    selection.require(&args.environment)?;
    selection.require(environment)?;
    let several = selection.several;
    let mut stacks = selection.with(&args.environment);
    stacks.retain(|it| it.project.environments().contains(environment));
    if stacks.is_empty() {
        bail!("no stack has both `{}` and `{environment}`", args.environment);
    }
    let there = if args.other.is_none() { Some(there(&args.against, stacks.len())?) } else { None };
    let (mut reports, mut worst, mut opened) = (Vec::new(), None, false);
    for mut stack in stacks {
        let Some(after) = compile(&mut stack, environment, flags, console) else { return Ok(Outcome::Done) };
        let mut cache = Cache::default();
        let items = bundled(&after, environment, &mut cache)?;
        let (from, live, before) = match &there {
            None => {
                let Some(before) = compile(&mut stack, &args.environment, flags, console) else {
                    return Ok(Outcome::Done);
                };
                let items = bundled(&before, &args.environment, &mut cache)?;
                (args.environment.clone(), None, items)
            }
            Some(There::Stream(name, text)) => (name.clone(), Some(stack.name.as_str()), stream(name, text)?),
            Some(There::Folder(dir)) => {
                let root = root(dir, several.then_some(stack.name.as_str()), &after.folder)?;
                let name = root.display().to_string();
                console.detail(&format!("reading {name}"));
                let Some(files) = owned(&root)? else {
                    bail!(
                        "{name} is no tree that stackgen wrote; `stackgen render {} -o {}` writes it",
                        args.environment,
                        dir.display()
                    );
                };
                let items = tree(&name, &files, &mut cache)?;
                (name, None, items)
            }
        };
        let sources = stack.sources();
        let report =
            diff(Question { before, live, after: items, document: &after.document, sources: &sources });
        worst = worst.max(report.worst());
        opened |= report.exposure.numbers()[0] > 0;
        reports.push((stack.name.clone(), from, report));
    }
    let text = written(args, environment, &reports, flags);
    console.result(&text)?;
    let fails = args.fail_on.iter().any(|it| match it {
        FailOn::Impact(least) => worst.is_some_and(|it| it >= *least),
        FailOn::Exposure => opened,
    });
    Ok(if fails { Outcome::Differs } else { Outcome::Done })
}

/// The reports of stacks, each with its name and what it was compared with, in the format that is asked for.
fn written(args: &Diff, environment: &str, reports: &[(String, String, Report)], flags: &Global) -> String {
    let each = reports.iter();
    match args.format {
        DiffFormat::Json => {
            let values = each.map(|(stack, from, report)| json(stack, environment, from, report)).collect();
            format!("{:#}\n", serde_json::Value::Array(values))
        }
        DiffFormat::Human => {
            let look = Look { stat: args.stat, color: colors_results(flags), width: result_columns() };
            let text = |(stack, from, report): &(String, String, Report)| {
                format!("{stack} {environment}, compared with {from}\n\n{}", human(report, look))
            };
            each.map(text).collect::<Vec<_>>().join("\n")
        }
        DiffFormat::Markdown => {
            let section = |(stack, against, report)| Section { stack, environment, against, report };
            markdown(&each.map(|(a, b, c)| section((a, b, c))).collect::<Vec<_>>(), BUDGET)
        }
    }
}

/// One environment; none, and what was found is shown, where it has errors. What else is wrong is not the question.
fn compile(stack: &mut Stack, environment: &str, flags: &Global, console: &mut Console) -> Option<Compiled> {
    let mut compilation = stack.compile(environment, &flags.set, Form::Tree);
    let laid = compilation.laid.take();
    if let (Some(Laid { output: Output::Tree(bundle), folder, .. }), Some(document)) =
        (laid, compilation.document)
    {
        return Some(Compiled { bundle, folder, document });
    }
    let mut findings = std::mem::take(&mut stack.project.findings);
    findings.append(&mut compilation.findings);
    console.report(stack, findings, &[environment.to_owned()]);
    None
}

/// The objects of what was compiled, as whoever applies it reads them.
fn bundled(compiled: &Compiled, environment: &str, cache: &mut Cache) -> anyhow::Result<Vec<Item>> {
    let files = compiled.bundle.iter().map(|(path, it)| (path.to_owned(), it.text.clone())).collect();
    tree(environment, &files, cache).context("stackgen cannot read what it wrote: a mistake in stackgen")
}

/// Reads a stream at once, and leaves folders for later.
fn there(against: &Path, stacks: usize) -> anyhow::Result<There> {
    if against == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(There::Stream("standard input".to_owned(), text));
    }
    let shown = against.display();
    match against.metadata() {
        Ok(found) if found.is_dir() => {
            if stacks > 1 && is_tree(against) {
                bail!("{shown} is the tree of one stack: choose it with `--stack`");
            }
            Ok(There::Folder(against.to_path_buf()))
        }
        Ok(_) => {
            let text = std::fs::read_to_string(against).with_context(|| format!("cannot read {shown}"))?;
            Ok(There::Stream(shown.to_string(), text))
        }
        Err(error) => Err(error)
            .with_context(|| format!("cannot read {shown}: `--against` names the folder of the trees")),
    }
}

/// The tree: the folder itself where it is one, else the folder in it that `render -o` would write.
fn root(dir: &Path, stack: Option<&str>, name: &str) -> anyhow::Result<PathBuf> {
    if is_tree(dir) {
        return Ok(dir.to_path_buf());
    }
    let dir = match stack {
        Some(stack) => folder(dir, stack)?,
        None => dir.to_path_buf(),
    };
    folder(&dir, name)
}

fn is_tree(dir: &Path) -> bool {
    dir.join(OWNERSHIP_FILE).is_file()
}
