//! Ways in from outside the cluster.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::codes::MISSING_FIELD;
use super::decode::{Cx, Decode, OneOrMany, Place};
use super::macros::{choice, model};
use super::{AbsolutePath, Duration, HostName, LabelKey, Name, PortNumber};
use crate::diag::Diagnostic;

model! {
    /// A load balancer of the cluster's provider.
    pub struct LoadBalancer {
        /// The load balancer's ports: `name of the service's port: public port`.
        "ports" ports: IndexMap<Name, PortNumber>,
        /// The address blocks that may connect.
        "sources" sources: OneOrMany<String> = OneOrMany(vec!["0.0.0.0/0".to_owned()]),
        /// Annotations for the provider.
        "annotations" annotations: IndexMap<LabelKey, String>,
    }

    /// HTTP through a gateway.
    pub struct HttpExpose {
        /// The gateway: a name under `gateways`.
        "gateway" gateway: Name,
        /// The hosts.
        "hosts" hosts: Hosts,
        /// The service's port; the one called `http`, else its first, unless given.
        "port" port: Option<Name>,
        /// The paths, everything below them included; `/` unless given.
        "paths" paths: IndexMap<AbsolutePath, PathRule>,
    }

    /// What happens to requests of a path.
    pub struct PathRule {
        /// Whether only the path itself is meant, and nothing below.
        "exact" exact: bool = false,
        /// What stands for the path in what the service sees.
        "rewrite" rewrite: Option<AbsolutePath>,
        /// How long a request may take.
        "timeout" timeout: Option<Duration>,
        /// The service's port, where another than that of the route.
        "port" port: Option<Name>,
        /// Shares of several services, which must have a port of the same name: `service: weight`.
        "backends" backends: IndexMap<Name, u32>,
    }

    /// gRPC through a gateway.
    pub struct GrpcExpose {
        /// The gateway: a name under `gateways`.
        "gateway" gateway: Name,
        /// The hosts.
        "hosts" hosts: Hosts,
        /// The service's port; the one called `grpc`, else its first, unless given.
        "port" port: Option<Name>,
        /// The gRPC services with their packages (`shop.v1.Orders`); all unless given.
        "services" services: Vec<String>,
    }

    /// HTTP through a classic Ingress.
    pub struct IngressExpose {
        /// The `IngressClass`.
        "class" class: Name,
        /// The hosts.
        "hosts" hosts: Hosts,
        /// The service's port; the one called `http`, else its first, unless given.
        "port" port: Option<Name>,
        /// The paths, everything below them included; `/` unless given.
        "paths" paths: OneOrMany<AbsolutePath>,
        /// The certificate: a name under `certificates`, in the service's namespace.
        "certificate" certificate: Option<Name>,
        /// The namespace's name in the cluster where the controller's pods run.
        "controllerNamespace" controller: Name,
        /// Annotations for the controller.
        "annotations" annotations: IndexMap<LabelKey, String>,
        /// Whether the controller's pods are in the mesh.
        "mesh" mesh: bool = false,
    }
}

/// The hosts of a route: one, or a list of at least one.
#[derive(Clone, Debug)]
pub struct Hosts(pub Vec<HostName>);

impl Decode for Hosts {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_seq().is_some_and(<[crate::syntax::Node]>::is_empty) {
            let message = "a route without a host would answer to every name of the gateway";
            cx.push(Diagnostic::at_span(&MISSING_FIELD, at.node.span, message).help("name a host"));
            return None;
        }
        OneOrMany::decode(at, cx).map(|it| Self(it.0))
    }
}

impl JsonSchema for Hosts {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hosts".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<OneOrMany<HostName>>()
    }
}

impl Expose {
    /// The gateway that it goes through, if it is one.
    #[must_use]
    pub fn gateway(&self) -> Option<&Name> {
        match self {
            Self::Http(it) => Some(&it.gateway),
            Self::Grpc(it) => Some(&it.gateway),
            Self::LoadBalancer(_) | Self::Ingress(_) => None,
        }
    }
}

choice! {
    /// Ways in from outside the cluster.
    pub enum Expose {
        /// A load balancer of the cluster's provider.
        "loadBalancer" LoadBalancer(LoadBalancer),
        /// HTTP through a gateway.
        "http" Http(HttpExpose),
        /// gRPC through a gateway.
        "grpc" Grpc(GrpcExpose),
        /// HTTP through a classic Ingress.
        "ingress" Ingress(IngressExpose),
    }
}
