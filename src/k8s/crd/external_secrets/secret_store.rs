//! `SecretStore`: how the operator reaches a provider, from one namespace.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{ApiVersion, GROUP};
use crate::k8s::crd::resource;

/// How the operator reaches a provider, from one namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecretStore {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The provider.
    pub spec: SecretStoreSpec,
    /// The version of the API.
    pub version: ApiVersion,
}

resource!(SecretStore, GROUP, |it| it.version.as_str());

/// The provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretStoreSpec {
    /// The provider.
    pub provider: Provider,
}

/// The providers that can be written; one key of the mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Provider {
    /// Doppler.
    #[serde(rename = "doppler")]
    Doppler(Doppler),
    /// `HashiCorp` Vault or `OpenBao`.
    #[serde(rename = "vault")]
    Vault(Vault),
    /// AWS Secrets Manager or Parameter Store.
    #[serde(rename = "aws")]
    Aws(Aws),
    /// Google Secret Manager.
    #[serde(rename = "gcpsm")]
    Gcp(Gcp),
    /// Azure Key Vault.
    #[serde(rename = "azurekv")]
    Azure(Azure),
    /// Secrets of another namespace.
    #[serde(rename = "kubernetes")]
    Kubernetes(Kubernetes),
}

impl Default for Provider {
    fn default() -> Self {
        Self::Kubernetes(Kubernetes::default())
    }
}

/// Doppler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Doppler {
    /// How to log in.
    pub auth: DopplerAuth,
    /// Doppler's config; a service token implies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Doppler's project; a service token implies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// How to log in to Doppler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DopplerAuth {
    /// By a token.
    pub secret_ref: DopplerToken,
}

/// A token in a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DopplerToken {
    /// The Secret.
    pub doppler_token: SecretKeyRef,
}

/// A key of a Secret or `ConfigMap`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretKeyRef {
    /// The key.
    pub key: String,
    /// The Secret.
    pub name: String,
}

/// A `ServiceAccount` that logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountRef {
    /// The audiences of its token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Its name.
    pub name: String,
}

/// Vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vault {
    /// How to log in.
    pub auth: VaultAuth,
    /// Who signed Vault's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_provider: Option<CaProvider>,
    /// The mount of the key-value engine.
    pub path: String,
    /// The address.
    pub server: String,
    /// The engine's version: `v1` or `v2`.
    pub version: &'static str,
}

/// How to log in to Vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VaultAuth {
    /// By the Kubernetes auth method.
    pub kubernetes: VaultKubernetes,
}

/// Vault's Kubernetes auth method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultKubernetes {
    /// The mount of the method.
    pub mount_path: String,
    /// Vault's role.
    pub role: String,
    /// Who logs in.
    pub service_account_ref: AccountRef,
}

/// Certificates of an authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaProvider {
    /// The key.
    pub key: String,
    /// The object.
    pub name: String,
    /// `Secret` or `ConfigMap`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aws {
    /// How to log in.
    pub auth: AwsAuth,
    /// The region.
    pub region: String,
    /// A role to assume after the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `SecretsManager` or `ParameterStore`.
    pub service: &'static str,
}

/// How to log in to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AwsAuth {
    /// By a token of a `ServiceAccount`.
    pub jwt: Jwt,
}

/// A token of a `ServiceAccount`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jwt {
    /// Whose.
    pub service_account_ref: AccountRef,
}

/// Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gcp {
    /// How to log in.
    pub auth: GcpAuth,
    /// The project.
    #[serde(rename = "projectID")]
    pub project_id: String,
}

/// How to log in to Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GcpAuth {
    /// By workload identity.
    pub workload_identity: WorkloadIdentity,
}

/// Google's workload identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadIdentity {
    /// Where the cluster is; read from the node unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_location: Option<String>,
    /// The cluster; read from the node unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// Who logs in.
    pub service_account_ref: AccountRef,
}

/// Azure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Azure {
    /// How to log in: `WorkloadIdentity`.
    pub auth_type: &'static str,
    /// Who logs in.
    pub service_account_ref: AccountRef,
    /// The tenant; the `ServiceAccount`'s annotation unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The vault.
    pub vault_url: String,
}

/// Secrets of another namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kubernetes {
    /// How to log in.
    pub auth: KubernetesAuth,
    /// The namespace.
    pub remote_namespace: String,
    /// The API server.
    pub server: KubernetesServer,
}

/// How to log in to Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesAuth {
    /// Who logs in.
    pub service_account: AccountRef,
}

/// The API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesServer {
    /// Who signed its certificate.
    pub ca_provider: CaProvider,
}
