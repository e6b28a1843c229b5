//! The External Secrets Operator as a store. Providers and fields: external-secrets.io/latest/provider.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::codes::BAD_VALUE;
use super::decode::{Cx, Decode, Place};
use super::macros::{choice, model, words};
use super::{Duration, FileKey, LabelKey, Name, Text, VaultType, schema};
use crate::diag::Diagnostic;

model! {
    /// The External Secrets Operator writes Secrets from a store that is there, or from a provider.
    pub struct ExternalSecrets {
        /// A `ClusterSecretStore` that the cluster has.
        "clusterStore" cluster_store: Option<Name>,
        /// A `SecretStore` that each namespace has.
        "store" store: Option<Name>,
        /// A provider, for which a `SecretStore` is made in each namespace that has secrets of the store.
        "provider" provider: Option<Provider>,
        /// What names in the store begin with.
        "prefix" prefix: Prefix = Prefix::default(),
        /// How often the operator looks for changes.
        "refreshInterval" refresh_interval: Duration = Duration::parse("1h").ok()?,
    }

    /// Secrets that somebody else makes: declared, so that names and keys are checked, and never written.
    pub struct Existing {
    }

    /// A `ServiceAccount` that logs in to the provider, made in each namespace that has secrets of the store.
    pub struct Account {
        /// Its name.
        "name" name: Name = Name::parse(Account::NAME).ok()?,
        /// Its annotations: the cloud's role or client.
        "annotations" annotations: IndexMap<LabelKey, String>,
        /// The audiences of its token; the provider's own unless given.
        "audiences" audiences: Vec<String>,
    }

    /// Doppler.
    pub struct Doppler {
        /// The secret with the service token; it must come from another store.
        "token" token: Token,
        /// The project; a service token implies it.
        "project" project: Option<String>,
        /// The config; a service token implies it.
        "config" config: Option<String>,
    }

    /// A key of a secret that lets the operator in.
    pub struct Token {
        /// The secret.
        "secret" secret: Name,
        /// The key.
        "key" key: FileKey,
    }

    /// Vault, by its Kubernetes auth method.
    pub struct VaultProvider {
        /// The address, such as `${stateful.vault.url}`.
        "server" server: Text,
        /// The mount of the key-value engine.
        "mount" mount: String = "secret".to_owned(),
        /// The engine's version.
        "type" kind: VaultType = VaultType::KvV2,
        /// The mount of the auth method.
        "authMount" auth_mount: String = "kubernetes".to_owned(),
        /// Vault's role.
        "role" role: String,
        /// Who logs in.
        "serviceAccount" account: Account = Account::standard()?,
        /// The Secret with Vault's CA under `ca.crt`, in each namespace that has secrets of the store.
        "caCertSecret" ca_cert_secret: Option<Name>,
    }

    /// AWS, by a role of a `ServiceAccount`.
    pub struct Aws {
        /// Which of the two.
        "service" service: AwsService = AwsService::SecretsManager,
        /// The region.
        "region" region: String,
        /// A role to assume after the login.
        "role" role: Option<String>,
        /// Who logs in; its annotation `eks.amazonaws.com/role-arn` says as what.
        "serviceAccount" account: Account = Account::standard()?,
    }

    /// Google Secret Manager, by workload identity.
    pub struct Gcp {
        /// The project.
        "project" project: String,
        /// Where the cluster is; read from the node unless given.
        "clusterLocation" cluster_location: Option<String>,
        /// The cluster; read from the node unless given.
        "clusterName" cluster_name: Option<String>,
        /// Who logs in; its annotation `iam.gke.io/gcp-service-account` says as what.
        "serviceAccount" account: Account = Account::standard()?,
    }

    /// Azure Key Vault, by workload identity.
    pub struct Azure {
        /// The vault's address.
        "vaultUrl" vault_url: String,
        /// The tenant.
        "tenantId" tenant_id: Option<String>,
        /// Who logs in; its annotation `azure.workload.identity/client-id` says as what.
        "serviceAccount" account: Account = Account::standard()?,
    }

    /// Secrets of another namespace of the cluster.
    pub struct RemoteNamespace {
        /// The namespace's name in the cluster.
        "namespace" namespace: Name,
        /// Who reads them; somebody must allow it there.
        "serviceAccount" account: Account = Account::standard()?,
    }
}

impl Account {
    /// Its name where the stack gives none.
    pub const NAME: &'static str = "external-secrets";

    fn standard() -> Option<Self> {
        let name = Name::parse(Self::NAME).ok()?;
        Some(Self { name, annotations: IndexMap::new(), audiences: Vec::new() })
    }
}

words! {
    /// A service of AWS.
    pub enum AwsService {
        /// Secrets Manager.
        "SecretsManager" SecretsManager,
        /// Systems Manager's Parameter Store.
        "ParameterStore" ParameterStore,
    }
}

choice! {
    /// Where the External Secrets Operator reads.
    pub enum Provider {
        /// Doppler.
        "doppler" Doppler(Doppler),
        /// Vault or `OpenBao`.
        "vault" Vault(VaultProvider),
        /// AWS.
        "aws" Aws(Aws),
        /// Google Cloud.
        "gcp" Gcp(Gcp),
        /// Azure.
        "azure" Azure(Azure),
        /// Another namespace.
        "kubernetes" Kubernetes(RemoteNamespace),
    }
}

impl ExternalSecrets {
    /// The secret that opens the store, where it is one.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        match &self.provider {
            Some(Provider::Doppler(it)) => Some(&it.token),
            _ => None,
        }
    }
}

impl Provider {
    /// Who logs in, where it is a ServiceAccount.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Doppler(_) => None,
            Self::Vault(it) => Some(&it.account),
            Self::Aws(it) => Some(&it.account),
            Self::Gcp(it) => Some(&it.account),
            Self::Azure(it) => Some(&it.account),
            Self::Kubernetes(it) => Some(&it.account),
        }
    }
}

/// What names in a store begin with: letters, digits, `_`, `-`, `.` and `/`, which every provider takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Decode for Prefix {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, "a prefix such as `ORBIT_`")?.text;
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        if !text.chars().all(inner) {
            let message = format!("`{text}` cannot begin a name in the store");
            cx.push(
                Diagnostic::at_span(&BAD_VALUE, at.node.span, message)
                    .help("use letters, digits, `_`, `-`, `.` and `/`"),
            );
            return None;
        }
        Some(Self(text.to_string()))
    }
}

impl JsonSchema for Prefix {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Prefix".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::pattern("", "^[A-Za-z0-9_./-]*$")
    }
}
