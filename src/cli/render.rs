//! `stackgen render`: one environment as a stream or as a tree.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::bail;

use super::Outcome;
use super::args::{FailOn, Global, Render};
use super::console::Console;
use super::impact;
use super::select::{Selection, Stack};
use super::watch;
use crate::bundle::Bundle;
use crate::compile::Compilation;
use crate::diag::on_one_line;
use crate::diff::{Report, Side, plural};
use crate::document::Document;
use crate::layout::{Form, Laid, Output};
use crate::lower::folder::GITOPS;
use crate::resolve::Resolved;
use crate::sync::{self, OWNERSHIP_FILE, Options, Plan, Record, Refusal};

/// One tree, and where it goes.
#[derive(Debug)]
pub(super) struct Placed {
    /// Its folder.
    pub root: PathBuf,
    pub bundle: Bundle,
    /// How many objects it has.
    pub objects: usize,
}

/// One tree to write.
struct Tree {
    placed: Placed,
    plan: Plan,
    /// What it was compiled from; none of what stands beside the tree.
    source: Option<(Stack, Document, Resolved)>,
}

impl Tree {
    fn plan(placed: Placed) -> anyhow::Result<Self> {
        let plan = sync::plan(&placed.root, &placed.bundle)?;
        Ok(Self { placed, plan, source: None })
    }
}

pub(super) fn run(args: &Render, flags: &Global, console: &mut Console) -> anyhow::Result<Outcome> {
    if args.watch {
        return watch::run(args, flags);
    }
    render(Selection::open(flags, console)?, args, flags, console)
}

/// Renders stacks that are read.
pub(super) fn render(
    mut selection: Selection,
    args: &Render,
    flags: &Global,
    console: &mut Console,
) -> anyhow::Result<Outcome> {
    if selection.report_broken(console) {
        return Ok(Outcome::Done);
    }
    selection.require(&args.environment)?;
    let several = selection.several;
    let form = if args.output.is_some() { Form::Tree } else { Form::Stream };
    let compiled = compile(selection.with(&args.environment), &args.environment, flags, form, console);
    if console.has_errors() {
        return Ok(Outcome::Done);
    }
    let Some(output) = &args.output else {
        return stream(compiled, console).map(|()| Outcome::Done);
    };
    let mut trees = Vec::new();
    for (stack, compilation) in compiled {
        let placed = place(&stack, compilation.laid, output, several)?;
        let source = compilation.document.zip(compilation.resolved);
        // What stands beside the tree comes after it, and is not weighed.
        let mut source = source.map(|(document, resolved)| (stack, document, resolved));
        for placed in placed {
            trees.push(Tree { source: source.take(), ..Tree::plan(placed)? });
        }
    }
    if args.check {
        check(&trees, &args.fail_on, console)
    } else {
        write(&trees, args, console).map(|()| Outcome::Done)
    }
}

/// The trees of a stack below `output`: its own first, then what a tool reads to apply it.
pub(super) fn place(
    stack: &Stack,
    laid: Option<Laid>,
    output: &Path,
    several: bool,
) -> anyhow::Result<Vec<Placed>> {
    let dir = if several { folder(output, &stack.name)? } else { output.to_path_buf() };
    let Some(Laid { output: Output::Tree(bundle), objects, folder: name, beside, .. }) = laid else {
        bail!(nothing(stack));
    };
    let mut trees = vec![Placed { root: folder(&dir, &name)?, bundle, objects }];
    if let Some((name, bundle)) = beside {
        // All but the list of the objects.
        let objects = bundle.len() - 1;
        trees.push(Placed { root: folder(&dir.join(GITOPS), &name)?, bundle, objects });
    }
    Ok(trees)
}

/// All that the stacks compile to; what was found is shown.
pub(super) fn compile(
    stacks: Vec<Stack>,
    environment: &str,
    flags: &Global,
    form: Form,
    console: &mut Console,
) -> Vec<(Stack, Compilation)> {
    let mut compiled = Vec::new();
    for mut stack in stacks {
        let mut compilation = stack.compile(environment, &flags.set, form);
        let mut findings = std::mem::take(&mut stack.project.findings);
        findings.append(&mut compilation.findings);
        console.report(stack.sources(), findings, &[environment.to_owned()]);
        compiled.push((stack, compilation));
    }
    compiled
}

fn stream(compiled: Vec<(Stack, Compilation)>, console: &Console) -> anyhow::Result<()> {
    let mut out = String::new();
    for (stack, compilation) in compiled {
        let Some(Laid { output: Output::Stream(text), .. }) = compilation.laid else {
            bail!(nothing(&stack));
        };
        if out.is_empty() {
            out = text;
        } else {
            out.push_str("---\n");
            out.push_str(&text);
        }
    }
    console.result(&out)
}

fn nothing(stack: &Stack) -> String {
    format!("{} compiles to nothing although nothing is wrong: a mistake in stackgen", stack.name)
}

