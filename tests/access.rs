//! Who may do what: roles and bindings from what the stack declares.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

#[path = "support/memory.rs"]
mod memory;

use memory::{compile, get, stack};
use serde_yaml::Value;

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
