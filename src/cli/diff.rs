//! `stackgen diff`: what applying an environment would change, and what that does.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Outcome;
use super::args::{Diff, DiffFormat, Global};
use super::console::{Console, colors_results, result_columns};
use super::impact::bundled;
use super::render::folder;
use super::revision::Revision;
use super::select::{Selection, Stack};
use crate::bundle::Bundle;
use crate::diff::{
    BUDGET, Cache, Item, Look, Question, Report, Section, Side, diff, human, json, markdown, stream, tree,
};
use crate::document::Document;
use crate::layout::{Form, Laid, Output};
use crate::resolve::Resolved;
use crate::sync::{OWNERSHIP_FILE, owned};

/// One environment, compiled.
struct Compiled {
    bundle: Bundle,
    /// The name of its folder.
    folder: String,
    document: Document,
    resolved: Resolved,
}

impl Compiled {
    fn side(&self) -> Side<'_> {
        Side { document: &self.document, resolved: &self.resolved }
    }
}

/// Where what is there comes from.
enum There {
    /// A folder: a tree, or what holds trees.
    Folder(PathBuf),
    /// A stream: what it is called, and its text.
    Stream(String, String),
    /// Another environment of the stack.
    Environment(String),
    /// The name of a revision of the stack's repository.
    Revision(String),
}

/// What is there, of one stack.
struct Before {
    /// What it is called.
    from: String,
    items: Vec<Item>,
    /// Where it was compiled, what it was compiled from.
    compiled: Option<Compiled>,
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
    stacks.retain(|it| it.declares(environment));
    if stacks.is_empty() {
        bail!("no stack has both `{}` and `{environment}`", args.environment);
    }
    let there = there(args, stacks.len())?;
    let live = matches!(there, There::Stream(..));
    let mut reports = Vec::new();
    for mut stack in stacks {
        let Some(after) = compile(&mut stack, environment, flags, console) else { return Ok(Outcome::Done) };
        let mut cache = Cache::default();
        let items = bundled(&after.bundle, environment, &mut cache)?;
        let apart = several.then_some(&stack.name);
        let before = match &there {
            There::Folder(dir) => folder_tree(dir, apart, &after.folder, args, &mut cache, console)?,
            There::Stream(name, text) => {
                Before { from: name.clone(), items: stream(name, text)?, compiled: None }
            }
            There::Environment(name) => {
                let Some(compiled) = compile(&mut stack, name, flags, console) else {
                    return Ok(Outcome::Done);
                };
                let items = bundled(&compiled.bundle, name, &mut cache)?;
                Before { from: name.clone(), items, compiled: Some(compiled) }
            }
            There::Revision(name) => at_revision(&stack, name, environment, flags, &mut cache, console)?,
        };
        let sources = stack.sources();
        let mut report = diff(Question {
            before: before.items,
            live: live.then_some(stack.name.as_str()),
            was: before.compiled.as_ref().map(Compiled::side),
            after: items,
            is: after.side(),
            sources: &sources,
        });
        console.report(
            stack.sources(),
            std::mem::take(&mut report.findings),
            std::slice::from_ref(environment),
        );
        reports.push((stack.name.clone(), before.from, report));
    }
    let text = written(args, environment, &reports, flags);
    console.result(&text)?;
    let fails = args.fail_on.iter().any(|it| reports.iter().any(|(_, _, report)| it.fires(report)));
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

/// The tree that a folder holds, as it is now. `apart` is the stack's name where trees are kept apart by stack.
fn folder_tree(
    dir: &Path,
    apart: Option<&String>,
    name: &str,
    args: &Diff,
    cache: &mut Cache,
    console: &Console,
) -> anyhow::Result<Before> {
    let root = root(dir, apart.map(String::as_str), name)?;
    let from = root.display().to_string();
    console.detail(&format!("reading {from}"));
    let Some(files) = owned(&root)? else {
        bail!(
            "{from} is no tree that stackgen wrote; `stackgen render {} -o {}` writes it",
            args.environment,
            dir.display()
        );
    };
    let items = tree(&from, &files, cache)?;
    Ok(Before { from, items, compiled: None })
}

/// The environment as a revision has it; nothing where it does not have it.
fn at_revision(
    stack: &Stack,
    name: &str,
    environment: &str,
    flags: &Global,
    cache: &mut Cache,
    console: &mut Console,
) -> anyhow::Result<Before> {
    let revision = Revision::open(stack.folder(), name)?;
    let from = revision.shown();
    console.detail(&format!("reading {} at {from}", stack.file()));
    let mut base = stack.base(&revision)?;
    let is_there = base.is_some();
    // What cannot be read says so when it is compiled.
    let Some(base) = base.as_mut().filter(|it| !it.is_sound() || it.declares(environment)) else {
        let what = if is_there { format!("the environment `{environment}` of ") } else { String::new() };
        console.note(&format!("{what}{} is not there at {from}: all of it is new", stack.name));
        return Ok(Before { from, items: Vec::new(), compiled: None });
    };
    let Some(compiled) = compile(base, environment, flags, console) else {
        bail!(
            "{} does not compile as it is at {from}, so there is nothing to compare with: what is reported is of {name}, not of today; `--against DIR` compares with a tree",
            stack.name
        );
    };
    let items = bundled(&compiled.bundle, environment, cache)?;
    Ok(Before { from, items, compiled: Some(compiled) })
}

/// One environment; none, and what was found is shown, where it has errors. What else is wrong is not the question.
fn compile(stack: &mut Stack, environment: &str, flags: &Global, console: &mut Console) -> Option<Compiled> {
    let mut compilation = stack.compile(environment, &flags.set, Form::Values);
    let laid = compilation.laid.take().filter(|_| stack.is_sound());
    if let (Some(Laid { output: Output::Tree(bundle), folder, .. }), Some(document), Some(resolved)) =
        (laid, compilation.document, compilation.resolved)
    {
        return Some(Compiled { bundle, folder, document, resolved });
    }
    let mut findings = std::mem::take(&mut stack.project.findings);
    findings.append(&mut compilation.findings);
    console.report(stack.sources(), findings, &[environment.to_owned()]);
    None
}

/// Reads a stream at once, and leaves all else for later.
fn there(args: &Diff, stacks: usize) -> anyhow::Result<There> {
    if let Some(name) = &args.base {
        return Ok(There::Revision(name.clone()));
    }
    if args.other.is_some() {
        return Ok(There::Environment(args.environment.clone()));
    }
    let against = args.against.as_path();
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
