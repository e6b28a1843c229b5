//! `Gateway`: where traffic enters the cluster.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use super::GROUP;
use crate::k8s::crd::resource;

/// Where traffic enters the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gateway {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Class and listeners.
    pub spec: GatewaySpec,
}

resource!(Gateway, GROUP, |_| "v1");

/// Class and listeners.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewaySpec {
    /// The `GatewayClass`.
    pub gateway_class_name: String,
    /// What goes to the objects that the controller makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure: Option<Infrastructure>,
    /// Where it listens.
    pub listeners: Vec<Listener>,
}

/// What goes to the objects that the controller makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Infrastructure {
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Where it listens.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Whose routes may join.
    pub allowed_routes: AllowedRoutes,
    /// The only host; all unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Its name.
    pub name: String,
    /// The port.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: &'static str,
    /// The certificate, for `HTTPS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ListenerTls>,
}

/// Whose routes may join.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AllowedRoutes {
    /// Of which namespaces.
    pub namespaces: RouteNamespaces,
}

/// Of which namespaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RouteNamespaces {
    /// `Selector`.
    pub from: &'static str,
    /// The namespaces.
    pub selector: LabelSelector,
}

/// The certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerTls {
    /// Secrets with `tls.crt` and `tls.key`.
    pub certificate_refs: Vec<CertificateRef>,
    /// `Terminate`.
    pub mode: &'static str,
}

/// A Secret of the gateway's namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CertificateRef {
    /// Its name.
    pub name: String,
}
