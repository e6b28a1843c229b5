//! Tiers that only some environments have.

use crate::support::memory::{compile, get, stack};

const STACK: &str = "
namespaces: { app: {} }
services:
  one: { profile: [ web, searching ], env: { INDEX: shop, HOST: '${stateful.search.host}' } }
  two: { profile: web, uses: [ three, one:http ] }
  three: { profile: web, ports: { http: 8080, grpc: 50051 } }
stateful:
  search: { kind: custom, profile: web, volumes: { /data: { claim: 1Gi } } }
environments:
  full: {}
  lite:
    stateful: { search: null }
    profiles: { searching: { uses: { search: null } } }
    services: { one: { env: { HOST: null } } }
  narrow: { services: { two: { uses: { three: grpc } } } }
  wide: { services: { two: { uses: { one: null, search: http } } } }
  other: { services: { two: { uses: [ search ] } } }
";

/// The components that one may call, with the ports.
fn paths(environment: &str, name: &str) -> Vec<(String, Vec<u64>)> {
    let profile = "  searching: { uses: [ three:http, search ] }\n";
    let objects = compile(&stack(&format!("{profile}{STACK}"), &[]), environment, &[]).unwrap();
    let rules = get(&objects, "NetworkPolicy", name)["spec"]["egress"].clone();
    let one = |rule: &serde_yaml::Value| {
        let to = &rule["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"];
        let ports = rule["ports"].as_sequence().unwrap().iter();
        (to.as_str().unwrap().to_owned(), ports.map(|it| it["port"].as_u64().unwrap()).collect())
    };
    rules.as_sequence().into_iter().flatten().map(one).collect()
}

fn path(name: &str, ports: &[u64]) -> (String, Vec<u64>) {
    (name.to_owned(), ports.to_vec())
}

#[test]
fn a_mapping_over_a_list_of_uses_changes_single_targets() {
    assert_eq!(paths("full", "two"), [path("three", &[8080, 50051]), path("one", &[8080])]);
    assert_eq!(paths("narrow", "two"), [path("three", &[50051]), path("one", &[8080])]);
    assert_eq!(paths("wide", "two"), [path("three", &[8080, 50051]), path("search", &[8080])]);
    assert_eq!(paths("other", "two"), [path("search", &[8080])], "a list replaces");
}

#[test]
fn a_profile_removes_a_tier_for_all_that_have_it() {
    assert_eq!(paths("full", "one"), [path("three", &[8080]), path("search", &[8080])]);
    assert_eq!(paths("lite", "one"), [path("three", &[8080])]);
}

#[test]
fn what_still_names_a_removed_tier_is_said_once() {
    let text = STACK.replace("    profiles: { searching: { uses: { search: null } } }\n", "");
    let text =
        text.replace("services: { one: { env: { HOST: null } } }", "services: { two: { uses: [ search ] } }");
    let files = stack(&format!("  searching: {{ uses: [ three:http, search ] }}\n{text}"), &[]);
    let errors = compile(&files, "lite", &[]).unwrap_err();
    assert_eq!(errors, ["SG240 `search` is removed here, and still named in this environment"]);
    // A misspelt name is one.
    let files = stack(&format!("  searching: {{ uses: [ serch ] }}\n{text}"), &[]);
    let errors = compile(&files, "full", &[]).unwrap_err();
    assert_eq!(errors[0], "SG203 `one` uses `serch`, which this stack does not declare");
}
