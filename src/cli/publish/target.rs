//! The branch that a commit goes to, and why it may not.

use std::fmt::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};

use super::super::args::Publish;
use crate::git::{Repository, Standing, Upstream};
use crate::sync::Plan;

/// How many paths a message lists.
const MOST: usize = 10;

/// A branch of a repository.
pub(super) struct Target {
    pub repository: Repository,
    branch: String,
    /// Whether it is checked out in the repository's working tree, which then moves with it.
    checked_out: bool,
}

/// Where a branch is when an attempt begins.
pub(super) struct Base {
    /// What the commit is made on; none: it is the first of the branch.
    pub start: Option<String>,
    /// Where the branch is here.
    pub local: Option<String>,
    /// Where it is to be pushed.
    pub upstream: Option<Upstream>,
    /// Where it is there.
    pub remote: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.branch, self.repository.root().display())
    }
}

impl Target {
    /// The branch that the arguments mean.
    pub(super) fn choose(args: &Publish) -> anyhow::Result<Self> {
        let folder = args.repo.as_deref().unwrap_or(Path::new("."));
        let repository = Repository::open(folder)
            .with_context(|| format!("{} is in no repository that has a working tree", folder.display()))?;
        let root = repository.root().display().to_string();
        if args.repo.is_some() && folder.canonicalize().ok().as_deref() != Some(repository.root()) {
            bail!(
                "{} is a folder of the repository {root}: name that by `--repo`, and the folder by `--path`",
                folder.display()
            );
        }
        let current = repository.branch()?;
        let branch = match (&args.branch, current.clone()) {
            (Some(name), _) => {
                // What stands for a name, such as `@{-1}`, is answered with that name.
                let checked = repository.text(&["check-ref-format", "--branch", name]);
                if checked.ok().as_ref() != Some(name) {
                    bail!("`{name}` cannot be the name of a branch");
                }
                name.clone()
            }
            (None, Some(name)) => name,
            (None, None) => bail!(
                "{root} is at no branch (its HEAD is detached): check a branch out there, or name one by `--branch`"
            ),
        };
        let checked_out = current.as_deref() == Some(branch.as_str());
        if checked_out && args.repo.is_none() {
            bail!(
                "`{branch}` is checked out here: `--repo {root}` commits to it and brings its files up to date"
            );
        }
        if !checked_out && let Some(there) = repository.checked_out(&branch)? {
            bail!(
                "`{branch}` is checked out in {0}: `--repo {0}` commits to it and brings its files up to date",
                there.display()
            );
        }
        if checked_out && let Some(what) = repository.unfinished()? {
            bail!("a {what} is not finished in {root}: finish it, or `git {what} --abort`");
        }
        Ok(Self { repository, branch, checked_out })
    }

    /// Where to commit. What was pushed to it is fetched first where the commit is to be pushed.
    pub(super) fn base(&self, push: bool, roots: &[&Path]) -> anyhow::Result<Base> {
        let git = &self.repository;
        if self.checked_out {
            let changed = git.changed_below(roots)?;
            if !changed.is_empty() {
                bail!(
                    "{self} has changes of these files that are not committed; commit them or take them back:{}",
                    listed(&changed)
                );
            }
        }
        let local = git.tip(&format!("refs/heads/{}", self.branch))?;
        let upstream = git.upstream(&self.branch)?;
        let remote = match (&upstream, push) {
            (Some(upstream), true) => git.fetch(upstream)?,
            (Some(upstream), false) => git.tip(&upstream.tracked())?,
            (None, true) => bail!(
                "{self} goes to no remote repository that has a name: add one by `git remote add origin URL`, or, where there \
                 are several or `branch.{0}.remote` is none of them, choose one by `git branch --set-upstream-to`",
                self.branch
            ),
            (None, false) => None,
        };
        let start = match (&local, &remote) {
            (Some(here), Some(there)) => match git.standing(here, there)? {
                Standing::Ahead => Some(here),
                Standing::Behind if push => Some(there),
                Standing::Behind => bail!(
                    "{self} is behind what was fetched from `{}`: bring it up to date by `git pull --ff-only`, or publish with `--push`",
                    upstream.as_ref().map_or("", |it| &it.remote)
                ),
                Standing::Diverged => bail!(
                    "{self} has commits that `{}` lacks, and lacks commits that are there: `git rebase` or `git reset` it first",
                    upstream.as_ref().map_or("", |it| &it.remote)
                ),
            },
            (here, there) => here.as_ref().or(there.as_ref()),
        };
        let start = start.cloned();
        Ok(Base { start, local, upstream: upstream.filter(|_| push), remote })
    }

