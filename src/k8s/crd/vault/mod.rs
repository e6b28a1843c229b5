//! The kinds of the Vault Secrets Operator (`secrets.hashicorp.com/v1beta1`).
//!
//! Durations are text as the operator takes it: one number with `s`, `m` or `h` (`30s`, `1.5h`).

pub mod vault_auth;
pub mod vault_connection;
pub mod vault_dynamic_secret;
pub mod vault_static_secret;

use std::collections::BTreeMap;

use serde::Serialize;

use super::is_false;

/// The API group.
pub const GROUP: &str = "secrets.hashicorp.com";
const VERSION: &str = "v1beta1";

/// The Secret that the operator writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Its annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The operator makes and owns it; otherwise it must be there.
    #[serde(skip_serializing_if = "is_false")]
    pub create: bool,
    /// Its labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its name, in the namespace of the custom resource.
    pub name: String,
    /// Takes over one that is there already, with [`create`](Self::create).
    #[serde(skip_serializing_if = "is_false")]
    pub overwrite: bool,
    /// What its keys hold; without it, every field of the secret and `_raw` with all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<Transformation>,
    /// Its type (`kubernetes.io/tls`); none is `Opaque`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// What the keys of the written Secret hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transformation {
    /// Leaves the key `_raw` out.
    #[serde(skip_serializing_if = "is_false")]
    pub exclude_raw: bool,
    /// Regular expressions of fields to leave out; never applied to templates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
    /// Regular expressions of the fields to take, after the excludes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<String>,
    /// Further keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, Template>,
}

/// The value of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Go template (`{{ get .Secrets "password" }}`).
    pub text: String,
}

/// A workload that is restarted whenever the secret changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RolloutRestartTarget {
    /// Of which kind.
    pub kind: RolloutRestartKind,
    /// Its name, in the namespace of the custom resource.
    pub name: String,
}

/// The kinds that the operator can restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum RolloutRestartKind {
    /// `apps/v1` `DaemonSet`.
    DaemonSet,
    /// `apps/v1` `Deployment`.
    Deployment,
    /// `apps/v1` `StatefulSet`.
    StatefulSet,
    /// `argoproj.io/v1alpha1` `Rollout`.
    #[serde(rename = "argo.Rollout")]
    Rollout,
}
