//! Components that go on with what is in the cluster.

mod recipes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use serde_yaml::Value;

use crate::support::memory::{compile, get, stack};
use stackgen::compile::Project;
use stackgen::layout::{Form, Laid, Output};

/// A canary and a change of colours of what is in the cluster, who calls it, and somebody who does not.
const SHOP: &str = "
mesh: { istio: {} }
namespaces: { app: { podSecurity: restricted, mesh: true } }
services:
  cart:
    profile: web
    adopt: { name: shop-cart, service: cart-svc, selector: { app: cart, tier: backend } }
    scale: { hpa: { min: 2, max: 5, cpu: 70 } }
  front: { profile: web, uses: [ cart ], env: { CART: { value: \"${services.cart.url}\" } } }
environments:
  prod: {}
  new: { services: { cart: { adopt: null } } }
  laptop: { target: compose }
  canary: { services: { cart: { rollout: { canary: { weights: { stable: 90, canary: 10 } } } } } }
  green:
    services:
      cart:
        rollout: { blue-green: { active: green, blue: { image: \"registry.example/cart:1.2\" }, green: { image: \"registry.example/cart:1.3\" } } }
";

fn labels(of: &[(&str, &str)]) -> Value {
    of.iter().map(|(key, it)| (Value::from(*key), Value::from(*it))).collect::<serde_yaml::Mapping>().into()
}

#[test]
fn names_and_selectors_are_those_of_the_cluster() {
    let objects = compile(&stack(SHOP, &[]), "prod", &[]).unwrap();
    let kept = labels(&[("app", "cart"), ("tier", "backend")]);
    let deployment = get(&objects, "Deployment", "shop-cart");
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], kept);
    let pods = &deployment["spec"]["template"]["metadata"]["labels"];
    for (key, value) in [("app", "cart"), ("tier", "backend"), ("app.kubernetes.io/name", "cart")] {
        assert_eq!(pods[key], value, "{key}");
    }
    assert_eq!(deployment["metadata"]["labels"]["app.kubernetes.io/name"], "cart", "whose it is");
    // What selects takes pods from before, too, which have neither other labels nor names of ports.
    let service = get(&objects, "Service", "cart-svc");
    assert_eq!(service["spec"]["selector"], kept);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], 8080);
    assert_eq!(get(&objects, "PodDisruptionBudget", "shop-cart")["spec"]["selector"]["matchLabels"], kept);
    assert_eq!(get(&objects, "NetworkPolicy", "shop-cart")["spec"]["podSelector"]["matchLabels"], kept);
    let egress = &get(&objects, "NetworkPolicy", "front")["spec"]["egress"][0]["to"][0];
    assert_eq!(egress["podSelector"]["matchLabels"], kept);
    let scaled = &get(&objects, "HorizontalPodAutoscaler", "shop-cart")["spec"]["scaleTargetRef"];
    assert_eq!(scaled["name"], "shop-cart");
    let env = &get(&objects, "Deployment", "front")["spec"]["template"]["spec"]["containers"][0]["env"];
    assert!(env.as_sequence().unwrap().iter().any(|it| it["value"] == "http://cart-svc:8080"), "{env:?}");
}

#[test]
fn a_stateful_set_keeps_what_never_changes() {
    let text = "
namespaces: { app: { podSecurity: restricted } }
stores: { cluster: { existing: {} } }
secrets: { pw: { from: cluster, keys: { password: password } } }
services:
  api: { profile: web, uses: [ db ], env: { DB: \"${stateful.db.hosts}\", PW: { secret: pw, key: password } } }
stateful:
  db:
    kind: mongodb
    replicas: 3
    storage: 10Gi
    password: { secret: pw, key: password }
    keyFile: { secret: pw, key: password }
    adopt:
      name: mongo
      headless: mongo-nodes
      claims: { data: { name: datadir, labels: { app: mongo } } }
      podManagementPolicy: OrderedReady
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let set = &get(&objects, "StatefulSet", "mongo")["spec"];
    assert_eq!(set["serviceName"], "mongo-nodes");
    assert_eq!(set["podManagementPolicy"], "OrderedReady");
    let template = &set["volumeClaimTemplates"][0]["metadata"];
    assert_eq!((&template["name"], &template["labels"]["app"]), (&"datadir".into(), &"mongo".into()));
    let mounts = set["template"]["spec"]["containers"][0]["volumeMounts"].as_sequence().unwrap();
    assert!(mounts.iter().any(|it| it["name"] == "datadir") && mounts.iter().all(|it| it["name"] != "data"));
    assert_eq!(get(&objects, "Service", "mongo-nodes")["spec"]["clusterIP"], "None");
    // Whoever calls single pods calls them by the name that they have.
    let whole = serde_yaml::to_string(&objects).unwrap();
    assert!(whole.contains("mongo-0.mongo-nodes"), "{whole}");
    assert!(!whole.contains("mongo-headless") && !whole.contains("db-headless"), "{whole}");
}

/// Nodes of these engines know each other by their names, which their files and their StatefulSet have alike.
#[test]
fn engines_keep_the_service_of_their_pods_names() {
    let text = "
namespaces: { app: { podSecurity: restricted } }
stores: { cluster: { existing: {} } }
secrets: { pw: { from: cluster, keys: { password: password } } }
stateful:
  bus:
    kind: kafka
    clusterId: 5L6g3nShT-eMCtK--X86sw
    replicas: 3
    storage: 10Gi
    resources: { limits: { memory: 1Gi } }
    adopt: { name: broker, headless: broker-nodes, service: broker-clients }
  ch:
    kind: clickhouse
    storage: 10Gi
    password: { secret: pw, key: password }
    resources: { limits: { memory: 2Gi } }
    adopt: { headless: ch-nodes }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    for (set, headless, standard) in
        [("broker", "broker-nodes", "broker-headless"), ("ch", "ch-nodes", "ch-headless")]
    {
        assert_eq!(get(&objects, "StatefulSet", set)["spec"]["serviceName"], headless);
        assert_eq!(get(&objects, "Service", headless)["spec"]["clusterIP"], "None");
        let whole = serde_yaml::to_string(&objects).unwrap();
        assert!(whole.contains(&format!("{headless}.app.svc")) && !whole.contains(standard), "{whole}");
    }
    assert_eq!(get(&objects, "Service", "broker-clients")["spec"]["type"], "ClusterIP");
}

/// Pods from before, which get the new labels by a recipe, have no names of ports.
#[test]
fn ports_lead_to_numbers_where_the_selector_is_not_kept() {
    let text = SHOP.replace(", selector: { app: cart, tier: backend }", "");
    let objects = compile(&stack(&text, &[]), "prod", &[]).unwrap();
    assert_eq!(get(&objects, "Service", "cart-svc")["spec"]["ports"][0]["targetPort"], 8080);
}

#[test]
fn what_begins_anew_has_the_names_of_the_stack() {
    let objects = compile(&stack(SHOP, &[]), "new", &[]).unwrap();
    let own = labels(&[("app.kubernetes.io/name", "cart"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(get(&objects, "Deployment", "cart")["spec"]["selector"]["matchLabels"], own);
    assert_eq!(get(&objects, "Service", "cart")["spec"]["ports"][0]["targetPort"], "http");
}

/// A project finds nothing in a cluster.
#[test]
fn a_compose_project_has_the_names_of_the_stack() {
    let mut project = Project::open(&stack(SHOP, &[]), "stack.yaml");
    let compilation = project.compile(&stack(SHOP, &[]), "laptop", &[], Form::Stream);
    let Some(Laid { output: Output::Stream(text), .. }) = compilation.laid else {
        panic!("{:?}", compilation.findings);
    };
    assert!(
        text.contains("http://cart:8080") && !text.contains("shop-cart") && !text.contains("cart-svc"),
        "{text}"
    );
}

#[test]
fn a_second_version_has_a_name_and_labels_of_its_own() {
    let objects = compile(&stack(SHOP, &[]), "canary", &[]).unwrap();
    let canary = get(&objects, "Deployment", "cart-canary");
    let own = labels(&[("app.kubernetes.io/name", "cart-canary"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(canary["spec"]["selector"]["matchLabels"], own);
    assert_eq!(canary["spec"]["template"]["metadata"]["labels"].get("app"), None);

    let hosts = &get(&objects, "VirtualService", "shop-cart")["spec"]["hosts"];
    assert_eq!(hosts[0], "cart-svc.app.svc.cluster.local");

    let objects = compile(&stack(SHOP, &[]), "green", &[]).unwrap();
    let green = labels(&[("app.kubernetes.io/name", "cart-green"), ("app.kubernetes.io/part-of", "shop")]);
    assert_eq!(get(&objects, "Service", "cart-svc")["spec"]["selector"], green, "the active one");
    let blue = labels(&[("app", "cart"), ("tier", "backend")]);
    assert_eq!(get(&objects, "Service", "cart-blue")["spec"]["selector"], blue);
}

/// What the program prints.
#[track_caller]
fn stackgen(dir: &Path, args: &[&str]) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_stackgen")).current_dir(dir).args(args).output().unwrap();
    assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

/// The objects that differ from what the cluster has, by what they are.
fn compared(dir: &Path, stack: &str, against: &str) -> BTreeMap<String, Json> {
    fs::write(dir.join("stack.yaml"), stack).unwrap();
    let text = stackgen(dir, &["diff", "prod", "--against", against, "--format", "json"]);
    let reports: Json = serde_json::from_str(&text).unwrap();
    let objects = reports[0]["objects"].as_array().unwrap();
    objects.iter().map(|it| (it["object"].as_str().unwrap().to_owned(), it.clone())).collect()
}

/// What a first comparison with a cluster says is pasted into the stack, as it stands there; a second one then finds nothing that
/// the API server would refuse, and nothing beside what is there.
#[test]
fn what_is_there_is_compared_adopted_and_compared_again() {
    let folder = crate::support::project().join("tests/adopt");
    let (stack, live) = (folder.join("stack.yaml"), folder.join("live.yaml"));
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    fs::copy(live, dir.path().join("live.yaml")).unwrap();
    let mut text = fs::read_to_string(stack).unwrap();

    let first = compared(dir.path(), &text, "live.yaml");
    let state = |all: &BTreeMap<String, Json>, object: &str| {
        let it = all.get(object).unwrap_or_else(|| panic!("no {object} in {:?}", all.keys()));
        (it["state"].as_str().unwrap().to_owned(), it["impact"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(&first, "Deployment shop/front"), ("new".into(), "scale".into()), "beside the old one");
    assert_eq!(state(&first, "Deployment shop/cart"), ("changed".into(), "recreate".into()));
    assert_eq!(state(&first, "StatefulSet shop/pg"), ("changed".into(), "data".into()));

    let mut pasted = Vec::new();
    for step in first.values().flat_map(|it| it["recipe"].as_array().unwrap()) {
        let Some(rest) = step["do"].as_str().unwrap().strip_prefix("in ") else { continue };
        let (place, rest) = rest.split_once(" of the stack, write `").unwrap();
        let (_, name) = place.split_once('.').unwrap();
        let (head, block) = (format!("\n  {name}:\n"), rest.strip_suffix('`').unwrap());
        assert_eq!(text.matches(&head).count(), 1, "{place}");
        text = text.replace(&head, &format!("{head}    {block}\n"));
        pasted.push(format!("{place}: {block}"));
    }
    pasted.sort();
    assert_eq!(
        pasted,
        [
            r#"services.cart: adopt: { selector: { app: cart, tier: "2" } }"#,
            "services.front: adopt: { name: release-front, selector: { app.kubernetes.io/name: front, \
             app.kubernetes.io/instance: release }, service: www }",
            "stateful.pg: adopt: { selector: { app: pg }, service: pg-clients, headless: pg, \
             claims: { data: { name: pgdata, labels: { app: pg } } }, podManagementPolicy: OrderedReady }",
        ]
    );

    let second = compared(dir.path(), &text, "live.yaml");
    for (object, it) in &second {
        let impact = it["impact"].as_str().unwrap();
        assert!(!matches!(impact, "recreate" | "data"), "{object}: {it:#}");
        assert!(it["recipe"].as_array().unwrap().is_empty(), "{object}: {it:#}");
    }
    for object in
        ["Deployment shop/release-front", "Deployment shop/cart", "StatefulSet shop/pg", "Service shop/www"]
    {
        assert_eq!(state(&second, object).0, "changed", "{object}");
    }
    assert!(!second.contains_key("Deployment shop/front") && !second.contains_key("Service shop/front"));

    // Whoever takes it away again hears the same.
    stackgen(dir.path(), &["render", "prod", "-o", "out"]);
    let kept = "    adopt: { selector: { app: cart, tier: \"2\" } }\n";
    assert!(text.contains(kept), "{text}");
    let third = compared(dir.path(), &text.replace(kept, ""), "out");
    let step = third["Deployment shop/cart"]["recipe"][0]["do"].as_str().unwrap();
    assert_eq!(step, format!("in services.cart of the stack, write `{}`", kept.trim()));
}

#[test]
fn what_is_kept_has_its_line() {
    let folder = crate::support::project().join("tests/forms/stacks/adopted");
    let why = |object: &str, path: &str| {
        let text = stackgen(&folder, &["why", "prod", object, path]);
        text.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    for (object, path, route) in [
        ("deployment/heritage-cart", "metadata.name", "/services/cart/adopt/name"),
        ("service/cart", "metadata.name", "/services/cart/adopt/service"),
        (
            "service/cart",
            "spec.selector[app.kubernetes.io/instance]",
            "/services/cart/adopt/selector/app.kubernetes.io~1instance",
        ),
        ("deployment/front", "spec.template.metadata.labels.app", "/services/front/adopt/selector/app"),
        ("networkpolicy/pg", "spec.ingress[0].ports[0].port", "/services/cart/uses"),
        ("statefulset/pg", "spec.serviceName", "/stateful/pg/adopt/headless"),
        ("statefulset/pg", "spec.podManagementPolicy", "/stateful/pg/adopt/podManagementPolicy"),
        (
            "statefulset/file-store",
            "spec.volumeClaimTemplates[0].metadata.name",
            "/stateful/files/adopt/claims/data/name",
        ),
        ("statefulset/file-store", "spec.replicas", "/stateful/files/replicas"),
    ] {
        assert_eq!(why(object, path), route, "{object} {path}");
    }
}
