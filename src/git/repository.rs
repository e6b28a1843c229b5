//! One repository, and what is asked of it.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::source::public;

/// What git tells its hooks of the repository that they run in, which need not be this one
/// (`git rev-parse --local-env-vars`, without what carries configuration).
const LOCAL: [&str; 13] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    // Of a git before 2.40.
    "GIT_INTERNAL_SUPER_PREFIX",
];

/// A folder that somebody committed can look like a bare repository, whose configuration names programs. None is taken for
/// one unless it is named.
const EXPLICIT: [&str; 2] = ["-c", "safe.bareRepository=explicit"];

/// A repository with a working tree.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The folder of its working tree, as git names it.
    root: PathBuf,
}

/// What git said, however it ended.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The exit code; none where it was killed.
    pub(super) code: Option<i32>,
    /// What it printed.
    pub(super) out: Vec<u8>,
    /// What it said beside that, without the line end.
    said: String,
}

/// What git refused to do.
#[derive(Debug)]
pub struct Failed {
    /// The arguments.
    pub command: String,
    /// What it said, without the line end; or why it could not run.
    pub message: String,
    /// The exit code; none where it did not run or was killed.
    pub code: Option<i32>,
}

impl Repository {
    /// The repository that a folder is in.
    ///
    /// # Errors
    /// When there is no git, or the folder is in no repository with a working tree.
    pub fn open(folder: &Path) -> Result<Self, Failed> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let at = Self { root: folder.to_owned() };
        Ok(Self { root: PathBuf::from(at.text(&["rev-parse", "--show-toplevel"])?) })
    }

    /// That of a working tree whose folder is known.
    pub(super) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder of its working tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Asks git, and returns what it prints.
    ///
    /// # Errors
    /// When git cannot run or ends with another code than 0.
    pub(super) fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, Failed> {
        self.fed(args, &[])
    }

    /// Asks git, and returns the text that it prints, without the last line end.
    ///
    /// # Errors
    /// As [`Self::bytes`], and when it prints no text.
    pub fn text(&self, args: &[&str]) -> Result<String, Failed> {
        text(args, self.bytes(args)?)
    }

    /// Asks git with something on its standard input.
    ///
    /// # Errors
    /// As [`Self::bytes`].
    pub(super) fn fed(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, Failed> {
        self.ask(args, input)?.success(args)
    }

    /// Asks git a question that it answers by its exit code, too.
    ///
    /// # Errors
    /// When git cannot run.
    pub(super) fn ask(&self, args: &[&str], input: &[u8]) -> Result<Answer, Failed> {
        let output = self.output(args, input).map_err(|it| Failed::to_run(args, &it))?;
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        Ok(Answer { code: output.status.code(), out: output.stdout, said })
    }

    /// The text that git prints, without the last line end; none where it ends with `code`, which says that there is
    /// nothing.
    ///
    /// # Errors
    /// As [`Self::text`], with any other code.
    pub(super) fn maybe(&self, args: &[&str], code: i32) -> Result<Option<String>, Failed> {
        let answer = self.ask(args, &[])?;
        if answer.code == Some(code) {
            return Ok(None);
        }
        text(args, answer.success(args)?).map(Some)
    }

    /// The call of git; it has not been made.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        // No lock is taken for what is only read; messages are English. What git itself would ask a person fails; who set up
        // `ssh` or an askpass program to ask, is asked.
        command.arg("--no-optional-locks").args(EXPLICIT).args(args).current_dir(&self.root);
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        for name in LOCAL {
            command.env_remove(name);
        }
        command
    }

    fn output(&self, args: &[&str], input: &[u8]) -> io::Result<Output> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().expect("standard input was asked for");
        std::thread::scope(|scope| {
            // Beside reading, so that neither waits for the other; a git that ends early has no need of the rest.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output()
        })
    }
}

impl Answer {
    /// What it printed, if it ended well.
    ///
    /// # Errors
    /// When it ended with another code than 0.
    pub(super) fn success(self, args: &[&str]) -> Result<Vec<u8>, Failed> {
        let Self { code, out, said } = self;
        if code == Some(0) { Ok(out) } else { Err(Failed { code, ..Failed::of(args, said) }) }
    }
}

fn text(args: &[&str], bytes: Vec<u8>) -> Result<String, Failed> {
    let text = String::from_utf8(bytes).map_err(|_| Failed::of(args, "git printed no text".to_owned()))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

impl Failed {
    /// That git could not be started.
    pub(super) fn to_run(args: &[&str], error: &io::Error) -> Self {
        let why = if error.kind() == ErrorKind::NotFound {
            "there is no `git` program".to_owned()
        } else {
            format!("git cannot run: {error}")
        };
        Self::of(args, why)
    }

    fn of(args: &[&str], message: String) -> Self {
        Self { command: args.join(" "), message, code: None }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`git {}` failed", public(&self.command))?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", public(&self.message)) }
    }
}

impl Error for Failed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_from_within_and_asked() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let at = Repository { root: root.clone() };
        at.bytes(&["init", "-q"]).unwrap();
        std::fs::create_dir(root.join("inner")).unwrap();
        let found = Repository::open(&root.join("inner")).unwrap();
        assert_eq!(found.root(), root);
        let id = found.fed(&["hash-object", "-w", "--stdin"], b"text").unwrap();
        let id = String::from_utf8(id).unwrap();
        assert_eq!(found.text(&["cat-file", "blob", id.trim()]).unwrap(), "text");
    }

    #[test]
    fn git_is_told_of_no_other_repository() {
        let dir = tempfile::tempdir().unwrap();
        let at = Repository { root: dir.path().to_path_buf() };
        let all = at.text(&["rev-parse", "--local-env-vars"]).unwrap();
        let local = all.lines().filter(|it| !it.starts_with("GIT_CONFIG"));
        let kept: Vec<&str> = local.filter(|it| !LOCAL.contains(it)).collect();
        assert!(kept.is_empty() && all.contains("GIT_DIR"), "{kept:?} of {all}");
    }

    #[test]
    fn no_credential_is_repeated() {
        let failed = Failed::of(
            &["fetch", "https://robin:word@host/x.git"],
            "fatal: 'https://robin:word@host/x.git' is not there".to_owned(),
        );
        assert_eq!(
            failed.to_string(),
            "`git fetch https://host/x.git` failed: fatal: 'https://host/x.git' is not there"
        );
    }

    #[test]
    fn what_git_says_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let error = Repository::open(dir.path()).unwrap_err();
        assert_eq!(error.code, Some(128));
        assert!(
            error.to_string().starts_with("`git rev-parse --show-toplevel` failed: fatal: not a git"),
            "{error}"
        );
    }
}
