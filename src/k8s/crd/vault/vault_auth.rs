//! `VaultAuth`: how to log in to Vault.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// How to log in to Vault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultAuth {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Method and role.
    pub spec: VaultAuthSpec,
}

resource!(VaultAuth, GROUP, |_| VERSION);

/// Method and role. The method's own block is the one to fill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultAuthSpec {
    /// Namespaces that may refer to it, `*` for all; empty is its own and the operator's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_namespaces: Vec<String>,
    /// For [`AuthMethod::AppRole`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_role: Option<AppRole>,
    /// Headers of every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// For [`AuthMethod::Jwt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
    /// For [`AuthMethod::Kubernetes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Kubernetes>,
    /// Which one.
    pub method: AuthMethod,
    /// Where Vault has the method mounted (`kubernetes`).
    pub mount: String,
    /// Vault's namespace, not Kubernetes'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Further parameters of the login.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// How the operator encrypts its own cache of leases. At most one of a cluster has it, and that one must carry
    /// the label `cacheStorageEncryption=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_encryption: Option<StorageEncryption>,
    /// `VaultConnection`, as `name` or `namespace/name`; none is `default` in the operator's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_connection_ref: Option<String>,
}

/// The methods that we write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AuthMethod {
    /// A role and a secret id.
    AppRole,
    /// A token that Vault verifies by the issuer's keys.
    Jwt,
    /// A service account's token that Vault has Kubernetes verify.
    #[default]
    Kubernetes,
}

/// A role and a secret id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppRole {
    /// The role's id.
    pub role_id: String,
    /// The Secret whose key `id` holds the secret id, in the namespace of the secret's custom resource.
    pub secret_ref: String,
}

/// A token that Vault verifies by the issuer's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jwt {
    /// Audiences of the token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Vault's role.
    pub role: String,
    /// The Secret whose key `jwt` holds the token, instead of a service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<String>,
    /// Whose token, in the namespace of the secret's custom resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// How long the token is valid, in seconds, at least 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_expiration_seconds: Option<u32>,
}

/// A service account's token that Vault has Kubernetes verify.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kubernetes {
    /// Audiences of the token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Vault's role.
    pub role: String,
    /// Whose token, in the namespace of the secret's custom resource.
    pub service_account: String,
    /// How long the token is valid, in seconds, at least 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_expiration_seconds: Option<u32>,
}

/// A key of Vault's transit engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageEncryption {
    /// The key.
    pub key_name: String,
    /// Where Vault has the engine mounted.
    pub mount: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_kubernetes() {
        let object = VaultAuth {
            metadata: named("ledger"),
            spec: VaultAuthSpec {
                allowed_namespaces: vec!["apps".into()],
                headers: [("x-team".into(), "platform".into())].into(),
                kubernetes: Some(Kubernetes {
                    audiences: vec!["vault".into()],
                    role: "ledger".into(),
                    service_account: "ledger".into(),
                    token_expiration_seconds: Some(600),
                }),
                method: AuthMethod::Kubernetes,
                mount: "kubernetes".into(),
                namespace: Some("team".into()),
                params: [("a".into(), "b".into())].into(),
                storage_encryption: Some(StorageEncryption {
                    key_name: "vso".into(),
                    mount: "transit".into(),
                }),
                vault_connection_ref: Some("vault".into()),
                ..VaultAuthSpec::default()
            },
        };
        let expected = json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1",
            "kind": "VaultAuth",
            "metadata": {"name": "ledger", "namespace": "apps"},
            "spec": {
                "allowedNamespaces": ["apps"],
                "headers": {"x-team": "platform"},
                "kubernetes": {
                    "audiences": ["vault"],
                    "role": "ledger",
                    "serviceAccount": "ledger",
                    "tokenExpirationSeconds": 600,
                },
                "method": "kubernetes",
                "mount": "kubernetes",
                "namespace": "team",
                "params": {"a": "b"},
                "storageEncryption": {"keyName": "vso", "mount": "transit"},
                "vaultConnectionRef": "vault",
            },
        });
        assert_prints(&object, &expected);
    }

    #[test]
    fn prints_app_role_and_jwt() {
        let base = |method, app_role, jwt| VaultAuth {
            metadata: named("ci"),
            spec: VaultAuthSpec { app_role, jwt, method, mount: "m".into(), ..VaultAuthSpec::default() },
        };
        let head = |spec| {
            json!({
                "apiVersion": "secrets.hashicorp.com/v1beta1",
                "kind": "VaultAuth",
                "metadata": {"name": "ci", "namespace": "apps"},
                "spec": spec,
            })
        };
        let app_role = AppRole { role_id: "r".into(), secret_ref: "s".into() };
        let expected =
            json!({"appRole": {"roleId": "r", "secretRef": "s"}, "method": "appRole", "mount": "m"});
        assert_prints(&base(AuthMethod::AppRole, Some(app_role), None), &head(expected));

        let jwt = Jwt { role: "r".into(), service_account: Some("ci".into()), ..Jwt::default() };
        let expected = json!({"jwt": {"role": "r", "serviceAccount": "ci"}, "method": "jwt", "mount": "m"});
        assert_prints(&base(AuthMethod::Jwt, None, Some(jwt)), &head(expected));
    }
}
