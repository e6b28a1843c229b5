//! Edits of the shipped stacks, and what they open and close: forward as written, and backward the other way round.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::rows::{Edit, SERVICES};
use super::{edited, result, run, stack, tree};

struct Row {
    stack: &'static str,
    edits: &'static [Edit],
    /// What is opened, `CLASS: WHO | WHAT`, and the start of the line that is named for the first.
    opened: &'static [&'static str],
    line: &'static str,
    closed: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        stack: "orbit",
        edits: &[(
            SERVICES,
            "uses: [redis, \"redpanda:kafka\"]",
            "uses: [redis, \"redpanda:kafka\", mongodb]",
        )],
        // The Job that sets the replica set up has the tier's labels, so that its policy is about it, too.
        opened: &[
            "network: orbit/bifrost | orbit/mongodb 27017/TCP",
            "network: orbit/bifrost | orbit/mongodb-init 27017/TCP",
        ],
        line: "services.yaml: uses: [redis, \"redpanda:kafka\", mongodb]",
        closed: &[],
    },
    Row {
        stack: "orbit",
        edits: &[(
            "stack.yaml",
            "host: api.resend.com, cidrs: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16] }",
            "host: api.resend.com, cidrs: { cidr: 198.51.100.0/24 }",
        )],
        // Another external with the wide block is in the same `uses`.
        opened: &[],
        line: "",
        closed: &[],
    },
    Row {
        stack: "orbit",
        edits: &[(
            "stack.yaml",
            "host: api.github.com, cidrs: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16] }",
            "host: api.github.com, cidrs: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12] }",
        )],
        opened: &[
            "network: orbit/build-service | 0.0.0.0/0 except 10.0.0.0/8, 172.16.0.0/12 443/TCP",
            "network: orbit/orbit-www | 0.0.0.0/0 except 10.0.0.0/8, 172.16.0.0/12 443/TCP",
            "network: orbit/temporal-worker | 0.0.0.0/0 except 10.0.0.0/8, 172.16.0.0/12 443/TCP",
        ],
        line: "services.yaml: uses: [",
        closed: &[],
    },
    Row {
        stack: "platform-kernel",
        edits: &[(
            SERVICES,
            "uses: [kafka, \"rabbitmq:amqp\", go-feature-flag]",
            "uses: [kafka, iam, \"rabbitmq:amqp\", go-feature-flag]",
        )],
        // Within the mesh, by its tunnel or by its authorization.
        opened: &["network: platform-services/event-bus | platform-services/iam 8080/TCP, 50050/TCP"],
        line: "services.yaml: uses: [kafka, iam,",
        closed: &[],
    },
    Row {
        stack: "cyoda",
        edits: &[(SERVICES, "usedBy: { compute: [http, grpc] }", "usedBy: { compute: [http, grpc, admin] }")],
        opened: &["network: compute/any pod | cyoda/cyoda 9091/TCP"],
        line: "services.yaml: cyoda:",
        closed: &[],
    },
    Row {
        stack: "orbit",
        edits: &[(SERVICES, "\"orbit.${parameters.domain}\"", "\"www.${parameters.domain}\"")],
        opened: &["host: www.hoytlabs.app/ | Service orbit/orbit-www"],
        line: "services.yaml: expose:",
        closed: &["host: orbit.hoytlabs.app/ | Service orbit/orbit-www"],
    },
    Row {
        stack: "cyoda",
        edits: &[(SERVICES, "paths: { /api: {} } } }", "paths: { /api: {}, /admin: {} } } }")],
        opened: &["host: api.cyoda.example.com/admin | Service cyoda/cyoda"],
        line: "services.yaml: expose:",
        closed: &[],
    },
    Row {
        stack: "platform-kernel",
        edits: &[(
            "edge.yaml",
            "expose: { loadBalancer: { ports: { https: 443 } } }",
            "expose: { loadBalancer: { ports: { https: 443 }, sources: [203.0.113.0/24] } }",
        )],
        // What is left is in what was there.
        opened: &[],
        line: "",
        closed: &[
            "host: a load balancer's port 443/TCP | Service platform-ingress/envoy-public, from 0.0.0.0/0",
            "network: 0.0.0.0/0 | platform-ingress/envoy 8443/TCP",
        ],
    },
    Row {
        stack: "bitvault",
        edits: &[(
            "operators.yaml",
            "resources: [deployments/scale], resourceNames: [bitvault-worker], verbs",
            "resources: [deployments/scale], verbs",
        )],
        opened: &[
            "rbac: ServiceAccount bitvault-system/keda-operator | get, patch, update deployments/scale.apps in bitvault-prod",
        ],
        line: "operators.yaml: scale: {",
        closed: &[],
    },
    Row {
        stack: "bitvault",
        edits: &[(
            "operators.yaml",
            "resources: [secrets], verbs: [create, update, patch, delete]",
            "resources: [secrets], verbs: [get, create, update, patch, delete]",
        )],
        // A ClusterRole allows it anyway.
        opened: &[],
        line: "",
        closed: &[],
    },
    Row {
        stack: "platform-kernel",
        edits: &[(
            "stack.yaml",
            "infra: { name: platform-infra, podSecurity: restricted }",
            "infra: { name: platform-infra, podSecurity: baseline }",
        )],
        opened: &["podSecurity: Namespace platform-infra | enforces `baseline` instead of `restricted`"],
        line: "stack.yaml: infra: {",
        closed: &[],
    },
    Row {
        stack: "orbit",
        edits: &[(SERVICES, "key: RESEND_API_KEY }", "key: MINIO_ROOT_PASSWORD }")],
        opened: &["secret: Deployment orbit/orbit-www | MINIO_ROOT_PASSWORD of Secret orbit/orbit-secrets"],
        line: "services.yaml: RESEND_API_KEY: {",
        closed: &["secret: Deployment orbit/orbit-www | RESEND_API_KEY of Secret orbit/orbit-secrets"],
    },
    Row {
        stack: "orbit",
        edits: &[(SERVICES, "key: RESEND_API_KEY }", "key: GITHUB_APP_ID }")],
        // Another variable has that key already.
        opened: &[],
        line: "",
        closed: &["secret: Deployment orbit/orbit-www | RESEND_API_KEY of Secret orbit/orbit-secrets"],
    },
    Row {
        stack: "orbit",
        edits: &[(SERVICES, "  temporal-ui:\n", "  temporal-ui:\n    automountServiceAccountToken: true\n")],
        opened: &[
            "token: Deployment orbit/temporal-ui | the token of ServiceAccount orbit/temporal-ui for the API server",
        ],
        line: "services.yaml: automountServiceAccountToken: true",
        closed: &[],
    },
];

