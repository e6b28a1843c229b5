//! What environments with `target: compose` compile to: networks that hold exactly what the stack declares, files that are
//! whole, and no value of a secret that the stack does not declare for development.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::Root;
use crate::support::memory::{Memory, stack};
use serde_yaml::Value;
use stackgen::bundle::Bundle;
use stackgen::compile::Project;
use stackgen::layout::{Form, Output};
use stackgen::provenance::{explain, find};

/// Every shipped project: stack, environment, the Compose file, and the effective stack.
fn shipped() -> Vec<(String, Value, Value)> {
    let projects = Root::Shipped.projects();
    assert!(projects.len() >= 4, "{projects:?}");
    let read = |text: String| serde_yaml::from_str::<Value>(&text).unwrap();
    let one = |(stack, environment): (String, String)| {
        let made = read(Root::Shipped.stream(&stack, &environment));
        (format!("{stack} {environment}"), made, read(Root::Shipped.resolved(&stack, &environment)))
    };
    projects.into_iter().map(one).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_mapping().into_iter().flatten().map(|(key, _)| key.as_str().unwrap()).collect()
}

/// The component that a service is of: those beside its main one have a name after a `.`, and of several nodes each has a
/// number.
fn owner<'a>(service: &'a str, components: &BTreeSet<&str>) -> Option<&'a str> {
    let own = service.split('.').next().unwrap();
    let numbered = || own.rsplit_once('-').map(|(own, _)| own);
    let setup = || own.strip_suffix("-setup");
    let candidates = [Some(own), numbered(), setup()];
    candidates.into_iter().flatten().find(|it| components.contains(it))
}

#[test]
fn two_share_a_network_exactly_where_one_uses_the_other() {
    for (name, made, stack) in shipped() {
        let sections = ["services", "stateful", "jobs"];
        let components: BTreeSet<&str> = sections.iter().flat_map(|it| keys(&stack[*it])).collect();
        let mut declared = BTreeSet::new();
        for (from, component) in sections.iter().filter_map(|it| stack[*it].as_mapping()).flatten() {
            let from = from.as_str().unwrap();
            let uses = match &component["uses"] {
                Value::Sequence(all) => all.iter().map(|it| it.as_str().unwrap()).collect(),
                map => keys(map),
            };
            let bound = component["bind"].as_mapping().into_iter().flatten();
            let bound = bound.map(|(_, it)| it.as_str().unwrap());
            for to in uses.into_iter().chain(bound).map(|it| it.split(':').next().unwrap()) {
                if components.contains(to) {
                    declared.insert((from.min(to), from.max(to)));
                }
            }
        }
        let mut members: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (service, it) in made["services"].as_mapping().unwrap() {
            let service = service.as_str().unwrap();
            let alone = it["network_mode"].as_str();
            assert_eq!(
                alone.is_none(),
                it["networks"].is_mapping(),
                "{name}: {service} is in a network of all"
            );
            for network in keys(&it["networks"]) {
                let owner = owner(service, &components).unwrap_or_else(|| panic!("{name}: {service}"));
                members.entry(network).or_default().insert(owner);
            }
        }
        let mut shared = BTreeSet::new();
        for owners in members.values() {
            let pairs = owners.iter().flat_map(|one| owners.iter().map(move |other| (*one, *other)));
            shared.extend(pairs.filter(|(one, other)| one < other));
        }
        assert!(!declared.is_empty(), "{name}");
        assert_eq!(shared, declared, "{name}");
        // Nothing leaves a network of two.
        for (network, it) in made["networks"].as_mapping().unwrap() {
            let network = network.as_str().unwrap();
            assert_eq!(it["internal"] == true, !network.ends_with("_outside"), "{name}: {network}");
        }
    }
}

#[test]
fn what_is_named_is_there_and_what_is_waited_for_can_happen() {
    for (name, made, _) in shipped() {
        sound(&name, &made);
    }
}

