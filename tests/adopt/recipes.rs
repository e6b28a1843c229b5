//! What a comparison with a cluster says is to be kept, and what of that cannot be.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;

use super::compared;

const HEAD: &str = "
stackgen: 1
stack: shop
cluster: { kubernetes: \"1.34\" }
namespaces: { shop: { podSecurity: restricted } }
stores: { cluster: { existing: {} } }
secrets: { pw: { from: cluster, keys: { password: password, key: key } } }
environments: { prod: {} }
";

/// A tier with a claim for its data, and one for an index.
const FILES: &str = "
stateful:
  files:
    kind: custom
    image: ghcr.io/example/files:1.9.0
    ports: { http: 9000 }
    scheme: http
    storage: 50Gi
    mountPath: /srv/files
    securityContext: { runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }
    resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
    probes: { readiness: { http: /ready, port: http } }
    volumes: { /index: { claim: 50Gi } }
";

const MONGO: &str = "
stateful:
  mongo:
    kind: mongodb
    replicas: 3
    storage: 10Gi
    password: { secret: pw, key: password }
    keyFile: { secret: pw, key: key }
    resources: { requests: { cpu: 100m, memory: 256Mi }, limits: { memory: 512Mi } }
";

/// A StatefulSet of a cluster: the image, its `serviceName`, and its claim templates with where they are mounted; at no place
/// that the list says where that is empty.
fn set(name: &str, image: &str, governed: &str, claims: &[(&str, &str)]) -> String {
    let mounted = claims.iter().filter(|it| !it.1.is_empty());
    let mounts: Vec<String> =
        mounted.map(|(name, path)| format!("{{ name: {name}, mountPath: {path} }}")).collect();
    let templates: Vec<String> = claims
        .iter()
        .map(|(name, _)| {
            format!(
                "{{ metadata: {{ name: {name} }}, spec: {{ accessModes: [ ReadWriteOnce ], resources: {{ requests: {{ storage: 50Gi }} }} }} }}"
            )
        })
        .collect();
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: {name}, namespace: shop }}
spec:
  replicas: 1
  serviceName: {governed}
  podManagementPolicy: Parallel
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec: {{ containers: [ {{ name: c, image: \"{image}\", volumeMounts: [ {} ] }} ] }}
  volumeClaimTemplates: [ {} ]
",
        mounts.join(", "),
        templates.join(", ")
    )
}

/// A Service of a cluster for the pods of an application.
fn service(name: &str, app: &str, address: &str, more: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: {name}, namespace: shop }}
spec: {{ clusterIP: {address}, selector: {{ app: {app} }}, ports: [ {{ port: 9000, targetPort: 9000, protocol: TCP }} ]{more} }}
"
    )
}

/// What differs of a stack from a cluster that has these objects.
fn differs(stack: &str, live: &[String]) -> BTreeMap<String, Json> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    fs::write(dir.path().join("live.yaml"), live.join("---\n")).unwrap();
    compared(dir.path(), &format!("{HEAD}{stack}"), "live.yaml")
}

/// The block that is to be written for an object, and why; empty where there is none.
fn advice(all: &BTreeMap<String, Json>, object: &str) -> (String, String) {
    let it = all.get(object).unwrap_or_else(|| panic!("no {object} in {:?}", all.keys()));
    let steps = it["recipe"].as_array().unwrap().iter();
    let mut own = steps.filter_map(|it| {
        let (_, block) = it["do"].as_str().unwrap().split_once(" of the stack, write `")?;
        Some((block.trim_end_matches('`').to_owned(), it["why"].as_str().unwrap().to_owned()))
    });
    own.next().unwrap_or_default()
}

const SET: &str = "StatefulSet shop/files";
const IMAGE: &str = "ghcr.io/example/files:1.8.0";

