//! One edit of a shipped stack, and what `stackgen diff` says of it against the tree of the original.

mod edits;
mod engines;
mod exposure;
mod platform_kernel;
mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output as Ended, Stdio};

use self::rows::{Edit, SERVICES, STATEFUL};
use crate::support::memory::Memory;
use serde_json::Value;
use stackgen::compile::Project;
use stackgen::diag::Sources;
use stackgen::diff::Side;
use stackgen::document::Document;
use stackgen::layout::{Form, Laid, Output};
use stackgen::resolve::Resolved;

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
    copy(&crate::support::project().join("stacks").join(name), dir.path());
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

fn run(dir: &Path, args: &[&str], input: Option<&str>) -> Ended {
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

/// The files of a shipped stack, edited.
fn files(name: &str, edits: &[Edit]) -> Memory {
    let mut files = crate::support::files(&crate::support::project().join("stacks").join(name));
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap_or_else(|| panic!("{name} has no {file}"));
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}");
        *text = text.replacen(from, to, 1);
    }
    Memory(files)
}

/// A stack, compiled to its tree.
struct Tree {
    sources: Sources,
    document: Document,
    resolved: Resolved,
    files: BTreeMap<String, String>,
}

impl Tree {
    fn of(files: &Memory, environment: &str) -> Result<Self, String> {
        let mut project = Project::open(files, "stack.yaml");
        let compilation = project.compile(files, environment, &[], Form::Tree);
        let errors = project.findings.iter().chain(&compilation.findings).filter(|it| it.is_error());
        let errors: Vec<String> = errors.map(|it| format!("{} {}", it.code.id, it.message)).collect();
        let Some(Laid { output: Output::Tree(bundle), .. }) = compilation.laid else {
            return Err(errors.join("; "));
        };
        Ok(Self {
            sources: project.sources,
            document: compilation.document.unwrap(),
            resolved: compilation.resolved.unwrap(),
            files: bundle.iter().map(|(path, it)| (path.to_owned(), it.text.clone())).collect(),
        })
    }

    fn side(&self) -> Side<'_> {
        Side { document: &self.document, resolved: &self.resolved }
    }
}

/// How many files of a stack's trees come with values, which are what another reader finds in their texts.
fn valued(folder: &Path) -> usize {
    let files = Memory(crate::support::files(folder));
    let mut project = Project::open(&files, "stack.yaml");
    let mut seen = 0;
    for environment in project.environments() {
        // What must be given a value is compiled elsewhere.
        let Some(laid) = project.compile(&files, &environment, &[], Form::Values).laid else { continue };
        let Output::Tree(bundle) = laid.output else { panic!("no tree") };
        for (path, file) in bundle.iter() {
            let Some(value) = &file.value else { continue };
            let read: Value = serde_yaml::from_str(&file.text).unwrap();
            assert_eq!(value.value(), read, "{} {environment}: {path}", folder.display());
            seen += 1;
        }
    }
    seen
}