    /// Refuses what would lose somebody's work.
    pub(super) fn refuse_conflicts(&self, root: &Path, plan: &Plan) -> anyhow::Result<()> {
        if !plan.edited.is_empty() {
            bail!(
                "{self}, {}: these files were changed by hand, which would be lost; change the stack instead, and take them back there:{}",
                root.display(),
                listed(&plan.edited)
            );
        }
        if !plan.foreign.is_empty() {
            bail!(
                "{self}, {}: these files are in the way, and stackgen did not write them; remove or move them there, or choose another `--path`:{}",
                root.display(),
                listed(&plan.foreign)
            );
        }
        Ok(())
    }

    /// Makes sure, before anything is pushed, that the working tree can follow.
    pub(super) fn can_advance(&self, base: &Base, commit: &str) -> anyhow::Result<()> {
        if self.checked_out {
            self.repository
                .can_advance(base.local.as_deref(), commit)
                .with_context(|| format!("{self} cannot take the commit; move away what is in its way"))?;
        }
        Ok(())
    }

    /// Moves the branch to the commit, with its working tree.
    pub(super) fn advance(&self, base: &Base, commit: &str, pushed: bool) -> anyhow::Result<()> {
        let moved = if self.checked_out {
            self.repository.advance(commit)
        } else {
            self.repository.move_branch(&self.branch, base.local.as_deref(), commit)
        };
        moved.with_context(|| {
            let done = if pushed { "the commit is pushed, but not here" } else { "nothing is published" };
            format!("{self} changed meanwhile; {done}")
        })
    }
}

/// A folder from the root of a repository, without steps that say nothing.
pub(super) fn path(given: &Path) -> anyhow::Result<PathBuf> {
    let mut path = PathBuf::new();
    for step in given.components() {
        match step {
            Component::CurDir => {}
            Component::Normal(name) if !name.eq_ignore_ascii_case(".git") => path.push(name),
            _ => bail!(
                "`--path {}` is no folder of the repository: it starts at the root of that and stays in it",
                given.display()
            ),
        }
    }
    Ok(path)
}

/// Refuses a path that goes through a symbolic link, or to one.
pub(super) fn refuse_links(folder: &Path, root: &Path) -> anyhow::Result<()> {
    let mut at = folder.to_path_buf();
    let mut shown = PathBuf::new();
    for step in root.components() {
        at.push(step);
        shown.push(step);
        if at.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            bail!("{} is a symbolic link in the repository; choose a `--path` without one", shown.display());
        }
    }
    Ok(())
}

/// A line each, for the end of a message.
fn listed(paths: &[String]) -> String {
    let mut lines = String::new();
    for path in paths.iter().take(MOST) {
        // Writing to a string cannot fail.
        let _ = write!(lines, "\n  {}", path.escape_debug());
    }
    if paths.len() > MOST {
        let _ = write!(lines, "\n  and {} more", paths.len() - MOST);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_repository() {
        for (given, expected) in [(".", ""), ("a/./b/", "a/b"), ("...", "..."), ("", "")] {
            assert_eq!(path(Path::new(given)).unwrap(), Path::new(expected), "{given}");
        }
        for given in ["/a", "..", "a/../..", ".git", "a/.GIT/hooks"] {
            assert!(path(Path::new(given)).is_err(), "{given}");
        }
    }
}