/// A folder for a name. Names of stacks and environments are checked long before; a path must never depend on that.
pub(super) fn folder(dir: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let mut steps = Path::new(name).components();
    match (steps.next(), steps.next()) {
        (Some(Component::Normal(step)), None) if step == name => Ok(dir.join(name)),
        _ => bail!("`{name}` cannot be the name of a folder"),
    }
}

fn write(trees: &[Tree], args: &Render, console: &Console) -> anyhow::Result<()> {
    // All or nothing over all stacks, as far as can be known before.
    for Tree { placed: Placed { root, .. }, plan, .. } in trees {
        let safe = plan.edited.is_empty() && plan.foreign.is_empty();
        if !safe && !args.force {
            let (root, edited, foreign) = (root.clone(), plan.edited.clone(), plan.foreign.clone());
            return Err(Refusal { root, edited, foreign }.into());
        }
    }
    let options = Options { force: args.force, generator: env!("CARGO_PKG_VERSION") };
    let mut lines = Vec::new();
    for Tree { placed: Placed { root, bundle, objects }, plan, .. } in trees {
        let summary = sync::apply(root, bundle, plan, options)?;
        for (what, path) in differences(plan) {
            console.detail(&format!("{what} {}", root.join(path).display()));
        }
        let objects = plural(*objects, "object");
        let at = root.parent().unwrap_or(Path::new("")).display();
        lines.push(format!("{at}/{summary}; {objects}"));
        if let Some(left) = summary.leftover {
            lines.push(format!("the previous tree could not be deleted: {}", left.display()));
        }
    }
    // A line a run is what somebody can follow.
    let end = if args.watch { "; " } else { "\n" };
    let lines: Vec<String> = lines.iter().map(|it| on_one_line(it)).collect();
    console.lines(&lines.join(end));
    Ok(())
}

/// Shows what a write would change, and what applying that does. The outcome differs where anything does, or with `fail_on`
/// where a change that nobody has decided does so much.
fn check(trees: &[Tree], fail_on: &[FailOn], console: &mut Console) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for tree in trees {
        let Tree { placed: Placed { root, .. }, plan, .. } = tree;
        let report = weighed(tree, fail_on, console)?;
        if plan.is_clean() {
            continue;
        }
        let fires = || report.as_ref().is_some_and(|report| fail_on.iter().any(|it| it.fires(report)));
        if fail_on.is_empty() || fires() {
            outcome = Outcome::Differs;
        }
        let mut lines = String::new();
        for (what, path) in differences(plan) {
            let path = root.join(path).display().to_string();
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{what} {}", path.escape_debug());
        }
        console.result(&lines)?;
        console.note(&format!("{} is not up to date; `stackgen render -o` writes it", root.display()));
        if let Some(report) = report {
            console.note(&format!("{}: {}", root.display(), impact::line(&report)));
        }
    }
    Ok(outcome)
}

/// What writing a tree does to what runs; none where nothing is to be said of it.
fn weighed(tree: &Tree, fail_on: &[FailOn], console: &mut Console) -> anyhow::Result<Option<Report>> {
    let Some((stack, document, resolved)) = &tree.source else { return Ok(None) };
    if tree.plan.is_clean() && resolved.stack.acknowledge.is_empty() {
        return Ok(None);
    }
    let environment = &resolved.environment;
    let side = Side { document, resolved };
    let Placed { root, bundle, .. } = &tree.placed;
    match impact::compare(root, environment, bundle, side, &stack.sources()) {
        Ok(mut report) => {
            let findings = std::mem::take(&mut report.findings);
            console.report(stack.sources(), findings, std::slice::from_ref(environment));
            Ok(Some(report))
        }
        // What is there may be edited so that nobody knows what it is; that it differs is said all the same.
        Err(error) if fail_on.is_empty() => {
            console.detail(&format!("what writing it does is not known: {error:#}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What a write does, or refuses to do, file by file.
fn differences(plan: &Plan) -> Vec<(&'static str, &str)> {
    let lists = [
        ("create", &plan.created),
        ("change", &plan.changed),
        ("remove", &plan.removed),
        ("edited", &plan.edited),
        ("foreign", &plan.foreign),
    ];
    let mut found: Vec<(&str, &str)> =
        lists.into_iter().flat_map(|(what, list)| list.iter().map(move |it| (what, it.as_str()))).collect();
    match plan.record {
        Record::Current => {}
        Record::Outdated => found.push(("change", OWNERSHIP_FILE)),
        Record::Missing => found.push(("create", OWNERSHIP_FILE)),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_elsewhere() {
        let dir = Path::new("out");
        assert_eq!(folder(dir, "prod").unwrap(), Path::new("out/prod"));
        for name in ["", ".", "..", "/", "/etc", "a/b", "a/", "../x"] {
            assert!(folder(dir, name).is_err(), "{name}");
        }
    }
}
