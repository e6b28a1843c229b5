//! The Gateway API's kinds (`gateway.networking.k8s.io`). Fields: gateway-api.sigs.k8s.io/reference/spec.

pub mod gateway;
pub mod grpc_route;
pub mod http_route;
pub mod reference_grant;

use serde::Serialize;

/// Their API group.
pub const GROUP: &str = "gateway.networking.k8s.io";

// What the API server would fill in is written, or a tool that compares would see a difference for ever.

/// The gateway that a route belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// `gateway.networking.k8s.io`.
    pub group: &'static str,
    /// `Gateway`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace, where another than the route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its listener; all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
}

impl ParentRef {
    /// A gateway, or one of its listeners.
    #[must_use]
    pub fn new(name: String, namespace: Option<String>, section_name: Option<String>) -> Self {
        Self { group: GROUP, kind: "Gateway", name, namespace, section_name }
    }
}

/// A Service that gets requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackendRef {
    /// The core group, which is empty.
    pub group: &'static str,
    /// `Service`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace, where another than the route's; it must allow it by a `ReferenceGrant`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its port.
    pub port: u16,
    /// Its share, of the sum of all shares.
    pub weight: u32,
}

impl BackendRef {
    /// A Service with a share.
    #[must_use]
    pub fn new(name: String, namespace: Option<String>, port: u16, weight: u32) -> Self {
        Self { group: "", kind: "Service", name, namespace, port, weight }
    }
}
