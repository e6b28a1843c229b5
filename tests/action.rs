//! The action for GitHub: its text, and its steps as a shell runs them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_yaml::Value;

const STACK: &str = "\
stackgen: 1
stack: shop
namespaces: { app: { podSecurity: restricted } }
services:
  web: { namespace: app, image: ghcr.io/acme/web:1.0.0, ports: { http: 8080 } }
environments: { prod: {}, staging: {} }
";

/// Remembers how it is called, and answers as the service does.
const GH: &str = r#"#!/usr/bin/env bash
printf '%s\n' "$*" >>"$WORLD/gh.log"
while [ $# -gt 0 ]; do
  if [ "$1" = --input ]; then cp "$2" "$WORLD/gh.body"; exit; fi
  shift
done
cat "$WORLD/gh.comments"
"#;

/// Remembers how it is called, and writes as much as it is told.
const PROGRAM: &str = r#"#!/usr/bin/env bash
printf '%s\n' "$*" >>"$WORLD/program.log"
cat "$WORLD/program.text"
exit "$(cat "$WORLD/program.code")"
"#;

fn action() -> Value {
    serde_yaml::from_str(&fs::read_to_string(crate::support::project().join("action.yml")).unwrap()).unwrap()
}

fn step(name: &str) -> Value {
    let action = action();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    steps.iter().find(|it| it["name"] == name).unwrap().clone()
}

#[test]
fn no_script_is_put_together_from_expressions_and_every_action_is_pinned() {
    let action = action();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let mut scripts = 0;
    for step in steps {
        if let Some(script) = step["run"].as_str() {
            scripts += 1;
            assert!(!script.contains("${{"), "{script}");
            assert_eq!(step["shell"], "bash");
        }
        if let Some(uses) = step["uses"].as_str() {
            let (_, commit) = uses.split_once('@').unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit()), "{uses}");
        }
    }
    assert!(scripts >= 5, "{scripts} scripts");
    let text = fs::read_to_string(crate::support::project().join("action.yml")).unwrap();
    let used: BTreeSet<&str> = text
        .split("inputs.")
        .skip(1)
        .filter_map(|it| it.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next())
        .collect();
    let declared: BTreeSet<&str> =
        action["inputs"].as_mapping().unwrap().keys().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(used, declared);
}

struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// None where a tool is missing that a runner has.
    fn new() -> Option<Self> {
        let tools = ["git", "jq", "bash"];
        if let Some(tool) = tools.into_iter().find(|it| Command::new(it).arg("--version").output().is_err()) {
            eprintln!("skipped: there is no {tool}");
            return None;
        }
        let it = Self { dir: tempfile::tempdir().unwrap() };
        it.write("config", "[user]\nname = t\nemail = t@example.org\n[init]\ndefaultBranch = main\n");
        it.write("shop/stack.yaml", STACK);
        for (name, text) in [("bin/gh", GH), ("bin/fake", PROGRAM)] {
            it.write(name, text);
            fs::set_permissions(it.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        it.write("gh.comments", "[]");
        it.git(&["init", "-q"]);
        it.git(&["add", "-A"]);
        it.git(&["commit", "-q", "-m", "first"]);
        Some(it)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("shop")).env("WORLD", self.dir.path());
        command.env("GIT_CONFIG_GLOBAL", self.path("config")).env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.command("git").args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs a step as a runner does: what it is not told is empty.
    fn run(&self, name: &str, environment: &[(&str, &str)]) -> Output {
        let step = step(name);
        self.write("output", "");
        self.write("summary", "");
        let mut command = self.command("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
        for (variable, _) in step["env"].as_mapping().unwrap() {
            command.env(variable.as_str().unwrap(), "");
        }
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        command.env("RUNNER_TEMP", self.dir.path()).env("GITHUB_OUTPUT", self.path("output"));
        command.env("GITHUB_STEP_SUMMARY", self.path("summary"));
        command.env("STACKGEN", env!("CARGO_BIN_EXE_stackgen")).envs(environment.iter().copied());
        command.output().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_check_annotates_and_keeps_its_findings() {
    let Some(world) = World::new() else { return };
    let sound = world.run("Check", &[("ENVIRONMENTS", "prod staging"), ("STACKS", "shop")]);
    assert!(sound.status.success(), "{}", said(&sound));
    world.write("shop/stack.yaml", &STACK.replace("8080", "99999"));
    let broken = world.run("Check", &[("FILE", "stack.yaml")]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(said(&broken).contains("::error file=stack.yaml,line=5,"), "{}", said(&broken));
    let output = world.read("output");
    let sarif = output.trim().strip_prefix("sarif=").unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&fs::read_to_string(sarif).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|it| it["level"] == "error"), "{results:?}");
}

#[test]
fn a_comparison_is_one_text_and_a_failure_of_the_program_is_one() {
    let Some(world) = World::new() else { return };
    let base = world.git(&["rev-parse", "HEAD"]);
    let fake = world.path("bin/fake");
    let given = [
        ("STACKGEN", fake.to_str().unwrap()),
        ("ENVIRONMENTS", "prod\nstaging\n"),
        // As a block of YAML has them.
        ("STACKS", "shop;\ntouch injected\n"),
        ("BASE", &base),
        ("FAIL_ON", "recreate"),
    ];
    world.write("program.text", "### changes\n");
    world.write("program.code", "1");
    let run = world.run("Compare", &given);
    assert!(run.status.success(), "{}", said(&run));
    assert_eq!(world.read("summary"), "### changes\n\n### changes\n\n");
    assert_eq!(world.read("summary"), world.read("stackgen-diff.md"));
    assert!(world.read("output").ends_with("\nfails=true\n"), "{}", world.read("output"));
    let call = format!(
        "diff --stack=shop; --stack=touch --stack=injected --fail-on=recreate --base={base} --format markdown --diagnostics github -- prod"
    );
    assert_eq!(world.read("program.log").lines().next(), Some(call.as_str()));
    assert!(!world.path("shop/injected").exists());
    world.write("program.code", "2");
    world.write("program.text", "");
    assert_eq!(world.run("Compare", &given).status.code(), Some(2));
    // The comment says so, and is written although this step, or the one before, fails.
    assert_eq!(world.read("stackgen-diff.md"), "prod: not compared, see the job\n");
    assert!(world.read("output").starts_with("text="), "{}", world.read("output"));
    for (name, need) in
        [("Compare", "steps.install.outcome != 'failure'"), ("Comment", "steps.diff.outputs.text != ''")]
    {
        let when = step(name)["if"].as_str().unwrap().to_owned();
        assert!(when.starts_with(&format!("always() && {need}")), "{when}");
    }
    for lacking in ["BASE", "ENVIRONMENTS"] {
        let given: Vec<_> = given.into_iter().filter(|it| it.0 != lacking).collect();
        assert_eq!(world.run("Compare", &given).status.code(), Some(2), "{lacking}");
    }
}

#[test]
fn there_is_one_comment_and_it_fits() {
    let Some(world) = World::new() else { return };
    let text = world.path("text.md");
    world.write("text.md", "### changes: `${{ x }}` $(touch injected) \"quoted\"\n");
    let given = [
        ("TEXT", text.to_str().unwrap()),
        ("REPOSITORY", "acme/shop"),
        ("NUMBER", "7"),
        ("RUN", "https://run"),
    ];
    let run = world.run("Comment", &given);
    assert!(run.status.success(), "{}", said(&run));
    assert!(
        world.read("gh.log").contains("api --method POST repos/acme/shop/issues/7/comments"),
        "{}",
        world.read("gh.log")
    );
    let body = |world: &World| {
        let value: serde_json::Value = serde_json::from_str(&world.read("gh.body")).unwrap();
        value["body"].as_str().unwrap().to_owned()
    };
    let first = body(&world);
    assert_eq!(first, format!("<!-- stackgen diff  -->\n{}", world.read("text.md")));

    // People's comments that repeat it are not it, and the first of several is.
    let comment = |id: u32, kind: &str, body: &str| serde_json::json!({ "id": id, "user": { "type": kind }, "body": body });
    let comments = [
        comment(1, "User", &first),
        comment(2, "Bot", "other"),
        comment(3, "Bot", &first),
        comment(4, "Bot", &first),
    ];
    world.write("gh.comments", &serde_json::Value::from(comments.to_vec()).to_string());
    world.write("text.md", &"a line of it\n".repeat(10_000));
    world.write("gh.log", "");
    assert!(world.run("Comment", &given).status.success());
    assert!(
        world.read("gh.log").contains("api --method PATCH repos/acme/shop/issues/comments/3 "),
        "{}",
        world.read("gh.log")
    );
    assert!(!world.read("gh.log").contains("POST"));
    let long = body(&world);
    assert!(long.len() < 65_536 && long.ends_with("… [the rest](https://run)\n"), "{}", long.len());
    // What is cut is cut behind a folded part: no fence stays open.
    let part = format!("<details>\n\n```diff\n{}```\n\n</details>\n", "+ a\n".repeat(500));
    world.write("text.md", &part.repeat(40));
    assert!(world.run("Comment", &given).status.success());
    let cut = body(&world);
    let rest = "\n</details>\n\n\n… [the rest](https://run)\n";
    assert!(cut.len() > 60_000 && cut.len() < 65_536 && cut.ends_with(rest), "{}", cut.len());
    assert_eq!(cut.matches("\n```diff\n").count(), cut.matches("\n```\n").count());
    assert!(!world.path("shop/injected").exists());
}

#[test]
fn what_is_rendered_is_committed_and_pushed() {
    let Some(world) = World::new() else { return };
    world.git(&["init", "-q", "--bare", "../remote.git"]);
    world.git(&["remote", "add", "origin", "../remote.git"]);
    let run = world
        .run("Publish", &[("ENVIRONMENTS", "prod staging"), ("BRANCH", "rendered"), ("TREES", "clusters")]);
    assert!(run.status.success(), "{}", said(&run));
    let output = world.read("output");
    let commits: Vec<&str> = output.trim().strip_prefix("commits=").unwrap().split(' ').collect();
    assert_eq!(commits.len(), 2, "{output}");
    assert_eq!(world.git(&["--git-dir", "../remote.git", "rev-parse", "rendered"]), commits[1]);
    let author = world.git(&["show", "-s", "--format=%an", "rendered"]);
    assert_eq!(author, "github-actions[bot]");
    world.git(&["cat-file", "-e", "rendered:clusters/staging/kustomization.yaml"]);
    // Nothing to do is no failure.
    let again = world
        .run("Publish", &[("ENVIRONMENTS", "prod staging"), ("BRANCH", "rendered"), ("TREES", "clusters")]);
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(world.read("output"), "commits=\n");
}
