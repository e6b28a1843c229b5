//! `Certificate`: a certificate that is kept fresh in a Secret.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::{is_false, resource};

/// A certificate that is kept fresh in a Secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Whose, for how long, by whom.
    pub spec: CertificateSpec,
}

resource!(Certificate, GROUP, |_| VERSION);

/// Whose, for how long, by whom. Durations are Go's (`2160h`), without days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// Common name; at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// Names of the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Validity; none is 2160h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Addresses of the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
    /// It may sign others.
    #[serde(rename = "isCA", skip_serializing_if = "is_false")]
    pub is_ca: bool,
    /// Who signs.
    pub issuer_ref: IssuerRef,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<PrivateKey>,
    /// How long before the end it is renewed; none is a third of the validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_before: Option<String>,
    /// How many requests to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<u32>,
    /// The Secret to write (`tls.crt`, `tls.key`, `ca.crt`).
    pub secret_name: String,
    /// Labels and annotations of the Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_template: Option<SecretTemplate>,
    /// Further parts of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// What the key may be used for; empty is key encipherment and digital signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<Usage>,
}

/// Who signs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IssuerRef {
    /// API group of an external issuer; none is cert-manager's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `Issuer` (of the same namespace), `ClusterIssuer`, or an external issuer's kind; none is `Issuer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Name.
    pub name: String,
}

/// The key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateKey {
    /// Algorithm; none is RSA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// Format; none is PKCS#1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Whether a renewal makes a new one. The default changed with cert-manager 1.18 (from never to always).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_policy: Option<RotationPolicy>,
    /// Bits: 2048, 4096 or 8192 for RSA, 256, 384 or 521 for ECDSA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
}

/// Algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Algorithm {
    /// ECDSA.
    #[serde(rename = "ECDSA")]
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// RSA.
    #[serde(rename = "RSA")]
    Rsa,
}

/// Format of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Encoding {
    /// PKCS#1, for RSA; SEC 1 for ECDSA.
    Pkcs1,
    /// PKCS#8.
    Pkcs8,
}

/// Whether a renewal makes a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RotationPolicy {
    /// Yes.
    Always,
    /// No.
    Never,
}

/// Labels and annotations of the Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretTemplate {
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Further parts of the subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// OU.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizational_units: Vec<String>,
    /// O; for a client of Kubernetes, its groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<String>,
}

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Usage {
    /// Signing other certificates.
    #[serde(rename = "cert sign")]
    CertSign,
    /// Being a client.
    #[serde(rename = "client auth")]
    ClientAuth,
    /// Signing revocation lists.
    #[serde(rename = "crl sign")]
    CrlSign,
    /// Signing the handshake.
    #[serde(rename = "digital signature")]
    DigitalSignature,
    /// Exchanging keys with RSA.
    #[serde(rename = "key encipherment")]
    KeyEncipherment,
    /// Being a server.
    #[serde(rename = "server auth")]
    ServerAuth,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = Certificate { metadata: named("bus"), spec: spec() };
        let expected = json!({
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {"name": "bus", "namespace": "apps"},
            "spec": {
                "commonName": "bus",
                "dnsNames": ["bus.apps.svc", "*.bus.apps.svc"],
                "duration": "2160h",
                "ipAddresses": ["10.0.0.7"],
                "isCA": true,
                "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "internal"},
                "privateKey": {
                    "algorithm": "ECDSA",
                    "encoding": "PKCS8",
                    "rotationPolicy": "Always",
                    "size": 256,
                },
                "renewBefore": "360h",
                "revisionHistoryLimit": 1,
                "secretName": "bus-tls",
                "secretTemplate": {"annotations": {"a": "b"}, "labels": {"app": "bus"}},
                "subject": {"organizationalUnits": ["messaging"], "organizations": ["platform"]},
                "usages": [
                    "cert sign",
                    "client auth",
                    "crl sign",
                    "digital signature",
                    "key encipherment",
                    "server auth",
                ],
            },
        });
        assert_prints(&object, &expected);
    }

    fn spec() -> CertificateSpec {
        CertificateSpec {
            common_name: Some("bus".into()),
            dns_names: vec!["bus.apps.svc".into(), "*.bus.apps.svc".into()],
            duration: Some("2160h".into()),
            ip_addresses: vec!["10.0.0.7".into()],
            is_ca: true,
            issuer_ref: IssuerRef {
                group: Some("cert-manager.io".into()),
                kind: Some("ClusterIssuer".into()),
                name: "internal".into(),
            },
            private_key: Some(PrivateKey {
                algorithm: Some(Algorithm::Ecdsa),
                encoding: Some(Encoding::Pkcs8),
                rotation_policy: Some(RotationPolicy::Always),
                size: Some(256),
            }),
            renew_before: Some("360h".into()),
            revision_history_limit: Some(1),
            secret_name: "bus-tls".into(),
            secret_template: Some(SecretTemplate {
                annotations: [("a".into(), "b".into())].into(),
                labels: [("app".into(), "bus".into())].into(),
            }),
            subject: Some(Subject {
                organizational_units: vec!["messaging".into()],
                organizations: vec!["platform".into()],
            }),
            usages: vec![
                Usage::CertSign,
                Usage::ClientAuth,
                Usage::CrlSign,
                Usage::DigitalSignature,
                Usage::KeyEncipherment,
                Usage::ServerAuth,
            ],
        }
    }
}
