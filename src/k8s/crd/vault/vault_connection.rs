//! `VaultConnection`: where Vault is.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::{is_false, resource};

/// Where Vault is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultConnection {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Address and trust.
    pub spec: VaultConnectionSpec,
}

resource!(VaultConnection, GROUP, |_| VERSION);

/// Address and trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultConnectionSpec {
    /// URL.
    pub address: String,
    /// The Secret whose key `ca.crt` holds the authorities to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_secret_ref: Option<String>,
    /// Headers of every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Trusts any certificate.
    #[serde(rename = "skipTLSVerify", skip_serializing_if = "is_false")]
    pub skip_tls_verify: bool,
    /// Of every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Name to ask for and to expect in the certificate, where it is not that of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = VaultConnection {
            metadata: named("vault"),
            spec: VaultConnectionSpec {
                address: "https://vault.vault.svc:8200".into(),
                ca_cert_secret_ref: Some("vault-ca".into()),
                headers: [("x-team".into(), "platform".into())].into(),
                skip_tls_verify: true,
                timeout: Some("30s".into()),
                tls_server_name: Some("vault.vault.svc".into()),
            },
        };
        let expected = json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1",
            "kind": "VaultConnection",
            "metadata": {"name": "vault", "namespace": "apps"},
            "spec": {
                "address": "https://vault.vault.svc:8200",
                "caCertSecretRef": "vault-ca",
                "headers": {"x-team": "platform"},
                "skipTLSVerify": true,
                "timeout": "30s",
                "tlsServerName": "vault.vault.svc",
            },
        });
        assert_prints(&object, &expected);
    }

    #[test]
    fn verifies_the_certificate_without_saying_so() {
        let spec = VaultConnectionSpec { address: "https://vault".into(), ..VaultConnectionSpec::default() };
        assert_eq!(serde_json::to_string(&spec).unwrap(), r#"{"address":"https://vault"}"#);
    }
}
