//! Who may do what: engines, policies and roles, which the setup script makes.

use indexmap::IndexMap;
use serde::Serialize;

use super::Nodes;
use crate::model::macros::{model, words};
use crate::model::{Duration, Name, Named};

words! {
    /// A secret engine.
    pub enum VaultEngine {
        /// Values with versions.
        "kv-v2" KvV2,
        /// Values.
        "kv-v1" KvV1,
        /// Encryption as a service.
        "transit" Transit,
        /// Certificates.
        "pki" Pki,
        /// Credentials of databases, made on demand.
        "database" Database,
        /// Signed keys of SSH.
        "ssh" Ssh,
        /// One-time passwords.
        "totp" Totp,
        /// Tokens of Kubernetes, made on demand.
        "kubernetes" Kubernetes,
        /// Credentials of RabbitMQ, made on demand.
        "rabbitmq" RabbitMq,
    }

    /// What a policy allows on a path.
    pub enum VaultCapability {
        /// Making what is not there.
        "create" Create,
        /// Reading.
        "read" Read,
        /// Changing what is there.
        "update" Update,
        /// Changing a part.
        "patch" Patch,
        /// Removing.
        "delete" Delete,
        /// Listing names.
        "list" List,
        /// Paths of the root alone.
        "sudo" Sudo,
        /// Nothing, whatever other policies say.
        "deny" Deny,
    }
}

model! {
    /// What those who have it may do.
    pub struct VaultPolicy {
        /// What is allowed, by path; `*` at the end stands for the rest, `+` for one segment.
        "paths" paths: IndexMap<String, Vec<VaultCapability>>,
    }

    /// Who logs in with the token of a `ServiceAccount`, and what it gets.
    pub struct VaultRole {
        /// The `ServiceAccount`s.
        "serviceAccounts" service_accounts: Vec<Name>,
        /// Their namespaces, by their names in the cluster.
        "namespaces" namespaces: Vec<Name>,
        /// The policies of the token that it gets.
        "policies" policies: Vec<Name>,
        /// How long that token holds.
        "ttl" ttl: Duration = Duration::parse("1h").ok()?,
        /// The audience that the `ServiceAccount`'s token must be for; the Vault Secrets Operator asks for `vault`.
        "audience" audience: Option<String>,
    }

    /// What is set up in a Vault once it is open.
    pub struct AccessFields {
        /// Secret engines, by mount.
        "mounts" mounts: Named<VaultEngine>,
        /// Policies.
        "policies" policies: Named<VaultPolicy>,
        /// Roles of the Kubernetes auth method.
        "roles" roles: Named<VaultRole>,
        /// The mount of the Kubernetes auth method.
        "authMount" auth_mount: Name = Name::parse("kubernetes").ok()?,
        /// Whether every request is written to the server's output.
        "audit" audit: bool = true,
    }
}

impl VaultEngine {
    /// The engine's own name, and the version of what it stores where it has several.
    fn kind(self) -> (&'static str, Option<u8>) {
        match self {
            Self::KvV2 => ("kv", Some(2)),
            Self::KvV1 => ("kv", Some(1)),
            other => (other.as_str(), None),
        }
    }
}

#[derive(Serialize)]
struct ScriptContext<'a> {
    program: &'static str,
    prefix: &'static str,
    audit: bool,
    mounts: Vec<Mount<'a>>,
    policies: Vec<PolicyText<'a>>,
    auth_mount: &'a str,
    roles: Vec<RoleText<'a>>,
}

#[derive(Serialize)]
struct Mount<'a> {
    path: &'a str,
    kind: &'static str,
    version: Option<u8>,
}

#[derive(Serialize)]
struct PolicyText<'a> {
    name: &'a str,
    paths: Vec<(&'a str, Vec<&'static str>)>,
}

#[derive(Serialize)]
struct RoleText<'a> {
    name: &'a str,
    service_accounts: String,
    namespaces: String,
    policies: String,
    ttl: &'a str,
    audience: Option<&'a str>,
}

/// The script that sets up what the tier declares; none where it declares nothing.
pub(super) fn script(tier: &Nodes<'_>) -> Option<String> {
    let (access, brand) = (tier.access, tier.brand);
    let audit = access.audit && !brand.declares_audit;
    if !audit && access.mounts.is_empty() && access.policies.is_empty() && access.roles.is_empty() {
        return None;
    }
    let context = ScriptContext {
        program: brand.program,
        prefix: brand.prefix,
        audit,
        mounts: access.mounts.iter().map(mount).collect(),
        policies: access.policies.iter().map(policy).collect(),
        auth_mount: access.auth_mount.as_str(),
        roles: access.roles.iter().map(role).collect(),
    };
    let source = include_str!("../../../templates/vault/setup.sh.j2");
    Some(crate::stateful::render("vault/setup.sh.j2", source, &context))
}

fn mount<'a>((path, engine): (&'a Name, &'a VaultEngine)) -> Mount<'a> {
    let (kind, version) = engine.kind();
    Mount { path: path.as_str(), kind, version }
}

fn policy<'a>((name, policy): (&'a Name, &'a VaultPolicy)) -> PolicyText<'a> {
    let words = |it: &[VaultCapability]| it.iter().map(|it| it.as_str()).collect();
    let paths = policy.paths.iter().map(|(path, it)| (path.as_str(), words(it))).collect();
    PolicyText { name: name.as_str(), paths }
}

fn role<'a>((name, role): (&'a Name, &'a VaultRole)) -> RoleText<'a> {
    let list = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(",");
    RoleText {
        name: name.as_str(),
        service_accounts: list(&role.service_accounts),
        namespaces: list(&role.namespaces),
        policies: list(&role.policies),
        ttl: role.ttl.as_str(),
        audience: role.audience.as_deref(),
    }
}
