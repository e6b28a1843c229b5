//! `ScheduledBackup`: base backups by the clock.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, Reference, VERSION};
use crate::k8s::crd::{is_false, resource};

/// Base backups by the clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduledBackup {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Of what, when, by whom.
    pub spec: ScheduledBackupSpec,
}

resource!(ScheduledBackup, GROUP, |_| VERSION);

/// Of what, when, by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledBackupSpec {
    /// With what a `Backup` object goes; none is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_owner_reference: Option<BackupOwner>,
    /// The cluster.
    pub cluster: Reference,
    /// Whether the first is made at once.
    #[serde(skip_serializing_if = "is_false")]
    pub immediate: bool,
    /// How.
    pub method: BackupMethod,
    /// The plugin, where one makes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin_configuration: Option<Reference>,
    /// When: six fields of cron, seconds first.
    pub schedule: String,
}

/// With what a `Backup` object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum BackupOwner {
    /// Its schedule.
    #[serde(rename = "self")]
    Schedule,
}

/// How a backup is made. The operator's own `barmanObjectStore` is deprecated, and we do not write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BackupMethod {
    /// By a plugin.
    #[default]
    Plugin,
    /// By snapshots of the volumes.
    VolumeSnapshot,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = ScheduledBackup {
            metadata: named("db-backup"),
            spec: ScheduledBackupSpec {
                backup_owner_reference: Some(BackupOwner::Schedule),
                cluster: "db".into(),
                immediate: true,
                method: BackupMethod::Plugin,
                plugin_configuration: Some(super::super::BARMAN_CLOUD.into()),
                schedule: "0 0 2 * * *".into(),
            },
        };
        let expected = json!({
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "ScheduledBackup",
            "metadata": {"name": "db-backup", "namespace": "apps"},
            "spec": {
                "backupOwnerReference": "self",
                "cluster": {"name": "db"},
                "immediate": true,
                "method": "plugin",
                "pluginConfiguration": {"name": "barman-cloud.cloudnative-pg.io"},
                "schedule": "0 0 2 * * *",
            },
        });
        assert_prints(&object, &expected);
    }
}