/// Each engine in each of its topologies, as one node and with all.
#[test]
fn every_engine_is_a_project_that_is_whole() {
    let (mut projects, root) = (0, crate::support::project().join("tests/engines/stacks"));
    for path in crate::support::files(&root).into_keys().filter(|it| it.ends_with("/stack.yaml")) {
        let mut files = crate::support::files(&root.join(path.strip_suffix("/stack.yaml").unwrap()));
        let mut whole: Value = serde_yaml::from_str(&files["stack.yaml"]).unwrap();
        let environments = whole["environments"].as_mapping_mut().unwrap();
        let names: Vec<String> = environments.keys().map(|it| it.as_str().unwrap().to_owned()).collect();
        let mut added = Vec::new();
        for (name, topology) in names.iter().flat_map(|it| [(it, "single"), (it, "full")]) {
            let compose = format!("{{ probes: 'busybox:1.37.0-musl', topology: {topology} }}");
            let own = format!("{{ extends: {name}, target: compose, compose: {compose} }}");
            added.push(format!("{name}-{topology}"));
            environments.insert(added.last().unwrap().as_str().into(), serde_yaml::from_str(&own).unwrap());
        }
        files.insert("stack.yaml".to_owned(), serde_yaml::to_string(&whole).unwrap());
        let memory = Memory(files);
        for environment in added {
            sound(&format!("{path} {environment}"), &made(&compile(&memory, &environment, &[])));
            projects += 1;
        }
    }
    assert!(projects > 100, "{projects} projects only");
}

/// What holds of every project.
fn sound(name: &str, made: &Value) {
    let services = &made["services"];
    let has = |section: &str, key: &str| made[section].get(key).is_some();
    for (service, it) in services.as_mapping().unwrap() {
        let service = service.as_str().unwrap();
        for (on, how) in it["depends_on"].as_mapping().into_iter().flatten() {
            let on = &services[on.as_str().unwrap()];
            assert!(on.is_mapping(), "{name}: {service} waits for nothing");
            let ends = on["restart"] == "no" || on["restart"].as_str().unwrap().starts_with("on-failure");
            match how["condition"].as_str().unwrap() {
                "service_healthy" => {
                    assert!(on["healthcheck"].is_mapping() && !ends, "{name}: {service}");
                }
                "service_completed_successfully" => assert!(ends, "{name}: {service}"),
                other => assert_eq!(other, "service_started", "{name}: {service}"),
            }
        }
        for network in keys(&it["networks"]) {
            assert!(has("networks", network), "{name}: {service} {network}");
        }
        // Without a network, a server does not find itself by its own name.
        let own = service.starts_with("stackgen.") || service.ends_with(".volumes");
        assert!(own || it["network_mode"] != "none", "{name}: {service}");
        for mount in it["volumes"].as_sequence().into_iter().flatten().filter(|it| it["type"] == "volume") {
            assert!(has("volumes", mount["source"].as_str().unwrap()), "{name}: {service} {mount:?}");
        }
        for mount in it["secrets"].as_sequence().into_iter().flatten() {
            assert!(has("secrets", mount["source"].as_str().unwrap()), "{name}: {service} {mount:?}");
            assert!(it["read_only"].is_null(), "{name}: Compose copies secrets into {service}");
        }
    }
    let mut blocks = Vec::new();
    for network in keys(&made["networks"]) {
        let subnet = &made["networks"][network]["ipam"]["config"][0]["subnet"];
        let (first, length) = subnet.as_str().unwrap().split_once('/').unwrap();
        let first = u32::from(first.parse::<std::net::Ipv4Addr>().unwrap());
        let size = 1 << (32 - length.parse::<u32>().unwrap());
        assert_eq!(first % size, 0, "{name}: {network} is no block");
        let inside = services.as_mapping().unwrap().values();
        let inside = inside.filter(|it| it["networks"].get(network).is_some()).count();
        assert!(inside + 3 <= size as usize, "{name}: {network} has {inside} services, and {size} addresses");
        blocks.push((first, first + size));
    }
    blocks.sort_unstable();
    assert!(blocks.windows(2).all(|it| it[0].1 <= it[1].0), "{name}: two networks share addresses");
    for mount in
        services.as_mapping().unwrap().values().filter_map(|it| it["volumes"].as_sequence()).flatten()
    {
        let source = mount["source"].as_str().unwrap_or_default();
        assert!(mount["type"] != "bind" || source.starts_with("./"), "{name}: {source}");
    }
}

/// The files of an environment of a stack in memory.
fn files(extra: &str, environment: &str, set: &[(&str, &str)]) -> Bundle {
    compile(&stack(extra, &[]), environment, set)
}

