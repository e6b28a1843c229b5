//! Branches: which there are, where they stand, and how one moves forward.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Failed, Repository};
use crate::diag::on_one_line;

/// The branch of a remote repository that a local one goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The name of the remote.
    pub remote: String,
    /// The branch there, without `refs/heads/`.
    pub branch: String,
}

/// How a branch stands to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has all that the other one has.
    Ahead,
    /// The other one has all that it has, and more.
    Behind,
    /// Each has what the other one lacks.
    Diverged,
}

impl Upstream {
    /// Where the last fetch left it.
    #[must_use]
    pub fn tracked(&self) -> String {
        format!("refs/remotes/{}/{}", self.remote, self.branch)
    }
}

impl Repository {
    /// The branch that is checked out, which need not have a commit; none where HEAD is detached.
    ///
    /// # Errors
    /// When git fails.
    pub fn branch(&self) -> Result<Option<String>, Failed> {
        self.maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"], 1)
    }

    /// The commit that a reference names; none where there is no such reference.
    ///
    /// # Errors
    /// When git fails.
    pub fn tip(&self, reference: &str) -> Result<Option<String>, Failed> {
        self.maybe(&["rev-parse", "--quiet", "--verify", &format!("{reference}^{{commit}}")], 1)
    }

    /// What people have begun in the working tree and not finished, as they call it.
    ///
    /// # Errors
    /// When git fails.
    pub fn unfinished(&self) -> Result<Option<&'static str>, Failed> {
        const TRACES: [(&str, &str); 5] = [
            ("MERGE_HEAD", "merge"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
        ];
        let folder = PathBuf::from(self.text(&["rev-parse", "--absolute-git-dir"])?);
        Ok(TRACES.into_iter().find(|(trace, _)| folder.join(trace).exists()).map(|(_, name)| name))
    }

    /// The folder that all working trees of the repository share.
    ///
    /// # Errors
    /// When git fails.
    pub fn common_folder(&self) -> Result<PathBuf, Failed> {
        self.text(&["rev-parse", "--path-format=absolute", "--git-common-dir"]).map(PathBuf::from)
    }

    /// The working tree in which a branch is checked out.
    ///
    /// # Errors
    /// When git fails.
    pub fn checked_out(&self, branch: &str) -> Result<Option<PathBuf>, Failed> {
        let listed = self.text(&["worktree", "list", "--porcelain"])?;
        let wanted = format!("branch refs/heads/{branch}");
        let one = listed.split("\n\n").find(|it| it.lines().any(|line| line == wanted));
        Ok(one.and_then(|it| it.lines().find_map(|line| line.strip_prefix("worktree ")).map(PathBuf::from)))
    }

    /// Where a branch goes: as configured, else to the branch of its name at `origin` or at the only remote. None where that
    /// is no remote with a name: nothing is known of what is at a URL, and it may hold a token.
    ///
    /// # Errors
    /// When git fails.
    pub fn upstream(&self, branch: &str) -> Result<Option<Upstream>, Failed> {
        let config = |key: &str| self.maybe(&["config", "--get", &format!("branch.{branch}.{key}")], 1);
        let listed = self.text(&["remote"])?;
        let remotes: Vec<&str> = listed.lines().collect();
        // `.` is this repository itself.
        if let Some(remote) = config("remote")?.filter(|it| it != ".") {
            let merged = config("merge")?.unwrap_or_default();
            let name = merged.strip_prefix("refs/heads/").unwrap_or(branch).to_owned();
            let is_known = remotes.contains(&remote.as_str());
            return Ok(is_known.then_some(Upstream { remote, branch: name }));
        }
        let remote = match remotes.as_slice() {
            [only] => Some(*only),
            several => several.iter().copied().find(|it| *it == "origin"),
        };
        Ok(remote.map(|it| Upstream { remote: it.to_owned(), branch: branch.to_owned() }))
    }

    /// How one commit stands to another.
    ///
    /// # Errors
    /// When git fails.
    pub fn standing(&self, of: &str, to: &str) -> Result<Standing, Failed> {
        let within = |a: &str, b: &str| {
            let args = ["merge-base", "--is-ancestor", a, b];
            self.maybe(&args, 1).map(|it| it.is_some())
        };
        Ok(if within(to, of)? {
            Standing::Ahead
        } else if within(of, to)? {
            Standing::Behind
        } else {
            Standing::Diverged
        })
    }

