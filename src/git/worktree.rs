//! A temporary working tree, in which a commit is made without touching one that people have.

use std::path::{Path, PathBuf};

use super::{Failed, Repository};

/// A working tree with an index and a HEAD of its own, and the repository's configuration, hooks and objects. Dropping it
/// deletes it; no branch has moved.
#[derive(Debug)]
pub struct Worktree {
    main: Repository,
    own: Repository,
    /// The commit that it was made of; none: the first commit of a branch is made in it.
    base: Option<String>,
}

/// All of the commit is there, whatever the other working trees leave out.
const WHOLE: [&str; 2] = ["-c", "core.sparseCheckout=false"];

impl Worktree {
    /// Checks a commit out; none: nothing. Only for who holds the lock of the repository, since what a killed run left in
    /// the same place is deleted.
    ///
    /// # Errors
    /// When git fails.
    pub fn create(main: &Repository, base: Option<&str>) -> Result<Self, Failed> {
        let folder = main.common_folder()?.join("stackgen-publish");
        let it = Self { main: main.clone(), own: Repository::at(folder), base: base.map(str::to_owned) };
        it.delete();
        let start = match base {
            Some(it) => it.to_owned(),
            // A working tree is always one of a commit. This one is replaced by the first.
            None => main.text(&["commit-tree", &main.empty_tree()?, "-m", "empty"])?,
        };
        let shown = it.folder().to_string_lossy().into_owned();
        let add = ["worktree", "add", "--quiet", "--force", "--detach", &shown, &start];
        main.bytes(&[&WHOLE[..], &add].concat())?;
        Ok(it)
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.own.root()
    }

    /// Stages files, those that are gone, too, and even those that the repository ignores; whether that comes to anything.
    ///
    /// # Errors
    /// When git fails.
    pub fn stage(&self, paths: &[PathBuf]) -> Result<bool, Failed> {
        if paths.is_empty() {
            return Ok(false);
        }
        let list: Vec<&[u8]> = paths.iter().map(|it| it.as_os_str().as_encoded_bytes()).collect();
        let add = ["--literal-pathspecs", "add", "--force", "--all"];
        let args = [&WHOLE[..], &add, &["--pathspec-from-file=-", "--pathspec-file-nul"]].concat();
        self.own.fed(&args, &list.join(&b'\0'))?;
        let args = [&WHOLE[..], &["diff", "--cached", "--quiet", "--no-ext-diff"]].concat();
        self.own.maybe(&args, 1).map(|it| it.is_none())
    }

    /// Commits what is staged, with the hooks, identity and signature that the repository's configuration asks for.
    ///
    /// # Errors
    /// When git fails: a hook that declines, nobody to be the author, a key that is not there.
    pub fn commit(&self, message: &str) -> Result<String, Failed> {
        let mut args = [&WHOLE[..], &["commit", "--quiet", "--cleanup=whitespace", "--file=-"]].concat();
        if self.base.is_none() {
            args.extend(["--amend", "--reset-author"]);
        }
        self.own.fed(&args, message.as_bytes())?;
        self.own.text(&["rev-parse", "HEAD"])
    }

    fn delete(&self) {
        if !self.folder().exists() {
            return;
        }
        let shown = self.folder().to_string_lossy();
        // What is left is deleted by the next run, which says what keeps it from doing so.
        let _ = self.main.ask(&["worktree", "remove", "--force", "--force", &shown], &[]);
        let _ = std::fs::remove_dir_all(self.folder());
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        self.delete();
    }
}
