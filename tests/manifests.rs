//! `stackgen check --manifests`: objects of files, folders and standard input, without a stack.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Two objects of one name, and a password in a variable, in a `List` and in JSON.
const LIST: &str = "\
# by hand
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: a, namespace: shop }
  data: { DB_PASSWORD: hunter2 }
---
";
const JSON: &str =
    r#"{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": "shop" } }"#;

fn check(folder: &TempDir, input: &[u8], args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .current_dir(folder.path())
        .args(["check", "--diagnostics", "short", "--manifests"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who does not read standard input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn files_folders_and_standard_input_are_read_as_one() {
    let dir = folder(&[("k8s/sub/list.yaml", LIST.as_bytes()), ("k8s/b.json", JSON.as_bytes())]);
    let output = check(&dir, JSON.as_bytes(), &["k8s", "-"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("k8s/sub/list.yaml:9:24: error[SG403]"), "{said}");
    assert!(said.contains("k8s/sub/list.yaml:8:21: error[SG407]"), "{said}");
    assert!(said.contains("k8s/b.json:1:66: error[SG407]"), "{said}");
}

#[test]
fn what_cannot_be_read_is_a_finding_or_an_error() {
    let huge = vec![b' '; 5 << 20];
    let dir = folder(&[
        ("bad.yaml", b"a: [\n"),
        ("huge.yaml", &huge),
        ("binary.yaml", b"a: \0"),
        ("latin.yaml", b"a: \xe9"),
    ]);
    for (file, code) in [("bad", "SG001"), ("huge", "SG022"), ("binary", "SG004"), ("latin", "SG004")] {
        let output = check(&dir, b"", &[&format!("{file}.yaml")]);
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(said(&output).contains(code), "{file}: {}", said(&output));
    }
    let output = check(&dir, &huge, &["-"]);
    assert!(said(&output).contains("SG022"), "{}", said(&output));
    let output = check(&dir, b"", &["none.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cannot read none.yaml"), "{}", said(&output));
}

#[test]
fn what_is_not_checked_is_said() {
    let kustomization = b"resources: [ a.yaml ]\n";
    let custom = b"apiVersion: example.com/v1\nkind: Robot\nmetadata: { name: a }\n";
    let dir = folder(&[("tree/kustomization.yaml", kustomization), ("tree/a.yaml", custom)]);
    let output = check(&dir, b"", &["tree"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("not checked: tree/kustomization.yaml: "), "{said}");
    assert!(said.contains("tree/a.yaml:2:7: info[SG580]"), "{said}");
}

#[test]
fn every_format_has_the_places_of_the_files() {
    let dir = folder(&[("a.yaml", LIST.as_bytes())]);
    for format in ["human", "short", "json", "github", "sarif"] {
        let output = Command::new(env!("CARGO_BIN_EXE_stackgen"))
            .current_dir(dir.path())
            .args(["check", "--manifests", "a.yaml", "--diagnostics", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let said = said(&output);
        assert!(said.contains("a.yaml") && said.contains("SG403"), "{format}: {said}");
    }
}

/// What is wrong with objects, in short.
fn wrong(objects: &str) -> String {
    let dir = folder(&[("all.yaml", objects.as_bytes())]);
    said(&check(&dir, b"", &["all.yaml"]))
}

#[test]
fn a_kind_of_another_group_is_another_kind() {
    let routes = "\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: web, namespace: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [ { name: http, port: 80 } ] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec: { host: web }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: [ web ], http: [ { route: [ { destination: { host: web, port: { number: 80 } } } ] } ] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
";
    let without = routes.replace("apiVersion: v1\n", "apiVersion: serving.knative.dev/v1beta1\n");
    for code in ["SG562", "SG564"] {
        assert!(!wrong(routes).contains(code), "{}", wrong(routes));
    }
    // That of Knative is no backend.
    assert!(wrong(&without).contains("SG564"), "{}", wrong(&without));
    assert!(wrong(&without).contains("there is no Service `web`"), "{}", wrong(&without));
}

#[test]
fn an_autoscaler_is_of_the_kind_and_group_that_it_names() {
    let all = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, image: web } ] } }
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: web, namespace: shop }
spec: { scaleTargetRef: { name: web } }
";
    assert!(wrong(all).contains("SG375") && !wrong(all).contains("SG371"), "{}", wrong(all));
    let other = all.replace("{ name: web } }\n", "{ apiVersion: argoproj.io/v1alpha1, name: web } }\n");
    assert!(!wrong(&other).contains("SG375") && wrong(&other).contains("SG371"), "{}", wrong(&other));
}

/// Each workload has its own Service and budget among many; those of one have lost theirs.
#[test]
fn among_many_objects_each_finds_its_own() {
    use std::fmt::Write as _;
    let mut all = String::new();
    for number in 0..300 {
        let taken = if number == 200 { "x".to_owned() } else { format!("a{number}") };
        write!(
            all,
            "\
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: a{number}, namespace: shop }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ app: a{number} }} }}
  template:
    metadata: {{ labels: {{ app: a{number}, tier: web }} }}
    spec: {{ containers: [ {{ name: web, image: web }} ] }}
---
apiVersion: v1
kind: Service
metadata: {{ name: a{number}, namespace: shop }}
spec: {{ selector: {{ app: {taken}, tier: web }}, ports: [ {{ port: 80 }} ] }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{ name: a{number}, namespace: shop }}
spec: {{ maxUnavailable: 1, selector: {{ matchLabels: {{ app: {taken} }} }} }}
---
"
        )
        .unwrap();
    }
    let said = wrong(&all);
    let count = |code: &str| said.matches(&format!("[{code}]")).count();
    assert_eq!((count("SG370"), count("SG377")), (2, 1), "{said}");
}

#[test]
fn policies_of_the_whole_cluster_may_cover_every_pod() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: shop }\nspec: { containers: [ { name: a, image: a } ] }\n";
    let with = |version: &str, kind: &str, namespace: &str| {
        wrong(&format!(
            "{pod}---\napiVersion: {version}\nkind: {kind}\nmetadata: {{ name: all{namespace} }}\nspec: {{}}\n"
        ))
    };
    assert!(wrong(pod).contains("SG560"), "{}", wrong(pod));
    for (version, kind) in [
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
        ("projectcalico.org/v3", "GlobalNetworkPolicy"),
        ("crd.projectcalico.org/v1", "GlobalNetworkPolicy"),
    ] {
        assert!(!with(version, kind, "").contains("SG560"), "{kind}");
    }
    let elsewhere = with("projectcalico.org/v3", "NetworkPolicy", ", namespace: other");
    assert!(elsewhere.contains("SG560"), "{elsewhere}");
}

