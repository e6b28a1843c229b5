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
    check_as("short", folder, input, args)
}

fn check_as(format: &str, folder: &TempDir, input: &[u8], args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .current_dir(folder.path())
        .args(["check", "--diagnostics", format, "--manifests"])
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
        let output = check_as(format, &dir, b"", &["a.yaml"]);
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
fn an_account_may_be_bound_by_another_name() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: shop }\nspec: { containers: [ { name: a, image: a } ] }\n";
    let bound = |kind: &str, name: &str, labels: &str| {
        let said = wrong(&format!(
            "{pod}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{ name: b, labels: {{ {labels} }} }}\n\
             roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }}\n\
             subjects: [ {{ apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: \"{name}\" }} ]\n"
        ));
        !said.contains("SG405")
    };
    assert!(bound("Group", "system:serviceaccounts", ""));
    assert!(bound("Group", "system:serviceaccounts:shop", ""));
    assert!(bound("User", "system:serviceaccount:shop:default", ""));
    // Of others, or what the cluster gives all.
    assert!(!bound("Group", "system:serviceaccounts:bank", ""));
    assert!(!bound("Group", "system:masters", ""));
    assert!(!bound("User", "system:serviceaccount:shop:other", ""));
    assert!(!bound("Group", "system:serviceaccounts", "kubernetes.io/bootstrapping: rbac-defaults"));
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
        properties: { spec: { type: object, properties: { arms: { type: integer, x-kubernetes-validations: [{ rule: self < 3 }] } } } }
";
    let robot =
        "apiVersion: example.com/v1\nkind: Robot\nmetadata: { name: a, namespace: b }\nspec: { arms: two }\n";
    // What comes first is the same.
    let said = wrong(&format!("{robot}---\n{definition}"));
    assert!(said.contains("all.yaml:4:15: error[SG574]") && !said.contains("SG580"), "{said}");
    let said = wrong(&format!("{}---\n{definition}", robot.replace("two", "3")));
    assert!(said.contains("all.yaml:4:15: error[SG574]") && said.contains("`self < 3`"), "{said}");
    let said = wrong(&format!("{}---\n{definition}", robot.replace("two", "2")));
    assert!(!said.contains("SG574") && !said.contains("SG580"), "{said}");
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
    let output = check_as("human", &dir, b"", &["empty.yaml"]);
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

/// A folder as people have it: objects beside what other programs read.
#[test]
fn what_a_folder_holds_beside_objects_is_said_and_left() {
    let dir = folder(&[
        ("k8s/a.json", JSON.as_bytes()),
        ("k8s/values.yaml", b"replicas: 1\n"),
        ("k8s/package.json", b"{ \"name\": \"x\", \"kind\": \"module\" }"),
        ("k8s/compose.yaml", b"services: { web: { image: a } }\n"),
        ("k8s/list.yaml", b"- 1\n"),
        ("k8s/empty.yaml", b"# nothing\n---\n"),
        ("k8s/shop/Chart.yaml", b"apiVersion: v2\nname: shop\n"),
        ("k8s/shop/values.yaml", b"replicas: 1\n"),
        ("k8s/shop/templates/a.yaml", b"kind: {{ .Values.kind }}\n"),
        ("k8s/shop/charts/db/Chart.yaml", b"apiVersion: v2\nname: db\n"),
        ("k8s/shop/crds/a.yaml", b"kind: CustomResourceDefinition\nmetadata: { name: a }\n"),
        ("k8s/half.yaml", b"kind: ConfigMap\nmetadata: { name: a }\n"),
    ]);
    let output = check(&dir, b"", &["k8s"]);
    let said = said(&output);
    let lines: Vec<&str> = said.lines().map(|it| it.split(": ").nth(1).unwrap()).collect();
    let left = ["k8s/shop", "k8s/compose.yaml", "k8s/list.yaml", "k8s/package.json", "k8s/values.yaml"];
    assert_eq!(lines[..5], left, "{said}");
    assert!(lines[5..].iter().all(|it| *it == "error[SG574]") && lines.len() == 7, "{said}");
    assert!(said.contains("`helm template k8s/shop | stackgen"), "{said}");
    assert!(said.contains("k8s/half.yaml:1:1: ") && said.contains("k8s/shop/crds/a.yaml:1:1: "), "{said}");
    // What is named is meant.
    for (path, message) in [
        ("k8s/values.yaml", "this is no object of Kubernetes"),
        ("k8s/shop/Chart.yaml", "an object has `kind` and `metadata.name`, and this one has neither"),
        ("k8s/list.yaml", "an object is a mapping"),
    ] {
        let output = check(&dir, b"", &["k8s", path]);
        let said = self::said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{path}:1:1: error[SG574]: {message}")), "{said}");
        assert_eq!(said.matches(&format!("{path}:")).count(), 1, "{said}");
    }
}

