//! Istio's kinds (`security.istio.io`, `networking.istio.io`).

pub mod authorization_policy;
pub mod destination_rule;
pub mod peer_authentication;
pub mod virtual_service;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The tunnel of ambient mode: the only port that its pods see of each other.
pub const HBONE: u16 = 15008;

/// The API group of what leads requests.
pub const NETWORKING: &str = "networking.istio.io";
/// The API group of what secures them.
pub const SECURITY: &str = "security.istio.io";

/// The API version that Istio's kinds are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IstioVersion {
    /// `v1`, served from Istio 1.22 on.
    #[default]
    V1,
    /// `v1beta1`, served by every release, the only one before 1.22.
    V1Beta1,
}

impl IstioVersion {
    /// As written behind the group.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Beta1 => "v1beta1",
        }
    }
}

/// The pods that a policy is about; without labels, all of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WorkloadSelector {
    /// Labels that a pod must carry, all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
}
