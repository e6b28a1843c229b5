//! `stackgen publish`: renders into a branch of a repository, and commits what changed there.
//!
//! The commit is made in a temporary working tree, of the newest commit of the branch. Only then the branch moves, with the
//! working tree that people have of it; so whatever fails before leaves both as they were.

mod message;
mod target;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::Outcome;
use super::args::{FailOn, Global, Publish};
use super::console::Console;
use super::impact;
use super::render::{Placed, compile, place};
use super::select::Selection;
use crate::diag::Sources;
use crate::diff::{Report, Side};
use crate::document::Document;
use crate::git::{Pushed, Source, Worktree};
use crate::layout::Form;
use crate::resolve::Resolved;
use crate::sync::{self, Lock, OWNERSHIP_FILE, Options, Plan, Record};
use message::Message;
use target::Target;

/// How long to wait for another run that publishes to the same repository, which may have to push several times.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a push is tried while others are faster.
const ATTEMPTS: u32 = 5;
/// The pause after the first of them; it doubles each time.
const PAUSE: Duration = Duration::from_millis(100);

/// A stack, compiled.
struct Rendered {
    name: String,
    /// Its trees, by paths from the root of the repository that they go to.
    trees: Vec<Placed>,
    document: Document,
    resolved: Resolved,
    sources: Sources,
}

/// What is to be written.
#[derive(Default)]
struct Survey {
    /// For each tree.
    plans: Vec<Plan>,
    /// How many files are created, changed and removed.
    files: [usize; 3],
    /// All of them, and the lists of what stackgen owns, from the root of the repository.
    changed: Vec<PathBuf>,
}

/// What one attempt came to.
enum Attempt {
    /// A change does what `--fail-on` says.
    Refused(String),
    /// This would be committed.
    Shown(String),
    /// The branch is at this commit, new or not.
    At(Published),
    /// Another push was faster.
    Raced,
}

/// Where a branch is now.
struct Published {
    commit: String,
    /// Whether it was made here, with this first line.
    subject: Option<String>,
    pushed: bool,
}

pub(super) fn run(args: &Publish, flags: &Global, console: &mut Console) -> anyhow::Result<Outcome> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(Outcome::Done);
    }
    selection.require(&args.environment)?;
    let path = target::path(&args.path)?;
    let several = selection.several;
    let stacks = selection.with(&args.environment);
    let folders: Vec<PathBuf> = stacks.iter().map(|it| it.folder().to_owned()).collect();
    let compiled = compile(stacks, &args.environment, flags, Form::Tree, console);
    if console.has_errors() {
        return Ok(Outcome::Done);
    }
    let mut rendered = Vec::new();
    for (stack, compilation) in compiled {
        let trees = place(&stack, compilation.laid, &path, several)?;
        let made = compilation.document.zip(compilation.resolved);
        let (document, resolved) = made.context("what is rendered has a document")?;
        rendered.push(Rendered { sources: stack.sources(), name: stack.name, trees, document, resolved });
    }
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let run = Run { args, rendered, source: Source::of(&folders)?, target: Target::choose(args)? };
    run.publish(console)
}

/// All that does not change from attempt to attempt.
struct Run<'a> {
    args: &'a Publish,
    rendered: Vec<Rendered>,
    source: Option<Source>,
    target: Target,
}

