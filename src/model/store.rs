//! Where secrets live.

use super::macros::{choice, model, words};
use super::{Duration, Existing, ExternalSecrets, Name, Text};
use crate::syntax::reference::Piece;

words! {
    /// The version of Vault's key-value engine.
    pub enum VaultType {
        /// Versioned.
        "kv-v2" KvV2,
        /// Unversioned.
        "kv-v1" KvV1,
    }
}

model! {
    /// How pods or the operator log in to Vault: Vault's Kubernetes auth method.
    pub struct VaultAuthMethod {
        /// The mount of the auth method.
        "mount" mount: String = "kubernetes".to_owned(),
        /// Vault's role.
        "role" role: String,
        /// The ServiceAccount that logs in, made in each namespace that has secrets of the store.
        "serviceAccount" service_account: Name = Name::parse(VaultAuthMethod::ACCOUNT).ok()?,
        /// The audiences of its token.
        "audiences" audiences: Vec<String> = vec!["vault".to_owned()],
    }

    /// The Vault Secrets Operator writes Secrets from Vault.
    pub struct VaultOperator {
        /// Vault's address, such as `${stateful.vault.url}`.
        "address" address: Text,
        /// How the operator logs in.
        "auth" auth: VaultAuthMethod,
        /// The mount of the key-value engine.
        "mount" mount: String = "secret".to_owned(),
        /// The engine's version.
        "type" kind: VaultType = VaultType::KvV2,
        /// How often the operator looks for changes.
        "refreshAfter" refresh_after: Duration = Duration::parse("1h").ok()?,
        /// The Secret with Vault's CA under `ca.crt`, in each namespace that has secrets of the store.
        "caCertSecret" ca_cert_secret: Option<Name>,
        /// The name that Vault's certificate is checked against.
        "tlsServerName" tls_server_name: Option<String>,
        /// Whether Deployments restart when a secret that they take as environment changes.
        "restart" restart: bool = true,
    }

    /// The Vault Agent beside each pod writes files from Vault.
    pub struct VaultAgent {
        /// Vault's address, such as `${stateful.vault.url}`.
        "address" address: Option<Text>,
        /// Vault's role.
        "role" role: String,
        /// The mount of the auth method.
        "authPath" auth_path: String = "auth/kubernetes".to_owned(),
        /// The mount of the key-value engine.
        "mount" mount: String = "secret".to_owned(),
        /// The engine's version.
        "type" kind: VaultType = VaultType::KvV2,
        /// The Secret with Vault's CA under `ca.crt`.
        "caCertSecret" ca_cert_secret: Option<Name>,
    }
}

impl VaultAuthMethod {
    /// The name of its ServiceAccount where the stack gives none.
    pub const ACCOUNT: &'static str = "vault-auth";
}

impl VaultOperator {
    /// Whether its address is said by a reference to the component of this name.
    #[must_use]
    pub fn calls(&self, component: &Name) -> bool {
        self.address.pieces().iter().any(|it| match it {
            Piece::Reference(steps, _) => steps.get(1).is_some_and(|it| it == component.as_str()),
            Piece::Text(_) => false,
        })
    }
}

choice! {
    /// Where secrets live, and how they reach pods.
    pub enum Store {
        /// The Vault Secrets Operator.
        "vault-secrets-operator" VaultOperator(VaultOperator),
        /// The Vault Agent injector.
        "vault-agent" VaultAgent(VaultAgent),
        /// The External Secrets Operator.
        "external-secrets" ExternalSecrets(ExternalSecrets),
        /// Secrets that somebody else makes.
        "existing" Existing(Existing),
    }
}
