//! Two versions of a service beside each other, commit by commit: what controllers select never changes, no controller
//! selects another's pods, and nobody who asks the service finds nobody there.

use crate::support::memory::{Memory, compile, get, stack};
use serde_yaml::Value;

const STEPS: &str = "
namespaces: { app: { mesh: true } }
mesh: { istio: {} }
gateways: { public: { existing: { namespace: gateways, name: public, mesh: true } } }
services:
  web:
    profile: web
    uses: [ api ]
    expose: { http: { gateway: public, hosts: www.example.com } }
    scale: { hpa: { min: 3, max: 9, cpu: 70 } }
  api: { profile: web, scale: 4, rollout: { maxSurge: 2 } }
environments:
  plain: {}
  dark: &canary
    services: &services
      web: { rollout: { canary: { image: registry.example/web:2.0, weights: { stable: 100, canary: 0 } } } }
      api: { rollout: { canary: { image: registry.example/api:2.0, weights: { stable: 100, canary: 0 } } } }
  ten:
    extends: dark
    services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 } } } }, api: { rollout: { canary: { weights: { stable: 90, canary: 10 } } } } }
  fifty:
    extends: dark
    services: { web: { rollout: { canary: { scale: 5, weights: { stable: 50, canary: 50 } } } }, api: { rollout: { canary: { scale: 2, weights: { stable: 50, canary: 50 } } } } }
  promoted:
    services: { web: { image: registry.example/web:2.0 }, api: { image: registry.example/api:2.0 } }
  blue:
    services:
      web: { rollout: { blue-green: { active: blue, blue: { image: registry.example/web:1.2 }, green: { image: registry.example/web:2.0 } } } }
      api: { rollout: { blue-green: { active: blue, blue: { image: registry.example/api:1.2 }, green: { image: registry.example/api:2.0 } } } }
  green:
    extends: blue
    services: { web: { rollout: { blue-green: { active: green } } }, api: { rollout: { blue-green: { active: green } } } }
  caught-up:
    extends: green
    services: { web: { rollout: { blue-green: { blue: { image: registry.example/web:2.0 } } } }, api: { rollout: { blue-green: { blue: { image: registry.example/api:2.0 } } } } }
  back:
    extends: caught-up
    services: { web: { rollout: { blue-green: { active: blue } } }, api: { rollout: { blue-green: { active: blue } } } }
";

/// One canary from its beginning to its end.
const CANARY: [&str; 5] = ["plain", "dark", "ten", "fifty", "promoted"];
/// The same without the step that asks nobody.
const QUICK: [&str; 4] = ["plain", "ten", "fifty", "promoted"];
/// Both colours, there and back.
const COLOURS: [&str; 6] = ["plain", "blue", "green", "caught-up", "back", "promoted"];

fn steps() -> Memory {
    let text = STEPS.replace(" &canary", "").replace(" &services", "");
    stack(&text, &[])
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind).collect()
}

/// Whether every label of a selector is among some labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_mapping().unwrap().iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// The labels of the pods that a Service selects, one entry a controller.
fn pods_of<'a>(objects: &'a [Value], service: &Value) -> Vec<&'a Value> {
    let templates =
        of_kind(objects, "Deployment").into_iter().map(|it| &it["spec"]["template"]["metadata"]["labels"]);
    templates.filter(|it| selects(&service["spec"]["selector"], it)).collect()
}

#[test]
fn the_selector_of_the_stable_controller_never_changes() {
    let files = steps();
    for sequence in [&CANARY[..], &QUICK, &COLOURS] {
        for name in ["web", "api"] {
            let selectors: Vec<String> = sequence
                .iter()
                .map(|it| {
                    let objects = compile(&files, it, &[]).unwrap();
                    serde_yaml::to_string(&get(&objects, "Deployment", name)["spec"]["selector"]).unwrap()
                })
                .collect();
            assert!(selectors.iter().all(|it| *it == selectors[0]), "{selectors:#?}");
        }
    }
}