#[test]
fn claims_are_those_of_the_same_mount_path() {
    let live = |claims: &[(&str, &str)]| [set("files", IMAGE, "files-headless", claims)];
    // The name of the data is that of the index in the cluster.
    let there = live(&[("data", "/index"), ("srv", "/srv/files")]);
    let (block, why) = advice(&differs(FILES, &there), SET);
    assert_eq!(
        block,
        "adopt: { selector: { app: files }, claims: { volume-0: { name: data }, data: { name: srv } } }"
    );
    assert!(why.ends_with("none of the steps below is needed for that"), "{why}");
    let settled = differs(&format!("{FILES}    {block}\n"), &there);
    assert_eq!(settled[SET]["recipe"], serde_json::json!([]), "{:#}", settled[SET]);

    // The API server compares templates in order.
    let there = live(&[("srv", "/srv/files"), ("data", "/index")]);
    let (again, why) = advice(&differs(FILES, &there), SET);
    assert_eq!(again, block);
    assert!(why.contains("in their order") && why.ends_with("do the steps below before applying"), "{why}");
    let settled = differs(&format!("{FILES}    {block}\n"), &there);
    assert_eq!(settled[SET]["impact"], "recreate", "{:#}", settled[SET]);
    assert_eq!(advice(&settled, SET), Default::default(), "it is written already");

    // Nothing says which is which.
    let (block, why) = advice(&differs(FILES, &live(&[("srv", ""), ("index", "")])), SET);
    assert_eq!(block, "adopt: { selector: { app: files } }");
    assert!(
        why.contains("no mount path says it") && why.ends_with("do the steps below before applying"),
        "{why}"
    );
}

#[test]
fn what_cannot_be_kept_is_said_and_what_is_written_is_not() {
    let live = [
        set("mongo", "mongo:8.0.4", "mongo", &[("data", "/data/db")]).replace("50Gi", "10Gi"),
        service("mongo", "mongo", "None", ""),
    ];
    let (block, why) = advice(&differs(MONGO, &live), "StatefulSet shop/mongo");
    assert_eq!(block, "adopt: { service: mongo-clients, headless: mongo }");
    assert!(why.contains("the selector cannot be kept") && why.contains("SG607"), "{why}");
    assert!(why.ends_with("do the steps below before applying"), "{why}");
    let settled = differs(&format!("{MONGO}    {block}\n"), &live);
    assert_eq!(advice(&settled, "StatefulSet shop/mongo"), Default::default(), "it is written already");
    let steps = settled["StatefulSet shop/mongo"]["recipe"].as_array().unwrap();
    assert!(steps[0]["do"].as_str().unwrap().contains("--cascade=orphan"), "{steps:?}");
}

/// Whoever calls the Service of the pods' names by its address goes on doing so.
#[test]
fn a_service_with_an_address_does_not_become_headless() {
    let stack = FILES.replace("    volumes: { /index: { claim: 50Gi } }\n", "");
    let live = |address: &str| {
        [set("files", IMAGE, "files", &[("data", "/srv/files")]), service("files", "files", address, "")]
    };
    let (block, why) = advice(&differs(&stack, &live("10.96.12.9")), SET);
    assert_eq!(block, "adopt: { selector: { app: files } }");
    assert!(why.contains("the Service `files` has an address"), "{why}");
    let settled = differs(&format!("{stack}    {block}\n"), &live("10.96.12.9"));
    assert_eq!(settled["Service shop/files"]["impact"], "hot", "{:#}", settled["Service shop/files"]);
    assert_eq!(advice(&settled, SET), Default::default(), "it is written already");

    let (block, _) = advice(&differs(&stack, &live("None")), SET);
    assert_eq!(block, "adopt: { selector: { app: files }, service: files-clients, headless: files }");
}

const KAFKA: &str = "
stateful:
  kafka:
    kind: kafka
    clusterId: 5L6g3nShT-eMCtK--X86sw
    replicas: 3
    storage: 50Gi
    resources: { requests: { cpu: 100m, memory: 256Mi }, limits: { memory: 1Gi } }
";

/// What is to be pasted is not what is refused then.
#[test]
fn of_several_stateful_sets_the_recipe_keeps_nothing() {
    let three = set("kafka", "apache/kafka:4.0.0", "kafka-hs", &[("logs", "/data")]);
    let live = [three.replace("replicas: 1", "replicas: 3")];
    let object = "StatefulSet shop/kafka";
    let (block, _) = advice(&differs(KAFKA, &live), object);
    assert_eq!(
        block,
        "adopt: { selector: { app: kafka }, headless: kafka-hs, claims: { data: { name: logs } } }"
    );
    let settled = differs(&format!("{KAFKA}    {block}\n"), &live);
    assert_eq!(settled[object]["recipe"], serde_json::json!([]), "{:#}", settled[object]);

    let apart = format!("{KAFKA}    controllers: 3\n");
    assert_eq!(advice(&differs(&apart, &live), object), Default::default());
}
