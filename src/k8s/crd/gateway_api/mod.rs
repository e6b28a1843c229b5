//! The Gateway API's kinds (`gateway.networking.k8s.io`). Fields: gateway-api.sigs.k8s.io/reference/spec.

pub mod gateway;
pub mod grpc_route;
pub mod http_route;
pub mod reference_grant;

use serde::Serialize;

const GROUP: &str = "gateway.networking.k8s.io";

/// The gateway that a route belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// Its name.
    pub name: String,
    /// Its namespace, where another than the route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its listener; all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
}

/// A Service that gets requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackendRef {
    /// Its name.
    pub name: String,
    /// Its namespace, where another than the route's; it must allow it by a `ReferenceGrant`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its port.
    pub port: u16,
    /// Its share, of the sum of all shares; 1 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}