fn compile(memory: &Memory, environment: &str, set: &[(&str, &str)]) -> Bundle {
    let mut project = Project::open(memory, "stack.yaml");
    let set: Vec<_> = set.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned())).collect();
    let compiled = project.compile(memory, environment, &set, Form::Tree);
    let errors: Vec<&str> =
        compiled.findings.iter().filter(|it| it.is_error()).map(|it| it.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let Output::Tree(bundle) = compiled.laid.unwrap().output else { panic!("a tree was asked for") };
    bundle
}

fn made(bundle: &Bundle) -> Value {
    serde_yaml::from_str(&bundle.get("compose.yaml").unwrap().text).unwrap()
}

const SECRETS: &str = "\
namespaces: { app: {} }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets:
  db: { from: vault, path: shop/db, keys: [ password, other ] }
  again: { from: vault, path: shop/db, keys: { word: password } }
services:
  one:
    profile: web
    uses: [ two ]
    env: { A: { secret: db, key: password }, B: \"x$(A)y$$(A)\", C: { secret: db, key: other }, D: \"5$ $(NOBODY)\" }
    files: { /run/word: { secret: again, key: word } }
  two: { profile: web }
environments:
  dev:
    target: compose
    compose: { secrets: { db: { password: \"it's $5\" } } }
";

#[test]
fn values_of_secrets_come_from_whoever_runs_the_project() {
    let bundle = files(SECRETS, "dev", &[]);
    let text = |path: &str| bundle.get(path).unwrap().text.as_str();
    let one = made(&bundle)["services"]["one"].clone();
    let given = "${SHOP_DB_PASSWORD:?see .env.example}";
    assert_eq!(one["environment"]["A"], given);
    assert_eq!(one["environment"]["B"], format!("x{given}y$$(A)"), "as Kubernetes puts it in");
    assert_eq!(one["environment"]["C"], "${SHOP_DB_OTHER:?see .env.example}");
    assert_eq!(one["environment"]["D"], "5$$ $$(NOBODY)");
    // Two secrets of one path in the store are one value.
    assert_eq!(made(&bundle)["secrets"]["again.word"]["environment"], "SHOP_DB_PASSWORD");
    assert_eq!(one["secrets"][0]["target"], "/run/word");
    assert!(!text("compose.yaml").contains("it's"));
    assert!(text(".env").contains("SHOP_DB_PASSWORD=\"it's \\$5\"\n"), "{}", text(".env"));
    assert!(!text(".env").contains("SHOP_DB_OTHER"));
    let example = text(".env.example");
    assert!(example.contains("# shop/db, key other; for one\nSHOP_DB_OTHER=\n"), "{example}");
    assert!(!example.contains("SHOP_DB_PASSWORD"));
}

#[test]
fn a_variable_of_a_secret_means_nothing_else() {
    let extra =
        SECRETS.replace("shop/db", "docker/host").replace("compose: {", "compose: { probes: \"busybox:1\",");
    let bundle = files(&extra, "dev", &[]);
    let one = made(&bundle)["services"]["one"].clone();
    assert_eq!(one["environment"]["C"], "${SECRET_DOCKER_HOST_OTHER:?see .env.example}");
}

const TENANTS: &str = "\
namespaces: { app: {} }
services:
  one: { profile: web, uses: [ two ] }
  two: { profile: web }
stateful:
  db: { kind: custom, image: registry.example/db:1, ports: { db: 5000 }, storage: 1Gi, mountPath: /data }
environments:
  dev:
    target: compose
    compose: { publish: { one: { http: 8080 } }, probes: \"busybox:1.37.0-musl\" }
  ci: { extends: dev, compose: { keepData: false, healthInterval: 1s } }
  sandbox:
    extends: dev
    parameters: { tenant: { type: string, description: whose it is } }
    instance: { name: \"${parameters.tenant}\" }
    compose: { hostPorts: any }
";

#[test]
fn each_tenant_has_a_project_of_its_own() {
    let [a, b] = ["a", "b"].map(|tenant| made(&files(TENANTS, "sandbox", &[("tenant", tenant)])));
    assert_eq!((a["name"].as_str(), b["name"].as_str()), (Some("shop-a"), Some("shop-b")));
    let subnet = |it: &Value| it["networks"]["one.two"]["ipam"]["config"][0]["subnet"].clone();
    assert!(subnet(&a).is_string());
    assert_ne!(subnet(&a), subnet(&b));
    // The host chooses a port, so that they do not meet.
    assert_eq!(a["services"]["one"]["ports"][0]["target"], 8080);
    assert!(a["services"]["one"]["ports"][0]["published"].is_null());
    let dev = made(&files(TENANTS, "dev", &[]));
    assert_eq!(dev["services"]["one"]["ports"][0]["published"], "8080");
}

#[test]
fn a_run_of_tests_keeps_nothing_and_looks_often() {
    let [dev, ci] = ["dev", "ci"].map(|it| made(&files(TENANTS, it, &[])));
    assert!(dev["volumes"].get("db.data").is_some());
    assert!(ci["volumes"].get("db.data").is_none());
    let interval = |it: &Value| it["services"]["one"]["healthcheck"]["interval"].clone();
    assert_eq!((interval(&dev).as_str(), interval(&ci).as_str()), (Some("10s"), Some("1s")));
}

const JOBS: &str = "\
namespaces: { app: {} }
services:
  one: { profile: web, uses: [ two ] }
  two: { profile: web, uses: [ one ] }
  three: { profile: web }
jobs:
  migrate: { image: \"registry.example/m:1\", run: { before-rollout: [ one ] }, uses: [ three ], retries: 3 }
  tidy: { image: \"registry.example/t:1\", run: { schedule: \"15 3 * * *\" } }
  told: { image: \"registry.example/n:1\", run: after-rollout }
environments:
  dev: { target: compose, compose: { probes: \"busybox:1.37.0-musl\" } }
";

#[test]
fn jobs_run_when_they_should_and_no_circle_is_left() {
    let made = made(&files(JOBS, "dev", &[]));
    let services = &made["services"];
    let waits = |it: &str, on: &str| services[it]["depends_on"][on]["condition"].as_str();
    assert_eq!(waits("one", "migrate"), Some("service_completed_successfully"));
    assert_eq!(waits("migrate", "three"), Some("service_healthy"));
    // The direction that is written second is left out: Compose refuses circles.
    assert_eq!((waits("one", "two"), waits("two", "one")), (Some("service_healthy"), None));
    assert_eq!(services["migrate"]["restart"], "on-failure:3");
    assert_eq!(services["tidy"]["profiles"][0], "scheduled");
    assert!(services["tidy"]["depends_on"].is_null());
    assert_eq!(waits("told", "one"), Some("service_healthy"));
    assert_eq!(waits("told", "tidy"), None);
    assert_eq!(keys(&services["tidy"]["networks"]), ["tidy"], "it knows its own name");
}

const FULL: &str = "\
namespaces: { data: {} }
stateful:
  bus: { kind: nats, replicas: 3, storage: 1Gi, streams: { A: { subjects: [ a ] } } }
services:
  one: { profile: web, uses: [ bus ], env: { NATS: \"${stateful.bus.url}\" } }
environments:
  single: { target: compose, compose: { probes: \"busybox:1.37.0-musl\" } }
  full: { extends: single, compose: { topology: full } }
";

#[test]
fn an_engine_is_one_node_unless_all_are_asked_for() {
    let [single, full] = ["single", "full"].map(|it| made(&files(FULL, it, &[])));
    assert_eq!(
        keys(&single["services"]).iter().filter(|it| it.starts_with("bus")).count(),
        4,
        "with three helpers"
    );
    assert!(single["services"].get("bus").is_some());
    for member in ["bus-0", "bus-1", "bus-2"] {
        let it = &full["services"][member];
        assert_eq!(it["hostname"], member);
        let aliases = &it["networks"]["one.bus"]["aliases"];
        let own = format!("{member}.bus-headless.data.svc.cluster.local");
        assert!(aliases.as_sequence().unwrap().contains(&own.into()), "{aliases:?}");
        assert!(aliases.as_sequence().unwrap().contains(&"bus".into()), "{aliases:?}");
        assert!(it["networks"].get("bus").is_some(), "the members have a network of their own");
        assert_eq!(full["services"]["one"]["depends_on"][member]["condition"], "service_healthy");
    }
    for made in [&single, &full] {
        assert_eq!(made["services"]["one"]["environment"]["NATS"], "nats://bus:4222");
        assert_eq!(
            made["services"]["one"]["depends_on"]["bus-setup"]["condition"],
            "service_completed_successfully"
        );
    }
}

#[test]
fn a_network_with_many_is_larger_and_moves_no_other() {
    let extra = FULL.replace("replicas: 3", "replicas: 17").replace(
        "  full: {",
        "  narrow: { extends: full, compose: { subnets: 10.9.0.0/27 } }\n  wide: { extends: full, compose: { subnets: 10.9.0.0/25 } }\n  full: {",
    );
    let [single, full, wide] = ["single", "full", "wide"].map(|it| made(&files(&extra, it, &[])));
    let subnet = |made: &Value, name: &str| {
        made["networks"][name]["ipam"]["config"][0]["subnet"].as_str().unwrap().to_owned()
    };
    // Behind the small blocks of both, which stay free.
    for (network, expected) in [("one.bus", "10.9.0.32/27"), ("bus", "10.9.0.64/27")] {
        assert_eq!(subnet(&wide, network), expected);
    }
    for made in [&single, &full, &wide] {
        sound("many", made);
    }
    let mut project = Project::open(&stack(&extra, &[]), "stack.yaml");
    let found = project.compile(&stack(&extra, &[]), "narrow", &[], Form::Count).findings;
    let found: Vec<String> = found
        .into_iter()
        .filter(stackgen::diag::Diagnostic::is_error)
        .map(|it| format!("{:?}", it.helps))
        .collect();
    assert!(found.len() == 1 && found[0].contains("/25 or larger"), "{found:?}");
}

const CERTIFICATE: &str = "\
namespaces: { app: {} }
certificates: { edge: { issuer: { name: ca, kind: ClusterIssuer }, dnsNames: [ shop.example.com ] } }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets: { own: { from: vault, path: shop/own, keys: [ a, b ] } }
services:
  one:
    profile: web
    args: [ --cert=/tls/tls.crt, --key=/tls/tls.key ]
    files: { /tls: { certificate: edge }, /own: { secret: own } }
  two:
    profile: web
    files: { /own: { secret: own }, /etc/two.conf: { content: \"password: /own/a\" } }
environments:
  dev: { target: compose }
  declared: { extends: dev, compose: { secrets: { own: { b: x } } } }
";

#[test]
fn nobody_is_asked_for_what_nobody_reads() {
    let dev = files(CERTIFICATE, "dev", &[]);
    let asked = |bundle: &Bundle| bundle.get(".env.example").unwrap().text.clone();
    assert!(
        asked(&dev).contains("EDGE_TLS_CRT=") && asked(&dev).contains("EDGE_TLS_KEY="),
        "{}",
        asked(&dev)
    );
    assert!(!asked(&dev).contains("EDGE_CA_CRT"), "{}", asked(&dev));
    let shown = |bundle: &Bundle, name: &str| {
        let service = made(bundle)["services"][name].clone();
        let secrets = service["secrets"].as_sequence().unwrap().iter();
        secrets.map(|it| it["target"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    // What the first one reads of it, nothing tells.
    assert_eq!(shown(&dev, "one"), "/tls/tls.crt /tls/tls.key /own/a /own/b");
    assert_eq!(shown(&dev, "two"), "/own/a");
    // A value that is known costs nobody anything.
    assert_eq!(shown(&files(CERTIFICATE, "declared", &[]), "two"), "/own/a /own/b");
}

#[test]
fn a_project_for_each_of_many_says_so() {
    let sandbox = |own: &str| {
        let extra = TENANTS.replace("instance: { name: \"${parameters.tenant}\" }", "");
        let extra = extra.replace("hostPorts: any", &format!("hostPorts: any, {own}"));
        let mut project = Project::open(&stack(&extra, &[]), "stack.yaml");
        let set = [("tenant".to_owned(), "acme".to_owned())];
        let found = project.compile(&stack(&extra, &[]), "sandbox", &set, Form::Count).findings;
        found.iter().filter(|it| it.code.id == "SG230").map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    let said = "`sandbox` is rendered for many a `tenant`, and does not say so";
    assert_eq!(sandbox("project: \"pk-${parameters.tenant}\""), [said]);
    assert_eq!(sandbox("project: pk"), <[&str; 0]>::default());
}

#[test]
fn a_variable_is_traced_to_what_declares_it() {
    let memory = stack(
        &format!(
            "versions: v.env\n{}",
            MENDS.replace(
                "target: compose",
                "target: compose\n    services: { two: { image: \"two:${versions.TWO}\" } }"
            )
        ),
        &[("v.env", "TWO=3\n")],
    );
    let mut project = Project::open(&memory, "stack.yaml");
    let compiled = project.compile(&memory, "parts", &[], Form::Tree);
    let (Output::Tree(bundle), Some(document)) = (compiled.laid.unwrap().output, compiled.document) else {
        panic!("a tree was asked for")
    };
    for word in ["file/.env", ".env"] {
        let object = &find(&bundle, word)[0];
        let routes: BTreeMap<String, String> = explain(&document, object, "variables")
            .into_iter()
            .map(|it| (it.path.replace("variables.", ""), it.route.to_string()))
            .collect();
        let expected = [
            ("COMPOSE_PROFILES", "/compose/profiles"),
            ("SHOP_OWN_A", "/compose/secrets/own/a"),
            ("TWO", "/versions"),
        ];
        assert_eq!(routes, expected.map(|(name, at)| (name.to_owned(), at.to_owned())).into(), "{word}");
    }
}

#[test]
fn why_says_what_there_is_instead() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stack.yaml"), &stack(TENANTS, &[]).0["stack.yaml"]).unwrap();
    let said = |object: &str| {
        let mut run = assert_cmd::Command::cargo_bin("stackgen").unwrap();
        let run = run.current_dir(dir.path()).args(["why", "dev", object]).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{object}");
        String::from_utf8(run.stderr).unwrap()
    };
    let instead = "there is no object `deployment/one`: `dev` is a Compose project; there is `service/one`";
    assert!(said("deployment/one").contains(instead), "{}", said("deployment/one"));
    assert!(said("deployment/nobody").contains("name one as `service/iam`"), "{}", said("deployment/nobody"));
}

const BROKERS: &str = "\
namespaces: { data: {} }
stateful:
  fast: { kind: redpanda, replicas: 3, storage: 1Gi }
  bus: { kind: kafka, version: 4.1.1, storage: 1Gi }
environments:
  dev: { target: compose, compose: { publish: { fast: { kafka: 9192 }, bus: { client: 9292 } } } }
  away: { extends: dev, compose: { hostAddress: 192.0.2.7 } }
  any: { extends: dev, compose: { hostPorts: any } }
";

#[test]
fn brokers_tell_the_host_where_it_finds_them() {
    for (environment, expected) in [("dev", Some("localhost")), ("away", Some("192.0.2.7")), ("any", None)] {
        let bundle = files(BROKERS, environment, &[]);
        let made = made(&bundle);
        let fast: Value =
            serde_yaml::from_str(&bundle.get("fast/config/redpanda.yaml").unwrap().text).unwrap();
        let listeners = |key: &str| fast["redpanda"][key].as_sequence().unwrap().clone();
        let bus = made["services"]["bus"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
        let port = |service: &str| made["services"][service]["ports"][0]["target"].as_u64();
        let (listens, advertised) = (listeners("kafka_api"), listeners("advertised_kafka_api"));
        assert_eq!(listens.len(), advertised.len(), "{environment}");
        let Some(host) = expected else {
            assert_eq!((listens.len(), bus.contains("HOST")), (1, false), "{environment}");
            continue;
        };
        assert_eq!((port("fast"), port("bus")), (Some(19092), Some(19092)), "{environment}");
        assert_eq!(
            (listens[1]["name"].as_str(), advertised[1]["name"].as_str()),
            (Some("host"), Some("host"))
        );
        assert_eq!(listens[1]["port"], 19092);
        assert_eq!(
            (advertised[1]["address"].as_str(), advertised[1]["port"].as_u64()),
            (Some(host), Some(9192))
        );
        assert!(bus.ends_with(&format!("HOST://{host}:9292")), "{bus}");
    }
}

#[test]
fn what_is_of_a_cluster_alone_is_left_out_and_that_stays_the_same_there() {
    let extra = "\
namespaces: { app: { mesh: true } }
mesh: { linkerd: {} }
services:
  one: { profile: web, uses: [ two ], scale: { hpa: { min: 2, max: 4, cpu: 60 } } }
  two: { profile: web, rollout: { canary: { weights: { stable: 90, canary: 10 }, image: \"registry.example/two:2\" } } }
environments:
  dev: { target: compose, compose: { probes: \"busybox:1.37.0-musl\" } }
";
    let made = made(&files(extra, "dev", &[]));
    assert_eq!(keys(&made["services"]), ["stackgen.probes", "one", "two"]);
}

const MENDS: &str = "\
namespaces: { app: {} }
stores: { vault: { external-secrets: { clusterStore: vault } } }
secrets: { own: { from: vault, path: shop/own, keys: [ a, b ] } }
services:
  one:
    profile: web
    uses: [ two ]
    securityContext: { runAsUser: 10001, runAsGroup: 10002, fsGroup: 10003 }
    volumes:
      /scratch: { emptyDir: 64Mi }
      /quick: { emptyDir: 32Mi, memory: true }
      /run/own: { emptyDir: 1Mi, memory: true }
    files:
      /run/own/a: { secret: own, key: a }
      /run/b: { secret: own, key: b }
  two: { profile: web }
  three: { profile: web, probes: null }
jobs:
  told: { image: \"registry.example/n:1\", run: { before-rollout: [ three ] } }
  last: { image: \"registry.example/n:1\", run: after-rollout }
stateful:
  db: { kind: custom, image: registry.example/db:1, ports: { db: 5000 }, storage: 1Gi, mountPath: /data }
environments:
  dev:
    target: compose
    compose: { probes: \"busybox:1.37.0-musl\", secrets: { own: { a: x } } }
  again: { extends: dev, compose: { secrets: { own: { a: y } } } }
  ci: { extends: dev, compose: { keepData: false } }
  parts: { extends: dev, compose: { profiles: { part: [ three, told ], rest: [ one, two, db ] } } }
";

#[test]
fn scratch_space_is_a_volume_that_everybody_writes_to_and_memory_runs_programs() {
    let bundle = files(MENDS, "dev", &[]);
    let dev = made(&bundle);
    let one = &dev["services"]["one"];
    let volumes: BTreeSet<&str> =
        one["volumes"].as_sequence().unwrap().iter().filter_map(|it| it["target"].as_str()).collect();
    // Memory would hide a secret below it.
    assert_eq!(volumes, BTreeSet::from(["/scratch", "/run/own", "/.busybox"]));
    let quick = "/quick:exec,size=33554432,uid=10001,gid=10002,mode=1777";
    assert_eq!(one["tmpfs"], Value::Sequence(vec![quick.into()]));
    assert_eq!(one["group_add"], Value::Sequence(vec!["10003".into()]));
    let giver = &dev["services"]["one.volumes"]["command"];
    assert_eq!(giver[0], "chmod");
    assert_eq!(giver[1], "0777", "as on a cluster");
    let ci = made(&files(MENDS, "ci", &[]));
    let data = ci["services"]["db"]["tmpfs"][0].as_str().unwrap();
    assert!(data.starts_with("/data:exec,") && data.ends_with("mode=1777"), "{data}");
}

#[test]
fn a_secret_that_is_a_file_is_asked_for_and_a_changed_one_makes_the_container_anew() {
    let [dev, again] = ["dev", "again"].map(|it| made(&files(MENDS, it, &[])));
    let needs = ["${SHOP_OWN_A:?see .env.example}", "${SHOP_OWN_B:?see .env.example}"].map(Value::from);
    assert_eq!(dev["x-needs"], Value::Sequence(needs.into()));
    let label = |it: &Value| it["services"]["one"]["labels"]["stackgen.files"].as_str().map(str::to_owned);
    assert!(label(&dev).is_some());
    assert_ne!(label(&dev), label(&again));
    assert!(dev["services"]["two"]["labels"].is_null());
}

#[test]
fn something_waits_for_all_that_ends() {
    let dev = made(&files(MENDS, "dev", &[]));
    let done = |made: &Value| keys(&made["services"]["stackgen.done"]["depends_on"]).join(" ");
    assert_eq!(done(&dev), "last");
    let parts = made(&files(MENDS, "parts", &[]));
    // What is part of nothing is in `all`; what waits for `told` is wherever that is.
    assert_eq!(done(&parts), "last");
    assert_eq!(parts["services"]["stackgen.done"]["profiles"], parts["services"]["last"]["profiles"]);
    let probes: BTreeSet<&str> = parts["services"]["stackgen.probes"]["profiles"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(probes, BTreeSet::from(["all", "rest"]), "nothing in the other asks by busybox");
}
