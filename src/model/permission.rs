//! What may be asked of the Kubernetes API, and by whom: rules of RBAC in Kubernetes' own words.

use schemars::JsonSchema;

use super::codes::{BAD_VALUE, MISSING_FIELD, NOT_ONE_OF};
use super::decode::{Cx, Decode, OneOrMany, Place};
use super::macros::model;
use super::{Name, Named};
use crate::diag::{At, Diagnostic, Span};

model! {
    /// What may be asked of the Kubernetes API: a rule of RBAC. It holds in the component's own namespace unless it says
    /// otherwise.
    pub struct PermissionFields {
        /// The API groups of the resources; the core group, `""`, unless given.
        "apiGroups" api_groups: Vec<String> = vec![String::new()],
        /// The resources by their plural names, such as `leases`; subresources as `pods/log`.
        "resources" resources: Vec<String>,
        /// Only the objects of these names; all unless given.
        "resourceNames" resource_names: Vec<String>,
        /// Paths of the API server that are no resources, such as `/metrics`; instead of `resources`, and only `clusterWide`.
        "nonResourceURLs" urls: Vec<String>,
        /// What may be done: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a verb of
        /// its own of a resource.
        "verbs" verbs: Vec<String>,
        /// The namespaces, by their names in the stack; the component's own unless given.
        "namespace" namespaces: OneOrMany<Name>,
        /// Whether it holds in every namespace of the cluster, and for what is in none.
        "clusterWide" cluster_wide: bool = false,
    }

    /// A ServiceAccount that others bring, and what it may do in the stack's namespaces.
    pub struct Identity {
        /// The ServiceAccount.
        "serviceAccount" service_account: Name,
        /// Its namespace, by its name in the cluster.
        "namespace" namespace: Name,
        /// What it may ask of the Kubernetes API. Each says where: in `namespace`, or `clusterWide`.
        "permissions" permissions: Named<Permission>,
    }
}

/// Where a permission holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the namespace of its component.
    Own,
    /// In these namespaces, by their names in the stack.
    Namespaces(Vec<Name>),
    /// Everywhere.
    Cluster,
}

/// What may be asked of the Kubernetes API.
#[derive(Clone, Debug)]
pub struct Permission {
    /// API groups.
    pub api_groups: Vec<String>,
    /// Resources; empty where it is about [`Self::urls`].
    pub resources: Vec<String>,
    /// The only objects, if not empty.
    pub resource_names: Vec<String>,
    /// Paths that are no resources.
    pub urls: Vec<String>,
    /// Verbs, at least one.
    pub verbs: Vec<String>,
    /// Where it holds.
    pub scope: Scope,
}

impl Decode for Permission {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let fields = PermissionFields::decode(at, cx)?;
        let key = |name: &str| at.node.as_map().and_then(|it| it.get(name)).map_or(at.key, |it| it.key);
        let two = |first: &str, second: &str| {
            Diagnostic::at_span(
                &NOT_ONE_OF,
                key(second),
                format!("`{first}` and `{second}` exclude each other"),
            )
            .also(At::Span(key(first)), "and here")
        };
        let PermissionFields { api_groups, resources, resource_names, urls, verbs, namespaces, cluster_wide } =
            fields;
        let named = !namespaces.0.is_empty();
        let found = match (resources.is_empty(), urls.is_empty()) {
            _ if verbs.is_empty() => {
                Some(missing(key("verbs"), "verbs", "say what may be done, such as `[get, list]`"))
            }
            (true, true) => {
                Some(missing(key("resources"), "resources", "say of what, such as `[configmaps]`"))
            }
            (false, false) => Some(two("resources", "nonResourceURLs").help("write two permissions")),
            (true, false) if !cluster_wide => {
                let message = "`nonResourceURLs` are of no namespace";
                let found = Diagnostic::at_span(&BAD_VALUE, key("nonResourceURLs"), message);
                Some(found.help("add `clusterWide: true`"))
            }
            _ if cluster_wide && named => Some(two("namespace", "clusterWide").help("keep one of them")),
            _ => None,
        };
        if let Some(found) = found {
            cx.push(found);
            return None;
        }
        let scope = match (cluster_wide, named) {
            (true, _) => Scope::Cluster,
            (false, true) => Scope::Namespaces(namespaces.0),
            (false, false) => Scope::Own,
        };
        Some(Self { api_groups, resources, resource_names, urls, verbs, scope })
    }
}

fn missing(at: Span, name: &str, help: &str) -> Diagnostic {
    Diagnostic::at_span(&MISSING_FIELD, at, format!("`{name}` is missing")).help(help)
}

impl JsonSchema for Permission {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Permission".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        PermissionFields::json_schema(generator)
    }
}