/// What is opened and closed, and the line of the first that is opened.
fn exposed(dir: &Path, against: &Path) -> (Vec<String>, Vec<String>, Option<String>) {
    let args = ["diff", "prod", "--against", against.to_str().unwrap(), "--format", "json"];
    let reports: Value = serde_json::from_str(&result(dir, &args, None)).unwrap();
    assert_eq!(reports[0]["notChecked"], Value::Array(Vec::new()));
    let all = reports[0]["exposure"].as_array().unwrap();
    let of = |way: &str| {
        let own = all.iter().filter(|it| it["direction"] == way);
        own.map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            format!("{}: {} | {}", text("class"), text("who"), text("what"))
        })
        .collect()
    };
    let first = all.iter().find(|it| it["direction"] == "opened").filter(|it| it["at"].is_object());
    let line = first.map(|it| {
        let at = &it["at"];
        let file = at["file"].as_str().unwrap();
        let text = fs::read_to_string(dir.join(file)).unwrap();
        let number = usize::try_from(at["line"].as_u64().unwrap()).unwrap();
        format!("{file}: {}", text.lines().nth(number - 1).unwrap().trim())
    });
    (of("opened"), of("closed"), line)
}

#[test]
fn what_edits_open_and_close() {
    let mut wrong = Vec::new();
    for Row { stack: name, edits, opened, line, closed } in ROWS {
        let (original, out) = tree(name, "prod");
        let dir = edited(name, edits);
        let forward = exposed(dir.path(), &out);
        result(dir.path(), &["render", "prod", "-o", "edited"], None);
        let backward = exposed(original.path(), &dir.path().join("edited"));
        let named = forward.2.clone().unwrap_or_default();
        let right = forward.0 == *opened && forward.1 == *closed && named.starts_with(line);
        // A level is named as it is after.
        let what = |all: &[String]| -> Vec<String> {
            let level = |it: &String| it.split_once(" | enforces").map_or(it.clone(), |it| it.0.to_owned());
            all.iter().map(level).collect()
        };
        let of = |all: &[&str]| what(&all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        if !right || what(&backward.0) != of(closed) || what(&backward.1) != of(opened) {
            wrong.push(format!("{edits:?}\n  forward {forward:#?}\n  backward {backward:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// Changes a file of a tree by hand.
fn by_hand(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} in {}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn a_policy_of_another_name_opens_nothing() {
    let (dir, out) = tree("orbit", "prod");
    for folder in ["bifrost", "mongodb"] {
        let file = out.join("prod").join(folder).join("networkpolicy.yaml");
        by_hand(&file, &format!("name: {folder}\n  namespace"), &format!("name: old-{folder}\n  namespace"));
    }
    let report: Value =
        serde_json::from_str(&result(dir.path(), &["diff", "prod", "--format", "json"], None)).unwrap();
    assert_eq!(report[0]["objects"].as_array().unwrap().len(), 2);
    assert_eq!(report[0]["exposure"], Value::Array(Vec::new()));
}

#[test]
fn a_policy_that_others_stand_behind_opens_only_what_it_says() {
    let (dir, out) = tree("orbit", "prod");
    // What is allowed to all pods of the namespace keeps them shut for the rest.
    by_hand(&out.join("prod/bifrost/kustomization.yaml"), "- networkpolicy.yaml\n", "");
    let (opened, closed, _) = exposed(dir.path(), &out);
    let expected = [
        "network: orbit/bifrost | orbit/redis 6379/TCP",
        "network: orbit/bifrost | orbit/redpanda 9092/TCP",
        "network: orbit/orbit-www | orbit/bifrost 50060/TCP",
    ];
    assert_eq!((opened, closed), (expected.map(str::to_owned).to_vec(), Vec::new()));
}

#[test]
fn without_any_policy_everybody_is_open_to_anybody() {
    let (_kept, out) = tree("orbit", "prod");
    let open = ("stack.yaml", "network: { policies: from-uses }", "network: { policies: none }");
    let dir = edited("orbit", &[open]);
    let (opened, closed, line) = exposed(dir.path(), &out);
    assert!(opened.iter().all(|it| it.contains("anybody") && it.ends_with("every port")), "{opened:#?}");
    assert!(opened.contains(&"network: anybody | orbit/mongodb every port".to_owned()), "{opened:#?}");
    assert_eq!((closed, line), (Vec::new(), None));
}

#[test]
fn a_stream_without_policies_is_not_guessed_at() {
    let dir = stack("orbit");
    let whole = result(dir.path(), &["render", "prod"], None);
    let part: Vec<&str> = whole.split("\n---\n").filter(|it| !it.contains("kind: NetworkPolicy")).collect();
    let args = ["diff", "prod", "--against", "-", "--format", "json"];
    let report: Value =
        serde_json::from_str(&result(dir.path(), &args, Some(&part.join("\n---\n")))).unwrap();
    assert_eq!(report[0]["exposure"], Value::Array(Vec::new()));
    let said = serde_json::json!([{ "class": "network", "reason": "the stream has no NetworkPolicy: ask for them, too" }]);
    assert_eq!(report[0]["notChecked"], said);
    // Who wants to hear of what is opened wants to hear that nobody looked.
    let args = ["diff", "prod", "--against", "-", "--stat", "--fail-on", "exposure"];
    assert_eq!(run(dir.path(), &args, Some(&part.join("\n---\n"))).status.code(), Some(1));
    assert_eq!(run(dir.path(), &args, Some(&whole)).status.code(), Some(0));
}

#[test]
fn exposure_can_fail_a_pipeline() {
    let (_kept, out) = tree("orbit", "prod");
    let code = |edits: &[Edit], words: &str| {
        let dir = edited("orbit", edits);
        let args = ["diff", "prod", "--against", out.to_str().unwrap(), "--stat", "--fail-on", words];
        run(dir.path(), &args, None).status.code()
    };
    let opens =
        [(SERVICES, "uses: [redis, \"redpanda:kafka\"]", "uses: [redis, \"redpanda:kafka\", mongodb]")];
    assert_eq!(code(&opens, "exposure"), Some(1));
    assert_eq!(code(&opens, "rolling"), Some(0));
    assert_eq!(code(&opens, "data,exposure"), Some(1));
    let closes = [(SERVICES, "key: RESEND_API_KEY }", "key: GITHUB_APP_ID }")];
    assert_eq!(code(&closes, "exposure"), Some(0));
}

#[test]
fn what_the_mesh_alone_refuses_is_opened_without_its_policies() {
    let none = ("stack.yaml", "network: { policies: from-uses }", "network: { policies: none }");
    let before = edited("platform-kernel", &[none]);
    result(before.path(), &["render", "prod", "-o", "out"], None);
    let after =
        edited("platform-kernel", &[none, ("stack.yaml", "authorization: from-uses", "authorization: none")]);
    let (opened, closed, _) = exposed(after.path(), &before.path().join("out"));
    assert!(
        opened.contains(&"network: any pod of the mesh | platform-services/iam every port".to_owned()),
        "{opened:#?}"
    );
    assert_eq!(closed, Vec::<String>::new());
}
