//! A revision of the repository that a stack is in, for `--base`.

mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::diag::nearest;
use crate::git::{Commit, Failed, Repository};

pub(super) use files::RevisionFiles;

/// How many digits of an id are shown.
const DIGITS: usize = 12;

/// A commit, as somebody named it.
#[derive(Debug)]
pub(super) struct Revision {
    name: String,
    commit: Commit,
    repository: Repository,
    /// The folder of the repository, without symbolic links.
    root: PathBuf,
}

impl Revision {
    /// The revision of that name in the repository that a folder is in.
    ///
    /// # Errors
    /// When there is no git, no repository or no such revision; with what to do about it.
    pub(super) fn open(folder: &Path, name: &str) -> anyhow::Result<Arc<Self>> {
        let folder = existing(folder);
        let repository = Repository::open(folder).map_err(|it| no_repository(folder, name, it))?;
        let root = repository.root();
        let root = root.canonicalize().with_context(|| format!("cannot read {}", root.display()))?;
        let Some(commit) = repository.commit(name)? else { bail!(unknown(&repository, name)?) };
        Ok(Arc::new(Self { name: name.to_owned(), commit, repository, root }))
    }

    /// The name, with the first digits of the id where that is no part of it.
    pub(super) fn shown(&self) -> String {
        let id = self.commit.id();
        let short = &id[..DIGITS.min(id.len())];
        if self.name.starts_with(short) { short.to_owned() } else { format!("{} ({short})", self.name) }
    }

    /// The name alone.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where a folder is in the repository, with `/` between steps; it need not be there today.
    ///
    /// # Errors
    /// When it is not in this repository, or its name is no text.
    pub(super) fn path(&self, folder: &Path) -> anyhow::Result<String> {
        let shown = folder.display();
        let there = existing(folder);
        let gone = folder.strip_prefix(there).unwrap_or(Path::new(""));
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        let real = there.canonicalize().with_context(|| format!("cannot read {shown}"))?.join(gone);
        let below = real.strip_prefix(&self.root);
        let below = below.map_err(|_| anyhow!("{shown} is not in {}", self.root.display()))?;
        Ok(below.to_str().with_context(|| format!("the name of {shown} is not text"))?.to_owned())
    }

    /// How the rest of a message says that an object is not there.
    fn lacks(&self, failed: &Failed) -> String {
        if !self.repository.is_partial() {
            return failed.to_string();
        }
        format!(
            "this clone is partial and lacks some of {name}, and nothing is fetched while stackgen runs; `git archive {name} > /dev/null` brings it",
            name = self.name
        )
    }
}

/// The nearest folder above that is there today; empty is this one.
fn existing(folder: &Path) -> &Path {
    folder.ancestors().find(|it| it.is_dir()).unwrap_or(Path::new(""))
}

fn no_repository(folder: &Path, name: &str, failed: Failed) -> anyhow::Error {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if failed.message.contains("not a git repository") {
        let shown = folder.display();
        return anyhow!(
            "there is no revision `{name}`: {shown} is in no git repository; `--against DIR` compares with a tree"
        );
    }
    anyhow::Error::new(failed).context(format!("cannot read the revision `{name}`"))
}

/// Why a name means no commit, and which would.
fn unknown(repository: &Repository, name: &str) -> anyhow::Result<String> {
    let mut said = format!("there is no revision `{name}`");
    let known = repository.names()?;
    let last = name.rsplit('/').next().unwrap_or(name);
    // What is asked for is mostly there under the name of a remote, or without it.
    let other = known.iter().find(|it| it.rsplit('/').next() == Some(last));
    let near = other.map(String::as_str).or_else(|| nearest(name, known.iter().map(String::as_str)));
    if let Some(near) = near {
        said.push_str("; the nearest name is `");
        said.push_str(near);
        said.push('`');
    }
    if name.contains("..") {
        said += "; a range is none: `$(git merge-base A B)` is where two branches part";
    }
    if repository.is_shallow()? {
        said += "; this clone is shallow: `git fetch --depth=1 origin BRANCH` brings a branch, `git fetch --deepen=100` older commits, and `fetch-depth: 0` of actions/checkout all of them";
    }
    Ok(said)
}
