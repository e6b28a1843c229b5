//! What goes to a remote repository and comes from there.

use super::{Failed, Repository, Upstream};

/// How a push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The remote branch is at the commit.
    Done,
    /// Somebody else was faster: the remote branch is where this repository did not know it to be.
    Raced,
}

impl Repository {
    /// Fetches the remote branch, and gives its commit; none where the remote has no such branch.
    ///
    /// # Errors
    /// When the remote cannot be reached, or lets nobody in.
    pub fn fetch(&self, upstream: &Upstream) -> Result<Option<String>, Failed> {
        let Upstream { remote, branch } = upstream;
        let there = format!("refs/heads/{branch}");
        if self.maybe(&["ls-remote", "--exit-code", "--quiet", remote, &there], 2)?.is_none() {
            return Ok(None);
        }
        let tracked = upstream.tracked();
        let refspec = format!("+{there}:{tracked}");
        let quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
        let args: Vec<&str> = quiet.into_iter().chain([remote.as_str(), &refspec]).collect();
        self.bytes(&args)?;
        self.tip(&tracked)
    }

    /// Pushes a commit to the remote branch, which must be an ancestor of it. Nothing is forced.
    ///
    /// # Errors
    /// When the remote cannot be reached, lets nobody in, or declines the commit for a reason of its own.
    pub fn push(&self, upstream: &Upstream, commit: &str) -> Result<Pushed, Failed> {
        let refspec = format!("{commit}:refs/heads/{}", upstream.branch);
        let args = ["push", "--porcelain", &upstream.remote, &refspec];
        let answer = self.ask(&args, &[])?;
        if answer.code != Some(0) && lost_a_race(&String::from_utf8_lossy(&answer.out)) {
            return Ok(Pushed::Raced);
        }
        answer.success(&args).map(|_| Pushed::Done)
    }
}

/// Whether a push was refused because of what was pushed meanwhile: not seen yet, or at the very same moment.
fn lost_a_race(report: &str) -> bool {
    const SEEN_LATE: [&str; 2] = ["[rejected] (fetch first)", "[rejected] (non-fast-forward)"];
    // What the remote says when another push holds the branch, or moved it after this one looked.
    const AT_ONCE: [&str; 4] =
        ["cannot lock ref", "failed to update ref", "failed to lock", "incorrect old value provided"];
    report.lines().filter(|it| it.starts_with('!')).any(|line| {
        SEEN_LATE.iter().any(|it| line.contains(it))
            || line.contains("[remote rejected]") && AT_ONCE.iter().any(|it| line.contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_race_is_one() {
        for line in [
            "!\tabc:refs/heads/main\t[rejected] (fetch first)",
            "!\tabc:refs/heads/main\t[rejected] (non-fast-forward)",
            "!\tabc:refs/heads/main\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
            "!\tabc:refs/heads/main\t[remote rejected] (failed to update ref)",
        ] {
            assert!(lost_a_race(&format!("To ../remote.git\n{line}\nDone\n")), "{line}");
        }
        for line in [
            "!\tabc:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
            "!\tabc:refs/heads/main\t[remote rejected] (protected branch hook declined)",
            "*\tabc:refs/heads/main\t[new branch]",
            "",
        ] {
            assert!(!lost_a_race(line), "{line}");
        }
    }
}
