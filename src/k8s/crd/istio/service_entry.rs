//! `ServiceEntry`: a host that Kubernetes does not know.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{IstioVersion, NETWORKING};
use crate::k8s::crd::resource;

/// A host that Kubernetes does not know: what the mesh may call outside, when it may not call everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceEntry {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Hosts, ports and where they are.
    pub spec: ServiceEntrySpec,
    /// API version to write.
    pub version: IstioVersion,
}

resource!(ServiceEntry, NETWORKING, |object| object.version.as_str());

/// Hosts, ports and where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEntrySpec {
    /// Virtual addresses or CIDR blocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Fixed places, for all resolutions but [`Resolution::None`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// Namespaces that see it: `.` its own, `*` all; empty is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<String>,
    /// Names, at least one.
    pub hosts: Vec<String>,
    /// Whether it belongs to the mesh.
    pub location: Location,
    /// Its ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// How a name becomes an address.
    pub resolution: Resolution,
}

/// One fixed place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Address or name.
    pub address: String,
    /// Its ports by the name of the entry's port, where they differ.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u16>,
}

/// One port of the hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Name, unique in the entry.
    pub name: String,
    /// Number, unique in the entry.
    pub number: u16,
    /// `HTTP`, `HTTPS`, `GRPC`, `HTTP2`, `MONGO`, `TCP` or `TLS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The port of the endpoints, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<u16>,
}

/// Whether the hosts belong to the mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Location {
    /// Outside: mutual TLS is not used.
    #[default]
    MeshExternal,
    /// Inside, although not in Kubernetes.
    MeshInternal,
}

/// How a name becomes an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Resolution {
    /// The proxy asks DNS.
    #[default]
    Dns,
    /// The proxy asks DNS and uses one answer at a time.
    DnsRoundRobin,
    /// It is one already.
    None,
    /// The endpoints say.
    Static,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let endpoint = Endpoint { address: "psp.example.net".into(), ports: [("tls".into(), 8443)].into() };
        let port = ServicePort {
            name: "tls".into(),
            number: 443,
            protocol: Some("TLS".into()),
            target_port: Some(8443),
        };
        let object = ServiceEntry {
            metadata: named("payments"),
            spec: ServiceEntrySpec {
                addresses: vec!["240.0.0.7".into()],
                endpoints: vec![endpoint],
                export_to: vec![".".into()],
                hosts: vec!["payments.example.com".into()],
                location: Location::MeshExternal,
                ports: vec![port],
                resolution: Resolution::Dns,
            },
            version: IstioVersion::V1,
        };
        let expected = json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "ServiceEntry",
            "metadata": {"name": "payments", "namespace": "apps"},
            "spec": {
                "addresses": ["240.0.0.7"],
                "endpoints": [{"address": "psp.example.net", "ports": {"tls": 8443}}],
                "exportTo": ["."],
                "hosts": ["payments.example.com"],
                "location": "MESH_EXTERNAL",
                "ports": [{"name": "tls", "number": 443, "protocol": "TLS", "targetPort": 8443}],
                "resolution": "DNS",
            },
        });
        assert_prints(&object, &expected);
    }
}
