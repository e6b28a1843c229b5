//! How a Vault is opened after each start. Parameters: developer.hashicorp.com/vault/docs/configuration/seal.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::EnvVar;
use schemars::JsonSchema;
use serde::Serialize;

use super::Brand;
use crate::model::decode::{Cx, Decode, Place};
use crate::model::macros::{choice, model};
use crate::stateful::fields::SecretKey;
use crate::stateful::pieces::{env, secret_env};

model! {
    /// A key of AWS KMS. Without keys of its own, the pod's identity (EKS Pod Identity, IRSA) is used.
    pub struct VaultAwsKms {
        /// The region.
        "region" region: String,
        /// The key's id, ARN or alias.
        "kmsKeyId" key: String,
        /// The endpoint, where not the region's own.
        "endpoint" endpoint: Option<String>,
        /// The access key's id, without a workload identity.
        "accessKey" access_key: Option<SecretKey>,
        /// The secret access key.
        "secretKey" secret_key: Option<SecretKey>,
    }

    /// A key of Google Cloud KMS. Without credentials of its own, the pod's identity (Workload Identity) is used.
    pub struct VaultGcpKms {
        /// The project.
        "project" project: String,
        /// The location.
        "region" region: String,
        /// The key ring.
        "keyRing" key_ring: String,
        /// The key.
        "cryptoKey" key: String,
        /// The credentials of a service account as JSON, without a workload identity.
        "credentials" credentials: Option<SecretKey>,
    }

    /// A key of Azure Key Vault. Without a client secret, the pod's identity is used.
    pub struct VaultAzureKeyVault {
        /// The tenant.
        "tenantId" tenant: String,
        /// The key vault's name.
        "vaultName" vault: String,
        /// The key.
        "keyName" key: String,
        /// The client.
        "clientId" client: Option<String>,
        /// The client's secret, without a workload identity.
        "clientSecret" client_secret: Option<SecretKey>,
    }

    /// A key of the transit engine of another Vault.
    pub struct VaultTransit {
        /// The other Vault's address.
        "address" address: String,
        /// The key.
        "keyName" key: String,
        /// The mount of its transit engine.
        "mountPath" mount: String = "transit".to_owned(),
        /// The token that may use the key.
        "token" token: SecretKey,
        /// The CA of the other Vault's certificate.
        "caCertificate" ca: Option<SecretKey>,
        /// The name in the other Vault's certificate, where not that of its address.
        "tlsServerName" server_name: Option<String>,
    }
}

choice! {
    /// Who opens a Vault by itself.
    pub enum VaultAutoUnseal {
        /// AWS KMS.
        "awskms" AwsKms(VaultAwsKms),
        /// Google Cloud KMS.
        "gcpckms" GcpKms(VaultGcpKms),
        /// Azure Key Vault.
        "azurekeyvault" AzureKeyVault(VaultAzureKeyVault),
        /// Another Vault.
        "transit" Transit(VaultTransit),
    }
}

/// How a Vault is opened.
#[derive(Clone, Debug)]
pub enum Unseal {
    /// People with the keys.
    Manual,
    /// A key elsewhere.
    Auto(VaultAutoUnseal),
}

const MANUAL: &str = "manual";

impl VaultAutoUnseal {
    fn kind(&self) -> &'static str {
        match self {
            Self::AwsKms(_) => "awskms",
            Self::GcpKms(_) => "gcpckms",
            Self::AzureKeyVault(_) => "azurekeyvault",
            Self::Transit(_) => "transit",
        }
    }
}

impl Unseal {
    /// How, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Manual => MANUAL,
            Self::Auto(it) => it.kind(),
        }
    }
}

impl Decode for Unseal {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            return VaultAutoUnseal::decode(at, cx).map(Self::Auto);
        }
        let expected = "`manual` or a mapping with one of `awskms`, `gcpckms`, `azurekeyvault` and `transit`";
        let word = cx.text(at.node, expected)?;
        if &*word.text == MANUAL {
            return Some(Self::Manual);
        }
        cx.push(crate::model::codes::unknown_word(&word.text, at.node.span, &[MANUAL]));
        None
    }
}

impl JsonSchema for Unseal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unseal".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let auto = generator.subschema_for::<VaultAutoUnseal>();
        let manual = crate::model::schema::words("People with the keys.", &[MANUAL]);
        schemars::json_schema!({ "anyOf": [manual, auto] })
    }
}

/// The files that a server reads.
const CREDENTIALS: &str = "credentials.json";
const AUTHORITY: &str = "ca.crt";

/// The stanza `seal` of the configuration: its type and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Seal<'a> {
    kind: &'static str,
    parameters: Vec<(&'static str, Cow<'a, str>)>,
}