impl Run<'_> {
    fn publish(&self, console: &Console) -> anyhow::Result<Outcome> {
        let lock = self.target.repository.common_folder()?.join("stackgen-publish.lock");
        let _lock = Lock::hold(lock, self.target.repository.root(), PATIENCE)?;
        let mut pause = PAUSE;
        for _ in 0..ATTEMPTS {
            match self.attempt()? {
                Attempt::Refused(text) => {
                    console.lines(&text);
                    console.note("nothing is published: `--fail-on`");
                    return Ok(Outcome::Differs);
                }
                Attempt::Shown(text) => return console.result(&text).map(|()| Outcome::Done),
                Attempt::At(published) => return self.tell(&published, console).map(|()| Outcome::Done),
                Attempt::Raced => {
                    console.detail("somebody else pushed; trying again on top of that");
                    std::thread::sleep(pause);
                    pause *= 2;
                }
            }
        }
        bail!(
            "others pushed to {} first, {ATTEMPTS} times; nothing is published, and nothing has changed here: run it again",
            self.target
        )
    }

    /// The commit goes to standard output, what was done to people.
    fn tell(&self, published: &Published, console: &Console) -> anyhow::Result<()> {
        let Published { commit, subject, pushed } = published;
        let pushed = if *pushed { ", pushed" } else { "" };
        let short = commit.get(..12).unwrap_or(commit);
        match subject {
            None => console.note(&format!("{}: nothing to commit, at {short}{pushed}", self.target)),
            Some(subject) => {
                console.note(&format!("{}: {short} {subject}{pushed}", self.target));
                console.result(&format!("{commit}\n"))?;
            }
        }
        Ok(())
    }

    /// Commits on top of the newest commit of the branch, and moves the branch there.
    fn attempt(&self) -> anyhow::Result<Attempt> {
        let target = &self.target;
        let roots: Vec<&Path> = self.trees().map(|it| it.root.as_path()).collect();
        let base = target.base(self.args.push, &roots)?;
        let worktree = Worktree::create(&target.repository, base.start.as_deref())?;
        let folder = worktree.folder();
        for root in &roots {
            target::refuse_links(folder, root)?;
        }
        let survey = self.survey(folder)?;
        let reports = self.reports(folder)?;
        let message = Message {
            environment: &self.args.environment,
            reports: &reports,
            files: survey.files,
            source: self.source.as_ref(),
        };
        if !survey.changed.is_empty() {
            let fires = |it: &FailOn| reports.iter().any(|(_, report)| it.fires(report));
            if self.args.fail_on.iter().any(fires) {
                return Ok(Attempt::Refused(message.text()));
            }
            if self.args.dry_run {
                return Ok(Attempt::Shown(message.text()));
            }
        }
        let options = Options { force: false, generator: env!("CARGO_PKG_VERSION") };
        for (tree, plan) in self.trees().zip(&survey.plans) {
            sync::apply(&folder.join(&tree.root), &tree.bundle, plan, options)?;
        }
        let made =
            if worktree.stage(&survey.changed)? { Some(worktree.commit(&message.text())?) } else { None };
        let subject = made.is_some().then(|| message.subject());
        let Some(commit) = made.or_else(|| base.start.clone()) else {
            bail!("{target} has no commit, and there is nothing to commit");
        };
        let mut pushed = false;
        if commit != base.local.as_deref().unwrap_or_default() {
            target.can_advance(&base, &commit)?;
        }
        if let Some(upstream) = &base.upstream
            && base.remote.as_ref() != Some(&commit)
        {
            match target.repository.push(upstream, &commit)? {
                Pushed::Raced => return Ok(Attempt::Raced),
                Pushed::Done => pushed = true,
            }
        }
        // The branch is in no working tree of a run that is over.
        drop(worktree);
        if base.local.as_ref() != Some(&commit) && !self.args.dry_run {
            target.advance(&base, &commit, pushed)?;
        }
        Ok(Attempt::At(Published { commit, subject, pushed }))
    }

    /// All or nothing: every tree is looked at before the first is written.
    fn survey(&self, folder: &Path) -> anyhow::Result<Survey> {
        let mut survey = Survey::default();
        for tree in self.trees() {
            let plan = sync::plan(&folder.join(&tree.root), &tree.bundle)?;
            self.target.refuse_conflicts(&tree.root, &plan)?;
            let lists = [&plan.created, &plan.changed, &plan.removed];
            for (count, list) in survey.files.iter_mut().zip(lists) {
                *count += list.len();
            }
            let record = (plan.record != Record::Current).then_some(OWNERSHIP_FILE);
            let paths = lists.into_iter().flatten().map(String::as_str).chain(record);
            survey.changed.extend(paths.map(|it| tree.root.join(it)));
            survey.plans.push(plan);
        }
        Ok(survey)
    }

    fn trees(&self) -> impl Iterator<Item = &Placed> {
        self.rendered.iter().flat_map(|it| &it.trees)
    }

    /// What changes in each stack, compared with what is below a folder.
    fn reports(&self, folder: &Path) -> anyhow::Result<Vec<(&str, Report)>> {
        let mut reports = Vec::new();
        for Rendered { name, trees, document, resolved, sources } in &self.rendered {
            let Some(Placed { root, bundle, .. }) = trees.first() else { continue };
            let is = Side { document, resolved };
            let report =
                impact::compare(&folder.join(root), name, bundle, is, sources).with_context(|| {
                    format!(
                        "{}: what is there cannot be compared; restore it, or remove the folder",
                        self.target
                    )
                })?;
            reports.push((name.as_str(), report));
        }
        Ok(reports)
    }
}
