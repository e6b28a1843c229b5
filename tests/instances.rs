//! Environments that are rendered once for each of many: previews of pull requests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::memory::{compile, get, stack};
use assert_cmd::Command;

const PREVIEWS: &str = "
namespaces: { app: { name: shop } }
gateways: { web: { existing: { namespace: gateways } } }
externals: { api: { host: kubernetes.default.svc, port: 6443, cidrs: [ 192.0.2.10/32 ] } }
identities:
  janitor:
    serviceAccount: kube-janitor
    namespace: janitor
    permissions: { look: { clusterWide: true, resources: [ namespaces ], verbs: [ get, list ] } }
services:
  web:
    profile: web
    uses: [ api ]
    permissions: { nodes: { clusterWide: true, resources: [ nodes ], verbs: [ get ] } }
    expose: { http: { gateway: web, hosts: shop.example.com } }
environments:
  prod: {}
  preview:
    parameters: { pr: { type: integer, minimum: 1, maximum: 99999 } }
    instance: { name: \"preview-pr-${parameters.pr}\", ttl: 72h }
    namespaces: { app: { name: \"shop-preview-pr-${parameters.pr}\" } }
    services: { web: { scale: 1, expose: { http: { hosts: \"pr-${parameters.pr}.preview.example.com\" } } } }
  branch:
    extends: preview
    parameters: { pr: 7, branch: { type: string } }
    instance: { name: \"branch-${parameters.branch}\", ttl: 90m }
    namespaces: { app: { name: \"shop-${parameters.branch}\" } }
    services: { web: { expose: { http: { hosts: \"${parameters.branch}.preview.example.com\" } } } }
";

fn project(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("stack.yaml"), &stack(text, &[]).0["stack.yaml"]).unwrap();
    dir
}

/// Standard output, what is said, and the exit code.
fn stackgen(dir: &Path, arguments: &[&str]) -> (String, String, i32) {
    let run = Command::cargo_bin("stackgen").unwrap().current_dir(dir).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(run.stdout), text(run.stderr), run.status.code().unwrap())
}

/// The files below a folder, with their texts.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else {
            found.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    found
}

#[test]
fn names_hosts_and_namespaces_follow_the_parameter() {
    let objects = compile(&stack(PREVIEWS, &[]), "preview", &[("pr", "42")]).unwrap();
    let namespace = get(&objects, "Namespace", "shop-preview-pr-42");
    assert_eq!(namespace["metadata"]["annotations"]["janitor/ttl"], "72h");
    assert_eq!(get(&objects, "HTTPRoute", "web")["spec"]["hostnames"][0], "pr-42.preview.example.com");
    assert_eq!(get(&objects, "Deployment", "web")["metadata"]["namespace"], "shop-preview-pr-42");
    get(&objects, "ClusterRole", "shop-preview-pr-42-web");
    get(&objects, "ClusterRole", "shop-preview-pr-42-janitor");
    // What is no preview lives on.
    let objects = compile(&stack(PREVIEWS, &[]), "prod", &[]).unwrap();
    assert!(get(&objects, "Namespace", "shop")["metadata"]["annotations"].is_null());
}

#[test]
fn a_time_to_live_is_written_as_the_janitor_reads_it() {
    let objects = compile(&stack(PREVIEWS, &[]), "branch", &[("branch", "x")]).unwrap();
    let namespace = get(&objects, "Namespace", "shop-x");
    assert_eq!(namespace["metadata"]["annotations"]["janitor/ttl"], "90m");
}

#[test]
fn no_two_instances_share_an_object_or_a_folder() {
    let dir = project(PREVIEWS);
    for pr in ["42", "43"] {
        let (_, said, code) =
            stackgen(dir.path(), &["render", "preview", "--set", &format!("pr={pr}"), "-o", "out"]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&format!("out/preview-pr-{pr}: ")), "{said}");
    }
    assert_eq!(fs::read_dir(dir.path().join("out")).unwrap().count(), 2);
    let ids = |pr: &str| -> Vec<String> {
        let record = &files(&dir.path().join("out").join(format!("preview-pr-{pr}")))[".stackgen.json"];
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        let entries = record["files"].as_array().unwrap().iter();
        entries.filter_map(|it| it["object"].as_str().map(str::to_owned)).collect()
    };
    let (first, second) = (ids("42"), ids("43"));
    assert_eq!(first.len(), second.len());
    assert!(first.len() > 10 && first.iter().all(|it| !second.contains(it)), "{first:?}");
    // Each is compared with its own tree.
    let check = |pr: &str| stackgen(dir.path(), &["render", "preview", "--set", pr, "-o", "out", "--check"]);
    assert_eq!(check("pr=42").2, 0);
    let (listed, _, code) = check("pr=44");
    assert!(code == 1 && listed.contains("create out/preview-pr-44/"), "{listed}");
}

#[test]
fn a_preview_of_nothing_says_how_it_is_called() {
    let dir = project(PREVIEWS);
    let (_, said, code) = stackgen(dir.path(), &["render", "preview"]);
    assert_eq!((code, said.matches("error[").count()), (1, 1), "{said}");
    assert!(said.contains("parameter `pr` has no value"), "{said}");
    assert!(said.contains("`stackgen render preview --set pr=1`"), "{said}");
}

#[test]
fn a_check_of_all_says_which_it_cannot_check() {
    let dir = project(PREVIEWS);
    let (_, said, code) = stackgen(dir.path(), &["check"]);
    assert_eq!(code, 0, "{said}");
    for part in
        ["preview is not checked: it needs --set pr=VALUE", "branch is not checked", "1 environment checked"]
    {
        assert!(said.contains(part), "{said}");
    }
    let (_, said, code) = stackgen(dir.path(), &["check", "preview"]);
    assert!(code == 1 && said.contains("parameter `pr` has no value"), "{said}");
    let (_, said, code) = stackgen(dir.path(), &["check", "--set", "pr=4", "--set", "branch=a"]);
    assert!(code == 0 && !said.contains("not checked: it needs"), "{said}");
}

#[test]
fn what_is_no_number_of_a_pull_request_is_said_once() {
    let dir = project(PREVIEWS);
    let cases = [
        ("pr=../x", "`--set` makes parameter `pr` `../x`, but its type is integer"),
        ("pr=007", "`--set` makes parameter `pr` `007`, but its type is integer"),
        ("pr=0", "`--set` makes parameter `pr` `0`, but its `minimum` is 1"),
        ("pr=100000", "`--set` makes parameter `pr` `100000`, but its `maximum` is 99999"),
    ];
    for (set, message) in cases {
        let (_, said, code) = stackgen(dir.path(), &["render", "preview", "--set", set, "-o", "out"]);
        assert_eq!((code, said.matches("error[").count()), (1, 1), "{said}");
        assert!(said.contains(message) && said.contains("such as `--set pr=1`"), "{said}");
        assert!(!dir.path().join("out").exists());
    }
}

#[test]
fn a_text_that_makes_no_name_is_shown_where_it_is_used_and_where_it_is_from() {
    let dir = project(PREVIEWS);
    let (_, said, code) = stackgen(dir.path(), &["render", "branch", "--set", "branch=../x", "-o", "out"]);
    assert_eq!(code, 1, "{said}");
    for part in [
        "`branch-../x` is no name",
        "`shop-../x` is no name",
        "`../x.preview.example.com` is no host",
        "`--set` makes `branch` `../x`",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!dir.path().join("out").exists());
}

#[test]
fn a_parameter_is_known_where_it_is_declared() {
    let dir = project(PREVIEWS);
    let (_, said, code) = stackgen(dir.path(), &["render", "prod", "--set", "pr=1"]);
    assert!(code == 1 && said.contains("`--set pr` names no parameter of `prod`"), "{said}");
    assert!(said.contains("it is one of `preview` and `branch`"), "{said}");
    let (_, said, code) = stackgen(dir.path(), &["render", "preview", "--set", "rp=1"]);
    assert!(code == 2 && said.contains("the nearest is `pr`"), "{said}");
    // Of several, each takes what it knows.
    let (_, said, code) = stackgen(dir.path(), &["check", "--set", "pr=1", "--set", "branch=x"]);
    assert_eq!(code, 0, "{said}");
}

const REQUESTED: &str = "
namespaces: { app: { name: shop } }
gitops: { argocd: { repo: https://git.example/acme/shop, path: \"deploy/${env}\" } }
services: { web: { profile: web } }
claims: { cache: { size: 1Gi } }
environments:
  prod: {}
  preview:
    parameters: { pr: { type: integer, minimum: 1 } }
    instance: { name: \"preview-pr-${parameters.pr}\" }
    namespaces: { app: { name: \"shop-preview-pr-${parameters.pr}\" } }
    gitops:
      argocd:
        path: \"deploy/preview-pr-{{.number}}\"
        destination: { pullRequests: { from: SOURCE } }
";

fn requested(source: &str) -> String {
    REQUESTED.replace("SOURCE", source)
}

#[test]
fn one_application_set_serves_all_pull_requests() {
    let dir = project(&requested(
        "{ github: { owner: acme, repo: shop, labels: [ preview ], tokenRef: { secretName: github, key: token } } }",
    ));
    let mut sets = Vec::new();
    for pr in ["42", "43"] {
        let (_, said, code) =
            stackgen(dir.path(), &["render", "preview", "--set", &format!("pr={pr}"), "-o", "deploy"]);
        assert_eq!(code, 0, "{said}");
        sets.push(files(&dir.path().join("deploy/gitops/preview")));
    }
    assert_eq!(sets[0], sets[1], "it is the same whoever writes it");
    let set: serde_yaml::Value = serde_yaml::from_str(&sets[0]["applicationset.yaml"]).unwrap();
    assert_eq!(set["metadata"]["name"], "shop-preview");
    let spec = &set["spec"];
    assert_eq!(spec["goTemplate"], true);
    assert_eq!(spec["syncPolicy"]["preserveResourcesOnDeletion"], false);
    let asked = &spec["generators"][0]["pullRequest"];
    assert_eq!(asked["github"]["labels"][0], "preview");
    assert_eq!(asked["github"]["tokenRef"]["secretName"], "github");
    assert_eq!(asked["requeueAfterSeconds"], 300);
    assert_eq!(spec["template"]["metadata"]["name"], "shop-preview-{{.number}}");
    let source = &spec["template"]["spec"]["source"];
    assert_eq!(source["path"], "deploy/preview-pr-{{.number}}");
    assert_eq!(source["targetRevision"], "{{.head_sha}}");
    // The path that Argo CD makes of it is where the tree is.
    assert!(dir.path().join("deploy/preview-pr-42/kustomization.yaml").exists());
}

#[test]
fn each_provider_is_asked_in_its_own_fields() {
    let cases = [
        (
            "{ gitlab: { project: acme/shop, api: https://git.example } }",
            "gitlab: api: https://git.example project: acme/shop pullRequestState: opened",
        ),
        (
            "{ gitea: { owner: acme, repo: shop, api: https://git.example } }",
            "gitea: api: https://git.example owner: acme repo: shop",
        ),
        (
            "{ bitbucket: { owner: acme, repo: shop, tokenRef: { secretName: bb, key: token } } }",
            "bitbucket: bearerToken: tokenRef: key: token secretName: bb owner: acme repo: shop",
        ),
        (
            "{ bitbucketServer: { project: AC, repo: shop, api: https://git.example } }",
            "bitbucketServer: api: https://git.example project: AC repo: shop",
        ),
    ];
    for (source, expected) in cases {
        let dir = project(&requested(source));
        let (_, said, code) = stackgen(dir.path(), &["render", "preview", "--set", "pr=42", "-o", "deploy"]);
        assert_eq!(code, 0, "{said}");
        let text = &files(&dir.path().join("deploy/gitops/preview"))["applicationset.yaml"];
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(expected), "{expected}:\n{text}");
    }
}

#[test]
fn what_a_preview_keeps_goes_with_it() {
    let files = stack(&requested("{ github: { owner: acme, repo: shop } }"), &[]);
    let options = |environment: &str, set: &[(&str, &str)], name: &str| {
        let objects = compile(&files, environment, set).unwrap();
        let of = |kind: &str, name: &str| {
            get(&objects, kind, name)["metadata"]["annotations"]["argocd.argoproj.io/sync-options"].clone()
        };
        (of("Namespace", name), of("PersistentVolumeClaim", "cache"))
    };
    let kept = serde_yaml::Value::from("Prune=false,Delete=false");
    assert_eq!(options("prod", &[], "shop"), (kept.clone(), kept));
    let (namespace, claim) = options("preview", &[("pr", "42")], "shop-preview-pr-42");
    assert!(namespace.is_null() && claim.is_null());
}
