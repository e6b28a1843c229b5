//! `stackgen affected`: which outputs differ from those of a revision.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;
use serde_json::json;

use super::args::{Affected, AffectedFormat, Global};
use super::console::{Console, shown};
use super::discovery::{ENTRY, FOLDER, find, nothing, upwards};
use super::revision::{Revision, RevisionFiles};
use super::select::{Selection, Stack, require_stacks};
use crate::bundle::Bundle;
use crate::diag::{Diagnostic, on_one_line};
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
    let file = flags.file.as_deref();
    let Some(found) = find(Path::new("."), file)? else {
        return none_today(args, flags, console);
    };
    let mut selection = Selection::read(found, flags)?;
    let others = selection.choose(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    let today: Vec<&Stack> = selection.stacks.iter().chain(&others).collect();
    let first = today.first().context("there is a stack, or an error")?;
    let revision = Revision::open(first.folder(), &args.base)?;
    let mut bases = bases(&today, selection.several, &revision)?;
    // One that is known by its file is that of today, whatever it was called.
    let known_by_name = bases.iter().filter(|_| selection.several);
    require_stacks(flags, today.iter().copied().chain(known_by_name).map(|it| it.name.as_str()))?;
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
        console.report(stack.sources(), findings, &environments);
        for environment in base.iter().flat_map(|it| it.project.environments()) {
            if !environments.contains(&environment) {
                pairs.push(Pair { stack: stack.name.clone(), environment, state: State::Gone });
            }
        }
    }
    let of_today = |it: &&Stack| selection.stacks.iter().any(|stack| stack.name == it.name);
    for base in bases.iter().filter(|it| selection.several && !of_today(it)) {
        pairs.extend(gone(base, console));
    }
    tell(&pairs, args, &revision, console)
}

/// Where there is no stack today, all that the revision has is gone.
fn none_today(args: &Affected, flags: &Global, console: &Console) -> anyhow::Result<()> {
    let file = flags.file.as_deref();
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let revision = Revision::open(folder, &args.base)?;
    let mut bases = former(&revision, file)?;
    if bases.is_empty() {
        return Err(nothing(file));
    }
    require_stacks(flags, bases.iter().map(|it| it.name.as_str()))?;
    bases.retain(|it| flags.stack.is_empty() || flags.stack.contains(&it.name));
    let pairs: Vec<Pair> = bases.iter().flat_map(|it| gone(it, console)).collect();
    tell(&pairs, args, &revision, console)
}

/// The outputs of a stack of the revision that is no more.
fn gone(base: &Stack, console: &Console) -> Vec<Pair> {
    if base.project.loaded.is_none() {
        console.note(&format!("{} cannot be read: nobody knows which environments are gone", base.file()));
    }
    let pair = |environment| Pair { stack: base.name.clone(), environment, state: State::Gone };
    base.project.environments().into_iter().map(pair).collect()
}

fn tell(pairs: &[Pair], args: &Affected, revision: &Revision, console: &Console) -> anyhow::Result<()> {
    console.result(&written(pairs, args.format)?)?;
    if pairs.is_empty() && !console.has_errors() {
        console.note(&format!("no output differs from that of {}", revision.shown()));
    }
    Ok(())
}

/// The stacks of the revision, where stacks are today.
fn bases(today: &[&Stack], several: bool, revision: &Arc<Revision>) -> anyhow::Result<Vec<Stack>> {
    let (mut bases, mut folders) = (Vec::new(), Vec::new());
    for stack in today {
        folders.extend(stack.root().and_then(Path::file_name).and_then(OsStr::to_str));
        bases.extend(stack.base(revision)?);
    }
    if let Some(stack) = today.first().filter(|_| several) {
        let above = revision.path(stack.folder().parent().unwrap_or(Path::new("")))?;
        bases.extend(below(revision, &above, &folders)?);
    }
    Ok(bases)
}

/// The stacks of the revision where none is today, found as [`find`] finds those of today.
fn former(revision: &Arc<Revision>, file: Option<&Path>) -> anyhow::Result<Vec<Stack>> {
    let at = |folder: &Path, entry: &str| {
        let path = revision.path(folder)?;
        Stack::at(revision, &path, entry, path.rsplit('/').next().unwrap_or_default())
    };
    if let Some(file) = file {
        let entry = file.file_name().and_then(OsStr::to_str);
        let entry = entry.with_context(|| format!("the name of {} is not text", file.display()))?;
        return Ok(at(file.parent().unwrap_or(Path::new("")), entry)?.into_iter().collect());
    }
    let folders = upwards(Path::new("."))?;
    for folder in &folders {
        if let Some(stack) = at(folder, ENTRY)? {
            return Ok(vec![stack]);
        }
    }
    for folder in &folders {
        let stacks = below(revision, &revision.path(&folder.join(FOLDER))?, &[])?;
        if !stacks.is_empty() {
            return Ok(stacks);
        }
    }
    Ok(Vec::new())
}

/// The stacks in the folders of a folder of the revision, but in some.
fn below(revision: &Arc<Revision>, above: &str, but: &[&str]) -> anyhow::Result<Vec<Stack>> {
    let mut stacks = Vec::new();
    let Some(files) = RevisionFiles::open(revision, above)? else { return Ok(stacks) };
    for name in files.folders()?.into_iter().filter(|it| !but.contains(&it.as_str())) {
        stacks.extend(Stack::at(revision, &format!("{above}/{name}"), ENTRY, &name)?);
    }
    Ok(stacks)
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
            let line = format!("{} {} {}", it.stack, it.environment, it.state.name());
            let _ = writeln!(out, "{}", shown(&on_one_line(&line)));
            out
        }),
    })
}
