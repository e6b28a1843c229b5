//! Who may do what: roles and bindings from what the stack declares.

use crate::support::memory::{compile, get, stack};
use serde_yaml::Value;
use stackgen::compile::Project;
use stackgen::layout::Form;

const PERMITTED: &str = "
namespaces: { app: { name: shop-app }, other: {} }
externals: { api: { host: kubernetes.default.svc, port: 6443, cidrs: [ 192.0.2.10/32 ] } }
identities:
  argocd:
    serviceAccount: argocd-application-controller
    namespace: argocd
    permissions:
      deploy: { namespace: [ app, other ], apiGroups: [ apps ], resources: [ deployments ], verbs: [ get, patch ] }
      watch: { clusterWide: true, resources: [ nodes ], verbs: [ list ] }
services:
  web:
    profile: web
    namespace: app
    uses: [ api ]
    permissions:
      leader: { apiGroups: [ coordination.k8s.io ], resources: [ leases ], resourceNames: [ web ], verbs: [ get, update ] }
      elect: { apiGroups: [ coordination.k8s.io ], resources: [ leases ], verbs: [ create ] }
      look: { namespace: other, resources: [ pods, pods/log ], verbs: [ get, list ] }
      health: { clusterWide: true, nonResourceURLs: [ /metrics ], verbs: [ get ] }
  plain: { profile: web, namespace: app }
environments:
  prod: {}
  deaf: { services: { web: { uses: null } } }
  silent: { services: { web: { permissions: { look: { verbs: null } } } } }
  both: { services: { web: { permissions: { look: { clusterWide: true } } } } }
  paths: { services: { web: { permissions: { health: { clusterWide: null } } } } }
  nowhere: { identities: { argocd: { permissions: { deploy: { namespace: null } } } } }
  unknown: { services: { web: { permissions: { look: { namespace: othr } } } } }
  explained: { services: { plain: { automountServiceAccountToken: true } } }
";

/// The objects of a kind and name, in each namespace.
fn all<'a>(objects: &'a [Value], kind: &str, name: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind && it["metadata"]["name"] == name).collect()
}

fn text(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn permissions_of_a_component_are_a_role_for_each_namespace() {
    let objects = compile(&stack(PERMITTED, &[]), "prod", &[]).unwrap();
    let made = all(&objects, "Role", "web");
    let namespaces: Vec<_> = made.iter().map(|it| it["metadata"]["namespace"].as_str().unwrap()).collect();
    assert_eq!(namespaces, ["shop-app", "other"]);
    let rules = made[0]["rules"].as_sequence().unwrap();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert_eq!(
        text(&rules[0]),
        "apiGroups: - coordination.k8s.io resourceNames: - web resources: - leases verbs: - get - update"
    );
    assert_eq!(text(&made[1]["rules"]), "- apiGroups: - '' resources: - pods - pods/log verbs: - get - list");
    for binding in all(&objects, "RoleBinding", "web") {
        assert_eq!(text(&binding["roleRef"]), "apiGroup: rbac.authorization.k8s.io kind: Role name: web");
        assert_eq!(text(&binding["subjects"]), "- kind: ServiceAccount name: web namespace: shop-app");
    }
    // Names in no namespace are those of all stacks: the namespace tells them apart.
    let role = get(&objects, "ClusterRole", "shop-app-web");
    assert_eq!(role["metadata"]["namespace"], Value::Null);
    assert_eq!(text(&role["rules"]), "- nonResourceURLs: - /metrics verbs: - get");
    let binding = get(&objects, "ClusterRoleBinding", "shop-app-web");
    assert_eq!(binding["roleRef"]["kind"], "ClusterRole");
}

#[test]
fn pods_with_permissions_get_a_token_and_need_a_path() {
    let files = stack(PERMITTED, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let token = |name: &str| {
        get(&objects, "Deployment", name)["spec"]["template"]["spec"]["automountServiceAccountToken"].clone()
    };
    assert_eq!((token("web"), token("plain")), (Value::from(true), Value::from(false)));
    assert_eq!(
        compile(&files, "deaf", &[]).unwrap_err(),
        ["SG511 no path leads from `web` to the Kubernetes API"]
    );
}

#[test]
fn identities_of_others_are_bound_where_it_is_said() {
    let objects = compile(&stack(PERMITTED, &[]), "prod", &[]).unwrap();
    let bindings = all(&objects, "RoleBinding", "argocd");
    let namespaces: Vec<_> =
        bindings.iter().map(|it| it["metadata"]["namespace"].as_str().unwrap()).collect();
    assert_eq!(namespaces, ["shop-app", "other"]);
    let subject = "- kind: ServiceAccount name: argocd-application-controller namespace: argocd";
    assert!(bindings.iter().all(|it| text(&it["subjects"]) == subject));
    let everywhere = get(&objects, "ClusterRoleBinding", "shop-prod-argocd");
    assert_eq!(text(&everywhere["subjects"]), subject);
    // The account is not the stack's.
    assert!(all(&objects, "ServiceAccount", "argocd-application-controller").is_empty());
}

#[test]
fn what_is_no_permission_is_said() {
    let files = stack(PERMITTED, &[]);
    let cases = [
        ("silent", "SG103 `verbs` is missing"),
        ("both", "SG110 `namespace` and `clusterWide` exclude each other"),
        ("paths", "SG111 `nonResourceURLs` are of no namespace"),
        ("nowhere", "SG103 it is not said in which namespace this holds"),
        ("unknown", "SG208 there is no namespace `othr`"),
    ];
    for (environment, message) in cases {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), [message], "{environment}");
    }
}

