//! `VaultStaticSecret`: a secret of Vault's key-value engine, kept as a Kubernetes Secret.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{Destination, GROUP, RolloutRestartTarget, VERSION};
use crate::k8s::crd::resource;

/// A secret of Vault's key-value engine, kept as a Kubernetes Secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultStaticSecret {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// From where, to where.
    pub spec: VaultStaticSecretSpec,
}

resource!(VaultStaticSecret, GROUP, |_| VERSION);

/// From where, to where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultStaticSecretSpec {
    /// The Secret to write.
    pub destination: Destination,
    /// Whether the operator notices and undoes a change of the Secret; none is yes. Without it,
    /// [`rollout_restart_targets`](Self::rollout_restart_targets) are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hmac_secret_data: Option<bool>,
    /// Where Vault has the engine mounted (`secret`).
    pub mount: String,
    /// Vault's namespace, not Kubernetes'; none is that of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Path below the mount, without `data/`.
    pub path: String,
    /// How often to look for a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<String>,
    /// Workloads to restart after a change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollout_restart_targets: Vec<RolloutRestartTarget>,
    /// How changes arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_config: Option<SyncConfig>,
    /// Version of the engine.
    #[serde(rename = "type")]
    pub engine: KeyValueEngine,
    /// `VaultAuth`, as `name` or `namespace/name`; none is `default` in the operator's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_auth_ref: Option<String>,
    /// Version of the secret, for [`KeyValueEngine::V2`]; none is the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// Version of the key-value engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum KeyValueEngine {
    /// Without history.
    #[serde(rename = "kv-v1")]
    V1,
    /// With versions.
    #[default]
    #[serde(rename = "kv-v2")]
    V2,
}

/// How changes arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncConfig {
    /// By Vault's events, which the open edition lacks.
    pub instant_updates: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};
    use crate::k8s::crd::vault::{RolloutRestartKind, Template, Transformation};

    #[test]
    fn prints() {
        let target = |kind, name: &str| RolloutRestartTarget { kind, name: name.into() };
        let object = VaultStaticSecret {
            metadata: named("jwt-keys"),
            spec: VaultStaticSecretSpec {
                destination: destination(),
                hmac_secret_data: Some(true),
                mount: "secret".into(),
                namespace: Some("team".into()),
                path: "platform/iam/jwt-keys".into(),
                refresh_after: Some("1h".into()),
                rollout_restart_targets: vec![
                    target(RolloutRestartKind::Deployment, "iam"),
                    target(RolloutRestartKind::StatefulSet, "postgres"),
                    target(RolloutRestartKind::DaemonSet, "agent"),
                ],
                sync_config: Some(SyncConfig { instant_updates: true }),
                engine: KeyValueEngine::V2,
                vault_auth_ref: Some("iam".into()),
                version: Some(3),
            },
        };
        let expected = json!({
            "apiVersion": "secrets.hashicorp.com/v1beta1",
            "kind": "VaultStaticSecret",
            "metadata": {"name": "jwt-keys", "namespace": "apps"},
            "spec": {
                "destination": {
                    "annotations": {"a": "b"},
                    "create": true,
                    "labels": {"app": "iam"},
                    "name": "jwt-keys",
                    "overwrite": true,
                    "transformation": {
                        "excludeRaw": true,
                        "excludes": [".*"],
                        "includes": ["key"],
                        "templates": {"url": {"text": "{{ get .Secrets \"url\" }}"}},
                    },
                    "type": "Opaque",
                },
                "hmacSecretData": true,
                "mount": "secret",
                "namespace": "team",
                "path": "platform/iam/jwt-keys",
                "refreshAfter": "1h",
                "rolloutRestartTargets": [
                    {"kind": "Deployment", "name": "iam"},
                    {"kind": "StatefulSet", "name": "postgres"},
                    {"kind": "DaemonSet", "name": "agent"},
                ],
                "syncConfig": {"instantUpdates": true},
                "type": "kv-v2",
                "vaultAuthRef": "iam",
                "version": 3,
            },
        });
        assert_prints(&object, &expected);
    }

    fn destination() -> Destination {
        Destination {
            annotations: [("a".into(), "b".into())].into(),
            create: true,
            labels: [("app".into(), "iam".into())].into(),
            name: "jwt-keys".into(),
            overwrite: true,
            transformation: Some(Transformation {
                exclude_raw: true,
                excludes: vec![".*".into()],
                includes: vec!["key".into()],
                templates: [("url".into(), Template { text: r#"{{ get .Secrets "url" }}"#.into() })].into(),
            }),
            kind: Some("Opaque".into()),
        }
    }
}
