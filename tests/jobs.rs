//! Jobs: when each comes, whose pod it runs in, and what it is called.

use crate::support::memory::{Memory, compile, get, stack};
use serde_yaml::Value;
use stackgen::compile::Project;
use stackgen::layout::{Form, Output};
use stackgen::resolve::Phase;

const JOBS: &str = "
namespaces: { app: {} }
services:
  # Waits for `migrate`; it does not use the cache itself.
  api: { profile: web, uses: [ store ], initContainers: { warm: { image: registry.example/warm:1 } } }
  shop: { profile: web, uses: [ api ] }
  store: { profile: web }
  cache: { profile: web }
  lamp: { profile: web }
jobs:
  migrate: { image: registry.example/migrate:1, args: [ \"${services.cache.host}\" ], uses: [ store, cache ], run: { before-rollout: [ api ] } }
  smoke: { image: registry.example/smoke:1, uses: [ shop ], run: after-rollout }
  sweep: { image: registry.example/sweep:1, uses: [ shop ], run: { schedule: \"@daily\" } }
  tally: { image: registry.example/tally:1, uses: [ store ], run: { schedule: \"@daily\" } }
environments:
  plain: { jobs: { smoke: null } }
  argocd: { gitops: { argocd: { repo: https://git.example.com/shop, path: shop } } }
  flux: { gitops: { flux: { repo: https://git.example.com/shop, path: shop } } }
  changed: { extends: flux, jobs: { migrate: { image: registry.example/migrate:2 } } }
  hook: { extends: argocd, jobs: { migrate: { image: registry.example/migrate:2 } } }
";

fn phases(files: &Memory, environment: &str) -> Vec<(String, Phase)> {
    let mut project = Project::open(files, "stack.yaml");
    let resolved = project.compile(files, environment, &[], Form::Objects).resolved.unwrap();
    resolved.components.values().map(|it| (it.name.to_string(), it.phase)).collect()
}

#[test]
fn what_waits_for_a_job_and_what_uses_that_comes_after_it() {
    let files = stack(JOBS, &[]);
    let wanted = [
        ("api", Phase::Rollout),
        ("shop", Phase::Rollout),
        ("store", Phase::Base),
        ("cache", Phase::Base),
        ("lamp", Phase::Base),
        ("sweep", Phase::Rollout),
        ("tally", Phase::Base),
        ("migrate", Phase::Before),
        ("smoke", Phase::After),
    ];
    let wanted: Vec<_> = wanted.map(|(name, it)| (name.to_owned(), it)).into();
    for environment in ["argocd", "flux"] {
        assert_eq!(phases(&files, environment), wanted, "{environment}");
    }
    assert!(phases(&files, "plain").iter().all(|(_, it)| *it == Phase::Base), "no tool knows phases");
}

#[test]
fn a_config_comes_with_the_first_that_takes_it() {
    let taking = |takers: &[&str]| {
        let mut text = JOBS.replace("services:\n", "configs: { flags: { data: { A: b } } }\nservices:\n");
        for taker in takers {
            let plain = format!("  {taker}: {{ ");
            text = text.replacen(&plain, &format!("{plain}envFrom: [ {{ config: flags }} ], "), 1);
        }
        stack(&text, &[])
    };
    let held = |files: &Memory, environment: &str, stage: &str| {
        let mut project = Project::open(files, "stack.yaml");
        let laid = project.compile(files, environment, &[], Form::Tree).laid.unwrap();
        let Output::Tree(bundle) = laid.output else { panic!("a tree was asked for") };
        bundle.get(&format!("stages/{stage}/kustomization.yaml")).unwrap().text.contains("../../configs-app")
    };
    for environment in ["argocd", "flux"] {
        // A failed job leaves the old pods, which need the old ConfigMap: it goes when they do.
        assert!(held(&taking(&["api", "shop"]), environment, "rollout"), "{environment}");
        assert!(!held(&taking(&["api", "shop"]), environment, "base"), "{environment}");
        // What the job itself takes, or what does not wait for it, must be there first.
        assert!(held(&taking(&["api", "migrate"]), environment, "base"), "{environment}");
        assert!(held(&taking(&["lamp", "shop"]), environment, "base"), "{environment}");
    }
}

/// A claim may wait for the first pod that mounts it, and holds up what comes after it meanwhile.
#[test]
fn a_claim_comes_with_the_first_pods_that_mount_it() {
    let mounted_by = |takers: &[&str]| {
        let claim = "claims: { data: { size: 1Gi, accessModes: [ ReadWriteMany ] } }\nservices:\n";
        let mut text = JOBS.replace("services:\n", claim);
        for taker in takers {
            let plain = format!("  {taker}: {{ ");
            text = text.replacen(&plain, &format!("{plain}volumes: {{ /data: {{ shared: data }} }}, "), 1);
        }
        stack(&text, &[])
    };
    let stage = |files: &Memory, environment: &str| -> String {
        let mut project = Project::open(files, "stack.yaml");
        let laid = project.compile(files, environment, &[], Form::Tree).laid.unwrap();
        let Output::Tree(bundle) = laid.output else { panic!("a tree was asked for") };
        let of = |it: &&str| {
            let path = format!("stages/{it}/kustomization.yaml");
            bundle.get(&path).is_some_and(|it| it.text.contains("../../storage"))
        };
        let held: Vec<&str> = ["base", "before", "rollout", "after"].into_iter().filter(of).collect();
        let [one] = held.as_slice() else { panic!("the claim is in {held:?}") };
        (*one).to_owned()
    };
    for environment in ["argocd", "flux"] {
        assert_eq!(stage(&mounted_by(&["api"]), environment), "rollout", "{environment}");
        assert_eq!(stage(&mounted_by(&["api", "lamp"]), environment), "base", "{environment}");
        assert_eq!(stage(&mounted_by(&["sweep"]), environment), "rollout", "{environment}");
    }
    assert_eq!(stage(&mounted_by(&["migrate", "api"]), "flux"), "before");
    assert_eq!(stage(&mounted_by(&["migrate", "api"]), "argocd"), "base", "hooks find it there");
    let wave = |takers: &[&str]| -> u32 {
        let objects = compile(&mounted_by(takers), "argocd", &[]).unwrap();
        let claim = get(&objects, "PersistentVolumeClaim", "data");
        claim["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].as_str().unwrap().parse().unwrap()
    };
    assert!(wave(&["lamp"]) < wave(&["tally"]), "a schedule's pod comes when its time has come");
    assert_eq!(wave(&["tally"]), wave(&["migrate"]), "and a hook's when its tool says");
}

#[test]
fn without_a_tool_a_job_runs_first_in_the_pods_that_wait_for_it() {
    let objects = compile(&stack(JOBS, &[]), "plain", &[]).unwrap();
    let api = get(&objects, "Deployment", "api");
    let init = api["spec"]["template"]["spec"]["initContainers"].as_sequence().unwrap();
    let names: Vec<&Value> = init.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["migrate", "warm"]);
    assert_eq!(init[0]["args"][0], "cache");
    assert!(objects.iter().all(|it| it["metadata"]["name"] != "migrate"), "no pod of its own");
    // Its paths are those of the pod that it runs in.
    let callers = |of: &str| -> Vec<String> {
        let rules = get(&objects, "NetworkPolicy", of)["spec"]["ingress"].as_sequence().unwrap().iter();
        let label =
            |it: &Value| it["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"].clone();
        rules.map(|it| label(it).as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (callers("cache"), callers("store")),
        (vec!["api".to_owned()], vec!["api".to_owned(), "tally".to_owned()])
    );
}

#[test]
fn a_changed_job_is_another_one_unless_its_tool_deletes_the_first() {
    let files = stack(JOBS, &[]);
    let name = |environment: &str| {
        let objects = compile(&files, environment, &[]).unwrap();
        let job = objects.iter().find(|it| {
            it["kind"] == "Job" && it["metadata"]["labels"]["app.kubernetes.io/name"] == "migrate"
        });
        job.unwrap()["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let (first, second) = (name("flux"), name("changed"));
    assert!(first.starts_with("migrate-") && second.starts_with("migrate-") && first != second);
    assert_eq!((name("argocd"), name("hook")), ("migrate".to_owned(), "migrate".to_owned()));
}

#[test]
fn nothing_runs_before_a_job_or_what_is_not_there() {
    let wrong = |run: &str| {
        let text = format!(
            "namespaces: {{ app: {{}} }}\nservices: {{ api: {{ profile: web }} }}\njobs:\n  a: {{ image: registry.example/a:1, run: {run} }}\n  b: {{ image: registry.example/b:1, run: {{ before-rollout: api }} }}\nenvironments: {{ prod: {{}} }}\n"
        );
        compile(&stack(&text, &[]), "prod", &[])
    };
    assert!(wrong("{ before-rollout: api }").is_ok());
    assert_eq!(
        wrong("{ before-rollout: b }").unwrap_err(),
        ["SG208 `b` is a job, and no rollout waits for another job"]
    );
    assert_eq!(
        wrong("{ before-rollout: [apj] }").unwrap_err(),
        ["SG208 `a` runs before `apj`, which this stack does not declare"]
    );
}
