//! What a stranger's pull request brings is compiled without running anything, without asking a network and without
//! reading what is not of the stack.
//!
//! Every program on the `PATH` is a trap here. Where there is `strace`, it also shows that nothing else is run and no
//! socket is made.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Stands outside of the stack.
const SECRET: &str = "kept-7391-outside";

const HEAD: &str = "stackgen: 1\nstack: shop\nnamespaces: { app: { podSecurity: restricted } }\nenvironments: { prod: {} }\n";

const SERVICE: &str = "\
services:
  web: { namespace: app, image: ghcr.io/acme/web:1.0.0, ports: { http: 8080 } }
";

struct Fork {
    dir: tempfile::TempDir,
}

impl Fork {
    /// A folder with a stack and, beside it, what the stack is not to see; all of it is a repository that a stranger filled.
    fn new(stack: &str) -> Self {
        let it = Self { dir: tempfile::tempdir().unwrap() };
        it.write("secret.yaml", &format!("services: {{ {SECRET}: {{}} }}\n"));
        it.write("fork/stack.yaml", stack);
        // What git would run, if it were asked, or if these were its configuration.
        let trap = it.path("traps/git");
        it.write("fork/.gitattributes", "* filter=trap diff=trap merge=trap\n");
        it.write(
            "fork/.gitmodules",
            "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch\n\tupdate = !touch x\n",
        );
        for config in ["fork/.gitconfig", "fork/.git/config"] {
            it.write(
                config,
                &format!(
                    "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {0}\n\thooksPath = .hooks\n[filter \"trap\"]\n\tclean = {0}\n\tsmudge = {0}\n[diff \"trap\"]\n\ttextconv = {0}\n",
                    trap.display()
                ),
            );
        }
        it.write("fork/.git/HEAD", "ref: refs/heads/main\n");
        fs::create_dir_all(it.path("fork/.git/objects")).unwrap();
        fs::create_dir_all(it.path("fork/.git/refs")).unwrap();
        for program in ["git", "sh", "bash", "curl", "env", "kubectl", "helm", "kustomize", "python3", "ssh"]
        {
            it.write(
                &format!("traps/{program}"),
                &format!("#!/bin/sh\necho {program} >>'{}'\n", it.path("sprung").display()),
            );
            let path = it.path(&format!("traps/{program}"));
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        it
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Compiles in every way that a pipeline does for a pull request, and gives what was said.
    #[track_caller]
    fn compile(&self) -> String {
        let calls: [&[&str]; 7] = [
            &["check", "--diagnostics", "sarif"],
            &["render", "prod"],
            &["render", "prod", "-o", "../out", "--check"],
            &["diff", "prod", "--against", "../out"],
            &["resolve", "prod"],
            &["graph", "prod", "--format", "json"],
            &["list", "--json"],
        ];
        let mut said = String::new();
        for call in calls {
            let start = Instant::now();
            let Output { status, stdout, stderr } = self.run(call);
            assert!(start.elapsed() < Duration::from_secs(20), "{call:?} takes too long");
            assert!(status.code().is_some_and(|it| it <= 2), "{call:?}: {status}");
            said += &String::from_utf8_lossy(&stdout);
            said += &String::from_utf8_lossy(&stderr);
        }
        assert!(
            !self.path("sprung").exists(),
            "ran {}",
            fs::read_to_string(self.path("sprung")).unwrap_or_default()
        );
        assert!(!said.contains(SECRET), "{said}");
        assert!(!self.path("out").exists());
        said
    }

    fn run(&self, call: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_stackgen");
        let log = self.path("strace");
        let mut command = if let Some(strace) = strace() {
            let mut command = Command::new(strace);
            command.args(["-f", "-qq", "-e", "trace=execve,execveat,socket,connect", "-o"]).arg(&log);
            command.args(["--", program]);
            command
        } else {
            eprintln!("there is no strace here: programs on the PATH are traps, sockets are not watched");
            Command::new(program)
        };
        let output = command
            .args(call)
            .current_dir(self.path("fork"))
            .env("PATH", self.path("traps"))
            .output()
            .unwrap();
        if strace().is_some() {
            let text = fs::read_to_string(&log).unwrap();
            let calls: Vec<&str> =
                text.lines().filter(|it| !it.contains("+++") && !it.contains("---")).collect();
            assert!(
                calls.len() == 1 && calls[0].contains("execve(") && calls[0].contains(program),
                "{call:?}:\n{text}"
            );
        }
        output
    }
}

/// The program, where it may be used: not in every container.
fn strace() -> Option<&'static Path> {
    static FOUND: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let find = || {
        let path = PathBuf::from("/usr/bin/strace");
        let works = Command::new(&path)
            .args(["-qq", "-o", "/dev/null", "/bin/true"])
            .status()
            .is_ok_and(|it| it.success());
        works.then_some(path)
    };
    FOUND.get_or_init(find).as_deref()
}

#[test]
fn nothing_is_run_for_a_stack_that_is_sound() {
    let said = Fork::new(&format!("{HEAD}{SERVICE}")).compile();
    assert!(said.contains("kind: Deployment"), "{said}");
}

#[test]
fn no_file_outside_of_the_stack_is_read() {
    for include in
        ["../secret.yaml", "/etc/passwd", "link.yaml", "up/secret.yaml", "up/*.yaml", "/proc/self/environ"]
    {
        let fork = Fork::new(&format!("{HEAD}include: [\"{include}\"]\n{SERVICE}"));
        symlink("../secret.yaml", fork.path("fork/link.yaml")).unwrap();
        symlink("..", fork.path("fork/up")).unwrap();
        let said = fork.compile();
        assert!(said.contains("outside"), "{include}: {said}");
    }
    for (versions, from) in [("../secret.yaml", ""), ("link.env", "../secret.yaml")] {
        let fork = Fork::new(&format!("{HEAD}versions: {versions}\n{SERVICE}"));
        if !from.is_empty() {
            symlink(from, fork.path("fork/link.env")).unwrap();
        }
        let said = fork.compile();
        assert!(said.contains("outside"), "{versions}: {said}");
    }
    // A file that is mounted, and a template.
    for kind in ["file", "template"] {
        let service = format!("{SERVICE}    # {kind}\n").replace(
            "ports: { http: 8080 } }",
            &format!("ports: {{ http: 8080 }}, files: {{ /etc/x: {{ {kind}: link.txt }} }} }}"),
        );
        let fork = Fork::new(&format!("{HEAD}{service}"));
        symlink("../secret.yaml", fork.path("fork/link.txt")).unwrap();
        let said = fork.compile();
        assert!(said.contains("outside"), "{kind}: {said}");
    }
}

#[test]
fn what_is_huge_or_explodes_is_refused() {
    let mut bomb = String::from("x-a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ('b'..='k').zip('a'..) {
        let items = vec![format!("*{of}"); 9].join(", ");
        bomb.extend([format!("x-{name}: &{name} [{items}]\n")]);
    }
    let deep = format!("x-deep: {}{}\n", "[".repeat(200_000), "]".repeat(200_000));
    let large = format!("# {}\n", "x".repeat(64 << 20));
    for (what, text) in [("aliases", bomb), ("depth", deep), ("size", large)] {
        let fork = Fork::new(&format!("{HEAD}{SERVICE}{text}"));
        let said = fork.compile();
        assert!(said.contains("SG0"), "{what}: {}", &said[..said.len().min(2_000)]);
        assert!(!said.contains("kind: Deployment"), "{what} renders");
    }
    let service = SERVICE.replace("8080 } }", "8080 }, files: { /etc/x: { template: loop.j2 } } }");
    let fork = Fork::new(&format!("{HEAD}{service}"));
    fork.write(
        "fork/loop.j2",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    );
    let said = fork.compile();
    assert!(said.contains("fuel"), "{said}");
    let fork = Fork::new(&format!("{HEAD}include: [zero.yaml, fifo.yaml]\n{SERVICE}"));
    symlink("/dev/zero", fork.path("fork/zero.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(fork.path("fork/fifo.yaml")).status().unwrap().success());
    fork.compile();
}

/// A folder that was committed and looks like a bare repository has a configuration that the stranger wrote. `publish`
/// asks git where the stack is from; git must not take that folder for its repository.
#[test]
fn a_committed_folder_is_no_repository() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    let git = |folder: &str, args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let output = Command::new("git").current_dir(at(folder)).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for folder in ["fork/inner/objects", "fork/inner/refs", "target"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    let sprung = at("sprung");
    fs::write(at("fork/inner/HEAD"), "ref: refs/heads/main\n").unwrap();
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = \"touch '{}'; false\"\n",
        sprung.display()
    );
    fs::write(at("fork/inner/config"), config).unwrap();
    fs::write(at("fork/inner/stack.yaml"), format!("{HEAD}{SERVICE}")).unwrap();
    git("fork", &["init", "-q"]);
    git("fork", &["add", "-A"]);
    git("fork", &["commit", "-q", "-m", "x"]);
    git("target", &["init", "-q"]);
    git("target", &["commit", "-q", "--allow-empty", "-m", "x"]);
    // It is a trap: a plain call of git springs it.
    let plain =
        Command::new("git").current_dir(at("fork/inner")).args(["status", "--porcelain"]).output().unwrap();
    assert!(sprung.exists(), "{}", String::from_utf8_lossy(&plain.stderr));
    fs::remove_file(&sprung).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .current_dir(at("fork/inner"))
        .args(["publish", "prod", "--repo", "../../target", "--dry-run"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(!sprung.exists());
}

/// What a runner of GitHub takes for a command: a line that starts with `::`, and `##[` anywhere; and what a terminal acts on.
#[track_caller]
fn is_harmless(output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        let is_finding = |it: &&str| {
            ["error", "warning", "notice"].iter().any(|kind| it.starts_with(&format!("::{kind} ")))
        };
        for line in text.lines().filter(|it| !is_finding(it)) {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line:?} of {text}");
        }
        let acts = |it: char| it.is_control() && it != '\n' || it == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    }
}

#[test]
fn no_name_is_a_command_or_acts_on_a_terminal() {
    for name in [r"pr\n::error::y", r"::error::y", r"##[error]y", r"\u202ey"] {
        let head = HEAD.replace("environments: { prod: {} }", &format!(
            "parameters: {{ n: {{ type: string, description: \"{name}\" }} }}\nenvironments: {{ prod: {{ description: \"{name}\", parameters: {{ n: x }} }}, \"{name}\": {{ instance: {{ name: \"x-${{parameters.n}}\", ttl: 24h }} }} }}"
        ));
        let fork = Fork::new(&format!("{head}{SERVICE}"));
        let run = |call: &[&str]| {
            let output = fork.run(call);
            is_harmless(&output);
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        };
        // Of an environment that is not checked, of one that is not known, and of all that there are.
        let said = run(&["check", "--diagnostics", "github"]);
        assert!(said.contains(" is not checked: it needs --set n=VALUE"), "{said}");
        let said = run(&["render", "zzzzzzzz", "--diagnostics", "github"]);
        assert!(said.contains("there are `") && said.contains("`prod`"), "{said}");
        run(&["render", "a\n::error::y", "--diagnostics", "github"]);
        assert!(run(&["list"]).contains("environment"), "{said}");
    }
    // A stack that is named so, and what is no text that a stack may have.
    for name in ["::error::y", r"\e[2Jy"] {
        let fork = Fork::new(&HEAD.replace("stack: shop", &format!("stack: \"{name}\"")));
        for call in [&["list"], &["check"]] {
            is_harmless(&fork.run(call));
        }
    }
}
