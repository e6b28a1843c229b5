//! `stackgen render --watch`: a process that follows its stack.

use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const STACK: &str = "\
stackgen: 1
stack: shop
include: [ parts/*.yaml ]
versions: versions.env
namespaces: { app: { podSecurity: restricted } }
environments: { prod: { overlays: [ prod.yaml ] } }
";

const SERVICE: &str = "\
services:
  NAME:
    image: registry.example/NAME:${versions.TAG}
    scale: 2
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
";

/// A stack, and a process that watches it.
struct Watch {
    dir: tempfile::TempDir,
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(more: &[&str]) -> Self {
        let dir = stack();
        let (child, stderr) = watch(dir.path(), more);
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let it = Self { dir, child, lines };
        it.expect("11 created");
        it
    }

    fn put(&self, path: &str, text: &str) {
        fs::write(self.dir.path().join(path), text).unwrap();
    }

    /// Waits for a line with a text, and gives all lines up to it.
    #[track_caller]
    fn expect(&self, part: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(20)) {
                Ok(line) => seen.push(line),
                Err(error) => panic!("no line with {part:?}: {error}: {seen:#?}"),
            }
            if seen.last().unwrap().contains(part) {
                return seen;
            }
        }
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.dir.path().join("out/prod").join(path)).unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stack() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
    fs::create_dir(dir.path().join("parts")).unwrap();
    put("stack.yaml", STACK);
    put("versions.env", "TAG=1.0.0\n");
    put("prod.yaml", "services: { cart: { scale: 3 } }\n");
    put("parts/cart.yaml", &SERVICE.replace("NAME", "cart"));
    dir
}

fn watch(dir: &Path, more: &[&str]) -> (Child, ChildStderr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command
        .args(["render", "prod", "-o", "out", "--watch"])
        .args(more)
        .current_dir(dir)
        .env_remove("NO_COLOR");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    (child, stderr)
}

#[test]
fn every_file_that_is_read_counts_and_no_other() {
    let it = Watch::start();
    it.put("versions.env", "TAG=1.1.0\n");
    assert_eq!(it.expect("1 changed").len(), 1, "one line a run");
    assert!(it.text("cart/deployment.yaml").contains("cart:1.1.0"));
    it.put("prod.yaml", "services: { cart: { scale: 4 } }\n");
    it.expect("1 changed");
    assert!(it.text("cart/deployment.yaml").contains("replicas: 4"));
    it.put("parts/notes.txt", "nobody reads this");
    // One that is new, put in its place as editors do.
    it.put("parts/.new", &SERVICE.replace("NAME", "till"));
    fs::rename(it.dir.path().join("parts/.new"), it.dir.path().join("parts/till.yaml")).unwrap();
    let lines = it.expect(" created");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(it.text("till/deployment.yaml").contains("till:1.1.0"));
    fs::remove_file(it.dir.path().join("parts/till.yaml")).unwrap();
    let lines = it.expect(" removed");
    assert!(!lines[0].contains(" 0 removed"), "{lines:?}");
}

#[test]
fn errors_are_shown_and_the_tree_is_kept() {
    let it = Watch::start();
    let before = it.text("cart/deployment.yaml");
    it.put("versions.env", "TAG=\n");
    assert!(it.expect("1 error").iter().any(|it| it.contains("parts/cart.yaml:3:")));
    assert_eq!(it.text("cart/deployment.yaml"), before);
    // For a moment, or longer, there is no stack at all.
    fs::rename(it.dir.path().join("stack.yaml"), it.dir.path().join("aside")).unwrap();
    it.expect("there is no `stack.yaml` here");
    assert_eq!(it.text("cart/deployment.yaml"), before);
    it.put("versions.env", "TAG=1.2.0\n");
    fs::rename(it.dir.path().join("aside"), it.dir.path().join("stack.yaml")).unwrap();
    assert_eq!(it.expect("1 changed").len(), 1, "an error is said once");
    // What somebody wrote into the tree is not overwritten.
    fs::write(it.dir.path().join("out/prod/cart/deployment.yaml"), "mine").unwrap();
    it.put("versions.env", "TAG=1.3.0\n");
    it.expect("cart/deployment.yaml");
    assert_eq!(it.text("cart/deployment.yaml"), "mine");
}

#[test]
fn while_it_waits_for_a_stack_nothing_is_said() {
    let it = Watch::start_with(&["--stack", "shop", "-v"]);
    it.put("stack.yaml", &STACK.replace("stack: shop", "stack: bank"));
    it.expect("there is no stack `shop`");
    // It looks four times a second.
    thread::sleep(Duration::from_secs(2));
    it.put("versions.env", "TAG=1.1.0\n");
    it.put("stack.yaml", STACK);
    let lines = it.expect("1 changed");
    assert!(lines.iter().filter(|it| it.starts_with("reading ")).count() <= 2, "{lines:#?}");
}

#[test]
fn it_ends_by_a_signal_or_with_its_reader() {
    let mut it = Watch::start();
    let pid = it.child.id().to_string();
    // A shell has its background jobs ignore the other one, SIGINT.
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(it.child.wait().unwrap().signal(), Some(15));
    let beside = it.dir.path().join("out").read_dir().unwrap().count();
    assert_eq!(beside, 1, "only the tree");

    let dir = stack();
    let (mut child, mut stderr) = watch(dir.path(), &[]);
    let mut first = [0];
    stderr.read_exact(&mut first).unwrap();
    drop(stderr);
    let start = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_call_that_cannot_work_ends() {
    let dir = stack();
    let call = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
        let output = command.current_dir(dir.path()).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = call(&["render", "prdo", "-o", "out", "--watch"]);
    assert!(code == Some(2) && said.contains("the nearest is `prod`"), "{said}");
    for args in [&["render", "prod", "--watch"][..], &["render", "prod", "-o", "out", "--watch", "--check"]] {
        assert_eq!(call(args).0, Some(2), "{args:?}");
    }
}
