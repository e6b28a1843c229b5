//! The workflow that `stackgen ci` writes: its text, and its steps as a shell runs them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

const STACK: &str = r#"
stackgen: 1
stack: shop
namespaces: { app: {} }
versions: versions.env
profiles:
  web:
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
services:
  front:
    profile: web
    image: ghcr.io/acme/front:${versions.FRONT}
    build: { dockerfile: front/Dockerfile, paths: [ "front/**", "proto/**" ], version: FRONT, args: { MODE: release } }
  back:
    profile: web
    image: acme/back:${versions.BACK}
    build: { dockerfile: back/Dockerfile, context: back, paths: [ "back/**", "proto/**" ], target: run, version: BACK }
  bought: { profile: web, image: "registry.example/bought:1.2" }
environments: { prod: {}, staging: {} }
"#;

/// A repository with the stack and the sources of two images.
fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("deploy/stack.yaml", STACK),
        ("deploy/versions.env", "FRONT=sha-0000000\nBACK=sha-0000000\n"),
        ("front/Dockerfile", ""),
        ("back/Dockerfile", ""),
        ("proto/api.proto", ""),
    ] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn workflow(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    let command = command
        .current_dir(dir)
        .args(["ci", "github", "-f", "deploy/stack.yaml", "--install", "make stackgen"])
        .args(args);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_workflow_builds_what_changed_and_commits_the_trees() {
    let dir = repository();
    let text = workflow(dir.path(), &["prod", "--tree", "deploy/out"]);
    insta::with_settings!({ snapshot_path => "../snapshots/ci", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("github", text);
    });
}

#[test]
fn layers_may_be_kept_in_the_cache_of_the_service() {
    let dir = repository();
    let text = workflow(dir.path(), &["--cache", "gha", "--branch", "trunk"]);
    for part in ["type=gha,scope=${{ matrix.service }}", "- trunk", "run: make stackgen", "render staging"] {
        assert!(text.contains(part), "{part}");
    }
}

/// The first job's script, in a repository of which one file changed, then with a commit that nobody knows.
#[test]
fn only_images_whose_files_changed_are_built() {
    let tools = ["git", "jq", "bash"];
    if let Some(tool) = tools.into_iter().find(|it| Command::new(it).arg("--version").output().is_err()) {
        eprintln!("skipped: there is no {tool}");
        return;
    }
    let dir = repository();
    let text = workflow(dir.path(), &[]);
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(dir.path()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "first"]);
    let before = git(&["rev-parse", "HEAD"]);
    fs::write(dir.path().join("back/main.go"), "package main\n").unwrap();
    git(&["add", "-A"]);
    git(&["commit", "-qm", "second"]);
    let after = git(&["rev-parse", "HEAD"]);

    let parsed: Value = serde_yaml::from_str(&text).unwrap();
    let step = &parsed["jobs"]["plan"]["steps"][1];
    let planned = |versions: &str, before: &str| {
        fs::write(dir.path().join("deploy/versions.env"), versions).unwrap();
        let out = dir.path().join(".git/output");
        fs::write(&out, "").unwrap();
        let mut command = Command::new("bash");
        let command = command.current_dir(dir.path()).args(["-e", "-c", step["run"].as_str().unwrap()]);
        for name in ["SERVICES", "VERSIONS"] {
            command.env(name, step["env"][name].as_str().unwrap());
        }
        let output = command
            .env("BEFORE", before)
            .env("GITHUB_SHA", &after)
            .env("GITHUB_OUTPUT", &out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = fs::read_to_string(&out).unwrap();
        let value = |key: &str| {
            text.lines().find_map(|it| it.strip_prefix(key)?.strip_prefix('=')).unwrap().to_owned()
        };
        assert_eq!(value("tag"), format!("sha-{}", &after[..7]));
        let services: Value = serde_yaml::from_str(&value("services")).unwrap();
        let names =
            services.as_sequence().unwrap().iter().map(|it| it["service"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let at = |front: &str, back: &str| format!("FRONT=sha-{front}\n export BACK = sha-{back}\n");
    assert_eq!(planned(&at(&before[..7], &before[..7]), ""), ["back"]);
    assert_eq!(planned(&at(&before[..7], &after[..7]), &before), Vec::<String>::new(), "both are built");
    assert_eq!(planned(&at("0000000", &after[..7]), &before), ["front"], "nobody knows that commit");
    assert_eq!(planned("FRONT=1.2\nBACK=1.2\n", &after), ["front", "back"], "tags that say no commit");

    let services = r#"[{"service":"back","version":"BACK"},{"service":"x","version":""}]"#;
    let step = &parsed["jobs"]["deploy"]["steps"][2];
    let mut command = Command::new("bash");
    let command = command.current_dir(dir.path()).args(["-e", "-c", step["run"].as_str().unwrap()]);
    let versions = step["env"]["VERSIONS"].as_str().unwrap();
    let status =
        command.env("SERVICES", services).env("TAG", "sha-abc1234").env("VERSIONS", versions).status();
    assert!(status.unwrap().success());
    let text = fs::read_to_string(dir.path().join("deploy/versions.env")).unwrap();
    assert_eq!(text, "FRONT=1.2\nBACK=sha-abc1234\n");
}

/// Runs `ci github` on a changed stack, and gives what it says when it fails.
fn refused(stack: &str, args: &[&str]) -> String {
    let dir = repository();
    fs::write(dir.path().join("deploy/stack.yaml"), stack).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    let command = command
        .current_dir(dir.path())
        .args(["ci", "github", "-f", "deploy/stack.yaml", "--install", "make stackgen"])
        .args(args);
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn images_are_those_of_all_environments() {
    let dir = repository();
    let own = "prod: { services: { back: { build: null } } }, staging: {}";
    let stack = STACK.replace("prod: {}, staging: {}", own);
    assert_ne!(stack, STACK);
    fs::write(dir.path().join("deploy/stack.yaml"), &stack).unwrap();
    let text = workflow(dir.path(), &[]);
    assert!(text.contains("back/Dockerfile"), "an image that only staging builds");
    assert!(!workflow(dir.path(), &["prod"]).contains("back/Dockerfile"));

    let other = STACK.replace("staging: {}", "staging: { services: { back: { build: { target: debug } } } }");
    let said = refused(&other, &[]);
    assert!(said.contains("`back` is built in one way for staging, in another for"), "{said}");
}

#[test]
fn trees_are_written_where_they_are_read() {
    let gitops =
        "gitops: { argocd: { repo: \"https://example.com/a.git\", path: \"clusters/home/${env}\" } }\n";
    let stack = STACK.replace("environments:", &format!("{gitops}environments:"));
    let said = refused(&stack, &["prod", "--tree", "out"]);
    assert!(said.contains("`gitops` reads clusters/home/prod: say `--tree clusters/home`"), "{said}");
    let dir = repository();
    fs::write(dir.path().join("deploy/stack.yaml"), stack).unwrap();
    workflow(dir.path(), &["prod", "--tree", "clusters/home"]);
}
