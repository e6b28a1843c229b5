//! The program from outside: exit codes, streams, and what is said when files or arguments are wrong.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// A stack whose environments compose, with a required parameter.
const STACK: &str = "\
stackgen: 1
stack: shop
parameters:
  sha: { type: string, pattern: '[0-9a-f]{7}', description: commit of the images }
  owner: { type: string, default: acme }
namespaces: { app: { podSecurity: restricted } }
environments:
  prod: { description: what customers use }
  staging: { extends: prod, parameters: { sha: '0000000' } }
";

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn stackgen(dir: &Path, args: &[&str]) -> Run {
    let mut command = Command::cargo_bin("stackgen").unwrap();
    let command = command.current_dir(dir).env_remove("NO_COLOR").args(args);
    let found = command.timeout(std::time::Duration::from_secs(20)).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: found.status.code(), out: text(found.stdout), err: text(found.stderr) }
}

/// A folder with files that is the root of its repository, so that nothing around it is found.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Asserts exit code 2, an empty result and one line that says all of `parts`.
#[track_caller]
fn fails(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    assert!(run.err.starts_with("error: ") && run.err.lines().count() == 1, "{}", run.err);
    for part in parts {
        assert!(run.err.contains(part), "{part:?} in {}", run.err);
    }
}

/// Asserts exit code 1, an empty result and a finding that says all of `parts`.
#[track_caller]
fn finds(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{}", run.err);
    for part in parts {
        assert!(run.err.contains(part), "{part:?} in {}", run.err);
    }
}

