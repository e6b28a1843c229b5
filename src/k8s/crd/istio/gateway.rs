//! Istio's `Gateway`: what an ingress proxy listens on (not the Gateway API's kind of that name).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{IstioVersion, NETWORKING};
use crate::k8s::crd::{is_false, resource};

/// What an ingress proxy listens on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gateway {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Which proxies, which ports.
    pub spec: GatewaySpec,
    /// API version to write.
    pub version: IstioVersion,
}

resource!(Gateway, NETWORKING, |object| object.version.as_str());

/// Which proxies, which ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GatewaySpec {
    /// Labels of the proxy's pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub selector: BTreeMap<String, String>,
    /// What they listen on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
}

/// One port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Names that it answers to.
    pub hosts: Vec<String>,
    /// Where.
    pub port: ServerPort,
    /// Encryption, as the server ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ServerTls>,
}

/// A port of the proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerPort {
    /// Name.
    pub name: String,
    /// Number.
    pub number: u16,
    /// `HTTP`, `HTTPS`, `GRPC`, `HTTP2`, `MONGO`, `TCP` or `TLS`.
    pub protocol: String,
}

/// Encryption, as the server ends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerTls {
    /// The Secret with the certificate, in the namespace of the proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_name: Option<String>,
    /// Answer plain HTTP with a redirect.
    #[serde(skip_serializing_if = "is_false")]
    pub https_redirect: bool,
    /// The oldest TLS taken (`TLSV1_2`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_protocol_version: Option<String>,
    /// Who ends it, and what is asked of callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ServerTlsMode>,
}

/// Who ends the encryption, and what is asked of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerTlsMode {
    /// Callers bring a certificate of the mesh.
    IstioMutual,
    /// Callers bring a certificate.
    Mutual,
    /// The workload behind ends it.
    Passthrough,
    /// The proxy ends it.
    Simple,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let port = |name: &str, number, protocol: &str| ServerPort {
            name: name.into(),
            number,
            protocol: protocol.into(),
        };
        let hosts = vec!["api.example.com".to_owned()];
        let object = Gateway {
            metadata: named("public"),
            spec: GatewaySpec {
                selector: [("istio".into(), "ingress".into())].into(),
                servers: vec![
                    Server {
                        hosts: hosts.clone(),
                        port: port("http", 80, "HTTP"),
                        tls: Some(ServerTls { https_redirect: true, ..ServerTls::default() }),
                    },
                    Server {
                        hosts,
                        port: port("https", 443, "HTTPS"),
                        tls: Some(ServerTls {
                            credential_name: Some("public-tls".into()),
                            https_redirect: false,
                            min_protocol_version: Some("TLSV1_2".into()),
                            mode: Some(ServerTlsMode::Simple),
                        }),
                    },
                ],
            },
            version: IstioVersion::V1,
        };
        let expected = json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "public", "namespace": "apps"},
            "spec": {
                "selector": {"istio": "ingress"},
                "servers": [
                    {
                        "hosts": ["api.example.com"],
                        "port": {"name": "http", "number": 80, "protocol": "HTTP"},
                        "tls": {"httpsRedirect": true},
                    },
                    {
                        "hosts": ["api.example.com"],
                        "port": {"name": "https", "number": 443, "protocol": "HTTPS"},
                        "tls": {
                            "credentialName": "public-tls",
                            "minProtocolVersion": "TLSV1_2",
                            "mode": "SIMPLE",
                        },
                    },
                ],
            },
        });
        assert_prints(&object, &expected);
    }
}