    /// What differs from the last commit below some paths, staged or not; what git does not know is not listed.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_below(&self, paths: &[&Path]) -> Result<Vec<String>, Failed> {
        let paths: Vec<String> = paths.iter().map(|it| it.to_string_lossy().into_owned()).collect();
        let mut args = vec![
            "--literal-pathspecs",
            "status",
            "--porcelain",
            "-z",
            "--no-renames",
            "--untracked-files=no",
            "--",
        ];
        args.extend(paths.iter().map(String::as_str));
        let listed = self.text(&args)?;
        Ok(listed.split('\0').filter_map(|it| it.get(3..)).map(str::to_owned).collect())
    }

    /// Whether the checked-out branch, which is at `from`, and the working tree could move on to a commit: nothing
    /// that is not committed is in the way. Nothing is written.
    ///
    /// # Errors
    /// What is in the way, as git says it.
    pub fn can_advance(&self, from: Option<&str>, to: &str) -> Result<(), Failed> {
        let from = match from {
            Some(it) => it.to_owned(),
            None => self.empty_tree()?,
        };
        // A file that was only touched is not in the way. What differs is said below.
        self.ask(&["update-index", "-q", "--refresh"], &[])?;
        let args = ["read-tree", "-m", "-u", "--dry-run", &from, to];
        self.bytes(&args)?;
        // What git does not know, and what it ignores, is not looked at by this.
        let in_the_way = self.strangers(&from, to)?;
        if in_the_way.is_empty() {
            return Ok(());
        }
        let message = format!("these files are there, and git does not know them: {}", in_the_way.join(", "));
        Err(Failed { command: args.join(" "), message, code: None })
    }

    /// What is in the working tree where a commit has files that another one lacks, or folders for them.
    fn strangers(&self, from: &str, to: &str) -> Result<Vec<String>, Failed> {
        let listed =
            self.text(&["diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", from, to])?;
        let fields: Vec<&str> = listed.split_terminator('\0').collect();
        let of = |status| move |pair: &&[&str]| pair.first() == Some(&status);
        let pairs = || fields.chunks_exact(2);
        let gone: BTreeSet<&str> = pairs().filter(of("D")).map(|it| it[1]).collect();
        let mut found = BTreeSet::new();
        for path in pairs().filter(of("A")).map(|it| it[1]) {
            let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
            let file = folders
                .filter(|it| !gone.contains(it))
                .find(|it| self.root().join(it).symlink_metadata().is_ok_and(|it| !it.is_dir()));
            let there = file.or_else(|| self.root().join(path).symlink_metadata().is_ok().then_some(path));
            found.extend(there.map(on_one_line));
        }
        Ok(found.into_iter().collect())
    }

    /// Moves the checked-out branch and the working tree on to a commit. What is staged or changed elsewhere stays.
    ///
    /// # Errors
    /// When something is in the way; then nothing is written.
    pub fn advance(&self, to: &str) -> Result<(), Failed> {
        let quiet =
            ["merge", "--quiet", "--no-stat", "--ff-only", "--no-autostash", "--no-verify-signatures"];
        let args: Vec<&str> = quiet.into_iter().chain(["--no-overwrite-ignore", to]).collect();
        self.bytes(&args).map(drop)
    }

    /// Moves a branch that is checked out nowhere, if it still is where it was; none is one that is not there yet.
    ///
    /// # Errors
    /// When somebody else moved it.
    pub fn move_branch(&self, branch: &str, from: Option<&str>, to: &str) -> Result<(), Failed> {
        // Zeros of any length say that there is none.
        let from = from.map_or_else(|| "0".repeat(to.len()), str::to_owned);
        self.bytes(&["update-ref", "-m", "stackgen publish", &format!("refs/heads/{branch}"), to, &from])
            .map(drop)
    }

    /// The tree without a file, which need not be in the repository yet.
    pub(super) fn empty_tree(&self) -> Result<String, Failed> {
        self.text(&["hash-object", "-w", "-t", "tree", "--stdin"])
    }
}
