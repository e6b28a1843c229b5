//! The forms that a workload can have: on every node, without ports, with further containers.

use crate::support::memory::{Memory, compile, get, stack};
use serde_yaml::Value;
use stackgen::compile::Project;
use stackgen::layout::{Form, Output};

const EVERYWHERE: &str = "
namespaces: { app: {} }
affinity:
  pool: { nodes: { pool: builders }, spread: [ hostname ], separate: hostname, tolerations: { builders: \"\" } }
services:
  agent: { profile: web, affinity: pool, scale: per-node, uses: [ three ] }
  three: { profile: web, affinity: pool }
environments:
  prod: {}
  surge: { services: { agent: { rollout: { maxSurge: 25% } } } }
  quick: { services: { agent: { rollout: { maxUnavailable: 0 } } } }
  fixed: { services: { agent: { scale: { fixed: 3 } } } }
  budget: { services: { agent: { disruption: { maxUnavailable: 1 } } } }
  all: { services: { agent: { rollout: recreate } } }
  word: { services: { agent: { scale: per-nod } } }
";

#[test]
fn one_pod_a_node_is_a_daemon_set_without_a_number() {
    let files = stack(EVERYWHERE, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let set = get(&objects, "DaemonSet", "agent");
    assert_eq!(set["spec"]["replicas"], Value::Null);
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["topologySpreadConstraints"], Value::Null);
    assert_eq!(pod["affinity"]["podAntiAffinity"], Value::Null);
    let nodes = &pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    assert_eq!(nodes["nodeSelectorTerms"][0]["matchExpressions"][0]["key"], "pool");
    assert_eq!(pod["tolerations"][0]["key"], "builders");
    let kinds = |kind: &str, name: &str| {
        objects.iter().any(|it| it["kind"] == kind && it["metadata"]["name"] == name)
    };
    assert!(kinds("Service", "agent") && kinds("PodDisruptionBudget", "three"));
    assert!(!kinds("PodDisruptionBudget", "agent") && !kinds("Deployment", "agent"));
    // Where a number is chosen instead, it is a Deployment again.
    let objects = compile(&files, "fixed", &[]).unwrap();
    assert_eq!(get(&objects, "Deployment", "agent")["spec"]["replicas"], 3);
}

/// Kubernetes takes a DaemonSet with one of the two above 0.
#[test]
fn of_surge_and_unavailable_one_is_zero() {
    let files = stack(EVERYWHERE, &[]);
    let cases = [
        ("prod", Value::from(0), Value::from(1)),
        ("surge", "25%".into(), 0.into()),
        ("quick", 1.into(), 0.into()),
    ];
    for (environment, surge, unavailable) in cases {
        let objects = compile(&files, environment, &[]).unwrap();
        let rolling = &get(&objects, "DaemonSet", "agent")["spec"]["updateStrategy"]["rollingUpdate"];
        assert_eq!(
            (&rolling["maxSurge"], &rolling["maxUnavailable"]),
            (&surge, &unavailable),
            "{environment}"
        );
    }
}

#[test]
fn one_pod_a_node_has_no_budget() {
    let files = stack(EVERYWHERE, &[]);
    assert_eq!(
        compile(&files, "budget", &[]).unwrap_err(),
        ["SG110 one pod a node has no disruption budget"]
    );
    assert_eq!(
        compile(&files, "all", &[]).unwrap_err(),
        ["SG110 one pod a node is not replaced all at once"]
    );
    assert_eq!(compile(&files, "word", &[]).unwrap_err(), ["SG109 `per-nod` is not known here"]);
}

/// A worker listens on nothing: there is no Service, and nobody can use it.
#[test]
fn a_worker_has_no_service() {
    let worker = "
namespaces: { app: {} }
services:
  worker:
    profile: web
    ports: { http: null }
    probes: { readiness: null, liveness: { exec: [ alive ] } }
    uses: [ two ]
  two: { profile: web }
  three: { profile: web, uses: [ two ] }
stateful:
  cron: { kind: custom, profile: web, ports: { http: null }, probes: null }
environments: { prod: {}, called: { services: { three: { uses: [ worker ] } } } }
";
    let files = stack(worker, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let pod = &get(&objects, "Deployment", "worker")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["ports"], Value::Null);
    assert_eq!(pod["containers"][0]["livenessProbe"]["exec"]["command"][0], "alive");
    let services = objects
        .iter()
        .filter(|it| it["kind"] == "Service")
        .map(|it| it["metadata"]["name"].as_str().unwrap());
    assert_eq!(services.collect::<Vec<_>>(), ["two", "three", "cron-headless"]);
    assert_eq!(get(&objects, "Service", "cron-headless")["spec"]["ports"], Value::Null);
    assert_eq!(
        compile(&files, "called", &[]).unwrap_err(),
        ["SG209 `three` uses `worker`, which listens on no port"]
    );
}

const BESIDE: &str = "
namespaces: { app: { podSecurity: privileged } }
services:
  web:
    profile: web
    volumes: { /data: { emptyDir: 1Gi } }
    securityContext: { runAsUser: 10001, seccompProfile: Unconfined, reason: a debugger }
    initContainers:
      fetch: { image: \"registry.example/fetch:1\", volumes: { /out: { from: /data/ } } }
    sidecars:
      ship:
        image: registry.example/ship:1
        ports: { ship: 9000 }
        env: { PEER: \"localhost:${ports.http}\", OWN: \"${ports.ship}\" }
        probes: { readiness: { http: /ready } }
        volumes: { /in: { from: /data, readOnly: true }, /tmp: { emptyDir: 1Mi } }
      watch: { image: \"registry.example/watch:1\", securityContext: { runAsUser: 10002 } }
  shop: { profile: web, uses: [ \"web:ship\" ] }
environments:
  prod: {}
  older: { cluster: { kubernetes: \"1.28\" } }
  changed: { services: { web: { sidecars: { watch: null, ship: { image: \"registry.example/ship:2\", volumes: { /in: { emptyDir: 1Gi } } } } } } }
";

fn names(list: &Value) -> Vec<&str> {
    list.as_sequence().into_iter().flatten().map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn sidecars_are_init_containers_that_stay_where_the_cluster_has_them() {
    let files = stack(BESIDE, &[]);
    let pod = |environment| {
        let objects = compile(&files, environment, &[]).unwrap();
        get(&objects, "Deployment", "web")["spec"]["template"]["spec"].clone()
    };
    let new = pod("prod");
    assert_eq!(names(&new["initContainers"]), ["fetch", "ship", "watch"]);
    let policies = ["fetch", "ship", "watch"].map(|name| {
        let all = new["initContainers"].as_sequence().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap()["restartPolicy"].clone()
    });
    assert_eq!(policies, [Value::Null, "Always".into(), "Always".into()]);
    let old = pod("older");
    assert_eq!(
        (names(&old["initContainers"]), names(&old["containers"])),
        (vec!["fetch"], vec!["web", "ship", "watch"])
    );
    let changed = pod("changed");
    assert_eq!(names(&changed["initContainers"]), ["fetch", "ship"]);
    assert_eq!(changed["initContainers"][1]["image"], "registry.example/ship:2");
    assert_eq!(changed["initContainers"][1]["volumeMounts"][0]["name"], "ship-volume-0");
}

#[test]
fn containers_of_a_pod_share_network_and_named_volumes() {
    let objects = compile(&stack(BESIDE, &[]), "prod", &[]).unwrap();
    let pod = &get(&objects, "Deployment", "web")["spec"]["template"]["spec"];
    let [fetch, ship, watch] = [0, 1, 2].map(|it| &pod["initContainers"][it]);
    let own = &pod["containers"][0]["volumeMounts"][0]["name"];
    assert_eq!((&fetch["volumeMounts"][0]["name"], &ship["volumeMounts"][0]["name"]), (own, own));
    assert_eq!(
        (&fetch["volumeMounts"][0]["readOnly"], &ship["volumeMounts"][0]["readOnly"]),
        (&Value::Null, &true.into())
    );
    assert_eq!(
        (&ship["env"][0]["value"], &ship["env"][1]["value"]),
        (&"localhost:8080".into(), &"9000".into())
    );
    // A probe without a port asks the only one of its own container.
    assert_eq!(ship["readinessProbe"]["httpGet"]["port"], 9000);
    // Whom a Service reaches, and who may call.
    assert_eq!(names(&get(&objects, "Service", "web")["spec"]["ports"]), ["http", "ship"]);
    assert_eq!(get(&objects, "NetworkPolicy", "web")["spec"]["ingress"][0]["ports"][0]["port"], 9000);
    // The pod has the main container's security; the others have the defaults where they differ.
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "Unconfined");
    assert_eq!(ship["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(ship["securityContext"]["runAsUser"], Value::Null);
    assert_eq!(watch["securityContext"]["runAsUser"], 10002);
}

#[test]
fn what_a_container_beside_cannot_be_is_reported() {
    let broken = |from: &str, to: &str| {
        assert!(BESIDE.contains(from), "{from}");
        compile(&stack(&BESIDE.replace(from, to), &[]), "prod", &[]).unwrap_err()
    };
    let cases = [
        (
            "{ from: /data, readOnly",
            "{ from: /date, readOnly",
            "SG208 the main container has no volume at `/date`",
        ),
        ("      watch: {", "      fetch: {", "SG211 two containers of the pod are named `fetch`"),
        ("      watch: {", "      web: {", "SG211 two containers of the pod are named `web`"),
        (
            "{ http: /ready } }\n        vol",
            "{ http: /ready, port: http } }\n        vol",
            "SG209 the container has no port `http`: another one of the pod has it",
        ),
        (
            "{ http: /ready } }\n        vol",
            "{ tcp: true, scheme: HTTPS } }\n        vol",
            "SG110 `scheme` is of an HTTP probe",
        ),
        (
            "{ http: /ready } }\n        vol",
            "{ tcp: true, periodSeconds: 0 } }\n        vol",
            "SG111 `periodSeconds` is 0, at least 1 is possible",
        ),
        (
            "readiness: { http: /ready } }\n        vol",
            "liveness: { tcp: true, successThreshold: 2 } }\n        vol",
            "SG111 a liveness probe succeeds at once: `successThreshold` can be 1 only",
        ),
        (
            "{ http: /ready } }\n        vol",
            "{ http: /ready, httpHeaders: { a_b: c } } }\n        vol",
            "SG104 `a_b` is no name of a header: letters, digits and `-`",
        ),
        ("fetch: { image", "fetch: { ports: { http: 1 }, image", "SG101 unknown field `ports`"),
        ("{ runAsUser: 10002 }", "{ fsGroup: 1 }", "SG101 unknown field `fsGroup`"),
        ("seccompProfile: Unconfined", "seccompProfile: Unconfind", "SG109 `Unconfind` is not known here"),
    ];
    for (from, to, message) in cases {
        assert_eq!(broken(from, to), [message]);
    }
}

/// By a field, and by an annotation where the cluster has none.
#[test]
fn a_namespace_refuses_a_pod_without_app_armor() {
    let text = BESIDE
        .replace("podSecurity: privileged", "podSecurity: baseline")
        .replace("seccompProfile: Unconfined, ", "")
        .replace("{ runAsUser: 10002 }", "{ appArmorProfile: Unconfined, reason: a tracer }");
    let annotation = "container.apparmor.security.beta.kubernetes.io/watch";
    let cases = [
        ("prod", "container \"watch\" must not set AppArmor profile type to \"Unconfined\"".to_owned()),
        (
            "older",
            format!("annotation must not set AppArmor profile type to \"{annotation}=\"unconfined\"\""),
        ),
    ];
    for (environment, detail) in cases {
        let message = format!(
            "SG402 namespace `app` enforces `baseline` and refuses `web`: forbidden AppArmor profile ({detail})"
        );
        assert_eq!(compile(&stack(&text, &[]), environment, &[]).unwrap_err(), [message]);
    }
}

const FROM: &str = "
namespaces: { app: {}, other: {} }
stores:
  vault: { vault-secrets-operator: { address: \"https://vault.example\", auth: { role: shop } } }
  agent: { vault-agent: { role: shop } }
secrets:
  db: { namespace: app, from: vault, path: db, keys: [ PASSWORD ] }
  far: { namespace: other, from: vault, path: db, keys: [ PASSWORD ] }
  file: { namespace: app, from: agent, path: db, keys: [ PASSWORD ] }
configs: { flags: { namespace: app, data: { LEVEL: info } } }
services:
  web:
    profile: web
    namespace: app
    uses: [ data ]
    envFrom: [ { secret: db, prefix: DATA_ }, { config: flags } ]
    env: { URL: \"${stateful.data.url}\" }
stateful:
  data:
    kind: postgres
    namespace: app
    storage: 1Gi
    password: { secret: db, key: PASSWORD }
    resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { memory: 1Gi } }
environments: { prod: {} }
";

#[test]
fn all_keys_become_variables() {
    let text = FROM.replace("  far: { namespace: other, from: vault, path: db, keys: [ PASSWORD ] }\n", "");
    let objects = compile(&stack(&text, &[]), "prod", &[]).unwrap();
    let container = &get(&objects, "Deployment", "web")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["envFrom"][0]["prefix"], "DATA_");
    assert_eq!(container["envFrom"][0]["secretRef"]["name"], "db");
    // The name in the cluster, with the hash of the content.
    let map = container["envFrom"][1]["configMapRef"]["name"].as_str().unwrap();
    assert!(map.starts_with("flags-"), "{map}");
    assert_eq!(get(&objects, "ConfigMap", map)["data"]["LEVEL"], "info");
    // The operator restarts those that would not see a new value.
    let every = text.replace("uses: [ data ]", "uses: [ data ]\n    scale: per-node");
    for (text, kind) in [(&text, "Deployment"), (&every, "DaemonSet")] {
        let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
        let targets = &get(&objects, "VaultStaticSecret", "db")["spec"]["rolloutRestartTargets"];
        assert_eq!((&targets[0]["kind"], &targets[0]["name"]), (&kind.into(), &"web".into()));
    }
    // `DATA_PASSWORD`, of which the URL speaks, is among them.
    let broken = |from: &str, to: &str| {
        assert!(FROM.contains(from), "{from}");
        compile(&stack(&FROM.replace(from, to), &[]), "prod", &[]).unwrap_err()
    };
    let no_password =
        "SG217 `${stateful.data.url}` takes the password from `DATA_PASSWORD`, which is not set before";
    let cases: [(&str, &str, &[&str]); 5] = [
        ("prefix: DATA_", "prefix: D_", &[no_password]),
        ("{ secret: db, prefix", "{ secret: dv, prefix", &["SG208 there is no secret `dv`", no_password]),
        ("{ config: flags }", "{ config: flag }", &["SG208 there is no config `flag`"]),
        (
            "{ config: flags }",
            "{ config: flags }, { secret: far }",
            &["SG212 secret `far` is in namespace `other`, `web` in `app`"],
        ),
        (
            "{ config: flags }",
            "{ config: flags }, { secret: file }",
            &["SG213 secret `file` comes as a file: its store is a Vault Agent"],
        ),
    ];
    for (from, to, messages) in cases {
        let mut found = broken(from, to);
        found.sort();
        assert_eq!(found, messages);
    }
}

const FOLDER: &str = "
namespaces: { app: {} }
services: { web: { profile: web, files: { /etc/app/conf.d/: { folder: conf }, /etc/other/conf.d: { folder: conf } } } }
environments: { prod: {} }
";

#[test]
fn a_folder_is_a_config_map_of_its_files() {
    let files = [("conf/b.yaml.j2", "{{ b }}"), ("conf/a.yaml", "a"), ("conf/below/c.yaml", "c")];
    let objects = compile(&stack(FOLDER, &files), "prod", &[]).unwrap();
    let pod = &get(&objects, "Deployment", "web")["spec"]["template"]["spec"];
    let maps: Vec<&str> = pod["volumes"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|it| it["configMap"]["name"].as_str().unwrap())
        .collect();
    assert!(maps[0].starts_with("web-conf-d-") && maps[1].starts_with("web-conf-d-2-"), "{maps:?}");
    let data = &get(&objects, "ConfigMap", maps[0])["data"];
    assert_eq!(data, &serde_yaml::from_str::<Value>("{ a.yaml: a, b.yaml.j2: \"{{ b }}\" }").unwrap());
    let mount = &pod["containers"][0]["volumeMounts"][0];
    assert_eq!((&mount["mountPath"], &mount["subPath"]), (&"/etc/app/conf.d/".into(), &Value::Null));
    let broken = |folder: &str, files: &[(&str, &str)]| {
        compile(&stack(&FOLDER.replace("folder: conf", &format!("folder: {folder}")), files), "prod", &[])
            .unwrap_err()
    };
    assert_eq!(broken("none", &files)[0], "SG020 there is no file in a folder `none`");
    assert_eq!(broken("con*", &files)[0], "SG111 `con*` is a pattern, and one folder is meant");
    assert_eq!(
        broken("conf", &[("conf/a b", "x")])[0],
        "SG104 `a b` is no key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`"
    );
}

/// Two components of one folder, in two namespaces.
#[test]
fn a_folder_of_the_tree_may_hold_several_components() {
    let text = "
namespaces: { app: {}, back: {} }
services:
  web: { profile: web, namespace: app, files: { /etc/a: { content: a } } }
  apart: { profile: web, namespace: app }
  web-ui: { profile: web, namespace: back, folder: web, files: { /etc/a: { content: b } } }
environments: { prod: {} }
";
    let Memory(files) = stack(text, &[]);
    let mut project = Project::open(&Memory(files.clone()), "stack.yaml");
    let laid = project.compile(&Memory(files), "prod", &[], Form::Tree).laid.unwrap();
    let Output::Tree(bundle) = laid.output else { panic!("not a tree") };
    let text =
        |path: &str| &bundle.iter().find(|(it, _)| *it == path).unwrap_or_else(|| panic!("no {path}")).1.text;
    for path in [
        "web/deployment.yaml",
        "web/ui-deployment.yaml",
        "web/files/web-files/etc-a",
        "web/files/web-ui-files/etc-a",
    ] {
        assert!(!text(path).is_empty());
    }
    let kustomization: Value = serde_yaml::from_str(text("web/kustomization.yaml")).unwrap();
    let made = kustomization["configMapGenerator"].as_sequence().unwrap();
    let made: Vec<_> =
        made.iter().map(|it| (it["name"].as_str().unwrap(), it["namespace"].as_str().unwrap())).collect();
    assert_eq!(made, [("web-files", "app"), ("web-ui-files", "back")]);
    let root: Value = serde_yaml::from_str(text("kustomization.yaml")).unwrap();
    let folders: Vec<&str> =
        root["resources"].as_sequence().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(folders, ["namespaces", "apart", "web"]);
}
