//! Repositories to publish to, and the program to do it with.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const STACK: &str = "\
stackgen: 1
stack: shop
namespaces: { app: { podSecurity: restricted } }
services:
  web:
    namespace: app
    image: ghcr.io/acme/web:1.0.0
    ports: { http: 8080 }
environments:
  prod: {}
  staging: {}
";

/// A folder with a configuration of git of its own, a repository with the stack, a bare remote and a clone of that.
pub(crate) struct World {
    dir: tempfile::TempDir,
}

pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let it = Self { dir: tempfile::tempdir().unwrap() };
        it.write(
            "config",
            "[user]\nname = Robin\nemail = robin@example.org\n[init]\ndefaultBranch = main\n[gc]\nauto = 0\n",
        );
        it.write("shop/stack.yaml", STACK);
        it.git("shop", &["init", "-q"]);
        it.git("shop", &["remote", "add", "origin", "https://robin:word@git.example.org/acme/shop.git"]);
        it.commit_all("shop", "stack");
        it.git(".", &["init", "-q", "--bare", "remote.git"]);
        it.clone("deploy");
        it.write("deploy/README.md", "what runs\n");
        it.commit_all("deploy", "start");
        it.git("deploy", &["push", "-q", "origin", "main"]);
        it
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn clone(&self, name: &str) {
        self.git(".", &["clone", "-q", "remote.git", name]);
    }

    pub(crate) fn commit_all(&self, repository: &str, message: &str) {
        self.git(repository, &["add", "-A"]);
        self.git(repository, &["commit", "-q", "-m", message]);
    }

    pub(crate) fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path(folder));
        command.env("GIT_CONFIG_GLOBAL", self.path("config")).env("GIT_CONFIG_NOSYSTEM", "1");
        // Of whoever runs the tests from a hook.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    #[track_caller]
    pub(crate) fn git(&self, folder: &str, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command("git", folder).args(args).output().unwrap();
        assert!(status.success(), "git {args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn publish(&self, args: &[&str]) -> Run {
        self.stackgen("shop", &[&["publish", "prod"], args].concat())
    }

    pub(crate) fn stackgen(&self, folder: &str, args: &[&str]) -> Run {
        let output = self.command(env!("CARGO_BIN_EXE_stackgen"), folder).args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Changes the stack, and commits that.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("shop/stack.yaml");
        assert!(text.contains(from), "{from}");
        self.write("shop/stack.yaml", &text.replace(from, to));
        self.commit_all("shop", "edit");
    }

    /// Where the branches are, what is staged and changed, and what is in the working tree.
    pub(crate) fn state(&self, repository: &str) -> String {
        let asked: [&[&str]; 4] = [
            &["for-each-ref", "refs/heads"],
            &["status", "--porcelain", "--branch", "--ignored"],
            &["diff", "--cached"],
            &["worktree", "list"],
        ];
        asked.map(|it| self.git(repository, it)).join("\n")
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out.trim_end()
    }

    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "{part:?} in {}", self.err);
        }
    }
}