fn text(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// A secret's key that unsealing needs.
struct Need<'a> {
    /// Where the tier names it, below `unseal`.
    at: [&'static str; 2],
    key: &'a SecretKey,
    to: Delivery,
}

/// How the server gets it. What it can read from a file is a file.
enum Delivery {
    Variable(&'static str),
    /// One whose name begins as the program's own.
    Own(&'static str),
    File(&'static str),
}

impl Unseal {
    /// Whether the server is a client of another Vault: what the environment tells clients, it would believe too.
    pub(super) fn is_client(&self) -> bool {
        matches!(self, Self::Auto(VaultAutoUnseal::Transit(_)))
    }

    pub(super) fn seal(&self, brand: &Brand) -> Option<Seal<'_>> {
        let Self::Auto(auto) = self else { return None };
        let own = |file: &str| Cow::Owned(brand.path(&format!("unseal/{file}")));
        let (kind, parameters) = match auto {
            VaultAutoUnseal::AwsKms(it) => (
                "awskms",
                vec![
                    ("region", Some(text(&it.region))),
                    ("kms_key_id", Some(text(&it.key))),
                    ("endpoint", it.endpoint.as_deref().map(text)),
                ],
            ),
            VaultAutoUnseal::GcpKms(it) => (
                "gcpckms",
                vec![
                    ("project", Some(text(&it.project))),
                    ("region", Some(text(&it.region))),
                    ("key_ring", Some(text(&it.key_ring))),
                    ("crypto_key", Some(text(&it.key))),
                    ("credentials", it.credentials.as_ref().map(|_| own(CREDENTIALS))),
                ],
            ),
            VaultAutoUnseal::AzureKeyVault(it) => (
                "azurekeyvault",
                vec![
                    ("tenant_id", Some(text(&it.tenant))),
                    ("vault_name", Some(text(&it.vault))),
                    ("key_name", Some(text(&it.key))),
                    ("client_id", it.client.as_deref().map(text)),
                ],
            ),
            VaultAutoUnseal::Transit(it) => (
                "transit",
                vec![
                    ("address", Some(text(&it.address))),
                    ("key_name", Some(text(&it.key))),
                    ("mount_path", Some(text(&it.mount))),
                    ("tls_ca_cert", it.ca.as_ref().map(|_| own(AUTHORITY))),
                    ("tls_server_name", it.server_name.as_deref().map(text)),
                ],
            ),
        };
        let parameters = parameters.into_iter().filter_map(|(key, it)| Some((key, it?))).collect();
        Some(Seal { kind, parameters })
    }

    fn needs(&self) -> Vec<Need<'_>> {
        use Delivery::{File, Own, Variable};
        let Self::Auto(auto) = self else { return Vec::new() };
        let need = |at, key, to| Need { at, key, to };
        let all = match auto {
            VaultAutoUnseal::AwsKms(it) => vec![
                (["awskms", "accessKey"], it.access_key.as_ref(), Variable("AWS_ACCESS_KEY_ID")),
                (["awskms", "secretKey"], it.secret_key.as_ref(), Variable("AWS_SECRET_ACCESS_KEY")),
            ],
            VaultAutoUnseal::GcpKms(it) => {
                vec![(["gcpckms", "credentials"], it.credentials.as_ref(), File(CREDENTIALS))]
            }
            VaultAutoUnseal::AzureKeyVault(it) => vec![(
                ["azurekeyvault", "clientSecret"],
                it.client_secret.as_ref(),
                Variable("AZURE_CLIENT_SECRET"),
            )],
            VaultAutoUnseal::Transit(it) => vec![
                (["transit", "token"], Some(&it.token), Own("TOKEN")),
                (["transit", "caCertificate"], it.ca.as_ref(), File(AUTHORITY)),
            ],
        };
        all.into_iter().filter_map(|(at, key, to)| Some(need(at, key?, to))).collect()
    }

    /// The keys of secrets, with their places below the tier.
    pub(super) fn credentials(&self) -> impl Iterator<Item = (Vec<&'static str>, &SecretKey)> {
        self.needs().into_iter().map(|it| (vec!["unseal", it.at[0], it.at[1]], it.key))
    }

    /// The server's variables.
    pub(super) fn variables(&self, brand: &Brand) -> Vec<EnvVar> {
        let mut found = Vec::new();
        for Need { key, to, .. } in self.needs() {
            match to {
                Delivery::Variable(name) => found.push(secret_env(name, key)),
                Delivery::Own(name) => found.push(secret_env(&brand.variable(name), key)),
                Delivery::File(_) => {}
            }
        }
        if let Self::Auto(VaultAutoUnseal::AwsKms(it)) = self {
            // The client that looks for the pod's identity asks for the region, too.
            found.push(env("AWS_REGION", &it.region));
        }
        found
    }

    /// Whether a cloud's key opens it.
    pub(super) fn of_a_cloud(&self) -> bool {
        matches!(self, Self::Auto(it) if !matches!(it, VaultAutoUnseal::Transit(_)))
    }

    /// The keys that the server reads as files.
    pub(super) fn files(&self) -> Vec<(&SecretKey, &'static str)> {
        let mut found = Vec::new();
        for Need { key, to, .. } in self.needs() {
            if let Delivery::File(name) = to {
                found.push((key, name));
            }
        }
        found
    }
}
