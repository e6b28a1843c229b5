//! Roles and their bindings.

use indexmap::IndexMap;
use k8s_openapi::api::rbac::v1 as rbac;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Unit, folder, shared_unit};
use crate::k8s::Object;
use crate::model::Permission;
use crate::resolve::{Component, Granted, Resolved, metadata};

const GROUP: &str = "rbac.authorization.k8s.io";

/// What a component's ServiceAccount may do.
pub(super) fn component(resolved: &Resolved, component: &Component) -> Vec<Object> {
    let own = resolved.namespace(&component.namespace);
    let everywhere = format!("{own}-{}", component.name);
    let metadata = |name: &str| metadata(resolved, Some(component), name);
    let subject = subject(&component.service_account, own);
    let names = Names { here: component.name.as_str(), everywhere: &everywhere };
    objects(resolved, &resolved.granted(component), &names, &metadata, &subject)
}

/// What those may do whom others bring.
pub(super) fn unit(resolved: &Resolved) -> Unit {
    let mut found = Vec::new();
    for (name, identity) in &resolved.stack.identities {
        let everywhere = format!("{}-{}-{name}", resolved.stack.stack, resolved.instance());
        let metadata = |name: &str| metadata(resolved, None, name);
        let subject = subject(identity.service_account.as_str(), identity.namespace.as_str());
        let names = Names { here: name.as_str(), everywhere: &everywhere };
        let granted = resolved.granted_to_identity(name, identity);
        found.extend(objects(resolved, &granted, &names, &metadata, &subject));
    }
    shared_unit(folder::ACCESS, found)
}

/// What roles are called: in a namespace, and in the cluster, whose names all stacks share.
struct Names<'a> {
    here: &'a str,
    everywhere: &'a str,
}

/// A role and its binding for each namespace, and for the cluster.
fn objects(
    resolved: &Resolved,
    granted: &[Granted<'_>],
    names: &Names<'_>,
    metadata: &dyn Fn(&str) -> ObjectMeta,
    subject: &rbac::Subject,
) -> Vec<Object> {
    let mut scopes: IndexMap<Option<&str>, Vec<rbac::PolicyRule>> = IndexMap::new();
    for it in granted {
        let namespaces = it.namespaces.iter().map(|it| Some(resolved.namespace(it)));
        let everywhere = it.namespaces.is_empty().then_some(None);
        for scope in namespaces.chain(everywhere) {
            scopes.entry(scope).or_default().push(rule(it.permission));
        }
    }
    let mut found = Vec::new();
    for (scope, rules) in scopes {
        let name = if scope.is_some() { names.here } else { names.everywhere };
        let metadata = ObjectMeta { namespace: scope.map(str::to_owned), ..metadata(name) };
        let role_ref = |kind: &str| rbac::RoleRef {
            api_group: Some(GROUP.to_owned()),
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        let subjects = Some(vec![subject.clone()]);
        let rules = Some(rules);
        if scope.is_some() {
            found.push(rbac::Role { metadata: metadata.clone(), rules }.into());
            found.push(rbac::RoleBinding { metadata, role_ref: role_ref("Role"), subjects }.into());
        } else {
            let role = rbac::ClusterRole { metadata: metadata.clone(), rules, ..Default::default() };
            found.push(role.into());
            found.push(
                rbac::ClusterRoleBinding { metadata, role_ref: role_ref("ClusterRole"), subjects }.into(),
            );
        }
    }
    found
}

fn rule(permission: &Permission) -> rbac::PolicyRule {
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    rbac::PolicyRule {
        api_groups: some(&permission.api_groups).filter(|_| permission.urls.is_empty()),
        non_resource_urls: some(&permission.urls),
        resource_names: some(&permission.resource_names),
        resources: some(&permission.resources),
        verbs: permission.verbs.clone(),
    }
}

fn subject(account: &str, namespace: &str) -> rbac::Subject {
    rbac::Subject {
        api_group: None,
        kind: "ServiceAccount".to_owned(),
        name: account.to_owned(),
        namespace: Some(namespace.to_owned()),
    }
}
