//! Linkerd's kinds (`policy.linkerd.io`).

pub mod authorization_policy;
pub mod mesh_tls_authentication;
pub mod network_authentication;
pub mod server;

use serde::Serialize;

/// The proxy's inbound port: what callers in the mesh connect to where a port is opaque, instead of the port itself
/// ("Using `NetworkPolicy` resources with opaque ports").
pub const INBOUND: u16 = 4143;

/// The group.
pub const GROUP: &str = "policy.linkerd.io";
/// The version of all kinds but `Server`.
const VERSION: &str = "v1alpha1";

/// An object that another names. Without a namespace, it is in the one of the object that names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TargetRef {
    /// The group; empty is Kubernetes' own.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub group: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl TargetRef {
    /// An object of Linkerd's group, in the namespace of the one that names it.
    #[must_use]
    pub fn policy(kind: &'static str, name: impl Into<String>) -> Self {
        Self { group: GROUP, kind, name: name.into(), namespace: None }
    }

    /// The identity of a ServiceAccount.
    #[must_use]
    pub fn account(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self { group: "", kind: "ServiceAccount", name: name.into(), namespace: Some(namespace.into()) }
    }

    /// Every identity of a namespace.
    #[must_use]
    pub fn namespace(name: impl Into<String>) -> Self {
        Self { group: "", kind: "Namespace", name: name.into(), namespace: None }
    }
}