#[test]
fn help_is_a_result_and_a_misspelt_command_is_not() {
    let dir = folder(&[]);
    let run = stackgen(dir.path(), &["--help"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    for part in ["render", "check", "--diagnostics", "Exit codes"] {
        assert!(run.out.contains(part), "{part}");
    }
    let run = stackgen(dir.path(), &["render", "--help"]);
    assert!(run.out.contains("stackgen render prod -o out"), "{}", run.out);

    let run = stackgen(dir.path(), &["rendr", "prod"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("'render'"), "{}", run.err);
}

#[test]
fn flags_that_make_no_sense_are_usage_errors() {
    let dir = folder(&[("stack.yaml", STACK)]);
    for args in [
        ["render", "prod", "--check", "-q"].as_slice(),
        &["render", "prod", "-o", "out", "--check", "--force"],
        &["check", "-q", "-v"],
        &["check", "--set", "sha"],
        &["check", "--set", "=1"],
        &["check", "--diagnostics", "jsn"],
        &["render"],
    ] {
        let run = stackgen(dir.path(), args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}: {}", run.err);
    }
}

#[test]
fn unknown_names_get_the_nearest() {
    let dir = folder(&[("stack.yaml", STACK)]);
    let run = |args: &[&str]| stackgen(dir.path(), args);
    fails(&run(&["render", "prd"]), &["`prd`", "the nearest is `prod`"]);
    fails(&run(&["resolve", "zzz"]), &["`zzz`", "`prod` and `staging`"]);
    fails(&run(&["check", "prod", "stagin"]), &["`stagin`", "`staging`"]);
    fails(&run(&["check", "--stack", "shp"]), &["`shp`", "`shop`"]);
    fails(&run(&["check", "--set", "sah=1"]), &["`sah`", "`sha`"]);
    fails(&run(&["explain", "file-not-fond"]), &["`file-not-fond`", "`file-not-found`"]);
    fails(&run(&["man", "rendr"]), &["`rendr`", "`render`"]);
}

#[test]
fn missing_and_strange_files_are_named() {
    let dir = folder(&[("empty/x", "")]);
    fails(&stackgen(dir.path(), &["check"]), &["no `stack.yaml`", "stackgen init"]);
    fails(&stackgen(dir.path(), &["check", "-f", "no.yaml"]), &["no.yaml"]);
    fails(&stackgen(dir.path(), &["check", "-f", "empty"]), &["folder", "-f empty/stack.yaml"]);
    let fifo = dir.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    fails(&stackgen(dir.path(), &["check", "-f", "fifo"]), &["not a regular file"]);
    fails(&stackgen(dir.path(), &["check", "-f", "/dev/zero"]), &["not a regular file"]);
}

#[test]
fn files_that_are_no_stack_are_findings() {
    let dir = folder(&[("broken.yaml", "stack: [a\n"), ("list.yaml", "- a\n")]);
    fs::write(dir.path().join("binary.yaml"), b"a: \xff\x00\xfe").unwrap();
    fs::write(dir.path().join("large.yaml"), vec![b'#'; 5 * 1024 * 1024]).unwrap();
    for (file, part) in [
        ("broken.yaml", "error[SG001]"),
        ("list.yaml", "a stack is a mapping"),
        ("binary.yaml", "binary.yaml"),
        ("large.yaml", "larger than 4 MiB"),
    ] {
        for command in [["check"].as_slice(), &["render", "prod"], &["resolve", "prod"]] {
            finds(&stackgen(dir.path(), &[command, &["-f", file]].concat()), &[part, "1 error"]);
        }
    }
}

#[test]
fn an_include_cannot_leave_the_folder() {
    let dir = folder(&[("secret.yaml", "services: { password: {} }\n")]);
    let stack = dir.path().join("stack");
    fs::create_dir(&stack).unwrap();
    std::os::unix::fs::symlink("../secret.yaml", stack.join("link.yaml")).unwrap();
    for include in ["link.yaml", "'l*.yaml'", "../secret.yaml", "'../*.yaml'"] {
        fs::write(stack.join("stack.yaml"), format!("{STACK}include: {include}\n")).unwrap();
        let run = stackgen(&stack, &["check", "--diagnostics", "short", "--set", "sha=0123456"]);
        finds(&run, &["stack.yaml:10:10: error[SG021]", "leaves the stack's folder"]);
        assert!(!run.err.contains("password"), "{}", run.err);
    }
}

#[test]
fn a_required_parameter_is_a_finding_of_check() {
    let dir = folder(&[("stack.yaml", STACK)]);
    let run = stackgen(dir.path(), &["check"]);
    finds(&run, &["parameter `sha` has no value", "--set sha=VALUE"]);
    let run = stackgen(dir.path(), &["check", "--set", "sha=nothex"]);
    finds(&run, &["pattern"]);
}

#[test]
fn findings_are_written_as_asked() {
    let dir = folder(&[("sub/stack.yaml", STACK)]);
    let run = |format| stackgen(dir.path(), &["check", "-f", "sub/stack.yaml", "--diagnostics", format]);
    finds(&run("short"), &["sub/stack.yaml:4:3: error[SG"]);
    finds(&run("github"), &["::error file=sub/stack.yaml,line=4"]);
    let json = run("json");
    finds(&json, &[]);
    for line in json.err.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    let coloured = stackgen(dir.path(), &["check", "-f", "sub/stack.yaml", "--color", "always"]);
    assert!(coloured.err.contains('\x1b') && !run("human").err.contains('\x1b'));
}

/// Two services without limits, in two environments; one of them is accepted.
const LIMITLESS: &str = "\
stackgen: 1
stack: shop
namespaces: { app: { podSecurity: restricted } }
profiles:
  base:
    image: ghcr.io/acme/web:1.4.2
    ports: { http: 8080 }
    securityContext: { runAsUser: 10001, runAsGroup: 10001 }
    probes: { readiness: { http: /ready, port: http } }
services:
  web: { profile: base, resources: { requests: { cpu: 100m, memory: 64Mi } } }
  api: { profile: base, resources: { requests: { cpu: 100m, memory: 64Mi } } }
accept: [ { rule: missing-limits, on: services/web, reason: it is measured first } ]
environments: { prod: {}, staging: {} }
";

#[test]
fn what_is_accepted_is_counted_once_and_listed_with_its_reason_when_asked() {
    let dir = folder(&[("stack.yaml", LIMITLESS)]);
    let run = |args: &[&str]| {
        let run = stackgen(dir.path(), args);
        assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
        run.err
    };
    let (summary, reason) = ("1 warning, 1 accepted\n", "= reason: it is measured first\n");
    let plain = run(&["check"]);
    assert!(plain.ends_with(summary) && !plain.contains("measured"), "{plain}");
    let verbose = run(&["check", "-v"]);
    assert!(verbose.contains("\naccepted[SG327]: the pods' resources lack `limits.memory`\n"), "{verbose}");
    assert!(verbose.contains(reason) && verbose.ends_with(summary), "{verbose}");
    assert_eq!(run(&["check", "-q"]), "");

    let short = |args: &[&str]| run(&[&["check", "--diagnostics", "short"], args].concat());
    assert_eq!(short(&[]).lines().count(), 1);
    let line = " accepted[SG327]: the pods' resources lack `limits.memory` (it is measured first)\n";
    assert!(short(&["-v"]).contains(line), "{}", short(&["-v"]));
    let github = run(&["check", "-v", "--diagnostics", "github"]);
    assert_eq!((github.matches("::warning ").count(), github.contains("measured")), (1, false), "{github}");
    let json = run(&["check", "--diagnostics", "json"]);
    let json: Vec<serde_json::Value> = json.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let accepted: Vec<_> = json.iter().filter_map(|it| it["accepted"].as_str()).collect();
    assert_eq!((json.len(), accepted.as_slice()), (2, ["it is measured first"].as_slice()));
}

#[test]
fn where_all_is_accepted_check_says_so() {
    let entry = ["on: services/web, ", ""];
    let dir = folder(&[("stack.yaml", &LIMITLESS.replace(entry[0], entry[1]))]);
    let run = stackgen(dir.path(), &["check"]);
    assert_eq!(run.err, "2 environments checked: nothing but what is accepted\n2 accepted\n");
    let render = stackgen(dir.path(), &["render", "prod"]);
    assert_eq!((render.code, render.err.as_str()), (Some(0), "2 accepted\n"));

    // In staging alone, it is still found in prod; and counted there.
    let only = "environment: staging, ";
    fs::write(dir.path().join("stack.yaml"), LIMITLESS.replace(entry[0], only)).unwrap();
    let run = stackgen(dir.path(), &["check"]);
    assert!(run.err.ends_with("\n2 warnings, 2 accepted\n"), "{}", run.err);
    assert!(run.err.contains("= note: in environment `prod`\n"), "{}", run.err);
}

#[test]
fn a_stack_is_found_from_a_folder_below() {
    let dir = folder(&[("stack.yaml", STACK), ("a/b/x", "")]);
    let run = stackgen(&dir.path().join("a/b"), &["list"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert_eq!(
        run.out,
        "shop  (../../stack.yaml)\n\
         \x20 environment  prod     what customers use\n\
         \x20 environment  staging  extends prod\n\
         \x20 parameter    sha    string, required  commit of the images\n\
         \x20 parameter    owner  string, default \"acme\"\n"
    );
}

#[test]
fn several_stacks_stand_side_by_side() {
    let other = STACK
        .replace("stack: shop", "stack: bank")
        .replace("  prod: { description: what customers use }\n", "  dev: {}\n");
    let other = other.replace("extends: prod", "extends: dev");
    let dir = folder(&[("stacks/a/stack.yaml", STACK), ("stacks/b/stack.yaml", &other)]);
    let run = stackgen(dir.path(), &["list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(listed[0]["stack"], "shop");
    assert_eq!(listed[1]["file"], "stacks/b/stack.yaml");
    assert_eq!(listed[1]["environments"][0]["name"], "dev");
    assert_eq!(listed[1]["parameters"][0]["required"], true);

    let documents = |args: &[&str]| stackgen(dir.path(), args).out.matches("stackgen: 1\n").count();
    assert_eq!(documents(&["resolve", "staging"]), 2);
    assert_eq!(documents(&["resolve", "prod", "--set", "sha=0123456"]), 1);
    assert_eq!(documents(&["resolve", "staging", "--stack", "bank"]), 1);
    fails(&stackgen(dir.path(), &["resolve", "prod", "--stack", "bank"]), &["`prod`", "`dev` and `staging`"]);

    let same = folder(&[("stacks/a/stack.yaml", STACK), ("stacks/b/stack.yaml", STACK)]);
    fails(&stackgen(same.path(), &["check"]), &["two stacks are called `shop`"]);
}

#[test]
fn a_rule_has_a_page_by_code_and_by_name() {
    let dir = folder(&[]);
    let run = |args: &[&str]| stackgen(dir.path(), args).out;
    let page = run(&["explain", "SG020"]);
    assert!(page.starts_with("# SG020 file-not-found (error)\n\n## What it finds\n"), "{page}");
    assert_eq!(page, run(&["explain", "file-not-found"]));
    assert!(run(&["explain"]).lines().count() > 30);
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let dir = folder(&[("stack.yaml", STACK)]);
    let program = assert_cmd::cargo::cargo_bin("stackgen");
    for command in ["schema", "--help", "explain", "man", "completions bash", "list"] {
        // `true` reads nothing; the sleep makes sure that it is gone.
        let line = format!("{{ sleep 0.1; {} {command}; echo $? >&2; }} | true", program.display());
        let found = std::process::Command::new("sh").args(["-c", &line]).current_dir(dir.path()).output();
        assert_eq!(String::from_utf8(found.unwrap().stderr).unwrap(), "0\n", "{command}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let dir = folder(&[]);
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let program = assert_cmd::cargo::cargo_bin("stackgen");
    let found =
        std::process::Command::new(program).arg("schema").current_dir(dir.path()).stdout(full).output();
    let found = found.unwrap();
    assert_eq!(found.status.code(), Some(2));
    assert!(String::from_utf8(found.stderr).unwrap().starts_with("error: cannot write to standard output: "));
}

#[test]
fn init_writes_a_stack_once() {
    let dir = folder(&[]);
    let run = stackgen(dir.path(), &["init", "My_Shop"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
    let file = dir.path().join("My_Shop/stack.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nstack: my-shop\n"), "{text}");
    fails(&stackgen(dir.path(), &["init", "My_Shop"]), &["My_Shop/stack.yaml exists"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fails(&stackgen(dir.path(), &["init", "x", "--name", "A B"]), &["`A B` cannot be the name of a stack"]);
    assert!(!dir.path().join("x").exists());
    fails(&stackgen(dir.path(), &["init", "My_Shop/stack.yaml"]), &["My_Shop/stack.yaml"]);
}

#[test]
fn scripts_and_pages_are_written() {
    let dir = folder(&[]);
    let run = |args: &[&str]| stackgen(dir.path(), args).out;
    assert!(run(&["completions", "bash"]).contains("_stackgen"));
    assert!(run(&["man"]).starts_with(".ie") && run(&["man", "render"]).contains("stackgen render prod"));
    let schema: serde_json::Value = serde_json::from_str(&run(&["schema"])).unwrap();
    assert!(schema["properties"]["services"].is_object());
}

#[test]
fn every_code_in_the_source_has_a_page() {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut declared = std::collections::BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|it| it.unwrap().path()));
            continue;
        }
        // Codes stand in files of that name, and each with its rule; elsewhere are only mentions.
        let mark = match path.file_name().and_then(|it| it.to_str()) {
            Some("codes.rs") => "\"SG",
            _ if path.components().any(|it| it.as_os_str() == "rule") => "id: \"SG",
            _ => continue,
        };
        let text = fs::read_to_string(path).unwrap();
        let ids = text.split(mark).skip(1).map(|it| &it[..3]);
        let ids = ids.filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        declared.extend(ids.map(|it| format!("SG{it}")));
    }
    let listed = stackgen(Path::new("."), &["explain"]).out;
    let listed: Vec<String> = listed.lines().map(|it| it[..5].to_owned()).collect();
    assert_eq!(listed, declared.into_iter().collect::<Vec<_>>());
}

#[test]
fn what_init_wrote_renders_without_findings() {
    let dir = folder(&[]);
    stackgen(dir.path(), &["init", ".", "--name", "shop"]);
    let run = stackgen(dir.path(), &["check"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""));
    assert_eq!(run.err, "2 environments checked: nothing found\n");
    for (environment, scaled) in [("staging", false), ("prod", true)] {
        let run = stackgen(dir.path(), &["render", environment]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
        assert!(run.out.contains("kind: Deployment\n"), "{}", run.out);
        assert_eq!(run.out.contains("kind: HorizontalPodAutoscaler\n"), scaled);
    }
}

#[test]
fn a_tree_is_written_checked_and_guarded() {
    let dir = folder(&[]);
    stackgen(dir.path(), &["init", ".", "--name", "shop"]);
    let run = |args: &[&str]| stackgen(dir.path(), &[&["render", "prod", "-o", "out"], args].concat());

    let check = run(&["--check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.out.contains("create out/prod/kustomization.yaml\n"), "{}", check.out);
    assert!(!dir.path().join("out").exists());

    let first = run(&[]);
    assert_eq!((first.code, first.out.as_str()), (Some(0), ""));
    assert!(first.err.starts_with("out/prod: ") && first.err.contains("created"), "{}", first.err);
    assert_eq!(first.err.lines().count(), 1);
    assert!(run(&[]).err.contains(" 0 created, 0 changed, "));
    let check = run(&["--check"]);
    assert_eq!((check.code, check.out.as_str(), check.err.as_str()), (Some(0), "", ""));

    let file = dir.path().join("out/prod/kustomization.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, "edited\n").unwrap();
    assert_eq!(run(&["--check"]).out, "edited out/prod/kustomization.yaml\n");
    let refused = run(&[]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("edited by hand: kustomization.yaml"), "{}", refused.err);
    assert_eq!(run(&["--force", "-q"]).err, "");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn errors_write_nothing() {
    let dir = folder(&[("stack.yaml", STACK)]);
    finds(&stackgen(dir.path(), &["render", "prod"]), &["parameter `sha` has no value"]);
    finds(&stackgen(dir.path(), &["render", "prod", "-o", "out"]), &["1 error"]);
    assert!(!dir.path().join("out").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = folder(&[("file", "mine")]);
    stackgen(dir.path(), &["init", ".", "--name", "shop"]);
    fails(&stackgen(dir.path(), &["render", "prod", "-o", "file"]), &["file", "not a folder"]);
    assert_eq!(fs::read_to_string(dir.path().join("file")).unwrap(), "mine");
}

#[test]
fn several_stacks_render_into_a_folder_each() {
    let dir = folder(&[]);
    for name in ["shop", "bank"] {
        stackgen(dir.path(), &["init", &format!("stacks/{name}")]);
    }
    let run = stackgen(dir.path(), &["render", "prod", "-o", "out"]);
    assert_eq!((run.code, run.err.lines().count()), (Some(0), 2), "{}", run.err);
    for name in ["shop", "bank"] {
        assert!(dir.path().join(format!("out/{name}/prod/kustomization.yaml")).is_file());
    }
    let stream = |args: &[&str]| stackgen(dir.path(), args).out.matches("\nkind: Deployment\n").count();
    assert_eq!(stream(&["render", "prod"]), 2);
    // Chosen alone, a stack keeps its place.
    let run = stackgen(dir.path(), &["render", "prod", "-o", "out", "--check", "--stack", "bank"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
}

#[test]
fn sarif_is_one_document_whatever_is_said() {
    let other = STACK.replace("stack: shop", "stack: bank").replace("restricted", "strict");
    let dir = folder(&[("stacks/a/stack.yaml", STACK), ("stacks/b/stack.yaml", &other)]);
    let read = |args: &[&str]| {
        let run = stackgen(dir.path(), &[args, &["--diagnostics", "sarif"]].concat());
        let document: serde_json::Value = serde_json::from_str(&run.err).unwrap();
        (run.code, document["runs"][0].clone())
    };
    // Findings of two stacks are results of one run.
    let (code, run) = read(&["check"]);
    assert_eq!(code, Some(1));
    let files: Vec<&str> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(files.contains(&"stacks/a/stack.yaml") && files.contains(&"stacks/b/stack.yaml"), "{files:?}");
    // What is said beside findings is in it, and so is a failure.
    let sound = ["render", "staging", "--stack", "shop", "-o", "out"];
    let (code, run) = read(&sound);
    assert_eq!((code, &run["invocations"][0]["executionSuccessful"]), (Some(0), &serde_json::json!(true)));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert!(said["message"]["text"].as_str().unwrap().starts_with("out/shop/staging: "), "{said}");
    let (code, run) = read(&["render", "stagin", "--stack", "shop"]);
    assert_eq!((code, &run["invocations"][0]["executionSuccessful"]), (Some(2), &serde_json::json!(false)));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert!(
        said["level"] == "error" && said["message"]["text"].as_str().unwrap().contains("`staging`"),
        "{said}"
    );
}
