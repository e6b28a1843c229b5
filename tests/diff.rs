//! One edit of a shipped stack, and what `stackgen diff` says of it against the tree of the original.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and writes stacks to temporary folders"
)]

#[path = "diff/exposure.rs"]
mod exposure;
#[path = "diff/rows.rs"]
mod rows;
mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rows::{Edit, Row, SERVICES, STATEFUL};
use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A copy of a shipped stack that is the root of its repository.
fn stack(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&support::project().join("stacks").join(name), dir.path());
    fs::create_dir(dir.path().join(".git")).unwrap();
    dir
}

fn edited(name: &str, edits: &[Edit]) -> tempfile::TempDir {
    let dir = stack(name);
    for (file, from, to) in edits {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    dir
}

fn run(dir: &Path, args: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command.current_dir(dir).env_remove("NO_COLOR").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn result(dir: &Path, args: &[&str], input: Option<&str>) -> String {
    let output = run(dir, args, input);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The trees of a stack as it is shipped.
fn tree(name: &str, environment: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = stack(name);
    result(dir.path(), &["render", environment, "-o", "out"], None);
    let out = dir.path().join("out");
    (dir, out)
}

fn objects(text: &str) -> Vec<Value> {
    let reports: Value = serde_json::from_str(text).unwrap();
    reports[0]["objects"].as_array().unwrap().clone()
}

/// The lines that a report names for an object, each with its text.
fn places(dir: &Path, object: &Value) -> Vec<String> {
    let own =
        [&object["at"]].into_iter().chain(object["changes"].as_array().unwrap().iter().map(|it| &it["at"]));
    let line = |it: &Value| {
        let file = it["file"].as_str().unwrap();
        let text = fs::read_to_string(dir.join(file)).unwrap();
        let number = usize::try_from(it["line"].as_u64().unwrap()).unwrap();
        format!("{file}: {}", text.lines().nth(number - 1).unwrap().trim())
    };
    own.filter(|it| !it.is_null()).map(line).collect()
}

fn check(name: &str, environment: &str, rows: &[Row]) {
    let (_kept, out) = tree(name, environment);
    let out = out.to_str().unwrap();
    let mut wrong = Vec::new();
    for Row { edits, object, impact, line, objects: number } in rows {
        let dir = edited(name, edits);
        let args = ["diff", environment, "--against", out, "--format", "json"];
        let output = run(dir.path(), &args, None);
        if !output.status.success() {
            wrong.push(format!("{edits:?}\n  {}\n", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let all = objects(&text);
        let found = all.iter().find(|it| it["object"] == *object);
        let seen: Vec<String> = all.iter().map(|it| format!("{} {}", it["object"], it["impact"])).collect();
        let said = found.map(|it| (it["impact"].as_str().unwrap().to_owned(), places(dir.path(), it)));
        let right = said.as_ref().is_some_and(|(is, at)| {
            is == impact
                && (at.iter().any(|it| !line.is_empty() && it.starts_with(line))
                    || line.is_empty() && at.is_empty())
        });
        if !right || all.len() != *number {
            wrong.push(format!("{edits:?}\n  expected {object} {impact} {line} among {number}\n  found {said:?} among {}: {seen:?}\n", all.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn edits_of_orbit() {
    check("orbit", "prod", rows::ORBIT);
}

#[test]
fn edits_of_platform_kernel() {
    check("platform-kernel", "prod", rows::PLATFORM_KERNEL);
}

#[test]
fn edits_of_cyoda_and_bitvault() {
    check("cyoda", "prod", rows::CYODA);
    check("bitvault", "prod", rows::BITVAULT);
}

const REPORT: [Edit; 5] = [
    ("versions.env", "TEMPORAL=1.25.1", "TEMPORAL=1.26.2"),
    (
        SERVICES,
        "limits: { cpu: 200m, memory: 256Mi } }\n    probes:\n      liveness: { grpc",
        "limits: { cpu: 200m, memory: 300Mi } }\n    probes:\n      liveness: { grpc",
    ),
    ("config/dynamicconfig/production-sql.yaml", "limit.maxIDLength", "limit.maxIdLength"),
    (
        STATEFUL,
        "version: ${versions.MONGODB}\n    storage: 20Gi",
        "version: ${versions.MONGODB}\n    storage: 10Gi",
    ),
    (SERVICES, "  temporal-ui:\n", "  temporal-web:\n"),
];

/// Two environments: a profile, a file, a port, a tier and a namespace differ.
const ENVIRONMENTS: &str = "\
stackgen: 1
stack: shop
namespaces: { app: { podSecurity: restricted } }
profiles:
  web:
    image: registry.example/${name}:1
    scale: 2
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
services:
  cart: { profile: web, uses: [ db ], env: { A: a, B: $(A)b }, args: [ --one, --two ] }
  shop: { profile: web, uses: [ cart ] }
  admin: { profile: web, uses: [ shop ] }
stateful:
  db: { kind: valkey, mode: persistent, storage: 2Gi, password: { secret: db, key: password } }
stores: { hand: { existing: {} } }
secrets: { db: { from: hand, keys: [ password ] } }
environments:
  staging: {}
  prod:
    namespaces: { app: { podSecurity: baseline } }
    profiles: { web: { resources: { limits: { memory: 128Mi } } } }
    services:
      cart: { scale: 4, env: { A: aa, C: c }, args: [ --two, --three ] }
      shop: { ports: { grpc: 9090 } }
      admin: null
    stateful:
      db: { storage: 1Gi, config: { maxmemory-policy: allkeys-lru } }
";

/// The report with the folder of the test left out.
fn report(dir: &Path, args: &[&str], out: &str) -> String {
    result(dir, args, None).replace(out, "OUT")
}

#[test]
fn the_report_reads_well() {
    let (_kept, out) = tree("orbit", "prod");
    let out = out.to_str().unwrap();
    let dir = edited("orbit", &REPORT);
    insta::assert_snapshot!("orbit", report(dir.path(), &["diff", "prod", "--against", out], out));
    insta::assert_snapshot!(
        "orbit_stat",
        report(dir.path(), &["diff", "prod", "--against", out, "--stat"], out)
    );
    insta::assert_snapshot!(
        "orbit_markdown",
        report(dir.path(), &["diff", "prod", "--against", out, "--format", "markdown"], out)
    );
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    fs::write(dir.path().join("stack.yaml"), ENVIRONMENTS).unwrap();
    insta::assert_snapshot!("environments", result(dir.path(), &["diff", "staging", "prod"], None));
    let args = ["diff", "staging", "prod", "--format", "markdown"];
    insta::assert_snapshot!("environments_markdown", result(dir.path(), &args, None));
}

#[test]
fn a_stack_does_not_differ_from_its_own_output() {
    for (name, environment) in
        [("orbit", "prod"), ("platform-kernel", "prod"), ("bitvault", "staging"), ("cyoda", "cassandra")]
    {
        let (dir, _) = tree(name, environment);
        let by_tree = result(dir.path(), &["diff", environment], None);
        assert!(by_tree.ends_with("\n\nno difference\n"), "{by_tree}");
        // The same objects with suffixes.
        let stream = result(dir.path(), &["render", environment], None);
        let by_stream = result(dir.path(), &["diff", environment, "--against", "-"], Some(&stream));
        assert!(by_stream.ends_with("\n\nno difference\n"), "{name}: {by_stream}");
        let with_itself = result(dir.path(), &["diff", environment, environment], None);
        assert!(with_itself.ends_with("\n\nno difference\n"), "{with_itself}");
    }
}

/// What a cluster makes of an object: defaults, metadata and status.
fn live(value: &mut Value) {
    let metadata = value["metadata"].as_object_mut().unwrap();
    metadata.insert("uid".to_owned(), "0".into());
    metadata.insert("resourceVersion".to_owned(), "7".into());
    metadata.insert("managedFields".to_owned(), Value::Array(Vec::new()));
    let applied = serde_json::json!({ "kubectl.kubernetes.io/last-applied-configuration": "{}" });
    match metadata.get_mut("annotations") {
        Some(Value::Object(it)) => it.extend(applied.as_object().unwrap().clone()),
        _ => drop(metadata.insert("annotations".to_owned(), applied)),
    }
    value["status"] = serde_json::json!({ "observedGeneration": 1 });
    if value["kind"] == "Service" && value["spec"]["clusterIP"] != "None" {
        value["spec"]["clusterIP"] = "10.0.0.7".into();
        value["spec"]["ipFamilies"] = serde_json::json!(["IPv4"]);
        value["spec"]["sessionAffinity"] = "None".into();
    }
    if let Some(pod) = value.pointer_mut("/spec/template/spec").and_then(Value::as_object_mut) {
        pod.insert("dnsPolicy".to_owned(), "ClusterFirst".into());
        pod.insert("schedulerName".to_owned(), "default-scheduler".into());
        for container in pod["containers"].as_array_mut().unwrap() {
            container["terminationMessagePath"] = "/dev/termination-log".into();
        }
    }
}

#[test]
fn a_cluster_is_compared_without_what_it_fills_in() {
    let dir = stack("orbit");
    let stream = result(dir.path(), &["render", "prod"], None);
    let mut items = Vec::new();
    for part in stream.split("\n---\n") {
        let mut value: Value = serde_yaml::from_str(part).unwrap();
        live(&mut value);
        items.push(value);
    }
    let others = |name: &str, labels: Value| serde_json::json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": "orbit", "labels": labels } });
    items.push(others("kube-root-ca.crt", serde_json::json!({})));
    let ask = |items: &[Value]| {
        let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items });
        let text = result(
            dir.path(),
            &["diff", "prod", "--against", "-", "--format", "json"],
            Some(&list.to_string()),
        );
        serde_json::from_str::<Value>(&text).unwrap()[0].clone()
    };
    let same = ask(&items);
    assert_eq!((&same["objects"], &same["leftOut"]), (&serde_json::json!([]), &serde_json::json!(1)));

    let own = serde_json::json!({ "app.kubernetes.io/managed-by": "stackgen", "app.kubernetes.io/part-of": "orbit" });
    items.push(others("old", own));
    for item in &mut items {
        if item["kind"] == "DaemonSet" {
            item["spec"]["template"]["spec"]["containers"][0]["image"] = "moby/buildkit:old".into();
        }
    }
    let found = ask(&items);
    let said: Vec<_> =
        found["objects"].as_array().unwrap().iter().map(|it| (&it["object"], &it["state"])).collect();
    assert_eq!(
        serde_json::json!(said),
        serde_json::json!([["DaemonSet orbit/buildkit", "changed"], ["ConfigMap orbit/old", "gone"]])
    );
}

#[test]
fn the_exit_code_is_asked_for() {
    let (_kept, out) = tree("orbit", "prod");
    let out = out.to_str().unwrap();
    let dir = edited("orbit", &[("versions.env", "BIFROST=sha-3f2a9c1", "BIFROST=sha-0000000")]);
    let code = |more: &[&str]| {
        let args = [&["diff", "prod", "--against", out, "--stat"], more].concat();
        run(dir.path(), &args, None).status.code()
    };
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "hot"]), Some(1));
    assert_eq!(code(&["--fail-on", "rolling"]), Some(1));
    assert_eq!(code(&["--fail-on", "downtime"]), Some(0));
    assert_eq!(code(&["--fail-on", "restart"]), Some(2));
}

#[test]
fn what_cannot_be_compared_is_said() {
    let (dir, out) = tree("orbit", "prod");
    let dir = dir.path();
    let said = |args: &[&str], input: &str| {
        let output = run(dir, args, Some(input));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["diff", "prod", "--against", "nothing"], "").contains("cannot read nothing"));
    assert!(
        said(&["diff", "prod", "--against", "config"], "")
            .contains("config/prod is no tree that stackgen wrote; `stackgen render prod -o config`")
    );
    assert!(said(&["diff", "prdo"], "").contains("the nearest is `prod`"));
    assert!(said(&["diff", "prod", "staging"], "").contains("no environment `staging`"));
    let broken = said(&["diff", "prod", "--against", "-"], "kind: Service\n");
    assert!(broken.contains("standard input:1: this is no object of Kubernetes"), "{broken}");
    fs::remove_file(out.join("prod/bifrost/deployment.yaml")).unwrap();
    let missing = said(&["diff", "prod"], "");
    assert!(
        missing.contains("out/prod/bifrost/kustomization.yaml: `deployment.yaml` is no file"),
        "{missing}"
    );
    let path = out.join("prod/kustomization.yaml");
    let text = fs::read_to_string(&path).unwrap() + "patches: []\n";
    fs::write(&path, text).unwrap();
    let patched = said(&["diff", "prod"], "");
    assert!(patched.contains("out/prod/kustomization.yaml: stackgen does not write `patches`"), "{patched}");
}

#[test]
fn the_tree_itself_can_be_named() {
    let (dir, out) = tree("orbit", "prod");
    let text = result(dir.path(), &["diff", "prod", "--against", out.join("prod").to_str().unwrap()], None);
    assert!(text.ends_with("no difference\n"), "{text}");
}