/// A pod that two controllers select is counted, scaled and deleted by both.
#[test]
fn no_controller_and_no_budget_selects_the_pods_of_another() {
    let files = steps();
    for environment in CANARY.iter().chain(&COLOURS) {
        let objects = compile(&files, environment, &[]).unwrap();
        let controllers = of_kind(&objects, "Deployment");
        for selector in
            controllers.iter().map(|it| (&it["metadata"]["name"], &it["spec"]["selector"]["matchLabels"]))
        {
            let selected: Vec<&Value> = controllers
                .iter()
                .filter(|it| selects(selector.1, &it["spec"]["template"]["metadata"]["labels"]))
                .map(|it| &it["metadata"]["name"])
                .collect();
            assert_eq!(selected, [selector.0], "{environment}");
        }
        for budget in of_kind(&objects, "PodDisruptionBudget") {
            let selector = &budget["spec"]["selector"]["matchLabels"];
            let all = controllers
                .iter()
                .filter(|it| selects(selector, &it["spec"]["template"]["metadata"]["labels"]));
            assert_eq!(all.count(), 1, "{environment}");
        }
    }
}

/// At the moment of a step the new Service meets the pods of the step before: it must find some of them, and keep them.
#[test]
fn the_service_always_has_pods() {
    let files = steps();
    for sequence in [&CANARY[..], &QUICK, &COLOURS] {
        for pair in sequence.windows(2) {
            let (before, after) =
                (compile(&files, pair[0], &[]).unwrap(), compile(&files, pair[1], &[]).unwrap());
            for name in ["web", "api"] {
                let (old, new) = (get(&before, "Service", name), get(&after, "Service", name));
                let stays = pods_of(&before, new);
                assert_eq!(stays.len(), 1, "{pair:?}: {name} finds nobody");
                assert_eq!(pods_of(&after, new), stays, "{pair:?}: {name}");
                assert_eq!(pods_of(&before, old).len(), 1, "{pair:?}: {name}");
            }
        }
    }
}

/// Every backend of a route is a Service with pods, and a canary's Service and the stable one have none in common.
#[test]
fn every_share_has_somebody_who_answers() {
    let files = steps();
    for (environment, share) in [("plain", None), ("dark", Some(0)), ("ten", Some(10)), ("fifty", Some(50))] {
        let objects = compile(&files, environment, &[]).unwrap();
        let route = &get(&objects, "HTTPRoute", "web")["spec"]["rules"][0]["backendRefs"];
        let backends: Vec<(&str, u64)> = (route.as_sequence().unwrap().iter())
            .map(|it| (it["name"].as_str().unwrap(), it["weight"].as_u64().unwrap()))
            .collect();
        match share {
            None => assert_eq!(backends, [("web", 1)]),
            Some(it) => assert_eq!(backends, [("web", 100 - it), ("web-canary", it)]),
        }
        for (name, _) in &backends {
            let pods = pods_of(&objects, get(&objects, "Service", name));
            assert_eq!(pods.len(), 1, "{environment}: {name}");
            assert_eq!(pods[0]["app.kubernetes.io/name"], *name);
        }
        // Between services of the mesh it is the caller's proxy that shares out.
        let inside = of_kind(&objects, "VirtualService");
        assert_eq!(inside.len(), usize::from(share.is_some()));
        for (it, share) in inside.iter().zip(share) {
            assert_eq!(it["metadata"]["name"], "api");
            let routes = it["spec"]["http"][0]["route"].as_sequence().unwrap();
            let weights: Vec<u64> = routes.iter().map(|it| it["weight"].as_u64().unwrap()).collect();
            assert_eq!(weights, [100 - share, share]);
        }
    }
}