#[test]
fn a_folder_without_an_object_is_an_error() {
    let dir = folder(&[
        ("values/values.yaml", b"a: 1\n"),
        ("tree/kustomization.yaml", b"resources: []\n"),
        ("none/a.txt", b"a"),
        ("k8s/a.json", JSON.as_bytes()),
    ]);
    for path in ["values", "tree", "none"] {
        let output = check(&dir, b"", &[path]);
        assert_eq!(output.status.code(), Some(2), "{path}: {}", said(&output));
        assert!(said(&output).contains(path), "{}", said(&output));
    }
    assert_eq!(check(&dir, b"", &["values", "k8s"]).status.code(), Some(0));
}

#[test]
fn objects_are_held_to_the_version_that_is_asked_for() {
    let budget = b"apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: { name: a }\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a, namespace: b }\nspec:\n  selector: {}\n  \
        template: { spec: { containers: [], workloadRef: { name: f, podGroup: f } } }\n";
    let dir = folder(&[("a.yaml", budget)]);
    let of = |version: &str| {
        let output = check_as("human", &dir, b"", &["a.yaml", "--kubernetes", version]);
        (output.status.code(), said(&output))
    };
    let newest = said(&check(&dir, b"", &["a.yaml"]));
    let (code, old) = of("1.25");
    assert!(code == Some(1) && old.contains("Kubernetes 1.25 has no PodSecurityPolicy"), "{old}");
    assert!(old.contains("correct `--kubernetes`, or do without it"), "{old}");
    assert!(!newest.contains("Kubernetes 1.25 has") && newest.contains("SG574"), "{newest}");
    let refused = "has no field `workloadRef`";
    assert!(!of("1.35").1.contains(refused) && of("v1.36.2").1.contains(refused));
    for version in ["1.24", "1.99", "2.30", "new"] {
        let (code, said) = of(version);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("of 1.25 to 1.") || said.contains("no version such as"), "{said}");
    }
}

#[test]
fn a_generated_name_is_for_what_is_created() {
    let job = "\
apiVersion: batch/v1
kind: Job
metadata: { generateName: run-, namespace: shop }
spec: { template: { spec: { restartPolicy: Never, containers: [ { name: a, image: a } ] } } }
";
    let said = wrong(&format!("{job}---\n{job}"));
    assert!(said.contains("all.yaml:3:13: warning[SG574]: the Job `run-…` cannot be applied"), "{said}");
    assert!(!said.contains("SG407") && !said.contains("error[SG574]"), "{said}");
    for hook in ["helm.sh/hook: post-install", "argocd.argoproj.io/hook: Sync"] {
        let hook = job.replace("run-,", &format!("run-, annotations: {{ {hook} }},"));
        assert!(!wrong(&hook).contains("SG574"), "{}", wrong(&hook));
    }
    let nameless = job.replace("generateName: run-, ", "");
    assert!(wrong(&nameless).contains("error[SG574]: an object has `metadata.name`"), "{}", wrong(&nameless));
}

/// As `kubectl get -o yaml` writes them: a pod has what its Deployment has, by way of a ReplicaSet.
#[test]
fn what_a_controller_made_is_not_said_again() {
    let object = |version: &str, kind: &str, name: &str, owner: &str, spec: &str| {
        let owner = match owner.split_once(' ') {
            Some((kind, name)) => {
                format!("{{ apiVersion: apps/v1, kind: {kind}, name: {name}, controller: true, uid: a }}")
            }
            None => String::new(),
        };
        format!(
            "- apiVersion: {version}\n  kind: {kind}\n  metadata: {{ name: {name}, namespace: shop, ownerReferences: [ {owner} ], \
             labels: {{ app: web }}, uid: a, managedFields: [ {{ manager: kubectl, operation: Update }} ] }}\n  \
             spec: {spec}\n  status: {{}}\n"
        )
    };
    let pod = "{ serviceAccount: a, serviceAccountName: a, containers: [ { name: web, image: web } ] }";
    let many = format!(
        "{{ selector: {{ matchLabels: {{ app: web }} }}, template: {{ metadata: {{ creationTimestamp: null, labels: {{ app: web }} }}, spec: {pod} }} }}"
    );
    let service = object("v1", "Service", "web", "", "{ selector: { app: web }, ports: [ { port: 80 } ] }");
    let replicas = object("apps/v1", "ReplicaSet", "web-1", "Deployment web", &many);
    let pods = object("v1", "Pod", "web-1-a", "ReplicaSet web-1", pod);
    let items = [object("apps/v1", "Deployment", "web", "", &many), replicas, pods.clone(), service.clone()];
    let all = wrong(&format!("apiVersion: v1\nkind: List\nitems:\n{}", items.concat()));
    assert_eq!((all.matches("SG320").count(), all.matches("SG574").count()), (1, 0), "{all}");
    assert!(!all.contains("SG370") && !all.contains("SG418"), "{all}");
    // Alone, it is all that there is to say it of.
    let alone = wrong(&format!("kind: List\napiVersion: v1\nitems:\n{pods}{service}"));
    assert!(alone.contains("SG320") && !alone.contains("SG370"), "{alone}");
}