#[test]
fn values_are_what_their_texts_say() {
    let roots = ["stacks", "tests/forms/stacks", "tests/engines/stacks"];
    std::thread::scope(|scope| {
        for root in roots {
            scope.spawn(move || {
                let folders = fs::read_dir(crate::support::project().join(root)).unwrap();
                let folders = folders.map(|it| it.unwrap().path()).filter(|it| it.is_dir());
                let seen: usize = folders.map(|it| valued(&it)).sum();
                assert!(seen > 300, "{root}: {seen}");
            });
        }
    });
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

/// A stack whose tier has larger claims in `prod`, with what it says of that.
fn acknowledging(entries: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    let text = ENVIRONMENTS.replace("storage: 1Gi, config", "storage: 4Gi, config");
    fs::write(dir.path().join("stack.yaml"), format!("{text}    acknowledge:{entries}\n")).unwrap();
    dir
}

#[test]
fn a_change_that_somebody_decided_does_not_count() {
    let code = |entries: &str, least: &str| {
        let dir = acknowledging(entries);
        let output = run(dir.path(), &["diff", "staging", "prod", "--fail-on", least], None);
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let db = "\n      StatefulSet/db: { impact: recreate, reason: it grows on Sunday }";
    let (before, ..) = code(" {}", "recreate");
    let (after, shown, said) = code(db, "recreate");
    assert_eq!((before, after), (1, 0), "{shown}{said}");
    assert!(
        shown
            .contains("  acknowledged: it grows on Sunday\n    stack.yaml:31:7 /acknowledge/StatefulSet~1db"),
        "{shown}"
    );
    assert!(shown.ends_with("  acknowledged: 1 object\n") && !said.contains("SG490"), "{shown}{said}");
    let dir = acknowledging(db);
    let stat = run(dir.path(), &["diff", "staging", "prod", "--stat"], None);
    let stat = String::from_utf8(stat.stdout).unwrap();
    assert_eq!(stat.matches(" (acknowledged)\n").count(), 1, "{stat}");
    // Who names the namespace is meant, wherever the other entry stands.
    let wide = "\n      StatefulSet/db: { impact: downtime, reason: every one }";
    let own = "\n      StatefulSet/app/db: { impact: recreate, reason: this one }";
    for entries in [[wide, own].concat(), [own, wide].concat()] {
        let (ends, shown, said) = code(&entries, "recreate");
        assert!(ends == 0 && shown.contains("acknowledged: this one"), "{shown}{said}");
    }
    // What goes has `removed`; a worse change than the one that was decided counts.
    let gone = "\n      Service/app/admin: { impact: downtime, reason: nobody calls it, removed: true }";
    assert!(!code(gone, "data").2.contains("SG49"));
    let (worse, shown, _) = code(&db.replace("recreate", "downtime"), "recreate");
    assert_eq!(worse, 1);
    assert!(shown.contains("acknowledged, but only as `downtime`: it grows"), "{shown}");
}

#[test]
fn what_nobody_needs_any_more_is_said_once() {
    let dir = acknowledging("\n      Deployment/shop: { impact: downtime, reason: it was so }");
    let output = run(dir.path(), &["diff", "staging", "prod"], None);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(said.matches("warning[SG490]").count(), 1, "{said}");
    assert!(said.contains("stack.yaml:31:7"), "{said}");
}

#[test]
fn a_pipeline_stops_at_an_impact() {
    let (dir, _out) = tree("orbit", "prod");
    let edit = |file: &str, from: &str, to: &str| {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    let code = |more: &[&str]| {
        let output = run(dir.path(), &[&["render", "prod", "-o", "out", "--check"], more].concat(), None);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(code(&["--fail-on", "none"]).0, 0);
    edit(STATEFUL, "storage: 5Gi", "storage: 8Gi");
    let (all, said) = code(&[]);
    assert_eq!(all, 1);
    assert!(
        said.contains("0 new, 2 changed, 0 gone; must be recreated: 1 object; without a restart: 1 object"),
        "{said}"
    );
    assert_eq!((code(&["--fail-on", "recreate"]).0, code(&["--fail-on", "data"]).0), (1, 0));
}

#[test]
fn the_tool_that_applies_is_paused_and_resumed() {
    let steps = |gitops: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        let text = ENVIRONMENTS.replace("storage: 1Gi, config", "storage: 4Gi, config");
        fs::write(dir.path().join("stack.yaml"), format!("{text}gitops: {gitops}\n")).unwrap();
        let text = result(dir.path(), &["diff", "staging", "prod", "--format", "json"], None);
        let reports: Value = serde_json::from_str(&text).unwrap();
        let all = reports[0]["objects"].as_array().unwrap().clone();
        let db = all.iter().find(|it| it["object"] == "StatefulSet app/db").unwrap();
        let steps = db["recipe"].as_array().unwrap().iter().map(|it| it["do"].as_str().unwrap().to_owned());
        steps.collect::<Vec<String>>()
    };
    let flux = steps("{ flux: { repo: https://git.example/shop, path: \"deploy/${env}\" } }");
    let suspend = |it: bool| {
        format!(
            "kubectl patch kustomization shop-prod -n flux-system --type merge -p '{{\"spec\":{{\"suspend\":{it}}}}}'"
        )
    };
    assert_eq!((&flux[0], flux.contains(&suspend(false))), (&suspend(true), true), "{flux:?}");
    let resumed = flux.iter().position(|it| *it == suspend(false)).unwrap();
    let committed = flux.iter().position(|it| it == "commit the tree and push it").unwrap();
    let deleted = flux.iter().position(|it| it.starts_with("kubectl delete")).unwrap();
    assert_eq!((committed + 1, deleted < resumed), (deleted, true), "{flux:?}");
    let clusters = "{ argocd: { repo: https://git.example/shop, path: \"deploy/${env}\", destination: { clusters: { a: https://a.example } } } }";
    let first = &steps(clusters)[0];
    assert!(
        first.starts_with("kubectl patch applicationset shop-prod -n argocd")
            && first
                .ends_with("'{\"spec\":{\"template\":{\"spec\":{\"syncPolicy\":{\"automated\":null}}}}}'"),
        "{first}"
    );
    let helm = steps("{ helm: {} }");
    assert!(helm.contains(&"helm upgrade RELEASE CHART".to_owned()), "{helm:?}");
}
