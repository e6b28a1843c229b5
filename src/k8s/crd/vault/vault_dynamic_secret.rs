//! `VaultDynamicSecret`: credentials that Vault makes on request and takes back.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{Destination, GROUP, RolloutRestartTarget, VERSION};
use crate::k8s::crd::{is_false, resource};

/// Credentials that Vault makes on request and takes back, kept as a Kubernetes Secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultDynamicSecret {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// From where, to where.
    pub spec: VaultDynamicSecretSpec,
}

resource!(VaultDynamicSecret, GROUP, |_| VERSION);

/// From where, to where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultDynamicSecretSpec {
    /// For credentials that Vault rotates on its own schedule (`static-creds/…`).
    #[serde(skip_serializing_if = "is_false")]
    pub allow_static_creds: bool,
    /// The Secret to write.
    pub destination: Destination,
    /// Where Vault has the engine mounted (`database`).
    pub mount: String,
    /// Vault's namespace, not Kubernetes'; none is that of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Parameters of the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// Path below the mount (`creds/ledger`).
    pub path: String,
    /// How often to ask again, for engines that give no lease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<String>,
    /// After which share of the lease it is renewed, in percent, at most 90; none is 67.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal_percent: Option<u8>,
    /// Takes the credentials back when the custom resource is deleted.
    #[serde(skip_serializing_if = "is_false")]
    pub revoke: bool,
    /// Workloads to restart after a change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollout_restart_targets: Vec<RolloutRestartTarget>,
    /// `VaultAuth`, as `name` or `namespace/name`; none is `default` in the operator's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_auth_ref: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};
    use crate::k8s::crd::vault::RolloutRestartKind;

    #[test]
    fn prints() {
        let object = VaultDynamicSecret {
            metadata: named("ledger-db"),
            spec: VaultDynamicSecretSpec {
                allow_static_creds: true,
                destination: Destination { create: true, name: "ledger-db".into(), ..Destination::default() },
                mount: "database".into(),
                namespace: Some("team".into()),
                params: [("ttl".into(), "1h".into())].into(),
                path: "creds/ledger".into(),
                refresh_after: Some("30m".into()),
                renewal_percent: Some(67),
                revoke: true,
                rollout_restart_targets: vec![RolloutRestartTarget {
                    kind: RolloutRestartKind::Deployment,
                    name: "ledger".into(),
                }],
                vault_auth_ref: Some("vault-system/ledger".into()),
            },
        };
        let expected = json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1",
            "kind": "VaultDynamicSecret",
            "metadata": {"name": "ledger-db", "namespace": "apps"},
            "spec": {
                "allowStaticCreds": true,
                "destination": {"create": true, "name": "ledger-db"},
                "mount": "database",
                "namespace": "team",
                "params": {"ttl": "1h"},
                "path": "creds/ledger",
                "refreshAfter": "30m",
                "renewalPercent": 67,
                "revoke": true,
                "rolloutRestartTargets": [{"kind": "Deployment", "name": "ledger"}],
                "vaultAuthRef": "vault-system/ledger",
            },
        });
        assert_prints(&object, &expected);
    }
}