const COUNTED: &str = "
namespaces: { app: { quota: { requests.cpu: 1 } } }
services: { web: { profile: web, scale: 5 } }
environments:
  full: { services: { web: { scale: 10 } } }
  room: { services: { web: { scale: 9 } } }
  over: { services: { web: { scale: 11 } } }
  hpa: { services: { web: { scale: { hpa: { min: 2, max: 12, cpu: 70 } } } } }
  keda: { services: { web: { scale: { keda: { min: 2, max: 13, triggers: { night: { cron: { timezone: UTC, start: \"0 6 * * *\", end: \"0 20 * * *\", desiredReplicas: 3 } } } } } } } }
  recreate: { services: { web: { scale: 10, rollout: recreate } } }
  sidecar: { services: { web: { scale: 5, sidecars: { log: { image: \"registry.example/log:1\", resources: { requests: { cpu: 150m, memory: 1Mi }, limits: { memory: 1Mi } } } } } } }
  unknown: { namespaces: { app: { quota: { request.cpu: 1 } } } }
";

/// The sums of a quota are those of the most pods that ever run.
#[test]
fn a_quota_is_held_against_the_maximum_of_every_autoscaler() {
    let files = stack(COUNTED, &[]);
    let need = |cpu: &str| {
        format!("SG441 the pods of `app` need {cpu} of `requests.cpu` at their most, and the quota is 1")
    };
    for (environment, cpu) in [("over", "1100m"), ("hpa", "1200m"), ("keda", "1300m"), ("sidecar", "1250m")] {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), [need(cpu)], "{environment}");
    }
    // What has no room for a rollout is a warning, and what needs none, nothing.
    for environment in ["full", "room", "recreate"] {
        let objects = compile(&files, environment, &[]).unwrap();
        assert_eq!(get(&objects, "ResourceQuota", "quota")["spec"]["hard"]["requests.cpu"], "1");
    }
    assert_eq!(findings(&files, "full"), ["SG441"]);
    assert!(findings(&files, "room").is_empty() && findings(&files, "recreate").is_empty());
    let errors = compile(&files, "unknown", &[]).unwrap_err();
    assert!(errors[0].starts_with("SG104 a quota does not count `request.cpu`"), "{errors:?}");
}

/// The codes of the findings about quotas.
fn findings(files: &crate::support::memory::Memory, environment: &str) -> Vec<&'static str> {
    let mut project = Project::open(files, "stack.yaml");
    let found = project.compile(files, environment, &[], Form::Count).findings;
    found.iter().map(|it| it.code.id).filter(|it| *it == "SG441").collect()
}

/// Every pod of the output is judged, whichever form makes it: none is left out that PodSecurity admission would see.
#[test]
fn every_rendered_pod_is_judged() {
    let text = "
namespaces: { app: {} }
services:
  one: { profile: web, securityContext: { runAsUser: 0, runAsNonRoot: false, reason: x } }
  each: { profile: web, scale: per-node, securityContext: { runAsUser: 0, runAsNonRoot: false, reason: x } }
  side:
    profile: web
    sidecars: { log: { image: \"registry.example/log:1\", resources: { requests: { cpu: 1m, memory: 1Mi }, limits: { memory: 1Mi } }, securityContext: { runAsUser: 0, runAsNonRoot: false, reason: x } } }
stateful:
  kept: { kind: custom, profile: web, replicas: 1, storage: 1Gi, mountPath: /data, securityContext: { runAsUser: 0, runAsNonRoot: false, reason: x } }
environments:
  prod: {}
  lax: { namespaces: { app: { podSecurity: baseline } } }
";
    let files = stack(text, &[]);
    let objects = compile(&files, "lax", &[]).unwrap();
    let pods: Vec<&str> = objects
        .iter()
        .filter(|it| !it["spec"]["template"].is_null())
        .map(|it| it["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(pods, ["one", "each", "side", "kept"]);
    let errors = compile(&files, "prod", &[]).unwrap_err();
    for name in pods {
        let refused = format!("refuses `{name}`");
        assert!(
            errors.iter().any(|it| it.starts_with("SG402") && it.contains(&refused)),
            "{name}: {errors:?}"
        );
    }
}
