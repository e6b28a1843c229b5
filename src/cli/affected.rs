//! `stackgen affected`: which outputs differ from those of a revision.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;
use serde_json::json;

use super::args::{Affected, AffectedFormat, Global};
use super::console::Console;
use super::discovery::ENTRY;
use super::revision::{Revision, RevisionFiles};
use super::select::{Selection, Stack};
use crate::bundle::Bundle;
use crate::diag::Diagnostic;
use crate::layout::{Form, Laid, Output};

/// An environment of a stack whose output differs.
#[derive(Debug, Serialize)]
struct Pair {
    stack: String,
    environment: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Changed,
    New,
    Gone,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

pub(super) fn run(args: &Affected, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    let first = selection.stacks.first().context("there is a stack, or an error")?;
    let revision = Revision::open(first.folder(), &args.base)?;
    let mut bases = bases(&selection, &revision)?;
    if !flags.stack.is_empty() {
        bases.retain(|it| flags.stack.contains(&it.name));
    }
    let mut pairs = Vec::new();
    for stack in &mut selection.stacks {
        let mut base = bases.iter_mut().find(|it| !selection.several || it.name == stack.name);
        let environments = stack.project.environments();
        let mut findings = std::mem::take(&mut stack.project.findings);
        for environment in &environments {
            let needs = stack.needs(environment, &flags.set);
            if !needs.is_empty() {
                console.note(&format!("{} {environment} is not compared: it needs {needs}", stack.name));
                continue;
            }
            let set = stack.known(environment, &flags.set);
            let mut compilation = stack.compile(environment, &set, Form::Tree);
            findings.append(&mut compilation.findings);
            let Some(laid) = compilation.laid else { continue };
            if let Some(state) = state(stack, &laid, base.as_deref_mut(), environment, &flags.set) {
                pairs.push(Pair { stack: stack.name.clone(), environment: environment.clone(), state });
            }
        }
        // What else is wrong is not the question.
        findings.retain(Diagnostic::is_error);
        console.report(stack, findings, &environments);
        for environment in base.iter().flat_map(|it| it.project.environments()) {
            if !environments.contains(&environment) {
                pairs.push(Pair { stack: stack.name.clone(), environment, state: State::Gone });
            }
        }
    }
    for base in bases.iter().filter(|_| selection.several) {
        if !selection.stacks.iter().any(|it| it.name == base.name) {
            pairs.extend(base.project.environments().into_iter().map(|environment| Pair {
                stack: base.name.clone(),
                environment,
                state: State::Gone,
            }));
        }
    }
    console.result(&written(&pairs, args.format)?)?;
    if pairs.is_empty() && !console.has_errors() {
        console.note(&format!("no output differs from that of {}", revision.shown()));
    }
    Ok(())
}

/// The stacks of the revision, where stacks are today.
fn bases(selection: &Selection, revision: &Arc<Revision>) -> anyhow::Result<Vec<Stack>> {
    let (mut bases, mut folders) = (Vec::new(), Vec::new());
    for stack in &selection.stacks {
        folders.extend(stack.root().and_then(Path::file_name));
        bases.extend(stack.base(revision)?);
    }
    if let Some(stack) = selection.stacks.first().filter(|_| selection.several) {
        let above = stack.folder().parent().unwrap_or(Path::new(""));
        let above = revision.path(if above.as_os_str().is_empty() { Path::new(".") } else { above })?;
        let Some(files) = RevisionFiles::open(revision, &above)? else { return Ok(bases) };
        for name in files.folders()?.into_iter().filter(|it| !folders.contains(&it.as_ref())) {
            bases.extend(Stack::at(revision, &format!("{above}/{name}"), ENTRY, &name)?);
        }
    }
    Ok(bases)
}

/// How an output of today differs from that of the base; none where it does not.
fn state(
    stack: &Stack,
    laid: &Laid,
    base: Option<&mut Stack>,
    environment: &str,
    set: &[(String, String)],
) -> Option<State> {
    let Some(base) = base else { return Some(State::New) };
    if stack.is_same_in(base) {
        return None;
    }
    if base.is_sound() && !base.declares(environment) {
        return Some(State::New);
    }
    let set = base.known(environment, set);
    let before = base.compile(environment, &set, Form::Tree).laid.filter(|_| base.is_sound());
    let is_same = before.is_some_and(|it| texts(&it) == texts(laid));
    (!is_same).then_some(State::Changed)
}

/// All bytes of an output: the name and files of its tree, and of what stands beside it.
fn texts(laid: &Laid) -> Vec<(&str, Vec<(&str, &str)>)> {
    let tree = match &laid.output {
        Output::Tree(bundle) => Some((laid.folder.as_str(), files(bundle))),
        Output::Stream(_) | Output::Count | Output::Objects(_) | Output::Project(_) => None,
    };
    let beside = laid.beside.as_ref().map(|(name, bundle)| (name.as_str(), files(bundle)));
    tree.into_iter().chain(beside).collect()
}

fn files(bundle: &Bundle) -> Vec<(&str, &str)> {
    bundle.iter().map(|(path, it)| (path, it.text.as_str())).collect()
}

fn written(pairs: &[Pair], format: AffectedFormat) -> anyhow::Result<String> {
    Ok(match format {
        AffectedFormat::Json => serde_json::to_string_pretty(pairs)? + "\n",
        AffectedFormat::Github => format!("matrix={}\n", json!({ "include": pairs })),
        AffectedFormat::Text => pairs.iter().fold(String::new(), |mut out, it| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{} {} {}", it.stack, it.environment, it.state.name());
            out
        }),
    })
}