/// Whoever may call the service may call its second version, which calls what the service calls.
#[test]
fn the_second_version_has_the_paths_of_the_first() {
    let files = steps();
    let objects = compile(&files, "ten", &[]).unwrap();
    let from = |policy: &str| {
        let ingress =
            get(&objects, "NetworkPolicy", policy)["spec"]["ingress"].as_sequence().unwrap().clone();
        ingress.iter().map(|it| serde_yaml::to_string(it).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(from("api"), from("api-canary"));
    assert_eq!(from("web"), from("web-canary"));
    let to = |policy: &str| get(&objects, "NetworkPolicy", policy)["spec"]["egress"].clone();
    assert_eq!(to("web"), to("web-canary"));
    let text = serde_yaml::to_string(&to("web")).unwrap();
    assert!(
        text.contains("app.kubernetes.io/name: api\n")
            && text.contains("app.kubernetes.io/name: api-canary\n")
    );
    let account =
        |name: &str| &get(&objects, "Deployment", name)["spec"]["template"]["spec"]["serviceAccountName"];
    assert_eq!(account("web"), account("web-canary"));
    assert_eq!(of_kind(&objects, "ServiceAccount").len(), 2);
}

/// The autoscaler looks at the old version; a colour has one of its own.
#[test]
fn autoscalers_follow_their_version() {
    let files = steps();
    let targets = |environment: &str| -> Vec<String> {
        let objects = compile(&files, environment, &[]).unwrap();
        let all = of_kind(&objects, "HorizontalPodAutoscaler");
        all.iter().map(|it| it["spec"]["scaleTargetRef"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(targets("fifty"), ["web"]);
    assert_eq!(targets("green"), ["web", "web-green"]);
    let objects = compile(&files, "fifty", &[]).unwrap();
    assert_eq!(get(&objects, "Deployment", "web")["spec"]["replicas"], Value::Null);
    assert_eq!(get(&objects, "Deployment", "web-canary")["spec"]["replicas"], 5);
}

const WRONG: &str = "
namespaces: { app: {} }
gateways: { public: { existing: { namespace: gateways, name: public } } }
claims: { data: { size: 1Gi } }
services:
  web: { profile: web, expose: { http: { gateway: public, hosts: www.example.com } } }
  agent: { profile: web, scale: per-node }
environments:
  one-image: { services: { web: { rollout: { blue-green: { active: blue, blue: { image: registry.example/web:1 }, green: {} } } } } }
  both: { services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 } }, blue-green: { promotion: manual } } } } }
  neither: { services: { web: { rollout: { canary: { image: registry.example/web:2 } } } } }
  two-ways: { services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 }, steps: [ { weight: 10 } ] } } } } }
  node: { services: { agent: { rollout: { canary: { weights: { stable: 100, canary: 0 } } } } } }
  writer: { services: { web: { scale: 1, volumes: { /data: { shared: data } }, rollout: { maxSurge: 0, maxUnavailable: 1, canary: { weights: { stable: 90, canary: 10 } } } } } }
  unknown: { services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 }, probes: {} } } } } }
  word: { services: { web: { rollout: { canary: { weights: { stable: 90, canary: 10 }, image: 7 } } } } }
  quota: { namespaces: { app: { quota: { pods: 4 } } }, services: { web: { rollout: { canary: { weights: { stable: 50, canary: 50 }, scale: 2 } } } } }
  hurry: { cluster: { argo-rollouts: \"1.8\" }, services: { web: { rollout: { blue-green: { promotion: manual, after: 5m } } } } }
  surge: { cluster: { argo-rollouts: \"1.8\" }, services: { web: { rollout: { maxSurge: 2, blue-green: { promotion: manual } } } } }
";

#[test]
fn what_cannot_be_is_said() {
    let files = stack(WRONG, &[]);
    let errors = |environment| compile(&files, environment, &[]).unwrap_err();
    assert_eq!(errors("one-image"), ["SG103 `image` is missing"]);
    assert_eq!(errors("both"), ["SG110 `canary` and `blue-green` exclude each other"]);
    assert_eq!(errors("neither"), ["SG103 `weights` is missing"]);
    assert_eq!(errors("two-ways"), ["SG110 `weights` and `steps` exclude each other"]);
    assert_eq!(errors("node"), ["SG110 one pod a node has one version"]);
    assert!(
        errors("writer").iter().any(|it| it.contains("stands beside `web-canary`")),
        "{:?}",
        errors("writer")
    );
    assert!(
        errors("unknown").iter().any(|it| it == "SG101 unknown field `probes`"),
        "{:?}",
        errors("unknown")
    );
    // What a version says is read with the rest of its service, too; a report has it once.
    let word = errors("word");
    assert!(!word.is_empty() && word.iter().all(|it| *it == word[0]), "{word:?}");
    let quota = errors("quota");
    assert!(
        quota.len() == 1 && quota[0].contains("need 5 of `pods`"),
        "both versions are counted: {quota:?}"
    );
    assert_eq!(errors("hurry"), ["SG110 what a person lets happen does not happen after some time"]);
    assert_eq!(errors("surge"), ["SG110 the new version comes whole, beside the old one"]);
}

#[test]
fn a_taken_name_is_said() {
    let text = WRONG.replace("  agent:", "  web-canary: { profile: web }\n  agent:");
    let files = stack(&text, &[]);
    let errors = compile(&files, "word", &[]).unwrap_err();
    assert!(errors.iter().any(|it| it.contains("this is the service `web-canary`")), "{errors:?}");
}

const STEPPED: &str = "
cluster: { argo-rollouts: \"1.8\" }
namespaces: { app: {} }
gateways: { public: { existing: { namespace: gateways, name: public } } }
services:
  web:
    profile: web
    expose: { http: { gateway: public, hosts: www.example.com } }
    scale: { hpa: { min: 3, max: 9, cpu: 70 } }
    rollout: { canary: { steps: [ { weight: 10 }, { pause: 5m }, { weight: 50 }, { pause: manual } ] } }
environments:
  prod: {}
  plain: { services: { web: { rollout: { canary: null } } } }
  numbers: { services: { web: { expose: null } } }
  colours: { services: { web: { rollout: { blue-green: { promotion: automatic, after: 2m } } } } }
";

#[test]
fn argo_rollouts_takes_the_place_of_the_deployment() {
    let files = stack(STEPPED, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let plain = compile(&files, "plain", &[]).unwrap();
    let (rollout, deployment) = (get(&objects, "Rollout", "web"), get(&plain, "Deployment", "web"));
    assert_eq!(rollout["spec"]["selector"], deployment["spec"]["selector"]);
    assert_eq!(rollout["spec"]["template"], deployment["spec"]["template"]);
    assert!(of_kind(&objects, "Deployment").is_empty());
    let target = &get(&objects, "HorizontalPodAutoscaler", "web")["spec"]["scaleTargetRef"];
    assert_eq!((&target["kind"], &target["apiVersion"]), (&"Rollout".into(), &"argoproj.io/v1alpha1".into()));
    let canary = &rollout["spec"]["strategy"]["canary"];
    assert_eq!((&canary["stableService"], &canary["canaryService"]), (&"web".into(), &"web-canary".into()));
    assert_eq!(canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"]["httpRoute"], "web");
    // Before the controller adds its label to the two, both lead to all pods.
    let services = ["web", "web-canary"].map(|it| &get(&objects, "Service", it)["spec"]["selector"]);
    assert_eq!(services[0], services[1]);
    assert!(selects(services[0], &rollout["spec"]["template"]["metadata"]["labels"]));
    let backends = &get(&objects, "HTTPRoute", "web")["spec"]["rules"][0]["backendRefs"];
    assert_eq!((&backends[0]["weight"], &backends[1]["weight"]), (&100.into(), &0.into()));
}

#[test]
fn without_a_route_the_numbers_of_pods_share_out() {
    let files = stack(STEPPED, &[]);
    let objects = compile(&files, "numbers", &[]).unwrap();
    let canary = &get(&objects, "Rollout", "web")["spec"]["strategy"]["canary"];
    assert_eq!((&canary["trafficRouting"], &canary["canaryService"]), (&Value::Null, &Value::Null));
    assert_eq!(of_kind(&objects, "Service").len(), 1);
}

#[test]
fn a_change_of_colours_has_a_service_for_what_is_to_come() {
    let files = stack(STEPPED, &[]);
    let objects = compile(&files, "colours", &[]).unwrap();
    let change = &get(&objects, "Rollout", "web")["spec"]["strategy"]["blueGreen"];
    assert_eq!((&change["activeService"], &change["previewService"]), (&"web".into(), &"web-preview".into()));
    assert_eq!(
        (&change["autoPromotionEnabled"], &change["autoPromotionSeconds"]),
        (&false.into(), &120.into())
    );
    let services = ["web", "web-preview"].map(|it| &get(&objects, "Service", it)["spec"]["selector"]);
    assert_eq!(services[0], services[1]);
    assert_eq!(
        get(&objects, "HTTPRoute", "web")["spec"]["rules"][0]["backendRefs"].as_sequence().unwrap().len(),
        1
    );
}

const MEMBERS: &str = "
namespaces: { app: {} }
gateways: { public: { existing: { namespace: gateways, listener: https } } }
stores: { vault: { existing: {} } }
secrets: { gossip: { from: vault, keys: [key] } }
services:
  web:
    profile: web
    scale: 3
    peers: { port: 7946, calls: http, secret: { secret: gossip, key: key } }
    env: { SEEDS: \"${peers.address}\", KEY: { secret: gossip, key: key } }
    expose: { http: { gateway: public, hosts: www.example.com } }
    rollout: { canary: { image: registry.example/web:2.0, weights: { stable: 90, canary: 10 } } }
environments: { prod: {} }
";

#[test]
fn both_versions_are_one_membership() {
    let objects = compile(&stack(MEMBERS, &[]), "prod", &[]).unwrap();
    let other = |name: &str| if name == "web" { "web-canary" } else { "web" };
    for name in ["web", "web-canary"] {
        let env = &get(&objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]["env"];
        let seeds = env.as_sequence().unwrap().iter().find(|it| it["name"] == "SEEDS").unwrap();
        assert_eq!(seeds["value"], "web-peers.app.svc.cluster.local:7946", "{name}");
        // Each lets the other out and in, on the ports of gossip and on those on which pods call each other.
        let policy = &get(&objects, "NetworkPolicy", name)["spec"];
        for (direction, side) in [("egress", "to"), ("ingress", "from")] {
            let rules = policy[direction].as_sequence().unwrap().iter();
            let mut to_other = rules.filter(|it| {
                let labels = &it[side][0]["podSelector"]["matchLabels"];
                labels["app.kubernetes.io/name"] == other(name)
            });
            let ports = to_other.next().unwrap()["ports"].as_sequence().unwrap();
            let ports: Vec<_> = ports
                .iter()
                .map(|it| (it["port"].as_u64().unwrap(), it["protocol"].as_str().unwrap()))
                .collect();
            let mut sorted = ports.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [(7946, "TCP"), (7946, "UDP"), (8080, "TCP")], "{name} {direction}");
            assert!(to_other.next().is_none(), "{name} {direction}");
        }
    }
    let services = of_kind(&objects, "Service");
    let peers: Vec<_> = services.iter().filter(|it| it["spec"]["clusterIP"] == "None").collect();
    assert_eq!(peers.len(), 1, "one name for the whole membership");
    assert_eq!(pods_of(&objects, peers[0]).len(), 1, "those of the service itself, which are always there");
}
