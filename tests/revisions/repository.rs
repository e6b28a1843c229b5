//! Real repositories, by the git program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const STACK: &str = "\
stackgen: 1
stack: NAME
include: [ parts/*.yaml ]
versions: versions.env
parameters: { size: { type: integer, default: 2 } }
namespaces: { app: { podSecurity: restricted } }
environments:
  prod: {}
  dev: { services: { cart: { scale: 1 } } }
";

const CART: &str = "\
services:
  cart:
    image: registry.example/cart:${versions.CART}
    scale: ${parameters.size}
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
    files: { /etc/cart: { folder: files } }
";

/// A folder that is a repository.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
}

impl Repo {
    /// An empty one with the branch `main`. A path with `/` at its start is one from its root.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q", "-b", "main"]);
        Self { dir }
    }

    /// One whose first commit has the shop in a folder.
    pub(crate) fn shop(folder: &str) -> Self {
        let repo = Self::new();
        repo.put_shop(folder, "shop");
        repo.commit();
        repo
    }

    /// Writes a stack that reads a file of each kind.
    pub(crate) fn put_shop(&self, folder: &str, name: &str) {
        self.put(&format!("{folder}/stack.yaml"), &STACK.replace("NAME", name));
        self.put(&format!("{folder}/parts/cart.yaml"), CART);
        self.put(&format!("{folder}/versions.env"), "CART=1.0.0\n");
        self.put(&format!("{folder}/files/cart.conf"), "mode = slow\n");
    }

    /// A clone of another, with more arguments of `git clone`.
    pub(crate) fn cloned(from: &Path, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("file://{}", from.display());
        git(dir.path(), &[&["clone", "-q"], args, &[&url, "."]].concat());
        Self { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path.trim_start_matches('/'))
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces what a file has exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.at(path)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {path}");
        self.put(path, &text.replacen(from, to, 1));
    }

    /// Commits everything.
    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
    }

    /// What git prints.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(self.path(), args)
    }

    /// Runs the program in a folder of it.
    pub(crate) fn run(&self, folder: &str, args: &[&str]) -> Output {
        program().current_dir(self.at(folder)).args(args).output().unwrap()
    }

    /// What the program prints to standard output and standard error; it must end with that code.
    #[track_caller]
    pub(crate) fn said(&self, folder: &str, args: &[&str], code: i32) -> (String, String) {
        let output = self.run(folder, args);
        let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
        (out, err)
    }
}

/// The program, without the configuration of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command.env_remove("NO_COLOR");
    plain(&mut command);
    command
}

fn plain(command: &mut Command) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
}

#[track_caller]
fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    plain(&mut command);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Test").env(format!("GIT_{role}_EMAIL"), "test@example.com");
        // Ids are the same in every run.
        command.env(format!("GIT_{role}_DATE"), "2026-01-01T00:00:00Z");
    }
    let output = command.current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