#[test]
fn a_definition_beside_its_objects_is_used() {
    let definition = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: robots.example.com }
spec:
  group: example.com
  names: { kind: Robot, plural: robots }
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: { spec: { type: object, properties: { arms: { type: integer } } } }
";
    let robot =
        "apiVersion: example.com/v1\nkind: Robot\nmetadata: { name: a, namespace: b }\nspec: { arms: two }\n";
    // What comes first is the same.
    let said = wrong(&format!("{robot}---\n{definition}"));
    assert!(said.contains("all.yaml:4:15: error[SG574]") && !said.contains("SG580"), "{said}");
    let broken = definition.replace("storage: true", "storage: false");
    let said = wrong(&format!("{robot}---\n{broken}"));
    assert!(said.contains("error[SG577]") && said.contains("info[SG580]"), "{said}");
    assert!(!said.contains("SG574"), "{said}");
    let twice = wrong(&format!("{definition}---\n{definition}"));
    assert!(twice.contains("SG407") && !twice.contains("SG577"), "{twice}");
}

#[test]
fn nothing_is_no_mistake() {
    let dir = folder(&[("empty.yaml", b""), ("comments.yaml", b"---\n# none\n\n---\n")]);
    for (input, path) in [("", "-"), ("", "empty.yaml"), ("", "comments.yaml"), ("---\n", "-")] {
        let output = check(&dir, input.as_bytes(), &[path]);
        assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()), "{path}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .current_dir(dir.path())
        .args(["check", "--manifests", "empty.yaml", "--diagnostics", "human"])
        .output()
        .unwrap();
    assert!(said(&output).contains("0 objects checked"), "{}", said(&output));
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let dir = folder(&[("k8s/a.json", JSON.as_bytes())]);
    for paths in [["k8s/a.json", "./k8s/a.json"], ["k8s", "k8s/a.json"], ["k8s/a.json", "k8s/"]] {
        let output = check(&dir, b"", &paths);
        assert!(!said(&output).contains("SG407"), "{}", said(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_a_folder_is_said_and_left() {
    let dir = folder(&[("k8s/a.json", JSON.as_bytes()), ("b.json", JSON.as_bytes())]);
    std::os::unix::fs::symlink("../b.json", dir.path().join("k8s/b.json")).unwrap();
    let output = check(&dir, b"", &["k8s"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("not checked: k8s/b.json: the link leads out"), "{}", said(&output));
}

#[test]
fn an_object_with_items_of_its_own_is_no_list() {
    let said = wrong(
        "apiVersion: example.com/v1\nkind: AccessList\nmetadata: { name: a }\nitems: [ { user: x } ]\n",
    );
    assert!(said.contains("info[SG580]") && !said.contains("SG574"), "{said}");
}
