//! `GRPCRoute`: which calls of a gateway go to which Service.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{BackendRef, GROUP, ParentRef};
use crate::k8s::crd::resource;

/// Which calls of a gateway go to which Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GRPCRoute {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Hosts and rules.
    pub spec: GrpcRouteSpec,
}

resource!(GRPCRoute, GROUP, |_| "v1");

/// Hosts and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrpcRouteSpec {
    /// The hosts.
    pub hostnames: Vec<String>,
    /// The gateway.
    pub parent_refs: Vec<ParentRef>,
    /// The rules.
    pub rules: Vec<GrpcRule>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrpcRule {
    /// Who gets the calls.
    pub backend_refs: Vec<BackendRef>,
    /// Which calls; all unless given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<GrpcMatch>,
}

/// Which calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GrpcMatch {
    /// By method.
    pub method: MethodMatch,
}

/// All methods of a gRPC service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MethodMatch {
    /// The gRPC service with its package (`shop.v1.Orders`).
    pub service: String,
}
